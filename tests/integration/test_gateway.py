"""The gateway: who may write what into the log, in which order, and what follows from a refusal."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from bus import directory
from bus.submission import Head, build
from contracts import check, subjects
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.envelope import Submission
from contracts.errors import Refused
from contracts.ids import NOTHING_BEFORE
from tests.builders import HEALTH, OVERSIGHT, POLICE, SOCIAL, START, ByHand, act, refer
from tests.conftest import Said
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


async def test_what_its_recipient_has_signed_for_is_never_posted_again(bus: Bus) -> None:
    """Of the same submissions again, only letters above the last receipt go out."""
    await bus.police.do(refer())
    await bus.settled()
    await bus.living.stop_adapter(SOCIAL)
    await bus.police.do(refer())
    bodies = bus.app(POLICE).outbox.holding(SOCIAL, [1, 2])
    js, nats = await bus.living.privileged(), await bus.living.connect(POLICE, "adapter")
    before = (await js.stream_info(subjects.post_stream(SOCIAL))).state.messages
    answers = [json.loads((await nats.request(subjects.SUBMIT, body, timeout=5)).data) for body in bodies]
    assert all("stamp" in answer for answer in answers)
    assert (before, (await js.stream_info(subjects.post_stream(SOCIAL))).state.messages) == (1, 2)
    adapter = await bus.living.start_adapter(SOCIAL)
    await bus.settled()
    await eventually(lambda: adapter.incoming.repeats == 1)
    assert [row["number"] for row in adapter.application.inbox.letters()] == [1, 2]


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


async def test_letters_that_were_swapped_between_receivers_are_refused(submit: Submit, by_hand: ByHand) -> None:
    both = (SOCIAL, POLICE)
    links = dict.fromkeys(both, START)
    body = build(act(receivers=both), HEALTH, START, links, by_hand.key(HEALTH), by_hand.directory).body
    found = Submission.model_validate_json(body)
    one, other = found.letters
    swapped = (one.model_copy(update={"jwe": other.jwe}), other.model_copy(update={"jwe": one.jwe}))
    assert refused(await submit(found.model_copy(update={"letters": swapped}))) == "digest.mismatch"
    assert refused(await submit(found.model_copy(update={"letters": (one,)}))) == "digest.mismatch"
    assert "stamp" in await submit(found)


async def test_numbers_are_gapless_and_used_once(
    submit: Submit, by_hand: ByHand, home: Living, events: Callable[[], set[str]]
) -> None:
    await submit(built(by_hand))
    assert refused(await submit(built(by_hand))) == "chain.forked"
    assert "chain.forked" in events(), "two records under one number are an alarm"
    assert len(await home.log()) == 1
    assert refused(await submit(built(by_hand, head=Head(7, NOTHING_BEFORE)))) == "chain.gap"
    assert refused(await submit(built(by_hand, head=Head(1, NOTHING_BEFORE)))) == "chain.broken"


async def test_what_the_catalogue_does_not_allow_is_refused(
    submit: Submit, by_hand: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = CATALOGUE["referral.made"]
    narrow = replace(entry, senders=frozenset({HEALTH}), tiers={SOCIAL: entry.seen_by(SOCIAL)})
    monkeypatch.setattr("contracts.check.entry_of", lambda *_: narrow)
    to_oversight = act(receivers=(OVERSIGHT,))
    body = build(to_oversight, HEALTH, START, {OVERSIGHT: START}, by_hand.key(HEALTH), by_hand.directory).body
    assert refused(await submit(body)) == "receiver.not-allowed"
    assert refused(await submit(built(by_hand, sender=OVERSIGHT), account=OVERSIGHT)) == "sender.not-allowed"


@pytest.mark.parametrize(
    ("receivers", "said", "code"),
    [
        ((SOCIAL, POLICE), {"to": "social", "notified": []}, "receiver.not-allowed"),
        ((SOCIAL,), {"to": "social", "notified": ["police"]}, "receiver.not-allowed"),
        ((SOCIAL,), {"to": "police", "notified": [], "service": "welfare-check"}, "receiver.not-allowed"),
        ((SOCIAL,), {"to": "social", "notified": ["health"]}, "receiver.not-allowed"),
        ((SOCIAL,), {"to": "social", "notified": ["social"]}, "field.invalid"),
        ((SOCIAL, POLICE), {"to": "social", "notified": ["police"]}, "tier.not-allowed"),
    ],
)
async def test_the_act_that_makes_a_handoff_goes_to_whom_it_names_and_shows_the_notified_its_envelope_alone(
    submit: Submit, by_hand: ByHand, receivers: tuple[Agency, ...], said: dict[str, Any], code: str
) -> None:
    """Whatever the sender's own adapter would have let through: here it cuts nothing for who is notified."""
    made = act(receivers=receivers, notified=frozenset())
    made = replace(made, values={**made.values, **said})
    links = dict.fromkeys(receivers, START)
    assert refused(await submit(build(made, HEALTH, START, links, by_hand.key(HEALTH), by_hand.directory).body)) == code


