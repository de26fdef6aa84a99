"""An agency's own credentials give that agency's post and a way to submit, and nothing beyond."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError

from bus import connection
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from tests.attack.intruder import TIMEOUT_S, Enter
from tests.builders import POLICE, SOCIAL, now, refer
from tests.living import Bus, eventually

CASE = "case.7k3q-9m2x-w4td-h6r2.social.referral.made"
BEYOND = (
    "bus.CONSUMER.MSG.NEXT.POST_social.adapter",
    "bus.CONSUMER.INFO.POST_social.adapter",
    "bus.STREAM.MSG.GET.CASES",
    "$JS.API.CONSUMER.MSG.NEXT.POST_social.adapter",
    "$JS.hub.API.CONSUMER.MSG.NEXT.POST_social.adapter",
    "$JS.ACK.POST_social.adapter.1.1.1.1.0",
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.MSG.GET.CASES",
    "$JS.API.STREAM.MSG.GET.POST_social",
    "$JS.API.DIRECT.GET.CASES",
    "$JS.API.STREAM.INFO.CASES",
    "$JS.API.STREAM.DELETE.CASES",
    "$JS.API.STREAM.MSG.DELETE.CASES",
    "$JS.API.STREAM.PURGE.CASES",
    "$JS.API.STREAM.PURGE.POST_police",
    "$JS.API.STREAM.UPDATE.CASES",
    "$JS.API.STREAM.CREATE.MINE",
    "$JS.API.CONSUMER.CREATE.CASES.mine",
    "$JS.API.CONSUMER.DURABLE.CREATE.POST_social.mine",
    "$JS.API.CONSUMER.DURABLE.CREATE.POST_police.mine",
    "$JS.API.CONSUMER.DELETE.POST_police.adapter",
    "$SYS.REQ.SERVER.PING",
)
"""What NATS could be asked for, beyond this agency's own post."""


async def _unharmed(bus: Bus) -> None:
    """The log holds what the agencies said, verified, and both still work."""
    before = {entry.record.type for entry in await bus.living.log()}
    assert before <= {"referral.made", "receipt"}
    referral = await bus.police.do(refer())
    await bus.social.hears(referral["id"])


async def _streams(bus: Bus) -> dict[str | None, tuple[Any, ...]]:
    """What lies in every stream, who takes from it, and how it is configured."""
    js = await bus.living.privileged()
    found = {info.config.name: info for info in await js.streams_info()}
    assert subjects.CASES in found
    return {
        name: (info.state.messages, info.state.last_seq, info.state.consumer_count, info.config)
        for name, info in found.items()
    }


@contextlib.asynccontextmanager
async def _nothing_changes(bus: Bus) -> AsyncIterator[None]:
    """Whatever is done inside: no message more or less in any stream, no stream, no consumer, no other setting."""
    await bus.police.do(refer())
    await bus.settled()
    await eventually(lambda: not bus.app(SOCIAL).inbox.unreceipted(since=now()))
    before = await _streams(bus)
    yield
    assert await _streams(bus) == before
    await _unharmed(bus)


async def test_it_cannot_listen_to_what_is_not_its_own(bus: Bus, intrude: Enter) -> None:
    police = await intrude(POLICE, "adapter")
    others = (
        "post.>", "post.social.letter", "case.>", "link.>", ">", "*.>", "gateway.submit", "log.appended", "$JS.>",
        "_INBOX.>", "_INBOX.system.>", "_INBOX.reader.>", "_INBOX.*.*", "$SYS.>", "_R_.>",
    )  # fmt: skip
    for subject in others:
        await police.listens(subject)
        await police.was_refused(f'subscription to "{subject}"')
    await bus.police.do(refer())
    await bus.settled()
    await police.nats.flush()
    assert police.heard == []


async def test_it_cannot_write_where_only_the_gateway_writes(bus: Bus, intrude: Enter) -> None:
    police = await intrude(POLICE, "adapter")
    async with _nothing_changes(bus):
        for subject in (
            CASE, "link.police.social", "post.social.letter", "post.police.letter", "post.police.notice",
            "log.appended", "gateway.alive", "adapter.submit",
        ):  # fmt: skip
            await police.says(subject)
            await police.was_refused(f'publish to "{subject}"')


async def test_it_cannot_ask_for_anything_but_its_own_post(bus: Bus, intrude: Enter) -> None:
    police = await intrude(POLICE, "adapter")
    await police.listens("_INBOX.adapter.mine.>")
    async with _nothing_changes(bus):
        for subject in BEYOND:
            await police.says(subject, b"{}", reply="_INBOX.adapter.mine.1")
            await police.was_refused(f'publish to "{subject}"')
    assert police.heard == []


async def test_an_answer_that_it_redirects_is_stored_nowhere(bus: Bus, intrude: Enter) -> None:
    """Reply injection: the server's or the gateway's answer must never become somebody's message."""
    police = await intrude(POLICE, "adapter")
    async with _nothing_changes(bus):
        for reply in (CASE, "post.social.letter", "gateway.submit", "gateway.heads", "$JS.ACK.x.y"):
            for subject in ("gateway.submit", "gateway.heads", "bus.CONSUMER.INFO.POST_police.adapter"):
                await police.says(subject, b"{}", reply=reply)
            await police.says("bus.CONSUMER.MSG.NEXT.POST_police.adapter", b'{"no_wait":true}', reply=reply)
        assert await police.asks(subjects.HEADS)
        await asyncio.sleep(TIMEOUT_S)  # an answer that went astray would be stored by now
    assert bus.app(SOCIAL).inbox.parked() == []


