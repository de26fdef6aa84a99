"""A hostile agency that sends too much, again, or in another order: others go on, and nothing counts twice."""

import asyncio
import contextlib
import json
from typing import Any

import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError

from bus import connection, gateway_service, seal
from bus.submission import Built, Head, build
from contracts import subjects
from contracts.agencies import Agency
from contracts.envelope import SUBMISSION_LIMIT_BYTES, Submission
from contracts.errors import CODES
from contracts.export.accounts import CONNECTIONS, SUBSCRIPTIONS
from tests.attack.intruder import Enter, Intruder
from tests.builders import HEALTH, POLICE, SOCIAL, START, ByHand, act, encoded, new_case, refer
from tests.living import Bus, Living, eventually


def built(by_hand: ByHand, after: Built | None = None, sender: Agency = HEALTH, **changed: Any) -> Built:
    """The hostile agency's next referral to the Centre."""
    head, link = START, START
    if after:
        (entry,) = after.record.data.letters
        head, link = Head(after.number, after.record_digest), Head(entry.number, entry.sealed)
    return build(act(**changed), sender, head, {SOCIAL: link}, by_hand.key(sender), by_hand.directory)


async def submits(nats: Client, body: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((await nats.request(subjects.SUBMIT, body, timeout=10)).data)
    return answer


def code(answer: dict[str, Any]) -> str:
    return str(answer["refused"]["code"])


# again, in another order


async def test_what_is_sent_a_hundred_times_stands_in_the_log_once(bus: Bus, by_hand: ByHand, intrude: Enter) -> None:
    health, body = await intrude(HEALTH, "adapter"), built(by_hand).body
    answers = await asyncio.gather(*(submits(health.nats, body) for _ in range(60)))
    assert len({answer["stamp"] for answer in answers}) == 1
    assert [entry.record.sender for entry in await bus.living.log()].count(HEALTH) == 1
    await eventually(lambda: bus.social.told)
    await bus.police.do(refer())
    await bus.settled()
    assert bus.app(SOCIAL).feed.end() == 2, "one of each; over NATS a letter may be told more than once"


async def test_what_another_agency_submitted_is_not_taken_from_who_sends_it_again(bus: Bus, intrude: Enter) -> None:
    """It has the exact bytes, signatures and all."""
    await bus.police.do(refer())
    (body,) = bus.app(POLICE).outbox.holding(SOCIAL, [1])
    assert code(await submits((await intrude(HEALTH, "adapter")).nats, body)) == "account.mismatch"
    assert len([one for one in await bus.living.log() if one.record.type == "referral.made"]) == 1


async def test_its_records_are_taken_in_their_order_and_none_is_left_out(
    bus: Bus, by_hand: ByHand, intrude: Enter
) -> None:
    first = built(by_hand)
    second = built(by_hand, first)
    third = built(by_hand, second)
    health = await intrude(HEALTH, "adapter")
    assert code(await submits(health.nats, second.body)) == "chain.gap"
    assert "stamp" in await submits(health.nats, first.body)
    assert code(await submits(health.nats, third.body)) == "chain.gap"
    assert "stamp" in await submits(health.nats, second.body)


async def test_another_past_under_a_number_that_is_taken_is_a_fork_and_is_said(
    bus: Bus, by_hand: ByHand, intrude: Enter, events: Any
) -> None:
    health = await intrude(HEALTH, "adapter")
    assert "stamp" in await submits(health.nats, built(by_hand).body)
    assert code(await submits(health.nats, built(by_hand).body)) == "chain.forked"
    assert "chain.forked" in events()


async def test_a_record_that_names_another_before_it_is_refused(bus: Bus, by_hand: ByHand, intrude: Enter) -> None:
    health, first, other = await intrude(HEALTH, "adapter"), built(by_hand), built(by_hand)
    assert "stamp" in await submits(health.nats, first.body)
    assert code(await submits(health.nats, built(by_hand, other).body)) == "chain.broken"


async def test_two_letters_of_one_record_cannot_change_places(bus: Bus, by_hand: ByHand, intrude: Enter) -> None:
    """Police and Centre would each get what was sealed to the other."""
    made = act(receivers=(POLICE, SOCIAL))
    links = {POLICE: START, SOCIAL: START}
    body = build(made, HEALTH, START, links, by_hand.key(HEALTH), by_hand.directory).body
    found = Submission.model_validate_json(body)
    one, other = found.letters
    crossed = [one.model_copy(update={"jwe": other.jwe}), other.model_copy(update={"jwe": one.jwe})]
    swapped = found.model_copy(update={"letters": tuple(crossed)})
    answer = await submits((await intrude(HEALTH, "adapter")).nats, swapped.model_dump_json().encode())
    assert code(answer) == "digest.mismatch"


async def test_a_letter_more_than_the_record_names_is_refused_and_so_is_one_less(
    bus: Bus, by_hand: ByHand, intrude: Enter
) -> None:
    health, found = await intrude(HEALTH, "adapter"), Submission.model_validate_json(built(by_hand).body)
    (letter,) = found.letters
    for letters in ((), (letter, letter.model_copy(update={"to": POLICE}))):
        body = found.model_copy(update={"letters": letters}).model_dump_json().encode()
        assert code(await submits(health.nats, body)) == "digest.mismatch"


async def test_a_record_whose_bytes_were_changed_after_it_was_signed_is_refused(
    bus: Bus, by_hand: ByHand, intrude: Enter
) -> None:
    found = Submission.model_validate_json(built(by_hand).body)
    spaced = found.model_copy(update={"record": found.record.replace('"data":', '"data": ', 1)})
    answer = await submits((await intrude(HEALTH, "adapter")).nats, spaced.model_dump_json().encode())
    assert code(answer) == "signature.invalid"


@pytest.mark.parametrize("alg", ["none", "HS256", "ES256", "EdDSA"])
async def test_a_signature_of_another_kind_is_none(bus: Bus, by_hand: ByHand, intrude: Enter, alg: str) -> None:
    """Neither unsigned, nor by the public key as if it were a secret."""
    found = Submission.model_validate_json(built(by_hand).body)
    _, _, rest = found.signature.partition(".")
    head = seal.b64(seal.dump({"alg": alg, "kid": seal.signed_by(found.signature), "typ": "barnabus-record"}))
    for signature in (f"{head}.{rest}", f"{head}.."):
        body = found.model_copy(update={"signature": signature}).model_dump_json().encode()
        assert code(await submits((await intrude(HEALTH, "adapter")).nats, body)) in (
            "signature.invalid",
            "key.unknown",
        )


# too large, too many


async def test_what_is_larger_than_the_limit_is_refused_by_the_gateway_or_by_the_server(
    bus: Bus, intrude: Enter
) -> None:
    health = await intrude(HEALTH, "adapter")
    large = b'{"record":"' + b"x" * SUBMISSION_LIMIT_BYTES + b'"}'
    assert code(await submits(health.nats, large)) == "document.too-large"
    with pytest.raises(NatsError, match="maximum payload"):
        await submits(health.nats, b"x" * 2_000_000)
    await bus.social.hears((await bus.police.do(refer()))["id"])


async def test_who_asks_all_the_time_shuts_out_itself_and_nobody_else(
    bus: Bus, by_hand: ByHand, intrude: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each account so many requests are in hand at once; past that it alone is told to try again."""
    monkeypatch.setattr(gateway_service, "ANSWERS_EVERY_S", 0.5)
    health = await intrude(HEALTH, "adapter")
    flood = asyncio.gather(*(submits(health.nats, b"{}") for _ in range(gateway_service.REQUESTS_AT_ONCE * 3)))
    await asyncio.sleep(0.1)
    referral = await asyncio.wait_for(bus.police.do(refer()), 5)
    await bus.social.hears(referral["id"])
    refused = [code(answer) for answer in await flood]
    assert refused.count("log.unavailable") >= gateway_service.REQUESTS_AT_ONCE
    assert set(refused) <= CODES.keys()


async def test_an_account_opens_only_so_many_connections_and_others_still_come_in(bus: Bus) -> None:
    opened: list[Client] = []
    options = connection.options(bus.settings, HEALTH, "adapter") | {"allow_reconnect": False}
    for _ in range(CONNECTIONS + 2):
        opened.append(Client())
        with contextlib.suppress(NatsError, OSError):
            await opened[-1].connect(bus.living.server.url, **options)
            await opened[-1].flush()
    assert [client.is_connected for client in opened] == [True] * CONNECTIONS + [False] * 2
    other = await bus.living.connect("prosecution", "adapter")
    assert other.is_connected
    for client in opened:
        await client.close()


async def test_a_connection_has_only_so_many_subscriptions(bus: Bus, intrude: Enter) -> None:
    health = await intrude(HEALTH, "adapter")
    for number in range(SUBSCRIPTIONS + 10):
        await health.nats.subscribe(f"_INBOX.adapter.{number}.x")
    await eventually(lambda: not health.nats.is_connected)  # the server cuts it off
    await bus.social.hears((await bus.police.do(refer()))["id"])


async def test_an_agency_that_takes_nothing_of_its_post_holds_up_no_other(bus: Bus, by_hand: ByHand) -> None:
    """Its letters wait in its own post, and the sender's to others go on."""
    for _ in range(5):
        await bus.police.do(refer(POLICE, HEALTH))
    await bus.social.hears((await bus.police.do(refer()))["id"])
    js = await bus.living.privileged()
    assert (await js.stream_info(subjects.post_stream(HEALTH))).state.messages == 5


async def test_a_pull_that_never_ends_and_one_for_very_many_take_nothing_from_others(bus: Bus, intrude: Enter) -> None:
    health = await intrude(HEALTH, "adapter")
    next_ = "bus.CONSUMER.MSG.NEXT.POST_health.adapter"
    for asked in (
        {"batch": 10**9, "expires": 10**18},
        {"batch": -1},
        {"batch": 1, "max_bytes": 1},
        {"idle_heartbeat": 1},
    ):
        for _ in range(50):
            await health.says(next_, encoded(asked), reply="_INBOX.adapter.pull.x")
    await bus.social.hears((await bus.police.do(refer()))["id"])
    await bus.settled()


async def test_reserved_names_and_other_accounts_worlds_are_out_of_reach(bus: Bus, intrude: Enter) -> None:
    police = await intrude(POLICE, "adapter")
    names = (
        "_R_.abc.def", "_GR_.x", "$SYS.ACCOUNT.police.CONNECT", "$SYS.REQ.ACCOUNT.police.CONNZ",
        "$SYS.REQ.USER.INFO", "$G.case.x", "$JS.hub.API.STREAM.NAMES", "$JS.API.INFO", "$JS.API.ACCOUNT.PURGE.BUS",
        "$JS.FC.POST_police.x", "$JS.EVENT.ADVISORY.x", "$KV.x.y", "$O.x.y", "$SRV.PING", "BUS.gateway.submit",
    )  # fmt: skip
    for name in names:
        await police.says(name, reply="_INBOX.adapter.x")
        await police.was_refused(f'publish to "{name}"')
    for name in ("_R_.>", "$JS.ACK.>", "$JS.EVENT.>", "$SRV.>", "gateway.*", "adapter.*", "*", "_INBOX.>"):
        await police.listens(name)
        await police.was_refused(f'subscription to "{name}"')
    assert police.heard == []


async def test_a_subject_with_blanks_or_line_ends_tells_the_server_nothing_else(bus: Bus) -> None:
    """What nats-py itself would refuse is written straight to the socket: a subject is no way to a second command."""
    intruder = await Intruder().connect(bus, HEALTH, "adapter")
    for text in ("gateway.submit\r\nPUB case.x 2\r\n{}", "case.x 2\r\n{}\r\nPUB gateway.submit"):
        transport = intruder.nats._transport
        assert transport
        transport.write(f"PUB {text} 2\r\n{{}}\r\n".encode())
        await transport.drain()  # type: ignore[no-untyped-call]  # as the library has it
    await asyncio.sleep(0.1)
    await bus.social.hears((await bus.police.do(refer()))["id"])
    assert {entry.record.type for entry in await bus.living.log()} <= {"referral.made", "receipt"}
    with contextlib.suppress(NatsError, OSError):
        await intruder.nats.close()


# what it says of whom


async def test_a_sender_written_otherwise_is_still_not_somebody_else(home: Living, by_hand: ByHand) -> None:
    """By letter case, by a path, by a second source in the same document: the account has to be the sender."""
    await home.start_gateway()
    nats = await home.connect(HEALTH, "adapter")
    found = json.loads(built(by_hand, sender=POLICE).body)
    for source in ("/agencies/POLICE", "/agencies/health/../police", "/agencies/police ", "/agencies/police"):
        record = json.loads(found["record"]) | {"source": source}
        text = encoded(record).decode()
        signature = seal.sign_detached(text.encode(), by_hand.key(HEALTH), typ="barnabus-record")
        body = encoded(found | {"record": text, "signature": signature})
        assert code(await submits(nats, body)) in ("account.mismatch", "field.invalid")
    twice = found["record"].replace('"source":', '"source":"/agencies/health","source":', 1)
    assert code(await submits(nats, encoded(found | {"record": twice}))) == "document.duplicate-key"
    assert await home.log() == []


async def test_who_is_not_asked_for_answers_no_handoff_of_others(bus: Bus, by_hand: ByHand, intrude: Enter) -> None:
    """Health has learned case and handoff, and accepts what the Centre was asked for."""
    asked = await bus.police.do(refer())
    await bus.social.hears(asked["id"])
    values = {"handoff_id": asked["id"]}
    forged = built(by_hand, type_name="referral.accepted", subject=asked["case_ref"], values=values)
    assert "stamp" in await submits((await intrude(HEALTH, "adapter")).nats, forged.body)
    told = await bus.social.hears(forged.record.id)
    assert told["standing"]["stage"] == "made"
    done = await bus.social.do(refer(SOCIAL, POLICE, case_ref=new_case()))
    await bus.police.hears(done["id"])
