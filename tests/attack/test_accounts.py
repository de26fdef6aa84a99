"""An agency's own credentials give that agency's post and a way to submit, and nothing beyond."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.js.errors import APIError

from bus import connection
from contracts import subjects
from contracts.agencies import Agency
from tests.builders import POLICE, SOCIAL, refer
from tests.living import Bus, eventually

CASE = "case.7k3q-9m2x-w4td-h6r2.social.referral.made"
TIMEOUT_S = 0.5


class Intruder:
    """A client with valid credentials that does what it should not; the server's refusals are kept."""

    def __init__(self) -> None:
        self.refusals: list[str] = []
        self.nats = Client()
        self.heard: list[Any] = []

    async def connect(self, bus: Bus, owner: str, user: str) -> "Intruder":
        async def on_error(error: Exception) -> None:
            self.refusals.append(str(error).lower())

        options = connection.options(bus.settings, owner, user)
        await self.nats.connect(bus.living.server.url, error_cb=on_error, **options)
        return self

    async def listens(self, subject: str) -> None:
        async def keep(msg: Any) -> None:
            self.heard.append(msg)

        await self.nats.subscribe(subject, cb=keep)
        await self.nats.flush()

    async def says(self, subject: str, payload: bytes = b"{}", **more: Any) -> None:
        await self.nats.publish(subject, payload, **more)
        await self.nats.flush()

    async def asks(self, subject: str, payload: bytes = b"{}") -> bytes | None:
        """The answer; None if the server let no question or no answer through."""
        try:
            return (await self.nats.request(subject, payload, timeout=TIMEOUT_S)).data
        except (NatsError, TimeoutError, NoRespondersError):
            return None

    async def was_refused(self, what: str) -> None:
        await eventually(lambda: any("permissions violation" in said and what in said for said in self.refusals))


@pytest.fixture
async def intrude(bus: Bus) -> AsyncIterator[Callable[[str, str], Awaitable[Intruder]]]:
    made: list[Intruder] = []

    async def enter(owner: str, user: str) -> Intruder:
        made.append(await Intruder().connect(bus, owner, user))
        return made[-1]

    yield enter
    for intruder in made:
        await intruder.nats.close()


Enter = Callable[[str, str], Awaitable[Intruder]]


async def _unharmed(bus: Bus) -> None:
    """The log holds what the agencies said, verified, and both still work."""
    before = {entry.record.type for entry in await bus.living.log()}
    assert before <= {"referral.made", "receipt"}
    referral = await bus.police.do(refer())
    await bus.social.hears(referral["id"])


@pytest.mark.parametrize("subject", ["post.>", "post.social.letter", "case.>", "link.>", ">", "gateway.submit"])
async def test_it_cannot_listen_to_what_is_not_its_own(bus: Bus, intrude: Enter, subject: str) -> None:
    police = await intrude(POLICE, "adapter")
    await police.listens(subject)
    await bus.police.do(refer())
    await police.was_refused("subscription")
    assert police.heard == []


@pytest.mark.parametrize("other", ["_INBOX.>", "_INBOX.system.>", "_INBOX.reader.>"])
async def test_it_cannot_listen_to_another_users_answers(intrude: Enter, other: str) -> None:
    police = await intrude(POLICE, "adapter")
    await police.listens(other)
    await police.was_refused("subscription")


@pytest.mark.parametrize("subject", [CASE, "link.police.social", "post.social.letter", "log.appended", "gateway.alive"])
async def test_it_cannot_write_where_only_the_gateway_writes(bus: Bus, intrude: Enter, subject: str) -> None:
    police = await intrude(POLICE, "adapter")
    await police.says(subject)
    await police.was_refused("publish")
    await _unharmed(bus)


