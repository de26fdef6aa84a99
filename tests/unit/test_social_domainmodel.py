"""What the Centre for Social Work decides for itself, as sentences: contact, table, plan, the end of a case."""

from typing import Any
from uuid import uuid4

import pytest

from contracts.examples.parts import TABLE
from contracts.vocabulary.people import Role
from services.social import domainmodel
from services.social.domainmodel import RESPONSIBLE
from tests.builders import HEALTH, KEEPER, POLICE, PROSECUTION, SOCIAL
from tests.unit.given import CHILD, SIBLING, asked, by, corrected, given, nothing, said

CONTACT, NO_CONTACT = (
    said(SOCIAL, "safe-contact.set", found=True, contact="trusted-relative"),
    said(SOCIAL, "safe-contact.set", found=False, contact="none-known"),
)
CLOSED, REOPENED = said(SOCIAL, "case.closed"), said(SOCIAL, "case.reopened")
MISSING, PLACED = said(SOCIAL, "child.missing"), said(SOCIAL, "placement.changed")

# a safe contact comes before any contact


@pytest.mark.parametrize(
    ("found", "contact", "fits"),
    [
        (True, "trusted-relative", True),
        (False, "none-known", True),
        (True, "none-known", False),
        (False, "school-professional", False),
    ],
)
def test_the_log_says_that_a_safe_contact_was_found_exactly_if_one_was(found: bool, contact: str, fits: bool) -> None:
    then = nothing().when(SOCIAL, "safe-contact.set", found=found, contact=contact)
    then.then_recorded() if fits else then.then_refused("contact.contradicts", "data.found")


REACHING_OUT = pytest.mark.parametrize("type_name", ["needs.assessed", "therapy.referred", "school-return.agreed"])


@REACHING_OUT
def test_nobody_reaches_out_to_a_child_before_there_is_a_safe_contact(type_name: str) -> None:
    given(CONTACT).when(SOCIAL, type_name).then_recorded()
    for case in (nothing(), given(NO_CONTACT), given(CONTACT, NO_CONTACT)):
        case.when(SOCIAL, type_name).then_refused("contact.not-safe", "data.concerns")


@REACHING_OUT
def test_one_childs_safe_contact_is_not_anothers(type_name: str) -> None:
    given(CONTACT).when(SOCIAL, type_name, concerns=SIBLING).then_refused("contact.not-safe", "data.concerns")


@REACHING_OUT
def test_a_contact_that_was_put_right_as_not_found_is_none(type_name: str) -> None:
    case = given(CONTACT, corrected(CONTACT, found=False))
    case.when(SOCIAL, type_name).then_refused("contact.not-safe", "data.concerns")


# table and plan


def test_only_a_table_that_was_convened_decides() -> None:
    given(said(SOCIAL, "roundtable.convened")).when(SOCIAL, "roundtable.decided", roundtable_id=TABLE).then_recorded()
    another = given(said(SOCIAL, "roundtable.convened", roundtable_id=str(uuid4())))
    for case in (nothing(), another):
        case.when(SOCIAL, "roundtable.decided", roundtable_id=TABLE).then_refused(
            "roundtable.not-convened", "data.roundtable_id"
        )


def test_a_plan_is_reviewed_only_where_needs_of_this_child_were_assessed() -> None:
    assessed = given(said(SOCIAL, "needs.assessed"))
    assessed.when(SOCIAL, "plan.reviewed").then_recorded()
    assessed.when(SOCIAL, "plan.reviewed", concerns=SIBLING).then_refused("plan.no-needs", "data.concerns")


# the end of a case


def test_a_case_in_which_nothing_waits_for_anybody_is_closed_and_only_once() -> None:
    over = [asked("forensic-exam", stage=stage) for stage in ("completed", "declined", "withdrawn", "expired")]
    case = given(CONTACT, *over, asked("therapy", closed=True))
    case.when(SOCIAL, "case.closed").then_recorded()
    given(CLOSED).when(SOCIAL, "case.closed").then_refused("case.closed-already", "case_ref")
    given(CLOSED, REOPENED).when(SOCIAL, "case.closed").then_recorded()


@pytest.mark.parametrize("stage", ["made", "acknowledged", "accepted", "started"])
def test_a_case_is_not_closed_while_a_handoff_is_open_and_every_open_one_is_named(stage: str) -> None:
    case = given(asked("forensic-exam", HEALTH, stage), asked("accompaniment", SOCIAL, stage), asked("therapy"))
    case.when(SOCIAL, "case.closed").then_refused(
        "case.open", "case_ref", "forensic-exam with health", "accompaniment with social", "therapy with health"
    )


