"""What is owed, by whom and until when: known answers, by the shipped protocol."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.agencies import Agency
from contracts.duties.duty import Duty, State
from contracts.shapes import Clocks
from tests.builders import HEALTH, OVERSIGHT, POLICE, PROSECUTION, SOCIAL
from tests.dated_cases import CHILD, SUSPECT, XK, Case, scenario
from tests.unit.given import ACCOMPLICE, SIBLING
from tests.unit.test_durations import at, midnight_after

HOUR, DAY, INSTANT = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
YEARS_LATER = NOON + 3 * 365 * DAY
RECENT = {"incident": "within-72-hours", "child_age": "6-to-11", "suspect_age": "adult"}
URGENT: dict[str, Any] = {"urgency": "urgent", "limits": RECENT}


def care(case: Case, began: datetime, logged: datetime, **more: Any) -> None:
    case.say(HEALTH, "urgent-care.given", logged, occurred=began, began_at=began.isoformat(), **more)


def exam(case: Case, done: datetime, logged: datetime, **more: Any) -> None:
    data: dict[str, Any] = {"handoff_id": None, "examined_at": done.isoformat(), **more}
    case.say(HEALTH, "forensic-exam.completed", logged, occurred=done, **data)


def came_to(duty: Duty) -> tuple[State, bool | None, bool, bool]:
    return duty.state, duty.on_time, duty.missed, duty.absent


# limits


@pytest.mark.parametrize(
    ("took", "on_time"), [(72 * HOUR, True), (72 * HOUR + INSTANT, False), (72 * HOUR + timedelta(seconds=1), False)]
)
def test_72_hours_are_inside_and_one_moment_more_is_not(took: timedelta, on_time: bool) -> None:
    case = Case()
    case.concern(NOON + HOUR, occurred=NOON, **URGENT)
    care(case, NOON + took, NOON + 100 * HOUR)
    duty = case.duty("hiv-prophylaxis", NOON + 100 * HOUR)
    assert duty.due_at == NOON + 72 * HOUR
    assert came_to(duty) == (State.MET, on_time, not on_time, False)


def test_what_is_owed_is_breached_a_moment_after_its_limit_and_still_owed() -> None:
    case = Case()
    case.concern(NOON + HOUR, occurred=NOON, **URGENT)
    due = NOON + 72 * HOUR
    states = {moment: case.duty("hiv-prophylaxis", moment) for moment in (NOON + HOUR, due - DAY, due, due + INSTANT)}
    assert [one.state for one in states.values()] == [State.OPEN, State.DUE_SOON, State.DUE_SOON, State.BREACHED]
    assert [one.absent for one in states.values()] == [False, False, False, True]
    assert [one.turns_at for one in states.values()] == [due - DAY, due + INSTANT, due + INSTANT, None]
    assert states[due + INSTANT].owed


def test_24_hours_over_the_night_when_the_clocks_change_are_24_hours() -> None:
    for start, due in ((at(2026, 3, 28, 18), at(2026, 3, 29, 19)), (at(2026, 10, 24, 18), at(2026, 10, 25, 17))):
        case = Case()
        case.concern(start)
        assert case.duty("suspicion-to-prosecutor", start).due_at == due


def test_one_working_day_from_a_friday_evening_before_a_free_monday_ends_with_tuesday() -> None:
    """17 February 2020, Independence Day, is a Monday."""
    case = Case()
    case.concern(at(2020, 2, 14, 18))
    last = midnight_after(2020, 2, 18).astimezone(UTC) - INSTANT
    assert case.duty("concern-screened", last).due_at == last
    assert case.duty("concern-screened", last).state is State.DUE_SOON
    assert case.duty("concern-screened", last + INSTANT).state is State.BREACHED


def test_a_strategy_discussion_is_due_on_the_day_on_which_social_services_hear_of_it() -> None:
    case = Case()
    case.concern(at(2026, 3, 10, 23, 30), by=HEALTH, to=SOCIAL, **URGENT)
    assert case.duty("strategy-discussion", NOON + DAY).due_at == midnight_after(2026, 3, 10).astimezone(UTC) - INSTANT
    case = Case()
    case.concern(NOON, limits=RECENT | {"incident": "longer-ago"})
    assert case.all("strategy-discussion", NOON) == [], "not after what is long ago"


@pytest.mark.parametrize(("priority", "hours"), [("red", 2), ("amber", 6), ("green", 24)])
def test_a_question_is_answered_in_2_6_or_24_hours_by_whoever_is_asked(priority: str, hours: int) -> None:
    case = Case()
    concern = case.concern(NOON)
    asked = case.say(POLICE, "information.asked", NOON + HOUR, handoff_id=str(concern), priority=priority)
    other = case.say(SOCIAL, "information.asked", NOON + HOUR, handoff_id=str(concern), priority="green")
    due = NOON + HOUR + hours * HOUR
    rule = f"information-{priority}"
    answer: dict[str, Any] = {"handoff_id": str(concern), "asked_id": str(asked)}
    mine = [one for one in case.all(rule, due) if one.trigger_id == asked]
    assert [(one.owner, one.due_at) for one in mine] == [(SOCIAL, due)]
    case.say(POLICE, "information.refused", due - HOUR, handoff_id=str(concern), asked_id=str(other))
    case.say(SOCIAL, "information.given", due, **answer)
    (met,) = (one for one in case.all(rule, due) if one.trigger_id == asked)
    assert came_to(met) == (State.MET, True, False, False)
    assert met.ending
    assert met.ending.by is SOCIAL, "and not the answer to the other question"


def test_at_once_is_due_from_the_start_and_taken_for_missed_after_its_alarm() -> None:
    """Scenario 3: known on 25 February, reported on 2 March."""
    case = Case()
    case.concern(NOON + 5 * DAY, known=NOON)
    reported = case.duty("concern-reported", NOON + 5 * DAY)
    assert (reported.owner, reported.starts_at) == (SOCIAL, NOON)
    assert came_to(reported) == (State.MET, False, True, False)
    treatment = case.duty("treatment-started", NOON + 5 * DAY)
    assert (treatment.state, treatment.due_at) == (State.BREACHED, NOON + DAY)
    assert treatment.document()["no_limit"] == "at-once", "that the number is ours is told"


# clocks


def test_a_handoff_is_judged_from_its_receipt_and_not_before() -> None:
    case = Case()
    report = case.say(POLICE, "crime-report.filed", NOON, to=PROSECUTION, notified=[SOCIAL])
    before = case.duty("handoff-acknowledged", NOON + HOUR)
    assert (before.state, before.begun, before.due_at) == (State.OPEN, False, NOON + 5 * HOUR)
    case.receives(PROSECUTION, report, NOON + 2 * HOUR, logged_at=NOON + 3 * HOUR)
    assert not case.duty("handoff-acknowledged", NOON + 2 * HOUR).begun, "its receipt is not logged yet"
    assert case.duty("handoff-acknowledged", NOON + 3 * HOUR).due_at == NOON + 3 * HOUR
    case.say(PROSECUTION, "referral.acknowledged", NOON + 3 * HOUR, handoff_id=str(report))
    assert came_to(case.duty("handoff-acknowledged", NOON + DAY)) == (State.MET, True, False, False)
    assert case.duty("handoff-decided", NOON + DAY).state is State.DUE_SOON, "seen is not taken on"


def test_a_letter_that_nobody_signs_for_is_taken_for_received_after_a_while() -> None:
    """Else a receiver that is down, or withholds its receipts, owes nothing for ever."""
    case = Case()
    report = case.say(POLICE, "crime-report.filed", NOON, to=PROSECUTION, notified=[SOCIAL])
    taken = timedelta(hours=XK.versions[-1].taken_for_received_hours)
    due = NOON + taken + HOUR
    before, then = (case.duty("handoff-acknowledged", NOON + taken - away) for away in (INSTANT, timedelta()))
    assert (before.begun, before.due_at, then.begun, then.due_at) == (False, due, True, due)
    assert case.duty("handoff-acknowledged", due).state is State.OPEN
    assert case.duty("handoff-acknowledged", due + INSTANT).state is State.BREACHED
    case.receives(PROSECUTION, report, NOON + 9 * HOUR, logged_at=NOON + 9 * HOUR)
    assert case.duty("handoff-acknowledged", NOON + DAY).due_at == due, "a late receipt gains nothing"
    case.receives(PROSECUTION, report, NOON + HOUR, logged_at=NOON + 9 * HOUR)
    assert case.duty("handoff-acknowledged", NOON + DAY).due_at == NOON + 2 * HOUR, "its own word was earlier"


def test_a_clock_that_a_receipt_begins_does_not_run_for_whom_no_letter_was_sent() -> None:
    case = Case()
    case.say(HEALTH, "concern.reported", NOON, to=SOCIAL, notified=[])
    found = case.duty("suspicion-to-prosecutor", YEARS_LATER)
    assert (found.owner, found.begun, found.starts_at, found.due_at) == (POLICE, False, None, None)


@pytest.mark.parametrize("claimed", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_nobody_gains_time_by_a_clock_that_is_wrong(claimed: datetime) -> None:
    case = Case()
    report = case.say(POLICE, "crime-report.filed", NOON, to=PROSECUTION, notified=[SOCIAL])
    case.receives(PROSECUTION, report, claimed, logged_at=NOON + HOUR)
    found = case.duty("handoff-acknowledged", YEARS_LATER)
    assert found.starts_at in (NOON, NOON + HOUR)
    case.concern(NOON, occurred=datetime.min.replace(tzinfo=UTC), **URGENT)
    assert case.all("hiv-prophylaxis", YEARS_LATER) == [], "what is older than the protocol is not judged by it"


def test_what_was_done_in_time_and_typed_in_late_is_breached_until_it_is_known() -> None:
    case = Case()
    case.concern(NOON, **URGENT)
    care(case, NOON + DAY, NOON + 9 * DAY)
    assert case.duty("hiv-prophylaxis", NOON + 8 * DAY).state is State.BREACHED
    met = case.duty("hiv-prophylaxis", NOON + 9 * DAY)
    assert came_to(met) == (State.MET, True, False, False)
    assert met.ending
    assert (met.ending.done_at, met.ending.logged_at) == (NOON + DAY, NOON + 9 * DAY)


# which acts count


def test_of_what_the_log_has_before_the_trigger_counts_what_was_done_since() -> None:
    """The exam of last year answers no assault of today; care that was given before the report was typed in does."""
    case = Case()
    exam(case, NOON - 300 * DAY, NOON - 299 * DAY)
    care(case, NOON + HOUR, NOON + 2 * HOUR)
    case.concern(NOON + 3 * HOUR, occurred=NOON, **URGENT)
    assert case.duty("sampling-before-puberty", NOON + 4 * HOUR).state is State.OPEN
    assert came_to(case.duty("hiv-prophylaxis", NOON + 4 * HOUR)) == (State.MET, True, False, False)
    exam(case, NOON - 200 * DAY, NOON + 5 * HOUR)
    assert case.duty("sampling-before-puberty", NOON + 6 * HOUR).state is State.OPEN, "nor one that is typed in now"


def test_a_duty_is_about_one_child_and_one_suspect() -> None:
    case = Case()
    for child in (CHILD, SIBLING):
        case.concern(NOON, concerns=child, **URGENT)
    care(case, NOON + HOUR, NOON + HOUR, concerns=SIBLING)
    states = {one.child: one.state for one in case.all("hiv-prophylaxis", NOON + HOUR)}
    assert states == {CHILD["ref"]: State.OPEN, SIBLING["ref"]: State.MET}
    for suspect in (SUSPECT, ACCOMPLICE):
        case.say(POLICE, "suspect.arrested", NOON, suspect=suspect, arrested_at=NOON.isoformat(), custody="held")
    asked: dict[str, Any] = {"measure": "detention", "change": "requested", "since": (NOON + HOUR).isoformat()}
    case.say(PROSECUTION, "protective-measure.changed", NOON + HOUR, suspect=ACCOMPLICE, **asked)
    held = {one.suspect: one.state for one in case.all("arrested-before-judge", NOON + HOUR)}
    assert held == {SUSPECT["ref"]: State.OPEN, ACCOMPLICE["ref"]: State.MET}


def test_a_void_act_meets_nothing() -> None:
    case = Case()
    report = case.say(POLICE, "crime-report.filed", NOON, to=PROSECUTION, notified=[SOCIAL])
    case.receives(PROSECUTION, report, NOON)
    case.say(PROSECUTION, "referral.declined", NOON + 30 * HOUR, handoff_id=str(report))
    case.say(PROSECUTION, "investigation.decided", NOON + 31 * HOUR, handoff_id=str(report), concerns=CHILD)
    assert case.duty("handoff-decided", NOON + 31 * HOUR).on_time is False
    assert case.duty("preliminary-investigation", NOON + 31 * HOUR).owed, "declined before: its decision is void"


def test_a_receipt_of_oversights_counts_for_who_is_kept_out_and_for_nobody_else() -> None:
    """It hears what is told in place of whom a bypass keeps out, and so does the log's reader: `to` is as logged."""
    for kept_out, state in ((SOCIAL, State.MET), (PROSECUTION, State.BREACHED)):
        case = Case()
        case.bypass(POLICE, kept_out, OVERSIGHT, NOON - HOUR)
        released = case.say(POLICE, "suspect.released", NOON, released_at=NOON.isoformat())
        case.receives(OVERSIGHT, released, NOON)
        assert case.duty("release-told-to-social", NOON + DAY).state is state


