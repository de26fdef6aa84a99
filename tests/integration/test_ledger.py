"""The ledger is a fold of the log: caught up, reloaded or made anew, it comes to the same."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bus import directory
from bus.gateway import Gateway
from bus.ledger import Ledger
from bus.log import LogReader
from bus.submission import Head, Outgoing, build
from contracts import subjects
from contracts.agencies import Agency
from contracts.envelope import Notice, OwnAsked, Record, ResendAsked, Stamp, Submission
from contracts.errors import BarnabusError
from contracts.events.post import LetterReceived, LinkHeld, Receipt, StoreRestored
from tests.builders import HEALTH, POLICE, SOCIAL, START, ByHand, act, now
from tests.living import Living


@dataclass
class Writer:
    """Submits to one gateway, without a relay: what it sends follows on, unless a test says otherwise."""

    home: Living
    gateway: Gateway
    by_hand: ByHand
    heads: dict[Agency, Head] = field(default_factory=dict)
    links: dict[tuple[Agency, Agency], Head] = field(default_factory=dict)

    async def says(
        self, sender: Agency, to: Agency, through: Gateway | None = None, outgoing: Outgoing | None = None
    ) -> bytes:
        outgoing = outgoing or act(receivers=(to,))
        links = {to: self.links.get((sender, to), START)}
        built = build(
            outgoing, sender, self.heads.get(sender, START), links, self.by_hand.key(sender), self.by_hand.directory
        )
        await (through or self.gateway).submit(sender, built.body)
        self.heads[sender] = Head(built.number, built.record_digest)
        (entry,) = built.record.data.letters
        self.links[sender, to] = Head(entry.number, entry.sealed)
        return built.body

    async def signs(self, recipient: Agency, sender: Agency, *numbers: int) -> None:
        letters = tuple(LetterReceived(number=number, received_at=now(), opened=True) for number in numbers)
        values = Receipt(sender=sender, letters=letters).model_dump(mode="json")
        link = subjects.link(sender, recipient)
        outgoing = act("receipt", subject=link, about=None, receivers=(), values=values, correlation_id=None)
        head = self.heads.get(recipient, START)
        built = build(outgoing, recipient, head, {}, self.by_hand.key(recipient), self.by_hand.directory)
        await self.gateway.submit(recipient, built.body)
        self.heads[recipient] = Head(built.number, built.record_digest)

    async def restored(self, agency: Agency, held: dict[Agency, int], **changed: Any) -> None:
        links = tuple(LinkHeld(sender=sender, number=number) for sender, number in held.items())
        head = self.heads.get(agency, START)
        values = StoreRestored(number=head.number, links=links).model_dump(mode="json")
        said = {"subject": subjects.own(agency), "about": None, "receivers": (), "values": values} | changed
        outgoing = act("store.restored", correlation_id=None, **said)
        built = build(outgoing, agency, head, {}, self.by_hand.key(agency), self.by_hand.directory)
        await self.gateway.submit(agency, built.body)
        self.heads[agency] = Head(built.number, built.record_digest)


@pytest.fixture
async def writer(home: Living, by_hand: ByHand) -> Writer:
    return Writer(home, (await home.start_gateway()).gateway, by_hand)


@pytest.fixture
async def log(writer: Writer) -> LogReader:
    """A log with letters on several links, and receipts."""
    for sender, to in ((POLICE, SOCIAL), (SOCIAL, POLICE), (POLICE, SOCIAL), (HEALTH, SOCIAL), (POLICE, HEALTH)):
        await writer.says(sender, to)
    await writer.signs(SOCIAL, POLICE, 1)
    await writer.says(POLICE, SOCIAL)
    await writer.signs(SOCIAL, POLICE, 2, 3)
    return LogReader(await writer.home.connect("gateway", "gateway"))


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Any]:
    """Opens ledgers in files of their own."""
    with contextlib.ExitStack() as opened:
        yield lambda name="fresh": opened.enter_context(contextlib.closing(Ledger(tmp_path / f"{name}.db")))


def places(path: Path) -> list[Any]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT * FROM places ORDER BY position").fetchall()


async def test_one_made_anew_equals_the_one_that_was_kept_while_writing(
    writer: Writer, log: LogReader, fresh: Any, tmp_path: Path
) -> None:
    anew = fresh()
    await anew.catch_up(log, writer.by_hand.directory)
    assert anew.heads == writer.gateway._ledger.heads
    assert anew.heads.position == 8
    assert anew.heads.received(POLICE, SOCIAL) == 3
    assert places(tmp_path / "fresh.db") == places(writer.home.settings.home / "gateway" / "a.db")


async def test_one_caught_up_in_two_goes_or_loaded_from_its_file_comes_to_the_same(
    writer: Writer, log: LogReader, fresh: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = writer.by_hand.directory
    for stop in range(9):
        with monkeypatch.context() as early:

            async def last(_: LogReader, stop: int = stop) -> int:
                return stop

            early.setattr(LogReader, "last", last)
            first = fresh(f"stopped-{stop}")
            await first.catch_up(log, keyring)
            assert first.heads.position == stop
        again = fresh(f"stopped-{stop}")  # the same file
        assert again.heads == first.heads
        await again.catch_up(log, keyring)
        assert again.heads == writer.gateway._ledger.heads


async def test_it_knows_where_each_senders_records_stand(writer: Writer, log: LogReader) -> None:
    ledger = writer.gateway._ledger
    found = [(position, entry.record.sender, entry.record.number) async for position, entry in _all(log, writer)]
    for position, sender, number in found:
        place = ledger.place(sender, number)
        assert place
        assert place[0] == position
    assert ledger.place(POLICE, 5) is None
    assert ledger.place(POLICE, 10**30) is None


async def _all(log: LogReader, writer: Writer) -> AsyncIterator[tuple[int, Any]]:
    for position, entry in enumerate(await writer.home.log(), start=1):
        yield position, entry


async def test_a_log_that_ends_sooner_than_the_file_is_damaged_and_its_positions_are_not_used_again(
    writer: Writer, log: LogReader, fresh: Any
) -> None:
    """The log was put back to an earlier state."""
    kept = fresh()
    await kept.catch_up(log, writer.by_hand.directory)
    record = (await writer.home.log())[0].record
    kept.apply(9, record.model_copy(update={"number": 99, "id": uuid4()}), "x", now())
    for ledger in (kept, fresh()):  # the same file, too
        with pytest.raises(BarnabusError, match=r"log\.damaged.*ends at position 8; 9 was seen"):
            await ledger.catch_up(log, writer.by_hand.directory)


async def test_another_entry_where_the_file_ends_is_damage(writer: Writer, log: LogReader, fresh: Any) -> None:
    kept = fresh()
    await kept.catch_up(log, writer.by_hand.directory)
    kept._db.execute("UPDATE places SET digest = 'x' WHERE position = 8")
    with pytest.raises(BarnabusError, match=r"log\.damaged.*Position 8: it is not what was seen"):
        await kept.catch_up(log, writer.by_hand.directory)


@pytest.mark.parametrize(
    ("raw", "headers"),
    [(b"", None), (b"\xff\xfe", None), (b"{}", {"Barnabus-Stamp": "x"}), (b"[]", {"Odd": "\u00e9"})],
)
async def test_an_entry_that_is_no_record_is_damage_and_its_position_is_named(
    writer: Writer, log: LogReader, fresh: Any, raw: bytes, headers: dict[str, str] | None
) -> None:
    js = (await writer.home.connect("gateway", "gateway")).jetstream()
    await js.publish("link.police.social", raw, headers=headers)
    ledger = fresh()
    with pytest.raises(BarnabusError, match=r"log\.damaged.*Position 9"):
        await ledger.catch_up(log, writer.by_hand.directory)
    assert ledger.heads.position == 8


async def test_an_entry_that_is_signed_and_stamped_and_does_not_follow_on_is_damage_too(
    writer: Writer, log: LogReader, fresh: Any
) -> None:
    head, link = Head(7, writer.heads[POLICE].digest), {SOCIAL: writer.links[POLICE, SOCIAL]}
    built = build(act(), POLICE, head, link, writer.by_hand.key(POLICE), writer.by_hand.directory)
    token, _ = writer.by_hand.stamp(built, POLICE, position=9)
    sent = Submission.model_validate_json(built.body)
    js = (await writer.home.connect("gateway", "gateway")).jetstream()
    headers = {subjects.SIGNATURE: sent.signature, subjects.STAMP: token}
    await js.publish(subjects.of_record(built.record), sent.record.encode(), headers=headers)
    ledger = fresh()
    with pytest.raises(BarnabusError, match=r"log\.damaged.*Position 9: chain\.gap"):
        await ledger.catch_up(log, writer.by_hand.directory)
    assert ledger.heads.position == 8


async def test_when_the_file_cannot_be_written_nothing_is_half_done_and_the_same_submission_goes_through_later(
    writer: Writer, log: LogReader
) -> None:
    """The record is in the log by then: the sender is told to try again, and gets the stamp of what is there."""
    ledger = writer.gateway._ledger
    ledger._db.execute("CREATE TRIGGER full BEFORE INSERT ON heads BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    before = ledger.heads.of_sender(POLICE)
    built = build(
        act(),
        POLICE,
        before,
        {SOCIAL: ledger.heads.of_link(POLICE, SOCIAL)},
        writer.by_hand.key(POLICE),
        writer.by_hand.directory,
    )
    with pytest.raises(sqlite3.Error):
        await writer.gateway.submit(POLICE, built.body)
    assert ledger.heads.of_sender(POLICE) == before
    ledger._db.execute("DROP TRIGGER full")
    token = await writer.gateway.submit(POLICE, built.body)
    assert await writer.gateway.submit(POLICE, built.body) == token
    assert len(await writer.home.log()) == 9


async def test_an_agency_gets_its_own_records_back_in_order_and_nobody_elses(
    writer: Writer, log: LogReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bus.gateway.OWN_LIMIT_RECORDS", 2)
    whole = [entry.record for entry in await writer.home.log()]

    async def own(account: Agency, after: int) -> list[str]:
        found = await writer.gateway.own(account, OwnAsked(after=after).model_dump_json().encode())
        return [row["record"] for row in found]

    for account in (POLICE, SOCIAL, HEALTH):
        found: list[str] = []
        while more := await own(account, len(found)):
            assert len(more) <= 2
            found += more
        assert [Record.model_validate_json(text) for text in found] == [one for one in whole if one.sender == account]


async def test_an_agency_is_told_up_to_where_letters_are_signed_for(writer: Writer, log: LogReader) -> None:
    assert (await writer.gateway.heads_of(POLICE))["outbound"] == {"social": 3}
    assert (await writer.gateway.heads_of(SOCIAL))["signed"] == {"police": 3}


async def test_a_restored_store_signs_again_and_gets_again_what_it_signed_for(
    writer: Writer, log: LogReader, fresh: Any
) -> None:
    await writer.restored(SOCIAL, {POLICE: 1, HEALTH: 0})
    heads = writer.gateway._ledger.heads
    assert (heads.received(POLICE, SOCIAL), heads.received(HEALTH, SOCIAL)) == (1, 0)
    await writer.signs(SOCIAL, POLICE, 2, 3)
    assert heads.received(POLICE, SOCIAL) == 3
    anew = fresh()
    await anew.catch_up(log, writer.by_hand.directory)
    assert anew.heads == heads


async def test_an_agency_speaks_of_its_own_store_alone(writer: Writer, log: LogReader) -> None:
    with pytest.raises(BarnabusError) as refused:
        await writer.restored(SOCIAL, {POLICE: 1}, subject=subjects.own(POLICE))
    assert refused.value.code == "receipt.out-of-place"


# a gateway that was asleep while another one wrote


@pytest.fixture
async def slept(writer: Writer, log: LogReader) -> Writer:
    """The active gateway does not know what another one has written since: two of the police's records."""
    other = (await writer.home.start_gateway("b", active=False)).gateway
    await other.catch_up()
    for _ in range(2):
        await writer.says(POLICE, SOCIAL, other)
    assert writer.gateway._ledger.heads.position == 8
    return writer