async def test_a_permanent_refusal_frees_its_number_and_the_act_is_void(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, events: Callable[[], set[str]]
) -> None:
    """The gateway is made to disagree with the adapter about one kind of record."""
    real = check.in_any_case

    def stricter(record: Any) -> Any:
        if record.data.content.get("urgency") == "routine":
            raise Refused("receiver.not-allowed", field="data.letters")
        return real(record)

    monkeypatch.setattr("contracts.check.in_any_case", stricter)
    answer = await bus.police.ask(refer(data={"urgency": "routine"}))
    after = await bus.police.do(refer())
    await bus.social.hears(after["id"])
    assert bus.app(POLICE).void_of(UUID(answer["id"])) == "refused-by-gateway"
    assert [(void["id"], void["move"], void["reason"]) for void in bus.police.voided] == [
        (answer["id"], "make", "refused-by-gateway")
    ]
    log = await bus.living.log()
    own = [entry.record for entry in log if entry.record.sender == POLICE]
    assert [(record.number, record.type) for record in own] == [(1, "submission.refused"), (2, "referral.made")]
    assert own[0].causationid == UUID(answer["id"])
    assert own[1].data.letters[0].number == 1, "the refused act's link number is free again"
    (entry,) = [entry for entry in log if entry.record.type == "submission.refused"]
    assert (entry.record.number, entry.record.data.content["refused_id"]) == (1, answer["id"])
    assert "submission.refused" in events()


async def test_a_fork_stops_the_relay_with_an_alarm_and_nothing_is_skipped(
    bus: Bus, by_hand: ByHand, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    """Somebody with the police's keys has used the police's first number."""
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 0.1)
    relay = bus.living.adapters[POLICE].relay
    other = await bus.living.connect(POLICE, "adapter")
    body = build(act(), POLICE, START, {SOCIAL: START}, by_hand.key(POLICE), by_hand.directory).body
    assert b"stamp" in (await other.request(subjects.SUBMIT, body, timeout=5)).data
    answer = await bus.police.ask(refer())
    assert answer["status"] == "recorded"
    await eventually(lambda: relay.halted == "chain.forked")
    later = await bus.police.ask(refer())
    assert (later["status"], later["stamp"]) == ("recorded", None)
    waiting = bus.app(POLICE).outbox.waiting()
    assert waiting
    assert waiting.record_id == answer["id"]
    alarms = [line for line in said if line["event"] == "relay.halted"]
    assert [(line["code"], line["record_id"]) for line in alarms] == [("chain.forked", answer["id"])], "said once"
    assert {line["event"] for line in said} >= {"chain.forked"}
    assert [entry.record.type for entry in await bus.living.log() if entry.record.sender == POLICE] == ["referral.made"]


async def test_a_relay_that_was_halted_goes_on_by_itself_once_the_cause_is_mended(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway's directory lacks the police's key for a while."""
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 0.1)
    relay, gateway = bus.living.adapters[POLICE].relay, bus.living.gateways["a"].gateway
    whole = directory.load(bus.living.settings)
    gateway._directory = whole.model_copy(update={"keys": tuple(k for k in whole.keys if k.owner != POLICE)})
    answer = await bus.police.ask(refer())
    await eventually(lambda: relay.halted == "key.unknown")
    gateway._directory = whole
    await bus.social.hears(answer["id"])
    await bus.settled()
    assert relay.halted is None
    log = await bus.living.log()
    assert [str(entry.record.id) for entry in log if entry.record.sender == POLICE] == [answer["id"]]


async def test_without_a_gateway_an_act_is_recorded_and_logged_by_itself_later(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 0.1)
    await bus.living.stop_gateway()
    answer = await bus.police.ask(refer())
    assert (answer["status"], answer["stamp"]) == ("recorded", None)
    await bus.living.start_gateway("b")
    await bus.social.hears(answer["id"])
    assert (await bus.living.log())[0].record.type == "referral.made"


@pytest.fixture
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that ends is not started again at once, and nobody waits long for a stamp."""
    monkeypatch.setattr("bus.node.WATCH_EVERY_S", 3600.0)
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 0.1)


async def test_without_nats_an_adapter_records_and_catches_up_by_itself(unwatched: None, bus: Bus) -> None:
    adapter = bus.living.adapters[POLICE]
    bus.living.server.stop()
    answer = await adapter.submit(json.dumps(refer()).encode())
    assert answer["status"] == "recorded"
    bus.living.server.start()
    await bus.social.hears(answer["id"])
