"""Hands an alarm over, as an e-mail or to a webhook: certificates are checked, and everything ends in time."""

import asyncio
import contextlib
import smtplib
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.message import EmailMessage
from threading import Event
from typing import assert_never

from bus import faults
from contracts.errors import BarnabusError
from services import trust, webhook
from services.keeper import wording
from services.keeper.alarms import Alarm
from services.keeper.reach import WAYS_AT_MOST, Mailbox, Reach, Server
from services.trust import NotTaken, Why
from services.webhook import Webhook

_THREADS = ThreadPoolExecutor(max_workers=WAYS_AT_MOST, thread_name_prefix="mail")
"""Of our own: a mail server that hangs keeps nobody else from the threads that asyncio has for all."""


async def send(reach: Reach, alarm: Alarm, now: datetime) -> None:
    """Done when whoever it is for has taken it.

    Raises `alarm.nobody`, `alarm.unreachable`, `alarm.untrusted`, `alarm.refused`; what they say holds no address.
    """
    try:
        await _hand_to(reach, alarm, now)
    except NotTaken as error:
        match error.why:
            case Why.UNREACHABLE:
                raise BarnabusError("alarm.unreachable", detail=error.detail) from None
            case Why.UNTRUSTED:
                raise BarnabusError("alarm.untrusted", detail=error.detail) from None
            case Why.REFUSED:
                raise BarnabusError("alarm.refused", detail=error.detail) from None
    faults.point("alarm.sent")


async def _hand_to(reach: Reach, alarm: Alarm, now: datetime) -> None:
    link = reach.link_to(alarm.duty_id)
    match reach.target(alarm.agency, alarm.way):
        case Mailbox(address=to, server=server):
            await mail(server, to, wording.letter(alarm, link, server.sender, to))
        case Webhook() as hook:
            await webhook.post(hook, alarm.id, wording.document(alarm, link), now)
        case other:
            assert_never(other)


# e-mail


async def mail(server: Server, to: str, message: EmailMessage) -> None:
    """Done when the server has taken the message. Raises `NotTaken`."""
    session, given_up = _session(server), Event()
    try:
        async with asyncio.timeout(server.timeout_s):
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(_THREADS, _hand_over, session, given_up, server, to, message)
    except TimeoutError:
        raise trust.silent(server.timeout_s) from None
    except ssl.SSLError as error:
        raise trust.untrusted(error) from None
    except smtplib.SMTPRecipientsRefused as error:
        raise trust.refused(*(code for code, _ in error.recipients.values())) from None
    except smtplib.SMTPResponseException as error:
        raise trust.refused(error.smtp_code) from None
    except smtplib.SMTPNotSupportedError:
        raise NotTaken(Why.REFUSED, "It takes no password.") from None
    except OSError:  # which everything else of smtplib is, too
        raise trust.unreachable() from None
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
        context = trust.trusting(server.ca_file)
        session = smtplib.SMTP_SSL(local_hostname=own_name, timeout=server.timeout_s, context=context)
    else:
        session = smtplib.SMTP(local_hostname=own_name, timeout=server.timeout_s)
    session._host = server.host  # type: ignore[attr-defined]  # whose certificate is checked; else known from connecting
    return session


def _hand_over(session: smtplib.SMTP, given_up: Event, server: Server, to: str, message: EmailMessage) -> None:
    try:
        code, _ = session.connect(server.host, server.port)
        if code != 220:
            raise trust.refused(code)
        if server.tls == "starttls":
            _encrypt(session, trust.trusting(server.ca_file))
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
        raise NotTaken(Why.UNTRUSTED, "It offers no STARTTLS.")
    code, _ = session.starttls(context=context)
    if code != 220:
        raise NotTaken(Why.UNTRUSTED, f"It answers {code} to STARTTLS.")
