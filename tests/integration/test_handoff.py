"""A whole handoff between two agencies, over the real thing."""

from collections.abc import Callable
from uuid import UUID

from tests.builders import POLICE, SOCIAL, on, refer
from tests.living import Bus, eventually, letters_sent


async def test_a_handoff_goes_from_referral_to_completion_and_both_sides_agree(bus: Bus) -> None:
    handoff = (await bus.police.do(refer()))["id"]
    assert (await bus.social.hears(handoff))["standing"]["stage"] == "made"
    await bus.social.do(on(SOCIAL, "referral.acknowledge", handoff))
    await bus.social.do(on(SOCIAL, "referral.accept", handoff))
    asked = await bus.social.do(on(SOCIAL, "information.ask", handoff, priority="red", questions=["safe-contact"]))
    assert (await bus.police.hears(asked["id"]))["standing"]["whose_move"] == POLICE
    answers = [{"question": "safe-contact", "answer": "yes"}]
    given = await bus.police.do(on(POLICE, "information.give", handoff, asked_id=asked["id"], answers=answers))
    await bus.social.hears(given["id"])
    await bus.social.do(on(SOCIAL, "referral.start", handoff, began_at="2026-03-10T09:00:00+01:00"))
    done = await bus.social.do(on(SOCIAL, "referral.complete", handoff, outcome="done"))
    assert (await bus.police.hears(done["id"]))["standing"]["stage"] == "completed"
    await bus.settled()
    facts = {agency: bus.app(agency).facts() for agency in (POLICE, SOCIAL)}
    assert {agency: len(found.acts) for agency, found in facts.items()} == {POLICE: 2, SOCIAL: 5}
    assert len(await bus.living.log()) >= 7


async def test_the_same_command_again_gets_the_first_answer_and_doubles_nothing(bus: Bus) -> None:
    command = refer()
    first = await bus.police.do(command)
    again = await bus.police.do(command)
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert again["stamp"] == first["stamp"]
    await bus.settled()
    assert [entry.record.type for entry in await bus.living.log()].count("referral.made") == 1
    assert len(bus.app(SOCIAL).facts().letters) == 1


async def test_a_withdrawal_is_confirmed_by_the_receiver_alone(bus: Bus) -> None:
    handoff = (await bus.social.do(refer(SOCIAL, POLICE)))["id"]
    await bus.police.hears(handoff)
    asked = await bus.social.do(on(SOCIAL, "referral.ask-withdrawal", handoff, reason="need-met"))
    await bus.police.hears(asked["id"])
    confirmed = await bus.police.do(on(POLICE, "referral.confirm-withdrawal", handoff))
    assert (await bus.social.hears(confirmed["id"]))["standing"]["stage"] == "withdrawn"


async def test_an_act_that_comes_too_late_is_void_and_its_agency_is_told(bus: Bus) -> None:
    """The police's adapter records while it cannot send; the Centre's decline comes first in the log."""
    handoff = (await bus.police.do(refer()))["id"]
    await bus.social.hears(handoff)
    await bus.living.stop_gateway()
    late = await bus.police.ask(on(POLICE, "referral.ask-withdrawal", handoff, reason="made-in-error"))
    assert (late["status"], late["void"]) == ("recorded", None)
    await bus.social.ask(on(SOCIAL, "referral.decline", handoff, reason="not-our-area", next_step="refer-elsewhere"))
    await bus.living.start_gateway("b")
    handoff_id = UUID(handoff)

    def both_agree() -> bool:
        mine, theirs = (bus.app(agency).standing(handoff_id) for agency in (POLICE, SOCIAL))
        return mine == theirs and mine is not None and not mine.provisional

    await eventually(both_agree)
    standing = bus.app(POLICE).standing(handoff_id)
    assert standing
    if standing.voids:  # the decline was logged first
        told = await eventually(lambda: bus.police.voided)
        assert (told[0]["id"], told[0]["reason"]) == (late["id"], "already-declined")
    assert standing.stage.value == "declined"


async def test_cause_and_correlation_are_kept_from_end_to_end(bus: Bus) -> None:
    referral = await bus.police.do(refer())
    handoff = referral["id"]
    await bus.social.hears(handoff)
    accepted = await bus.social.do(on(SOCIAL, "referral.accept", handoff))
    asked = await bus.social.do(on(SOCIAL, "information.ask", handoff, priority="green", questions=["identity"]))
    told = await bus.police.hears(asked["id"])
    refused = await bus.police.do(on(POLICE, "information.refuse", handoff, asked_id=asked["id"], reason="not-held"))
    records = {str(entry.record.id): entry.record for entry in await bus.living.log()}
    causes = {key: str(records[key].causationid) for key in (accepted["id"], asked["id"], refused["id"])}
    assert causes == {accepted["id"]: handoff, asked["id"]: accepted["id"], refused["id"]: asked["id"]}
    assert {str(record.correlationid) for record in records.values() if record.correlationid} == {handoff}
    assert (told["causation_id"], told["correlation_id"]) == (accepted["id"], handoff)


async def test_a_sender_learns_when_its_letter_was_received(bus: Bus) -> None:
    await bus.police.do(refer())
    await bus.settled()
    (letter,) = letters_sent(bus.app(POLICE))
    (held,) = bus.app(SOCIAL).inbox.letters()
    assert (letter["received_at"], letter["opened"]) == (held["received_at"], 1)


async def test_nothing_is_logged_as_an_error_in_a_day_without_faults(bus: Bus, events: Callable[[], set[str]]) -> None:
    await bus.police.do(refer())
    await bus.settled()
    assert not {name for name in events() if name.endswith(("failed", "halted", "rejected", "missing"))}
