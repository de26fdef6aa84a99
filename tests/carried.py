"""All agencies over their own stores, with the real relay and the gateway's own rules; the test carries the post.

What is not here is the broker and time: acts go to the log and letters to agencies when the test says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from nats.aio.client import Client

from bus.examining import allow, examine, said_before, still_counts
from bus.ledger import Ledger
from bus.log import Entry, LogReader
from bus.outbox import Waiting
from bus.relay import Relay
from bus.submission import Built, Head, build
from contracts import subjects
from contracts.agencies import Agency
from contracts.envelope import Record, Stamp
from contracts.errors import BarnabusError, Refused
from contracts.standing import Standing
from services.letters import Heard
from tests.builders import ByHand, Posted, act, encoded


class Carrying(Relay):
    """The agency's relay, but that it asks the gateway of this test."""

    def __init__(self, agency: Agency, carried: "Carried") -> None:
        app, by_hand = carried.apps[agency], carried.by_hand
        nobody = cast(Client, None)  # nothing is sent
        key = partial(by_hand.key, agency)
        super().__init__(agency, app, app.store, key, by_hand.directory, nobody, by_hand.clock, self._told_void)
        self._carried = carried

    async def sends_all(self) -> None:
        """Everything of its own that is not in the log yet, one after another."""
        while waiting := self._outbox.waiting() or self._build_next():
            await self._deliver(waiting)

    def _receipt_owed(self) -> None:
        """Receipts are another matter."""

    async def _ask(self, waiting: Waiting) -> tuple[str, Stamp]:
        return await self._carried.gateway(self._agency, waiting.body)

    async def _told_void(self, void: Mapping[str, Any]) -> None:
        self._carried.voided.append((self._agency, UUID(void["id"])))


@dataclass
class Log:
    """What the gateway of a test has logged."""

    entries: dict[int, Entry] = field(default_factory=dict)

    async def get(self, position: int) -> Entry | None:
        return self.entries.get(position)


@dataclass
class Carried:
    by_hand: ByHand
    folder: Path
    log: Log = field(default_factory=Log)
    voided: list[tuple[Agency, UUID]] = field(default_factory=list)
    refusals: list[tuple[str, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.apps = {agency: self.by_hand.application(agency) for agency in Agency}
        self.ledger = Ledger(self.folder / "gateway.db")
        self.relays = {agency: Carrying(agency, self) for agency in Agency}
        self.post: dict[Agency, list[Posted]] = {agency: [] for agency in Agency}
        self.heard_by = set[Agency]()

    def close(self) -> None:
        self.ledger.close()
        for app in self.apps.values():
            app.close()

    # the gateway

    async def gateway(self, account: Agency, raw: bytes) -> tuple[str, Stamp]:
        """As the real one decides: who, in which order, what; then the log's place, and the post."""
        found = examine(raw, account, self.by_hand.directory)
        try:
            self.ledger.check(found.record)
            still_counts(found, self.by_hand.directory, self.by_hand.clock())
            allow(found.record, self.ledger)
            await said_before(found.record, self.ledger, cast(LogReader, self.log), self.by_hand.directory)
        except BarnabusError as error:
            self.refusals.append((error.code, error.field))
            raise
        self.by_hand.position += 1
        built = Built(found.record.number, found.record, found.digest, raw)
        token, stamp = self.by_hand.stamp(built, account)
        sent, subject = found.submission, subjects.of_record(found.record)
        self.log.entries[stamp.position] = Entry(stamp.position, subject, sent.record, sent.signature, token)
        self.ledger.apply(stamp.position, found.record, found.digest, stamp.logged_at)
        letters = self.by_hand.posted(built, stamp)
        self.heard_by = {letter.recipient for letter in letters}
        for letter in letters:
            self.post[letter.recipient].append(letter)
        return token, stamp

    # agencies

    def takes(self, agency: Agency, made: Mapping[str, Any]) -> UUID:
        """In its own store, and nowhere else yet."""
        return self.apps[agency].take(encoded(made), self.by_hand.clock()).id

    async def sends(self, agency: Agency) -> None:
        await self.relays[agency].sends_all()

    def hears(self, *agencies: Agency) -> list[Heard]:
        """What became of each letter in these agencies' post; in everybody's, if none is named."""
        found = []
        for agency in agencies or tuple(Agency):
            letters, self.post[agency] = self.post[agency], []
            found += [self.by_hand.deliver(self.apps[agency], letter) for letter in letters]
        return found

    async def says(self, agency: Agency, made: Mapping[str, Any]) -> UUID:
        """Taken, logged, and heard by everybody who gets a letter of it."""
        said = self.takes(agency, made)
        await self.sends(agency)
        assert {heard.state for heard in self.hears()} <= {"heard"}
        return said

    def refused(self, agency: Agency, made: Mapping[str, Any]) -> tuple[str, str | None]:
        """The refusal of the agency's own adapter."""
        with pytest.raises(Refused) as refused:
            self.takes(agency, made)
        return refused.value.code, refused.value.field

    def standing(self, agency: Agency, handoff: UUID) -> Standing:
        found = self.apps[agency].standing(handoff)
        assert found
        return found

    def left_out(self, agency: Agency, said: UUID) -> tuple[Agency, ...]:
        return self.apps[agency].outbox.left_out(said)

    # somebody whose adapter does not do as ours

    async def forged(self, sender: Agency, type_name: str, receivers: Sequence[Agency], **changed: Any) -> Record:
        """Submit what no adapter of ours would build. Raises the gateway's refusal."""
        links = {to: self.ledger.heads.of_link(sender, to) for to in receivers}
        head: Head = self.ledger.heads.of_sender(sender)
        made = act(type_name, receivers=tuple(receivers), **changed)
        built = build(made, sender, head, links, self.by_hand.key(sender), self.by_hand.directory)
        await self.gateway(sender, built.body)
        return built.record

    async def forgery_refused(self, sender: Agency, type_name: str, receivers: Iterable[Agency], **changed: Any) -> str:
        with pytest.raises(BarnabusError) as refused:
            await self.forged(sender, type_name, tuple(receivers), **changed)
        return refused.value.code
