"""A gateway process: it answers agencies while it is the active one, and stands by while another is.

The active one says so several times a second. One that stands by takes over after a silence. Should two believe
themselves active, the log's fence keeps it whole, and the younger steps back as soon as it hears the elder.
"""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from bus import streams, tasks
from bus.clock import Clock
from bus.examining import account_of
from bus.gateway import Gateway
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError, Then

ALIVE_EVERY_S = 0.3
SILENCE_S = 1.5
FINISH_WITHIN_S = 5.0
COMPARE_EVERY_S, COMPARE_WITHIN_S = 10.0, 0.8
REQUESTS_AT_ONCE = 64
"""Of one account: a relay has one submission under way; whoever sends more than this at once is told to try again."""
ANSWERS_EVERY_S = 0.02
"""What is no stamp is answered at a whole multiple of this since it was asked: its time tells nothing of the log."""
_log = structlog.get_logger()
Answer = Callable[[Agency, bytes], Awaitable[dict[str, object]]]


@dataclass(slots=True)
class GatewayService:
    nats: Client
    gateway: Gateway
    name: str
    clock: Clock
    ended: "asyncio.Task[None]" = field(init=False)
    """Its running; ends only by being cancelled, or with the error for which nothing more may be written."""
    _since: str | None = None  # active since; None while standing by
    _heard_at: float = 0.0
    _compared_at: float = 0.0
    _serving: list[Subscription] = field(default_factory=list)
    _in_hand: "set[asyncio.Task[None]]" = field(default_factory=set)
    _asked_by: Counter[Agency] = field(default_factory=Counter)

    @property
    def active(self) -> bool:
        return self._since is not None

    async def until_ended(self) -> None:
        """Wait for the end of `run`, and raise what it ended with."""
        await asyncio.wait({self.ended})
        self.ended.result()

    async def run(self) -> None:
        """Until cancelled. Raises `log.damaged` if the log does not hold together: then nothing is written to it."""
        loop = asyncio.get_running_loop()
        listening = await self.nats.subscribe(subjects.GATEWAY_ALIVE, cb=self._on_alive)
        # nobody heard yet: a first silence is waited for, unless this is the only gateway that ever ran here
        self._heard_at = loop.time() - SILENCE_S + ALIVE_EVERY_S * 2
        try:
            while True:
                if self.active:
                    await self._say_alive()
                    await self._compare()
                elif loop.time() - self._heard_at > SILENCE_S:
                    await self._take_over()
                await asyncio.sleep(ALIVE_EVERY_S)
        finally:
            await self._step_back()
            with contextlib.suppress(NatsError):
                await listening.unsubscribe()

    async def _on_alive(self, msg: Msg) -> None:
        try:
            other = json.loads(msg.data)
            name, since = str(other["name"]), str(other["since"])
        except (ValueError, KeyError, TypeError):
            return  # nobody's heartbeat
        if name == self.name:
            return
        self._heard_at = asyncio.get_running_loop().time()
        if self._since is not None and (since, name) < (self._since, self.name):
            _log.warning("gateway.stepped-back", name=self.name, active=name)
            await self._step_back()

    async def _say_alive(self) -> None:
        with contextlib.suppress(NatsError):
            await self.nats.publish(
                subjects.GATEWAY_ALIVE, json.dumps({"name": self.name, "since": self._since}).encode()
            )

    async def _compare(self) -> None:
        """Now and then: a stream or consumer that was changed is not written to. Raises `log.misconfigured`."""
        now = asyncio.get_running_loop().time()
        if now - self._compared_at < COMPARE_EVERY_S:
            return
        self._compared_at = now
        with contextlib.suppress(NatsError, TimeoutError):
            async with asyncio.timeout(COMPARE_WITHIN_S):
                await streams.compare(self.nats)

    async def _take_over(self) -> None:
        try:
            position = await self.gateway.catch_up()
        except (NatsError, TimeoutError):
            return
        except BarnabusError as error:
            if error.then is Then.HALT:
                raise
            _log.warning("gateway.waiting", name=self.name, code=error.code)
            return
        self._since = self.clock().isoformat()
        self._compared_at = asyncio.get_running_loop().time()
        await self._say_alive()
        for subject, answer in (
            (subjects.SUBMIT, self._submit),
            (subjects.RESEND, self._resend),
            (subjects.HEADS, self._heads),
            (subjects.OWN, self._own),
            (subjects.RECEIPTS, self._receipts),
        ):
            self._serving.append(await self.nats.subscribe(subject, cb=self._serve(answer)))
        if not self.active:  # an elder was heard meanwhile
            await self._step_back()
            return
        _log.info("gateway.active", name=self.name, position=position)

    async def _step_back(self) -> None:
        self._since = None
        while self._serving:
            with contextlib.suppress(NatsError):
                await self._serving.pop().unsubscribe()

    async def finish(self) -> None:
        """After the end: what is in hand is answered first, or given up after a while."""
        if self._in_hand:
            await asyncio.wait(self._in_hand, timeout=FINISH_WITHIN_S)
        await tasks.end(*self._in_hand)

    def _serve(self, answer: Answer) -> Callable[[Msg], Awaitable[None]]:
        async def on_request(msg: Msg) -> None:
            account = account_of(msg.subject, msg.reply, msg.headers)
            if account is None:
                _log.warning("gateway.ignored", bytes=len(msg.data))
            elif self._asked_by[account] >= REQUESTS_AT_ONCE:
                await _say(msg, {"refused": BarnabusError("log.unavailable").problem()})
            else:
                self._take_in_hand(account, self._respond(msg, account, answer))

        return on_request

    def _take_in_hand(self, account: Agency, answering: Coroutine[None, None, None]) -> None:
        """Each in its own task: posting one agency's letters never holds up another's submission."""
        task = asyncio.create_task(answering)
        self._in_hand.add(task)
        self._asked_by[account] += 1

        def done(task: "asyncio.Task[None]") -> None:
            self._in_hand.discard(task)
            self._asked_by[account] -= 1

        task.add_done_callback(done)

    async def _respond(self, msg: Msg, account: Agency, answer: Answer) -> None:
        asked_at = asyncio.get_running_loop().time()
        try:
            body = await answer(account, msg.data)
        except BarnabusError as error:
            _log.warning("gateway.refused", code=error.code, field=error.field if error.field in _PLACES else None)
            body = {"refused": error.problem()}
        except Exception as error:  # noqa: BLE001  one bad request must never stop the gateway
            _log.error("gateway.failed", error=type(error).__name__, exc_info=True)
            body = {"refused": BarnabusError("internal").problem()}
        if "stamp" not in body:
            await _next_grain(asked_at)
        await _say(msg, body)

    async def _submit(self, account: Agency, raw: bytes) -> dict[str, object]:
        return {"stamp": await self.gateway.submit(account, raw)}

    async def _resend(self, account: Agency, raw: bytes) -> dict[str, object]:
        await self.gateway.ask_resend(account, raw)
        return {"asked": True}

    async def _heads(self, account: Agency, raw: bytes) -> dict[str, object]:
        return await self.gateway.heads_of(account, raw)

    async def _own(self, account: Agency, raw: bytes) -> dict[str, object]:
        return {"entries": await self.gateway.own(account, raw)}

    async def _receipts(self, account: Agency, raw: bytes) -> dict[str, object]:
        await self.gateway.ask_receipts(account, raw)
        return {"asked": True}


async def _next_grain(since: float) -> None:
    """What it is late by says whose turn it was, and how busy the machine: not what was looked up."""
    passed = asyncio.get_running_loop().time() - since
    await asyncio.sleep(ANSWERS_EVERY_S - passed % ANSWERS_EVERY_S)


async def _say(msg: Msg, body: dict[str, object]) -> None:
    with contextlib.suppress(NatsError):
        await msg.respond(json.dumps(body).encode())


_PLACES = frozenset(
    {"type", "dataschema", "source", "letters", "record.source", "record.number", "number", "data.letters"}
)
"""Places that may be logged: a field's name that a stranger chose could itself say too much."""
