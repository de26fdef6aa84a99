"""The engine of the read models: the same from any chunks and any crash, on both databases; stopped by every gap."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, insert, select, text

from bus import seal
from bus.log import Logged
from bus.settings import Settings
from contracts.errors import BarnabusError
from projections import access_log, case_state, engine, latency
from projections.access_log import Choice
from projections.case_log import case_log
from projections.cases import Cases
from projections.engine import Progress, Projector
from projections.handoffs import Handoffs
from projections.legs import legs
from projections.letters import Letters
from projections.models import MODELS
from projections.readmodel import HEADS, META, PARKED, PROGRESS, TABLES, State
from projections.rows import Rows
from projections.snapshot import STEPS_BETWEEN_LOOKS, snapshot
from projections.view import LIVE, PROJECTIONS, SHADOW, Place
from tests.builders import POLICE, SOCIAL
from tests.case_logs import Log
from tests.looks import looks
from tests.postgres import PostgresServer
from tests.views import by_hand, made_up_log

ENTRIES = 600
QUESTIONS = 500
"""More than one entry of an index in PostgreSQL could hold the times of."""


@pytest.fixture(scope="module")
def log() -> Sequence[Logged]:
    """Made-up cases of a year, as a log has them."""
    return made_up_log(ENTRIES)


def folded(place: Place, *chunks: Sequence[Logged], view: str = LIVE) -> Progress:
    with place.opened(view) as opened:
        for chunk in chunks:
            Projector(opened, MODELS).apply(chunk)
        return engine.progress(opened, tallies=True)


@pytest.fixture(scope="module")
def whole(log: Sequence[Logged], tmp_path_factory: pytest.TempPathFactory) -> Progress:
    """What it comes to in one chunk."""
    place = Place(tmp_path_factory.mktemp("whole"), None)
    place.begin(LIVE)
    return folded(place, log)


def stopped(place: Place, chunk: Sequence[Logged]) -> str:
    with place.opened() as opened, pytest.raises(BarnabusError) as raised:
        Projector(opened, MODELS).apply(chunk)
    assert raised.value.code == "projections.gap"
    return str(raised.value)


def states(place: Place, model: Any = Handoffs) -> dict[str, State]:
    with place.opened() as opened, opened.connect() as connection:
        return {row.key: row.state for row in connection.execute(select(model.table.c.key, model.table.c.state))}


# what it comes to


def test_it_comes_to_what_the_law_comes_to(place: Place, log: Sequence[Logged]) -> None:
    folded(place, log)
    case = case_log(log)
    found = states(place)
    assert set(found) == {str(handoff) for handoff in case.standings()}
    for handoff, standing in case.standings().items():
        row = found[str(handoff)]
        whose = standing.whose_move
        assert (row["standing"]["stage"], row["whose_move"]) == (standing.stage, whose.value if whose else None)
    letters = states(place, Letters)
    assert len(letters) == len(case.deliveries)
    received = {key: row["received_at"] for key, row in letters.items()}
    for (sender, recipient, number), delivery in case.deliveries.items():
        at = delivery.received_at.isoformat() if delivery.received_at else None
        assert received[f"{sender}>{recipient} {number}"] == at


def test_a_cases_row_is_what_case_show_tells_of_it(place: Place, log: Sequence[Logged]) -> None:
    folded(place, log[:250], log[250:])
    cases: dict[str, list[Logged]] = {}
    for entry in log:
        if not entry.subject.startswith("link."):
            cases.setdefault(entry.record.subject, []).append(entry)
    assert {case_ref: case_state.document_of(case_ref, state) for case_ref, state in states(place, Cases).items()} == {
        case_ref: case_state.document(case_log(entries), case_ref) for case_ref, entries in cases.items()
    }


def test_what_was_kept_while_folding_is_what_the_rows_themselves_come_to(place: Place, log: Sequence[Logged]) -> None:
    kept = folded(place, log[:250], log[250:])
    with place.opened() as opened:
        assert engine.progress(opened, tallies=True, rows_of=MODELS) == kept


def test_both_databases_come_to_the_same_digests(
    postgres: PostgresServer, tmp_path: Path, log: Sequence[Logged]
) -> None:
    found = []
    for place in (Place(tmp_path, None), Place(tmp_path, postgres.url())):
        place.begin(LIVE)
        found.append(folded(place, log))
    assert found[0] == found[1]
    assert found[0].position == ENTRIES
    assert [name for name, count in found[0].rows.items() if not count] == ["accesses"]  # nobody looks into this one


def test_both_databases_show_the_same_looks(postgres: PostgresServer, tmp_path: Path) -> None:
    choices = [Choice(), Choice(agency="social", emergencies=True), Choice(person="inspector-17", after=6, limit=1)]
    log, found = looks(), []
    for place in (Place(tmp_path, None), Place(tmp_path, postgres.url())):
        by_hand(place, log)
        with place.opened() as view, snapshot(view) as connection:
            found.append([access_log.read(connection, choice) for choice in choices])
    assert found[0] == found[1]
    assert [len(one["accesses"]) for one in found[0]] == [8, 2, 1]


def test_however_many_questions_are_open_on_a_handoff_its_row_is_kept_and_each_is_counted(place: Place) -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL)
    for _ in range(QUESTIONS):
        log.on(POLICE, "information.asked", handoff)
    with place.opened() as opened:
        Projector(opened, MODELS)
        with opened.begin() as connection:
            Rows(Handoffs()).fold(connection, log.entries)
            at = {"position": len(log.entries), "logged_at": log.entries[-1].stamp.logged_at.isoformat()}
            connection.execute(insert(PROGRESS).values(one=1, **at))
        (found,) = latency.summary(opened).groups.values()
    assert (found.open, found.under_way["information"]) == (1, QUESTIONS)


# any chunks, any crash


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.sets(st.integers(1, ENTRIES - 1), max_size=6))
def test_any_chunking_comes_to_the_same(log: Sequence[Logged], whole: Progress, tmp_path: Path, cuts: set[int]) -> None:
    place = Place(tmp_path, None)
    place.begin(LIVE)
    ends = [0, *sorted(cuts), ENTRIES]
    assert folded(place, *(log[start:end] for start, end in pairwise(ends))) == whole


class Dying(Handoffs):
    """Dies in the middle of a chunk."""

    def __init__(self, at: int) -> None:
        self.at = at

    def fold(self, key: str, state: State | None, logged: Logged) -> State:
        if logged.stamp.position >= self.at:
            raise KeyboardInterrupt
        return super().fold(key, state, logged)


def test_what_was_cut_off_in_the_middle_of_a_chunk_is_as_if_it_had_not_begun(
    place: Place, log: Sequence[Logged]
) -> None:
    before = folded(place, log[:200])
    with place.opened() as opened:
        dying = Projector(opened, (Cases(), Dying(at=300), Letters()))
        with pytest.raises(KeyboardInterrupt):
            dying.apply(log[200:400])
        assert engine.progress(opened, tallies=True) == before
        assert dying.position == 200, "the same one can go on"
    cut = folded(place, log[200:])
    place.begin(LIVE)
    assert folded(place, log) == cut


def test_of_two_who_fold_the_same_into_one_view_the_second_changes_nothing(place: Place, log: Sequence[Logged]) -> None:
    """Two homes can share a database; and a commit whose answer was lost may have come through."""
    folded(place, log[:100])
    with place.opened() as opened, place.opened() as other:
        second = Projector(other, MODELS)
        Projector(opened, MODELS).apply(log[100:200])
        once = engine.progress(opened, tallies=True)
        with pytest.raises(BarnabusError) as raised:
            second.apply(log[100:200])
        assert raised.value.code == "home.in-use"
        assert engine.progress(opened, tallies=True) == once


# every gap


def test_a_missing_a_repeated_and_an_altered_entry_are_named_and_nothing_behind_them_is_folded(
    place: Place, log: Sequence[Logged]
) -> None:
    before = folded(place, log[:100])
    assert "Position 102" in stopped(place, [log[101]])
    assert "Position 100" in stopped(place, [log[99]])
    altered = replace(log[100], digest=seal.digest("another record"))
    sender = log[100].record.sender
    behind = next(n for n, entry in enumerate(log) if n > 100 and entry.record.sender == sender)
    said = stopped(place, [*log[:0], altered, *log[101 : behind + 1]])
    assert f"Position {behind + 1}" in said, "the next of that sender's chain shows it"
    assert "chain.broken" in said
    with place.opened() as opened:
        assert engine.progress(opened, tallies=True) == before


def test_a_type_or_version_that_is_not_known_here_holds_up_its_case_and_no_other(
    place: Place, log: Sequence[Logged]
) -> None:
    first = log[0]
    case = first.record.subject
    newer = first.record.model_copy(update={"dataschema": first.record.dataschema.replace(":1.0", ":9.0")})
    found = folded(place, [replace(first, record=newer), *log[1:]])
    assert found.position == ENTRIES
    held_up = {entry.stamp.position for entry in log if entry.record.subject == case}
    with place.opened() as opened, opened.connect() as connection:
        parked = {row.position: row.reason for row in connection.execute(select(PARKED))}
    assert set(parked) == held_up
    assert {parked[1], *(parked[p] for p in held_up - {1})} <= {"version.unknown", "case.held-up"}
    assert parked[1] == "version.unknown"
    assert {row["case_ref"] for row in states(place).values()} == {
        entry.record.subject for entry in log if not entry.subject.startswith("link.")
    } - {case} - _without_handoffs(log)


def _without_handoffs(log: Sequence[Logged]) -> set[str]:
    cases = {entry.record.subject for entry in log}
    return cases - {entry.record.subject for entry in log for _ in Handoffs().keys(entry)}


# versions, and building anew


class Newer(Handoffs):
    version = Handoffs.version + 1


def test_a_view_of_another_fold_asks_to_be_built_anew(place: Place, log: Sequence[Logged]) -> None:
    folded(place, log[:50])
    with place.opened() as opened:
        for models in ((Newer(), Letters()), (*MODELS, _Another())):
            with pytest.raises(BarnabusError) as raised:
                Projector(opened, models)
            assert raised.value.code == "projections.stale"


def test_a_view_with_other_tables_asks_to_be_built_anew(place: Place, log: Sequence[Logged]) -> None:
    folded(place, log[:50])
    with place.opened() as opened:
        with opened.begin() as connection:
            PROGRESS.drop(connection)
            Table(PROGRESS.name, MetaData(), Column("position", BigInteger)).create(connection)
        for looks in (lambda: Projector(opened, MODELS), lambda: engine.progress(opened)):
            with pytest.raises(BarnabusError) as raised:
                looks()
            assert raised.value.code == "projections.stale"
    assert place.exists()


def test_a_view_that_was_cut_off_while_it_was_made_is_made_again(
    place: Place, log: Sequence[Logged], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(connection: Connection, *_: object) -> None:
        for table in (HEADS, META, PROGRESS):
            table.create(connection)
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(TABLES, "create_all", dies)
        with pytest.raises(KeyboardInterrupt):
            place.begin(LIVE)
    if not place.exists():
        place.begin(LIVE)
    assert folded(place, log[:50]).position == 50


def test_what_is_read_in_a_snapshot_is_of_one_moment_although_the_projector_goes_on(
    place: Place, log: Sequence[Logged]
) -> None:
    folded(place, log[:50])
    position = select(PROGRESS.c.position)
    with place.opened() as opened, snapshot(opened) as connection:
        assert connection.execute(position).scalar() == 50
        folded(place, log[50:100])
        assert connection.execute(position).scalar() == 50
        assert engine.progress(opened).position == 100


class _Another(Letters):
    name = "another"


def test_how_long_a_snapshot_may_take_says_nothing_of_what_is_asked_after_it(
    place: Place, log: Sequence[Logged]
) -> None:
    folded(place, log[:200])
    asked = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT max(i) FROM n")
    with place.opened() as opened:
        with snapshot(opened, limit_s=0.001) as connection:
            connection.execute(text("SELECT 1"))
        with opened.connect() as connection:
            assert connection.execute(asked).scalar_one() == 2 * STEPS_BETWEEN_LOOKS


def test_a_reader_sees_the_old_view_until_the_new_one_takes_its_place_whole(
    place: Place, log: Sequence[Logged]
) -> None:
    old = folded(place, log[:100])
    place.begin(SHADOW)
    folded(place, log[:300], view=SHADOW)
    with place.opened() as opened:
        assert engine.progress(opened, tallies=True) == old
    place.swap()
    with place.opened() as opened:
        assert engine.progress(opened).position == 300
    place.begin(LIVE)
    assert folded(place, log[:100]) == old


def test_a_view_of_which_nothing_is_made_yet_is_none(tmp_path: Path) -> None:
    place = Place(tmp_path, None)
    assert not place.exists()
    assert list(tmp_path.iterdir()) == [], "looking makes nothing"
    (tmp_path / "live.db").touch()  # as at the very start of making it
    assert not place.exists()
    place.begin(LIVE)
    assert place.exists()


def test_a_swap_that_dies_leaves_the_live_view_as_it_was(
    tmp_path: Path, log: Sequence[Logged], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though a reader keeps what was folded last from being put into the view's own file."""
    place = Place(tmp_path, None)
    place.begin(LIVE)
    place.begin(SHADOW)
    folded(place, log[:100])
    with place.opened() as opened, snapshot(opened) as reading:
        reading.execute(select(PROGRESS.c.position))
        before = folded(place, log[100:200])
        with monkeypatch.context() as dying:
            dying.setattr(Path, "replace", _dies)
            with pytest.raises(KeyboardInterrupt):
                place.swap()
        with place.opened() as another:
            assert engine.progress(another, tallies=True) == before


