"""Real servers that take what alarms send: one for e-mail, one for webhooks. A test says how they answer."""

import asyncio
import contextlib
import ssl
import warnings
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

HOST = "127.0.0.1"
USER, PASSWORD = "barnabus", "s3cret"


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(slots=True)
class Post:
    """`refusal` is what a message is answered with instead of being taken; while `answers` is not set, nothing is."""

    port: int = 0
    refusal: str | None = None
    answers: asyncio.Event = field(default_factory=_set)
    taken: list[Envelope] = field(default_factory=list)
    asked: int = 0
    signed_in: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        self.asked += 1
        await self.answers.wait()
        if self.refusal:
            return self.refusal
        self.taken.append(envelope)
        return "250 taken"

    def authenticate(self, server: SMTP, session: Any, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data == LoginPassword(USER.encode(), PASSWORD.encode())
        if right:
            self.signed_in.append(USER)
        return AuthResult(success=right, handled=False)

    def letters(self) -> list[EmailMessage]:
        return [_letter(envelope) for envelope in self.taken]


def _letter(envelope: Envelope) -> EmailMessage:
    assert isinstance(envelope.content, bytes)
    found = message_from_bytes(envelope.content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


@contextlib.asynccontextmanager
async def post(
    *, starttls: ssl.SSLContext | None = None, implicit: ssl.SSLContext | None = None, password: bool = False
) -> AsyncIterator[Post]:
    """A mail server. With `starttls` it takes nothing unencrypted, and with `password` nothing from strangers."""
    found = Post()

    def session() -> SMTP:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # a password in the open: on purpose
            return SMTP(
                found,
                hostname="mail.test",
                tls_context=starttls,
                require_starttls=starttls is not None,
                authenticator=found.authenticate,
                auth_required=password,
                auth_require_tls=starttls is not None,
                loop=asyncio.get_running_loop(),
            )

    server = await asyncio.get_running_loop().create_server(session, HOST, 0, ssl=implicit)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        found.answers.set()
        server.close()


@dataclass(frozen=True, slots=True)
class Request:
    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Hooks:
    """`answer` is the status line and what follows it; while `answers` is not set, nothing is answered."""

    port: int = 0
    answer: str = "204 No Content"
    answers: asyncio.Event = field(default_factory=_set)
    requests: list[Request] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            line, *more = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in more)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.requests.append(Request(line, headers, body))
            await self.answers.wait()
            writer.write(f"HTTP/1.1 {self.answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def hooks(*, tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[Hooks]:
    """A server for webhooks."""
    found = Hooks()
    server = await asyncio.start_server(found.serve, HOST, port, ssl=tls)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        found.answers.set()
        server.close()