@pytest.mark.parametrize(
    "subject",
    [
        "bus.CONSUMER.MSG.NEXT.POST_social.adapter",
        "$JS.API.CONSUMER.MSG.NEXT.POST_social.adapter",
        "$JS.hub.API.CONSUMER.MSG.NEXT.POST_social.adapter",
        "$JS.ACK.POST_social.adapter.1.1.1.1.0",
        "$JS.API.STREAM.MSG.GET.CASES",
        "$JS.API.STREAM.MSG.GET.POST_social",
        "$JS.API.STREAM.INFO.CASES",
        "$JS.API.STREAM.DELETE.CASES",
        "$JS.API.STREAM.PURGE.CASES",
        "$JS.API.STREAM.UPDATE.CASES",
        "$JS.API.STREAM.CREATE.MINE",
        "$JS.API.CONSUMER.CREATE.CASES.mine",
        "$JS.API.CONSUMER.DURABLE.CREATE.POST_social.mine",
        "$JS.API.CONSUMER.DELETE.POST_police.adapter",
        "$SYS.REQ.SERVER.PING",
    ],
)
async def test_it_cannot_ask_for_anything_but_its_own_post(bus: Bus, intrude: Enter, subject: str) -> None:
    police = await intrude(POLICE, "adapter")
    assert await police.asks(subject) is None
    await police.was_refused("publish")
    await _unharmed(bus)


@pytest.mark.parametrize("reply", [CASE, "post.social.letter", "gateway.submit", "gateway.heads", "$JS.ACK.x.y"])
async def test_an_answer_that_it_redirects_is_stored_nowhere(bus: Bus, intrude: Enter, reply: str) -> None:
    """Reply injection: the server's or the gateway's answer must never become somebody's message."""
    police = await intrude(POLICE, "adapter")
    for subject in ("gateway.submit", "gateway.heads", "bus.CONSUMER.INFO.POST_police.adapter"):
        await police.says(subject, b"{}", reply=reply)
    await police.says("bus.CONSUMER.MSG.NEXT.POST_police.adapter", b"", reply=reply)
    await _unharmed(bus)
    assert bus.app(SOCIAL).inbox.parked() == []


async def test_it_cannot_say_that_another_account_asked(bus: Bus, intrude: Enter) -> None:
    """The server overwrites what a client says of itself; other spellings are not read."""
    health = await intrude("health", "adapter")
    for name in (subjects.ASKED_BY, subjects.ASKED_BY.lower(), subjects.ASKED_BY.upper()):
        headers = {name: json.dumps({"acc": "police", "user": "U"})}
        answer = json.loads((await health.nats.request(subjects.HEADS, b"{}", timeout=2, headers=headers)).data)
        assert answer["number"] == 0
    await bus.police.do(refer())
    headers = {subjects.ASKED_BY: json.dumps({"acc": "police", "user": "U"})}
    answer = json.loads((await health.nats.request(subjects.HEADS, b"{}", timeout=2, headers=headers)).data)
    assert answer["number"] == 0, "it is told of its own chain and of nobody else's"


@pytest.mark.parametrize("subject", [subjects.SUBMIT, subjects.HEADS, "bus.CONSUMER.MSG.NEXT.POST_police.adapter"])
async def test_the_agencys_system_cannot_do_what_its_adapter_can(intrude: Enter, subject: str) -> None:
    system = await intrude(POLICE, "system")
    assert await system.asks(subject) is None
    await system.was_refused("publish")


async def test_the_agencys_system_cannot_take_commands_in_its_adapters_place(intrude: Enter) -> None:
    system = await intrude(POLICE, "system")
    await system.listens(subjects.COMMAND)
    await system.was_refused("subscription")


@pytest.mark.parametrize(
    "subject",
    [
        CASE,
        subjects.SUBMIT,
        "$JS.API.CONSUMER.CREATE.CASES.mine",
        "$JS.API.STREAM.MSG.DELETE.CASES",
        "$JS.API.STREAM.PURGE.CASES",
        "$JS.API.STREAM.MSG.GET.POST_social",
        "bus.STREAM.MSG.GET.POST_social",
    ],
)
async def test_the_reader_reads_the_log_and_does_nothing_else(bus: Bus, intrude: Enter, subject: str) -> None:
    await bus.police.do(refer())
    reader = await intrude("reader", "reader")
    assert await reader.asks("bus.STREAM.MSG.GET.CASES", b'{"seq":1}')
    assert await reader.asks(subject) is None
    await reader.was_refused("publish")


async def test_the_gateways_own_key_cannot_take_the_log_away(bus: Bus) -> None:
    await bus.police.do(refer())
    js = (await bus.living.connect("gateway", "gateway")).jetstream(timeout=TIMEOUT_S)
    for attempt in (
        js.delete_stream(subjects.CASES),
        js.purge_stream(subjects.CASES),
        js.delete_msg(subjects.CASES, 1),
    ):
        with pytest.raises((APIError, NatsError, TimeoutError)):
            await attempt
    assert len(await bus.living.log()) >= 1


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
