"""A request's body as the one command that it holds, whichever of the three ways it is said."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from bus import seal
from contracts import documents, web
from contracts.cloudevents import CommandEvent, agrees
from contracts.envelope import COMMAND_LIMIT_BYTES
from contracts.errors import Refused

_INSIDE = "data."
"""Before the path of a field of the command, where the body is an event around it."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A command's bytes as an adapter takes them, what they say, and what stands before a field's path in the body."""

    raw: bytes
    command: Mapping[str, Any]
    at: str = ""


def incoming(headers: Mapping[str, str], body: bytes) -> Incoming:
    """Raises Refused: not JSON, not an event, or not the media type of one. `headers` are in lower case."""
    media = _media(headers.get("content-type", ""))
    if media == web.STRUCTURED:
        event = documents.document(body, limit_bytes=web.BODY_LIMIT_BYTES)
        found = _structured(event)
    elif media == web.JSON:
        command = documents.document(body, limit_bytes=COMMAND_LIMIT_BYTES)
        if "ce-specversion" in headers:
            _binary(headers, command)
        found = Incoming(body, command)
    else:
        raise Refused("media.unsupported", field="Content-Type")
    _is_key(headers.get(web.IDEMPOTENCY_KEY.lower()), found.command.get("id"))
    return found


def _media(content_type: str) -> str:
    media, _, parameters = content_type.partition(";")
    charset = parameters.strip().lower().replace('"', "")
    return media.strip().lower() if charset in ("", "charset=utf-8") else ""


def _structured(document: Mapping[str, Any]) -> Incoming:
    if "data_base64" in document:
        raise Refused("field.unknown", field="data_base64")
    event = documents.read(CommandEvent, document)
    agrees(event)
    return Incoming(seal.dump(event.data), event.data, _INSIDE)


def _binary(headers: Mapping[str, str], command: Mapping[str, Any]) -> None:
    """The attributes stand in headers, and the body is the command as it is."""
    names = [name for name in headers if name.startswith(web.BINARY_PREFIX)]
    attributes = {name.removeprefix(web.BINARY_PREFIX): unquote(headers[name]) for name in names}
    try:
        agrees(documents.read(CommandEvent, {**attributes, "data": dict(command)}))
    except Refused as error:
        raise Refused(error.code, field=f"{web.BINARY_PREFIX}{error.field}", detail=error.detail) from None


def _is_key(key: str | None, command_id: object) -> None:
    """An idempotency key, where one is given, is the command's id: that is what makes a repeat harmless."""
    if key is not None and _id(key.strip().strip('"')) != _id(command_id):
        raise Refused("field.invalid", field=web.IDEMPOTENCY_KEY, detail="It is not the command's `id`.")


def _id(said: object) -> object:
    try:
        return UUID(said) if isinstance(said, str) else said
    except ValueError:
        return said
