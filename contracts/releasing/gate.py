"""What a change of the contracts must bring with it, held against the last release: no change passes in silence."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts import upcasts
from contracts.catalogue import CATALOGUE
from contracts.errors import BarnabusError, Refused
from contracts.releasing import consumers, document, hurting, recorded
from contracts.releasing.change import Change, asked
from contracts.releasing.changes import changes
from contracts.releasing.document import Document, Step

CHANGELOG = Path("CHANGELOG.md")
SHOWN = frozenset({"field-added", "field-required", "kind-changed", "tier-changed", "code-added"})
"""Changes of a field that the type's example has to show."""


@dataclass(frozen=True, slots=True)
class Found:
    """What differs from the last release, and what is wrong with that."""

    changes: list[Change]
    problems: list[BarnabusError]


def pass_through(root: Path) -> Found:
    """A checkout through the gate. Raises Refused `release.altered` or `consumer.invalid`."""
    last, today = document.last(root), document.now()
    if last is None:
        return Found([], [])
    different = changes(last, today)
    declared = consumers.all_of(root / consumers.FOLDER, last, today)
    problems = [
        *_steps(different, last, today),
        *_unsaid(different, (root / CHANGELOG).read_text(encoding="utf-8"), today["version"]),
        *_unshown(different),
        *_unreadable(root),
        *_unread(root),
        *_hurt(different, last, today, declared),
    ]
    return Found(different, problems)


def _steps(different: list[Change], last: Document, today: Document) -> Iterator[BarnabusError]:
    """The version of the whole, of each type, and of the documents around contents."""
    wanted, made = asked(different), document.step(last["version"], today["version"])
    backwards = document.numbers(today["version"]) < document.numbers(last["version"])
    if backwards or made.rank < wanted.rank:
        yield _step("VERSION in contracts/__init__.py", last["version"], today["version"], wanted)
    for name in sorted(last["types"].keys() & today["types"].keys()):
        old, new = (state["types"][name]["version"] for state in (last, today))
        wanted = asked(change for change in different if change.part == "types" and change.of == name)
        if not raised(old, new, wanted):
            yield _step(f"{name} in contracts/catalogue", old, new, wanted)
    around = asked(change for change in different if change.part == "envelopes")
    old, new = (state["envelopes"]["command"]["version"] for state in (last, today))
    if not raised(old, new, around):
        yield _step("ENVELOPE_VERSION in contracts/export/schemas.py", old, new, around)


def raised(old: str, new: str, wanted: Step) -> bool:
    """Was a version of two numbers raised by this step? What changes words alone raises none."""
    (major, minor), later = upcasts.numbers(old), upcasts.numbers(new)
    match wanted:
        case Step.MAJOR:
            return later == (major + 1, 0)
        case Step.MINOR:
            return later in ((major, minor + 1), (major + 1, 0))
        case _:
            return later >= (major, minor)


def _step(where: str, old: str, new: str, wanted: Step) -> BarnabusError:
    said = f"is {new}" if new == old else f"went from {old} to {new}"
    return Refused("contract.step-missing", detail=f"{where}: it {said}; a {wanted} step is asked for.")


def _unsaid(different: list[Change], changelog: str, version: str) -> Iterator[BarnabusError]:
    """A line under the coming version's heading names the type or part, or of closed lists the code."""
    lines = section(changelog, version)
    for name in dict.fromkeys(change.of for change in different):
        if not any(_says(lines, change) for change in different if change.of == name):
            yield Refused("contract.unsaid", detail=f"`{name}`, under `### Contracts {version}`.")


def section(changelog: str, version: str) -> str:
    """What stands under the heading of a version of the contracts."""
    found = re.search(rf"^### Contracts {re.escape(version)}\n(.*?)(?=^##|\Z)", changelog, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def _says(lines: str, change: Change) -> bool:
    names = [change.of, *([change.detail] if change.rule in ("code-added", "code-removed") else [])]
    return any(f"`{name}`" in lines for name in names)


def _unshown(different: Iterable[Change]) -> Iterator[BarnabusError]:
    """New and changed fields, and the examples of every type that has changed."""
    for change in different:
        entry = CATALOGUE.get(change.of) if change.part == "types" else None
        if entry and change.rule in SHOWN and not shows(entry.example, change.at):
            yield Refused("contract.unshown", detail=f"{change.of}, {change.at}.")
    for name in dict.fromkeys(change.of for change in different if change.part == "types"):
        for part, error in recorded.example_refusals(CATALOGUE[name]) if name in CATALOGUE else ():
            yield Refused("contract.unshown", detail=f"{name}: its {part} is refused, {error.code} at {error.field}.")


def shows(example: Any, path: str) -> bool:
    """Does an example hold something at a path?"""
    name, _, inner = path.partition(".")
    many = name.endswith("[]")
    found = example.get(name.removesuffix("[]")) if isinstance(example, Mapping) else None
    if not inner or found is None:
        return found is not None
    return any(shows(one, inner) for one in (found if many else [found]))


def _unreadable(root: Path) -> Iterator[BarnabusError]:
    """Every version that was released can be read and was recorded, and each upcast begins with one that was."""
    said = dict[tuple[str, str], Mapping[str, Any]]()
    for release in document.released(root):
        for name, of in document.read(release, root)["types"].items():
            said[name, of["version"]] = of["fields"]
    for name, version in said:
        if name in CATALOGUE:
            try:
                upcasts.steps(CATALOGUE[name], version)
            except Refused:
                yield Refused("contract.upcast-missing", detail=f"{name} from {version}.")
        if not (root / recorded.FOLDER / version / f"{name}.json").is_file():
            yield Refused("release.altered", detail=f"Nothing is recorded of {name} {version}.")
    for one in upcasts.UPCASTS:
        if said.get((one.type, one.last)) != document.fields_of(one.content):
            detail = f"{one.type}: no release has the fields with which its upcast from {one.last} begins."
            yield Refused("contract.upcast-missing", detail=detail)


def _unread(root: Path) -> Iterator[BarnabusError]:
    for one in recorded.replay(root):
        detail = f"{one.path}, {one.part}: {one.error.code}{f' at {one.error.field}' if one.error.field else ''}."
        yield Refused("contract.record-unread", detail=detail)


def _hurt(
    different: Iterable[Change], last: Document, today: Document, declared: list[consumers.Declared]
) -> Iterator[BarnabusError]:
    if document.step(last["version"], today["version"]) is Step.MAJOR:
        return
    for change in different:
        for name in hurting.whom(change, declared, last):
            yield Refused("contract.consumer-hurt", detail=f"{name}, by {change.said()}.")