def _dies(*_: object) -> None:
    raise KeyboardInterrupt


def test_who_reads_over_a_swap_reads_on_in_the_old_view_and_old_ones_are_cleared_away(
    tmp_path: Path, log: Sequence[Logged]
) -> None:
    place = Place(tmp_path, None)
    place.begin(LIVE)
    folded(place, log[:100])
    for end in (200, 300, 400):
        with place.opened() as opened, snapshot(opened) as reading:
            before = reading.execute(select(PROGRESS.c.position)).scalar()
            place.begin(SHADOW)
            folded(place, log[:end], view=SHADOW)
            place.swap()
            assert folded(place, log[end : end + 50]).position == end + 50
            assert reading.execute(select(PROGRESS.c.position)).scalar() == before
        assert folded(place, log[end + 50 : end + 60]).position == end + 60
    assert len([path for path in tmp_path.iterdir() if path.suffix == ".db" and not path.is_symlink()]) == 2


def test_what_no_environment_names_is_a_file_and_a_wrong_url_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:

    monkeypatch.delenv(PROJECTIONS, raising=False)
    assert Place.of(Settings(home=tmp_path)) == Place(tmp_path / "projections", None)
    monkeypatch.setenv(PROJECTIONS, "mysql://x")
    with pytest.raises(BarnabusError) as raised:
        Place.of(Settings(home=tmp_path))
    assert raised.value.code == "setting.invalid"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://x@127.0.0.1:1/x", "projections.unavailable"),
        ("postgresql://x:not-a-port/x", "setting.invalid"),
    ],
)
def test_a_database_that_cannot_be_reached_is_said_to_be(url: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(BarnabusError) as raised:
        Place(tmp_path, url).exists()
    assert raised.value.code == code


def test_a_view_whose_tables_are_of_another_version_asks_to_be_built_anew(place: Place, log: Sequence[Logged]) -> None:
    folded(place, log[:100])
    with place.opened() as opened, opened.begin() as connection:
        name = connection.get_execution_options().get("schema_translate_map", {}).get(None)
        connection.execute(text(f"ALTER TABLE {f'{name}.' if name else ''}progress DROP COLUMN seen"))
    for reads in (engine.progress, lambda opened: Projector(opened, MODELS)):
        with pytest.raises(BarnabusError) as raised, place.opened() as opened:
            reads(opened)
        assert raised.value.code == "projections.stale"


def test_a_gateways_clock_that_went_back_takes_nothing_from_anybody(place: Place, log: Sequence[Logged]) -> None:
    folded(place, [_earlier(entry, n * timedelta(days=1)) for n, entry in enumerate(log[:200])])
    for row in states(place).values():
        assert all(until >= since for (_, since), (_, until) in pairwise(row["held"]))
        assert all(leg.lasted_us() >= 0 for leg in legs(row))


def _earlier(entry: Logged, by: timedelta) -> Logged:
    stamp = entry.stamp.model_copy(update={"logged_at": entry.stamp.logged_at - by})
    return replace(entry, stamp=stamp)
