"""A home with everything that runs in it, each a process of its own, and all of it in the test's hands."""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.errors import NotFoundError

from bus import arrivals, connection, directory, node
from bus.clock import wall_clock
from bus.provisioning import GATEWAY, provision, server_config
from bus.server import EmbeddedServer
from bus.settings import Settings
from cli.agencies import OF_THE_FIELD
from contracts import subjects
from contracts.agencies import Agency
from tests.fault.children import Children, alive, naming, parent
from tests.fault.records_system import RecordsSystem
from tests.fault.verdict import Verdict
from tests.fault.waiting import until

GATEWAYS = ("gateway-a", "gateway-b")
ADAPTERS = tuple(agency.value for agency in OF_THE_FIELD)
PROCESSES = (*GATEWAYS, *ADAPTERS)
NATS = "nats-server"
ERROR = '"level": "error"'
"""What kills and cuts may make a process say is a warning at most."""
SILENT_AFTER_S = 1.0
"""A gateway that has not said for so long that it is active counts as not active."""


class House:
    """The server, two gateways and an adapter an agency, by their names: `nats-server`, `gateway-a`, `police` …"""

    def __init__(self, home: Path) -> None:
        self.home = home
        provision(Settings(home=home, nats_url=None), wall_clock())
        self.server = EmbeddedServer(home / "nats", server_config(Settings(home=home, nats_url=None)))
        self.systems: dict[Agency, RecordsSystem] = {}
        self._alive: dict[str, float] = {}
        self._pids: set[int] = set()
        self._said_before: dict[str, int] = {}

    async def open(self) -> None:
        await self.start_nats()
        self.settings = Settings(home=self.home, nats_url=self.server.url)
        await node.prepare(self.settings)
        self.children = Children(self.settings)
        self._nats: Client = await connection.connect(self.settings, GATEWAY, "gateway", patient=False)
        await self._nats.subscribe(subjects.GATEWAY_ALIVE, cb=self._on_alive)
        for agency in OF_THE_FIELD:
            self.systems[agency] = await RecordsSystem.connected(agency, self.settings)
        self.verdict = Verdict(self.settings, self.systems)
        await self.all_up()

    async def close(self) -> None:
        """End everything. Fails if a process of this home is left, or has ever said that something failed."""
        for system in self.systems.values():
            await connection.close(system.nats)
        await connection.close(self._nats)
        await self.children.stop_all()
        await asyncio.to_thread(self.server.stop)
        left = [pid for pid in self._pids | self.children.pids if alive(pid)]
        assert not left, f"Left running: {left}"
        assert not naming(self.home), f"Left running: {naming(self.home)}"
        for name in PROCESSES:
            failures = [line for line in self.log_of(name).splitlines() if ERROR in line or "Traceback" in line]
            assert not failures, f"{name} said: {failures[:3]}"

    async def _on_alive(self, msg: Msg) -> None:
        self._alive["gateway-" + json.loads(msg.data)["name"]] = time.monotonic()

    # what runs

    @property
    def active(self) -> str | None:
        """The gateway that says it is active; None if there is not exactly one."""
        said = [name for name, at in self._alive.items() if time.monotonic() - at < SILENT_AFTER_S]
        return said[0] if len(said) == 1 and self.children.running(said[0]) else None

    async def all_up(self) -> None:
        """Start what does not run, and wait until everything is ready."""
        if not self.server.running:
            await self.start_nats()
        for name in PROCESSES:
            if not self.children.running(name):
                await self.start(name)
        for name in PROCESSES:
            await self.ready(name)
        self._said_before = {name: len(self.log_of(name)) for name in PROCESSES}

    def all_run(self) -> None:
        """Fails with the last words of a process that has ended by itself."""
        for name in PROCESSES:
            self.children.check(name)

    async def start(self, name: str, kill_at: str | None = None, under: str | None = None) -> None:
        """Start a process under its own name or another one."""
        kind, _, which = name.partition("-")
        arguments = ("gateway", "--name", which) if kind == "gateway" else ("adapter", name)
        await self.children.start(under or name, *arguments, kill_at=kill_at)

    async def ready(self, name: str) -> None:
        """Until an adapter answers, or until a gateway is there and some gateway is active."""
        if name in GATEWAYS:
            await until(f"{name} is there", lambda: self._stands(name))
            await until("a gateway is active", lambda: self.active)
        else:
            await until(f"{name} answers", lambda: self._answers(name))

    def _stands(self, name: str) -> bool:
        """A gateway holds the lock of its name before it does anything else."""
        self.children.check(name)
        lock = self.home / "gateway" / f"{name.removeprefix('gateway-')}.lock"
        if not lock.exists():
            return False
        with lock.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    async def _answers(self, name: str) -> bool:
        self.children.check(name)
        return await self.systems[Agency(name)].asks({}) is not None

    # what is done to it

    async def kill(self, *names: str) -> None:
        """SIGKILL to all of these at once."""
        for name in names:
            self.signal(name, signal.SIGKILL)
        for name in names:
            if name == NATS:
                await asyncio.to_thread(self.server.stop)  # waits until it is gone
            else:
                await self.dies(name)

    def signal(self, name: str, wanted: signal.Signals) -> None:
        if name == NATS:
            os.kill(self.server.pid, wanted)
        else:
            self.children.signal(name, wanted)

    async def dies(self, name: str) -> None:
        """Until it has died, by SIGKILL and by nothing else."""
        assert await self.children.end_of(name, 30.0) == -signal.SIGKILL, name

    async def hangs(self, name: str, for_s: float) -> None:
        """It does nothing for a while, and then goes on as if no time had passed."""
        self.signal(name, signal.SIGSTOP)
        try:
            await asyncio.sleep(for_s)
        finally:
            self.signal(name, signal.SIGCONT)

    async def start_nats(self) -> None:
        await asyncio.to_thread(self.server.start)
        self._pids |= {self.server.pid, parent(self.server.pid)}

    async def replace(self, *names: str, kill_at: str | None = None) -> None:
        """Kill these and start them anew."""
        await self.kill(*(name for name in names if self.children.running(name)))
        for name in names:
            await self.start(name, kill_at)

    # what can be seen of it

    async def unacknowledged(self, agency: Agency) -> set[tuple[str, int]]:
        """Letters, by sender and number, that an agency's adapter was given and has not acknowledged."""
        nats = await connection.connect(self.settings, GATEWAY, "provisioner", patient=False)
        try:
            js, stream = nats.jetstream(), subjects.post_stream(agency)
            taken = (await js.consumer_info(stream, subjects.ADAPTER)).delivered
            found = set()
            state = (await js.stream_info(stream)).state
            for sequence in range(state.first_seq, taken.stream_seq + 1):
                with contextlib.suppress(NotFoundError):
                    headers = (await js.get_msg(stream, sequence)).headers or {}
                    if subjects.POSTMARK in headers:
                        mark = arrivals.postmark(headers[subjects.POSTMARK], agency, directory.load(self.settings))
                        found.add((mark.sender.value, mark.number))
            return found
        finally:
            await nats.close()

    def pids(self, *names: str) -> dict[str, int]:
        return {name: self.children.pid(name) for name in names or PROCESSES}

    def pids_of_the_others(self, name: str) -> set[int]:
        """Every process that may run beside one that has ended."""
        others = {self.children.pid(other) for other in PROCESSES if self.children.running(other) and other != name}
        return others | ({self.server.pid, parent(self.server.pid)} if self.server.running else set())

    def log_of(self, name: str) -> str:
        return self.children.log_of(name).read_text(errors="replace")

    def said(self, name: str, what: str) -> bool:
        """Whether a process has said this since the test began."""
        return what in self.log_of(name)[self._said_before.get(name, 0) :]


@contextlib.asynccontextmanager
async def open_house(home: Path) -> AsyncIterator[House]:
    house = House(home)
    try:
        await house.open()
        yield house
    finally:
        await house.close()
