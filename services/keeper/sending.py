"""Hands an alarm over, as an e-mail or to a webhook: certificates are checked, and everything ends in time."""

import asyncio
import contextlib
import hmac
import smtplib
import socket
import ssl
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from threading import Event
from typing import assert_never
from uuid import UUID

import httpx

from bus import faults
from contracts.errors import BarnabusError
from services.keeper import wording
from services.keeper.alarms import Alarm
from services.keeper.reach import WAYS_AT_MOST, Mailbox, Reach, Server, Webhook

_THREADS = ThreadPoolExecutor(max_workers=WAYS_AT_MOST, thread_name_prefix="mail")
"""Of our own: a mail server that hangs keeps nobody else from the threads that asyncio has for all."""

_NOT_FOR_THIS_HOST = (62, 64)
"""What OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH are."""


async def send(reach: Reach, alarm: Alarm, now: datetime) -> None:
    """Done when whoever it is for has taken it.

    Raises `alarm.nobody`, `alarm.unreachable`, `alarm.untrusted`, `alarm.refused`; what they say holds no address.
    """
    link = reach.link_to(alarm.duty_id)
    match reach.target(alarm.agency, alarm.way):
        case Mailbox(address=to, server=server):
            await mail(server, to, wording.letter(alarm, link, server.sender, to))
        case Webhook() as hook:
            await webhook(hook, alarm.id, wording.document(alarm, link), now)
        case other:
            assert_never(other)
    faults.point("alarm.sent")


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Certificates and host names are checked, by the system's authorities or by those in this file alone."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname, context.verify_mode = True, ssl.CERT_REQUIRED
    return context


# e-mail


async def mail(server: Server, to: str, message: EmailMessage) -> None:
    """Done when the server has taken the message. Raises as `send` does."""
    session, given_up = _session(server), Event()
    try:
        async with asyncio.timeout(server.timeout_s):
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(_THREADS, _hand_over, session, given_up, server, to, message)
    except TimeoutError:
        raise _silent(server.timeout_s) from None
    except ssl.SSLError as error:
        raise _untrusted(error) from None
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(*(code for code, _ in error.recipients.values())) from None
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code) from None
    except smtplib.SMTPNotSupportedError:
        raise BarnabusError("alarm.refused", detail="It takes no password.") from None
    except OSError:  # which everything else of smtplib is, too
        raise BarnabusError("alarm.unreachable") from None
    finally:
        given_up.set()
        if sock := session.sock:  # the thread still waits for an answer
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def _session(server: Server) -> smtplib.SMTP:
    """Not connected yet, so that it can be broken off at any time."""
    own_name = server.sender.rpartition("@")[
        2
    ]  # said in the greeting; else it would be looked up, for as long as takes
    session: smtplib.SMTP
    if server.tls == "implicit":
        context = _trusting(server.ca_file)
        session = smtplib.SMTP_SSL(local_hostname=own_name, timeout=server.timeout_s, context=context)
    else:
        session = smtplib.SMTP(local_hostname=own_name, timeout=server.timeout_s)
    session._host = server.host  # type: ignore[attr-defined]  # whose certificate is checked; else known from connecting
    return session


def _hand_over(session: smtplib.SMTP, given_up: Event, server: Server, to: str, message: EmailMessage) -> None:
    try:
        code, _ = session.connect(server.host, server.port)
        if code != 220:
            raise BarnabusError("alarm.refused", detail=f"It answers {code}.")
        if server.tls == "starttls":
            _encrypt(session, _trusting(server.ca_file))
        if server.user and server.password:
            session.login(server.user, server.password.get_secret_value())
        if not given_up.is_set():
            session.send_message(message, from_addr=server.sender, to_addrs=[to])
            session.putcmd("quit")  # the message is theirs: whatever they answer to that changes nothing
    finally:
        session.close()


def _encrypt(session: smtplib.SMTP, context: ssl.SSLContext) -> None:
    """From here on encrypted, or not at all."""
    session.ehlo_or_helo_if_needed()
    if not session.has_extn("starttls"):
        raise BarnabusError("alarm.untrusted", detail="It offers no STARTTLS.")
    code, _ = session.starttls(context=context)
    if code != 220:
        raise BarnabusError("alarm.untrusted", detail=f"It answers {code} to STARTTLS.")


# webhooks


def signature(secret: bytes, message_id: UUID, timestamp: int, body: bytes) -> str:
    """By the Standard Webhooks specification, version 1; `timestamp` in seconds since 1970."""
    signed = hmac.digest(secret, f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{b64encode(signed).decode()}"


async def webhook(hook: Webhook, message_id: UUID, body: bytes, now: datetime) -> None:
    """Done when it was answered with success; what else the answer says is not read. Raises as `send` does."""
    timestamp = int(now.timestamp())
    headers = {
        "content-type": "application/json",
        "user-agent": "barnabus",
        "webhook-id": str(message_id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(hook.secret.get_secret_value(), message_id, timestamp, body),
    }
    try:
        async with (
            asyncio.timeout(hook.timeout_s),
            httpx.AsyncClient(
                verify=_trusting(hook.ca_file),
                trust_env=False,  # no proxy and no password that somebody left in the environment
                follow_redirects=False,
                timeout=hook.timeout_s,
            ) as client,
            client.stream("POST", hook.url, content=body, headers=headers) as answer,
        ):
            status = answer.status_code
    except (TimeoutError, httpx.TimeoutException):
        raise _silent(hook.timeout_s) from None
    except httpx.TransportError as error:
        if encrypting := _ssl_error(error):
            raise _untrusted(encrypting) from None
        raise BarnabusError("alarm.unreachable") from None
    if not 200 <= status < 300:
        raise _refused(status)


def _ssl_error(error: BaseException | None) -> ssl.SSLError | None:
    """The one that an error was raised from, however many libraries it went through."""
    while error and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error if isinstance(error, ssl.SSLError) else None


# what went wrong, in words that name nobody


def _silent(within_s: float) -> BarnabusError:
    return BarnabusError("alarm.unreachable", detail=f"It did not answer within {within_s:g} s.")


def _refused(*answers: int) -> BarnabusError:
    return BarnabusError("alarm.refused", detail=f"It answers {', '.join(map(str, answers))}.")


def _untrusted(error: ssl.SSLError) -> BarnabusError:
    """Of a certificate that is not for this host, OpenSSL says for which."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return BarnabusError("alarm.untrusted", detail=f"{error.reason}.")
    other = error.verify_code in _NOT_FOR_THIS_HOST
    said = "its certificate is for another host" if other else error.verify_message
    return BarnabusError("alarm.untrusted", detail=f"{said[0].upper()}{said[1:]}.")
