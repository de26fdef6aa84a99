"""Answers of the HTTP interface: documents, and problems as RFC 9457 has them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from bus import seal
from contracts import web
from contracts.errors import CODES, BarnabusError, Then
from contracts.problems import details

RETRY_AFTER_S = 1
_NEVER_KEPT: Mapping[str, str] = MappingProxyType({"cache-control": "no-store"})
"""By nobody on the way: an answer may hold personal data."""


def document(found: Any, status: int = 200) -> Response:
    return Response(seal.dump(found), status, dict(_NEVER_KEPT), web.JSON)


def taken(answer: Mapping[str, Any], at: str) -> Response:
    """What an adapter answers to a command. `at` stands before the path of a field, where the command lay deeper."""
    if "error" in answer:
        error = answer["error"]
        field = error.get("field")
        return problem(error | ({"field": f"{at}{field}"} if field else {}))
    if answer["status"] != "logged":
        return document(answer, 202)
    return document(answer, 200 if answer["repeated"] else 201)


def failed(error: BarnabusError) -> Response:
    return problem(error.problem())


def problem(said: Mapping[str, str]) -> Response:
    """Of an error's document: its code, its place, the next step; and whether to ask again."""
    row = CODES[said["code"]]
    headers = dict(_NEVER_KEPT)
    if row.then is Then.RETRY:
        headers["retry-after"] = str(RETRY_AFTER_S)
    if row.http == 401:
        headers["www-authenticate"] = 'Bearer realm="barnabus"'
    return Response(seal.dump(details(said)), row.http, headers, web.PROBLEM)
