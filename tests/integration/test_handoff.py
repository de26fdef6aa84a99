"""A whole handoff between two agencies, over the real thing."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from contracts import subjects
from contracts.envelope import Submission
from services.agency import AgencyApplication
from tests.builders import POLICE, SOCIAL, now, on, refer
from tests.conftest import Said
from tests.living import Bus, eventually, kept_back, letters_sent

BEGAN = "2026-03-10T09:00:00+01:00"


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
    await bus.social.do(on(SOCIAL, "referral.start", handoff, began_at=BEGAN))
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


async def test_who_answers_for_a_handoff_is_named_and_can_change_inside_an_agency(bus: Bus) -> None:
    handoff = (await bus.police.do(refer()))["id"]
    await bus.social.hears(handoff)
    await bus.social.do(on(SOCIAL, "referral.accept", handoff))
    moved = on(SOCIAL, "referral.reassign", handoff, office="peja-csw", reason="right-office")
    told = await bus.police.hears((await bus.social.do(moved))["id"])
    assert told["standing"]["offices"] == {"police": "prishtina-child-unit", "social": "peja-csw"}
    assert (told["standing"]["stage"], told["standing"]["whose_move"]) == ("accepted", SOCIAL)


async def test_what_nobody_took_on_is_superseded_and_its_file_closed_by_the_one_who_asked(bus: Bus) -> None:
    first, second = refer(), refer()
    handoff = (await bus.police.do(first))["id"]
    await bus.police.do(second)
    await bus.social.hears(handoff)
    early = on(POLICE, "referral.close", handoff, reason="goes-on-elsewhere")
    assert (await bus.police.ask(early))["error"]["code"] == "handoff.open"
    for nothing in (handoff, str(uuid4())):
        by_nothing = await bus.police.ask(on(POLICE, "referral.supersede", handoff, by_id=nothing))
        assert (by_nothing["error"]["code"], by_nothing["error"]["field"]) == ("handoff.unknown", "data.by_id")
    await bus.police.do(on(POLICE, "referral.supersede", handoff, by_id=second["id"]))
    closed = await bus.police.do(on(POLICE, "referral.close", handoff, reason="goes-on-elsewhere"))
    told = await bus.social.hears(closed["id"])
    assert (told["standing"]["stage"], told["standing"]["closed"]) == ("superseded", True)
    again = await bus.police.ask(on(POLICE, "referral.close", handoff, reason="goes-on-elsewhere"))
    assert again["error"]["code"] == "handoff.closed"
    late = await bus.social.ask(on(SOCIAL, "referral.accept", handoff))
    assert late["error"]["code"] == "handoff.void"


async def test_it_expires_when_its_time_has_come_by_the_logs_clock_and_stays_with_the_one_who_asked(bus: Bus) -> None:
    def until(ahead: timedelta) -> dict[str, str]:
        return {"expires_at": (now() + ahead).isoformat()}

    still = (await bus.police.do(refer(data=until(timedelta(hours=1)))))["id"]
    assert (await bus.police.ask(on(POLICE, "referral.expire", still)))["error"]["code"] == "handoff.void"
    past = (await bus.police.do(refer(data=until(timedelta(seconds=-1)))))["id"]
    expired = await bus.police.do(on(POLICE, "referral.expire", past))
    told = await bus.social.hears(expired["id"])
    assert (told["standing"]["stage"], told["standing"]["opener"]) == ("expired", POLICE)


async def test_an_agency_whose_clock_is_ahead_ends_nothing_before_its_time_and_is_told(bus: Bus) -> None:
    """It thinks that the time has come; the log's clock decides."""
    await bus.living.stop_adapter(POLICE)
    await bus.living.start_adapter(POLICE, lambda: now() + timedelta(hours=2))
    handoff = (await bus.police.do(refer(data={"expires_at": (now() + timedelta(hours=1)).isoformat()})))["id"]
    expired = await bus.police.do(on(POLICE, "referral.expire", handoff))
    assert expired["void"] == "not-expired"
    told = await bus.social.hears(expired["id"])
    assert (told["standing"]["stage"], told["standing"]["whose_move"]) == ("made", SOCIAL)


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


async def test_an_id_that_was_used_for_another_command_is_refused_and_changes_nothing(bus: Bus) -> None:
    command = refer()
    await bus.police.do(command)
    answer = await bus.police.ask(refer(id=command["id"], data={"urgency": "routine"}))
    assert (answer["error"]["code"], answer["error"]["field"]) == ("command.id-reused", "id")
    assert rows(bus.app(POLICE))["commands"] == 1


