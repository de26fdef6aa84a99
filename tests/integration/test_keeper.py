"""The keeper of duties over the real thing: who is told what is owed, what was missed and what has ended, and when."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert
from typer.testing import CliRunner

from bus import signs, tasks
from bus.settings import Settings
from bus.store import Statement
from cli import following, keeper
from cli.main import app
from contracts.agencies import Agency
from contracts.duties import notices as to_say
from contracts.protocol import read
from projections.readmodel import PARKED
from projections.view import Place
from services.keeper import watching
from services.keeper.application import Judged
from tests.builders import (
    CHILD,
    HEALTH,
    KEEPER,
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
    protection,
    refer,
)
from tests.conftest import Said
from tests.living import all_agencies, eventually
from tests.watch import Notice, Watch, watch

HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)
ANSWERED = "answered"
WITHIN_S = 10.0
"""It looks every second, as of two seconds ago; more than these three say how busy a machine is."""
PROTOCOLS = Path(__file__).parents[1] / "protocols"
ELSEWHERE, WATCHED = PROTOCOLS / "elsewhere", read(PROTOCOLS / "watched")
"""What is asked is answered in 24 hours; a child is cared for in 72 after what happened to it."""


@pytest.fixture
async def kept(settings: Settings, quick: None) -> AsyncIterator[Watch]:
    async with watch(settings, WATCHED) as found:
        yield found


def briefly(notices: Iterable[Notice]) -> list[tuple[str, frozenset[Agency]]]:
    return [one.brief for one in notices]


def of(rule: str, notices: Iterable[Notice]) -> list[Notice]:
    return [one for one in notices if one.codes.get("rule") == rule]


def to(*agencies: Agency) -> frozenset[Agency]:
    return frozenset(agencies)


async def asked(kept: Watch, by: Agency = POLICE, of: Agency = SOCIAL, **more: object) -> str:
    """Somebody asks somebody for something, which is a duty of whoever is asked. The handoff's id."""
    made = await kept.systems[by].do(refer(by, of, data={"concerns": CHILD}, **more))
    await kept.systems[of].hears(made["id"])
    return str(made["id"])


async def test_what_is_asked_opens_a_duty_and_only_who_owes_it_is_told(kept: Watch) -> None:
    handoff = await asked(kept)
    (opened,) = await kept.looks()
    assert opened.brief == ("duty.opened", to(SOCIAL))
    told = await kept.systems[SOCIAL].hears(opened.id)
    assert (told["sender"], told["content"]["trigger_id"], told["content"]["owner"]) == ("keeper", handoff, "social")
    await kept.systems[POLICE].nats.flush()
    assert kept.systems[POLICE].told == []


async def test_it_is_soon_due_and_breached_exactly_when_the_rule_says(kept: Watch) -> None:
    await asked(kept)
    (opened,) = await kept.looks()
    due_at = opened.due_at
    assert await kept.looks(due_at - 4 * HOUR - INSTANT) == []
    assert briefly(await kept.looks(due_at - 4 * HOUR)) == [("duty.due-soon", to(SOCIAL))]
    assert await kept.looks(due_at) == [], "at the limit is inside"
    (breached,) = await kept.looks(due_at + INSTANT)
    assert (breached.brief, breached.due_at) == (("duty.breached", to(SOCIAL, OVERSIGHT)), due_at)


async def test_a_second_look_without_news_says_nothing(kept: Watch) -> None:
    await asked(kept)
    assert len(await kept.looks()) == 1
    length = len(await kept.home.log())
    for _ in range(3):
        looked = await kept.look()
        assert (looked.cases, looked.notices) == (0, 0)
    assert len(await kept.home.log()) == length


@pytest.mark.parametrize("late", [False, True])
async def test_what_was_done_is_said_to_whoever_heard_that_it_was_owed(kept: Watch, late: bool) -> None:
    handoff = await asked(kept)
    (opened,) = await kept.looks()
    if late:
        await kept.looks(opened.due_at + INSTANT)
    done = await kept.systems[SOCIAL].do(on(SOCIAL, "referral.accept", handoff))
    (met,) = await kept.looks()
    assert met.brief == ("duty.met", to(SOCIAL, OVERSIGHT) if late else to(SOCIAL))
    assert (met.codes["met_by"], met.codes["on_time"]) == (done["id"], not late)


