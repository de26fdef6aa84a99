"""A person's content is destroyed where it was kept, everybody who got it is asked and answers, and the log stays."""

from typing import Any
from uuid import uuid4

from contracts.catalogue.erasing import OF_ERASING
from contracts.ids import person_ref_from
from tests.builders import POLICE, SOCIAL, command, on, refer
from tests.living import Bus, eventually

SUPERVISOR = {"role": "supervisor", "office": "prishtina-child-unit"}


def erase(agency: Any, case: str, person: str | None, **data: Any) -> dict[str, Any]:
    whom = {"ref": person, "role": "child"} if person else None
    said = {"authority": "court-order", "person": whom, **data}
    return command(agency, "content.erase", said, case_ref=case, post=SUPERVISOR, legal_basis="court-order")


async def test_who_got_it_is_asked_and_answers_in_one_step_with_what_it_destroys(bus: Bus) -> None:
    child = person_ref_from(uuid4().bytes)
    made = await bus.police.do(refer(data={"concerns": {"ref": child, "role": "child"}}))
    await bus.social.hears(made["id"])
    await bus.settled()
    await bus.police.do(erase(POLICE, made["case_ref"], child))
    asked = await eventually(lambda: next((told for told in bus.social.told if told["type"] == "erasure.asked"), None))
    assert asked
    assert asked["content"]["person"]["ref"] == child
    await bus.social.do(on(SOCIAL, "referral.accept", asked["id"]))
    done = await bus.social.do(on(SOCIAL, "erasure.carry-out", asked["id"], {"post": SUPERVISOR}))
    told = await bus.police.hears(done["id"])
    assert told["content"]["items"] == 1
    log = await bus.living.log()
    assert not [e for e in log if e.record.type in OF_ERASING and child in e.record.model_dump_json()]
    assert [e.record.type for e in log if e.record.type != "receipt"] == [
        "referral.made",
        "content.erased",
        "erasure.asked",
        "referral.accepted",
        "erasure.done",
        "content.erased",
    ]
    assert bus.app(POLICE).outbox.holding(SOCIAL, [1]) == []
