"""Logs of one case, made by hand: each record a day after the one before."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from bus.log import Logged
from contracts import subjects
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.envelope import About, LetterEntry, Record, RecordData, Stamp, dataschema
from contracts.events.post import LetterReceived, Receipt
from contracts.ids import NOTHING_BEFORE
from contracts.tiers import Tier
from projections.case_log import CaseLog, case_log
from tests.builders import POSTS, new_case

CASE = new_case()
FIRST = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


class Log:
    """A log of one case: each record a day after the one before, unless it says when."""

    def __init__(self) -> None:
        self.entries: list[Logged] = []

    def say(
        self,
        by: Agency,
        type_name: str,
        content: dict[str, Any],
        letters: Sequence[Agency] = (),
        occurred: datetime | None = None,
        known: datetime | None = None,
        logged: datetime | None = None,
        recorded: datetime | None = None,
    ) -> UUID:
        position = len(self.entries) + 1
        moment = recorded or logged or FIRST + DAY * (position - 1)
        clocks = {"occurred": occurred or known or moment, "known": known or moment, "recorded": moment}
        about = About.model_validate({"clocks": clocks, "legal_basis": "protection-duty", "post": POSTS[by]})
        found = tuple(
            LetterEntry(
                to=to,
                tiers=(Tier.E,),
                number=position,
                previous=NOTHING_BEFORE,
                sealed=NOTHING_BEFORE,
                content=NOTHING_BEFORE,
            )
            for to in letters
        )
        return self.add(by, type_name, CASE, RecordData(about=about, content=content, letters=found), logged)

    def add(self, by: Agency, type_name: str, subject: str, data: RecordData, logged: datetime | None = None) -> UUID:
        position = len(self.entries) + 1
        record = Record(
            id=uuid4(),
            source=f"/agencies/{by}",
            type=type_name,
            subject=subject,
            time=logged or FIRST,
            dataschema=dataschema(type_name, CATALOGUE[type_name].version),
            number=position,
            previous=NOTHING_BEFORE,
            data=data,
        )
        moment = logged or FIRST + DAY * (position - 1)
        stamp = Stamp(position=position, logged_at=moment, account=by, record_id=record.id, record=NOTHING_BEFORE)
        self.entries.append(Logged(record, NOTHING_BEFORE, stamp, subject))
        return record.id

    def make(self, by: Agency, to: Agency, type_name: str = "referral.made", **when: datetime) -> UUID:
        content = {**CATALOGUE[type_name].example, "to": to.value, "notified": []}
        kept = {name: content[name] for name in CATALOGUE[type_name].logged.model_fields if name in content}
        return self.say(by, type_name, kept, [to], **when)

    def on(
        self, by: Agency, type_name: str, handoff: UUID, when: Mapping[str, datetime] | None = None, **content: str
    ) -> UUID:
        return self.say(by, type_name, {"handoff_id": str(handoff), **content}, (), **when or {})

    def signs(
        self,
        by: Agency,
        sender: Agency,
        *numbers: int,
        at: datetime,
        opened: bool = True,
        logged: datetime | None = None,
    ) -> None:
        """A recipient signs for letters of one sender: when its system had them, and whether it could open them."""
        letters = tuple(LetterReceived(number=number, received_at=at, opened=opened) for number in numbers)
        receipt = Receipt(sender=sender, letters=letters).model_dump(mode="json")
        self.add(by, "receipt", subjects.link(sender, by), RecordData(content=receipt), logged)

    @property
    def case(self) -> CaseLog:
        return case_log(self.entries)
