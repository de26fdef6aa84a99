"""What is owed, looked at again as the log and the clock go on, is what reckoning all of it anew comes to."""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from bus.log import Logged
from contracts.duties.duty import NEXT
from contracts.protocol import read
from projections import owed, owed_file, reckoning
from projections.engine import Projector
from projections.models import MODELS
from projections.owed import STANDINGS, Among, Choice
from projections.owed_file import COUNTED
from projections.snapshot import snapshot
from projections.view import LIVE, Place
from tests import views
from tests.benchmarks.entries import YEAR, year
from tests.case_logs import DAY, FIRST, Log
from tests.property.test_said import logs

XK = read()
ALL = 100_000


def compared(view: Engine, path: Path, now: datetime, *, closed: bool) -> int:
    """Look at it again, and reckon all of it; gives how many duties there are."""
    stand = reckoning.look(view, path, XK, now, closed=closed)
    assert stand
    with snapshot(view) as connection:
        folded = owed.folded(connection)
        among = Among(folded.present(now), closed)
        every, failing = owed.owed(connection, among, XK)
    assert stand.head == owed.head(among.at, folded)
    counts = defaultdict[owed_file.Key, Counter[str]](Counter)
    for one in every:
        of_it = [name for name, is_so in COUNTED.items() if is_so(one.duty)]
        counts[one.duty.holder.value, one.duty.rule.id].update(of_it)
    with owed_file.reading(path) as file:
        for standing in STANDINGS:
            choice = Choice((standing,))
            whole = [owed.row(one) for one in owed.page(every, choice, "", ALL)]
            assert file.page(choice, "", ALL, stand.at) == whole, standing
        assert file.page(Choice(), "", ALL, stand.at) == [owed.row(one) for one in owed.page(every, Choice(), "", ALL)]
        assert {key: +counted for key, counted in file.counts().items() if +counted} == counts
        assert file.failing() == failing
        assert file.stand() == stand
    return len(every)


def real(entries: int, seed: int) -> Sequence[Logged]:
    """Of a log that is not made up, as far as anybody can tell."""
    found = year(entries, seed)
    found.synthetic = False
    return [entry.logged() for entry in islice(found.entries(), entries)]


STEPS = st.lists(st.tuples(st.integers(0, 60), st.timedeltas(-3 * DAY, 30 * DAY)), min_size=2, max_size=6)


@settings(max_examples=8, deadline=None)
@given(steps=STEPS, seed=st.integers(1, 9), closed=st.booleans())
def test_a_look_as_cases_grow_and_the_clock_goes_on_comes_to_what_reckoning_all_comes_to(
    steps: list[tuple[int, timedelta]], seed: int, closed: bool
) -> None:
    log, now = real(300, seed), datetime(2025, 1, 1, tzinfo=UTC) + YEAR / 4
    with tempfile.TemporaryDirectory() as folder:
        place, path = Place(Path(folder), None), Path(folder) / "owed.db"
        place.begin(LIVE)
        owed_file.make(path)
        with place.opened() as view:
            projector, there = Projector(view, MODELS), 0
            for entries, later in steps:
                now += later
                if entries:
                    projector.apply(log[there : there + entries])
                    there += entries
                compared(view, path, now, closed=closed)


@settings(max_examples=12, deadline=None)
@given(log=logs(), moments=st.lists(st.timedeltas(-DAY, 60 * DAY), min_size=2, max_size=4), closed=st.booleans())
def test_so_it_does_of_a_case_in_which_anything_is_said(log: Log, moments: list[timedelta], closed: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place, path = Place(Path(folder), None), Path(folder) / "owed.db"
        owed_file.make(path)
        for part, later in enumerate(moments, 1):
            views.by_hand(place, log.entries[: max(1, len(log.entries) * part // len(moments))])
            with place.opened() as view:
                compared(view, path, FIRST + later, closed=closed)


def test_so_it_does_at_every_moment_at_which_something_turns_and_just_before(tmp_path: Path) -> None:
    log, place, path = real(300, 3)[:18], Place(tmp_path, None), tmp_path / "owed.db"
    place.begin(LIVE)
    owed_file.make(path)
    views.fold(place, log)
    begins = log[-1].stamp.logged_at
    with place.opened() as view:
        with snapshot(view) as connection:
            every, _ = owed.owed(connection, Among(begins), XK)
        duties = [one.duty for one in every if one.duty.owed]
        moments = {moment for duty in duties for moment in (duty.starts_at, duty.soon_at, duty.due_at) if moment}
        assert any(duty.starts_at > begins for duty in duties if duty.starts_at)  # a letter nobody has signed for
        for moment in sorted(moments):
            for now in (moment - NEXT, moment, moment + NEXT):
                compared(view, path, now, closed=False)


def test_of_a_made_up_year_too_in_which_hundreds_of_duties_end(tmp_path: Path) -> None:
    log, place, path = views.made_up_log(1_200), Place(tmp_path, None), tmp_path / "owed.db"
    place.begin(LIVE)
    owed_file.make(path)
    with place.opened() as view:
        projector, found = Projector(view, MODELS), 0
        for start in range(0, len(log), 300):
            projector.apply(log[start : start + 300])
            found = compared(view, path, FIRST, closed=True)
    assert found > 300


def test_a_view_that_ends_before_where_it_was_is_reckoned_anew(tmp_path: Path) -> None:
    log, path = views.made_up_log(600), tmp_path / "owed.db"
    owed_file.make(path)
    for entries in (600, 200):
        place = Place(tmp_path / str(entries), None)
        place.begin(LIVE)
        views.fold(place, log[:entries])
        with place.opened() as view:
            assert compared(view, path, FIRST, closed=True)


def test_where_more_has_changed_than_is_asked_for_nothing_is_changed(tmp_path: Path) -> None:
    place, path = Place(tmp_path, None), tmp_path / "owed.db"
    place.begin(LIVE)
    owed_file.make(path)
    views.fold(place, views.made_up_log(600))
    with place.opened() as view:
        assert reckoning.look(view, path, XK, FIRST, closed=True, most=3) is None
        with owed_file.reading(path) as file:
            assert (file.stand(), file.counts()) == (None, {})
        assert reckoning.look(view, path, XK, FIRST, closed=True, most=1_000)
