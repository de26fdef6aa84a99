"""An agency's adapter as a process: its application, its relay, and thin subscribers between NATS and them."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import structlog
from eventsourcing.persistence import IntegrityError
from faststream import FastStream
from faststream.nats.annotations import NatsMessage
from nats.errors import Error as NatsError

from bus import asking, connection, directory, keys, logging, node, tasks
from bus.adopting import Adopting
from bus.clock import Clock, wall_clock
from bus.relay import RECEIPT_DELAY, LoggedAct, Relay
from bus.resending import Resending
from bus.settings import Settings
from bus.signing import Signing
from contracts import documents, subjects
from contracts.cloudevents import FeedAsked
from contracts.envelope import COMMAND_LIMIT_BYTES
from contracts.errors import BarnabusError, Then
from services.agency import AgencyApplication
from services.broker import broker_of, patiently
from services.going_on import named, on_and_on
from services.incoming_post import IncomingPost
from services.taking import Taken
from services.web.address import Address
from services.web.bell import Bell
from services.web.carrying import Webhooks

if TYPE_CHECKING:
    from services.web.door import Door

LOGGED_WITHIN_S = 2.0
"""How long a command's answer waits for the log's stamp before it says "recorded, not yet logged"."""
HEADS_AGAIN_S = 0.2
BEHIND_SAID_EVERY_S = 5.0
_log = structlog.get_logger()


class Adapter:
    """Everything one agency runs. `app` is for FastStream to run; `start` and `stop` do the same inside a process."""

    def __init__(
        self,
        kind: type[AgencyApplication],
        settings: Settings,
        clock: Clock = wall_clock,
        *,
        rest_s: float | None = RECEIPT_DELAY.total_seconds(),
        listen: Address | None = None,
        opened: Callable[[AgencyApplication], None] | None = None,
    ) -> None:
        """`rest_s` is the relay's (`bus.relay.Relay`). With `listen` its own systems can come over HTTP, too.

        `opened` is given the application before anything goes on.
        """
        self._opened = opened
        self.agency = kind.agency
        self._kind = kind
        self._settings = settings
        self._clock = clock
        self._rest_s = rest_s
        self._listen = listen
        self._door: Door | None = None
        self._bell = Bell()
        self._reach = connection.Reach(settings.url_or_default())
        self._tasks: list[asyncio.Task[None]] = []
        self.behind = False
        self._halted = False
        self._resources = contextlib.ExitStack()
        self.broker = broker_of(self.agency, settings, self._reach, self.on_command, self.on_asked, self._on_post)
        self.app = FastStream(
            self.broker,
            logger=None,
            lifespan=self._lifespan,
            on_startup=[self._connect],
            after_startup=[self._go],
            on_shutdown=[self._halt],
        )

    # lifecycle

    @contextlib.asynccontextmanager
    async def _lifespan(self, context: Any = None) -> AsyncIterator[None]:
        """In a process of its own: its log, and the store open around everything else, however that ends."""
        logging.configure(f"adapter-{self.agency}")
        self._open()
        node.keep_what_is_loaded()
        try:
            yield
        finally:
            self._close()

    async def start(self) -> None:
        """Open the store, connect, and take up work. Raises `home.in-use`, `address.unusable`."""
        self._open()
        try:
            await tasks.outcome(self._take_up())
        except BaseException:
            await self.stop()
            raise

    async def _take_up(self) -> None:
        await self._connect()
        await self.broker.start()
        await self._go()

    async def stop(self) -> None:
        try:
            await self._halt()
            await self.broker.stop()
        finally:
            self._close()

    def _open(self) -> None:
        settings, own = self._settings, self._settings.keys(self.agency)
        self._directory = directory.Live(settings)
        settings.url()  # says what to do if no address is known
        vault_key, sealing_keys = keys.read(own / "vault.key"), keys.read_sealing(own)
        self._signing_key = Signing(own, self.agency, lambda: self._directory.now, self._clock)
        self._signing_key()  # without one it does not start
        self.application = self._kind(
            settings.store(self.agency),
            vault_key,
            sealing_keys,
            self._directory,
            alone=True,
        )
        self._resources.callback(self.application.close)
        if self._opened:
            self._opened(self.application)
        self._webhooks = Webhooks(self.application, self._bell)
        if self._listen:
            from services.web.door import Door  # a web server that no adapter without one should wait for

            self._door = Door(self._listen)
            self._resources.callback(self._door.drop)

    @property
    def url(self) -> str | None:
        """Where it listens, if it does."""
        return self._door.url if self._door else None

    async def _connect(self) -> None:
        """Before the subscribers start: what they call must be there."""
        self._nats = await self.broker.connect()
        self.relay = Relay(
            self.agency,
            self.application,
            self.application.store,
            self._signing_key,
            self._directory,
            self._nats,
            self._clock,
            self._tell_void,
            rest_s=self._rest_s,
            adopting=Adopting(self.application.store, self._directory),
        )
        self._resending = Resending(self.agency, self.application.inbox, self.application.outbox, self._nats)
        self.incoming = IncomingPost(self.application, self.relay, self._resending, self.tell, self._bell, self._clock)

    async def _go(self) -> None:
        self._reach.reset()
        await patiently(self._nats.flush)  # only now does the server know the subscriptions
        if self._halted:  # it was told to end while it started
            return
        self._tasks = [
            asyncio.create_task(on_and_on(self.agency, "relay.failed", self._relay)),
            asyncio.create_task(on_and_on(self.agency, "resending.failed", self._resending.run)),
            asyncio.create_task(on_and_on(self.agency, "webhooks.failed", self._webhooks.run)),
        ]
        if self._door:
            from services.web.routes import Routes

            self._door.open(Routes(self.application, self.submit, lambda: self.behind, self._bell))
        _log.info("adapter.ready", agency=self.agency.value, http=self.url)

    async def _relay(self) -> None:
        await self._keep_up_with_the_log()
        await self.relay.run()

    async def _keep_up_with_the_log(self) -> None:
        """Before anything is sent: is this store behind the log, as one restored from a backup would be?"""
        while True:
            try:
                head = await asking.ends(self._nats, self.application.outbox.last_stamp())
            except BarnabusError as error:
                if error.code != "log.unavailable":
                    _log.warning("relay.waiting", agency=self.agency.value, code=error.code)
                await asyncio.sleep(BEHIND_SAID_EVERY_S if error.then is Then.HALT else HEADS_AGAIN_S)
                continue
            self.behind = not self.application.outbox.reaches(head.number, head.digest)
            if not self.behind:
                return
            _log.error("adapter.behind", agency=self.agency.value, log_number=head.number)
            await asyncio.sleep(BEHIND_SAID_EVERY_S)

    async def _halt(self) -> None:
        self._halted = True
        if self._tasks:
            await tasks.end(*self._tasks)
            self._tasks = []
            self.relay.let_go()
        if self._door:
            await self._door.close()

    def _close(self) -> None:
        self._resources.close()

    async def _on_post(self, body: bytes, msg: NatsMessage) -> None:
        await self.incoming.on_post(body, msg)

    async def tell(self, subject: str, document: Mapping[str, Any]) -> None:
        """On NATS, to those of the agency's own systems that listen now; the others read it in the feed."""
        with contextlib.suppress(NatsError):
            await self._nats.publish(subject, json.dumps(document).encode())

    async def _tell_void(self, void: Mapping[str, Any]) -> None:
        self._bell.ring()
        await self.tell(subjects.VOIDED, void)

    # commands

    async def on_command(self, body: bytes) -> bytes:
        """A command from the agency's own system, answered with what became of it."""
        return json.dumps(await self.submit(body)).encode()

    async def on_asked(self, body: bytes) -> bytes:
        """What was told above a number of the feed, for a system that was away."""
        try:
            asked = documents.read(FeedAsked, documents.document(body, limit_bytes=COMMAND_LIMIT_BYTES))
            return json.dumps(self.application.told(asked.after, limit=asked.limit).document()).encode()
        except BarnabusError as error:
            return json.dumps({"error": error.problem()}).encode()
        except Exception as error:  # noqa: BLE001  whoever asks gets an answer
            _log.error("feed.failed", agency=self.agency.value, error=named(error), exc_info=True)
            return json.dumps({"error": BarnabusError("internal").problem()}).encode()

    async def submit(self, body: bytes) -> dict[str, Any]:
        """The answer to a command: logged, or recorded and not yet logged, or a coded error that names the field."""
        try:
            if self.behind:
                raise BarnabusError("adapter.behind")
            try:
                taken = self.application.take(body, self._clock())
            except IntegrityError:  # `barnabus parked retry` wrote to the same handoff meanwhile: decide anew
                taken = self.application.take(body, self._clock())
        except BarnabusError as error:
            _log.info("command.refused", agency=self.agency.value, code=error.code)
            return {"error": error.problem()}
        except Exception as error:  # noqa: BLE001  whatever was sent, the sender gets an answer and the adapter goes on
            _log.error("command.failed", agency=self.agency.value, error=named(error), exc_info=True)
            return {"error": BarnabusError("internal").problem()}
        _log.info("command.recorded", agency=self.agency.value, id=str(taken.id), case_ref=taken.case_ref)
        self.relay.nudge()
        try:
            logged, void = await self._became(taken)
            left_out = self.application.outbox.left_out(taken.id)
        except BarnabusError as error:  # the store has gone away since: recorded it is, and its place is told later
            _log.warning("command.unfollowed", agency=self.agency.value, id=str(taken.id), code=error.code)
            logged, void, left_out = None, None, ()
        return {
            "status": "logged" if logged else "recorded",
            "id": str(taken.id),
            "case_ref": taken.case_ref,
            "repeated": taken.repeated,
            "stamp": logged.stamp.model_dump(mode="json") if logged else None,
            "void": void,
            "left_out": [agency.value for agency in left_out],
        }

    async def _became(self, taken: Taken) -> tuple[LoggedAct | None, str | None]:
        """Where the log put an act, as far as that is known in time, and why it is void, if it is."""
        known = self.application.logged(taken.id) if taken.repeated else None
        logged = known or await self.relay.logged(taken.id, LOGGED_WITHIN_S) or self.application.logged(taken.id)
        return logged, logged.void if logged else self.application.void_of(taken.id)


async def stop(adapters: Iterable[Adapter]) -> None:
    """All at once: where NATS hangs, each waits for it. Raises what the first of them raised, once all have ended."""
    for ended in await asyncio.gather(*(adapter.stop() for adapter in adapters), return_exceptions=True):
        if ended:
            raise ended
