"""Nobody says anything new by saying it again: the gateway goes by what the log has of the first time."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from bus.submission import Again, Outgoing, build
from contracts import subjects
from contracts.agencies import Agency
from contracts.catalogue.post import SAID_AGAIN
from tests.builders import HEALTH, POLICE, PROSECUTION, SOCIAL, ByHand, act, bypass, new_case, refer
from tests.living import Bus, eventually


async def said_again(
    bus: Bus, by_hand: ByHand, said: Outgoing, to: tuple[Agency, ...] = (SOCIAL,), **content: str
) -> Mapping[str, Any]:
    """The gateway's answer, where the police's keys are used by somebody who builds what it likes."""
    own = by_hand.application(POLICE)
    values = {"of_id": str(said.record_id), "of_type": said.type, "lost_id": str(said.record_id), **content}
    outer = replace(said, record_id=uuid4(), type=SAID_AGAIN, values=values, receivers=to, again=Again(said, ()))
    links = {receiver: own.outbox.link(receiver) for receiver in to}
    built = build(outer, POLICE, own.outbox.head(), links, by_hand.key(POLICE), by_hand.directory)
    own.close()
    nats = await bus.living.connect(POLICE, "adapter")
    answer: dict[str, Any] = json.loads((await nats.request(subjects.SUBMIT, built.body, timeout=5)).data)
    return answer


async def test_only_what_was_said_is_said_again_and_only_to_whom_and_as_it_was_said(bus: Bus, by_hand: ByHand) -> None:
    await bus.living.start_adapter(HEALTH)
    theirs = await bus.social.do(refer(SOCIAL, POLICE))
    for command in (refer(), refer(POLICE, HEALTH, data={"notified": ["social"]})):
        await bus.police.do(command)
    last = await bus.police.do(refer())
    await bus.settled()
    await bus.police.do(bypass(POLICE, last["case_ref"], "social", "prosecution"))
    await eventually(lambda: bus.app(POLICE).outbox.waiting() is None)
    police = bus.app(POLICE)
    to_social, to_health, kept_out = [police.act_at(number, frozenset()) for number in own_notifications(bus)[:3]]
    await bus.living.stop_adapter(POLICE)
    to_health = replace(to_health, receivers=(SOCIAL,), notified=frozenset())
    of_another = replace(act(subject=str(theirs["case_ref"])), record_id=theirs["id"], about=to_social.about)
    refused: dict[str, list[tuple[Outgoing, dict[str, Any]]]] = {
        "letter.not-said": [
            (replace(to_social, subject=new_case()), {}),
            (replace(to_social, record_id=uuid4()), {}),
            (replace(to_social, about=act().about), {}),
            (of_another, {}),
            (to_social, {"to": (PROSECUTION,)}),
            (to_social, {"to": (HEALTH, SOCIAL)}),
            (to_social, {"to": ()}),
            (to_social, {"of_type": "referral.accepted"}),
            (to_social, {"lost_id": str(to_health.record_id)}),
            (to_health, {}),  # it was notified, and would now see everything
        ],
        "route.bypassed": [(kept_out, {})],
        "field.invalid": [(to_social, {"lost_id": "the one of Tuesday"})],
    }
    for code, attempts in refused.items():
        for attempt, (said, more) in enumerate(attempts):
            answer = await said_again(bus, by_hand, said, **more)
            assert "refused" in answer, (code, attempt, answer)
            assert answer["refused"]["code"] == code, (attempt, answer)
    assert "stamp" in await said_again(bus, by_hand, to_social)


def own_notifications(bus: Bus) -> list[int]:
    """Of the police's own acts, in order."""
    rows = bus.app(POLICE).store.read(
        "SELECT notification_id AS n FROM outbox WHERE notification_id > 0 ORDER BY number"
    )
    return [row["n"] for row in rows]
