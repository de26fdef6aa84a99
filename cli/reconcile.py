"""`barnabus reconcile`: the log restored from what agencies hold of it, and what that is."""

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from bus import connection, directory, evidence, logging, node, restoring, seal
from bus.clock import wall_clock
from bus.evidence import Evidence
from bus.log import STAMP_TYP
from bus.provisioning import GATEWAY
from bus.reconciling import Plan, plan
from bus.settings import Settings
from bus.signing import Signing
from cli import show
from cli.agencies import APPLICATIONS, opened
from contracts.agencies import Agency
from contracts.envelope import Stamp
from contracts.errors import BarnabusError

app = typer.Typer(help="Restores a log that was lost, shortened or damaged from what the agencies hold of it.")
SHOWN = 20
"""So many positions of a kind are named; a document names them all."""


@app.callback(invoke_without_command=True)
@show.coded
def reconcile(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Option("--evidence", help="What an agency exported, or an older copy of the log.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="An agency that never sent anything, or whose evidence cannot be had.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Do it; without this it is only reported.")] = False,
    as_json: show.AsJson = False,
) -> None:
    """Compare the log with all evidence, and say what would be restored; exit 1 if it is not whole."""
    if context.invoked_subcommand:
        return
    settings = Settings()
    directory.load(settings)
    logging.configure("reconcile")
    spared = {show.agency(name, Agency) for name in without or ()}
    done = asyncio.run(_reconcile(settings, files or [], spared, write=write))
    show.document(done) if as_json else _print(done)
    if not done["whole"] and not done["written"]:
        raise typer.Exit(1)


@app.command("evidence")
@show.coded
def evidence_(agency: Annotated[str, typer.Argument(help="Whose store is read.")]) -> None:
    """Print what an agency's store holds of the log, for whoever restores it: no letter, nothing the log lacks."""
    asked = show.agency(agency, APPLICATIONS)
    with opened(asked, Settings()) as application:
        for line in evidence.lines(evidence.of_store(asked, application.outbox, application.inbox)):
            sys.stdout.write(line + "\n")


async def _reconcile(settings: Settings, files: list[Path], spared: set[Agency], *, write: bool) -> dict[str, Any]:
    async with AsyncExitStack() as held:
        if write:
            held.enter_context(restoring.no_gateway_here(settings))
        await held.enter_async_context(node.reached(settings))
        gateway = await connection.connect(settings, GATEWAY, "gateway", patient=False)
        held.push_async_callback(connection.close, gateway)
        provisioner = await connection.connect(settings, GATEWAY, "provisioner", patient=False)
        held.push_async_callback(connection.close, provisioner)
        if write:
            await restoring.no_gateway_anywhere(gateway)
        given = [*_given(settings, files), *[await evidence.of_post(provisioner.jetstream(), a) for a in Agency]]
        log, last = await restoring.readable(provisioner)
        keyring = directory.load(settings)
        key = Signing(settings.keys(GATEWAY), GATEWAY, lambda: keyring, wall_clock)()

        def sign(stamp: Stamp) -> str:
            return seal.sign(stamp.model_dump_json().encode(), key, typ=STAMP_TYP)

        found = plan(log, last, given, keyring, sign)
        if write and not found.whole:
            _nobody_is_missing(found, spared)
            raw = restoring.kept(settings) / restoring.name_of(wall_clock())
            await restoring.carry_out(found, gateway, provisioner, raw)
        if write:
            restoring.forget_ledgers(settings)
        return _document(found, [one.holder for one in given], written=write and not found.whole)


def _nobody_is_missing(found: Plan, spared: set[Agency]) -> None:
    """Else what they alone know of would be cut off, and its positions used again. Raises `log.unproven`."""
    if missing := [agency.value for agency in found.silent if agency not in spared]:
        said = f"No evidence was given by: {', '.join(missing)}; give it, or say --without for each."
        raise BarnabusError("log.unproven", detail=said)


def _given(settings: Settings, files: list[Path]) -> list[Evidence]:
    """The stores and ledgers of this home, what was kept of damaged logs, and the files that were named."""
    found = [evidence.read(path) for path in [*sorted(restoring.kept(settings).glob("*.jsonl")), *files]]
    for agency in APPLICATIONS:
        place = settings.store(agency)
        if not isinstance(place, Path) or place.exists():
            with opened(agency, settings) as application:
                found.append(evidence.of_store(agency, application.outbox, application.inbox))
    return found + [evidence.of_ledger(path) for path in sorted((settings.home / "gateway").glob("*.db"))]


def _document(found: Plan, holders: list[str], *, written: bool) -> dict[str, Any]:
    return {
        "whole": found.whole,
        "written": written,
        "digest": restoring.fingerprint(planned.entry for planned in found.entries),
        "evidence": holders,
        "no_evidence_of": [agency.value for agency in found.silent],
        "log": {"last": found.last, "kept": found.kept, "damaged": dict(sorted(found.damaged.items()))},
        "would_be": "appended to" if found.appends else "made anew",
        "positions": len(found.entries),
        "restored": [
            {
                "position": one.entry.position,
                "id": str(one.logged.record.id),
                "from": one.origin,
                "stamp_anew": one.anew,
            }
            for one in found.restored
        ],
        "unproven": [{"position": one.position, "known": one.known} for one in found.unproven],
    }


def _print(done: dict[str, Any]) -> None:
    log = done["log"]
    if done["whole"]:
        show.out.print(f"The log holds together: {done['positions']} positions, digest {done['digest']}.")
        return
    show.out.print(f"The log ends at position {log['last']}; its first {log['kept']} positions hold.")
    for position, why in list(log["damaged"].items())[:SHOWN]:
        show.out.print(f"Damaged: {position}. {why}", markup=False)
    rows = ((row["position"], row["id"], row["from"], row["stamp_anew"] or "") for row in done["restored"][:SHOWN])
    show.table(("position", "record", "restored from", "stamped anew"), rows, empty="Nothing can be restored.")
    if len(done["restored"]) > SHOWN:
        show.out.print(f"… and {len(done['restored']) - SHOWN} more.")
    for row in done["unproven"][:SHOWN]:
        show.out.print(f"Unproven: position {row['position']}. {row['known']}", markup=False)
    if done["no_evidence_of"]:
        show.out.print(f"No evidence was given by: {', '.join(done['no_evidence_of'])}.")
    if done["written"]:
        show.out.print(f"Restored: {done['positions']} positions, digest {done['digest']}. Start the gateways.")
    elif done["unproven"]:
        show.out.print("Nothing is written while a position is unproven: give more evidence.")
    else:
        show.out.print(f"It would be {done['would_be']}. Stop the gateways, then: barnabus reconcile --write")
