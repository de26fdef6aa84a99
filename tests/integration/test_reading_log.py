"""Reading the log: quickly where it was verified before, and whole whatever a replica or an index leaves out."""

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import typer
from nats.aio.msg import Msg
from sqlalchemy import delete, update

from bus import batches, connection, log, streams
from bus.log import Entry, LogReader
from bus.provisioning import server_config
from bus.server import EmbeddedServer
from bus.settings import Settings
from cli import projections, reading
from contracts import subjects
from contracts.errors import BarnabusError
from projections import building
from projections.letters import Letters
from projections.readmodel import PROGRESS
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
    nats = await connection.connect(settings, "reader", "reader", patient=False)
    try:
        reader = LogReader(nats, api=subjects.API)
        return [entry async for entry in reader.entries(1, await reader.last())]
    finally:
        await connection.close(nats)


async def one_by_one(settings: Settings) -> list[Entry]:
    nats = await connection.connect(settings, "reader", "reader", patient=False)
    try:
        return [entry async for entry in LogReader(nats, api=subjects.API).at(range(1, EVENTS + 1))]
    finally:
        await connection.close(nats)


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


def test_an_answer_counts_as_far_as_its_entries_follow_on(settings: Settings) -> None:
    async def asked() -> list[Msg]:
        nats = await connection.connect(settings, "reader", "reader", patient=False)
        try:
            return [one async for some in batches.stretch(nats, subjects.API, 1, 10) for one in some]
        finally:
            await connection.close(nats)

    answer = asyncio.run(asked())
    assert len(answer) == 10
    assert batches._without_a_gap(answer, 1) == answer
    assert batches._without_a_gap([*answer[:4], *answer[5:]], 1) == answer[:4]
    assert batches._without_a_gap(answer, 2) == []


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


@pytest.fixture
def place(settings: Settings) -> Place:
    """The read models, up to date."""
    projections.rebuild(as_json=True)
    return Place.of(settings)


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
    before = projections._seen(Settings())
    projections.rebuild(as_json=True)
    assert verified == []
    assert projections._seen(Settings()) == before
    assert before
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
    before = projections._seen(Settings())
    altered(monkeypatch, 611, change)
    for again in (projections.rebuild, projections.verify_view):
        with pytest.raises(BarnabusError) as raised:
            inspect.unwrap(again)(as_json=True)
        assert (raised.value.code, "Position 611" in str(raised.value)) == ("log.damaged", True)
    assert projections._seen(Settings()) == before, "readers keep what they have"


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


# one case


@pytest.fixture
def cases(settings: Settings) -> list[str]:
    async def found() -> list[str]:
        refs = [one.subject.split(".")[1] for one in await entries(settings) if one.subject.startswith("case.")]
        return list(dict.fromkeys(refs))[::15]

    return asyncio.run(found())


def test_a_case_read_by_its_places_is_the_case_that_the_log_has(
    place: Place, cases: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = [reading.case(ref, "test").document(ref) for ref in cases]
    monkeypatch.setattr(reading, "_places", lambda *_: None)
    assert quick == [reading.case(ref, "test").document(ref) for ref in cases]
    assert any(letter["received_at"] for one in quick for event in one["events"] for letter in event["letters"])


def test_a_case_is_whole_though_the_read_models_are_behind(
    place: Place, cases: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [reading.case(ref, "test").document(ref) for ref in cases]

    async def last(_: LogReader) -> int:
        return 500

    with monkeypatch.context() as earlier:
        earlier.setattr(LogReader, "last", last)
        projections.rebuild(as_json=True)
    assert [reading.case(ref, "test").document(ref) for ref in cases] == whole


@pytest.mark.parametrize("table", [Records.table, Letters.table])
def test_what_an_index_leaves_out_a_replay_has_all_the_same(place: Place, cases: list[str], table: Any) -> None:
    case_ref = cases[1]
    whole = reading.case(case_ref, "test").document(case_ref)
    with place.opened() as view, view.begin() as writing:
        writing.execute(delete(table).where(table.c.case_ref == case_ref))
    assert reading.case(case_ref, "test").document(case_ref) == whole
