"""What drills of recovery compare before and after: every agency's standings, and the log, as digests."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import pytest
from typer.testing import CliRunner, Result

from bus import seal
from bus.audit import audit
from bus.log import Logged
from bus.settings import Settings
from cli.agencies import opened
from cli.main import app
from contracts.agencies import Agency
from projections.case_log import case_log
from tests.builders import POLICE, SOCIAL, on, refer
from tests.living import Bus


@dataclass(frozen=True, slots=True)
class Picture:
    """The log entry by entry, and what each agency believes of every handoff in it."""

    log: tuple[tuple[str, str], ...]  # the record's digest and its stamp
    standings: dict[Agency, str]
    received: dict[tuple[str, str, int], datetime | None]  # when each letter was first signed for

    @classmethod
    async def of(cls, bus: Bus, *, but: str | None = None) -> "Picture":
        """As it is now; `but` is a handoff of which not everybody has heard yet."""
        log = await bus.living.log()
        held = tuple((entry.digest, entry.stamp.model_dump_json()) for entry in log)
        received = {letter: delivery.received_at for letter, delivery in case_log(log).deliveries.items()}
        return cls(held, standings(bus.settings, log, but), received)


def standings(settings: Settings, log: Iterable[Logged], but: str | None) -> dict[Agency, str]:
    """A digest of each agency's standings of all handoffs, read from its own store."""
    handoffs, found = sorted(one for one in case_log(log).standings() if str(one) != but), {}
    for agency in (POLICE, SOCIAL):
        with opened(agency, settings) as application:
            known = [application.standing(handoff) for handoff in handoffs]
            found[agency] = seal.digest(seal.dump([standing and standing.document() for standing in known]))
    return found


def lost(settings: Settings, log: Iterable[Logged]) -> list[str]:
    """What the audit misses."""
    facts = {}
    for agency in (POLICE, SOCIAL):
        with opened(agency, settings) as application:
            facts[agency] = application.facts()
    found = audit(facts, log)
    return [*found.lost, *([found.broken] if found.broken else [])]


async def goes_on(bus: Bus) -> str:
    """One referral through its loop and back, and everybody has signed. Its id."""
    made = str((await bus.police.do(refer()))["id"])
    await bus.social.hears(made)
    accepted = await bus.social.do(on(SOCIAL, "referral.accept", made))
    await bus.police.hears(accepted["id"])
    await bus.settled()
    return made


def at_hand(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home that commands work on; those inside this process leave its logging as it is."""
    monkeypatch.setenv("BARNABUS_HOME", str(settings.home))
    monkeypatch.delenv("BARNABUS_NATS_URL", raising=False)
    monkeypatch.setattr("bus.logging.configure", lambda _: None)
    monkeypatch.setattr("bus.resending.LOOK_EVERY_S", 0.2)
    monkeypatch.setattr("bus.restoring.LISTEN_S", 0.3)


async def command(*words: str) -> Result:
    """One `barnabus …` of an operator, in the home that the environment names."""
    return await asyncio.to_thread(CliRunner().invoke, app, list(words))
