"""Ways around a receiver that is the danger, over the real thing: the gateway holds to them whatever a sender does."""

import json
from uuid import UUID

import pytest

from bus.submission import build
from contracts import subjects
from contracts.agencies import Agency
from tests.builders import (
    CHILD,
    HEALTH,
    OVERSIGHT,
    POLICE,
    PROSECUTION,
    SOCIAL,
    ByHand,
    act,
    bypass,
    command,
    concern,
    encoded,
    fact,
    new_case,
    now,
    on,
    protection,
    refer,
    safe_contact,
)
from tests.conftest import Said
from tests.living import Everybody, eventually


def letters_to(everybody: Everybody, agency: Agency) -> int:
    return len(everybody.systems[agency].told)


async def recipients(everybody: Everybody, record_id: str) -> dict[Agency, str]:
    """Who got a letter of a record, and with which tiers, as the log has it."""
    (found,) = [entry.record for entry in await everybody.living.log() if str(entry.record.id) == record_id]
    return {letter.to: "".join(letter.tiers) for letter in found.data.letters}


async def test_an_agency_that_knows_nothing_of_a_bypass_sends_around_the_bypassed_all_the_same(
    everybody: Everybody, said: Said
) -> None:
    """Social services never heard of it: the gateway refuses the letter, and the relay leaves it out."""
    systems = everybody.systems
    handoff = await systems[SOCIAL].do(refer(SOCIAL, POLICE))
    case = handoff["case_ref"]
    await systems[POLICE].hears(handoff["id"])
    told = (await systems[SOCIAL].do(refer(SOCIAL, HEALTH, case_ref=case)))["id"]
    await systems[HEALTH].hears(told)
    await systems[HEALTH].do(bypass(HEALTH, case, "police", "prosecution"))
    before = letters_to(everybody, POLICE)
    safe = await systems[SOCIAL].do(protection(SOCIAL, case))
    assert safe["void"] is None
    assert await recipients(everybody, safe["id"]) == {PROSECUTION: "EOS", OVERSIGHT: "EOS"}
    asked = await systems[SOCIAL].do(
        on(SOCIAL, "information.ask", handoff["id"], priority="red", questions=["suspect-access"])
    )
    assert await recipients(everybody, asked["id"]) == {}, "not even on what it was asked for before"
    refused = await systems[SOCIAL].ask(refer(SOCIAL, POLICE, case_ref=case))
    assert (refused["stamp"], refused["void"]) == (None, "refused-by-gateway")
    elsewhere = await systems[SOCIAL].do(protection(SOCIAL, new_case()))
    await systems[POLICE].hears(elsewhere["id"])
    assert letters_to(everybody, POLICE) == before + 1, "another case is another matter"
    assert "submission.rerouted" in {line["event"] for line in said}
    by_number = [entry.record.number for entry in await everybody.living.log() if entry.record.sender == SOCIAL]
    assert by_number == list(range(1, len(by_number) + 1)), "its chain has no gap"


async def test_the_bypassed_goes_on_unaware_and_is_heard(everybody: Everybody) -> None:
    systems = everybody.systems
    handoff = await systems[SOCIAL].do(refer(SOCIAL, POLICE))
    await systems[POLICE].hears(handoff["id"])
    await systems[SOCIAL].do(bypass(SOCIAL, handoff["case_ref"]))
    taken = await systems[POLICE].do(on(POLICE, "referral.accept", handoff["id"]))
    assert (await systems[SOCIAL].hears(taken["id"]))["standing"]["stage"] == "accepted"
    assert [told["type"] for told in systems[POLICE].told] == ["referral.made"]


