"""The keeper of duties over the real thing: who is told what is owed, what was missed and what has ended, and when."""

import json
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from bus.settings import Settings
from cli.main import app
from contracts.agencies import Agency
from tests.builders import (
    CHILD,
    HEALTH,
    OVERSIGHT,
    POLICE,
    PROSECUTION,
    SOCIAL,
    bypass,
    command,
    concern,
    fact,
    now,
    on,
    refer,
)
from tests.watch import Notice, Watch, watch

HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)
ACKNOWLEDGED, DECIDED = "handoff-acknowledged", "handoff-decided"


@pytest.fixture
async def kept(settings: Settings, quick: None) -> AsyncIterator[Watch]:
    async with watch(settings) as found:
        yield found


def to(*agencies: Agency) -> frozenset[Agency]:
    return frozenset(agencies)


async def asked(kept: Watch, by: Agency = POLICE, of: Agency = SOCIAL, **more: object) -> str:
    """Somebody asks somebody for something: two duties of whoever is asked. The handoff's id."""
    made = await kept.systems[by].do(refer(by, of, data={"concerns": CHILD}, **more))
    await kept.systems[of].hears(made["id"])
    return str(made["id"])


async def test_what_is_asked_opens_duties_and_only_who_owes_them_is_told(kept: Watch) -> None:
    handoff = await asked(kept)
    opened = await kept.looks()
    assert [one.brief for one in opened] == [
        ("duty.opened", ACKNOWLEDGED, to(SOCIAL)),
        ("duty.opened", DECIDED, to(SOCIAL)),
    ]
    for one in opened:
        told = await kept.systems[SOCIAL].hears(one.id)
        assert (told["sender"], told["content"]["trigger_id"], told["content"]["owner"]) == (
            "keeper",
            handoff,
            "social",
        )
    assert opened[1].due_at - opened[0].due_at == 23 * HOUR
    await kept.systems[POLICE].nats.flush()
    assert kept.systems[POLICE].told == []


def of(rule: str, notices: Iterable[Notice]) -> list[tuple[str, frozenset[Agency]]]:
    """What was said of the duty by one rule, and to whom."""
    return [(one.type, one.to) for one in notices if one.codes.get("rule") == rule]


async def test_it_is_soon_due_and_breached_exactly_when_the_rule_says(kept: Watch) -> None:
    await asked(kept)
    acknowledged, decided = await kept.looks()
    assert await kept.looks(acknowledged.due_at) == [], "at the limit is inside"
    breached = await kept.looks(acknowledged.due_at + INSTANT)
    assert of(ACKNOWLEDGED, breached) == [("duty.breached", to(SOCIAL, OVERSIGHT))]
    assert breached[0].due_at == acknowledged.due_at
    assert [one.brief for one in await kept.looks()] == [("duty.opened", "reason-recorded", to(SOCIAL))]
    assert await kept.looks(decided.due_at - 4 * HOUR - INSTANT) == []
    assert [one.brief for one in await kept.looks(decided.due_at - 4 * HOUR)] == [
        ("duty.due-soon", DECIDED, to(SOCIAL))
    ]


async def test_a_second_look_without_news_says_nothing(kept: Watch) -> None:
    await asked(kept)
    assert len(await kept.looks()) == 2
    length = len(await kept.home.log())
    for _ in range(3):
        looked = await kept.look()
        assert (looked.cases, looked.notices) == (0, 0)
    assert len(await kept.home.log()) == length


async def test_what_was_done_in_time_and_what_was_done_late_is_said_to_whoever_heard_of_it(kept: Watch) -> None:
    handoff = await asked(kept)
    acknowledged, _ = await kept.looks()
    await kept.looks(acknowledged.due_at + INSTANT)
    done = await kept.systems[SOCIAL].do(on(SOCIAL, "referral.accept", handoff))
    late, in_time = [one for one in await kept.looks() if one.type == "duty.met"]
    assert (late.brief, late.codes["on_time"]) == (("duty.met", ACKNOWLEDGED, to(SOCIAL, OVERSIGHT)), False)
    assert (in_time.brief, in_time.codes["on_time"]) == (("duty.met", DECIDED, to(SOCIAL)), True)
    assert {late.codes["met_by"], in_time.codes["met_by"]} == {done["id"]}


