"""`barnabus conformance run`: an agency's own system tried against everything that can happen to it; and `list`."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bus import logging
from bus.settings import stores_in_home
from cli import show
from cli.agencies import OF_THE_FIELD
from cli.conformance.outcome import Check, Outcome, State
from cli.run import until_told
from cli.sandbox import control
from contracts.errors import Refused
from contracts.releasing import consumers, document
from services.web.address import ANYWHERE, Address

if TYPE_CHECKING:
    from cli.conformance.running import Tried

app = typer.Typer(no_args_is_help=True, help="Does an agency's own system keep to the contract? See for yourself.")
WITHIN_S = 20.0
_COLOURS = {State.PASSED: "green", State.FAILED: "red", State.NOT_SEEN: "yellow"}
Found = list[tuple[Check, Outcome]]


@app.command()
@show.coded
def run(
    as_: Annotated[str, typer.Option("--as", help="Whose system it is: police, social, health …")],
    target: Annotated[
        str | None, typer.Option(metavar="COMMAND", help="Starts the system; it is killed and started again.")
    ] = None,
    asks: Annotated[
        str | None, typer.Option(metavar="COMMAND", help="Has the system ask somebody for something, once.")
    ] = None,
    declares: Annotated[
        Path | None, typer.Option(help="What it reads and sends, as in contracts/consumers: it is held to that.")
    ] = None,
    hears: Annotated[str, typer.Option(help="How it hears: nats, or http; webhook goes with --webhook.")] = "nats",
    http: Annotated[str | None, typer.Option(help="Where its adapter listens over HTTP: [HOST:]PORT.")] = None,
    webhook: Annotated[str | None, typer.Option(metavar="URL", help="Where the system wants to be told.")] = None,
    secret_file: Annotated[Path | None, typer.Option(help="The file with the webhook's secret: whsec_…")] = None,
    within: Annotated[float, typer.Option(min=1, max=3600, help="Seconds that it may take over one thing.")] = WITHIN_S,
    check: Annotated[list[str] | None, typer.Option(help="Only this check; as often as you like.")] = None,
    output: Annotated[Path | None, typer.Option(help="A file for all that the system writes.")] = None,
    as_json: show.AsJson = False,
) -> None:
    """Try a system against a sandbox on a bad day; exit 1 if it fails anything, or passes nothing."""
    from cli.conformance import running  # FastStream: a third of a second that no other command should wait for

    tried = _tried(as_, target, asks, declares, hears, http, webhook, secret_file, within)
    checks = running.named(check or ())
    logging.configure("conformance", level_if_unset="CRITICAL")
    stores_in_home()
    with control.folder(None) as place:
        found: Found = []
        try:
            asyncio.run(until_told(_run(tried, checks, place, output or place / "output", found, as_json=as_json)))
        finally:
            if found:
                _sum_up(found, as_json=as_json)
    if not _ok(found):
        raise typer.Exit(1)


def _tried(
    as_: str,
    target: str | None,
    asks: str | None,
    declares: Path | None,
    hears: str,
    http: str | None,
    webhook: str | None,
    secret_file: Path | None,
    within: float,
) -> "Tried":
    from cli.conformance.running import Tried
    from cli.conformance.stand import Way
    from cli.systems import hook_of

    agency = show.agency(as_, OF_THE_FIELD)
    if target is None and asks is None:
        raise Refused("option.invalid", field="--target", detail="Say how the system is started, or how it asks.")
    if hears not in (Way.NATS, Way.HTTP):
        raise Refused("option.invalid", field="--hears", detail="It is nats or http.")
    hook = hook_of(webhook, secret_file, None) if webhook or secret_file else None
    declared = consumers.read(declares, document.now()).consumer if declares else None
    if declared and declared.agency != agency:
        raise Refused("option.invalid", field="--declares", detail=f"It is a system of {declared.agency}.")
    way = Way.WEBHOOK if hook else Way(hears)
    listen = Address.of(http, "--http") if http else ANYWHERE
    return Tried(agency, target, asks, declared, way, within, hook, listen)


async def _run(
    tried: "Tried", checks: Sequence[Check], place: Path, output: Path, found: Found, *, as_json: bool
) -> None:
    from cli.conformance import running

    if not as_json:
        show.out.print(f"[dim]It may take {tried.within_s:g} seconds over one thing (--within). Ctrl-C ends it.[/]")
    async with contextlib.aclosing(running.run(tried, checks, place / "home", output)) as outcomes:
        async for check, outcome in outcomes:
            found.append((check, outcome))
            if not as_json:
                _line(check, outcome)


def _line(check: Check, outcome: Outcome) -> None:
    about = f" {outcome.about}" if outcome.about else ""
    colour = _COLOURS[outcome.state]
    show.out.print(f"[{colour}]{outcome.state:<8}[/] [bold]{check.name}[/]", end="")
    show.out.print(f"{about}: {outcome.seen}", markup=False, soft_wrap=True)
    if outcome.state is State.FAILED:
        show.out.print(f"         expected: {check.expects}", markup=False, soft_wrap=True)
        show.out.print(f"         next: {check.next} See {check.see}", markup=False, soft_wrap=True)


def _sum_up(found: Found, *, as_json: bool) -> None:
    counted = Counter(outcome.state for _, outcome in found)
    if as_json:
        rows = [_row(check, outcome) for check, outcome in found]
        show.document({"ok": _ok(found), **{state.value: counted[state] for state in State}, "found": rows})
        return
    show.out.print(f"\n{', '.join(f'{counted[state]} {state}' for state in State)}.")


def _ok(found: Found) -> bool:
    """What was not seen is never taken for passed."""
    states = {outcome.state for _, outcome in found}
    return State.PASSED in states and State.FAILED not in states


def _row(check: Check, outcome: Outcome) -> dict[str, Any]:
    return {
        "check": check.name,
        "about": outcome.about or None,
        "state": outcome.state,
        "seen": outcome.seen,
        "expected": check.expects,
        "next": None if outcome.state is State.PASSED else check.next,
        "see": check.see,
    }


@app.command("list")
@show.coded
def list_(as_json: show.AsJson = False) -> None:
    """List the checks and what each expects."""
    from cli.conformance import running

    checks = running.named(())
    if as_json:
        show.document(
            [{"check": one.name, "expected": one.expects, "next": one.next, "see": one.see} for one in checks]
        )
    else:
        show.table(("check", "expects"), ((one.name, one.expects) for one in checks), empty="")
