"""What the police decide for themselves, as sentences: suspects, arrests, measures, and who may say it."""

import pytest

from contracts.vocabulary.people import Role
from services.police.domainmodel import OFFICERS
from tests.builders import HEALTH, POLICE, PROSECUTION
from tests.unit.given import (
    ACCOMPLICE,
    CHILD,
    ELSEWHERE,
    HERE,
    SIBLING,
    SUSPECT,
    asked,
    by,
    corrected,
    given,
    nothing,
    said,
)

IDENTIFIED = said(POLICE, "suspect.identified")
ARRESTED, RELEASED = said(POLICE, "suspect.arrested"), said(POLICE, "suspect.released")
BY_PROSECUTION = said(PROSECUTION, "suspect.released")
ORDERED = said(PROSECUTION, "protective-measure.changed", change="ordered")
YOUNG = ("under-criminal-age", "under-18")

# a suspect who is a child


@pytest.mark.parametrize("age", YOUNG)
def test_a_suspect_under_18_has_a_case_of_its_own_that_the_police_know(age: str) -> None:
    known = given().and_elsewhere(said(HEALTH, "concern.reported"))
    known.when(POLICE, "suspect.identified", age=age, own_case=ELSEWHERE).then_recorded()
    nothing().when(POLICE, "suspect.identified", age=age, own_case=ELSEWHERE).then_refused(
        "suspect.no-own-case", "data.own_case"
    )
    known.when(POLICE, "suspect.identified", age=age).then_refused("field.invalid", "data")


@pytest.mark.parametrize("age", YOUNG)
def test_the_case_of_the_child_harmed_is_not_the_suspects_own(age: str) -> None:
    case = given(said(HEALTH, "concern.reported"))
    case.when(POLICE, "suspect.identified", age=age, own_case=HERE).then_refused("suspect.no-own-case", "data.own_case")
    nothing().when(POLICE, "suspect.identified", age=age, own_case=HERE).then_refused(
        "suspect.no-own-case", "data.own_case"
    )


@pytest.mark.parametrize("age", ["adult", "unknown"])
def test_an_adult_suspect_needs_no_case_and_names_none(age: str) -> None:
    nothing().when(POLICE, "suspect.identified", age=age).then_recorded()
    nothing().when(POLICE, "suspect.identified", age=age, own_case=ELSEWHERE).then_refused("field.invalid", "data")


# arrest and release


def test_whom_nobody_has_identified_is_not_arrested() -> None:
    given(IDENTIFIED).when(POLICE, "suspect.arrested").then_recorded()
    nothing().when(POLICE, "suspect.arrested").then_refused("suspect.unknown", "data.suspect")
    given(IDENTIFIED).when(POLICE, "suspect.arrested", suspect=ACCOMPLICE).then_refused(
        "suspect.unknown", "data.suspect"
    )


def test_a_child_under_criminal_age_is_never_arrested_and_one_under_18_may_be() -> None:
    young, older = (said(POLICE, "suspect.identified", age=age, own_case=ELSEWHERE) for age in YOUNG)
    given(young).when(POLICE, "suspect.arrested").then_refused("suspect.too-young", "data.suspect")
    given(older).when(POLICE, "suspect.arrested").then_recorded()


def test_an_age_that_was_put_right_or_said_later_is_the_one_that_counts() -> None:
    case = given(IDENTIFIED, corrected(IDENTIFIED, age="under-criminal-age"))
    case.when(POLICE, "suspect.arrested").then_refused("suspect.too-young", "data.suspect")
    young = said(POLICE, "suspect.identified", age="under-criminal-age", own_case=ELSEWHERE)
    given(young, IDENTIFIED).when(POLICE, "suspect.arrested").then_recorded()


def test_who_is_in_custody_is_arrested_again_only_after_a_release() -> None:
    given(IDENTIFIED, ARRESTED).when(POLICE, "suspect.arrested").then_refused("suspect.in-custody", "data.suspect")
    for released in (RELEASED, BY_PROSECUTION):
        given(IDENTIFIED, ARRESTED, released).when(POLICE, "suspect.arrested").then_recorded()
    given(IDENTIFIED, ARRESTED, RELEASED, ARRESTED).when(POLICE, "suspect.arrested").then_refused(
        "suspect.in-custody", "data.suspect"
    )


def test_who_has_escaped_or_was_on_leave_may_be_arrested_without_a_release() -> None:
    escaped = said(PROSECUTION, "custody-status.changed", change="escape")
    given(IDENTIFIED, ARRESTED, escaped).when(POLICE, "suspect.arrested").then_recorded()
    given(IDENTIFIED, ARRESTED, escaped, ARRESTED).when(POLICE, "suspect.arrested").then_refused(
        "suspect.in-custody", "data.suspect"
    )


def test_who_is_free_already_is_not_released_again() -> None:
    given(IDENTIFIED, ARRESTED).when(POLICE, "suspect.released").then_recorded()
    for released in (RELEASED, BY_PROSECUTION):
        given(IDENTIFIED, ARRESTED, released).when(POLICE, "suspect.released").then_refused(
            "suspect.not-in-custody", "data.suspect"
        )


