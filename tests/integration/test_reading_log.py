"""Reading the log: quickly where it was verified before, and whole whatever a replica or an index leaves out."""

import asyncio
import contextlib
import inspect
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import nats
import pytest
import typer
from nats.aio.msg import Msg
from sqlalchemy import delete, event, insert, select, update

from bus import batches, connection, directory, log, streams
from bus.log import Entry, LogReader
from bus.provisioning import server_config
from bus.server import EmbeddedServer
from bus.settings import Settings
from cli import looking, projections, reading
from cli.leave import Asker
from contracts import subjects
from contracts.errors import BarnabusError
from contracts.events.accounting import Replayed
from contracts.vocabulary.accounting import Replay
from projections import building
from projections.case_log import CaseLog
from projections.engine import Progress, progress
from projections.handoffs import Handoffs
from projections.letters import Letters
from projections.places import places
from projections.readmodel import COUNTS, PROGRESS
from projections.records import Records
from projections.view import LIVE, Place
from tests.benchmarks import long_log

pytestmark = pytest.mark.usefixtures("commands_at_hand")
EVENTS = 1_200
assert EVENTS > 2 * batches.ENTRIES_AT_ONCE


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A home with a long log, its server running."""
    found = Settings(home=tmp_path_factory.mktemp("long") / "home", nats_url=None)
    asyncio.run(long_log.write(found, EVENTS, 7))
    with EmbeddedServer(found.home / "nats", server_config(found)) as server:
        found.address.write_text(server.url + "\n")
        yield found


@pytest.fixture(autouse=True)
def _of_this_home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARNABUS_HOME", str(settings.home))
    monkeypatch.delenv("BARNABUS_NATS_URL", raising=False)


async def entries(settings: Settings) -> list[Entry]:
    client = await connection.connect(settings, "reader", "reader", patient=False)
    try:
        reader = LogReader(client, api=subjects.API)
        return [entry async for entry in reader.entries(1, await reader.last())]
    finally:
        await connection.close(client)


async def one_by_one(settings: Settings) -> list[Entry]:
    client = await connection.connect(settings, "reader", "reader", patient=False)
    try:
        return [entry async for entry in LogReader(client, api=subjects.API).at(range(1, EVENTS + 1))]
    finally:
        await connection.close(client)


# many at once


async def test_many_at_once_are_what_one_by_one_they_are(settings: Settings) -> None:
    assert await entries(settings) == await one_by_one(settings)


@pytest.mark.parametrize("lacking", [1, 2, batches.ENTRIES_AT_ONCE, batches.ENTRIES_AT_ONCE + 7, EVENTS])
async def test_what_a_replica_lacks_the_leader_is_asked_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, lacking: int
) -> None:
    real = batches.stretch

    async def behind(*args: Any) -> AsyncIterator[Sequence[Msg]]:
        async for some in real(*args):
            kept = [one for one in some if int((one.headers or {})["Nats-Sequence"]) < lacking]
            yield kept
            if len(kept) < len(some):
                return

    monkeypatch.setattr(batches, "stretch", behind)
    assert [entry.position for entry in await entries(settings)] == list(range(1, EVENTS + 1))


async def test_behind_one_entry_that_a_replica_has_lost_the_rest_is_read_quickly_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear, get, asked = batches._Asking.hear, LogReader.get, list[int]()

    async def lost(asking: batches._Asking, message: Msg) -> None:
        if batches.position(message) != 7:
            await hear(asking, message)

    async def counted(reader: LogReader, position: int) -> Entry | None:
        asked.append(position)
        return await get(reader, position)

    monkeypatch.setattr(batches._Asking, "hear", lost)
    monkeypatch.setattr(LogReader, "get", counted)
    assert [entry.position for entry in await entries(settings)] == list(range(1, EVENTS + 1))
    assert asked == list(range(7, 7 + log.READ_AHEAD))


@pytest.mark.parametrize("gone", [1, 7, EVENTS])
async def test_an_entry_that_the_leader_lacks_too_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, gone: int
) -> None:
    hear, get = batches._Asking.hear, LogReader.get

    async def lost(asking: batches._Asking, message: Msg) -> None:
        if batches.position(message) != gone:
            await hear(asking, message)

    async def without(reader: LogReader, position: int) -> Entry | None:
        return None if position == gone else await get(reader, position)

    monkeypatch.setattr(batches._Asking, "hear", lost)
    monkeypatch.setattr(LogReader, "get", without)
    with pytest.raises(BarnabusError) as raised:
        await entries(settings)
    assert (raised.value.code, f"Position {gone}:" in str(raised.value)) == ("log.damaged", True)


async def test_a_server_without_a_log_is_said_to_have_none_to_read(settings: Settings, tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path, "jetstream: enabled") as server:
        client = await nats.connect(server.url)
        for asks in (LogReader(client).last(), LogReader(client).count("case.x.>")):
            with pytest.raises(BarnabusError) as raised:
                await asks
            assert raised.value.code == "log.unavailable"
        await client.close()


def test_an_answer_counts_as_far_as_its_entries_follow_on(settings: Settings) -> None:
    async def asked() -> list[Msg]:
        client = await connection.connect(settings, "reader", "reader", patient=False)
        try:
            return [one async for some in batches.stretch(client, subjects.API, 1, 10) for one in some]
        finally:
            await connection.close(client)

    answer = asyncio.run(asked())
    assert len(answer) == 10
    assert batches._without_a_gap(answer, 1) == answer
    assert batches._without_a_gap([*answer[:4], *answer[5:]], 1) == answer[:4]
    assert batches._without_a_gap(answer, 2) == []


async def test_two_answers_at_once_of_two_servers_are_told_apart(tmp_path: Path) -> None:
    """In a cluster any server answers, so that two answers come mixed."""
    last = 2 * batches.ENTRIES_AT_ONCE
    with EmbeddedServer(tmp_path, "") as server:
        client = await nats.connect(server.url)
        asked: list[Msg] = []

        async def answer(question: Msg) -> None:
            asked.append(question)
            if len(asked) < 2:
                return
            starts = [json.loads(one.data)["seq"] for one in asked]
            for n in range(batches.ENTRIES_AT_ONCE):
                for one, start in zip(asked, starts, strict=True):
                    await client.publish(one.reply, b"", headers={"Nats-Sequence": str(start + n)})
            for one in asked:
                await client.publish(one.reply, b"", headers={"Status": "204"})

        await client.subscribe("x.DIRECT.GET.CASES", cb=answer)
        found = [batches.position(one) async for some in batches.stretch(client, "x", 1, last) for one in some]
        await client.close()
    assert found == list(range(1, last + 1))


async def test_a_log_that_gives_no_many_at_once_is_read_all_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SILENCE_S", 0.2)
    provisioner = await connection.connect(settings, "gateway", "provisioner", patient=False)
    try:
        without = streams.cases()
        without.allow_direct = False
        await provisioner.jetstream().update_stream(without)
        assert len(await entries(settings)) == EVENTS
        await streams.compare(provisioner)  # it is no alarm
    finally:
        await provisioner.jetstream().update_stream(streams.cases())
        await connection.close(provisioner)


# what was verified once


def _without_a_table(file: Path) -> None:
    """As an older version made it."""
    with contextlib.closing(sqlite3.connect(file)) as view:
        view.execute("DROP TABLE counts")
        view.commit()


@pytest.fixture
def place(settings: Settings) -> Place:
    """The read models, up to date."""
    projections.rebuild(as_json=True)
    return Place.of(settings)


def seen(place: Place) -> Progress:
    with place.opened() as view:
        return progress(view, tallies=True)


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of which positions signatures are verified."""
    found: list[int] = []

    def verify(entry: Entry, *more: Any) -> log.Logged:
        found.append(entry.position)
        return log.verify(entry, *more)

    monkeypatch.setattr(building, "verify", verify)
    return found


