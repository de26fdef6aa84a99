"""`barnabus keys`: which keys count, a new one for an agency or the gateway, and the end of one that was stolen."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from joserfc.jwk import OKPKey

from bus import directory, keys, rekeying, signing, store
from bus.chains import ADOPTED
from bus.clock import wall_clock
from bus.directory import PublicKey, Use
from bus.log import Logged, verify
from bus.provisioning import GATEWAY
from bus.rekeying import Rekeying
from bus.settings import Settings
from cli import nats_keys, show, tls_keys
from cli.log import reader
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError, Refused
from contracts.events.post import DirectoryAdopted

app = typer.Typer(no_args_is_help=True, help="The keys by which agencies and the gateway sign and are written to.")
OVERLAP_DAYS = 7
"""So long what was signed before a change of keys may still be on its way."""
_NAMES: dict[Use, str] = {"sig": "signing", "enc": "sealing"}
WRITE = Annotated[bool, typer.Option("--write", help="Do it; without this it is only reported.")]


@app.command("list")
@show.coded
def list_(
    all_: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    as_json: show.AsJson = False,
) -> None:
    """List whose key is whose, since when and until when it counts, and whether its private half is here."""
    settings, now = Settings(), wall_clock()
    known = directory.load(settings)
    here = {owner: _here(settings.keys(owner)) for owner in {key.owner for key in known.keys}}
    rows = [_row(key, now, here[key.owner]) for key in known.keys if all_ or key.counts(now)]
    on_nats = list(nats_keys.rows(settings))
    on_tls = [row for row in tls_keys.rows(settings, now) if all_ or row["counts"]]
    if as_json:
        show.document({"issued_at": known.issued_at.isoformat(), "keys": rows, "nats": on_nats, "tls": on_tls})
        return
    columns = ("owner", "use", "id", "since", "until", "here")
    shown = ([_cell(row[name]) for name in columns] for row in (*rows, *on_nats, *on_tls))
    show.table(columns, shown, empty="No key counts.")


def _here(folder: Path) -> set[str]:
    with contextlib.suppress(BarnabusError):
        return {*signing.held(folder), *(str(key.kid) for key in keys.read_sealing(folder))}
    return set(signing.held(folder))


def _row(key: PublicKey, now: datetime, here: set[str]) -> dict[str, Any]:
    until = key.valid_until.isoformat() if key.valid_until else None
    about = {"owner": key.owner, "use": _NAMES[key.use], "id": key.kid, "since": key.valid_from.isoformat()}
    return about | {"until": until, "counts": key.counts(now), "here": key.kid in here}


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    text = str(value or "")
    return text[:16].replace("T", " ") if text[:2] == "20" else text


@app.command()
@show.coded
def history(as_json: show.AsJson = False) -> None:
    """Show from the log which directory each agency has gone by since when, and what each changed."""
    rows = asyncio.run(_history(Settings()))
    if as_json:
        show.document(rows)
        return
    columns = ("at", "agency", "issued", "new", "ended", "by the root")
    show.table(columns, ([_cell(row[name]) for name in columns] for row in rows), empty="It has never changed.")


async def _history(settings: Settings) -> list[dict[str, Any]]:
    keyring, root = directory.load(settings), keys.read_jwk(settings.root_public)
    async with reader(settings) as log:
        found = [verify(entry, keyring) for agency in Agency async for entry in log.of(subjects.own(agency))]
    said = sorted(found, key=lambda logged: logged.stamp.position)
    return [_adopted(logged, root) for logged in said if logged.record.type == ADOPTED]


def _adopted(logged: Logged, root: OKPKey) -> dict[str, Any]:
    """New and ended are those whose times say so."""
    said = DirectoryAdopted.model_validate(logged.record.data.content)
    about = {"at": logged.stamp.logged_at.isoformat(), "agency": logged.record.sender}
    try:
        known = directory.opened(said.directory, root)
    except (BarnabusError, ValueError):
        return about | {"issued": None, "new": "", "ended": "", "by the root": False}
    new = (key.kid for key in known.keys if key.valid_from == known.issued_at)
    ended = (key.kid for key in known.keys if key.valid_until and key.valid_until >= known.issued_at)
    issued = known.issued_at.isoformat()
    return about | {"issued": issued, "new": ", ".join(new), "ended": ", ".join(ended), "by the root": True}


@app.command()
@show.coded
def rotate(
    owner: Annotated[str, typer.Argument(help="Whose: an agency, keeper, or gateway; with --tls a server.")],
    nats: Annotated[
        str | None, typer.Option("--nats", help="The key by which this user of its connects to NATS: adapter, system …")
    ] = None,
    sealing: Annotated[
        bool, typer.Option("--sealing", help="The key that letters are sealed to, in place of the one for signing.")
    ] = False,
    tls: Annotated[bool, typer.Option("--tls", help="A server's keys and certificates: those for TLS.")] = False,
    overlap_days: Annotated[
        float, typer.Option(min=0, max=90, help="Days for which the old signing key still counts.")
    ] = OVERLAP_DAYS,
    write: WRITE = False,
    as_json: show.AsJson = False,
) -> None:
    """Make a new key; all but those for NATS need the root key here. What the old one signed verifies for ever."""
    show.one_form(sealing=sealing, nats=nats is not None, tls=tls)
    if tls:
        tls_keys.rotate(Settings(), owner, wall_clock(), write=write, as_json=as_json)
        return
    if nats is not None:
        nats_keys.rotate(Settings(), owner, nats, write=write, as_json=as_json)
        return
    settings, whose = Settings(), _owner(owner)
    if sealing and whose == GATEWAY:
        raise Refused("option.invalid", field="--sealing", detail="Nobody writes letters to the gateway.")
    overlap = timedelta(0) if sealing else timedelta(days=overlap_days)
    planned, until = in_place_of(settings, whose, "enc" if sealing else "sig", overlap, write=write)
    old_until = until.astimezone(UTC).isoformat()
    found = {
        "owner": whose,
        "use": _NAMES[planned.use],
        "old": planned.ended,
        "old_until": old_until,
        "new": planned.kid,
        "written": write,
    }
    if as_json:
        show.document(found)
        return
    verb = "Made" if write else "To be made"
    show.out.print(f"{verb}: {planned.kid}. {planned.ended} counts until {show.minute(old_until)} UTC.")
    show.out.print(_AFTER if write else "Bring the root key here, then the same with --write.")


_AFTER = (
    "Give directory.jws to every home: processes that run go by it within a second. Then take the root key away, "
    "and back the new key up."
)


_GATEWAYS = (
    "Whoever has it and the gateway's key for NATS can still write entries that verify. If it was stolen, change that "
    "key too: barnabus keys rotate gateway --nats gateway --write"
)


@app.command()
@show.coded
def revoke(
    kid: Annotated[str, typer.Argument(metavar="ID", help="As `barnabus keys list` has it: police-sig-1.")],
    write: WRITE = False,
    as_json: show.AsJson = False,
) -> None:
    """End a key now: nothing that it signs counts any more; what the log has of it stays. Needs the root key here."""
    settings, now = Settings(), wall_clock()
    known = directory.load(settings)
    if write:
        known = rekeying.revoke(settings, kid, now)
    ended = next((key for key in known.keys if key.kid == kid), None)
    if ended is None:
        raise BarnabusError("key.unknown", detail=f"Known: {', '.join(key.kid for key in known.keys)}.")
    if as_json:
        show.document(_row(ended, now, _here(settings.keys(ended.owner))) | {"written": write})
        return
    if write:
        show.out.print(f"{kid} of {ended.owner} has ended. {_AFTER}")
    else:
        show.out.print(f"{kid} of {ended.owner} would end now. With the root key here: the same with --write.")
    if ended.owner == GATEWAY:
        show.out.print(_GATEWAYS)


def in_place_of(
    settings: Settings, owner: str, use: Use, overlap: timedelta, *, write: bool
) -> tuple[Rekeying, datetime]:
    """A new key for the one in use: what is planned, or done, and until when the old one counts.

    Raises `root.missing`, and `home.in-use` for a sealing key whose adapter runs.
    """
    planned, now = rekeying.plan(settings, owner, use), wall_clock()
    until = now + overlap
    if write:
        with _stopped(planned, settings):
            rekeying.carry_out(planned, settings, now, others_until=until)
    return planned, until


def _owner(name: str) -> str:
    return name if name == GATEWAY else show.agency(name, Agency)


@contextlib.contextmanager
def _stopped(planned: Rekeying, settings: Settings) -> Iterator[None]:
    """An adapter that ran on with its old sealing keys alone would park what is sealed to the new one."""
    if planned.use == "sig":
        yield
        return
    whose = Agency(planned.owner)
    with contextlib.closing(store.opened(settings.store(whose), alone=f"The adapter of {whose}")):
        yield
