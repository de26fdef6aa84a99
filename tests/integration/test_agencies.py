"""Every agency with every other, over the real thing: five of one kind, each with its own rules."""

from itertools import permutations
from uuid import UUID

import pytest

from contracts.agencies import EVERYBODY, Agency
from contracts.standing import Stage
from tests.builders import HEALTH, OVERSIGHT, POLICE, POSTS, PROSECUTION, SOCIAL, on, refer
from tests.living import Everybody

BEGAN = "2026-03-10T09:00:00+01:00"


async def test_every_agency_can_refer_to_every_other_and_nobody_else_hears_of_it(everybody: Everybody) -> None:
    for opener, receiver in permutations(sorted(EVERYBODY), 2):
        asks, does = everybody.systems[opener], everybody.systems[receiver]
        handoff = (await asks.do(refer(opener, receiver)))["id"]
        told = await does.hears(handoff)
        assert bool(told["content"].get("identity")) is (receiver is not OVERSIGHT)
        assert bool(told["content"].get("allegation")) is (receiver is not OVERSIGHT)
        assert told["content"]["safety"]
        await does.do(on(receiver, "referral.accept", handoff))
        await does.do(on(receiver, "referral.start", handoff, began_at=BEGAN))
        done = await does.do(on(receiver, "referral.complete", handoff, outcome="done"))
        assert (await asks.hears(done["id"]))["standing"]["stage"] == Stage.COMPLETED
        for agency in sorted(EVERYBODY):
            standing = everybody.living.application(agency).standing(UUID(handoff))
            assert (standing is not None) is (agency in {opener, receiver})
    told_of = {agency: len(system.told) for agency, system in everybody.systems.items()}
    assert told_of == dict.fromkeys(EVERYBODY, 4 + 4 * 3), (
        "four referrals to it, and three acts on each of its own four"
    )


async def test_who_is_notified_hears_every_act_and_its_envelope_alone(everybody: Everybody) -> None:
    """The prosecution and oversight are told of what goes on between the police and the Centre."""
    systems, told_too = everybody.systems, (PROSECUTION, OVERSIGHT)
    made = refer(data={"notified": list(told_too)})
    handoff = (await systems[POLICE].do(made))["id"]
    await systems[SOCIAL].hears(handoff)
    ask = on(SOCIAL, "information.ask", handoff, priority="red", questions=["safe-contact"])
    asked = (await systems[SOCIAL].do(ask))["id"]
    taken = (await systems[SOCIAL].do(on(SOCIAL, "referral.accept", handoff)))["id"]
    for agency in told_too:
        for act in (handoff, asked, taken):
            told = await systems[agency].hears(act)
            assert told["withheld"] == "notified"
            assert not {"identity", "allegation", "safety", "questions"} & set(told["content"])
            assert told["standing"]["notified"] == list(told_too)
        assert everybody.living.application(agency).standing(UUID(handoff)) == everybody.living.application(
            SOCIAL
        ).standing(UUID(handoff))
        meddling = await systems[agency].ask(on(agency, "referral.start", handoff, began_at=BEGAN))
        assert meddling["error"]["code"] == "handoff.void", "they hear, and do nothing"
    assert systems[HEALTH].told == []
    records = [entry.record for entry in await everybody.living.log() if str(entry.record.id) == handoff]
    tiers = {letter.to: "".join(letter.tiers) for letter in records[0].data.letters}
    assert tiers == {SOCIAL: "AEIOS", PROSECUTION: "EO", OVERSIGHT: "EO"}


@pytest.mark.parametrize(
    ("agency", "to", "verb", "role", "allowed"),
    [
        (PROSECUTION, SOCIAL, "referral.make", "victim-advocate", True),
        (PROSECUTION, SOCIAL, "referral.make", "clinician", False),
        (PROSECUTION, SOCIAL, "referral.ask-withdrawal", "victim-advocate", False),
        (HEALTH, SOCIAL, "referral.make", "clinician", True),
        (HEALTH, SOCIAL, "referral.make", "case-manager", False),
        (OVERSIGHT, POLICE, "referral.make", "inspector", True),
        (OVERSIGHT, POLICE, "referral.make", "investigator", False),
    ],
)
async def test_an_agency_has_its_own_rules_of_who_may_act(
    everybody: Everybody, agency: Agency, to: Agency, verb: str, role: str, *, allowed: bool
) -> None:
    post = {"role": role, "office": POSTS[agency]["office"]}
    system = everybody.systems[agency]
    if verb == "referral.make":
        answer = await system.ask(refer(agency, to, post=post))
    else:
        handoff = (await system.do(refer(agency, to)))["id"]
        answer = await system.ask(on(agency, verb, handoff, {"post": post}, reason="need-met"))
    assert ("error" not in answer) is allowed
    if not allowed:
        assert answer["error"]["code"] == "post.not-entitled"
