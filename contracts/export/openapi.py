"""OpenAPI 3.1 of the same over HTTP: hand in commands, read what was told, listen to what is told.

Schemas are the files beside the document, as in `asyncapi.py`; an adapter serves both.
"""

from typing import Any

from contracts import web
from contracts.catalogue import CATALOGUE, COMMANDS
from contracts.envelope import COMMAND_LIMIT_BYTES
from contracts.errors import CODES
from contracts.export import examples
from contracts.export.schemas import ENVELOPE_VERSION, audiences

_ABOUT = (
    "An agency's own system hands its adapter commands and hears from it, over HTTP. Every refusal is a problem "
    "document (RFC 9457) with a stable `code`, the `field` and a `hint`. Generated from the catalogue by "
    "`barnabus contracts export`; do not edit."
)
_SHOWN = "referral.make"
"""The command of the examples."""
_LIMITS = {
    "command_bytes": COMMAND_LIMIT_BYTES,
    "body_bytes": web.BODY_LIMIT_BYTES,
    "headers_bytes": web.HEADERS_LIMIT_BYTES,
    "body_within_s": web.BODY_WITHIN_S,
    "page_items": web.PAGE_LIMIT,
    "page_bytes": web.PAGE_LIMIT_BYTES,
    "requests_at_once": web.REQUESTS_AT_ONCE,
    "streams_at_once": web.STREAMS_AT_ONCE,
    "streams_of_one_system": web.STREAMS_OF_ONE,
    "connections_at_once": web.CONNECTIONS_AT_ONCE,
}
_ASKING = ("token.invalid", "token.out-of-scope")
_ALWAYS = ("requests.too-many", "store.unavailable", "internal")


def document() -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Barnabus, for an agency's own system, over HTTP",
            "version": ENVELOPE_VERSION,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The agency's own adapter, behind whatever ends TLS before it."}],
        "security": [{"token": []}],
        "paths": {
            web.EVENTS: {"post": _submit()},
            web.LETTERS: {"get": _letters()},
            web.STREAM: {"get": _stream()},
            web.HEALTH: {"get": _open("health", "Whether it takes commands.", _object("status", "agency", "feed"))},
            web.DESCRIPTION: {"get": _open("describe", "This document.", _object("openapi"))},
            f"{web.SCHEMAS}/{{name}}": {"get": _open("schema", "One schema that this document names.", _object())}
            | {"parameters": [_parameter("path", "name", "Its file's name.", {"type": "string"})]},
        },
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made by `barnabus systems add`; it says what its system may send and hear.",
                }
            },
            "schemas": {"Command": _commands(), "Told": _told()},
        },
        "x-limits": _LIMITS,
    }


def _submit() -> dict[str, Any]:
    command = examples.document(COMMANDS[_SHOWN], COMMANDS[_SHOWN].example)
    event = {"specversion": "1.0", "id": command["id"], "source": "/records", "type": _SHOWN, "data": command}
    data = {"properties": {"data": _component("Command")}}
    return {
        "operationId": "submit",
        "summary": "Hand in a command.",
        "description": "A command by itself; or one as an event of CloudEvents 1.0, structured, or binary with `ce-` "
        "headers. The same command again is answered as the first time, by whichever way it came.",
        "parameters": [
            _parameter(
                "header", web.IDEMPOTENCY_KEY, "The command's id, where it is given.", {"type": "string"}, needed=False
            )
        ],
        "requestBody": {
            "required": True,
            "description": f"At most {COMMAND_LIMIT_BYTES} bytes of command, {web.BODY_LIMIT_BYTES} with an event "
            "around it.",
            "content": {
                web.JSON: {"schema": _component("Command"), "example": command},
                web.STRUCTURED: {"schema": {"allOf": [_file("command-event"), data]}, "example": event},
            },
        },
        "responses": {
            "201": _answer("Recorded, and in the log.", _file("command-taken")),
            "200": _answer("It was taken before, and is in the log.", _file("command-taken")),
            "202": _answer("Recorded; the log has not stamped it yet. Ask again to see.", _file("command-taken")),
            **_problems(
                *_ASKING, "document.not-json", "field.invalid", "document.too-large", "media.unsupported",
                "request.too-slow", "handoff.void", *_ALWAYS,
            ),
        },
    }  # fmt: skip


