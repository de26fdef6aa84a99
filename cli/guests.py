"""Whoever looks at a demo: the console over its homes, and an account in each role whose password is made for it."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from bus import node
from bus.clock import wall_clock
from bus.settings import Settings
from cli import console, granting, leave, read_models, telling
from console.roles import BY_CREDENTIAL
from console.roles import Role as Account
from contracts.agencies import Agency
from contracts.credential import CASES_LIMIT
from contracts.errors import BarnabusError
from contracts.vocabulary.people import Role
from services.web.address import ANYWHERE, HOST, Address

WATCHER = "inspector-1"
PORT = int(console.PORT)
_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
"""None that is taken for another when it is typed from a screen."""
_GROUPS, _OF_EACH = 4, 4
SignIns = Mapping[Account, str]
"""Each role's password; the name to sign in with is the role's own."""


async def to_stories(
    running: contextlib.AsyncExitStack, settings: Settings, cases: Sequence[Mapping[str, Any]], *, as_json: bool
) -> dict[str, Any]:
    """Serve the console over the stories until `running` ends, and say how to look around.

    Its address and who may sign in, for the demo's document.
    """
    sign_ins, refs = new_sign_ins(), [case["case_ref"] for case in cases]
    file = _credential(settings, refs[:CASES_LIMIT]) if refs else None
    opening = _opened(settings, sign_ins, PORT, leave.text(file) if file else "")
    url = await running.enter_async_context(opening)
    if not as_json:
        case_ref = max(cases, key=lambda case: len(case["holdings"]))["case_ref"] if cases else None
        telling.console(url, sign_ins, case_ref)
        if case_ref and file:
            telling.what_to_try(settings.home, case_ref, file)
    return {"url": url, "year_url": None, "sign_ins": dict(sign_ins)}


async def to_year(running: contextlib.AsyncExitStack, settings: Settings, sign_ins: SignIns, *, as_json: bool) -> str:
    """Likewise over the year's home, for the same people: its address.

    None of them has a credential there: its cases are made up, and open without one. The address names this machine
    otherwise than the first, for a browser keeps one session for all ports of a name.
    """
    await running.enter_async_context(node.embedded(settings))
    url = (await running.enter_async_context(_opened(settings, sign_ins, PORT + 1))).replace(HOST, "localhost")
    if not as_json:
        telling.console_of_year(url)
    return url


def new_sign_ins() -> SignIns:
    """78 random bits each: nobody guesses one while a demo lasts."""
    return {role: "-".join(_word() for _ in range(_GROUPS)) for role in Account}


def _word() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_OF_EACH))


def _credential(settings: Settings, refs: Sequence[str]) -> Path:
    """For whoever watches: of oversight, which no bypass keeps out of a case."""
    folder, day = settings.home / "investigators" / WATCHER, timedelta(days=1)
    return granting.give(settings, folder, WATCHER, Agency.OVERSIGHT, Role.INSPECTOR, refs, wall_clock(), day)[1]


@contextlib.asynccontextmanager
async def _opened(settings: Settings, sign_ins: SignIns, port: int, credential: str = "") -> AsyncIterator[str]:
    """Read models and console over a home whose server runs; at this port, or at a free one if it is taken."""
    await asyncio.to_thread(_admit, settings, sign_ins, credential)
    async with contextlib.AsyncExitStack() as running:
        await running.enter_async_context(read_models.at_work(settings))
        yield await _at(running, settings, Address(HOST, port), ANYWHERE)


def _admit(settings: Settings, sign_ins: SignIns, credential: str) -> None:
    """In a thread: a good hash takes a quarter of a second."""
    known = console.accounts_of(settings)
    for role, password in sign_ins.items():
        known.add(role.value, role, password, credential if role in BY_CREDENTIAL else "")


async def _at(running: contextlib.AsyncExitStack, settings: Settings, address: Address, *otherwise: Address) -> str:
    try:
        return await running.enter_async_context(console.at_work(settings, address, behind_tls=False))
    except BarnabusError as error:
        if error.code != "address.unusable" or not otherwise:
            raise
    return await _at(running, settings, *otherwise)