async def test_a_bypass_holds_after_every_restart_and_until_oversight_lifts_it(everybody: Everybody) -> None:
    systems, home = everybody.systems, everybody.living
    handoff = await systems[SOCIAL].do(refer(SOCIAL, POLICE))
    case = handoff["case_ref"]
    invoked = await systems[SOCIAL].do(bypass(SOCIAL, case))
    await systems[OVERSIGHT].hears(invoked["id"])
    await home.stop_gateway()
    for kept in (home.settings.home / "gateway").glob("a.db*"):
        kept.unlink()
    await home.start_gateway()
    safe = await systems[SOCIAL].do(protection(SOCIAL, case))
    assert set(await recipients(everybody, safe["id"])) == {PROSECUTION, OVERSIGHT}
    lift = command(OVERSIGHT, "route.lift-bypass", {"bypass_id": invoked["id"], "reason": "unfounded"}, case_ref=case)
    lifted = await systems[OVERSIGHT].do(lift)
    await systems[SOCIAL].hears(lifted["id"])
    again = await systems[SOCIAL].do(protection(SOCIAL, case))
    assert set(await recipients(everybody, again["id"])) == {POLICE, PROSECUTION}


async def test_a_concern_under_a_bypass_goes_to_the_other_alone(everybody: Everybody) -> None:
    systems, case = everybody.systems, new_case()
    await systems[HEALTH].do(bypass(HEALTH, case, "police", "social"))
    made = await systems[HEALTH].do(concern(HEALTH, SOCIAL, case_ref=case))
    assert set(await recipients(everybody, made["id"])) == {SOCIAL}


@pytest.mark.parametrize(
    ("type_name", "sender", "receivers", "codes", "refused", "field"),
    [
        ("immediate-protection.taken", SOCIAL, (PROSECUTION,), {}, "receiver.left-out", "data.letters"),
        ("urgent-care.given", HEALTH, (), {}, "receiver.left-out", "data.letters"),
        ("route.bypass-invoked", SOCIAL, (PROSECUTION,), {}, "receiver.left-out", "data.letters"),
        ("urgent-care.given", HEALTH, (SOCIAL, OVERSIGHT), {}, "receiver.not-allowed", "data.letters"),
        ("route.bypass-lifted", SOCIAL, (POLICE,), {}, "sender.not-allowed", None),
        (
            "letter.handed-over",
            PROSECUTION,
            (),
            {"institution": "school"},
            "sponsor.not-allowed",
            "data.content",
        ),
        ("transfer.offered", POLICE, (OVERSIGHT,), {"to": "oversight"}, "receiver.not-allowed", "data.content.to"),
    ],
)
async def test_the_gateway_refuses_what_no_honest_adapter_would_send(
    everybody: Everybody,
    by_hand: ByHand,
    type_name: str,
    sender: Agency,
    receivers: tuple[Agency, ...],
    codes: dict[str, str],
    refused: str,
    field: str | None,
) -> None:
    answer = await submitted(everybody, by_hand, sender, type_name, receivers, values=codes)
    assert answer["refused"]["code"] == refused
    assert (answer["refused"].get("field") or "").startswith(field or "")


async def test_who_does_not_hold_a_case_leads_around_nobody_in_it_and_ties_it_to_nothing(
    everybody: Everybody, by_hand: ByHand
) -> None:
    """Health has learned a reference that is not its own to use."""
    handoff = await everybody.systems[POLICE].do(refer())
    case, own = handoff["case_ref"], new_case()
    around = {"conflicted": "social", "alternate": "prosecution"}
    answer = await submitted(
        everybody, by_hand, HEALTH, "route.bypass-invoked", (OVERSIGHT, PROSECUTION), values=around, subject=case
    )
    assert answer["refused"]["code"] == "case.not-held"
    tie = await submitted(everybody, by_hand, HEALTH, "case.linked", (POLICE,), values={"other": case}, subject=own)
    assert tie["refused"]["code"] == "case.not-held"
    told = await everybody.systems[POLICE].do(refer())
    both = {"other": told["case_ref"]}
    to_health = await submitted(everybody, by_hand, SOCIAL, "case.linked", (HEALTH,), values=both, subject=case)
    assert to_health["refused"]["code"] == "case.not-held", "health holds neither"


async def test_a_fact_for_those_who_are_concerned_tells_nobody_of_a_case_that_it_does_not_hold(
    everybody: Everybody, by_hand: ByHand
) -> None:
    handoff = await everybody.systems[POLICE].do(refer())
    case = handoff["case_ref"]
    answer = await submitted(everybody, by_hand, SOCIAL, "safe-contact.set", (POLICE, HEALTH), subject=case)
    assert answer["refused"]["code"] == "case.not-held"
    assert "stamp" in await submitted(everybody, by_hand, SOCIAL, "safe-contact.set", (POLICE,), subject=case)