async def test_unanswered_it_goes_up_step_by_step_to_the_case_managers_agency_and_to_oversight(kept: Watch) -> None:
    handoff = await asked(kept, SOCIAL, POLICE)
    case = (await kept.systems[POLICE].hears(handoff))["case_ref"]
    await kept.systems[SOCIAL].do(fact(SOCIAL, "case-manager.assign", case, office="prishtina-csw"))
    (opened,) = await kept.looks()
    assert opened.brief == ("duty.opened", to(POLICE, SOCIAL))
    due_at = opened.due_at
    assert briefly(await kept.looks(due_at + INSTANT)) == [("duty.breached", to(POLICE, SOCIAL, OVERSIGHT))]
    assert await kept.looks(due_at + 24 * HOUR - INSTANT) == []
    assert briefly(await kept.looks(due_at + 24 * HOUR)) == [("duty.escalated", to(SOCIAL))]
    assert await kept.looks(due_at + 72 * HOUR - INSTANT) == []
    assert briefly(await kept.looks(due_at + 72 * HOUR)) == [("duty.escalated", to(OVERSIGHT))]
    await kept.systems[POLICE].do(on(POLICE, "referral.accept", handoff))
    assert briefly(await kept.looks()) == [("duty.met", to(POLICE, SOCIAL, OVERSIGHT))]


async def test_an_agency_that_comes_to_manage_the_case_is_told_what_is_owed_in_it(kept: Watch) -> None:
    handoff = await asked(kept, SOCIAL, POLICE)
    (opened,) = await kept.looks()
    assert opened.brief == ("duty.opened", to(POLICE))
    await kept.systems[SOCIAL].do(fact(SOCIAL, "case-manager.assign", opened.case_ref, office="prishtina-csw"))
    (told,) = await kept.looks()
    assert (told.brief, told.due_at) == (("duty.opened", to(SOCIAL)), opened.due_at)
    await kept.systems[POLICE].do(on(POLICE, "referral.accept", handoff))
    assert briefly(await kept.looks()) == [("duty.met", to(POLICE, SOCIAL))]


async def test_where_nobody_manages_the_case_nobody_is_told_in_a_managers_place(kept: Watch) -> None:
    await asked(kept, SOCIAL, POLICE)
    (opened,) = await kept.looks()
    assert opened.brief == ("duty.opened", to(POLICE))
    assert briefly(await kept.looks(opened.due_at + INSTANT)) == [("duty.breached", to(POLICE, OVERSIGHT))]
    assert await kept.looks(opened.due_at + 24 * HOUR) == []


async def test_what_its_owner_has_excused_goes_up_to_nobody(kept: Watch) -> None:
    handoff = await asked(kept)
    (opened,) = await kept.looks()
    await kept.looks(opened.due_at + INSTANT)
    why = {"rule": ANSWERED, "trigger_id": handoff, "trigger_by": "police", "owner": "social", "reason": "no-capacity"}
    await kept.systems[SOCIAL].do(command(SOCIAL, "duty.excuse", why, case_ref=opened.case_ref))
    for hours in (1, 24, 72):
        assert await kept.looks(opened.due_at + hours * HOUR) == []


async def test_what_its_cause_is_gone_of_is_withdrawn_and_the_cause_is_named(kept: Watch) -> None:
    handoff = await asked(kept)
    await kept.looks()
    await kept.systems[POLICE].do(on(POLICE, "referral.ask-withdrawal", handoff, reason="need-met"))
    await kept.settled()
    gone = await kept.systems[SOCIAL].do(on(SOCIAL, "referral.confirm-withdrawal", handoff))
    (withdrawn,) = await kept.looks()
    assert (withdrawn.brief, withdrawn.codes["withdrawn_by"]) == (("duty.withdrawn", to(SOCIAL)), gone["id"])


async def test_a_correction_that_moves_the_due_time_is_told_with_the_new_time_and_so_is_one_back_again(
    kept: Watch,
) -> None:
    reported = await kept.systems[HEALTH].do(concern(HEALTH, SOCIAL, POLICE))
    (first,) = of("cared-for", await kept.looks())
    assert first.brief == ("duty.opened", to(HEALTH))
    for earlier in (10 * HOUR, 0 * HOUR):
        happened = first.due_at - 72 * HOUR - earlier
        clocks = {"occurred": happened, "known": happened + HOUR, "recorded": happened + 2 * HOUR}
        right = {"of_id": reported["id"], "of_type": "concern.reported", "reason": "typed-wrong"}
        right |= {"clocks": {name: moment.isoformat() for name, moment in clocks.items()}}
        await kept.systems[HEALTH].do(command(HEALTH, "record.correct", right, case_ref=reported["case_ref"]))
        (told,) = await kept.looks()
        assert (told.brief, told.due_at) == (("duty.opened", to(HEALTH)), first.due_at - earlier)