async def test_unanswered_it_goes_up_step_by_step_to_the_case_managers_agency_and_to_oversight(kept: Watch) -> None:
    handoff = await asked(kept, SOCIAL, POLICE)
    case = (await kept.systems[POLICE].hears(handoff))["case_ref"]
    await kept.systems[SOCIAL].do(fact(SOCIAL, "case-manager.assign", case, office="prishtina-csw"))
    acknowledged, _ = await kept.looks()
    due_at = acknowledged.due_at
    breached = await kept.looks(due_at + INSTANT)
    assert of(ACKNOWLEDGED, breached) == [("duty.breached", to(POLICE, SOCIAL, OVERSIGHT))]
    assert of(ACKNOWLEDGED, await kept.looks(due_at + 23.5 * HOUR)) == []
    assert of(ACKNOWLEDGED, await kept.looks(due_at + 24 * HOUR)) == [("duty.escalated", to(SOCIAL))]
    assert of(ACKNOWLEDGED, await kept.looks(due_at + 71.5 * HOUR)) == []
    assert of(ACKNOWLEDGED, await kept.looks(due_at + 72 * HOUR)) == [("duty.escalated", to(OVERSIGHT))]
    await kept.systems[POLICE].do(on(POLICE, "referral.accept", handoff))
    assert ("duty.met", to(POLICE, SOCIAL, OVERSIGHT)) in of(ACKNOWLEDGED, await kept.looks())


async def test_where_nobody_manages_the_case_nobody_is_told_in_a_managers_place(kept: Watch) -> None:
    await asked(kept, SOCIAL, POLICE)
    acknowledged, _ = await kept.looks()
    await kept.looks(acknowledged.due_at + INSTANT)
    assert of(ACKNOWLEDGED, await kept.looks(acknowledged.due_at + 24 * HOUR)) == []


async def test_what_its_owner_has_excused_goes_up_to_nobody(kept: Watch) -> None:
    handoff = await asked(kept)
    acknowledged, _ = await kept.looks()
    await kept.looks(acknowledged.due_at + INSTANT)
    case = acknowledged.case_ref
    why = {"rule": ACKNOWLEDGED, "trigger_id": handoff, "trigger_by": "police", "owner": "social"}
    await kept.systems[SOCIAL].do(command(SOCIAL, "duty.excuse", why | {"reason": "no-capacity"}, case_ref=case))
    for hours in (0, 24, 72):
        assert of(ACKNOWLEDGED, await kept.looks(acknowledged.due_at + (hours + 1) * HOUR)) == []


async def test_what_its_cause_is_gone_of_is_withdrawn_and_the_cause_is_named(kept: Watch) -> None:
    handoff = await asked(kept)
    await kept.looks()
    await kept.systems[POLICE].do(on(POLICE, "referral.ask-withdrawal", handoff, reason="need-met"))
    await kept.settled()
    gone = await kept.systems[SOCIAL].do(on(SOCIAL, "referral.confirm-withdrawal", handoff))
    withdrawn = await kept.looks()
    assert [one.brief for one in withdrawn] == [
        ("duty.withdrawn", ACKNOWLEDGED, to(SOCIAL)),
        ("duty.withdrawn", DECIDED, to(SOCIAL)),
    ]
    assert {one.codes["withdrawn_by"] for one in withdrawn} == {gone["id"]}


RECENT = {"incident": "within-72-hours", "child_age": "6-to-11", "suspect_age": "adult"}


async def test_a_correction_that_moves_the_due_time_is_told_with_the_new_time_and_back_again(kept: Watch) -> None:
    report = concern(HEALTH, SOCIAL, POLICE)
    report["data"]["limits"] = RECENT
    reported = await kept.systems[HEALTH].do(report)
    first = [one for one in await kept.looks() if one.codes["rule"] == "hiv-prophylaxis"]
    assert [one.to for one in first] == [to(HEALTH)]
    clocks = {"recorded": (first[0].due_at - 69 * HOUR).isoformat()}
    for earlier in (10 * HOUR, 0 * HOUR):
        moment = first[0].due_at - 72 * HOUR - earlier
        clocks |= {"occurred": moment.isoformat(), "known": (moment + HOUR).isoformat()}
        right = {"of_id": reported["id"], "of_type": "concern.reported", "reason": "typed-wrong", "clocks": clocks}
        await kept.systems[HEALTH].do(command(HEALTH, "record.correct", right, case_ref=reported["case_ref"]))
        told = [one for one in await kept.looks() if one.codes["rule"] == "hiv-prophylaxis"]
        assert [(one.type, one.to, one.due_at) for one in told] == [
            ("duty.opened", to(HEALTH), first[0].due_at - earlier)
        ]


async def test_whom_a_bypass_keeps_out_is_told_nothing_and_others_are_shown_nothing_of_it(kept: Watch) -> None:
    await asked(kept, SOCIAL, POLICE)
    acknowledged, _ = await kept.looks()
    heard = len(kept.systems[POLICE].told)
    await kept.systems[SOCIAL].do(bypass(SOCIAL, acknowledged.case_ref, "police", "prosecution"))
    passed_on = await kept.looks()
    assert [one.brief for one in passed_on] == [
        ("duty.opened", ACKNOWLEDGED, to(PROSECUTION)),
        ("duty.opened", DECIDED, to(PROSECUTION)),
    ]
    for hours in (1, 24, 72):
        passed_on += await kept.looks(acknowledged.due_at + hours * HOUR)
    assert ("duty.breached", to(PROSECUTION, OVERSIGHT)) in of(ACKNOWLEDGED, passed_on)
    assert {one.codes["owner"] for one in passed_on} == {"prosecution"}
    assert not [one for one in passed_on if POLICE in one.to]
    await kept.systems[POLICE].nats.flush()
    assert len(kept.systems[POLICE].told) == heard


