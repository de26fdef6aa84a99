"""Requests that are allowed, misdirected: none of them makes somebody else act against its own interest."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from contracts import subjects
from tests.attack.intruder import Intruder
from tests.builders import POLICE, SOCIAL, encoded, refer
from tests.living import Bus, eventually

ACK = "$JS.ACK.POST_police.adapter.1.1.1.1.0"
Pending = Callable[[], Awaitable[int]]


@pytest.fixture
async def unacknowledged(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> Pending:
    """A letter is out for handling at the police's adapter, which will look at it again much later."""
    js = await bus.living.privileged()

    def fails(*_: Any) -> None:
        raise RuntimeError

    async def pending() -> int:
        found = (await js.consumer_info(subjects.post_stream(POLICE), subjects.ADAPTER)).num_ack_pending
        assert found is not None
        return int(found)

    monkeypatch.setattr("services.incoming_post.RETRY_AFTER_S", 60.0)
    monkeypatch.setattr(bus.app(POLICE), "hear", fails)
    await bus.social.do(refer(SOCIAL, to=POLICE))
    for _ in range(500):
        if await pending():
            break
    return pending


async def test_an_adapters_answer_sent_to_where_letters_are_acknowledged_acknowledges_none(
    bus: Bus, unacknowledged: Pending
) -> None:
    """The agency's own system names that subject for the answer to its command, refused or not."""
    system = await Intruder().connect(bus, POLICE, "system")
    for command in (b"", b"{}", encoded(refer())):
        await system.says(subjects.COMMAND, command, reply=ACK)
    assert (await bus.police.ask(refer()))["id"], "the commands before this one were answered, too"
    assert await unacknowledged() == 1
    await system.nats.close()


@pytest.mark.parametrize("reply", ["gateway.submit", "gateway.resend", "adapter.voided", "adapter.submit", "case.x"])
async def test_an_adapters_answer_sent_elsewhere_reaches_nobody_who_would_act_on_it(bus: Bus, reply: str) -> None:
    system = await Intruder().connect(bus, POLICE, "system")
    for command in (b"", encoded(refer())):
        await system.says(subjects.COMMAND, command, reply=reply)
    await bus.social.hears((await bus.police.do(refer()))["id"])
    await bus.settled()
    log = await bus.living.log()
    assert {entry.record.type for entry in log} == {"referral.made", "receipt"}
    assert [entry.record.type for entry in log].count("referral.made") == 2
    await system.nats.close()


async def test_nobody_makes_a_sender_resend_what_was_sent_to_another(bus: Bus) -> None:
    """Health asks for letters as if they were missing; it never got one."""
    await bus.police.do(refer())
    await bus.settled()
    js = await bus.living.privileged()
    before = (await js.stream_info(subjects.post_stream(POLICE))).state.last_seq
    health = await Intruder().connect(bus, "health", "adapter")
    for numbers in ("[1]", "[1,2,3]", f"[{10**30}]"):
        assert await health.asks(subjects.RESEND, f'{{"sender":"police","numbers":{numbers}}}'.encode())
    assert (await js.stream_info(subjects.post_stream(POLICE))).state.last_seq == before
    await health.nats.close()


async def test_headers_of_a_submission_do_not_reach_the_log(bus: Bus) -> None:
    """JetStream acts on headers: roll up, expire, expect. Those of the log are the gateway's own."""
    await bus.police.do(refer())
    (body,) = bus.app(POLICE).outbox.holding(SOCIAL, [1])
    adapter = await Intruder().connect(bus, POLICE, "adapter")
    headers = {"Nats-Rollup": "all", "Nats-TTL": "1s", "Nats-Msg-Id": "x", "Nats-Expected-Last-Sequence": "99"}
    assert b"stamp" in (await adapter.nats.request(subjects.SUBMIT, body, timeout=5, headers=headers)).data
    waiting = refer()
    await bus.police.do(waiting)
    js = await bus.living.privileged()
    info = await js.stream_info(subjects.CASES)
    for position in range(1, info.state.last_seq + 1):
        message = await js.get_msg(subjects.CASES, position)
        assert set(message.headers or {}) == {
            subjects.SIGNATURE,
            subjects.STAMP,
            "Nats-Expected-Last-Sequence",
            "Nats-Expected-Stream",
        }
    await adapter.nats.close()


async def test_a_letter_that_another_agency_puts_into_its_own_subjects_is_heard_by_nobody(bus: Bus) -> None:
    """Accounts are worlds apart: what health says under the very same names stays with health."""
    health = await Intruder().connect(bus, "health", "adapter")
    for subject in ("adapter.letters.referral.made", "adapter.voided"):
        await health.says(subject, b'{"id":"forged"}')
    referral = (await bus.police.do(refer()))["id"]
    await bus.social.hears(referral)
    await eventually(lambda: [told["id"] for told in bus.social.told] == [referral])
    assert bus.police.told == bus.police.voided == []
    await health.nats.close()