async def test_whom_a_bypass_keeps_out_is_told_nothing_and_others_are_shown_nothing_of_it(kept: Watch) -> None:
    await asked(kept, SOCIAL, POLICE)
    (opened,) = await kept.looks()
    heard = len(kept.systems[POLICE].told)
    await kept.systems[SOCIAL].do(bypass(SOCIAL, opened.case_ref, "police", "prosecution"))
    passed_on = await kept.looks()
    assert briefly(passed_on) == [("duty.opened", to(PROSECUTION))], "who has to do it now"
    for hours in (-4, 1, 24, 72):
        passed_on += await kept.looks(opened.due_at + hours * HOUR)
    assert briefly(passed_on)[1:] == [
        ("duty.due-soon", to(PROSECUTION)),
        ("duty.breached", to(PROSECUTION, OVERSIGHT)),
        ("duty.escalated", to(OVERSIGHT)),
    ]
    assert {one.codes["owner"] for one in passed_on} == {"prosecution"}
    assert not [one for one in passed_on if "police" in json.dumps(one.codes)]
    await kept.systems[POLICE].nats.flush()
    assert len(kept.systems[POLICE].told) == heard


# closings


async def handed_over_and_done(kept: Watch) -> str:
    """Social services have taken on and done what the police asked; the case's reference."""
    handoff = await asked(kept)
    case = str((await kept.systems[SOCIAL].hears(handoff))["case_ref"])
    await kept.systems[SOCIAL].do(on(SOCIAL, "referral.accept", handoff))
    await kept.systems[SOCIAL].do(on(SOCIAL, "referral.start", handoff, began_at=now().isoformat()))
    await kept.systems[SOCIAL].do(on(SOCIAL, "referral.complete", handoff, outcome="done"))
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
    assert (void.codes["closing_id"], void.codes["open"]) == (closing["id"], 1)
    assert [(one["rule"], one["owner"]) for one in void.codes["duties"]] == [(ANSWERED, "health")]
    assert (await kept.systems[SOCIAL].hears(void.id))["content"]["closing_id"] == closing["id"]
    assert listed(kept, "--open")[case]["closed"] is False
    await kept.systems[HEALTH].do(
        on(HEALTH, "referral.decline", another, reason="no-capacity", next_step="sender-keeps")
    )
    await kept.looks()
    await kept.systems[SOCIAL].do(close(case))
    assert [one for one in await kept.looks() if one.type == "case.kept-open"] == []
    assert case in listed(kept, "--closed")


async def test_a_closing_that_came_while_its_store_was_lost_is_found_void_all_the_same(
    kept: Watch, commands_at_hand: None
) -> None:
    case = await handed_over_and_done(kept)
    await asked(kept, POLICE, HEALTH, case_ref=case)
    await kept.looks()
    closing = await kept.systems[SOCIAL].do(close(case))
    await kept.settled()
    tables = ("keeper_agenda", "keeper_progress", "keeper_owed")
    kept.keeper.store.write(*(Statement(f"DELETE FROM {table}", ()) for table in tables))
    kept.begin()
    (void,) = [one for one in await kept.looks() if one.type == "case.kept-open"]
    assert void.codes["closing_id"] == closing["id"]
    assert listed(kept, "--open")[case]["closed"] is False


async def reported(kept: Watch) -> str:
    """Social services have reported a concern themselves, and the police have decided on it; the case's reference."""
    made = await kept.systems[SOCIAL].do(concern(SOCIAL, POLICE))
    await kept.systems[POLICE].hears(made["id"])
    await kept.systems[POLICE].do(on(POLICE, "responsibility.accept", made["id"]))
    await kept.systems[POLICE].do(on(POLICE, "concern.screen", made["id"], outcome="assessment"))
    await kept.settled()
    await kept.looks()
    return str(made["case_ref"])


async def test_social_services_own_adapter_closes_no_case_in_which_it_knows_of_an_open_duty(kept: Watch) -> None:
    case = await reported(kept)
    refused = (await kept.systems[SOCIAL].ask(close(case)))["error"]
    assert (refused["code"], refused["detail"]) == ("case.open", "Open: the duty cared-for.")