async def test_two_cases_are_not_tied_before_whom_a_bypass_keeps_out_of_one_of_them(everybody: Everybody) -> None:
    """The police hold both; of the second they are to hear no more, also not by way of the first."""
    systems = everybody.systems
    first, second = [(await systems[POLICE].do(refer(POLICE, SOCIAL))) for _ in range(2)]
    await systems[SOCIAL].hears(second["id"])
    await systems[SOCIAL].do(refer(SOCIAL, PROSECUTION, case_ref=first["case_ref"]))
    await systems[SOCIAL].do(refer(SOCIAL, PROSECUTION, case_ref=second["case_ref"]))
    await systems[PROSECUTION].do(bypass(PROSECUTION, second["case_ref"], "police", "social"))
    tie = {"other": second["case_ref"], "other_concerns": CHILD["ref"], "reason": "same-child"}
    linked = await systems[SOCIAL].do(fact(SOCIAL, "case.link", first["case_ref"], **tie))
    assert set(await recipients(everybody, linked["id"])) == {PROSECUTION}


async def test_a_letter_that_was_logged_before_a_bypass_arrives_and_none_after_it(everybody: Everybody) -> None:
    """The log's order decides: what stands before is delivered, also by a repeat, so no link is left with a gap."""
    systems = everybody.systems
    await everybody.living.stop_adapter(POLICE)
    handoff = await systems[SOCIAL].do(refer(SOCIAL, POLICE))
    await systems[SOCIAL].do(bypass(SOCIAL, handoff["case_ref"]))
    (body,) = everybody.app(SOCIAL).outbox.holding(POLICE, [1])
    adapter = await everybody.living.connect(SOCIAL, "adapter")
    assert b"stamp" in (await adapter.request(subjects.SUBMIT, body, timeout=5)).data
    await everybody.living.start_adapter(POLICE)
    police = everybody.app(POLICE)
    await eventually(lambda: police.inbox.letter(handoff["id"]))
    assert police.standing(UUID(handoff["id"]))


async def submitted(
    everybody: Everybody,
    by_hand: ByHand,
    sender: Agency,
    type_name: str,
    receivers: tuple[Agency, ...],
    subject: str | None = None,
    values: dict[str, str] | None = None,
) -> dict[str, dict[str, str]]:
    """The gateway's answer to a submission that this agency's keys signed and no adapter of ours built."""
    if sender in everybody.living.adapters:  # else its receipts would take the number
        await everybody.living.stop_adapter(sender)
    made = act(type_name, receivers=receivers, values=values or {}, **({"subject": subject} if subject else {}))
    own = by_hand.application(sender)
    links = {receiver: own.outbox.link(receiver) for receiver in receivers}
    built = build(made, sender, own.outbox.head(), links, by_hand.key(sender), by_hand.directory)
    own.close()
    nats = await everybody.living.connect(sender, "adapter")
    answer: dict[str, dict[str, str]] = json.loads((await nats.request(subjects.SUBMIT, built.body, timeout=5)).data)
    return answer


async def test_a_gateway_that_slept_looks_into_the_log_before_it_refuses_for_good(
    everybody: Everybody, by_hand: ByHand
) -> None:
    """What it may say no to hangs on what another gateway has logged meanwhile."""
    home, systems = everybody.living, everybody.systems
    handoff = await systems[POLICE].do(refer())
    sleepy = (await home.start_gateway("b", active=False)).gateway
    await sleepy.catch_up()
    case = handoff["case_ref"]
    told = await systems[POLICE].do(refer(POLICE, HEALTH, case_ref=case, data={"notified": ["social"]}))
    await systems[SOCIAL].hears(told["id"])
    await home.stop_adapter(SOCIAL)
    social = by_hand.application(SOCIAL)
    social.take(encoded(safe_contact(case)), now())
    built = by_hand.build_next(social)
    social.close()
    assert {letter.to for letter in built.record.data.letters} == {POLICE, HEALTH}
    assert await sleepy.submit(SOCIAL, built.body)