# closings


async def handed_over_and_done(kept: Watch) -> str:
    """Social services have taken on and done what the police asked; the case's reference."""
    handoff = await asked(kept)
    case = str((await kept.systems[SOCIAL].hears(handoff))["case_ref"])
    for verb, data in (
        ("referral.accept", {}),
        ("referral.start", {"began_at": now().isoformat()}),
        ("referral.complete", {"outcome": "done"}),
    ):
        await kept.systems[SOCIAL].do(on(SOCIAL, verb, handoff, **data))
    await kept.settled()
    await kept.systems[POLICE].do(on(POLICE, "referral.close", handoff, reason="outcome-taken-in"))
    await kept.settled()
    return case


def close(case: str, reason: str = "goals-reached") -> dict[str, Any]:
    return command(SOCIAL, "case.close", {"reason": reason}, case_ref=case)


def listed(kept: Watch, *words: str) -> dict[str, Any]:
    """What `barnabus cases list` shows, by case."""
    runner = CliRunner(env={"BARNABUS_HOME": str(kept.home.settings.home), "BARNABUS_NATS_URL": None})
    found = runner.invoke(app, ["cases", "list", *words, "--json"])
    assert found.exit_code == 0, found.output
    return {one["case_ref"]: one for one in json.loads(found.stdout)["cases"]}


async def test_a_closing_with_an_open_duty_is_void_and_whoever_heard_of_it_hears_so(
    kept: Watch, commands_at_hand: None
) -> None:
    """Social services do not know that the police have asked something of health."""
    case = await handed_over_and_done(kept)
    await kept.looks()
    another = await asked(kept, POLICE, HEALTH, case_ref=case)
    await kept.looks()
    closing = await kept.systems[SOCIAL].do(close(case))
    await kept.settled()
    await kept.fold()
    assert case in listed(kept, "--closed")
    (void,) = [one for one in await kept.looks() if one.type == "case.kept-open"]
    assert void.to == to(SOCIAL)
    assert (void.codes["closing_id"], void.codes["open"]) == (closing["id"], 2)
    assert {(one["rule"], one["owner"]) for one in void.codes["duties"]} == {
        (ACKNOWLEDGED, "health"),
        (DECIDED, "health"),
    }
    assert (await kept.systems[SOCIAL].hears(void.id))["content"]["closing_id"] == closing["id"]
    assert listed(kept, "--open")[case]["closed"] is False
    await kept.systems[HEALTH].do(
        on(HEALTH, "referral.decline", another, reason="no-capacity", next_step="sender-keeps")
    )
    await kept.looks()
    await kept.systems[SOCIAL].do(close(case))
    assert [one for one in await kept.looks() if one.type == "case.kept-open"] == []
    assert case in listed(kept, "--closed")


async def test_social_services_own_adapter_closes_no_case_in_which_it_knows_of_an_open_duty(kept: Watch) -> None:
    reported = await kept.systems[POLICE].do(concern(POLICE, SOCIAL))
    case = reported["case_ref"]
    await kept.systems[SOCIAL].hears(reported["id"])
    await kept.systems[SOCIAL].do(on(SOCIAL, "responsibility.accept", reported["id"]))
    await kept.systems[SOCIAL].do(on(SOCIAL, "concern.screen", reported["id"], outcome="assessment"))
    await kept.looks()
    refused = (await kept.systems[SOCIAL].ask(close(case)))["error"]
    assert refused["code"] == "case.open"
    for rule in ("conference", "assessed"):
        assert f"the duty {rule}" in refused["detail"]


async def test_a_case_that_is_unfounded_is_closed_for_that_ends_what_is_owed(kept: Watch) -> None:
    reported = await kept.systems[POLICE].do(concern(POLICE, SOCIAL))
    await kept.systems[SOCIAL].hears(reported["id"])
    await kept.systems[SOCIAL].do(on(SOCIAL, "responsibility.accept", reported["id"]))
    await kept.systems[SOCIAL].do(on(SOCIAL, "concern.screen", reported["id"], outcome="assessment"))
    await kept.looks()
    closing = await kept.systems[SOCIAL].do(close(reported["case_ref"], "unfounded"))
    ended = await kept.looks()
    assert {one.type for one in ended} == {"duty.withdrawn"}
    assert {one.codes["withdrawn_by"] for one in ended} == {closing["id"]}
