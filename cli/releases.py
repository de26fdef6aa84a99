"""`barnabus contracts diff`, `gate`, `release`: what differs from a release, whom that hurts, and what is missing."""

from pathlib import Path
from typing import Annotated, Any

import typer

import contracts
from cli import show
from contracts.releasing import consumers, document, gate, hurting, release
from contracts.releasing.change import Change, asked
from contracts.releasing.changes import changes
from contracts.releasing.document import Step

Root = Annotated[Path | None, typer.Option("--root", help="The checkout.", show_default="this one")]
State = "A released version, `now`, or a file of a release."


@show.coded
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help=State)],
    after: Annotated[str, typer.Argument(metavar="B", help=State)] = document.NOW,
    consumer: Annotated[
        list[Path] | None,
        typer.Option("--consumer", help="The file of a consumer; may be given again.", show_default="those shipped"),
    ] = None,
    as_json: show.AsJson = False,
) -> None:
    """Every change between two releases: for whom it is breaking, and which declared consumers it hurts.

    Ends with 1 if something breaks, or a consumer is hurt, and the step between the versions is no major one.
    """
    old, new = document.read(before), document.read(after)
    different = changes(old, new)
    declared = (
        [consumers.read(path, old, new) for path in consumer] if consumer else consumers.all_of(_SHIPPED, old, new)
    )
    rows = [(change, hurting.whom(change, declared, old)) for change in different]
    wanted, made = asked(different), document.step(old["version"], new["version"])
    if as_json:
        found = [_document(change, hurt) for change, hurt in rows]
        versions = {"from": old["version"], "to": new["version"], "step": str(made), "asked": str(wanted)}
        show.document({**versions, "changes": found})
    else:
        show.table(
            ("step", "what", "where", "change", "breaks for", "hurts"),
            (_row(change, hurt) for change, hurt in rows),
            empty="Nothing differs.",
        )
        show.err.print(f"From {old['version']} to {new['version']}: step {made}; what differs asks for {wanted}.")
    if made is not Step.MAJOR and (wanted is Step.MAJOR or any(hurt for _, hurt in rows)):
        raise typer.Exit(1)


@show.coded
def check_gate(root: Root = None) -> None:
    """Hold the contracts to their last release: what differs needs its version, its line, its example, its upcast."""
    found = gate.pass_through(root or checkout())
    for problem in found.problems:
        show.problem(problem)
    if found.problems:
        raise typer.Exit(1)


@show.coded
def make_release(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="The one that contracts/__init__.py names.")],
    root: Root = None,
) -> None:
    """Write down the contracts as a release, and what each new version of a type says; the gate comes first."""
    for path in release.make(version, root or checkout()):
        typer.echo(path)


_SHIPPED = Path(contracts.__file__).parent / "consumers"


def checkout() -> Path:
    """The repository that this package or the working folder lies in."""
    package, here = Path(contracts.__file__).parents[1], Path.cwd()
    for folder in (package, here, *here.parents):
        if (folder / "pyproject.toml").exists() and (folder / "contracts" / "check.py").exists():
            return folder
    raise typer.BadParameter("There is no checkout of Barnabus here; name it.", param_hint="--root")


def _row(change: Change, hurt: list[str]) -> tuple[str, ...]:
    what = change.row.what + (f" ({change.detail})" if change.detail else "")
    return (str(change.step), change.of, change.at, what, ", ".join(change.broken_for), ", ".join(hurt))


def _document(change: Change, hurt: list[str]) -> dict[str, Any]:
    return {
        "rule": change.rule,
        "part": change.part,
        "of": change.of,
        "at": change.at,
        "detail": change.detail,
        "step": str(change.step),
        "breaking": change.breaking,
        "says": {"who": list(change.says), "is": str(change.row.says)},
        "hears": {"who": list(change.hears), "is": str(change.row.hears)},
        "broken_for": list(change.broken_for),
        "older_needs_upcast": change.row.older,
        "hurts": hurt,
    }
