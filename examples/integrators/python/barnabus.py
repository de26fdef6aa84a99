"""All that an agency's own system needs of Barnabus: connect, ask, hear. It is plain NATS and JSON."""

import asyncio
import contextlib
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

HOME = Path(os.environ.get("BARNABUS_HOME", "barnabus-home"))
VERSION = "1.0"  # of the types that these programs were written for: newer adapters go on understanding it
ANSWER_WITHIN_S = 5.0  # the adapter waits up to two seconds for the log
ASK_AGAIN_AFTER_S = 1.0
TRIES = 20
LOOK_AGAIN_AFTER_S = 30.0  # also where no bell was heard

Document = dict[str, Any]


class Refused(Exception):
    """A command was refused, and nothing recorded: `problem` holds code, message, hint and perhaps field, detail."""

    def __init__(self, problem: Document) -> None:
        super().__init__(problem["message"])
        self.problem = problem


class Kept:
    """What must outlive a power cut: what was dealt with, and each command from before it is sent. Here it is files.

    A real system keeps both in its database, each in the transaction of what it did.
    """

    def __init__(self, folder: Path) -> None:
        self._commands = folder / "commands"
        self._commands.mkdir(parents=True, exist_ok=True)
        self._log = folder / "dealt-with.jsonl"
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        noted = [found for found in map(_document, lines) if found]
        self.ids = {line["id"] for line in noted}
        self.feed = noted[-1]["feed"] if noted else 0

    def command(self, name: str, made: Callable[[], Document]) -> Document:
        """The command of this name, the very same until it is forgotten."""
        path = self._commands / f"{name}.json"
        if not path.exists():
            aside = path.with_suffix(".new")
            _write(aside, json.dumps(made()), "w")
            aside.replace(path)  # whole, or not there
        found: Document = json.loads(path.read_text())
        return found

    def forget(self, begins: str) -> None:
        for path in self._commands.glob(f"{begins}*"):
            path.unlink()

    def dealt_with(self, item: Document) -> None:
        """From now on this item is known, and the commands that came of it need not be kept."""
        self.feed = item["feed"]
        self.ids.add(item["id"])
        _write(self._log, "\n" + json.dumps({"feed": item["feed"], "id": item["id"]}), "a")
        self.forget(item["data"]["id"])


def _document(line: str) -> Document | None:
    try:
        found: Document = json.loads(line)
    except ValueError:
        return None  # the power was cut while it was written
    return found


def _write(path: Path, text: str, how: str) -> None:
    with path.open(how) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _servers() -> list[str]:
    """Those that the environment names, or the home: a production's, or the one that runs there."""
    if named := os.environ.get("BARNABUS_NATS_URL"):
        return named.split(",")
    production = HOME / "nats.urls"
    return (production if production.exists() else HOME / "run" / "nats.url").read_text().split()


class System:
    """One agency's own system: a connection that comes back by itself, and what it has kept."""

    def __init__(self, agency: str) -> None:
        self.agency = agency
        self.kept = Kept(HOME / f"example-{agency}")
        self._client = Client()
        self._bell = asyncio.Event()

    async def __aenter__(self) -> Self:
        servers = _servers()
        encrypted = servers[0].startswith("tls://")
        await self._client.connect(
            servers,
            # the handshake comes first: else whoever is in between could say that none is needed
            tls=ssl.create_default_context(cafile=HOME / "ca.pem") if encrypted else None,
            tls_handshake_first=encrypted,
            nkeys_seed_str=(HOME / "keys" / self.agency / "system.nk").read_text().strip(),
            inbox_prefix="_INBOX.system",  # elsewhere this user may hear no answer
            name=f"example-{self.agency}",
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            error_cb=_silent,  # the two below say it
            disconnected_cb=self._away,
            reconnected_cb=self._back,
        )
        for subject in ("adapter.letters.>", "adapter.voided"):
            await self._client.subscribe(subject, cb=self._ring)
        await self._client.flush()  # the server knows of both before anything is said
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.drain()

    async def _away(self) -> None:
        if not (self._client.is_closed or self._client.is_draining):  # it is no end of our own making
            say("the server is away")

    async def _back(self) -> None:
        say("the server is back")
        self._bell.set()

    async def _ring(self, _: Msg) -> None:
        self._bell.set()

    async def ask(self, command: Document) -> Document:
        """Hand a command over. Without an answer the very same goes again: its id makes that harmless.

        Raises `Refused`.
        """
        for _ in range(TRIES):
            answer = await self._request("adapter.submit", command)
            if answer:
                return answer  # status "logged"; or "recorded": safe in the adapter's store, the log follows
            say("no answer, so the same command goes again")
            await asyncio.sleep(ASK_AGAIN_AFTER_S)
        raise ConnectionError(f"no answer after {TRIES} tries")

    async def told(self) -> AsyncIterator[Document]:
        """All that this agency is told, each item once and in order, also what was told while nobody listened.

        What is heard live is a bell: what it rings for stands in the feed. An item is dealt with when the next one is
        asked for; what was not is told again after a start.
        """
        after = self.kept.feed
        while True:
            self._bell.clear()
            page = await self._page(after)
            for item in page["items"]:
                if item["id"] not in self.kept.ids:
                    yield item
                    self.kept.dealt_with(item)
            after = page["next"]
            if not page["items"]:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_AGAIN_AFTER_S):
                        await self._bell.wait()

    async def _page(self, after: int) -> Document:
        while True:
            try:
                page = await self._request("adapter.feed", {"after": after})
            except Refused as refused:
                if refused.problem["code"] != "feed.ahead":
                    raise
                say("the adapter's store was put back: everything is read again, and what is known is passed over")
                after, page = 0, None
            if page:
                return page
            await asyncio.sleep(ASK_AGAIN_AFTER_S)

    async def _request(self, subject: str, asked: Document) -> Document | None:
        try:
            said = await self._client.request(subject, json.dumps(asked).encode(), timeout=ANSWER_WITHIN_S)
        except NatsError:
            if self._client.is_closed:
                raise
            return None  # nobody listens, or it took too long: perhaps it was recorded, perhaps not
        answer: Document = json.loads(said.data)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer


async def _silent(_: Exception) -> None: ...


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def command(verb: str, post: Document, data: Document) -> Document:
    """A new command. Keep it until it is answered: after a crash the same one, with the same id, goes again."""
    now = datetime.now(UTC).isoformat()
    return {
        "command": verb,
        "version": VERSION,
        "id": str(uuid4()),
        "clocks": {"occurred": now, "known": now, "recorded": now},  # when it happened, was known, was written down
        "legal_basis": "protection-duty",
        "post": post,
        "data": data,
    }


def readable(item: Document) -> bool:
    """Is it a letter of a version that these programs were written for? Of another one somebody has to be told."""
    version = item["data"].get("version", VERSION)
    if version.partition(".")[0] == VERSION.partition(".")[0]:
        return True
    say(f"set aside: {item['type']} {version}, item {item['feed']}, is newer than this program")
    return False