def test_lifting_a_bypass_takes_no_limit_back_that_it_had_set_running() -> None:
    """The police never got the letter, so for whoever stood in the limit counts from the log; and goes on counting."""
    case = Case()
    bypass = case.bypass(HEALTH, POLICE, PROSECUTION, NOON - HOUR)
    made = case.say(HEALTH, "concern.reported", NOON, to="social", notified=[])
    case.receives(SOCIAL, made, NOON)
    before = case.duty("suspicion-to-prosecutor", NOON + 9 * DAY)
    assert (before.state, before.holder) == (State.BREACHED, PROSECUTION)
    case.say(OVERSIGHT, "route.bypass-lifted", NOON + 9 * DAY, bypass_id=str(bypass))
    after = case.duty("suspicion-to-prosecutor", NOON + 9 * DAY + HOUR)
    assert (after.state, after.holder, after.due_at) == (State.BREACHED, POLICE, before.due_at)


def test_a_bypass_that_comes_later_moves_no_limit() -> None:
    case = Case()
    case.say(HEALTH, "concern.reported", NOON, to="police", notified=["social"])
    case.said[-1] = replace(case.said[-1], to=frozenset({POLICE, SOCIAL}))  # they never sign for it
    before = case.duty("suspicion-to-prosecutor", NOON + 3 * DAY)
    case.bypass(HEALTH, POLICE, PROSECUTION, NOON + 4 * DAY)
    assert case.duty("suspicion-to-prosecutor", NOON + 4 * DAY + HOUR).due_at == before.due_at