async def test_one_that_slept_takes_what_follows_on_the_log_and_not_on_its_memory(slept: Writer) -> None:
    """Else it would call the next record a gap for ever, and the sender's relay would be halted for no reason."""
    await slept.says(POLICE, SOCIAL)
    assert slept.gateway._ledger.heads.position == 11
    assert [entry.record.number for entry in await slept.home.log() if entry.record.sender == POLICE] == list(
        range(1, 8)
    )


async def test_one_that_slept_tells_an_adapter_the_head_that_the_log_has(slept: Writer) -> None:
    head = await slept.gateway.heads_of(POLICE)
    assert (head["number"], head["digest"]) == (slept.heads[POLICE].number, slept.heads[POLICE].digest)


async def test_one_that_slept_asks_for_letters_that_it_did_not_see(slept: Writer) -> None:
    js = await slept.home.privileged()
    before = (await js.stream_info(subjects.post_stream(POLICE))).state.messages
    await slept.gateway.ask_resend(SOCIAL, b'{"sender":"police","numbers":[5]}')
    assert (await js.stream_info(subjects.post_stream(POLICE))).state.messages == before + 1


async def test_what_was_signed_for_is_not_sent_again_and_nobody_can_ask_all_the_time(
    writer: Writer, log: LogReader
) -> None:
    js, post = await writer.home.privileged(), subjects.post_stream(POLICE)

    async def told_after(asker: Agency, *numbers: int) -> tuple[int, ...] | None:
        """What the police are told that this agency misses, if they are told."""
        before = (await js.stream_info(post)).state.last_seq
        asked = ResendAsked(sender=POLICE, numbers=numbers)
        await writer.gateway.ask_resend(asker, asked.model_dump_json().encode())
        if (await js.stream_info(post)).state.last_seq == before:
            return None
        notice = Notice.model_validate_json((await js.get_msg(post, before + 1)).data or b"")
        assert notice.recipient is asker
        return notice.numbers

    for _ in range(2):
        await writer.says(POLICE, SOCIAL)
    assert await told_after(SOCIAL, 1, 2, 3) is None, "those were signed for"
    assert await told_after(SOCIAL, 6, 7) is None, "those were never sent"
    assert await told_after(SOCIAL, 5, 4, 3, 6) == (4, 5)
    assert await told_after(SOCIAL, 4) is None, "it has only just asked"
    assert await told_after(HEALTH, 1) == (1,), "who asks does not stand in another's way"