async def test_it_cannot_say_that_another_account_asked(bus: Bus, intrude: Enter) -> None:
    """The server overwrites what a client says of itself; other spellings are not read."""
    health = await intrude("health", "adapter")
    await bus.police.do(refer())
    for name in (subjects.ASKED_BY, subjects.ASKED_BY.lower(), subjects.ASKED_BY.upper()):
        headers = {name: json.dumps({"acc": "police", "user": "U"})}
        answer = json.loads((await health.nats.request(subjects.HEADS, b"{}", timeout=2, headers=headers)).data)
        assert answer["number"] == 0, "it is told of its own chain and of nobody else's"


async def test_the_agencys_system_cannot_do_what_its_adapter_can(bus: Bus, intrude: Enter) -> None:
    system = await intrude(POLICE, "system")
    async with _nothing_changes(bus):
        for subject in (*subjects.GATEWAY_SERVICES, "bus.CONSUMER.MSG.NEXT.POST_police.adapter", *BEYOND, CASE):
            await system.says(subject, reply="_INBOX.system.x")
            await system.was_refused(f'publish to "{subject}"')


async def test_the_agencys_system_cannot_take_its_adapters_place(intrude: Enter) -> None:
    system = await intrude(POLICE, "system")
    for subject in (subjects.COMMAND, "post.police.letter", "_INBOX.adapter.>", "adapter.>"):
        await system.listens(subject)
        await system.was_refused(f'subscription to "{subject}"')
    for subject in (f"{subjects.LETTERS}.referral.made", subjects.VOIDED):
        await system.says(subject)
        await system.was_refused(f'publish to "{subject}"')


async def test_the_reader_reads_the_log_and_does_nothing_else(bus: Bus, intrude: Enter) -> None:
    reader = await intrude("reader", "reader")
    async with _nothing_changes(bus):
        assert await reader.asks("bus.STREAM.MSG.GET.CASES", b'{"seq":1}')
        for subject in (CASE, subjects.SUBMIT, subjects.COMMAND, *set(BEYOND) - {"bus.STREAM.MSG.GET.CASES"}):
            await reader.says(subject, reply="_INBOX.reader.x")
            await reader.was_refused(f'publish to "{subject}"')
        for subject in ("case.>", "post.>", "gateway.>", "_INBOX.gateway.>"):
            await reader.listens(subject)
            await reader.was_refused(f'subscription to "{subject}"')


async def test_who_watches_the_server_sees_no_message_and_writes_none(bus: Bus, intrude: Enter) -> None:
    monitor = await intrude("monitor", "monitor")
    async with _nothing_changes(bus):
        for subject in ("case.>", "post.>", ">"):
            await monitor.listens(subject)
        for subject in (CASE, "post.social.letter", subjects.SUBMIT, "$JS.API.STREAM.PURGE.CASES"):
            await monitor.says(subject)
        await bus.police.nats.flush()
    assert [msg for msg in monitor.heard if msg.subject.startswith(("case.", "link.", "post."))] == []


async def test_the_gateways_own_key_cannot_take_the_log_away_nor_change_a_stream(bus: Bus, intrude: Enter) -> None:
    gateway = await intrude("gateway", "gateway")
    changes = [
        f"$JS.API.{what}"
        for stream in (subjects.CASES, subjects.post_stream(POLICE))
        for what in (
            f"STREAM.DELETE.{stream}", f"STREAM.PURGE.{stream}", f"STREAM.MSG.DELETE.{stream}",
            f"STREAM.UPDATE.{stream}", f"STREAM.RESTORE.{stream}", f"CONSUMER.DELETE.{stream}.adapter",
            f"CONSUMER.CREATE.{stream}.mine", f"CONSUMER.DURABLE.CREATE.{stream}.mine",
        )
    ]  # fmt: skip
    async with _nothing_changes(bus):
        for subject in (*changes, "$JS.API.STREAM.CREATE.MINE"):
            await gateway.says(subject, b'{"seq":1}', reply="_INBOX.gateway.x")
            await gateway.was_refused(f'publish to "{subject}"')


async def test_the_keepers_own_key_opens_nobodys_post_and_nobody_hands_it_a_command(bus: Bus, intrude: Enter) -> None:
    keeper = await intrude("keeper", "adapter")
    async with _nothing_changes(bus):
        for subject in (CASE, "post.social.letter", subjects.COMMAND, *BEYOND):
            await keeper.says(subject, reply="_INBOX.adapter.x")
            await keeper.was_refused(f'publish to "{subject}"')
        for subject in ("case.>", "post.>", "gateway.>", "_INBOX.system.>"):
            await keeper.listens(subject)
            await keeper.was_refused(f'subscription to "{subject}"')
    with pytest.raises(BarnabusError, match=r"home\.missing"):
        connection.options(bus.settings, "keeper", "system")


async def test_nobody_connects_without_a_key(bus: Bus) -> None:
    stranger = Client()
    with pytest.raises(NatsError, match="Authorization"):
        await stranger.connect(bus.living.server.url, allow_reconnect=False, connect_timeout=2)
    await stranger.close()


async def test_an_agency_that_answers_nobodys_questions_learns_nothing_of_a_case(bus: Bus, intrude: Enter) -> None:
    """Health has valid credentials; a case between police and social services leaves no trace that it can see."""
    health = await intrude("health", "adapter")
    await health.listens("_INBOX.adapter.>")
    await bus.police.do(refer())
    await bus.settled()
    assert await health.asks("bus.CONSUMER.MSG.NEXT.POST_health.adapter", b'{"no_wait":true,"batch":1}') in (None, b"")
    assert [msg for msg in health.heard if msg.data] == []
    assert Agency.HEALTH not in {letter.to for entry in await bus.living.log() for letter in entry.record.data.letters}