def test_told_is_when_the_letter_was_received() -> None:
    case = Case()
    released = case.say(POLICE, "suspect.released", NOON + 3 * HOUR, occurred=NOON, released_at=NOON.isoformat())
    assert case.duty("release-told-to-social", NOON + 3 * HOUR).state is State.BREACHED, "nobody has signed"
    case.receives(SOCIAL, released, NOON + 4 * HOUR)
    told = case.duty("release-told-to-social", NOON + 4 * HOUR)
    assert (told.state, told.on_time, told.owner) == (State.MET, False, POLICE)
    assert told.ending
    assert told.ending.by is SOCIAL
    assert case.duty("release-told-to-advocate", NOON + 4 * HOUR).owed


# what ends a duty without its being met


def test_an_excuse_is_its_owners_alone_and_no_met_duty() -> None:
    case = Case()
    concern = case.concern(NOON, **URGENT)
    excuse: dict[str, Any] = {
        "rule": "sampling-before-puberty",
        "trigger_id": str(concern),
        "trigger_by": "social",
        "reason": "child-not-found",
    }
    case.say(SOCIAL, "duty.excused", NOON + HOUR, owner=SOCIAL, **excuse)
    assert case.duty("sampling-before-puberty", NOON + HOUR).owed, "another's word excuses nobody"
    case.say(POLICE, "duty.excused", NOON + 80 * HOUR, owner=POLICE, **excuse)
    excused = case.duty("sampling-before-puberty", NOON + 80 * HOUR)
    assert came_to(excused) == (State.EXCUSED, None, True, False)
    assert excused.excuse
    assert (excused.excuse.by, excused.excuse.reason) == (POLICE, "child-not-found")
    exam(case, NOON + 90 * HOUR, NOON + 91 * HOUR)
    done = case.duty("sampling-before-puberty", NOON + 91 * HOUR)
    assert came_to(done) == (State.MET, False, True, False), "what is done after all is met"
    assert done.excuse == excused.excuse


