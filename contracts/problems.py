"""A coded failure as a problem document (RFC 9457), whoever answers with it."""

from collections.abc import Mapping

from contracts.errors import CODES


def details(said: Mapping[str, str]) -> dict[str, str | int]:
    """Of an error's document (`BarnabusError.problem`): its code, its place, the next step."""
    row = CODES[said["code"]]
    kept = {name: said[name] for name in ("code", "hint", "field", "detail") if name in said}
    return {"type": f"urn:barnabus:problem:{said['code']}", "title": said["message"], "status": row.http, **kept}