def altered(monkeypatch: pytest.MonkeyPatch, position: int, change: Callable[[Entry], Entry]) -> None:
    """From now on the log holds something else there."""
    real = LogReader.entries

    async def entries(reader: LogReader, first: int, last: int) -> AsyncIterator[Entry]:
        async for entry in real(reader, first, last):
            yield change(entry) if entry.position == position else entry

    monkeypatch.setattr(LogReader, "entries", entries)


def test_a_rebuild_verifies_no_signature_twice_and_comes_to_the_same(place: Place, verified: list[int]) -> None:
    before = seen(place)
    projections.rebuild(as_json=True)
    assert verified == []
    assert seen(place) == before
    assert before.position == EVENTS


def test_what_came_since_is_verified(place: Place, verified: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    async def last(_: LogReader) -> int:
        return 700

    with monkeypatch.context() as earlier:
        earlier.setattr(LogReader, "last", last)
        place.begin(LIVE)  # nothing is known
        projections.rebuild(as_json=True)
    assert verified == list(range(1, 701))
    verified.clear()
    projections.rebuild(as_json=True)
    assert verified == list(range(701, EVENTS + 1))


def test_verify_can_be_told_to_verify_every_signature_once_more(place: Place, verified: list[int]) -> None:
    projections.verify_view(signatures=False, as_json=True)
    assert verified == []
    projections.verify_view(signatures=True, as_json=True)
    assert verified == list(range(1, EVENTS + 1))


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: replace(entry, signature=entry.signature[:-4] + "AAAA"),
        lambda entry: replace(entry, stamp=entry.stamp[:-4] + "AAAA"),
        lambda entry: replace(entry, text=entry.text.replace("protection", "Protection", 1) + " "),
        lambda entry: replace(entry, subject=entry.subject + "x"),
    ],
    ids=["signature", "stamp", "record", "subject"],
)
def test_a_byte_that_was_changed_since_is_named_by_its_place(
    place: Place, monkeypatch: pytest.MonkeyPatch, change: Callable[[Entry], Entry]
) -> None:
    before = seen(place)
    altered(monkeypatch, 611, change)
    for again in (projections.rebuild, projections.verify_view):
        with pytest.raises(BarnabusError) as raised:
            inspect.unwrap(again)(as_json=True)
        assert (raised.value.code, "Position 611" in str(raised.value)) == ("log.damaged", True)
    assert seen(place) == before, "readers keep what they have"


