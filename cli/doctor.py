"""`barnabus doctor`: is everything as it must be, and what to do where it is not."""

import asyncio
import stat
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import typer
from nats.aio.client import Client
from nats.errors import Error as NatsError

from bus import asking, connection, directory, keys, signs, streams
from bus.aside import Aside
from bus.clock import wall_clock
from bus.provisioning import GATEWAY
from bus.server import find_binary
from bus.settings import Settings, stores_in_home
from bus.signing import Signing
from cli import lasting, show
from cli.agencies import APPLICATIONS, opened
from cli.lasting import Finding
from cli.log import synthetic
from cli.sandbox import control
from cli.submit import ask
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError

NEARLY_FULL = 0.8


@show.coded
def doctor(as_json: show.AsJson = False) -> None:
    """Check binary, home, keys, NATS, streams, gateway, adapters, keeper and stores; exit 1 if something fails."""
    findings = asyncio.run(_examine(Settings()))
    if as_json:
        show.document(_document(findings))
    else:
        colours = {"ok": "green", "warn": "yellow", "fail": "red"}
        rows_ = ((f"[{colours[f.state]}]{f.state}[/]", f.check, f.said, f.next) for f in findings)
        show.table(("", "check", "finding", "next step"), rows_, empty="")
    if any(f.state == "fail" for f in findings):
        raise typer.Exit(1)


async def examined(settings: Settings) -> dict[str, Any]:
    """What `--json` shows."""
    return _document(await _examine(settings))


def _document(findings: Sequence[Finding]) -> dict[str, Any]:
    rows = [{"check": f.check, "state": f.state, "said": f.said, "next": f.next} for f in findings]
    return {"ok": all(f.state != "fail" for f in findings), "findings": rows}


async def _examine(settings: Settings) -> list[Finding]:
    found = [
        _try("nats-server binary", lambda: str(find_binary())),
        _try("home and directory", lambda: _directory(settings)),
        _try("private keys", lambda: _permissions(settings)),
    ]
    if any(finding.state == "fail" for finding in found):
        return found
    try:
        nats = await connection.connect(settings, "gateway", "provisioner", patient=False)
    except BarnabusError as error:
        return [*found, _failed("NATS", error)]
    try:
        found.append(Finding("NATS", "ok", f"{settings.url()}, nats-server {_version(nats)}"))
        found += await asyncio.to_thread(lasting.encryption, settings, wall_clock())
        found.append(await _try_async("streams", lambda: _streams(nats, len(settings.url().split(",")))))
        if found[-1].state == "ok":
            found.append(await _posts(nats))
    finally:
        await connection.close(nats)
    sandbox = _sandbox(settings)
    now = datetime.fromisoformat(sandbox["now"]) if sandbox else wall_clock()
    to_look_at = sandbox is None and await synthetic(settings)
    if sandbox or to_look_at:
        stores_in_home()
    if sandbox:
        found.append(Finding("sandbox", "ok", f"it runs, and {sandbox['agency']}'s own system is yours: all made up"))
    if to_look_at:
        found.append(Finding("made-up cases", "ok", "to look at only: no gateway and no adapter runs here"))
    found.append(_signing(settings, GATEWAY, now))
    for agency in APPLICATIONS:
        found.append(_signing(settings, agency, now))
        found.append(_try(f"{agency}: sealing key", partial(_sealing, settings, agency)))
        if not to_look_at:
            found.append(await _try_async(f"{agency}: gateway", partial(_gateway, settings, agency)))
            if agency is Agency.KEEPER:
                found.append(_try(f"{agency}: watch", partial(_watch, settings, now)))
            else:
                found.append(await _try_async(f"{agency}: adapter", partial(_adapter, settings, agency)))
        found.extend(_store(settings, agency))
    return found


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
        return _failed(check, error)
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


async def _streams(nats: Client, servers: int) -> str:
    await streams.compare(nats)
    info = await nats.jetstream().stream_info(subjects.CASES)
    copies = info.config.num_replicas or 1
    if copies < servers:
        raise BarnabusError("log.misconfigured", detail=f"{copies} of {servers} servers have a copy of the log.")
    return "as provisioned" + (f", a copy on each of {copies} servers" if copies > 1 else "")


async def _posts(nats: Client) -> Finding:
    js = nats.jetstream()
    posts = {agency: (await js.stream_info(subjects.post_stream(agency))).state for agency in Agency}
    full = [agency for agency, post in posts.items() if post.bytes > streams.POST_LIMIT_BYTES * NEARLY_FULL]
    if full:
        hint = "Start the adapter: whoever writes to a full post has to wait with everything."
        return Finding("posts", "warn", f"nearly full: {', '.join(full)}", hint)
    waiting = ", ".join(f"{post.messages} for {agency}" for agency, post in posts.items() if post.messages)
    return Finding("posts", "ok", f"waiting: {waiting}" if waiting else "nothing waits")


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
        return [_failed(f"{agency}: store", error)]
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
    return found or [Finding(f"{agency}: store", "ok", "nothing waits, nothing is parked, no gap in what came")]


def _failed(check: str, error: BarnabusError) -> Finding:
    return Finding(check, "fail", f"{error.code}: {error.row.message} {error.detail or ''}".strip(), error.row.hint)


def _try(check: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(check, "ok", look())
    except BarnabusError as error:
        return _failed(check, error)


async def _try_async(check: str, look: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(check, "ok", await look())
    except BarnabusError as error:
        return _failed(check, error)
    except (NatsError, TimeoutError) as error:
        return _failed(check, BarnabusError("nats.unreachable", detail=type(error).__name__))
