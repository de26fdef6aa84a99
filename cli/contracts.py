"""`barnabus contracts`: what may be said on the bus, and the files that are generated from it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import releases, show
from contracts import export as exported
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE, entry_of
from contracts.entry import Entry
from contracts.explain import explain as explained
from contracts.export.fields import fields
from contracts.tiers import Tier

app = typer.Typer(no_args_is_help=True, help="What may be said on the bus, and the files generated from it.")
Root = Annotated[Path | None, typer.Option("--root", help="The checkout to write to.", show_default="this one")]


@app.command()
@show.coded
def export(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a file is out of date.")] = False,
    root: Root = None,
) -> None:
    """Write schemas, examples, AsyncAPI, accounts and pages anew. Lists what changed, or with --check what would."""
    checkout = root or releases.checkout()
    changed = exported.stale(checkout) if check else exported.write(checkout)
    for path in changed:
        typer.echo(path)
    if check and changed:
        show.err.print("These files are out of date. Run `barnabus contracts export` and commit them.", markup=False)
        raise typer.Exit(1)


app.command("diff")(releases.diff)
app.command("gate")(releases.check_gate)
app.command("release")(releases.make_release)


@app.command()
@show.coded
def catalogue(
    as_json: show.AsJson = False,
    type_name: Annotated[str | None, typer.Option("--type", help="This type alone, for example referral.made.")] = None,
) -> None:
    """Every type: its command, who may send it, and who may receive which tiers of it."""
    entries = [entry_of(type_name)] if type_name else list(CATALOGUE.values())
    if as_json:
        show.document({"types": [_document(entry) for entry in entries]})
    else:
        show.table(
            ("type", "command", "senders", "receivers", "tiers", "meaning"), map(_row, entries), empty="No types."
        )


@app.command()
@show.coded
def explain(
    type_name: Annotated[str, typer.Argument(metavar="TYPE", help="For example referral.made.")],
    sender: Annotated[str, typer.Option("--from", help="The agency that says it.")],
    as_json: show.AsJson = False,
) -> None:
    """Who gets a letter when an agency says this, which tiers and fields it holds and why, and who gets nothing."""
    found = explained(entry_of(type_name), show.agency(sender, Agency))
    if as_json:
        show.document(found.model_dump(mode="json"))
        return
    show.out.print(f"[bold]{found.type}[/bold] {found.version}, said by {found.sender}: {found.meaning}\n")
    rows = (found.record, *found.letters, *found.nothing)
    show.table(
        ("to", "tiers", "fields", "because"),
        ((row.to, " ".join(row.tiers) or "nothing", ", ".join(row.fields), row.rule) for row in rows),
        empty="",
    )


def _row(entry: Entry) -> tuple[str | None, ...]:
    tiers = {_letters(entry.seen_by(receiver)) for receiver in entry.receivers}
    each = ", ".join(f"{receiver} {_letters(entry.seen_by(receiver))}" for receiver in sorted(entry.receivers))
    shown = each if len(tiers) > 1 else "".join(tiers)
    return (entry.type, entry.command, _list(entry.senders), _list(entry.receivers), shown, entry.meaning)


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _letters(tiers: frozenset[Tier]) -> str:
    return "".join(tier for tier in Tier if tier in tiers)


def _document(entry: Entry) -> dict[str, Any]:
    return {
        "type": entry.type,
        "version": entry.version,
        "command": entry.command,
        "meaning": entry.meaning,
        "senders": sorted(entry.senders),
        "receivers": {to: [tier for tier in Tier if tier in entry.seen_by(to)] for to in sorted(entry.receivers)},
        "fields": [
            {"name": row.name, "tier": row.tier, "kind": row.shown, "required": row.required, "codes": list(row.codes)}
            for row in fields(entry.content)
        ],
    }
