"""What an adapter answers over HTTP: each route is one function, and all meet in the application's own calls."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import cache
from importlib import resources
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from contracts import web
from contracts.catalogue import COMMANDS
from contracts.errors import BarnabusError, Refused
from services.agency import AgencyApplication
from services.systems import System, Systems
from services.telling import Page
from services.web import answers, gate
from services.web.bell import Bell
from services.web.incoming import incoming
from services.web.listening import AT_ONCE, Listening

Submit = Callable[[bytes], Awaitable[dict[str, Any]]]


class Routes:
    """`submit` takes a command as NATS would; `behind` says whether the store is behind the log."""

    def __init__(self, application: AgencyApplication, submit: Submit, behind: Callable[[], bool], bell: Bell) -> None:
        self._application = application
        self._systems = Systems(application.store)
        self._submit = submit
        self._behind = behind
        self._bell = bell
        self._streams = gate.Streams()
        self.closing = asyncio.Event()
        """Set when the adapter ends: streams end with it."""
        app = Starlette(
            routes=[
                Route(web.EVENTS, self._events, methods=["POST"]),
                Route(web.LETTERS, self._letters, methods=["GET"]),
                Route(web.STREAM, self._stream, methods=["GET"]),
                Route(web.HEALTH, self._health, methods=["GET"]),
                Route(web.DESCRIPTION, _description, methods=["GET"]),
                Route(f"{web.SCHEMAS}/{{name}}", _schema, methods=["GET"]),
            ],
            middleware=[Middleware(gate.Gate)],
            exception_handlers={
                BarnabusError: gate.on_coded,
                HTTPException: gate.on_status,
            },
        )
        app.router.redirect_slashes = False  # it would send to whatever host the request names
        self.app: ASGIApp = app

    def _system(self, request: Request) -> System:
        """Who asks. Looked up each time, so that whom somebody removed is refused at once."""
        return self._systems.bearing(request.headers.get("authorization"))

    async def _events(self, request: Request) -> Response:
        system = self._system(request)
        found = incoming(request.headers, await gate.body(request))
        entry = COMMANDS.get(str(found.command.get("command")))
        if entry and entry.type not in system.sends:
            raise Refused("token.out-of-scope", field=f"{found.at}command")
        return answers.taken(await self._submit(found.raw), found.at)

    async def _letters(self, request: Request) -> Response:
        system = self._system(request)
        _only(request, "after", "limit")
        after = _number(request.query_params.get("after", "0"), "after")
        limit = _number(request.query_params.get("limit", str(web.PAGE_LIMIT)), "limit")
        if not 1 <= limit <= web.PAGE_LIMIT:
            raise Refused("field.invalid", field="limit", detail=f"It is 1 to {web.PAGE_LIMIT}.")
        return answers.document(self._told(system, after, limit).document())

    def _told(self, system: System, after: int, limit: int) -> Page:
        return self._application.told(after, limit=limit, types=system.hears.types)

    async def _health(self, request: Request) -> Response:
        if self._behind():
            return answers.failed(BarnabusError("adapter.behind"))
        found = {"status": "ok", "agency": self._application.agency.value, "feed": self._application.feed.end()}
        return answers.document(found)

    async def _stream(self, request: Request) -> Listening:
        system = self._system(request)
        _only(request, "after")
        last = request.headers.get("last-event-id") or request.query_params.get("after", "0")
        after = _number(last, "Last-Event-ID" if "last-event-id" in request.headers else "after")
        self._told(system, after, 1)  # refused before the stream begins
        return Listening(
            lambda number: self._told(self._system(request), number, AT_ONCE),
            after,
            self._bell,
            self.closing,
            self._streams.one_of(system.name),
        )


def _only(request: Request, *known: str) -> None:
    if unknown := sorted(set(request.query_params) - set(known)):
        raise Refused("field.unknown", field=unknown[0][:40])


def _number(text: str, field: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise Refused("field.invalid", field=field, detail="It is a whole number, and not below 0.")
    return int(text)


async def _description(request: Request) -> Response:
    return answers.document(_file("openapi.json"))


async def _schema(request: Request) -> Response:
    """By its file's name: only those that there are."""
    name = request.path_params["name"]
    if name not in _schemas():
        raise HTTPException(404)
    return answers.document(_file("schemas", name))


@cache
def _schemas() -> frozenset[str]:
    return frozenset(path.name for path in resources.files("contracts").joinpath("schemas").iterdir())


@cache
def _file(*names: str) -> Any:
    return json.loads(resources.files("contracts").joinpath(*names).read_text(encoding="utf-8"))
