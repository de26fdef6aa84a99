"""A whole handoff between two agencies, over the real thing."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from contracts import subjects
from contracts.envelope import Submission
from services.agency import AgencyApplication
from tests.builders import POLICE, SOCIAL, on, refer
from tests.living import Bus, eventually, letters_sent

BEGAN = {"began_at": "2026-03-10T09:00:00+01:00"}


@pytest.fixture
def held(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """The police's relay builds nothing until the test lets it go; its adapter answers without waiting for a stamp."""
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 0.05)
    monkeypatch.setattr(bus.living.adapters[POLICE].relay, "_build_next", lambda: None)
    yield monkeypatch.undo


def rows(app: AgencyApplication) -> dict[str, int]:
    """How many rows each table of a store holds."""
    tables = ("stored_events", "commands", "vault_items", "outbox", "outbox_letters", "inbox")
    return {table: app.store.read(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in tables}


async def test_a_handoff_goes_from_referral_to_completion_and_both_sides_agree(bus: Bus) -> None:
    handoff = (await bus.police.do(refer()))["id"]
    assert (await bus.social.hears(handoff))["standing"]["stage"] == "made"
    await bus.social.do(on(SOCIAL, "referral.acknowledge", handoff))
    await bus.social.do(on(SOCIAL, "referral.accept", handoff))
    asked = await bus.social.do(on(SOCIAL, "information.ask", handoff, priority="red", questions=["safe-contact"]))
    assert (await bus.police.hears(asked["id"]))["standing"]["whose_move"] == POLICE
    answers = [{"question": "safe-contact", "answer": "yes"}]
    given = await bus.police.do(on(POLICE, "information.give", handoff, asked_id=asked["id"], answers=answers))
    assert (await bus.social.hears(given["id"]))["content"]["answers"][0]["answer"] == "yes"
    await bus.social.do(on(SOCIAL, "referral.start", handoff, **BEGAN))
    done = await bus.social.do(on(SOCIAL, "referral.complete", handoff, outcome="done"))
    assert (await bus.police.hears(done["id"]))["standing"]["stage"] == "completed"
    await bus.settled()
    facts = {agency: bus.app(agency).facts() for agency in (POLICE, SOCIAL)}
    assert {agency: len(found.acts) for agency, found in facts.items()} == {POLICE: 2, SOCIAL: 5}
    assert bus.app(POLICE).standing(UUID(handoff)) == bus.app(SOCIAL).standing(UUID(handoff))
    types = [entry.record.type for entry in await bus.living.log()]
    assert [found for found in types if found != "receipt"] == [
        "referral.made", "referral.acknowledged", "referral.accepted", "information.asked", "information.given",
        "referral.started", "referral.completed",
    ]  # fmt: skip


async def test_a_receiver_can_decline_and_then_it_is_nobodys_move(bus: Bus) -> None:
    handoff = (await bus.police.do(refer()))["id"]
    await bus.social.hears(handoff)
    no = on(SOCIAL, "referral.decline", handoff, reason="not-our-area", next_step="refer-elsewhere")
    declined = await bus.social.do(no)
    told = await bus.police.hears(declined["id"])
    assert (told["standing"]["stage"], told["standing"]["whose_move"]) == ("declined", None)
    assert told["content"]["reason"] == "not-our-area"
    late = await bus.police.ask(on(POLICE, "referral.ask-withdrawal", handoff, reason="need-met"))
    assert late["error"]["code"] == "handoff.void", "what is known to be too late is not recorded at all"


async def test_a_withdrawal_is_confirmed_by_the_receiver_alone_whichever_side_referred(bus: Bus) -> None:
    handoff = (await bus.social.do(refer(SOCIAL, POLICE)))["id"]
    await bus.police.hears(handoff)
    asked = await bus.social.do(on(SOCIAL, "referral.ask-withdrawal", handoff, reason="need-met"))
    told = await bus.police.hears(asked["id"])
    assert (told["standing"]["stage"], told["standing"]["withdrawal_asked"]) == ("made", True)
    own = await bus.social.ask(on(SOCIAL, "referral.confirm-withdrawal", handoff))
    assert own["error"]["code"] == "handoff.void"
    confirmed = await bus.police.do(on(POLICE, "referral.confirm-withdrawal", handoff))
    assert (await bus.social.hears(confirmed["id"]))["standing"]["stage"] == "withdrawn"


async def test_both_sides_can_refer_at_once_and_neither_handoff_touches_the_other(bus: Bus) -> None:
    ours, theirs = (await bus.police.do(refer()))["id"], (await bus.social.do(refer(SOCIAL, POLICE)))["id"]
    await bus.social.hears(ours)
    await bus.police.hears(theirs)
    started = await bus.social.do(on(SOCIAL, "referral.accept", ours))
    assert (await bus.police.hears(started["id"]))["standing"]["stage"] == "accepted"
    other = bus.app(POLICE).standing(UUID(theirs))
    assert other
    assert (other.stage.value, other.whose_move) == ("made", POLICE)


async def test_the_same_command_again_gets_the_first_answer_and_doubles_nothing(bus: Bus) -> None:
    command = refer()
    first = await bus.police.do(command)
    await bus.settled()
    before = {agency: rows(bus.app(agency)) for agency in (POLICE, SOCIAL)}
    logged = len(await bus.living.log())
    again = [await bus.police.do(command) for _ in range(3)]
    assert (first["repeated"], [answer["repeated"] for answer in again]) == (False, [True] * 3)
    assert all(answer | {"repeated": False} == first for answer in again)
    assert {agency: rows(bus.app(agency)) for agency in (POLICE, SOCIAL)} == before
    assert len(await bus.living.log()) == logged


async def test_the_same_command_many_times_at_once_is_one_act(bus: Bus) -> None:
    command, raw = refer(), bus.living.adapters[POLICE].submit
    first, *rest = [await bus.police.do(command), *[await raw(_bytes(command)) for _ in range(3)]]
    assert {answer["stamp"]["position"] for answer in (first, *rest)} == {1}
    assert rows(bus.app(POLICE))["commands"] == 1


async def test_an_id_that_was_used_for_another_command_is_refused_and_changes_nothing(bus: Bus) -> None:
    command = refer()
    await bus.police.do(command)
    answer = await bus.police.ask(refer(id=command["id"], data={"urgency": "routine"}))
    assert (answer["error"]["code"], answer["error"]["field"]) == ("command.id-reused", "id")
    assert rows(bus.app(POLICE))["commands"] == 1


async def test_an_act_that_was_overtaken_is_void_and_its_agencys_system_is_told(
    held: Callable[[], None], bus: Bus
) -> None:
    """Two acts cross: the police's is recorded first, and the Centre's is first in the log."""
    bus.living.adapters[POLICE].application.take(_bytes(command := refer()), bus.living.adapters[POLICE]._clock())
    held()
    handoff = command["id"]
    await bus.social.hears(handoff)


async def _crossed(bus: Bus, held: pytest.MonkeyPatch) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The police ask for a withdrawal that their relay keeps back, while the Centre declines."""
    handoff = (await bus.police.do(refer()))["id"]
    await bus.social.hears(handoff)
    held.setattr("services.adapter.LOGGED_WITHIN_S", 0.05)
    held.setattr(bus.living.adapters[POLICE].relay, "_build_next", lambda: None)
    late = await bus.police.ask(on(POLICE, "referral.ask-withdrawal", handoff, reason="made-in-error"))
    held.undo()
    return handoff, late, late


def _bytes(command: dict[str, Any]) -> bytes:
    from tests.builders import encoded

    return encoded(command)