@pytest.mark.parametrize("spoil", [lambda file: file.write_bytes(b"x" * 4096), _without_a_table, Path.unlink])
def test_a_view_that_cannot_be_read_any_more_is_replaced(
    place: Place, verified: list[int], spoil: Callable[[Path], object]
) -> None:
    before = seen(place)
    spoil(place.folder / "live.db")
    projections.rebuild(as_json=True)
    assert verified == list(range(1, EVENTS + 1)), "nothing is known of it"
    assert seen(place) == before


def test_a_log_that_is_another_than_was_seen_is_verified_anew(
    place: Place, verified: list[int], capsys: pytest.CaptureFixture[str], events: Callable[[], set[str]]
) -> None:
    with place.opened() as view, view.begin() as writing:
        writing.execute(update(PROGRESS).values(seen="0" * 64))
    capsys.readouterr()
    with pytest.raises(typer.Exit):
        projections.verify_view(signatures=False, as_json=True)
    assert json.loads(capsys.readouterr().out)["differing"] == ["the log"]
    assert "projections.other-log" in events()
    verified.clear()
    projections.rebuild(as_json=True)
    assert verified == list(range(1, EVENTS + 1))


def test_a_view_with_other_tables_is_built_anew_and_all_is_verified(place: Place, verified: list[int]) -> None:
    before = seen(place)
    with place.opened() as view, view.begin() as writing:
        COUNTS.drop(writing)
    projections.rebuild(as_json=True)
    assert verified == list(range(1, EVENTS + 1))
    assert seen(place) == before


def test_a_view_whose_file_is_none_any_more_is_built_anew(place: Place) -> None:
    before = seen(place)
    (place.folder / "live.db").write_bytes(b"no database" * 1_000)
    projections.rebuild(as_json=True)
    assert seen(place) == before


