"""Replaying a case in the console: as of an event or a moment, as one agency knew it, in rows, and as lanes."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import lanes as drawn
from console.lanes import Lanes, lanes
from console.looks import Look, Seen
from console.replay import KEPT, Chosen, replay
from contracts.errors import BarnabusError
from projections.groups import Fact, Handoff, groups
from tests.builders import HEALTH, POLICE, SOCIAL
from tests.case_logs import CASE, DAY, FIRST, Log

CHILD = {"ref": "p-7k3q9m2xw4", "role": "child"}


def told() -> Log:
    """Two handoffs, an act too late, a fact; social has signed for what it was asked, on the third day."""
    log = Log()
    first = log.make(POLICE, SOCIAL)
    log.say(HEALTH, "urgent-care.given", {"concerns": CHILD, "began_at": FIRST.isoformat(), "window": "unknown"})
    log.on(SOCIAL, "referral.declined", first, reason="no-capacity", next_step="sender-keeps")
    log.on(SOCIAL, "referral.accepted", first)
    log.make(SOCIAL, HEALTH)
    log.signs(SOCIAL, POLICE, 1, at=FIRST + timedelta(hours=2))
    return log


def look(log: Log) -> Look:
    return Look(CASE, Seen(log.case), FIRST + 100 * DAY)


def test_as_of_an_event_is_the_log_up_to_it_and_as_of_a_moment_all_by_then() -> None:
    found = look(told())
    assert [len(replay(found, Chosen(event=n)).case.records) for n in (1, 3, 5)] == [1, 3, 5]
    for moment, many in ((FIRST, 1), (FIRST - DAY, 0), (FIRST + 2 * DAY, 3), (FIRST + 99 * DAY, 5)):
        then = replay(found, Chosen(as_of=moment))
        assert (len(then.case.records), then.event) == (many, many)
    assert replay(found, Chosen()).case is found.seen.case


def test_as_known_to_is_what_an_agency_had_and_could_open() -> None:
    found = look(told())
    before = replay(found, Chosen(as_of=FIRST + timedelta(hours=1), as_known_to=SOCIAL))
    after = replay(found, Chosen(as_of=FIRST + timedelta(hours=2), as_known_to=SOCIAL))
    assert (before.state["open"], len(after.state["open"])) == ([], 1)
    assert before.knew
    assert [len(some) for some in (before.knew.known, before.knew.waiting, before.knew.unsent)] == [0, 1, 0]
    assert after.state["as_known_to"] == "social"


def test_the_last_replays_are_kept_and_no_more() -> None:
    found = look(told())
    first = replay(found, Chosen(event=1))
    assert replay(found, Chosen(event=1)) is first
    for hour in range(KEPT):
        replay(found, Chosen(as_of=FIRST + timedelta(hours=hour)))
    assert len(found.kept) == KEPT
    assert replay(found, Chosen(event=1)) is not first


def test_a_moment_without_an_offset_is_kosovos() -> None:
    said = Chosen.of({"as_of": "2026-07-02T09:00"})
    assert said.as_of
    assert said.as_of.isoformat() == "2026-07-02T09:00:00+02:00"


@pytest.mark.parametrize(
    "said", [{"event": "-1"}, {"event": "1.5"}, {"event": "²"}, {"as_of": "9999-12-31T23:59-23:00"}, {"as_of": "1e9"}]
)
def test_what_is_no_event_and_no_moment_is_refused(said: dict[str, str]) -> None:
    with pytest.raises(BarnabusError, match=r"option\.invalid"):
        Chosen.of(said)


def test_a_case_has_a_row_a_handoff_and_a_row_a_fact_and_each_record_is_on_one() -> None:
    rows = groups(told().case)
    assert [type(row) for row in rows] == [Handoff, Fact, Handoff]
    first, fact, second = [row.document() for row in rows]
    assert (first["stage"], first["void"], first["acts"]) == ("declined", 1, [1, 3, 4])
    assert first["received_at"] == (FIRST + timedelta(hours=2)).isoformat()
    assert first["decided_at"] == first["ended_at"] == (FIRST + 2 * DAY).isoformat()
    assert (fact["type"], fact["position"]) == ("urgent-care.given", 2)
    assert (second["stage"], second["whose_move"], second["ended_at"]) == ("made", "health", None)


def test_an_act_on_what_was_never_made_is_a_fact_and_lost_nowhere() -> None:
    log = Log()
    fact = log.say(POLICE, "child.missing", {"concerns": CHILD, "missing_since": FIRST.isoformat()})
    log.on(SOCIAL, "referral.accepted", fact)
    assert [row.document()["position"] for row in groups(log.case)] == [1, 2]


# lanes


def drawn_of(log: Log, until: datetime | None = None) -> Lanes:
    return lanes(log.case, log.case.records, {}, until)


def test_an_arrow_leads_from_who_sent_it_to_who_had_it_and_a_letter_nobody_signed_for_ends_nowhere() -> None:
    found = drawn_of(told())
    made, *_, unsigned = found.marks
    (arrow,) = made.arrows
    assert (made.x, arrow.x) == (found.names["police"], found.names["social"])
    assert arrow.y is not None
    assert made.y < arrow.y < found.marks[1].y, "it arrived two hours later, and before what came the next day"
    assert [one.y for one in unsigned.arrows] == [None]
    (arrow,) = drawn_of(told(), FIRST + timedelta(hours=1)).marks[0].arrows
    assert arrow.y is None, "by then it had not arrived"


def test_a_receivers_clock_that_is_behind_draws_no_arrow_upwards() -> None:
    log = Log()
    log.make(POLICE, SOCIAL)
    log.make(POLICE, SOCIAL)
    log.signs(SOCIAL, POLICE, 1, 2, at=FIRST - timedelta(hours=5))
    for mark in drawn_of(log).marks:
        for arrow in mark.arrows:
            assert arrow.y is None or arrow.y >= mark.y


@given(st.lists(st.integers(min_value=0, max_value=40_000_000), min_size=1, max_size=30))
def test_time_goes_downwards_no_two_records_touch_and_a_longer_gap_is_no_shorter(seconds: list[int]) -> None:
    log, at = Log(), FIRST
    for gap in seconds:
        at += timedelta(seconds=gap)
        log.make(POLICE, SOCIAL, logged=at)
    heights = [mark.y for mark in drawn_of(log).marks]
    steps = [later - earlier for earlier, later in pairwise(heights)]
    assert all(step > drawn.RECORD - 1e-6 for step in steps)
    by_gap = sorted(zip(seconds[1:], steps, strict=True))
    assert all(shorter[1] <= longer[1] + 1e-6 for shorter, longer in pairwise(by_gap))