@pytest.mark.parametrize(
    ("reason", "ends"),
    [("no-examiner", False), ("child-not-brought", False), ("consent-refused", True), ("done-elsewhere", True)],
)
def test_a_reasoned_not_done_is_an_excuse_and_a_passed_window_never_ends_the_duty_to_examine(
    reason: str, ends: bool
) -> None:
    case = Case()
    case.concern(NOON, **URGENT)
    case.say(HEALTH, "forensic-exam.not-done", NOON + DAY, handoff_id=None, reason=reason)
    sampling = case.duty("sampling-before-puberty", YEARS_LATER)
    assert (sampling.state, sampling.on_time) == (State.EXCUSED, None)
    anyway = case.duty("examined-anyway", YEARS_LATER)
    assert anyway.owed is not ends
    assert (anyway.due_at, anyway.missed) == (None, False)
    assert anyway.absent is not ends


def test_a_duty_is_withdrawn_with_its_cause_and_what_was_missed_before_stays_missed() -> None:
    case = Case()
    concern = case.concern(NOON)
    case.say(SOCIAL, "referral.withdrawal-asked", NOON + 2 * HOUR, handoff_id=str(concern))
    assert case.duty("handoff-decided", NOON + 2 * HOUR).owed, "asked for is not confirmed"
    case.say(POLICE, "referral.withdrawal-confirmed", NOON + 3 * HOUR, handoff_id=str(concern))
    decided = case.duty("handoff-decided", YEARS_LATER)
    assert came_to(decided) == (State.WITHDRAWN, None, False, False)
    assert decided.ending
    assert decided.ending.reason == "referral.withdrawal-confirmed"
    seen = case.duty("handoff-acknowledged", YEARS_LATER)
    assert came_to(seen) == (State.WITHDRAWN, None, True, True), "expected within the hour, and never done"
    assert case.duty("examined-anyway", YEARS_LATER).owed, "the child is owed it whatever becomes of the handoff"


