"""Pages out of templates, and the JSON twins beside them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

import jinja2
import msgspec
from starlette.responses import HTMLResponse, Response

from console import telling, terms
from console.asked import TWIN, Asked, link
from console.words import Language
from contracts import web
from contracts.errors import BarnabusError, Then
from contracts.problems import details


@dataclass(frozen=True, slots=True)
class Page:
    """`document` is what its twin shows; `more` is what the template needs beside it."""

    template: str
    document: Mapping[str, Any]
    more: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


def drawn(asked: Asked, page: Page) -> Response:
    if asked.twin:
        return as_json(page.document, page.status)
    said = {"asked": asked, "words": asked.words, "_": asked.words.say, "count": asked.words.count}
    text = _templates().get_template(page.template).render(**said, found=page.document, **page.more)
    return HTMLResponse(text, page.status)


def as_json(found: Any, status: int = 200, media_type: str = web.JSON) -> Response:
    """As the command line has it."""
    text = json.dumps(found, ensure_ascii=False, default=str)
    return Response(msgspec.json.format(text, indent=2) + "\n", status, media_type=media_type)


def failed(asked: Asked, error: BarnabusError) -> Response:
    """A page that says what happened and what to do next; beside a twin, the problem's document."""
    if asked.twin:
        found = as_json(details(error.problem()), error.row.http, web.PROBLEM)
    else:
        found = drawn(asked, Page("failed.html", error.problem(), status=error.row.http))
    if error.row.then is Then.RETRY:
        found.headers["retry-after"] = "5"
    return found


@cache
def static(name: str) -> bytes:
    """Raises KeyError for a file that there is not."""
    if name not in ("console.css", "console.js", "case.js", "icon.svg"):
        raise KeyError(name)
    return resources.files("console").joinpath("static", name).read_bytes()


@cache
def _address_of(name: str) -> str:
    """With its content's digest, so that it can be kept for ever."""
    return f"/static/{name}?{sha256(static(name)).hexdigest()[:12]}"


@cache
def _templates() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {"terms": terms, "telling": telling, "pretty": _pretty, "link": link}
    found.globals |= {"static": _address_of, "languages": Language, "twin": _twin}
    return found


def _template(name: str) -> str:
    return resources.files("console").joinpath("templates", name).read_text(encoding="utf-8")


def _pretty(found: Any) -> str:
    return json.dumps(found, ensure_ascii=False, indent=2)


def _twin(asked: Asked) -> str:
    """The link to the twin of the page that is asked for."""
    query = asked.request.url.query
    return f"{asked.path}{TWIN}{f'?{query}' if query else ''}"