def _letters() -> dict[str, Any]:
    return {
        "operationId": "letters",
        "summary": "Read what was told, from a number of the feed on.",
        "description": f"What is out of the token's scope is left out. An answer ends after {web.PAGE_LIMIT} items, or "
        f"{web.PAGE_LIMIT_BYTES} bytes. Ask again with `after` = `next`; an empty page is the end.",
        "parameters": [_after(), _limit()],
        "responses": {
            "200": _answer("A part of the feed.", _file("letters-page")),
            **_problems(*_ASKING[:1], "field.invalid", "feed.ahead", *_ALWAYS),
        },
    }


def _stream() -> dict[str, Any]:
    last = _parameter("header", "Last-Event-ID", "The number of the last item that was heard.", _number(), needed=False)
    return {
        "operationId": "listen",
        "summary": "Listen to what is told.",
        "description": "Server-sent events, each an item of the feed whose number is the event's id. A comment every "
        f"{web.HEARTBEAT_EVERY_S} s says that the stream is alive. A listener that takes nothing for "
        f"{web.SENT_WITHIN_S:g} s is let go.",
        "parameters": [_after(), last],
        "responses": {
            "200": {
                "description": "Items as they come, each one line of JSON.",
                "content": {web.SSE: {"schema": {"type": "string", "contentSchema": _file("told-event")}}},
            },
            **_problems(*_ASKING[:1], "field.invalid", "feed.ahead", *_ALWAYS),
        },
    }


def _open(name: str, summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    """What is answered without a token."""
    problems = _problems("path.unknown" if name == "schema" else "adapter.behind", *_ALWAYS[:1])
    return {
        "operationId": name,
        "summary": summary,
        "security": [],
        "responses": {"200": _answer("What was asked for.", schema), **problems},
    }


def _problems(*codes: str) -> dict[str, Any]:
    """The answers of refusals, by status, each with the codes that stand for it here."""
    found = dict[int, list[str]]()
    for code in codes:
        found.setdefault(CODES[code].http, []).append(code)
    return {
        str(status): {
            "description": f"{CODES[named[0]].message} Code: {', '.join(f'`{code}`' for code in named)}, or another.",
            "content": {web.PROBLEM: {"schema": _file("http-problem")}},
        }
        for status, named in sorted(found.items())
    }


def _commands() -> dict[str, Any]:
    names = {name: f"{entry.type}.command" for name, entry in sorted(COMMANDS.items())}
    mapping = {name: f"schemas/{schema}.json" for name, schema in names.items()}
    return {
        "oneOf": [_file(schema) for schema in names.values()],
        "discriminator": {"propertyName": "command", "mapping": mapping},
    }


def _told() -> dict[str, Any]:
    """What the `data` of an item can be."""
    told = [f"{e.type}.told{suffix}" for e in CATALOGUE.values() for suffix, _ in audiences(e)]
    return {"anyOf": [*map(_file, sorted(told)), _file("act-voided"), _file("letter-erased")]}


def _after() -> dict[str, Any]:
    schema = _number() | {"default": 0}
    return _parameter("query", "after", "Only what has a higher number in the feed.", schema, needed=False)


def _limit() -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 1, "maximum": web.PAGE_LIMIT, "default": web.PAGE_LIMIT}
    return _parameter("query", "limit", "So many items at most.", schema, needed=False)


def _number() -> dict[str, Any]:
    return {"type": "integer", "format": "int64", "minimum": 0}


def _parameter(
    where: str, name: str, description: str, schema: dict[str, Any], *, needed: bool = True
) -> dict[str, Any]:
    return {"in": where, "name": name, "description": description, "required": needed, "schema": schema}


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {web.JSON: {"schema": schema}}}


def _object(*required: str) -> dict[str, Any]:
    return {"type": "object"} | ({"required": list(required)} if required else {})


def _file(schema: str) -> dict[str, str]:
    return {"$ref": f"schemas/{schema}.json"}


def _component(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
