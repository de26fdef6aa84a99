"""Documents from outside: of limited size and depth, read as a model. A refusal names the place alone."""

import json
import re
from typing import Any, TypeVar

from pydantic import ValidationError

from contracts import never
from contracts.errors import Refused
from contracts.tiers import Frozen

DEPTH_LIMIT = 32
_ENUM_MEMBER = re.compile(r"<\w+\.\w+: ('[^']*')>")
"""As pydantic writes a member where only some of them are allowed: who reads it wants the code alone."""

T = TypeVar("T", bound=Frozen)


def document(raw: bytes | str, *, limit_bytes: int) -> dict[str, Any]:
    """One JSON object of limited size and depth, in which no key stands twice."""
    if len(raw) > limit_bytes:
        raise Refused("document.too-large", detail=f"The limit is {limit_bytes} bytes.")
    try:
        text = raw if isinstance(raw, str) else raw.decode()  # json itself would take UTF-16 too
        found = _STRICT.decode(text)
        _measure(found, DEPTH_LIMIT)
    except RecursionError:
        raise Refused("document.too-deep") from None
    except (ValueError, UnicodeDecodeError):
        raise Refused("document.not-json") from None
    if not isinstance(found, dict):
        raise Refused("document.not-json")
    return found


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("document.duplicate-key")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are not JSON


_STRICT = json.JSONDecoder(object_pairs_hook=_each_key_once, parse_constant=_no_constant)
"""Made once: to make it takes as long as to read a record with it."""


def _measure(value: Any, levels_left: int) -> None:
    if levels_left < 0:
        raise Refused("document.too-deep")
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            _measure(inner, levels_left - 1)


def read(model: type[T], values: Any, *, at: str = "") -> T:
    """The values as this model. The refusal names the first wrong field by its path from the document's root."""
    try:
        return model.model_validate_json(json.dumps(values), strict=True)  # a number written as text is no number
    except ValidationError as error:
        raise refusal(error, at) from None


def refusal(error: ValidationError, at: str) -> Refused:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    path = ".".join(str(part) for part in ((at,) if at else ()) + first["loc"])
    code = {"missing": "field.missing", "extra_forbidden": "field.unknown"}.get(first["type"], "field.invalid")
    if code == "field.unknown" and (why := never.why(str(first["loc"][-1]))):
        return Refused("content.never-travels", field=path, detail=why)
    # only our own sentences are repeated: a library's may quote what was typed
    detail = (
        _ENUM_MEMBER.sub(r"\1", first["msg"].removeprefix("Value error, "))
        if first["type"] in {"value_error", "missing", "enum", "literal_error"}
        else None
    )
    return Refused(code, field=path or None, detail=f"{detail}." if detail else None)
