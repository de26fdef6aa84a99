"""`barnabus contracts diff`, `gate`, `release`: what differs from a release, whom that hurts, and what is missing."""

from pathlib import Path
from typing import Annotated

import typer

import contracts
from cli import show
from contracts.releasing import consumers, document, gate, release
from contracts.releasing.change import Change
from contracts.releasing.difference import difference

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
    declared = (
        [consumers.read(path, old, new) for path in consumer]
        if consumer
        else consumers.shipped(old, new, document.now())
    )
    found = difference(old, new, declared)
    if as_json:
        show.document(found.document())
    else:
        show.table(
            ("step", "what", "where", "change", "breaks for", "hurts"),
            (_row(change, hurt) for change, hurt in found.rows),
            empty="Nothing differs.",
        )
        show.err.print(f"From {found.before} to {found.after}: step {found.made}; what differs asks for {found.asked}.")
    if not found.passes:
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
