"""Signing in and out, and choosing a language: the only forms that change anything, and that is who looks and how."""

import asyncio
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qsl

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console import gate
from console.accounts import Account, Accounts
from console.asked import LANGUAGE_COOKIE, Asked, language_of
from console.pages import Page, drawn
from console.roles import SEES
from console.sessions import WHOLE_S, Sessions
from console.tries import Tries
from console.words import Language
from contracts.errors import BarnabusError, Refused

COOKIE, COOKIE_BEHIND_TLS = "barnabus", "__Host-barnabus"
"""Of a session; the second has the prefix by which a browser takes it from nobody else."""
LANGUAGE_KEPT_S = 365 * 24 * 3600
HASHED_AT_ONCE = 2
"""A look at a password takes 64 MiB: more at once would let anybody use up the machine."""
WAITING_AT_MOST = 16
_log = structlog.get_logger()


@dataclass(slots=True)
class SigningIn:
    """`behind_tls`: TLS ends at a proxy before this, so cookies go by TLS alone, and the proxy says who asks."""

    accounts: Accounts
    behind_tls: bool
    sessions: Sessions = field(default_factory=Sessions)
    tries: Tries = field(default_factory=Tries)
    _hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HASHED_AT_ONCE))
    _waiting: int = 0

    @property
    def session_cookie(self) -> str:
        return COOKIE_BEHIND_TLS if self.behind_tls else COOKIE

    @property
    def visit_cookie(self) -> str:
        """Of who has not signed in, so that no other site can send the form to sign in."""
        return f"{self.session_cookie}-visit"

    def asked(self, request: Request) -> Asked:
        """Who asks, and that this counts as using the console."""
        account, cookie = self._account(request, seen=True), self._form_cookie(request)
        token = self.sessions.form_token(cookie) if cookie else ""
        return Asked(request, account, language_of(request), token, self.session_of(request) if account else "")

    def session_of(self, request: Request) -> str:
        """What stands for the session of whoever asks; whoever knows it can do nothing by it."""
        return sha256(request.cookies.get(self.session_cookie, "").encode()).hexdigest()

    def still(self, request: Request) -> Account | None:
        """Who it was that asked, if it still may; nobody is taken to be at work by that."""
        return self._account(request, seen=False)

    def _account(self, request: Request, *, seen: bool) -> Account | None:
        session_id = request.cookies.get(self.session_cookie)
        session = self.sessions.of(session_id, self.accounts.all().get, seen=seen) if session_id else None
        return session.account if session else None

    def _form_cookie(self, request: Request) -> str | None:
        return request.cookies.get(self.session_cookie) or request.cookies.get(self.visit_cookie)

    async def form(self, request: Request, limit_bytes: int = gate.FORM_LIMIT_BYTES) -> Mapping[str, str]:
        """What was sent with a form that this process made for this browser. Raises Refused `form.stale`."""
        body = await gate.body(request, limit_bytes)
        said = dict(parse_qsl(body.decode(errors="replace"), max_num_fields=10))
        cookie = self._form_cookie(request)
        wanted = self.sessions.form_token(cookie) if cookie else secrets.token_hex()
        from_here = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
        if not from_here or not hmac.compare_digest(wanted.encode(), said.get("form", "").encode()):
            raise Refused("form.stale")
        return said

    async def show(self, request: Request) -> Response:
        asked = self.asked(request)
        if asked.account:
            return _to(_home(asked.account))
        cookie = request.cookies.get(self.visit_cookie) or secrets.token_urlsafe(24)
        asked = Asked(request, None, asked.words, self.sessions.form_token(cookie))
        found = self._page(asked, request.query_params.get("next", ""))
        self._set(found, self.visit_cookie, cookie, int(WHOLE_S))
        found.delete_cookie(self.session_cookie, httponly=True, samesite="strict", secure=self.behind_tls)
        return found

    async def sign_in(self, request: Request) -> Response:
        said, asked = await self.form(request), self.asked(request)
        after = said.get("next", "")
        try:
            account = await self._verified(said.get("name", ""), said.get("password", ""), self._address(request))
        except BarnabusError as error:
            if error.code not in ("sign-in.refused", "sign-in.too-many"):
                raise
            _log.warning("console.sign-in-refused", code=error.code)
            return self._page(asked, after, error)
        _log.info("console.signed-in", role=account.role.value)
        if previous := request.cookies.get(self.session_cookie):
            self.sessions.end(previous)
        found = _to(after if _leads_inside(after) else _home(account))
        self._set(found, self.session_cookie, self.sessions.begin(account), int(WHOLE_S))
        return found

    async def sign_out(self, request: Request) -> Response:
        await self.form(request)
        if session_id := request.cookies.get(self.session_cookie):
            self.sessions.end(session_id)
        found = _to("/sign-in")
        found.delete_cookie(self.session_cookie, httponly=True, samesite="strict", secure=self.behind_tls)
        return found

    async def choose_language(self, request: Request) -> Response:
        said = await self.form(request)
        after = said.get("next", "")
        found = _to(after if _leads_inside(after) else "/")
        if said.get("language") in list(Language):
            self._set(found, LANGUAGE_COOKIE, said["language"], LANGUAGE_KEPT_S)
        return found

    async def _verified(self, name: str, password: str, address: str) -> Account:
        """Raises `sign-in.refused`, `sign-in.too-many`."""
        name = name.strip().lower()[:64]
        self.tries.begin(name, address)
        if self._waiting >= WAITING_AT_MOST:
            raise BarnabusError("sign-in.too-many")
        self._waiting += 1
        try:
            async with self._hashing:
                account = await asyncio.to_thread(self.accounts.verified, name, password)
        finally:
            self._waiting -= 1
        self.tries.went_well(name, address)
        return account

    def _address(self, request: Request) -> str:
        """The last one that is named in the header is the one that the proxy itself has seen."""
        forwarded = request.headers.get("x-forwarded-for", "") if self.behind_tls else ""
        return forwarded.rpartition(",")[2].strip()[:64] or (request.client.host if request.client else "")

    def _page(self, asked: Asked, after: str, error: BarnabusError | None = None) -> Response:
        said = {"next": after if _leads_inside(after) else "", "error": error.problem() if error else None}
        return drawn(asked, Page("sign-in.html", said, status=error.row.http if error else 200))

    def _set(self, response: Response, name: str, value: str, kept_s: int) -> None:
        response.set_cookie(name, value, kept_s, path="/", secure=self.behind_tls, httponly=True, samesite="strict")


def _home(account: Account) -> str:
    return f"/{SEES[account.role][0]}"


def _leads_inside(address: str) -> bool:
    """Is it a page of this console? A browser reads two slashes, or a backslash, as another machine."""
    return address.startswith("/") and address.isprintable() and "//" not in address and "\\" not in address


def _to(address: str) -> Response:
    return RedirectResponse(address, 303)