@pytest.mark.parametrize("column", [Handoffs.table.c.state, Handoffs.table.c.whose_move])
def test_a_row_that_was_changed_past_the_fold_is_found(
    place: Place, column: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with place.opened() as view, view.begin() as writing:
        one = writing.execute(select(Handoffs.table.c.key).where(column.is_not(None))).scalars().first()
        before = writing.execute(select(column).where(Handoffs.table.c.key == one)).scalar_one()
        changed = before | {"void": 7} if column.name == "state" else "nobody"
        writing.execute(update(Handoffs.table).where(Handoffs.table.c.key == one).values({column.name: changed}))
    capsys.readouterr()
    with pytest.raises(typer.Exit):
        projections.verify_view(signatures=False, as_json=True)
    assert json.loads(capsys.readouterr().out)["differing"] == ["handoffs"]


# one case


def read(case_ref: str) -> CaseLog:
    """As a replay does, once somebody may."""
    settings = Settings()
    return asyncio.run(reading.whole(settings, directory.load(settings), case_ref))


@pytest.fixture
def cases(settings: Settings) -> list[str]:
    async def found() -> list[str]:
        refs = [one.subject.split(".")[1] for one in await entries(settings) if one.subject.startswith("case.")]
        return list(dict.fromkeys(refs))[::15]

    return asyncio.run(found())


def test_a_case_read_by_its_places_is_the_case_that_the_log_has(
    place: Place, cases: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = [read(ref).document(ref) for ref in cases]
    monkeypatch.setattr(reading, "_places", lambda *_: None)
    assert quick == [read(ref).document(ref) for ref in cases]
    assert any(letter["received_at"] for one in quick for event in one["events"] for letter in event["letters"])


def test_of_made_up_cases_the_journal_alone_has_who_looked_and_that_is_said(
    settings: Settings, place: Place, cases: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody writes to their log any more."""
    before = len(asyncio.run(entries(settings)))
    for credential in (None, settings.home / "of another home.jws"):
        found = looking.case(cases[1], Asker("a look around", "", credential), Replayed(what=Replay.LOG))
        assert found.document(cases[1]) == read(cases[1]).document(cases[1])
    assert "Made-up cases" in capsys.readouterr().err
    assert len(asyncio.run(entries(settings))) == before
    assert cases[1] in (settings.home / "reader" / "access.jsonl").read_text()


def test_a_case_is_whole_though_the_read_models_are_behind(
    place: Place, cases: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [read(ref).document(ref) for ref in cases]

    async def last(_: LogReader) -> int:
        return 500

    with monkeypatch.context() as earlier:
        earlier.setattr(LogReader, "last", last)
        projections.rebuild(as_json=True)
    assert [read(ref).document(ref) for ref in cases] == whole


@pytest.mark.parametrize("table", [Records.table, Letters.table])
def test_what_an_index_leaves_out_a_replay_has_all_the_same(place: Place, cases: list[str], table: Any) -> None:
    case_ref = cases[1]
    whole = read(case_ref).document(case_ref)
    with place.opened() as view, view.begin() as writing:
        writing.execute(delete(table).where(table.c.case_ref == case_ref))
    assert read(case_ref).document(case_ref) == whole


def test_where_a_recipients_store_was_restored_a_links_last_receipt_proves_nothing(
    place: Place, cases: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It signs from a lower number on, so letters above that were signed for before."""
    case_ref = cases[1]
    whole = read(case_ref).document(case_ref)
    with place.opened() as view, view.begin() as writing:
        writing.execute(update(Letters.table).where(Letters.table.c.case_ref == case_ref).values(receipt=None))

    async def last_of(reader: LogReader, subject: str) -> Entry | None:
        first = await anext(reader.of(subjects.link(*subject.split(".")[1:])), None)
        _, sender, recipient = subject.split(".")
        return replace(await anext(reader.at([EVENTS])), subject=subject) if sender == recipient else first

    monkeypatch.setattr(LogReader, "last_of", last_of)
    assert read(case_ref).document(case_ref) == whole


def test_an_entry_of_the_case_that_was_seen_and_is_gone_is_named(
    place: Place, cases: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log's own count is one less, too."""
    events = read(cases[1]).document(cases[1])["events"]
    lost = events[1]["position"]
    get, count = LogReader.get, LogReader.count

    async def without(reader: LogReader, position: int) -> Entry | None:
        return None if position == lost else await get(reader, position)

    async def one_less(reader: LogReader, subject: str) -> tuple[int, int]:
        there, last = await count(reader, subject)
        return there - 1, last

    monkeypatch.setattr(LogReader, "get", without)
    monkeypatch.setattr(LogReader, "count", one_less)
    with pytest.raises(BarnabusError) as raised:
        read(cases[1])
    assert (raised.value.code, f"Position {lost}:" in str(raised.value)) == ("log.damaged", True)


@pytest.mark.parametrize("lie", ["twice", "another's"])
def test_what_a_replica_gives_in_place_of_an_entry_does_not_count_for_it(
    settings: Settings, cases: list[str], monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    case_ref = cases[1]
    monkeypatch.setattr(reading, "_places", lambda *_: None)
    whole = read(case_ref).document(case_ref)
    hear = batches._Asking.hear
    other = next(one for one in asyncio.run(entries(settings)) if one.subject.startswith(f"case.{cases[2]}."))

    async def lying(asking: batches._Asking, message: Msg) -> None:
        headers = message.headers or {}
        if headers.get("Nats-Sequence") == str(whole["events"][1]["position"]):
            if lie == "twice":
                message = asking._waiting[message.subject].messages[-1]
            else:
                message.data = other.text.encode()
                headers |= {"Nats-Subject": other.subject, "Barnabus-Signature": other.signature}
                headers |= {"Barnabus-Stamp": other.stamp, "Nats-Sequence": str(other.position)}
        await hear(asking, message)

    monkeypatch.setattr(batches._Asking, "hear", lying)
    assert read(case_ref).document(case_ref) == whole


def test_the_places_of_a_case_are_of_one_moment_although_a_run_folds_more_meanwhile(
    place: Place, cases: list[str], settings: Settings
) -> None:
    with place.opened() as view, place.opened() as running:
        before = places(view, cases[1])

        @event.listens_for(view, "after_cursor_execute")
        def folds(_: Any, __: Any, statement: str, *___: Any) -> None:
            if "FROM progress" in statement:
                with running.begin() as writing:
                    row = {"case_ref": cases[1], "position": EVENTS + 1, "type": "x", "sender": "x", "logged_at": "x"}
                    writing.execute(insert(Records.table).values(key="x", state={}, **row))

        assert places(view, cases[1]) == before