def test_a_case_is_not_closed_while_a_child_of_it_is_missing_and_every_missing_one_is_named() -> None:
    both = given(MISSING, said(SOCIAL, "child.missing", concerns=SIBLING))
    both.when(SOCIAL, "case.closed").then_refused("case.open", "case_ref", CHILD["ref"], SIBLING["ref"])
    one = given(MISSING, said(SOCIAL, "child.missing", concerns=SIBLING), PLACED)
    one.when(SOCIAL, "case.closed").then_refused("case.open", "case_ref", SIBLING["ref"])
    given(MISSING, PLACED).when(SOCIAL, "case.closed").then_recorded()
    given(PLACED, MISSING).when(SOCIAL, "case.closed").then_refused("case.open", "case_ref", CHILD["ref"])


@pytest.mark.parametrize("end", ["duty.met", "duty.withdrawn", "duty.excused"])
def test_a_case_is_not_closed_while_a_duty_is_open_and_is_however_it_ended(end: str) -> None:
    opened, other = said(KEEPER, "duty.opened"), said(KEEPER, "duty.opened", rule="child-seen")
    missed, ended = said(KEEPER, "duty.breached"), said(SOCIAL if end == "duty.excused" else KEEPER, end)
    given(opened).when(SOCIAL, "case.closed").then_refused("case.open", "case_ref", "the duty handoff-decided")
    given(opened, missed).when(SOCIAL, "case.closed").then_refused("case.open", "case_ref", "the duty handoff-decided")
    given(opened, missed, ended).when(SOCIAL, "case.closed").then_recorded()
    given(opened, other, ended).when(SOCIAL, "case.closed").then_refused("case.open", "case_ref", "child-seen")


def test_what_is_owed_anew_after_its_end_keeps_the_case_open_again() -> None:
    opened, met = said(KEEPER, "duty.opened"), said(KEEPER, "duty.met")
    again = given(opened, met, said(KEEPER, "duty.opened"))
    again.when(SOCIAL, "case.closed").then_refused("case.open", "case_ref", "the duty handoff-decided")


def test_a_case_whose_closing_was_void_is_closed_anew() -> None:
    void = said(KEEPER, "case.kept-open", closing_id=str(CLOSED.id))
    given(CLOSED, void).when(SOCIAL, "case.closed").then_recorded()
    given(CLOSED, void).when(SOCIAL, "case.reopened").then_refused("case.not-closed", "case_ref")


def test_only_a_closed_case_is_reopened() -> None:
    given(CLOSED).when(SOCIAL, "case.reopened").then_recorded()
    for case in (nothing(), given(CLOSED, REOPENED)):
        case.when(SOCIAL, "case.reopened").then_refused("case.not-closed", "case_ref")


# the register


def test_a_question_to_the_register_stands_under_a_reference_of_its_own() -> None:
    nothing().when(SOCIAL, "clearance.asked").then_recorded()
    for thing in (CONTACT, asked("therapy"), asked("clearance", PROSECUTION)):
        given(thing).when(SOCIAL, "clearance.asked").then_refused("register.own-file", "case_ref")


# posts


@pytest.mark.parametrize(
    "type_name",
    [*sorted(domainmodel.POLICIES), "placement.changed", "child-interview.completed", "roundtable.convened"],
)
@pytest.mark.parametrize("role", sorted(set(Role) - RESPONSIBLE))
def test_a_childs_case_is_its_managers_or_the_supervisors(type_name: str, role: Role) -> None:
    nothing().when(SOCIAL, type_name, post=by(role)).then_refused("post.not-entitled", "post.role", "case-manager")
    nothing().when(SOCIAL, type_name, post=by("case-manager", None)).then_refused("post.not-named", "post.office")


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SUPERVISOR}))
def test_nobody_decides_for_oneself_who_manages_a_case(role: Role) -> None:
    nothing().when(SOCIAL, "case-manager.assigned", post=by(role)).then_refused("post.not-entitled", "post.role")
    nothing().when(SOCIAL, "case-manager.assigned", post=by("supervisor")).then_recorded()


def test_that_a_child_is_missing_or_in_danger_anybody_says() -> None:
    for type_name in ("child.missing", "concern.reported", "immediate-protection.taken"):
        nothing().when(SOCIAL, type_name, **_to_police(type_name), post=by("records-system", None)).then_recorded()


def _to_police(type_name: str) -> dict[str, Any]:
    return {"to": POLICE} if type_name == "concern.reported" else {}


def test_an_interview_that_a_child_was_brought_to_may_be_over_before_anybody_said_it_began() -> None:
    bring = asked("child-interview", SOCIAL, "accepted")
    given(bring).when(SOCIAL, "child-interview.completed", on=bring).then_recorded()