def test_a_case_closed_as_unfounded_ends_what_it_set_off_and_any_other_closing_does_not() -> None:
    case = Case()
    case.concern(NOON)
    case.say(SOCIAL, "case.closed", NOON + HOUR, reason="moved-abroad")
    assert case.duty("examined-anyway", NOON + HOUR).owed
    case.say(SOCIAL, "case.reopened", NOON + 2 * HOUR)
    case.say(SOCIAL, "case.closed", NOON + 3 * HOUR, reason="unfounded")
    ended = [one for one in case.duties(NOON + 3 * HOUR) if one.state is State.WITHDRAWN]
    assert "examined-anyway" in {one.rule.id for one in ended}


def test_what_was_excused_before_its_cause_went_stays_excused() -> None:
    case = Case()
    concern = case.concern(NOON)
    about: dict[str, Any] = {"rule": "examined-anyway", "trigger_id": str(concern), "trigger_by": "social"}
    about |= {"owner": "police"}
    case.say(POLICE, "duty.excused", NOON + HOUR, reason="child-declined", **about)
    case.say(SOCIAL, "case.closed", NOON + 2 * HOUR, reason="unfounded")
    assert case.duty("examined-anyway", YEARS_LATER).state is State.EXCUSED


def test_who_reopens_a_case_takes_up_again_what_was_owed_in_it() -> None:
    case = Case()
    case.concern(NOON)
    case.say(SOCIAL, "case.closed", NOON + HOUR, reason="unfounded")
    assert not case.duty("examined-anyway", NOON + HOUR).owed
    case.say(SOCIAL, "case.reopened", NOON + DAY)
    assert case.duty("examined-anyway", NOON + DAY).owed


