"""All that somebody can rely on, as one document: the contracts as they stand here, or as they were released."""

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import contracts
from contracts import envelope, subjects
from contracts.agencies import SPONSORS
from contracts.catalogue import CATALOGUE
from contracts.entry import Entry
from contracts.errors import CODES, Refused
from contracts.export.answers import Told
from contracts.export.fields import FieldRow, fields, untiered
from contracts.export.schemas import ENVELOPE_VERSION, ENVELOPES
from contracts.standing import Move
from contracts.tiers import Frozen, Tier
from contracts.vocabulary.asking import NEEDS_CONSENT, OFFERED_BY

Document = Mapping[str, Any]
"""`version`, `types`, `envelopes`, `services`, `sponsors`, `errors`, `subjects` and `limits_bytes`; JSON values."""
NOW = "now"
FOLDER = Path("contracts") / "released"
_INSTALLED = Path(contracts.__file__).parent / "released"


def now(types: Mapping[str, Entry] | None = None, version: str | None = None) -> Document:
    """The contracts as the code has them; another table of types in place of the catalogue."""
    return {
        "version": version or contracts.VERSION,
        "types": {name: of_type(entry) for name, entry in sorted((CATALOGUE if types is None else types).items())},
        **_around(),
    }


@cache
def _around() -> Mapping[str, Any]:
    shapes: dict[str, type[Frozen]] = {
        "command": envelope.Command,
        "record": envelope.Record,
        "letter": envelope.Letter,
        "told": Told,
    }
    return {
        "envelopes": {
            name: {"version": ENVELOPE_VERSION, "fields": _rows(untiered(shape)), **_rules(shape)}
            for name, shape in sorted((ENVELOPES | shapes).items())
        },
        "services": {
            str(service): {"offered_by": sorted(OFFERED_BY[service]), "consent": service in NEEDS_CONSENT}
            for service in sorted(OFFERED_BY)
        },
        "sponsors": {str(institution): sorted(SPONSORS[institution]) for institution in sorted(SPONSORS)},
        "errors": {
            code: {"relay": str(row.then), "exit": row.exit, "http": row.http} for code, row in sorted(CODES.items())
        },
        "subjects": {"command": subjects.COMMAND, "letters": f"{subjects.LETTERS}.<type>", "voided": subjects.VOIDED},
        "limits_bytes": {
            "command": envelope.COMMAND_LIMIT_BYTES,
            "letter": envelope.LETTER_LIMIT_BYTES,
            "submission": envelope.SUBMISSION_LIMIT_BYTES,
        },
    }


def of_type(entry: Entry) -> dict[str, Any]:
    """One type; what is empty or goes without saying is left out."""
    makes = entry.move is Move.MAKE
    found = {
        "version": entry.version,
        "meaning": entry.meaning,
        "command": entry.command,
        "senders": sorted(entry.senders),
        "audience": str(entry.audience),
        "whom": entry.whom,
        "told": sorted(entry.told),
        "move": entry.move and str(entry.move),
        "service": entry.service and str(entry.service),
        "services": sorted(entry.services),
        "asked": sorted(entry.asked) if makes else None,
        "shown": tiers(entry.shown) if makes else None,
        "sponsors": {str(name): sorted(entry.sponsors[name]) for name in sorted(entry.sponsors)},
        "speaks_for": entry.speaks_for and str(entry.speaks_for),
        "receivers": {str(to): tiers(entry.seen_by(to)) for to in sorted(entry.receivers)},
        **_rules(entry.content),
        "fields": fields_of(entry.content),
    }
    return {name: value for name, value in found.items() if value or name == "fields"}


@cache
def fields_of(content: type[Frozen]) -> Mapping[str, Any]:
    """The fields of a content by their paths; made once, for that takes a while."""
    return _rows(fields(content))


def tiers(seen: Iterable[Tier]) -> str:
    """Tiers as letters, in the contract's order: `EOS`."""
    held = set(seen)
    return "".join(tier for tier in Tier if tier in held)


