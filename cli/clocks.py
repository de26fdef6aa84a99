"""`barnabus doctor`, the part of it that compares clocks: of servers and gateways with this machine's, and of agencies.

Time limits go by the log's clock, which is the gateway's; what an agency claims is believed up to it, and no further
(contracts/dated.py). One that is behind cannot be told from an act that waited: of that nothing is said.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from nats.aio.client import Client

from bus.clock import Clock
from bus.directory import Directory
from bus.log import LogReader, verify
from bus.streams import INFO_TIMEOUT_S
from cli.findings import Finding
from contracts import subjects
from contracts.agencies import Agency

APART = timedelta(seconds=1)
"""From here on a difference is worth a look."""
FAR_APART = timedelta(seconds=60)
"""From here on it fails: what is shown to the minute is wrong (D)."""
SET_IT = "Set this machine's clock and theirs by the same time servers (chrony, systemd-timesyncd)."


async def examined(nats: Client, log: LogReader, keyring: Directory, clock: Clock) -> list[Finding]:
    """Of a log that goes on; raises what NATS and the log raise."""
    asked = clock()
    answer = json.loads(
        (await nats.request(f"$JS.API.STREAM.INFO.{subjects.CASES}", b"{}", timeout=INFO_TIMEOUT_S)).data
    )
    answered = clock()
    found = [server(datetime.fromisoformat(answer["ts"]), asked, answered)]
    last, ahead = await log.last(), list[tuple[str, timedelta]]()
    if last and (entry := await log.get(last)):
        found.append(gateway(verify(entry, keyring).stamp.logged_at, clock()))
    for agency in Agency:
        if entry := await log.last_of(f"case.*.{agency}.>"):
            logged = verify(entry, keyring)
            ahead.append((agency.value, logged.record.time - logged.stamp.logged_at))
    return [*found, *agencies(ahead)]


def server(said: datetime, asked: datetime, answered: datetime) -> Finding:
    """Its clock as it answered, at some moment between our asking and its answer."""
    earliest, latest = said - answered, said - asked
    apart = max(earliest, -latest, timedelta(0))
    way = "ahead of" if earliest > timedelta(0) else "behind"
    return _finding("NATS: clock", apart, f"{_s(apart)} {way} this machine's")


def gateway(logged_at: datetime, now: datetime) -> Finding:
    """Only ahead can be told: the last entry can be as old as it likes."""
    return _finding("gateway: clock", logged_at - now, f"{_s(logged_at - now)} ahead of this machine's")


def agencies(ahead: Sequence[tuple[str, timedelta]]) -> Iterator[Finding]:
    """By how much each one's last word says that its system recorded it after the log had it."""
    for agency, apart in ahead:
        yield _finding(f"{agency}: clock", apart, f"its last record is {_s(apart)} ahead of the log")


def _finding(check: str, apart: timedelta, said: str) -> Finding:
    if apart <= APART:
        return Finding(check, "ok", "agrees, as far as can be told", group="clocks")
    return Finding(check, "fail" if apart > FAR_APART else "warn", said, SET_IT, group="clocks")


def _s(apart: timedelta) -> str:
    return f"{apart.total_seconds():.1f} s"