def test_a_closing_does_not_end_what_is_reported_after_it_of_what_happened_before_it() -> None:
    case = Case()
    case.concern(NOON, **URGENT)
    case.say(SOCIAL, "case.closed", NOON + DAY, reason="unfounded")
    again = case.concern(NOON + 2 * DAY, occurred=NOON, **URGENT)
    owed = {one.trigger_id: one.owed for one in case.all("examined-anyway", NOON + 2 * DAY)}
    assert owed == {case.said[0].said.id: False, again: True}


def test_that_a_limit_was_missed_asks_its_owner_for_the_reason() -> None:
    case = Case()
    concern = case.concern(NOON)
    about: dict[str, Any] = {"rule": "handoff-decided", "trigger_id": str(concern), "trigger_by": "social"}
    about |= {"owner": "police"}
    case.say(Agency.KEEPER, "duty.breached", NOON + 2 * DAY, due_at=(NOON + DAY).isoformat(), **about)
    asked = case.duty("reason-recorded", NOON + 2 * DAY)
    assert (asked.owner, asked.state, asked.due_at) == (POLICE, State.OPEN, None)
    assert case.duty("reason-recorded", NOON + 3 * DAY).state is State.DUE_SOON, "its alarm"
    assert case.duty("reason-recorded", NOON + 3 * DAY + INSTANT).absent
    case.say(POLICE, "duty.excused", NOON + 4 * DAY, reason="no-capacity", **about)
    assert case.duty("reason-recorded", NOON + 4 * DAY).state is State.MET
    assert case.duty("handoff-decided", NOON + 4 * DAY).state is State.EXCUSED


def test_after_a_bypass_who_acts_in_the_bypassed_ones_place_gives_the_reason_for_what_was_missed_before() -> None:
    case = Case()
    concern = case.concern(NOON, by=HEALTH, to=SOCIAL)
    about: dict[str, Any] = {"rule": "suspicion-to-prosecutor", "trigger_id": str(concern), "trigger_by": "health"}
    case.say(Agency.KEEPER, "duty.breached", NOON + 2 * DAY, due_at=(NOON + DAY).isoformat(), owner="police", **about)
    excuse = about | {"owner": "prosecution", "reason": "no-capacity"}
    early = case.say(PROSECUTION, "duty.excused", NOON + 2 * DAY, **excuse)
    assert case.duty("reason-recorded", NOON + 2 * DAY).owed, "not its to say before the bypass"
    bypass = case.bypass(HEALTH, POLICE, PROSECUTION, NOON + 3 * DAY)
    assert case.duty("reason-recorded", NOON + 3 * DAY).holder is PROSECUTION
    given = case.say(PROSECUTION, "duty.excused", NOON + 4 * DAY, **excuse)
    case.say(OVERSIGHT, "route.bypass-lifted", NOON + 5 * DAY, bypass_id=str(bypass))
    for rule, state in (("reason-recorded", State.MET), ("suspicion-to-prosecutor", State.EXCUSED)):
        found = case.duty(rule, NOON + 6 * DAY)
        assert (found.state, found.ending and found.ending.record_id) == (state, given), "lifted, its word stands"
    assert given != early


# corrections


@pytest.mark.parametrize("spelled", ["2026-03-10T13:00:00z", "1773147600", "2026-03-10T13:00:00.000000000+00:00"])
def test_a_corrected_moment_counts_however_its_sender_spells_it(spelled: str) -> None:
    case = Case()
    case.concern(NOON, **URGENT)
    given = case.say(HEALTH, "urgent-care.given", NOON + DAY, began_at=(NOON + 9 * HOUR).isoformat())
    case.corrected(given, NOON + 2 * DAY, began_at=spelled)
    met = case.duty("hiv-prophylaxis", NOON + 3 * DAY)
    assert met.ending
    assert met.ending.done_at == NOON + HOUR