async def test_an_act_that_was_overtaken_is_void_and_its_agencys_system_is_told(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two acts cross: the police record theirs first, and the Centre's is first in the log."""
    handoff = (await bus.police.do(refer()))["id"]
    await bus.social.hears(handoff)
    withdrawal = on(POLICE, "referral.ask-withdrawal", handoff, reason="made-in-error")
    with kept_back(bus.living.adapters[POLICE], monkeypatch):
        late = await bus.police.ask(withdrawal)
        assert (late["status"], late["void"]) == ("recorded", None)
        no = on(SOCIAL, "referral.decline", handoff, reason="not-our-area", next_step="refer-elsewhere")
        declined = await bus.social.do(no)
        assert (await bus.police.hears(declined["id"]))["standing"]["provisional"] == [late["id"]]
        assert bus.police.voided == [], "while it is provisional its place is not known"
    (void,) = await eventually(lambda: bus.police.voided)
    assert void == {
        "id": late["id"], "case_ref": late["case_ref"], "handoff_id": handoff, "move": "ask-withdrawal",
        "reason": "already-declined",
    }  # fmt: skip
    told = await bus.social.hears(late["id"])
    assert told["standing"]["stage"] == "declined"
    assert [found["reason"] for found in told["standing"]["voids"]] == ["already-declined"]
    again = await bus.police.do(withdrawal)
    assert (again["void"], again["repeated"]) == ("already-declined", True)
    await bus.settled()
    assert bus.app(POLICE).standing(UUID(handoff)) == bus.app(SOCIAL).standing(UUID(handoff))
    assert len(bus.police.voided) == 1, "it is told once"


async def test_cause_and_correlation_are_kept_from_end_to_end(bus: Bus) -> None:
    handoff = (await bus.police.do(refer()))["id"]
    await bus.social.hears(handoff)
    accepted = await bus.social.do(on(SOCIAL, "referral.accept", handoff))
    asked = await bus.social.do(on(SOCIAL, "information.ask", handoff, priority="green", questions=["identity"]))
    await bus.police.hears(asked["id"])
    refused = await bus.police.do(on(POLICE, "information.refuse", handoff, asked_id=asked["id"], reason="not-held"))
    caused_by = {handoff: None, accepted["id"]: handoff, asked["id"]: accepted["id"], refused["id"]: asked["id"]}
    records = {str(entry.record.id): entry.record for entry in await bus.living.log()}
    for act, cause in caused_by.items():
        assert records[act].causationid == (UUID(cause) if cause else None)
        assert str(records[act].correlationid) == handoff
        told = await (bus.police if act in (accepted["id"], asked["id"]) else bus.social).hears(act)
        assert (told["causation_id"], told["correlation_id"]) == (cause, handoff)


async def test_the_cause_of_an_act_is_what_its_agency_knew_when_it_acted(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What overtakes it in the log is never written into it afterwards."""
    handoff = (await bus.police.do(refer()))["id"]
    await bus.social.hears(handoff)
    with kept_back(bus.living.adapters[POLICE], monkeypatch):
        late = await bus.police.ask(on(POLICE, "referral.ask-withdrawal", handoff, reason="need-met"))
        accepted = await bus.social.do(on(SOCIAL, "referral.accept", handoff))
        await bus.police.hears(accepted["id"])
    assert (await bus.social.hears(late["id"]))["causation_id"] == handoff
    record = next(entry.record for entry in await bus.living.log() if str(entry.record.id) == late["id"])
    assert str(record.causationid) == handoff


async def test_a_sender_learns_when_its_letter_was_received(bus: Bus) -> None:
    await bus.police.do(refer())
    await bus.settled()
    (letter,) = letters_sent(bus.app(POLICE))
    (held,) = bus.app(SOCIAL).inbox.letters()
    assert (letter["received_at"], letter["opened"]) == (held["received_at"], 1)


async def test_a_letter_that_the_post_brings_again_is_told_again_and_recorded_once(bus: Bus) -> None:
    """After a crash between recording and telling, the agency's system still hears of it."""
    referral = (await bus.police.do(refer()))["id"]
    first = await bus.social.hears(referral)
    await bus.settled()
    before = rows(bus.app(SOCIAL))
    (letter,) = Submission.model_validate_json(bus.app(POLICE).outbox.holding(SOCIAL, [1])[0]).letters
    (row,) = bus.app(SOCIAL).inbox.letters()
    gateway = (await bus.living.connect("gateway", "gateway")).jetstream()
    headers = {subjects.POSTMARK: row["postmark"]}
    await gateway.publish(subjects.post_letters(SOCIAL), letter.jwe.encode(), headers=headers)
    await eventually(lambda: len(bus.social.told) == 2)
    assert bus.social.told[1] == first
    assert rows(bus.app(SOCIAL)) == before


async def test_nothing_is_logged_as_an_error_in_a_day_without_faults(bus: Bus, said: Said) -> None:
    await bus.police.do(refer())
    await bus.settled()
    assert not [line for line in said if line["log_level"] in ("warning", "error")]
