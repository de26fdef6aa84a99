"""Ways into an adapter and out of it, as an agency's own system goes them: NATS, HTTP in three forms, a stream."""

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import httpx
from nats.aio.client import Client

from bus.clock import wall_clock
from contracts import subjects, web
from contracts.agencies import Agency
from services.systems import ALL, Hook, Scope, System, Systems, hearable, sendable
from tests.living import LOOK_EVERY_S, Living, eventually
from tests.receivers import HOST, Hooks, hooks

NOTHING: Mapping[str, str] = MappingProxyType({})


def let_in(
    home: Living, agency: Agency, name: str = "records", sends: str = ALL, hears: str = ALL, hook: Hook | None = None
) -> str:
    """Let a system in, through the store of its agency's adapter. Its token."""
    application = home.application(agency)
    scope = Scope.of(sends.split(), sendable(), "--sends"), Scope.of(hears.split(), hearable(), "--hears")
    return Systems(application.store).add(System(name, *scope, wall_clock(), hook, application.feed.end()))


def client(home: Living, agency: Agency, token: str | None) -> httpx.AsyncClient:
    url = home.adapters[agency].url
    assert url
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=10)


SECRET = b"a secret of thirty-two bytes long"


def secret_file(folder: Path) -> Path:
    path = folder / "hook.secret"
    path.touch(0o600)
    path.write_text(f"whsec_{base64.b64encode(SECRET).decode()}")
    return path


class In(Protocol):
    """A way in. The answer is the document that NATS gives: a problem stands under `error`."""

    async def ask(self, command: Mapping[str, Any]) -> dict[str, Any]: ...


@dataclass(slots=True)
class OverNats:
    home: Living
    agency: Agency

    async def ask(self, command: Mapping[str, Any]) -> dict[str, Any]:
        nats = await self.home.connect(self.agency, "system")
        answer = await nats.request(subjects.COMMAND, json.dumps(command).encode(), timeout=10)
        found: dict[str, Any] = json.loads(answer.data)
        return found


@dataclass(slots=True)
class OverHttp:
    """The three forms: `plain`, `structured`, `binary`."""

    home: Living
    agency: Agency
    form: str
    token: str
    status: int = 0

    async def ask(self, command: Mapping[str, Any], headers: Mapping[str, str] = NOTHING) -> dict[str, Any]:
        async with client(self.home, self.agency, self.token) as http:
            body, said = spoken(command, self.form)
            answer = await http.post(web.EVENTS, content=body, headers={**said, **headers})
        self.status = answer.status_code
        found: dict[str, Any] = answer.json()
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == web.PROBLEM
            field_name = found.get("field")
            if self.form == "structured" and field_name:  # the command lies one deeper there
                found["field"] = field_name.removeprefix("data.")
            return {"error": found}
        return found


def spoken(command: Mapping[str, Any], form: str) -> tuple[bytes, dict[str, str]]:
    """A command's body and headers in a form."""
    event = {"specversion": "1.0", "id": command.get("id"), "source": "/records", "type": command.get("command")}
    if form == "structured":
        return json.dumps({**event, "data": command}).encode(), {"content-type": web.STRUCTURED}
    headers = {f"ce-{name}": str(value) for name, value in event.items()} if form == "binary" else {}
    return json.dumps(command).encode(), {"content-type": web.JSON, **headers}


def way_in(name: str, home: Living, agency: Agency) -> In:
    if name == "nats":
        return OverNats(home, agency)
    return OverHttp(home, agency, name, let_in(home, agency, f"in-{name}"))


@dataclass(slots=True)
class Listener:
    """Hears the stream until it is left: items with the event ids under which they came."""

    heard: list[dict[str, Any]] = field(default_factory=list)
    comments: int = 0

    async def listen(self, http: httpx.AsyncClient, headers: Mapping[str, str]) -> None:
        async with http.stream("GET", web.STREAM, headers=dict(headers), timeout=None) as answer:
            answer.raise_for_status()
            assert answer.headers["content-type"].startswith(web.SSE)
            last = ""
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    last = value
                elif name == "data":
                    item = json.loads(value)
                    assert last == str(item["feed"])
                    self.heard.append(item)
                elif not name and value:
                    self.comments += 1