async def test_a_case_that_is_unfounded_is_closed_for_that_ends_what_is_owed(kept: Watch) -> None:
    case = await reported(kept)
    closing = await kept.systems[SOCIAL].do(close(case, "unfounded"))
    (ended,) = await kept.looks()
    assert (ended.brief, ended.codes["withdrawn_by"]) == (("duty.withdrawn", to(SOCIAL)), closing["id"])


# what it knows, and what it does not need to


async def test_it_waits_while_the_read_models_are_behind_the_log_and_says_so(
    kept: Watch, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 0.01)
    await asked(kept)
    await kept.fold()
    await asked(kept)
    await kept.settled()
    looking = asyncio.create_task(kept.watching.run())
    try:
        (line,) = await eventually(lambda: [line for line in said if line["event"] == "keeper.waiting"])
        assert (line["log_level"], line["code"]) == ("warning", "projections.behind")
        sign = signs.last(kept.home.settings.keeper)
        assert sign
        assert (sign.waiting, sign.decided_at, sign.notices) == ("projections.behind", None, 0)
        assert await kept.notices() == []
        await kept.fold()
        await eventually(lambda: kept.signs.notices == 2)
        assert kept.signs.waiting is None
    finally:
        await tasks.end(looking)


async def test_a_log_that_never_stands_still_does_not_keep_it_waiting(kept: Watch) -> None:
    """The read models come as far as the log was, and by then the log has gone on."""
    await asked(kept)
    await kept.fold()
    await asked(kept)
    await kept.settled()
    assert (await kept.watching.look()).waiting == "projections.behind"
    await kept.fold()
    await asked(kept)
    await kept.settled()
    looked = await kept.watching.look()
    assert (looked.waiting, looked.notices) == (None, 2)
    assert len(await kept.looks()) == 3


async def test_what_is_held_up_is_not_judged_until_it_is_known(kept: Watch) -> None:
    """Of what a newer version has said there, nothing is known here: it may be what was owed."""
    await asked(kept)
    (opened,) = await kept.looks()
    row = {"position": 1, "case_ref": opened.case_ref, "type": "from.tomorrow", "reason": "type.unknown"}
    with Place.of(kept.home.settings).opened() as view, view.begin() as connection:
        connection.execute(insert(PARKED).values(row))
    assert await kept.looks(opened.due_at + HOUR) == []
    assert (await kept.look()).cases == 0, "nor does it look again at once"
    with Place.of(kept.home.settings).opened() as view, view.begin() as connection:
        connection.execute(delete(PARKED))
    (breached,) = await kept.looks(opened.due_at + 2 * HOUR)
    assert breached.type == "duty.breached"


@pytest.mark.parametrize("thrown_away", [(), ("keeper_agenda", "keeper_progress", "keeper_owed")])
async def test_a_keeper_that_comes_back_says_nothing_twice_and_misses_nothing(
    kept: Watch, thrown_away: tuple[str, ...]
) -> None:
    """All that it needs to know stands in the log, whatever becomes of the rest of its store."""
    one, other = await asked(kept), await asked(kept)
    first, second = await kept.looks()
    await kept.home.stop_adapter(KEEPER)
    await kept.systems[SOCIAL].do(on(SOCIAL, "referral.accept", one))
    await kept.home.start_adapter(KEEPER, kept.clock)
    kept.keeper.store.write(*(Statement(f"DELETE FROM {table}", ()) for table in thrown_away))
    kept.begin()
    (met,) = await kept.looks()
    assert (met.type, met.codes["trigger_id"]) == ("duty.met", one)
    assert (await kept.look()).notices == 0
    (soon,) = await kept.looks(second.due_at - 4 * HOUR)
    assert (soon.type, soon.codes["trigger_id"]) == ("duty.due-soon", other)
    rows = kept.keeper.store.read("SELECT case_ref, state FROM keeper_owed")
    assert rows == [{"case_ref": second.case_ref, "state": "due-soon"}]
    assert first.id != second.id


async def test_what_it_has_recorded_and_the_log_has_not_is_said_once(kept: Watch) -> None:
    await asked(kept)
    await kept.settled()
    await kept.fold()
    await kept.home.stop_gateway()
    assert (await kept.watching.look()).notices == 1
    assert (await kept.watching.look()).notices == 0
    await kept.home.stop_adapter(KEEPER)
    await kept.home.start_adapter(KEEPER, kept.clock)
    kept.begin()
    assert (await kept.watching.look()).notices == 0
    await kept.home.start_gateway(clock=kept.clock)
    assert briefly(await kept.looks()) == [("duty.opened", to(SOCIAL))]


