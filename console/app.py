"""The console as an application: which page stands at which path, for whom, with its JSON twin beside it."""

import contextlib
from collections.abc import Awaitable, Callable

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from console import looking, openapi, pages
from console.accesses import Accesses
from console.accounts import Accounts
from console.asked import TWIN, Asked, language_of, link
from console.catalogue import Catalogue
from console.gate import Gate
from console.live import Live
from console.looking import Looking
from console.pages import Page
from console.parked import Parked
from console.releases import Releases
from console.roles import SEES, Part
from console.shown import Shown
from console.signing_in import SigningIn
from console.sources import Sources
from contracts import web
from contracts.errors import BarnabusError

STREAM = "/live"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_BY_STATUS = {404: "path.unknown", 405: "method.not-allowed"}
_log = structlog.get_logger()
Show = Callable[[Asked], Awaitable[Page]]


class Console:
    """`behind_tls`: see console/signing_in.py. `app` is what a door opens on; its streams end once `closing` is set."""

    def __init__(self, sources: Sources, accounts: Accounts, *, behind_tls: bool) -> None:
        assert accounts.nobodys  # made before the first try, so that this one takes as long as any
        self._signing_in = SigningIn(accounts, behind_tls)
        self._shown = Shown(sources)
        self._looking = Looking(sources)
        self._accesses = Accesses(sources)
        self._parked = Parked(sources)
        self._releases = Releases(sources.checkout)
        self._catalogue = Catalogue(self._releases)
        self._live = Live(self._shown.mark, self._signing_in.still)
        self.closing = self._live.closing
        self.app: ASGIApp = Starlette(
            routes=[
                Route("/", self._home),
                Route("/sign-in", self._signing_in.show, methods=["GET"]),
                Route("/sign-in", self._signing_in.sign_in, methods=["POST"]),
                Route("/sign-out", self._sign_out, methods=["POST"]),
                Route("/language", self._signing_in.choose_language, methods=["POST"]),
                Route("/static/{name}", _static),
                Route(STREAM, self._stream),
                Route(openapi.PATH, self._description),
                *self._page("/flow", Part.FLOW, self._shown.flow),
                *self._page("/duties", Part.DUTIES, self._shown.duties),
                *self._page("/handoffs", Part.HANDOFFS, self._shown.handoffs),
                *self._page("/handoffs/{id}", Part.HANDOFFS, self._shown.handoff),
                Route("/cases", self._look, methods=["POST"]),
                *self._page("/cases", Part.CASES, self._looking.form),
                *self._page("/cases/{number}", Part.CASES, self._looking.case),
                *self._page("/cases/{number}/records/{position}", Part.CASES, self._looking.record),
                *self._page("/parked", Part.PARKED, self._parked.page),
                *self._page("/accesses", Part.ACCESSES, self._accesses.log),
                *self._page("/health", Part.HEALTH, self._shown.health),
                *self._page("/contracts", Part.CONTRACTS, self._catalogue.every),
                *self._page("/contracts/changes", Part.CONTRACTS, self._releases.changes),
                *self._page("/contracts/{type}", Part.CONTRACTS, self._catalogue.one),
            ],
            middleware=[Middleware(Gate, behind_tls=behind_tls, streams=(STREAM,))],
            exception_handlers={BarnabusError: self._on_coded, HTTPException: self._on_status},
        )

    async def look_ahead(self) -> None:
        """Begin with what takes long, before anybody asks."""
        with contextlib.suppress(BarnabusError):  # whoever asks is told
            await self._shown.mark()

    async def close(self) -> None:
        """End what is being found out; streams end with `closing`."""
        self.closing.set()
        await self._shown.end()
        await self._parked.end()

    def _page(self, path: str, part: Part, show: Show) -> list[Route]:
        async def answer(request: Request) -> Response:
            asked = self._signing_in.asked(request)
            asked.may_see(part)
            return pages.drawn(asked, await show(asked))

        return [Route(f"{path}{TWIN}", answer, methods=["GET"]), Route(path, answer, methods=["GET"])]

    async def _home(self, request: Request) -> Response:
        account = self._signing_in.asked(request).account
        return RedirectResponse(f"/{SEES[account.role][0]}" if account else "/sign-in", 303)

    async def _sign_out(self, request: Request) -> Response:
        found = await self._signing_in.sign_out(request)
        self._looking.looks.end(self._signing_in.session_of(request))
        return found

    async def _look(self, request: Request) -> Response:
        asked = self._signing_in.asked(request)
        asked.may_see(Part.CASES)
        return await self._looking.begin(asked, await self._signing_in.form(request, looking.FORM_LIMIT_BYTES))

    async def _description(self, request: Request) -> Response:
        if self._signing_in.asked(request).account is None:
            raise BarnabusError("session.missing")
        return Response(openapi.committed(), media_type=web.JSON)

    async def _stream(self, request: Request) -> Response:
        account = self._signing_in.still(request)
        if account is None:
            raise BarnabusError("session.missing")
        if Part.FLOW not in SEES[account.role]:
            raise BarnabusError("role.not-allowed")
        return self._live.told(request, account)

    def _on_coded(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, BarnabusError)
        asked = self._signing_in.asked(request) if error.code not in _OF_ACCOUNTS else _nobody(request)
        if error.code == "session.missing" and not asked.twin and request.url.path != STREAM:
            return RedirectResponse(link("/sign-in", next=asked.here), 303)
        if error.code == "look.missing" and not asked.twin:
            return RedirectResponse(looking.begin_again(asked), 303)
        _log.info("console.refused", path=request.scope["path"], code=error.code)
        return pages.failed(asked, error)

    def _on_status(self, request: Request, error: Exception) -> Response:
        """What the framework itself refuses."""
        assert isinstance(error, HTTPException)
        found = self._on_coded(request, BarnabusError(_BY_STATUS.get(error.status_code, "internal")))
        for name, value in (error.headers or {}).items():  # which methods there are
            found.headers[name] = value
        return found


_OF_ACCOUNTS = ("accounts.damaged", "accounts.exposed")
"""Then nobody can be known."""


def _nobody(request: Request) -> Asked:
    return Asked(request, None, language_of(request), "")


async def _static(request: Request) -> Response:
    """By its file's name: only those that there are."""
    name = request.path_params["name"]
    try:
        content: bytes = pages.static(name)
    except KeyError:
        raise HTTPException(404) from None
    kept = {"cache-control": "public, max-age=31536000, immutable" if request.url.query else "no-cache"}
    return Response(content, media_type=_TYPES[f".{name.rpartition('.')[2]}"], headers=kept)