async def test_a_senders_record_id_is_used_once(writer: Writer, log: LogReader) -> None:
    """Acts and voids are told apart by it. Another sender's ids are its own."""
    once = act(receivers=(SOCIAL,))
    await writer.says(POLICE, SOCIAL, outgoing=once)
    await writer.says(HEALTH, SOCIAL, outgoing=once)
    with pytest.raises(BarnabusError) as refused:
        await writer.says(POLICE, SOCIAL, outgoing=once)
    assert refused.value.code == "record.id-reused"
    await writer.says(POLICE, SOCIAL)


async def test_a_file_of_another_version_is_made_anew_from_the_log(
    writer: Writer, log: LogReader, tmp_path: Path, fresh: Any
) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "old.db")) as db, db:
        db.execute("CREATE TABLE places (sender TEXT, number INTEGER, position INTEGER, digest TEXT)")
        db.execute("INSERT INTO places VALUES ('police', 1, 1, 'x')")
    anew = fresh("old")
    await anew.catch_up(log, writer.by_hand.directory)
    assert anew.heads == writer.gateway._ledger.heads


async def test_one_that_slept_still_refuses_what_does_not_follow_on(slept: Writer) -> None:
    for number, code in ((3, "chain.forked"), (9, "chain.gap")):
        built = build(
            act(),
            POLICE,
            Head(number - 1, "A" * 43),
            {SOCIAL: START},
            slept.by_hand.key(POLICE),
            slept.by_hand.directory,
        )
        with pytest.raises(BarnabusError) as refused:
            await slept.gateway.submit(POLICE, built.body)
        assert refused.value.code == code


async def test_a_stamp_speaks_of_the_record_its_place_and_its_account(writer: Writer, log: LogReader) -> None:
    from bus import seal
    from bus.log import STAMP_TYP

    body = await writer.says(HEALTH, POLICE)
    token = await writer.gateway.submit(HEALTH, body)
    find = directory.load(writer.home.settings).signer("gateway", None)
    stamp = Stamp.model_validate_json(seal.verify(token, find, typ=STAMP_TYP))
    record = Submission.model_validate_json(body).record
    assert (stamp.position, stamp.account, stamp.record, stamp.synthetic) == (9, HEALTH, seal.digest(record), False)
