"""`barnabus doctor`: is everything as it must be, and what to do where it is not."""

import asyncio
import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import typer
from nats.aio.client import Client

from bus import asking, connection, directory, keys, signs
from bus.aside import Aside
from bus.clock import wall_clock
from bus.provisioning import GATEWAY
from bus.server import find_binary
from bus.settings import Settings, stores_in_home
from bus.signing import Signing
from cli import lasting, log_health, show
from cli.agencies import APPLICATIONS, opened
from cli.findings import GROUPS, Finding, failed, tried, tried_async
from cli.log import synthetic
from cli.sandbox import control
from cli.submit import ask
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError

AWAY = "not on this machine: neither its keys nor its store is here"


@show.coded
def doctor(as_json: show.AsJson = False) -> None:
    """Check binary, home, keys, NATS, streams, gateway, adapters, keeper and stores; exit 1 if something fails."""
    findings = asyncio.run(_examine(Settings()))
    if as_json:
        show.document(_document(findings))
    else:
        colours = {"ok": "green", "warn": "yellow", "fail": "red"}
        ordered = sorted(findings, key=lambda f: GROUPS.index(f.group))
        rows_ = ((f"[{colours[f.state]}]{f.state}[/]", f.check, f.said, f.next) for f in ordered)
        show.table(("", "check", "finding", "next step"), rows_, empty="")
    if any(f.state == "fail" for f in findings):
        raise typer.Exit(1)


async def examined(settings: Settings) -> dict[str, Any]:
    """What `--json` shows."""
    return _document(await _examine(settings))


def _document(findings: Sequence[Finding]) -> dict[str, Any]:
    rows = [
        {
            "check": f.check,
            "state": f.state,
            "said": f.said,
            "next": f.next,
            "group": f.group,
            "until": f.until.isoformat() if f.until else None,
        }
        for f in sorted(findings, key=lambda f: GROUPS.index(f.group))
    ]
    return {"ok": all(f.state != "fail" for f in findings), "findings": rows}


async def _examine(settings: Settings) -> list[Finding]:
    found = [
        tried("nats-server binary", lambda: str(find_binary())),
        tried("home and directory", lambda: _directory(settings)),
        tried("private keys", lambda: _permissions(settings)),
    ]
    if any(finding.state == "fail" for finding in found):
        return found
    here = [agency for agency in APPLICATIONS if settings.has(agency)]
    whole = settings.keys(GATEWAY).is_dir()
    who = (GATEWAY, "provisioner") if whole else (here[0], "adapter") if here else ("reader", "reader")
    try:
        nats = await connection.connect(settings, *who, patient=False)
    except BarnabusError as error:
        return [*found, failed("NATS", error, "processes")]
    sandbox = _sandbox(settings)
    now = datetime.fromisoformat(sandbox["now"]) if sandbox else wall_clock()
    to_look_at = sandbox is None and await synthetic(settings)
    try:
        reached = f"{settings.url()}, nats-server {_version(nats)}"
        found.append(Finding("NATS", "ok", reached, group="processes"))
        found += await asyncio.to_thread(lasting.encryption, settings, wall_clock())
        if whole:
            found += await log_health.examined(settings, nats, goes_on=not sandbox and not to_look_at)
    finally:
        await connection.close(nats)
    if sandbox or to_look_at:
        stores_in_home()
    if sandbox:
        found.append(Finding("sandbox", "ok", f"it runs, and {sandbox['agency']}'s own system is yours: all made up"))
    if to_look_at:
        found.append(Finding("made-up cases", "ok", "to look at only: no gateway and no adapter runs here"))
    if whole:
        found.append(_signing(settings, GATEWAY, now))
    for agency in APPLICATIONS:
        if agency in here:
            found += await _of_agency(settings, agency, now, goes_on=not to_look_at)
        else:
            found.append(Finding(agency, "ok", AWAY))
    return found


async def _of_agency(settings: Settings, agency: Agency, now: datetime, *, goes_on: bool) -> list[Finding]:
    found = [_signing(settings, agency, now)]
    found.append(tried(f"{agency}: sealing key", partial(_sealing, settings, agency), "keys"))
    if goes_on:
        found.append(await tried_async(f"{agency}: gateway", partial(_gateway, settings, agency), "processes"))
        if agency is Agency.KEEPER:
            found.append(tried(f"{agency}: watch", partial(_watch, settings, now), "processes"))
        else:
            found.append(await tried_async(f"{agency}: adapter", partial(_adapter, settings, agency), "processes"))
    return [*found, *_store(settings, agency)]