@pytest.mark.parametrize("lie", ["too soon", "in time to come", "of nothing"])
async def test_a_forged_notice_that_does_not_follow_from_the_log_is_found(kept: Watch, said: Said, lie: str) -> None:
    """Somebody has the keeper's keys and store, and says what is not so."""
    handoff = await asked(kept)
    (opened,) = await kept.looks()
    codes = {name: code for name, code in opened.codes.items() if name != "due_at"} | {"due_at": opened.codes["due_at"]}
    at = kept.clock()
    if lie == "in time to come":
        at = opened.due_at + HOUR
    if lie == "of nothing":
        codes |= {"trigger_id": str(uuid4())}
    forged = to_say.Notice(uuid4(), "duty.breached", codes, (SOCIAL, OVERSIGHT), UUID(handoff))
    kept.keeper.give([Judged(opened.case_ref, [forged], ())], at, kept.clock())
    kept.home.adapters[KEEPER].relay.nudge()
    looked = await kept.look()
    assert (looked.disagreements, looked.notices) == (1, 0)
    (line,) = [line for line in said if line["event"] == "keeper.disagrees"]
    assert (line["log_level"], line["id"], line["type"]) == ("error", str(forged.id), "duty.breached")
    assert (await kept.look()).disagreements == 0, "it is said once"


async def test_another_protocol_makes_it_judge_all_open_cases_anew(kept: Watch, said: Said) -> None:
    await kept.systems[SOCIAL].do(concern(SOCIAL, POLICE))
    assert (await kept.look()).notices, "which it has not seen in the log yet"
    await kept.news()
    kept.protocol = read(ELSEWHERE)
    kept.begin()
    (opened,) = await kept.looks()
    assert (opened.brief, opened.codes["rule"], opened.codes["version"]) == (
        ("duty.opened", to(POLICE)),
        "taken-on",
        "2026",
    )
    assert not [line for line in said if line["event"] == "keeper.disagrees"], "what it said by the other one was so"


async def test_begun_on_a_log_with_cases_it_tells_what_is_owed_and_not_what_had_ended(kept: Watch) -> None:
    """Nor of a case that was closed before, though something was owed in it, and though it is spoken of later."""
    done, owed = await asked(kept), await asked(kept)
    await kept.systems[SOCIAL].do(on(SOCIAL, "referral.accept", done))
    closed = await handed_over_and_done(kept)
    await asked(kept, POLICE, HEALTH, case_ref=closed)
    await kept.systems[SOCIAL].do(close(closed))
    kept.clock.reach(kept.clock() + 25 * HOUR)
    told = await kept.looks()
    assert {one.codes["trigger_id"] for one in told} == {owed}
    assert [one.type for one in told] == ["duty.opened", "duty.breached"]
    await kept.systems[POLICE].do(protection(POLICE, closed))
    assert await kept.looks() == []
    await kept.systems[SOCIAL].do(command(SOCIAL, "case.reopen", {"reason": "new-concern"}, case_ref=closed))
    again = await kept.looks()
    assert {one.codes["owner"] for one in again} == {"health"}
    assert [one.type for one in again] == ["duty.opened", "duty.breached"]


async def test_a_keeper_at_work_tells_an_owner_within_seconds(settings: Settings, quick: None) -> None:
    """By the shipped protocol, with everything as `barnabus up` has it."""
    async with all_agencies(settings) as everybody, keeper.at_work(settings):
        following_it = asyncio.create_task(following.follow(settings))
        try:
            police = everybody.systems[POLICE]
            made = await everybody.systems[SOCIAL].do(concern(SOCIAL, POLICE))
            began = time.monotonic()

            def opened() -> set[str]:
                told = [one["content"] for one in police.told if one["type"] == "duty.opened"]
                return {one["rule"] for one in told if one["trigger_id"] == made["id"]}

            await eventually(lambda: "suspicion-to-prosecutor" in opened())
            assert time.monotonic() - began < WITHIN_S
            mine = [one for one in police.told if one["type"] == "duty.opened"]
            assert {one["content"]["owner"] for one in mine} == {"police"}
        finally:
            await tasks.end(following_it)
