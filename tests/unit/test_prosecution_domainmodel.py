"""What the prosecution decides, and says for courts, as sentences: interviews, exams, decisions, the register."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from contracts.vocabulary.people import Role
from services.prosecution import domainmodel
from services.prosecution.domainmodel import PROSECUTORS
from tests.builders import POLICE, PROSECUTION, SOCIAL
from tests.unit.given import ACCOMPLICE, SIBLING, asked, by, corrected, given, id_of, nothing, said

HEARD = said(PROSECUTION, "child-interview.completed")
REASONED = said(PROSECUTION, "child-interview.repeat-requested")
REGISTERED = said(PROSECUTION, "case.registered")
INDICTED = said(PROSECUTION, "investigation.decided")
ENTERED = said(PROSECUTION, "conviction.entered")
IDENTIFIED, ARRESTED = said(POLICE, "suspect.identified"), said(POLICE, "suspect.arrested")
REMOVED = said(PROSECUTION, "conviction.removed", of_id=id_of(ENTERED))

# a child is heard once

INTERVIEWS = pytest.mark.parametrize("type_name", ["child-interview.scheduled", "child-interview.completed"])


@INTERVIEWS
def test_the_first_interview_needs_no_reason_and_a_further_one_its_reason_and_authority(type_name: str) -> None:
    nothing().when(PROSECUTION, type_name, ordinal=1).then_recorded()
    given(HEARD).when(PROSECUTION, type_name, ordinal=2).then_refused("interview.repeat-unasked", "data.ordinal")
    given(HEARD, REASONED).when(PROSECUTION, type_name, ordinal=2).then_recorded()


@INTERVIEWS
def test_interviews_are_counted_without_a_gap_for_each_child_by_itself(type_name: str) -> None:
    nothing().when(PROSECUTION, type_name, ordinal=2).then_refused("interview.out-of-order", "data.ordinal", "is 1")
    given(HEARD, REASONED).when(PROSECUTION, type_name, ordinal=1).then_refused(
        "interview.out-of-order", "data.ordinal", "is 2"
    )
    given(HEARD, REASONED).when(PROSECUTION, type_name, ordinal=1, concerns=SIBLING).then_recorded()


@INTERVIEWS
def test_one_interview_of_which_two_agencies_speak_is_one(type_name: str) -> None:
    """Who held it says so, and so does who was asked to bring the child: there is no other word to end that with."""
    for speaker in (SOCIAL, POLICE):
        brought = said(speaker, "child-interview.completed")
        case = given(HEARD, brought, REASONED)
        case.when(PROSECUTION, type_name, ordinal=2).then_recorded()
        case.when(PROSECUTION, type_name, ordinal=3).then_refused("interview.out-of-order", "data.ordinal", "is 2")


@INTERVIEWS
def test_however_many_interviews_others_claim_one_more_can_be_held_with_its_reason(type_name: str) -> None:
    claimed = [said(POLICE, "child-interview.completed", ordinal=n) for n in range(1, 21)]
    given(*claimed).when(PROSECUTION, "child-interview.repeat-requested", ordinal=20).then_recorded()
    reasoned = said(PROSECUTION, "child-interview.repeat-requested", ordinal=20)
    given(*claimed, reasoned).when(PROSECUTION, type_name, ordinal=20).then_recorded()


def test_the_reason_for_one_further_interview_is_none_for_the_next() -> None:
    again = said(PROSECUTION, "child-interview.completed", ordinal=2)
    case = given(HEARD, REASONED, again)
    case.when(PROSECUTION, "child-interview.scheduled", ordinal=3).then_refused(
        "interview.repeat-unasked", "data.ordinal"
    )
    case.when(PROSECUTION, "child-interview.repeat-requested", ordinal=3).then_recorded()
    case.when(PROSECUTION, "child-interview.repeat-requested", ordinal=2).then_refused(
        "interview.out-of-order", "data.ordinal", "is 3"
    )


@pytest.mark.parametrize(
    ("authority", "on_behalf_of", "fits"),
    [("prosecutor", None, True), ("court", "court", True), ("court", None, False), ("prosecutor", "court", False)],
)
def test_a_courts_authority_is_claimed_on_its_behalf_alone(
    authority: str, on_behalf_of: str | None, fits: bool
) -> None:
    asking = "child-interview.repeat-requested"
    then = given(HEARD).when(PROSECUTION, asking, authority=authority, on_behalf_of=on_behalf_of)
    then.then_recorded() if fits else then.then_refused("interview.authority", "data.authority")


# the exam


def test_a_child_is_not_called_to_two_exams_at_once() -> None:
    for stage in ("made", "accepted", "started"):
        given(asked("forensic-exam", stage=stage)).when(PROSECUTION, "forensic-exam.ordered").then_refused(
            "exam.ordered-already", "data.concerns"
        )
    theirs = asked("forensic-exam", stage="accepted", opener=POLICE)
    given(theirs).when(PROSECUTION, "forensic-exam.ordered").then_refused("exam.ordered-already", "data.concerns")
    for over in (
        asked("forensic-exam", stage="completed"),
        asked("forensic-exam", stage="declined"),
        asked("forensic-exam", closed=True),
        asked("forensic-exam", of=SIBLING),
        asked("urgent-medical-care"),
    ):
        given(over).when(PROSECUTION, "forensic-exam.ordered").then_recorded()


@pytest.mark.parametrize("stage", ["made", "acknowledged"])
def test_an_order_of_others_that_nobody_has_taken_on_keeps_nobody_from_ordering(stage: str) -> None:
    """Its letter to the Institute may be one that cannot be opened; then nobody would ever examine the child."""
    theirs = asked("forensic-exam", stage=stage, opener=POLICE)
    given(theirs).when(PROSECUTION, "forensic-exam.ordered").then_recorded()


def test_an_exam_that_the_window_has_passed_for_is_ordered_all_the_same() -> None:
    limits = {"incident": "longer-ago", "child_age": "6-to-11", "suspect_age": "unknown"}
    nothing().when(PROSECUTION, "forensic-exam.ordered", limits=limits).then_recorded()


@pytest.mark.parametrize(("reason", "ordered"), [("never-ordered", False), ("no-examiner", True)])
def test_that_an_exam_was_never_ordered_is_said_exactly_where_none_was(reason: str, ordered: bool) -> None:
    with_order, without = given(asked("forensic-exam", stage="declined")), given(asked("forensic-exam", of=SIBLING))
    fits, contradicts = (with_order, without) if ordered else (without, with_order)
    fits.when(PROSECUTION, "forensic-exam.not-done", reason=reason).then_recorded()
    contradicts.when(PROSECUTION, "forensic-exam.not-done", reason=reason).then_refused("exam.reason", "data.reason")


# suspects and measures


def test_who_is_free_already_is_not_released_again_by_whoever_says_it() -> None:
    for case in (given(ARRESTED), nothing()):
        case.when(PROSECUTION, "suspect.released").then_recorded()
        case.when(PROSECUTION, "suspect.released", on_behalf_of="court").then_recorded()
    given(ARRESTED, said(POLICE, "suspect.released")).when(PROSECUTION, "suspect.released").then_refused(
        "suspect.not-in-custody", "data.suspect"
    )


@pytest.mark.parametrize("change", ["requested", "ordered", "refused", "breached"])
def test_a_court_orders_and_refuses_a_measure_and_the_prosecution_asks_for_it_and_sees_its_breach(change: str) -> None:
    case = given(said(PROSECUTION, "protective-measure.changed", change="ordered"))
    court, own = (
        case.when(PROSECUTION, "protective-measure.changed", change=change, on_behalf_of=speaker)
        for speaker in ("court", None)
    )
    yes, no = (court, own) if change in ("ordered", "refused") else (own, court)
    yes.then_recorded()
    no.then_refused("measure.not-yours", "data.change")


def test_what_a_court_refused_is_not_breached() -> None:
    given(said(PROSECUTION, "protective-measure.changed", change="refused")).when(
        PROSECUTION, "protective-measure.changed", change="breached"
    ).then_refused("measure.not-in-force", "data.measure")
    nothing().when(PROSECUTION, "protective-measure.changed", change="breached").then_recorded()


def test_an_inspectorate_hears_of_a_professional_only_once_there_is_a_suspect() -> None:
    given(IDENTIFIED).when(PROSECUTION, "professional.suspected").then_recorded()
    given(IDENTIFIED).when(PROSECUTION, "professional.suspected", suspect=ACCOMPLICE).then_refused(
        "suspect.unknown", "data.suspect"
    )


# decisions


def test_only_a_case_that_is_registered_is_decided() -> None:
    given(REGISTERED).when(PROSECUTION, "investigation.decided").then_recorded()
    nothing().when(PROSECUTION, "investigation.decided").then_refused("case.not-registered", "case_ref")


COURTS = pytest.mark.parametrize("type_name", ["hearing.adjourned", "judgment.given"])


@COURTS
def test_a_court_tries_only_what_is_indicted(type_name: str) -> None:
    given(INDICTED).when(PROSECUTION, type_name, on_behalf_of="court").then_recorded()
    dismissed = said(PROSECUTION, "investigation.decided", outcome="dismissed", reason="no-offence")
    for case in (nothing(), given(REGISTERED), given(dismissed)):
        case.when(PROSECUTION, type_name, on_behalf_of="court").then_refused("case.not-indicted", "case_ref")


@COURTS
def test_what_is_dismissed_against_one_suspect_stops_no_trial_of_another(type_name: str) -> None:
    dismissed = said(PROSECUTION, "investigation.decided", outcome="dismissed", reason="no-offence")
    given(INDICTED, dismissed).when(PROSECUTION, type_name, on_behalf_of="court").then_recorded()


@COURTS
def test_an_indictment_that_was_typed_wrong_begins_no_trial(type_name: str) -> None:
    case = given(INDICTED, corrected(INDICTED, outcome="suspended"))
    case.when(PROSECUTION, type_name, on_behalf_of="court").then_refused("case.not-indicted", "case_ref")


# the register


def test_an_entry_stands_under_a_reference_of_its_own() -> None:
    nothing().when(PROSECUTION, "conviction.entered", on_behalf_of="court").then_recorded()
    for thing in (INDICTED, ENTERED, asked("forensic-exam")):
        given(thing).when(PROSECUTION, "conviction.entered", on_behalf_of="court").then_refused(
            "register.own-file", "case_ref"
        )


def test_only_what_was_entered_and_not_removed_is_removed() -> None:
    data: dict[str, Any] = {"of_id": id_of(ENTERED), "on_behalf_of": "court"}
    given(ENTERED).when(PROSECUTION, "conviction.removed", **data).then_recorded()
    for case in (nothing(), given(ENTERED, REMOVED), given(said(PROSECUTION, "conviction.entered"))):
        case.when(PROSECUTION, "conviction.removed", **data).then_refused("register.no-entry", "data.of_id")


AS_OF = datetime(2026, 10, 1, 9, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(("more", "fits"), [(timedelta(), True), (timedelta(seconds=1), False)])
@pytest.mark.parametrize("offset", [1, 2])
def test_an_answer_of_the_register_holds_for_180_days_and_not_a_second_longer(
    more: timedelta, fits: bool, offset: int
) -> None:
    expires = (AS_OF + timedelta(days=180) + more).astimezone(timezone(timedelta(hours=offset)))
    question = asked("clearance", PROSECUTION, "accepted")
    data: dict[str, Any] = {"as_of": AS_OF.isoformat(), "expires_at": expires.isoformat(), "on_behalf_of": "register"}
    then = given(question).when(PROSECUTION, "clearance.answered", on=question, **data)
    then.then_recorded() if fits else then.then_refused("register.too-long", "data.expires_at")


# posts


@pytest.mark.parametrize("type_name", [*sorted(domainmodel.POLICIES), "case.registered"])
@pytest.mark.parametrize("role", sorted(set(Role) - PROSECUTORS))
def test_what_decides_of_a_case_is_a_prosecutors(type_name: str, role: Role) -> None:
    for_courts = {"hearing.adjourned": "court", "judgment.given": "court", "clearance.answered": "register"}
    speaks = for_courts.get(type_name, "court" if type_name.startswith("conviction") else None)
    question = asked("clearance", PROSECUTION, "accepted") if type_name == "clearance.answered" else None
    then = nothing().when(PROSECUTION, type_name, on=question, post=by(role), on_behalf_of=speaks)
    then.then_refused("post.not-entitled", "post.role", "prosecutor")


def test_a_victim_advocate_stands_beside_a_child_and_says_who_is_free_again_but_decides_nothing() -> None:
    advocate = by("victim-advocate")
    nothing().when(PROSECUTION, "victim-advocate.assigned", post=advocate).then_recorded()
    nothing().when(PROSECUTION, "custody-status.changed", post=advocate, on_behalf_of="corrections").then_recorded()
    nothing().when(PROSECUTION, "referral.made", post=advocate).then_recorded()
    for role in sorted(set(Role) - PROSECUTORS - {Role.VICTIM_ADVOCATE}):
        nothing().when(PROSECUTION, "victim-advocate.assigned", post=by(role)).then_refused(
            "post.not-entitled", "post.role", "victim-advocate"
        )


def test_no_other_agency_says_what_the_prosecution_decides() -> None:
    for agency in (POLICE, SOCIAL):
        given(REGISTERED).when(agency, "investigation.decided").then_refused("sender.not-allowed", None)