@contextlib.asynccontextmanager
async def listening(http: httpx.AsyncClient, **headers: str) -> AsyncIterator[Listener]:
    found = Listener()
    task = asyncio.create_task(found.listen(http, {name.replace("_", "-"): value for name, value in headers.items()}))
    try:
        yield found
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def read_on(http: httpx.AsyncClient, after: int = 0) -> list[dict[str, Any]]:
    """The whole feed above a number, page by page."""
    found = list[dict[str, Any]]()
    while True:
        answer = await http.get(web.LETTERS, params={"after": after})
        answer.raise_for_status()
        page = answer.json()
        found += page["items"]
        if not page["items"]:
            return found
        after = page["next"]


async def has_heard(listener: Listener, letter_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any]:
        return next((item for item in listener.heard if item["data"]["id"] == letter_id), {})

    return await eventually(look)


class Out(Protocol):
    """A way out: the documents that a system was told that way so far."""

    async def told(self) -> list[dict[str, Any]]: ...


@dataclass(slots=True)
class ByNats:
    """Hears while it listens, and asks what was told before."""

    nats: Client
    heard: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    async def of(cls, home: Living, agency: Agency) -> "ByNats":
        found = cls(await home.connect(agency, "system"))

        async def on_message(msg: Any) -> None:
            found.heard.append(json.loads(msg.data))

        for subject in (f"{subjects.LETTERS}.>", subjects.VOIDED):
            await found.nats.subscribe(subject, cb=on_message)
        await found.nats.flush()
        return found

    async def told(self) -> list[dict[str, Any]]:
        return list(self.heard)


@dataclass(slots=True)
class ByAsking:
    """Over NATS, what was told before it came."""

    nats: Client

    async def told(self) -> list[dict[str, Any]]:
        found, after = list[dict[str, Any]](), 0
        while True:
            asked = json.dumps({"after": after, "limit": 2}).encode()
            page = json.loads((await self.nats.request(subjects.FEED, asked, timeout=10)).data)
            if not page["items"]:
                return found
            found += [item["data"] for item in page["items"]]
            after = page["next"]


@dataclass(slots=True)
class ByPages:
    http: httpx.AsyncClient

    async def told(self) -> list[dict[str, Any]]:
        return [item["data"] for item in await read_on(self.http)]


@dataclass(slots=True)
class ByStream:
    listener: Listener

    async def told(self) -> list[dict[str, Any]]:
        return [item["data"] for item in self.listener.heard]


@dataclass(slots=True)
class ByWebhook:
    hooks: Hooks

    async def told(self) -> list[dict[str, Any]]:
        return [json.loads(request.body)["data"] for request in self.hooks.requests]


@contextlib.asynccontextmanager
async def way_out(name: str, home: Living, agency: Agency, folder: Path, port: int = 0) -> AsyncIterator[Out]:
    """With a port: the server of a webhook that is known already comes up there."""
    if name == "nats":
        yield await ByNats.of(home, agency)
    elif name == "asking":
        yield ByAsking(await home.connect(agency, "system"))
    elif name == "webhook":
        async with hooks(port=port) as found:
            if not port:
                let_in(home, agency, "out", hook=Hook(f"http://{HOST}:{found.port}/in", secret_file(folder)))
            yield ByWebhook(found)
    else:
        async with client(home, agency, let_in(home, agency, "out")) as http:
            if name == "pages":
                yield ByPages(http)
            else:
                async with listening(http) as listener:
                    yield ByStream(listener)


async def hears(out: Out, wanted: Callable[[dict[str, Any]], bool], within_s: float = 15.0) -> dict[str, Any]:
    """Wait until it was told of something."""
    end = time.monotonic() + within_s
    while True:
        if found := [one for one in await out.told() if wanted(one)]:
            return found[0]
        assert time.monotonic() < end, "it was never told"
        await asyncio.sleep(LOOK_EVERY_S)
