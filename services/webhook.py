"""Webhooks by the Standard Webhooks specification: an address that takes signed JSON, and how it is asked."""

import asyncio
import hmac
from base64 import b64encode
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated, Literal, Self
from uuid import UUID

import httpx
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from contracts.tiers import Frozen
from services import trust
from services.named_files import Authority, SigningSecret


def url(text: str) -> str:
    """As it is. Raises ValueError for what is no address of a web server, or says more than one."""
    try:
        parsed = httpx.URL(text)
    except httpx.InvalidURL:
        raise ValueError("this is no URL") from None
    if parsed.scheme not in ("https", "http") or not parsed.host or parsed.userinfo or parsed.fragment:
        raise ValueError("this is no https:// URL with a host, or it holds a user, a password or a #")
    if _nobodys(parsed.host):
        raise ValueError("this address is no server's: of the link alone, of many, or of none")
    return text


def _nobodys(host: str) -> bool:
    """Where clouds answer their own machines, among others. A name is not looked up: it can change."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_link_local or address.is_multicast or address.is_unspecified


def loopback(host: str) -> bool:
    """Does what is said to this host stay on this machine?"""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


NO_SPACE = r"^[!-~]{1,2000}$"
Url = Annotated[str, StringConstraints(pattern=NO_SPACE), AfterValidator(url)]
Seconds = Annotated[float, Field(ge=1, le=60)]


class Webhook(Frozen):
    """An address that takes signed JSON. Without encryption only on this machine, or where `tls = "none"` says so."""

    url: Url
    secret: Annotated[SigningSecret, Field(alias="secret_file")]
    tls: Literal["none"] | None = None
    ca_file: Authority | None = None
    timeout_s: Seconds = 10

    @model_validator(mode="after")
    def _encrypted_unless_spelled_out(self) -> Self:
        asked = httpx.URL(self.url)
        if asked.scheme == "http" and not loopback(asked.host) and self.tls != "none":
            raise ValueError('a http:// URL is not encrypted: use https://, or say so with tls = "none"')
        if asked.scheme == "https" and self.tls == "none":
            raise ValueError('tls = "none" beside a https:// URL')
        return self


def signature(secret: bytes, message_id: UUID, timestamp: int, body: bytes) -> str:
    """By the specification, version 1; `timestamp` in seconds since 1970."""
    signed = hmac.digest(secret, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{b64encode(signed).decode()}"


def client(hook: Webhook) -> httpx.AsyncClient:
    """For one message or several, one after another."""
    return httpx.AsyncClient(
        verify=trust.trusting(hook.ca_file),
        trust_env=False,  # no proxy and no password that somebody left in the environment
        follow_redirects=False,
        timeout=hook.timeout_s,
    )


async def post(hook: Webhook, message_id: UUID, body: bytes, now: datetime) -> None:
    """One message, as `hand` does."""
    async with client(hook) as opened:
        await hand(opened, hook, message_id, body, now)


async def hand(
    opened: httpx.AsyncClient,
    hook: Webhook,
    message_id: UUID,
    body: bytes,
    now: datetime,
    *,
    media: str = "application/json",
) -> None:
    """Done when it was answered with success; what else the answer says is not read. Raises `trust.NotTaken`."""
    timestamp = int(now.timestamp())
    headers = {
        "content-type": media,
        "user-agent": "barnabus",
        "webhook-id": str(message_id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(hook.secret.get_secret_value(), message_id, timestamp, body),
    }
    try:
        async with (
            asyncio.timeout(hook.timeout_s),
            opened.stream("POST", hook.url, content=body, headers=headers) as answer,
        ):
            status = answer.status_code
    except (TimeoutError, httpx.TimeoutException):
        raise trust.silent(hook.timeout_s) from None
    except httpx.TransportError as error:
        if encrypting := trust.ssl_error(error):
            raise trust.untrusted(encrypting) from None
        raise trust.unreachable() from None
    if not 200 <= status < 300:
        raise trust.refused(status)