def test_a_correction_of_the_incident_moves_the_due_time_and_keeps_both() -> None:
    case = Case()
    concern = case.concern(NOON, occurred=NOON - HOUR, **URGENT)
    right = Clocks(occurred=NOON - 10 * HOUR, known=NOON, recorded=NOON)
    corrected = case.corrected(concern, NOON + DAY, clocks=right)
    before = case.duty("hiv-prophylaxis", NOON + DAY - INSTANT)
    after = case.duty("hiv-prophylaxis", NOON + DAY)
    assert (before.due_at, before.first_due_at, before.corrected_by) == (NOON + 71 * HOUR, NOON + 71 * HOUR, None)
    assert (after.due_at, after.first_due_at, after.corrected_by) == (NOON + 62 * HOUR, NOON + 71 * HOUR, corrected)
    assert after.id == before.id


def test_a_correction_can_withdraw_a_duty_and_another_can_set_one_off() -> None:
    case = Case()
    concern = case.concern(NOON, **URGENT)
    ago = RECENT | {"incident": "longer-ago", "child_age": "14-to-15"}
    first = case.corrected(concern, NOON + HOUR, limits=ago)
    gone = case.duty("sampling-before-puberty", YEARS_LATER)
    assert came_to(gone) == (State.WITHDRAWN, None, False, False)
    assert gone.ending
    assert (gone.ending.record_id, gone.ending.reason) == (first, "record.corrected")
    assert case.all("sampling-after-puberty", NOON + HOUR) == []
    case.corrected(concern, NOON + 2 * HOUR, limits=ago | {"incident": "within-120-hours"})
    late = case.duty("sampling-after-puberty", NOON + 2 * HOUR)
    assert (late.opened_at, late.starts_at) == (NOON + 2 * HOUR, NOON)
    assert late.first_due_at == late.due_at == NOON + 120 * HOUR


def test_a_correction_of_an_act_can_make_it_late() -> None:
    case = Case()
    case.concern(NOON, **URGENT)
    done = case.say(HEALTH, "urgent-care.given", NOON + 90 * HOUR, began_at=(NOON + HOUR).isoformat())
    assert case.duty("hiv-prophylaxis", NOON + 90 * HOUR).on_time is True
    case.corrected(done, NOON + 91 * HOUR, began_at=(NOON + 80 * HOUR).isoformat())
    assert case.duty("hiv-prophylaxis", NOON + 91 * HOUR).on_time is False


# suspects


@pytest.mark.parametrize(("age", "owed"), [("adult", False), ("under-18", True), ("under-criminal-age", True)])
def test_a_suspect_under_18_is_owed_a_discussion_of_its_own_on_the_same_day(age: str, owed: bool) -> None:
    case = Case()
    own = "7k3q-9m2x-w4td-h6r2" if owed else None
    case.say(POLICE, "suspect.identified", NOON, age=age, own_case=own)
    found = case.all("young-suspect-discussion", NOON)
    assert [(one.owner, one.suspect) for one in found] == ([(POLICE, SUSPECT["ref"])] if owed else [])
    if owed:
        assert found[0].due_at == midnight_after(2026, 3, 10).astimezone(UTC) - INSTANT


def test_a_suspects_own_case_is_shown_by_its_tie_to_this_one() -> None:
    case = Case()
    example = Case()
    example.say(SOCIAL, "case.linked", NOON)
    own = example.said[0].said.codes["other"]
    case.say(POLICE, "suspect.identified", NOON, age="under-18", own_case=own)
    case.say(POLICE, "case.linked", NOON + HOUR, other=own)
    assert case.duty("young-suspect-discussion", NOON + HOUR).state is State.MET


# 2019


