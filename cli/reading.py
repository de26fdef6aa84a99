"""Reading one case out of the log, each entry verified; who may, and that it is logged first, is in cli/looking.py."""

from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

import typer

from bus import directory
from bus.log import Entry, LogReader, verify
from bus.rereading import again
from bus.settings import Settings
from cli.log import reader
from contracts import subjects
from contracts.documents import read
from contracts.errors import BarnabusError
from contracts.ids import CaseRef
from contracts.tiers import Frozen
from projections.case_log import CaseLog
from projections.letters import Letters
from projections.places import Places, places
from projections.records import Records
from projections.view import reading

Reference = Annotated[str, typer.Argument(help="The case's reference, such as 7k3q-9m2x-w4td-h6rv.")]


class _Asked(Frozen):
    case_ref: CaseRef


def reference(case_ref: str) -> str:
    """Raises Refused `field.invalid` if it is none, or mistyped."""
    return read(_Asked, {"case_ref": case_ref}).case_ref


async def whole(
    settings: Settings, keyring: directory.Directory, case_ref: str, before: CaseLog | None = None
) -> CaseLog:
    """All of the case that the log has, each entry verified; nothing if it has no such case. Raises `log.damaged`.

    `before` is what was read of it a moment ago: then what came since is added to that, and nothing is verified twice.
    """
    async with reader(settings) as log:
        of_case = _Reading(log, keyring, case_ref)
        there, last = await log.count(subjects.of_case(case_ref))
        if before and before.records:
            known = Places(upto=before.records[-1].stamp.position, records=(), receipts=())
        else:
            known = _places(settings, case_ref) or Places(upto=0, records=(), receipts=())
        found = await of_case.quickly(known, last, before or CaseLog())
        counted = sum(logged.stamp.position <= last for logged in found.records)
        if counted < there or await of_case.is_signed_for(found):
            found = await of_case.from_the_leader()  # what an index or a replica has of it is not all of it
        return found


@dataclass(frozen=True, slots=True)
class _Reading:
    log: LogReader
    keyring: directory.Directory
    case_ref: str

    async def quickly(self, known: Places, last: int, found: CaseLog) -> CaseLog:
        """With what is known to be the case's, and what the log got since.

        Raises `log.damaged` if the log, which ends at `last`, has nothing where an entry of the case was seen.
        """
        of_case = subjects.of_case(self.case_ref)
        gone = {position for position in known.records if position <= last}
        async for entry in self.log.at(known.records):
            gone.discard(entry.position)
            self._apply(found, entry)
        if gone:
            raise BarnabusError("log.damaged", detail=f"Position {min(gone)}: the entry is gone.")
        async for entry in self.log.of(of_case, first=known.upto + 1, quickly=True):
            self._apply(found, entry)
        async for entry in self.log.at(known.receipts):
            found.apply(verify(entry, self.keyring))
        await self._receipts(found, after=known.upto, quickly=True)
        return found

    def _apply(self, found: CaseLog, entry: Entry) -> None:
        """Unless it is another case's: neither an index nor a replica is trusted."""
        if entry.subject.startswith(subjects.of_case(self.case_ref).removesuffix(">")):
            found.apply(verify(entry, self.keyring))

    async def from_the_leader(self) -> CaseLog:
        found = CaseLog()
        async for entry in self.log.of(subjects.of_case(self.case_ref)):
            found.apply(verify(entry, self.keyring))
        await self._receipts(found, after=0, quickly=False)
        return found

    async def _receipts(self, found: CaseLog, *, after: int, quickly: bool) -> None:
        """Those that cover its letters; of the many others on their links no signature is verified."""
        first = max(after, found.records[0].stamp.position) if found.records else after
        for sender, recipient in found.unsigned():
            left = {number for *of, number in found.deliveries if of == [sender, recipient]}
            link = subjects.link(sender, recipient)
            async with aclosing(self.log.of(link, first=first + 1, quickly=quickly)) as entries:
                async for entry in entries:
                    receipt = again(entry).receipt
                    covered = left & {letter.number for letter in receipt.letters} if receipt else set()
                    if covered:
                        found.apply(verify(entry, self.keyring))
                    left -= covered
                    if not left:
                        break

    async def is_signed_for(self, found: CaseLog) -> bool:
        """Can the log have a receipt for a letter that seems to have none?

        A link's receipts are without a gap, so its last one tells; unless its recipient's store was restored since, and
        signs from a lower number on.
        """
        for (sender, recipient), number in found.unsigned().items():
            last = await self.log.last_of(subjects.link(sender, recipient))
            receipt = verify(last, self.keyring).receipt if last else None
            restored = await self.log.last_of(subjects.own(recipient))
            if receipt and receipt.letters[-1].number >= number:
                return True
            if restored and restored.position > found.records[0].stamp.position:
                return True
        return False


def _places(settings: Settings, case_ref: str) -> Places | None:
    """None if there is no view, or none that can say: then the whole log is asked."""
    try:
        with reading(settings, Letters(), Records()) as view:
            return places(view, case_ref)
    except BarnabusError as error:
        if not error.code.startswith("projections."):
            raise
        return None