def test_a_release_waits_for_no_arrest_that_was_never_heard_here() -> None:
    """It may have been in another case, or said while a bypass led around: those beside the child must know at once."""
    for case in (nothing(), given(IDENTIFIED)):
        case.when(POLICE, "suspect.released").then_recorded()
    given(ARRESTED, RELEASED).when(POLICE, "suspect.released", suspect=ACCOMPLICE).then_recorded()


# measures


@pytest.mark.parametrize("change", ["ordered", "refused"])
def test_what_courts_decide_of_a_measure_the_police_do_not_say(change: str) -> None:
    given(ORDERED).when(POLICE, "protective-measure.changed", change=change).then_refused(
        "measure.not-yours", "data.change"
    )


def test_the_police_ask_for_a_measure_and_see_that_one_in_force_is_breached() -> None:
    nothing().when(POLICE, "protective-measure.changed", change="requested").then_recorded()
    given(ORDERED).when(POLICE, "protective-measure.changed", change="breached").then_recorded()


def test_a_measure_that_a_court_refused_is_not_breached_unless_it_was_ordered_since() -> None:
    refused = said(PROSECUTION, "protective-measure.changed", change="refused")
    another = said(PROSECUTION, "protective-measure.changed", change="ordered", measure="detention")
    anothers = said(PROSECUTION, "protective-measure.changed", change="ordered", suspect=ACCOMPLICE)
    case = given(refused, another, anothers)
    case.when(POLICE, "protective-measure.changed", change="breached").then_refused(
        "measure.not-in-force", "data.measure"
    )
    given(refused, ORDERED).when(POLICE, "protective-measure.changed", change="breached").then_recorded()
    extended = said(PROSECUTION, "protective-measure.changed", change="refused")
    given(ORDERED, extended).when(POLICE, "protective-measure.changed", change="breached").then_recorded()


def test_a_breach_waits_for_no_order_that_was_never_heard_here() -> None:
    """A court may order one at somebody's own request; who sees it breached cannot say the order."""
    requested = said(POLICE, "protective-measure.changed", change="requested")
    for case in (nothing(), given(requested)):
        case.when(POLICE, "protective-measure.changed", change="breached").then_recorded()


# the exam, and a suspect who works with children


def test_the_police_call_no_child_to_two_exams_at_once() -> None:
    for called in (asked("forensic-exam", stage="accepted"), asked("forensic-exam", opener=POLICE)):
        given(called).when(POLICE, "forensic-exam.ordered").then_refused("exam.ordered-already", "data.concerns")
    given(asked("forensic-exam", stage="accepted", of=SIBLING)).when(POLICE, "forensic-exam.ordered").then_recorded()


def test_an_inspectorate_hears_of_a_professional_only_once_there_is_a_suspect() -> None:
    given(IDENTIFIED).when(POLICE, "professional.suspected").then_recorded()
    given(IDENTIFIED).when(POLICE, "professional.suspected", suspect=ACCOMPLICE).then_refused(
        "suspect.unknown", "data.suspect"
    )


def test_a_child_is_never_named_as_a_suspect_by_its_reference_alone() -> None:
    nothing().when(POLICE, "suspect.identified", suspect=CHILD).then_refused("field.invalid", "data.suspect.role")
    nothing().when(POLICE, "suspect.identified", concerns=SUSPECT).then_refused("field.invalid", "data.concerns.role")


# posts

INVESTIGATORS = (
    "suspect.identified",
    "forensic-exam.ordered",
    "evidence.transferred",
    "professional.suspected",
    "child-interview.completed",
)


@pytest.mark.parametrize("type_name", INVESTIGATORS)
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.INVESTIGATOR, Role.SUPERVISOR}))
def test_the_investigation_is_an_investigators(type_name: str, role: Role) -> None:
    nothing().when(POLICE, type_name, post=by(role)).then_refused("post.not-entitled", "post.role", "investigator")


@pytest.mark.parametrize(
    "type_name", ["suspect.arrested", "suspect.released", "immediate-protection.taken", "protective-measure.changed"]
)
def test_what_cannot_wait_a_duty_officer_does_and_nobody_from_elsewhere(type_name: str) -> None:
    case = given(IDENTIFIED) if type_name == "suspect.arrested" else given(ARRESTED)
    case.when(POLICE, type_name, post=by("duty-officer")).then_recorded()
    case.when(POLICE, type_name, post=by("duty-officer", None)).then_refused("post.not-named", "post.office")
    for role in sorted(set(Role) - OFFICERS):
        case.when(POLICE, type_name, post=by(role)).then_refused("post.not-entitled", "post.role", "duty-officer")


def test_an_interview_that_the_police_were_asked_to_bring_a_child_to_may_be_over_before_anybody_said_it_began() -> None:
    bring = asked("child-interview", POLICE, "accepted")
    given(bring).when(POLICE, "child-interview.completed", on=bring).then_recorded()
