"""A run of the kit: a sandbox, the system beside it, and one check after the other."""

import contextlib
import shlex
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

from bus.settings import Settings
from cli.conformance import asking, hearing, troubling
from cli.conformance.outcome import Check, Outcome, failed, not_seen
from cli.conformance.stand import Stand, Way
from cli.conformance.target import Target
from cli.conformance.transcript import Transcript
from cli.conformance.wire import HOST, wired
from cli.sandbox import running
from contracts.agencies import Agency
from contracts.errors import Refused
from contracts.releasing.consumers import Consumer
from services.systems import Hook
from services.web.address import ANYWHERE, Address

CHECKS = (
    hearing.caught_up,
    hearing.asked,
    hearing.told,
    troubling.twice,
    troubling.out_of_order,
    troubling.withdrawal_crosses_acceptance,
    troubling.newer_version,
    troubling.newer_major_version,
    troubling.unknown_type,
    troubling.largest_letter,
    troubling.lost_answer,
    troubling.line_cut,
    troubling.power_cut,
    asking.asks,
    hearing.hears,
    asking.sends,
    asking.refusals,
)
"""In the order in which they look: the first one learns what the system acts on, the last ones sum up."""
PAUSE_S = 0.1
"""Before a counterpart does something: a kit has no reader to wait for."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What is tried, and how. `target` and `asks` are command lines, of which at least one is given."""

    agency: Agency
    target: str | None
    asks: str | None
    declared: Consumer | None
    way: Way
    within_s: float
    hook: Hook | None = None
    listen: Address = ANYWHERE


def named(names: Iterable[str]) -> list[Check]:
    """These checks, in the kit's order, and the first one in any case; all if none is named.

    Raises Refused `option.invalid`.
    """
    wanted, there = set(names), [one.name for one in CHECKS]
    if unknown := wanted - set(there):
        raise Refused("option.invalid", field="--check", detail=f"{min(unknown)}. There are: {', '.join(there)}.")
    return [one for one in CHECKS if not wanted or one.name in wanted or one is CHECKS[0]]


async def run(
    tried: Tried, checks: Iterable[Check], home: Path, output: Path
) -> AsyncGenerator[tuple[Check, Outcome], None]:
    """Each outcome as it comes.

    Raises `home.not-new`, `nats.failed`, `address.unusable`, and Refused `option.invalid` for what cannot be started.
    """
    async with _stood(tried, home, output) as stand:
        for check in checks:
            for outcome in await _looked(check, stand):
                yield check, outcome


@contextlib.asynccontextmanager
async def _stood(tried: Tried, home: Path, output: Path) -> AsyncIterator[Stand]:
    settings, transcript = Settings(home=home, nats_url=None, alarms=None), Transcript()
    async with (
        running.at_work(
            settings, tried.agency, {}, transcript.add, pause_s=PAUSE_S, listen=tried.listen, hook=tried.hook
        ) as sandbox,
        wired(_port(sandbox.url)) as nats,
        wired(_port(sandbox.http)) as http,
    ):
        environment = {
            "BARNABUS_HOME": str(home),
            "BARNABUS_NATS_URL": f"nats://{HOST}:{nats.port}",
            "BARNABUS_HTTP": f"http://{HOST}:{http.port}",
            "BARNABUS_TOKEN": sandbox.token,
        }
        target, asks = (
            Target(shlex.split(line), environment, output) if line else None for line in (tried.target, tried.asks)
        )
        try:
            yield Stand(
                sandbox, transcript, (nats, http), target, asks, tried.declared, tried.way, tried.within_s, tried.hook
            )
        finally:
            for one in (target, asks):
                if one:
                    await one.end()


async def _looked(check: Check, stand: Stand) -> list[Outcome]:
    if not check.alone and stand.works is None:
        return [not_seen("it acts on nothing that it is asked, so this cannot be seen")]
    try:
        if not check.alone:
            await stand.at_work()
        return list(await check.look(stand))
    except TimeoutError:
        return [failed("the agency's own adapter was not told a letter in time: this machine is too busy")]
    finally:
        stand.as_usual()


def _port(url: str) -> int:
    return int(url.rpartition(":")[2].rstrip("/"))
