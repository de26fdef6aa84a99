"""The console over a home whose read models hold a made-up log, and somebody who signs in to it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher

from bus.settings import Settings
from cli import doctor
from cli.console import sources_of
from console.accounts import Accounts
from console.app import Console
from console.roles import Role
from console.sources import Sources
from contracts import places, protocol
from projections.view import LIVE, Place
from tests.views import fold, made_up_log

PASSWORD = "a long enough password"
PLACES = Path(__file__).with_name("places.toml")
"""Of the made-up log's towns."""
ENTRIES = 3_000
AT = "http://console.test"


def read_models(settings: Settings, entries: int = ENTRIES) -> None:
    place = Place.of(settings)
    place.begin(LIVE)
    fold(place, made_up_log(entries) if entries else [])


def of_home(home: Path) -> Accounts:
    """As the command has them, but hashed in no time: a test is no attack."""
    return Accounts(home / "console" / "accounts.json", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def accounts(home: Path) -> Accounts:
    """One in each role, of its name."""
    found = of_home(home)
    for role in Role:
        found.add(role.value, role, PASSWORD)
    return found


def sources(settings: Settings) -> Sources:
    """As `barnabus console` has them; no server runs in the home, unless the test has started one."""

    async def examined() -> dict[str, Any]:
        return await asyncio.to_thread(lambda: asyncio.run(doctor.examined(settings)))

    return sources_of(settings, protocol.read(None), places.read(PLACES), examined)


def console(settings: Settings, known: Accounts, *, behind_tls: bool = False) -> Console:
    return Console(sources(settings), known, behind_tls=behind_tls)


@asynccontextmanager
async def visited(found: Console, at: str = AT, **more: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without JavaScript, as it were; English unless it says otherwise."""
    headers = {"accept-language": "en", **more.pop("headers", {})}
    transport = httpx.ASGITransport(found.app, client=more.pop("client", ("192.0.2.7", 4711)))
    async with httpx.AsyncClient(transport=transport, base_url=at, headers=headers, **more) as browser:
        yield browser


def form_of(page: str) -> str:
    """What has to come back with a form of this page."""
    found = re.search(r'name="form" value="(\w+)"', page)
    assert found
    return found[1]


async def sign_in(
    browser: httpx.AsyncClient, name: str = "operator", password: str = PASSWORD, after: str = ""
) -> httpx.Response:
    page = (await browser.get("/sign-in")).text
    said = {"form": form_of(page), "name": name, "password": password, "next": after}
    return await browser.post("/sign-in", data=said)


async def look_into(browser: httpx.AsyncClient, case_ref: str, **said: str) -> httpx.Response:
    """As the form sends it; what is not said is said as most would."""
    page = (await browser.get("/cases")).text
    usual = {"purpose": "inspection", "words": "review of March", "next": "", "emergency": ""}
    return await browser.post("/cases", data={"form": form_of(page), "case_ref": case_ref} | usual | said)
