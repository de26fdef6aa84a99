"""What health care decides for itself, as sentences: consent, orders, windows, and who may say it."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from contracts.casefile import Said
from contracts.vocabulary.people import Role
from services.health.domainmodel import CLINICIANS, window
from tests.builders import HEALTH, PROSECUTION
from tests.unit.given import CHILD, SIBLING, asked, by, corrected, given, nothing, said

SUMMER, WINTER = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
BEGAN = datetime(2026, 3, 11, 9, tzinfo=WINTER)
SECOND = timedelta(seconds=1)


def consent(answer: str, of: dict[str, Any] = CHILD) -> Said:
    return said(HEALTH, "exam-consent.recorded", consent=answer, concerns=of)


def care(incident: datetime | None, began: datetime, code: str) -> dict[str, Any]:
    return {
        "incident_at": incident and incident.isoformat(),
        "began_at": began.isoformat(),
        "window": code,
    }


# the exam


def test_an_exam_needs_an_order_and_consent_both() -> None:
    given(asked("forensic-exam"), consent("given")).when(HEALTH, "forensic-exam.completed").then_recorded()
    given(asked("forensic-exam")).when(HEALTH, "forensic-exam.completed").then_refused(
        "exam.no-consent", "data.concerns"
    )
    given(consent("given")).when(HEALTH, "forensic-exam.completed").then_refused("exam.not-ordered", "data.concerns")


@pytest.mark.parametrize("answer", ["refused", "withdrawn"])
def test_an_exam_is_not_done_after_consent_was_refused_or_withdrawn(answer: str) -> None:
    order = asked("forensic-exam", stage="started")
    case = given(order, consent("given"), consent(answer))
    case.when(HEALTH, "forensic-exam.completed", on=order).then_refused("exam.no-consent", "data.concerns")


def test_whoever_refused_may_consent_later() -> None:
    case = given(asked("forensic-exam"), consent("refused"), consent("given"))
    case.when(HEALTH, "forensic-exam.completed").then_recorded()


def test_consent_that_was_typed_wrong_and_put_right_keeps_from_examining() -> None:
    typed = consent("given")
    case = given(asked("forensic-exam"), typed, corrected(typed, consent="refused"))
    case.when(HEALTH, "forensic-exam.completed").then_refused("exam.no-consent", "data.concerns")


def test_a_correction_does_not_undo_what_was_said_after_what_it_corrects() -> None:
    typed = consent("given")
    case = given(asked("forensic-exam"), typed, consent("withdrawn"), corrected(typed, by="court"))
    case.when(HEALTH, "forensic-exam.completed").then_refused("exam.no-consent", "data.concerns")


def test_consent_that_was_recorded_for_the_wrong_child_is_the_right_childs_once_it_is_put_right() -> None:
    typed = consent("given")
    case = given(asked("forensic-exam"), asked("forensic-exam", of=SIBLING), typed, corrected(typed, concerns=SIBLING))
    case.when(HEALTH, "forensic-exam.completed", concerns=SIBLING).then_recorded()
    case.when(HEALTH, "forensic-exam.completed").then_refused("exam.no-consent", "data.concerns")


def test_one_childs_order_and_consent_are_not_anothers() -> None:
    first = given(asked("forensic-exam"), consent("given", SIBLING))
    first.when(HEALTH, "forensic-exam.completed").then_refused("exam.no-consent", "data.concerns")
    second = given(asked("forensic-exam", of=SIBLING), consent("given"))
    second.when(HEALTH, "forensic-exam.completed").then_refused("exam.not-ordered", "data.concerns")


def test_another_service_is_no_order_of_an_exam_and_an_order_that_was_taken_back_is_none() -> None:
    for one in (asked("urgent-medical-care"), asked("forensic-exam", stage="withdrawn")):
        case = given(one, consent("given"))
        case.when(HEALTH, "forensic-exam.completed").then_refused("exam.not-ordered", "data.concerns")


def test_an_exam_long_after_the_incident_is_recorded_like_any_other() -> None:
    late = given(asked("forensic-exam", stage="expired"), consent("given"))
    late.when(HEALTH, "forensic-exam.completed", examined_at="2031-03-11T15:30:00+01:00").then_recorded()


def test_an_exam_begins_only_with_consent_and_every_other_service_without() -> None:
    exam, other = asked("forensic-exam", stage="accepted"), asked("urgent-medical-care", stage="accepted")
    given(exam).when(HEALTH, "referral.started", on=exam).then_refused("exam.no-consent", "data.handoff_id")
    given(exam, consent("given")).when(HEALTH, "referral.started", on=exam).then_recorded()
    given(other).when(HEALTH, "referral.started", on=other).then_recorded()


def test_that_an_exam_was_never_ordered_is_said_exactly_where_none_was() -> None:
    order = asked("forensic-exam", stage="accepted")
    nothing().when(HEALTH, "forensic-exam.not-done", reason="never-ordered").then_recorded()
    nothing().when(HEALTH, "forensic-exam.not-done", reason="no-examiner").then_refused("exam.reason", "data.reason")
    case = given(order)
    case.when(HEALTH, "forensic-exam.not-done", on=order, reason="never-ordered").then_refused(
        "exam.reason", "data.reason"
    )
    case.when(HEALTH, "forensic-exam.not-done", on=order, reason="consent-refused").then_recorded()


# urgent care


@pytest.mark.parametrize(
    ("limit", "inside", "outside"),
    [
        (timedelta(hours=72), "within-72-hours", "within-120-hours"),
        (timedelta(hours=120), "within-120-hours", "within-7-days"),
        (timedelta(days=7), "within-7-days", "longer-ago"),
    ],
)
def test_exactly_at_a_limit_is_inside_and_one_second_more_is_not(limit: timedelta, inside: str, outside: str) -> None:
    for began, code, wrong in ((BEGAN, inside, outside), (BEGAN + SECOND, outside, inside)):
        nothing().when(HEALTH, "urgent-care.given", **care(BEGAN - limit, began, code)).then_recorded()
        nothing().when(HEALTH, "urgent-care.given", **care(BEGAN - limit, began, wrong)).then_refused(
            "window.contradicts", "data.window", code
        )


@pytest.mark.parametrize("hours", [72, 120, 168])
@pytest.mark.parametrize(("before", "after"), [(WINTER, SUMMER), (SUMMER, WINTER)], ids=["spring", "autumn"])
def test_a_window_is_so_many_hours_also_across_the_change_of_the_clocks(
    hours: int, before: timezone, after: timezone
) -> None:
    """The same time of day is an hour sooner in spring, and an hour later in autumn."""
    incident = datetime(2026, 3, 28, 20, 0, tzinfo=before)
    at_limit = (incident + timedelta(hours=hours)).astimezone(after)
    assert at_limit.hour != incident.hour
    assert window(incident, at_limit) != window(incident, at_limit + SECOND)
    assert window(incident, at_limit) == window(incident, at_limit - SECOND)
    nothing().when(HEALTH, "urgent-care.given", **care(incident, at_limit, window(incident, at_limit))).then_recorded()


def test_care_is_recorded_alike_after_every_window() -> None:
    nothing().when(
        HEALTH, "urgent-care.given", **care(BEGAN - timedelta(days=900), BEGAN, "longer-ago")
    ).then_recorded()


def test_an_incident_after_the_care_is_refused_and_one_at_the_same_moment_is_not() -> None:
    nothing().when(HEALTH, "urgent-care.given", **care(BEGAN + SECOND, BEGAN, "within-72-hours")).then_refused(
        "window.contradicts", "data.incident_at"
    )
    nothing().when(HEALTH, "urgent-care.given", **care(BEGAN, BEGAN, "within-72-hours")).then_recorded()


def test_of_an_incident_whose_time_nobody_knows_no_window_is_claimed() -> None:
    nothing().when(HEALTH, "urgent-care.given", **care(None, BEGAN, "unknown")).then_recorded()
    nothing().when(HEALTH, "urgent-care.given", **care(None, BEGAN, "within-72-hours")).then_refused(
        "window.contradicts", "data.window", "unknown"
    )


# posts


@pytest.mark.parametrize(
    "type_name",
    ["urgent-care.given", "exam-consent.recorded", "forensic-exam.completed", "forensic-exam.not-done"],
)
@pytest.mark.parametrize("role", sorted(set(Role) - CLINICIANS))
def test_medical_acts_are_a_clinicians(type_name: str, role: Role) -> None:
    nothing().when(HEALTH, type_name, post=by(role)).then_refused("post.not-entitled", "post.role", "clinician")
    nothing().when(HEALTH, type_name, post=by("clinician", None)).then_refused("post.not-named", "post.office")


def test_a_report_waits_for_no_clinician() -> None:
    nothing().when(HEALTH, "concern.reported", post=by("records-system", None)).then_recorded()
    nothing().when(HEALTH, "duty-failure.alleged", post=by("records-system", None)).then_recorded()


def test_consent_that_another_agency_claims_is_not_healths_to_say() -> None:
    nothing().when(PROSECUTION, "exam-consent.recorded").then_refused("sender.not-allowed", None)
