"""What oversight decides for itself, as sentences: it watches duties, and lifts what leads around somebody."""

import pytest

from contracts.vocabulary.people import Role
from services.oversight.domainmodel import INSPECTORS
from tests.builders import OVERSIGHT, POLICE, SOCIAL
from tests.unit.given import by, nothing

WATCHING = ["route.bypass-lifted"]


@pytest.mark.parametrize("type_name", WATCHING)
def test_an_inspector_says_what_is_owed_and_whom_no_way_leads_around_any_more(type_name: str) -> None:
    nothing().when(OVERSIGHT, type_name, post=by("inspector")).then_recorded()
    nothing().when(OVERSIGHT, type_name, post=by("inspector", None)).then_refused("post.not-named", "post.office")
    for role in sorted(set(Role) - INSPECTORS):
        nothing().when(OVERSIGHT, type_name, post=by(role)).then_refused("post.not-entitled", "post.role", "inspector")


@pytest.mark.parametrize("type_name", WATCHING)
def test_nobody_else_says_that_a_duty_is_open_met_or_breached_or_lifts_a_bypass(type_name: str) -> None:
    for agency in (POLICE, SOCIAL):
        nothing().when(agency, type_name).then_refused("sender.not-allowed", None)


def test_only_its_owner_says_why_a_duty_was_not_met() -> None:
    nothing().when(SOCIAL, "duty.excused", owner="social").then_recorded()
    nothing().when(POLICE, "duty.excused", owner="social").then_refused("duty.not-yours", "data.owner")
    nothing().when(OVERSIGHT, "duty.excused", owner="oversight").then_refused("sender.not-allowed", None)