def test_the_pattern_of_2019_shows_the_exam_as_expected_and_absent_from_the_day_it_was_due() -> None:
    """Everybody was informed, no exam was ordered, no detention was sought."""
    case = scenario("2-everybody-was-informed")
    reported, arrested = at(2026, 3, 2, 8) + 50 * timedelta(minutes=1), at(2026, 3, 2, 18)
    due = reported.astimezone(UTC) + 72 * HOUR
    before, from_then = case.duty("sampling-before-puberty", due), case.duty("sampling-before-puberty", due + INSTANT)
    assert (before.owner, before.due_at, before.absent) == (POLICE, due, False)
    assert (from_then.state, from_then.absent) == (State.BREACHED, True)
    assert case.duty("examined-anyway", due + INSTANT).absent
    brought = arrested.astimezone(UTC) + 48 * HOUR
    assert not case.duty("arrested-before-judge", brought).absent
    assert case.duty("arrested-before-judge", brought + INSTANT).state is State.BREACHED
    months_later = case.duty("arrested-before-judge", at(2026, 7, 1))
    assert came_to(months_later) == (State.WITHDRAWN, None, True, True), "a late release does not hide it"
    delivered = [case.duty(f"release-told-to-{whom}", at(2026, 7, 1)) for whom in ("social", "advocate")]
    assert [one.on_time for one in delivered] == [True, True], "every letter arrived"


# who


def test_a_bypass_moves_a_duty_to_whom_it_names_and_tells_the_bypassed_nothing() -> None:
    case = Case()
    case.concern(NOON, by=HEALTH, to=SOCIAL, **URGENT)
    case.bypass(HEALTH, POLICE, PROSECUTION, NOON + HOUR)
    before, after = case.duty("examined-anyway", NOON), case.duty("examined-anyway", NOON + HOUR)
    assert (before.owner, before.holder, before.tell) == (POLICE, POLICE, (POLICE,))
    assert (after.owner, after.holder, after.tell) == (POLICE, PROSECUTION, (PROSECUTION,))
    assert POLICE not in (*after.tell_of_breach, *(agency for _, agency in after.escalates))


def test_whom_a_bypass_keeps_from_every_letter_gains_no_time_by_it() -> None:
    case = Case()
    case.bypass(HEALTH, POLICE, PROSECUTION, NOON)
    case.say(HEALTH, "concern.reported", NOON + HOUR, to=SOCIAL, notified=["oversight"], **URGENT)
    found = case.duty("suspicion-to-prosecutor", NOON + HOUR)
    assert (found.holder, found.due_at) == (PROSECUTION, NOON + 25 * HOUR)


def test_an_unanswered_breach_goes_up_the_ladder() -> None:
    case = Case()
    case.concern(NOON)
    none_yet = case.duty("handoff-decided", NOON)
    assert none_yet.escalates == ((NOON + DAY + 72 * HOUR, OVERSIGHT),), "there is no case manager to go to"
    case.say(SOCIAL, "case-manager.assigned", NOON + HOUR)
    found = case.duty("handoff-decided", NOON + HOUR)
    assert found.escalates == ((NOON + 2 * DAY, SOCIAL), (NOON + 4 * DAY, OVERSIGHT))
    assert found.tell_of_breach == (POLICE, SOCIAL, OVERSIGHT)


def test_another_agencys_record_of_the_same_id_is_another_duty() -> None:
    case = Case()
    case.concern(NOON)
    stolen = case.said[0].said.id
    case.concern(NOON + HOUR, by=HEALTH, to=SOCIAL)
    twin = case.said[1]
    case.said[1] = type(twin)(
        type(twin.said)(stolen, "health", twin.said.type, twin.said.codes, 2), twin.at, twin.clocks
    )
    ids = [one.id for one in case.duties(NOON + HOUR)]
    assert len(set(ids)) == len(ids)
    assert {one.trigger_by for one in case.all("examined-anyway", NOON + HOUR)} >= {SOCIAL}


def test_an_act_on_nothing_sets_nothing_off() -> None:
    case = Case()
    case.say(SOCIAL, "information.asked", NOON, handoff_id=str(uuid4()), priority="red")
    assert case.duties(YEARS_LATER) == ()


def test_every_duty_is_shown_with_its_authority_and_whether_anybody_verified_it() -> None:
    duties = scenario("2-everybody-was-informed").duties(at(2026, 7, 1))
    assert duties
    for document in (one.document() for one in duties):
        assert document["authority"]
        assert document["verified_by"]
        assert document["tag"] == "V" or document["verified_by"] == "none"
    assert {Agency(one.owner) for one in duties} == {POLICE, SOCIAL, PROSECUTION, HEALTH}