def _sandbox(settings: Settings) -> Mapping[str, Any] | None:
    """How the sandbox of this home stands, if one runs there."""
    try:
        return control.ask(settings.home, do="status")
    except BarnabusError:
        return None


def _directory(settings: Settings) -> str:
    keyring = directory.load(settings)
    return f"{settings.home}: {len(keyring.keys)} keys, signed by the root, issued {keyring.issued_at:%Y-%m-%d %H:%M}"


def _signing(settings: Settings, owner: str, now: datetime) -> Finding:
    check, known = f"{owner}: signing key", directory.load(settings)
    try:
        kid = str(Signing(settings.keys(owner), owner, lambda: known, lambda: now)().kid)
    except BarnabusError as error:
        return failed(check, error, "keys")
    return lasting.signing(check, owner, kid, known, now)


def _sealing(settings: Settings, agency: Agency) -> str:
    kid = directory.load(settings).sealing(agency).kid
    if kid not in {key.kid for key in keys.read_sealing(settings.keys(agency))}:
        raise BarnabusError("key.lost", detail=f"{kid}.")
    return f"{kid} is here"


def _permissions(settings: Settings) -> str:
    files = [path for path in (settings.home / "keys").rglob("*") if path.is_file()]
    files += [path for name in ("tls.pem", "route.pem") for path in settings.servers.glob(f"*/{name}")]
    open_ = [path for path in files if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if open_:
        raise BarnabusError("home.exposed", detail=", ".join(str(path) for path in open_[:5]))
    return f"{len(files)} files, readable by their owner only"


def _version(nats: Client) -> str:
    found = nats.connected_server_version
    return f"{found.major}.{found.minor}.{found.patch}"


async def _gateway(settings: Settings, agency: Agency) -> str:
    with opened(agency, settings) as application:
        nats = await connection.connect(settings, agency, "adapter", patient=False)
        try:
            head = await asking.ends(nats, application.outbox.last_stamp())
        finally:
            await connection.close(nats)
        if not application.outbox.reaches(head.number, head.digest):
            raise BarnabusError("adapter.behind", detail=f"The log has number {head.number} of this agency.")
    return f"log at position {head.position}; this agency's chain at {head.number}"


def _watch(settings: Settings, now: datetime) -> str:
    sign = signs.last(settings.keeper)
    if sign is None:
        raise BarnabusError("keeper.silent")
    if silence := sign.silence(now):
        raise BarnabusError("keeper.silent", detail=silence)
    return f"position {sign.position}, {sum(owed.n for owed in sign.owed)} duties are owed"


async def _adapter(settings: Settings, agency: Agency) -> str:
    await ask(settings, agency, b"", on=subjects.FEED)  # refused, and so answered; a sandbox counts commands
    return "answers"


def _store(settings: Settings, agency: Agency) -> list[Finding]:
    try:
        with opened(agency, settings) as application:
            waiting, parked, gaps = application.outbox.waiting(), application.inbox.parked(), application.inbox.gaps()
            aside = Aside(application.store).all()
    except BarnabusError as error:
        return [failed(f"{agency}: store", error, "stores")]
    found = []
    if waiting:
        found.append(
            Finding(
                f"{agency}: outbox",
                "warn",
                f"number {waiting.number} waits for the log",
                "If it stays: read the adapter's log.",
            )
        )
    if aside:
        types = ", ".join(sorted({one.type for one in aside}))
        said = f"for a gateway that knows them wait {len(aside)} of its acts, and what is behind them: {types}"
        found.append(Finding(f"{agency}: set aside", "warn", said, "Update the gateway: they go out by themselves."))
    if parked:
        found.append(Finding(f"{agency}: parked", "warn", f"{len(parked)} letters", f"barnabus parked list {agency}"))
    for sender, numbers in gaps.items():
        found.append(
            Finding(f"{agency}: missing", "warn", f"letters {numbers[0]}… of {sender}", "They are asked for again.")
        )
    if not found:
        found = [Finding(f"{agency}: store", "ok", "nothing waits, nothing is parked, no gap in what came")]
    return [replace(one, group="stores") for one in found]
