"""What a consumer relies on, as it declares it in a small TOML file (docs/contracts.md)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator

import contracts
from contracts import toml_lines
from contracts.agencies import Agency
from contracts.errors import Refused
from contracts.releasing.change import LOG
from contracts.releasing.document import Document
from contracts.tiers import Frozen
from contracts.toml_lines import Place

FOLDER = Path("contracts") / "consumers"


class Part(Frozen):
    """Of one type or command: the fields by their paths, and of those that are switched on, every known code."""

    fields: tuple[str, ...]
    codes: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


class Consumer(Frozen):
    """One system. `agency` is whose it is; of what reads the log, `log`."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    agency: str
    reads: Mapping[str, Part] = Field(default_factory=dict)
    sends: Mapping[str, Part] = Field(default_factory=dict)
    errors: tuple[str, ...] = ()

    @field_validator("agency")
    @classmethod
    def _is_a_reader(cls, agency: str) -> str:
        if agency not in (*Agency, LOG):
            raise ValueError(f"one of {', '.join((*Agency, LOG))}")
        return agency


@dataclass(frozen=True, slots=True)
class Declared:
    """A consumer, and the file in which it says so."""

    path: str
    consumer: Consumer


def read(path: Path, *states: Document) -> Declared:
    """A consumer's file, held to these states of the contracts: what it names is in one of them.

    Raises Refused `consumer.invalid` with file, line and key.
    """
    text, data = toml_lines.read(path, "consumer.invalid")
    try:
        found = Consumer.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise _invalid(path, text, first["loc"], first["msg"].removeprefix("Value error, ")) from None
    for place, why in _unknown(found, states):
        raise _invalid(path, text, place, why)
    return Declared(str(path), found)


def all_of(folder: Path, *states: Document) -> list[Declared]:
    """Every consumer of a folder, by file name. Raises as `read` does."""
    return [read(path, *states) for path in sorted(folder.glob("*.toml"))]


def shipped(*states: Document, root: Path | None = None) -> list[Declared]:
    """Those of a checkout; without one, those that are installed. Raises as `read` does.

    They rely on the contracts as they are now, so that is one of the states wherever two earlier ones are compared.
    """
    return all_of(root / FOLDER if root else Path(contracts.__file__).parent / "consumers", *states)


def _invalid(path: Path, text: str, place: Place, why: str) -> Refused:
    lines = dict(toml_lines.statements(text))
    begun = (lines[one] for n in range(len(place), 0, -1) for one in lines if one[:n] == place[:n])
    line = next(begun, 1)
    key = ".".join(f'"{part}"' if "." in str(part) else str(part) for part in place)
    return Refused("consumer.invalid", detail=f"{path}, line {line}, {key}: {why}.")


def _unknown(consumer: Consumer, states: Iterable[Document]) -> Iterator[tuple[Place, str]]:
    """What no state has, with its place."""
    known = list(states)
    for name, part in consumer.reads.items():
        types = [state["types"][name] for state in known if name in state["types"]]
        if not types:
            yield ("reads", name), f"there is no type `{name}`"
        elif consumer.agency != LOG and not any(consumer.agency in one.get("receivers", {}) for one in types):
            yield ("reads", name), f"{consumer.agency} never receives `{name}`"
        yield from _fields(("reads", name), part, types, consumer.agency)
    for name, part in consumer.sends.items():
        types = [one for state in known for one in state["types"].values() if one.get("command") == name]
        if not types:
            yield ("sends", name), f"there is no command `{name}`"
        elif not any(consumer.agency in one["senders"] for one in types):
            yield ("sends", name), f"{consumer.agency} may not send `{name}`"
        yield from _fields(("sends", name), part, types, None)
    for code in consumer.errors:
        if not any(code in state["errors"] for state in known):
            yield ("errors",), f"there is no error code `{code}`"


def _fields(
    place: tuple[str, str], part: Part, types: list[Mapping[str, Any]], reader: str | None
) -> Iterator[tuple[Place, str]]:
    for path in part.fields:
        rows = [(one, one["fields"][path]) for one in types if path in one["fields"]]
        if not rows:
            yield (*place, "fields"), f"`{place[1]}` has no field `{path}`"
        elif reader is not None and not any(row["tier"] in _sees(one, reader) for one, row in rows):
            yield (*place, "fields"), f"{reader} never sees `{path}`, which is tier {rows[0][1]['tier']}"
    for path, codes in part.codes.items():
        if path not in part.fields:
            yield (*place, "codes", path), f"`{path}` is not among its fields"
        known = {code for one in types for code in one["fields"].get(path, {}).get("codes", ())}
        for code in codes:
            if code not in known:
                yield (*place, "codes", path), f"`{path}` has no code `{code}`"


def _sees(of: Mapping[str, Any], reader: str) -> str:
    return "EO" if reader == LOG else str(of.get("receivers", {}).get(reader, ""))
