"""What a sandbox is told to do while it runs, and how it stands."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bus import signs
from bus.settings import Settings
from cli.agencies import OF_THE_FIELD
from cli.sandbox import clock as clocks
from cli.sandbox.behaving import Behaviour
from cli.sandbox.clock import Ahead
from cli.sandbox.counterpart import Counterpart
from cli.sandbox.owing import Owing
from cli.sandbox.report import Report
from cli.sandbox.watched import Watched
from contracts.agencies import Agency
from contracts.errors import Refused
from contracts.vocabulary.asking import Service
from projections import owed

DECIDED_WITHIN_S = 15.0
DECIDED_AGAIN_S = 0.1


@dataclass(slots=True)
class Sandbox:
    settings: Settings
    url: str
    me: Agency
    clock: Ahead
    own: Watched
    report: Report
    counterparts: Mapping[Agency, Counterpart]
    owing: Owing
    begun: datetime
    working: "tuple[asyncio.Task[None], ...]"
    """What must go on; each ends only with what stops it."""
    http: str
    """Where the agency's own adapter listens."""
    token: str = field(repr=False)

    async def ended(self) -> None:
        """Wait until something of it ends by itself, and raise what it ended with."""
        done, _ = await asyncio.wait(self.working, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            one.result()

    async def do(self, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """What it is told on its socket. Raises Refused, naming what there is instead."""
        match wanted:
            case {"do": "status"}:
                return self.status()
            case {"do": "behave", "agency": str(name), "behaviour": str(how)}:
                self._counterpart(name).behave(behaviour(how))
                return self.status()
            case {"do": "ask", "by": str(name), "service": service}:
                wants = _service(service) if service else None
                answer = await self._counterpart(name).ask(self.me, wants)
                return {name: answer[name] for name in ("id", "case_ref", "status", "stamp")}
            case {"do": "forward", "span": str(span)}:
                return await self.forward(span)
        raise Refused("option.invalid")

    async def forward(self, span: str) -> Mapping[str, Any]:
        """Move the clock, and wait until the keeper has decided what that makes due: `decided`, whether it has."""
        then = self.clock.forward(clocks.span(span))
        self.report.line("forward", by=span)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DECIDED_WITHIN_S):
                while not self._decided(then):  # noqa: ASYNC110  it is a file that says so
                    await asyncio.sleep(DECIDED_AGAIN_S)
        return self.status() | {"decided": self._decided(then)}

    def _decided(self, then: datetime) -> bool:
        sign = signs.last(self.settings.keeper)
        decided = sign is not None and sign.decided_at is not None and sign.decided_at >= then
        return decided and self.owing.as_of is not None and self.owing.as_of >= then

    def status(self) -> dict[str, Any]:
        return {
            "agency": self.me.value,
            "home": str(self.settings.home),
            "url": self.url,
            "http": self.http,
            "token": self.token,
            "now": self.clock().isoformat(),
            "ahead_s": self.clock.by.total_seconds(),
            "behaves": {name.value: one.behaviour.value for name, one in self.counterparts.items()},
            **self.report.counts(),
            "open": self.report.open(),
            "owed": [owed.row(one) for one in self.owing.now],
        }

    def _counterpart(self, name: str) -> Counterpart:
        return self.counterparts[counterpart(self.me, name)]


def counterpart(me: Agency, name: str) -> Agency:
    """Raises Refused `agency.unknown`, listing the counterparts."""
    others = [agency for agency in OF_THE_FIELD if agency is not me]
    if name not in others:
        raise Refused("agency.unknown", detail=f"Counterparts: {', '.join(others)}.")
    return Agency(name)


def behaviour(name: str) -> Behaviour:
    """Raises Refused `option.invalid`, listing those that there are."""
    if name not in list(Behaviour):
        raise Refused("option.invalid", field="BEHAVIOUR", detail=f"There are: {', '.join(Behaviour)}.")
    return Behaviour(name)


def _service(name: Any) -> Service:
    if name not in list(Service):
        raise Refused("option.invalid", field="--service", detail=f"There are: {', '.join(Service)}.")
    return Service(name)