def _rules(content: type[Frozen]) -> dict[str, list[str]]:
    """The rules between fields, its own and those of the groups in it, by what their names say."""
    names = {name for shape in _shapes(content) for name in shape.__pydantic_decorators__.model_validators}
    return {"rules": sorted(name.strip("_").replace("_", " ") for name in names)} if names else {}


def _shapes(kind: Any) -> Iterator[type[Frozen]]:
    if isinstance(kind, type) and issubclass(kind, Frozen):
        yield kind
        for field in kind.model_fields.values():
            yield from _shapes(field.annotation)
    for inner in get_args(kind):
        yield from _shapes(inner)


def _rows(rows: Iterable[FieldRow]) -> dict[str, Any]:
    return {row.name: _row(row) for row in rows}


def _row(row: FieldRow) -> dict[str, Any]:
    found: dict[str, Any] = {"tier": row.tier and str(row.tier), "kind": row.kind, "required": row.required}
    found |= {"null": True} if row.nullable else {}
    found |= {"default": row.default}
    found |= {"codes": sorted(map(str, row.codes))} if row.codes else {}
    found |= dict(row.limits)
    return {name: value for name, value in found.items() if value is not None}


# files


def text(document: Document) -> str:
    """The document as its file has it: one field a line, and last the digest of all the rest."""
    body = {name: value for name, value in document.items() if name != "digest"}
    return _lines(body | {"digest": digest(body)}, 0) + "\n"


def digest(document: Document) -> str:
    body = {name: value for name, value in document.items() if name != "digest"}
    return sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


def _lines(value: Any, depth: int) -> str:
    """A group that holds no other stands on one line."""
    if not isinstance(value, Mapping) or not any(isinstance(inner, Mapping) for inner in value.values()):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    inside = ",\n".join(f"{' ' * (depth + 1)}{json.dumps(name)}: {_lines(value[name], depth + 1)}" for name in value)
    return f"{{\n{inside}\n{' ' * depth}}}"


def _plain(value: object) -> object:
    raise TypeError(f"{type(value).__name__} is no JSON value")


def released(root: Path | None = None) -> list[str]:
    """The versions that were released, the first one first."""
    names = [path.stem for path in _folder(root).glob("*.json")]
    return sorted(names, key=numbers)


def last(root: Path | None = None) -> Document | None:
    """The last release; None before the first."""
    versions = released(root)
    return read(versions[-1], root) if versions else None


def read(which: str, root: Path | None = None) -> Document:
    """A released version, `now`, or a file. Raises Refused `release.not-found`, or `release.altered`."""
    if which == NOW:
        return now()
    path = _folder(root) / f"{which}.json"
    path = path if path.is_file() else Path(which)
    try:
        found: Document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        there = ", ".join((*released(root), NOW))
        raise Refused("release.not-found", detail=f"{which}. There are: {there}.") from None
    if not isinstance(found, dict) or found.get("digest") != digest(found):
        raise Refused("release.altered", detail=f"{path}.")
    return found


def _folder(root: Path | None) -> Path:
    return root / FOLDER if root else _INSTALLED


def numbers(version: str) -> tuple[int, int, int]:
    """Raises Refused `release.refused` if it is not three numbers."""
    parts = version.split(".")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        raise Refused("release.refused", detail=f"{version} is no version; one is MAJOR.MINOR.PATCH.")
    major, minor, patch = map(int, parts)
    return major, minor, patch


class Step(StrEnum):
    """By which number of a version something asks to be raised."""

    NONE = "none"
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"

    @property
    def rank(self) -> int:
        return list(Step).index(self)


def step(before: str, after: str) -> Step:
    """The step from one version to a later one; `none` if it is not later."""
    old, new = numbers(before), numbers(after)
    if new <= old:
        return Step.NONE
    return Step.MAJOR if new[0] > old[0] else Step.MINOR if new[1] > old[1] else Step.PATCH
