"""The gateway: who may write what into the log, in which order, and what follows from a refusal."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from bus.submission import Head, build
from contracts import check, subjects
from contracts.agencies import Agency
from contracts.envelope import Submission
from contracts.errors import Refused
from contracts.ids import NOTHING_BEFORE
from tests.builders import HEALTH, POLICE, SOCIAL, START, ByHand, act, refer
from tests.living import Bus, Living, eventually

Submit = Callable[..., Any]


@pytest.fixture
async def submit(home: Living) -> Submit:
    """A gateway runs; submissions are sent to it from any agency's account, by hand."""
    await home.start_gateway()

    async def send(body: bytes | Submission, account: Agency = HEALTH) -> dict[str, Any]:
        raw = body if isinstance(body, bytes) else body.model_dump_json().encode()
        nats = await home.connect(account, "adapter")
        answer: dict[str, Any] = json.loads((await nats.request(subjects.SUBMIT, raw, timeout=5)).data)
        return answer

    return send


def built(by_hand: ByHand, sender: Agency = HEALTH, head: Head = START, link: Head = START, **changed: Any) -> bytes:
    key = changed.pop("key", sender)
    return build(act(**changed), sender, head, {SOCIAL: link}, by_hand.key(key), by_hand.directory).body


def refused(answer: dict[str, Any]) -> str:
    code: str = answer["refused"]["code"]
    return code


async def test_the_same_submission_again_gets_the_same_stamp_and_is_logged_once(
    submit: Submit, by_hand: ByHand, home: Living
) -> None:
    body = built(by_hand)
    first, again = await submit(body), await submit(body)
    assert first == again
    assert len(await home.log()) == 1


async def test_what_its_recipient_has_not_signed_for_is_posted_again(
    submit: Submit, by_hand: ByHand, home: Living
) -> None:
    body = built(by_hand)
    await submit(body)
    await submit(body)
    info = await (await home.privileged()).stream_info(subjects.post_stream(SOCIAL))
    assert info.state.messages == 2


async def test_an_agency_cannot_submit_as_another(submit: Submit, by_hand: ByHand, home: Living) -> None:
    assert refused(await submit(built(by_hand, sender=POLICE), account=HEALTH)) == "account.mismatch"
    assert refused(await submit(built(by_hand, key=POLICE), account=HEALTH)) == "key.unknown"
    assert await home.log() == []


async def test_a_record_that_was_changed_after_it_was_signed_is_refused(submit: Submit, by_hand: ByHand) -> None:
    found = Submission.model_validate_json(built(by_hand))
    changed = found.model_copy(update={"record": found.record.replace('"urgent"', '"routine"')})
    assert changed.record != found.record
    assert refused(await submit(changed)) == "signature.invalid"


async def test_a_letter_that_its_record_does_not_name_is_refused(submit: Submit, by_hand: ByHand) -> None:
    found, other = (Submission.model_validate_json(built(by_hand)) for _ in range(2))
    assert refused(await submit(found.model_copy(update={"letters": other.letters}))) == "digest.mismatch"
    assert refused(await submit(found.model_copy(update={"letters": ()}))) == "digest.mismatch"


async def test_numbers_are_gapless_and_used_once(submit: Submit, by_hand: ByHand) -> None:
    await submit(built(by_hand))
    assert refused(await submit(built(by_hand))) == "chain.forked"
    assert refused(await submit(built(by_hand, head=Head(7, NOTHING_BEFORE)))) == "chain.gap"
    assert refused(await submit(built(by_hand, head=Head(1, NOTHING_BEFORE)))) == "chain.broken"


async def test_what_the_catalogue_does_not_allow_is_refused(
    submit: Submit, by_hand: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_oversight = act(receivers=(Agency.OVERSIGHT,))
    body = build(to_oversight, HEALTH, START, {Agency.OVERSIGHT: START}, by_hand.key(HEALTH), by_hand.directory).body
    assert refused(await submit(body)) == "receiver.not-allowed"
    assert refused(await submit(built(by_hand, sender=Agency.OVERSIGHT), account=Agency.OVERSIGHT)) in {
        "sender.not-allowed",
        "receiver.not-allowed",
    }


async def test_a_permanent_refusal_frees_its_number_and_the_act_is_void(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, events: Callable[[], set[str]]
) -> None:
    """The gateway is made to disagree with the adapter about one kind of record."""
    real = check.record

    def stricter(record: Any) -> Any:
        if record.data.content.get("urgency") == "routine":
            raise Refused("receiver.not-allowed", field="data.letters")
        return real(record)

    monkeypatch.setattr("bus.gateway.check.record", stricter)
    answer = await bus.police.ask(refer(data={"urgency": "routine"}))
    after = await bus.police.do(refer())
    await bus.social.hears(after["id"])
    assert bus.app(POLICE).void_of(UUID(answer["id"])) == "refused-by-gateway"
    log = await bus.living.log()
    (entry,) = [entry for entry in log if entry.record.type == "submission.refused"]
    assert (entry.record.number, entry.record.data.content["refused_id"]) == (1, answer["id"])
    assert "submission.refused" in events()


async def test_a_fork_stops_the_relay_with_an_alarm_and_nothing_is_skipped(
    bus: Bus, by_hand: ByHand, events: Callable[[], set[str]]
) -> None:
    """Somebody with the police's keys has used the police's first number."""
    relay = bus.living.adapters[POLICE].relay
    other = await bus.living.connect(POLICE, "adapter")
    body = build(act(), POLICE, START, {SOCIAL: START}, by_hand.key(POLICE), by_hand.directory).body
    assert b"stamp" in (await other.request(subjects.SUBMIT, body, timeout=5)).data
    answer = await bus.police.ask(refer())
    assert answer["status"] == "recorded"
    await eventually(lambda: relay.halted == "chain.forked")
    assert "relay.halted" in events()
    assert bus.app(POLICE).outbox.waiting()


async def test_without_a_gateway_an_act_is_recorded_and_logged_by_itself_later(bus: Bus) -> None:
    await bus.living.stop_gateway()
    answer = await bus.police.ask(refer())
    assert (answer["status"], answer["stamp"]) == ("recorded", None)
    await bus.living.start_gateway("b")
    await bus.social.hears(answer["id"])
    assert (await bus.living.log())[0].record.type == "referral.made"


@pytest.fixture
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that ends is not started again at once."""
    monkeypatch.setattr("bus.node.WATCH_EVERY_S", 3600.0)


async def test_without_nats_an_adapter_records_and_catches_up_by_itself(unwatched: None, bus: Bus) -> None:
    adapter = bus.living.adapters[POLICE]
    bus.living.server.stop()
    answer = await adapter.submit(json.dumps(refer()).encode())
    assert answer["status"] == "recorded"
    bus.living.server.start()
    await bus.social.hears(answer["id"])
