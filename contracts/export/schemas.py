"""JSON Schemas (2020-12) of every document, for integrators in any language. Each file stands alone."""

from collections.abc import Mapping
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema
from pydantic_core.core_schema import DatetimeSchema

from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.catalogue.handoffs import CONTENT_ASKED
from contracts.cloudevents import CommandEvent, FeedAsked, HttpProblem, LetterErased, LettersPage, ToldEvent
from contracts.entry import Audience, Entry
from contracts.envelope import Command, Letter, Notice, Postmark, Record, RecordData, Stamp, Submission, dataschema
from contracts.export.answers import ActVoided, CommandRefused, CommandTaken, Problem, Told, ToldAsking
from contracts.tiers import LOGGED, Frozen, Tier, tiers_of, view

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ENVELOPE_VERSION = "1.0"
ENVELOPES: dict[str, type[Frozen]] = {
    "submission": Submission,
    "stamp": Stamp,
    "postmark": Postmark,
    "notice": Notice,
    "problem": Problem,
    "command-taken": CommandTaken,
    "command-refused": CommandRefused,
    "act-voided": ActVoided,
    "command-event": CommandEvent,
    "feed-asked": FeedAsked,
    "told-event": ToldEvent,
    "letters-page": LettersPage,
    "letter-erased": LetterErased,
    "http-problem": HttpProblem,
}
_WITH_OFFSET = r"(Z|[+-]\d{2}:\d{2})$"


class _Generate(GenerateJsonSchema):
    """Says that a moment bears its offset, and leaves out titles that only repeat a field's name."""

    def datetime_schema(self, schema: DatetimeSchema) -> JsonSchemaValue:
        aware = schema.get("tz_constraint") == "aware"
        return super().datetime_schema(schema) | ({"pattern": _WITH_OFFSET} if aware else {})

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


@cache
def schemas() -> Mapping[str, dict[str, Any]]:
    """Every schema by its file name without `.json`; made once, for that takes seconds."""
    found = {name: _schema(name, ENVELOPE_VERSION, model) for name, model in ENVELOPES.items()}
    for entry in CATALOGUE.values():
        if entry.command:
            found[f"{entry.type}.command"] = _command(entry)
        found[f"{entry.type}.record"] = _record(entry)
        told = ToldAsking if entry.type == CONTENT_ASKED else Told
        for suffix, receivers in audiences(entry):
            found[f"{entry.type}.letter{suffix}"] = _letter(entry, Letter, f"letter{suffix}", receivers)
            found[f"{entry.type}.told{suffix}"] = _letter(entry, told, f"told{suffix}", receivers)
    return MappingProxyType(dict(sorted(found.items())))


def audiences(entry: Entry) -> list[tuple[str, list[Agency]]]:
    """Who sees the same of a type: most receivers, without a name, then each that sees something else.

    Nobody of what only says an earlier letter again: that is read in the earlier one's form.
    """
    if entry.audience is Audience.AGAIN:
        return []
    groups: dict[frozenset[Tier], list[Agency]] = {}
    for receiver in sorted(entry.receivers):
        groups.setdefault(entry.seen_by(receiver), []).append(receiver)
    if not groups:
        return []
    most, *others = sorted(groups.values(), key=len, reverse=True)
    return [("", most), *((f".{receiver}", [receiver]) for receiver in sorted(chain(*others)))]


def _command(entry: Entry) -> dict[str, Any]:
    schema = _schema(f"{entry.type}.command", entry.version, Command, entry.content)
    schema["properties"] |= {"command": {"const": entry.command}, "data": _ref(entry.content)}
    return schema | {"description": entry.meaning}


def _record(entry: Entry) -> dict[str, Any]:
    schema = _schema(f"{entry.type}.record", entry.version, Record, entry.logged)
    schema["properties"] |= {
        "type": {"const": entry.type},
        "dataschema": {"const": dataschema(entry.type, entry.version)},
        "source": {"enum": [f"/agencies/{sender}" for sender in sorted(entry.senders)]},
    }
    schema["$defs"][RecordData.__name__]["properties"]["content"] = _ref(entry.logged)
    return schema


def _letter(entry: Entry, model: type[Frozen], name: str, receivers: list[Agency]) -> dict[str, Any]:
    """A letter that holds no more than the log says why: its content was erased, or its recipient is only notified.

    Of most types the notified see what the log holds.
    """
    whole = view(entry.content, entry.seen_by(receivers[0]))
    contents = {whole.__name__: whole, entry.logged.__name__: entry.logged}
    schema = _schema(f"{entry.type}.{name}", entry.version, model, *contents.values())
    fixed = {
        "type": {"const": entry.type},
        "version": {"const": entry.version},
        "sender": {"enum": sorted(entry.senders)},
    }
    if "recipient" in schema["properties"]:
        fixed["recipient"] = {"enum": list(receivers)}
    schema["properties"] |= fixed
    if whole is entry.logged:
        schema["properties"]["content"] = _ref(whole)
        return schema
    cut_down = {"type": "string"} if entry.shown == LOGGED else {"const": "erased"}
    return schema | {
        "if": {"properties": {"withheld": cut_down}, "required": ["withheld"]},
        "then": {"properties": {"content": _ref(entry.logged)}},
        "else": {"properties": {"content": _ref(whole)}},
    }


def _schema(name: str, version: str, model: type[Frozen], *contents: type[Frozen]) -> dict[str, Any]:
    """The document's schema, with these contents among its definitions and each of their fields bearing its tier."""
    kinds: list[tuple[type[Frozen], JsonSchemaMode]] = [(kind, "validation") for kind in (model, *contents)]
    definitions = models_json_schema(kinds, schema_generator=_Generate)[1]["$defs"]
    for content in contents:
        for field, tier in tiers_of(content).items():
            definitions[content.__name__]["properties"][field]["x-tier"] = tier.value
    head = {"$schema": DIALECT, "$id": f"urn:barnabus:schema:{name}:{version}"}
    document: dict[str, Any] = head | definitions.pop(model.__name__) | {"title": name}
    return document | ({"$defs": definitions} if definitions else {})


def _ref(content: type[Frozen]) -> dict[str, str]:
    return {"$ref": f"#/$defs/{content.__name__}"}
