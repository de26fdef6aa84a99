"""OpenAPI 3.1 of the JSON twins, out of their descriptions in `console/twins`: committed, and served as committed."""

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from console.asked import TWIN
from console.roles import SEES
from console.signing_in import COOKIE, COOKIE_BEHIND_TLS
from console.twins import TWINS
from console.twins.twin import Twin, Word
from contracts import web
from contracts.cloudevents import HttpProblem
from contracts.errors import CODES

FILE = Path("console") / "openapi.json"
PATH = "/openapi.json"
_VERSION = "1.0"
_ABOUT = (
    "Every page of the console has a twin with `.json` behind its path: the same figures, under the names that the "
    "commands' `--json` has. Whoever asks is signed in with a browser, and sees what their role sees. A refusal is a "
    "problem document (RFC 9457) with a stable `code`. Generated from the shapes in `console/twins` by "
    "`barnabus console openapi`; do not edit."
)
_ALWAYS = ("session.missing", "role.not-allowed", "requests.too-many", "internal")
_OF_WORDS = ("field.unknown", "field.invalid", "option.invalid")
_OF_READ_MODELS = ("projections.missing", "projections.stale", "projections.unavailable")
_MODE: JsonSchemaMode = "validation"


class _Untitled(GenerateJsonSchema):
    """A shape's name says what it is; a title a field would only say it again."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def text() -> str:
    """As its file has it."""
    return json.dumps(document(), ensure_ascii=False, indent=2) + "\n"


@cache
def committed() -> bytes:
    return resources.files("console").joinpath(FILE.name).read_bytes()


def document() -> dict[str, Any]:
    shapes = list(dict.fromkeys(_shapes()))
    named, schemas = models_json_schema(
        [(shape, _MODE) for shape in shapes],
        schema_generator=_Untitled,
        ref_template="#/components/schemas/{model}",
    )
    refs = {shape: named[shape, _MODE] for shape in shapes}
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "The console of Barnabus, as data",
            "version": _VERSION,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The console, behind whatever ends TLS before it."}],
        "security": [{"session": []}, {"session_behind_tls": []}],
        "paths": {
            **{f"{twin.path}{TWIN}": _path(twin, refs) for twin in TWINS},
            PATH: {"get": _own(refs)},
        },
        "components": {
            "securitySchemes": {
                "session": _cookie(COOKIE, "By signing in at `/sign-in` with a browser."),
                "session_behind_tls": _cookie(COOKIE_BEHIND_TLS, "The same, where TLS ends before the console."),
            },
            "schemas": schemas["$defs"],
        },
    }


def _shapes() -> Iterator[type[BaseModel]]:
    yield HttpProblem
    for twin in TWINS:
        yield twin.shape
        yield from (shape for shape in (twin.later, twin.instead) if shape)


def _path(twin: Twin, refs: dict[Any, Any]) -> dict[str, Any]:
    words = [*(_parameter("path", word) for word in twin.within), *(_parameter("query", word) for word in twin.words)]
    reads = _OF_READ_MODELS if not twin.path.startswith("/contracts") else ()
    shown = refs[twin.shape]
    if twin.instead:
        shown = {"oneOf": [shown, refs[twin.instead]]}
    answers = {"200": _answer("What the page shows.", shown)}
    if twin.later:
        answers["503"] = _answer("Being reckoned: ask again in a moment.", refs[twin.later])
    problems = _problems(refs, *_ALWAYS, *_OF_WORDS, *twin.refusals, *reads)
    for status, problem in problems.items():
        if status in answers:
            answers[status]["content"] |= problem["content"]
            answers[status]["description"] += f" Or: {problem['description']}"
        else:
            answers[status] = problem
    roles = [role.value for role, parts in SEES.items() if twin.part in parts]
    return {
        "get": {
            "operationId": twin.shape.__name__[0].lower() + twin.shape.__name__[1:],
            "tags": [twin.part.value],
            "summary": twin.says,
            "description": f"For: {', '.join(roles)}.",
            "parameters": words,
            "responses": dict(sorted(answers.items())),
        }
    }


def _own(refs: dict[Any, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": ["openapi", "info", "paths", "components"]}
    return {
        "operationId": "openapi",
        "summary": "This document.",
        "description": "For everybody who has signed in.",
        "responses": {"200": _answer("OpenAPI 3.1.", schema), **_problems(refs, "session.missing")},
    }


def _parameter(where: str, word: Word) -> dict[str, Any]:
    return {
        "in": where,
        "name": word.name,
        "description": word.says,
        "required": where == "path",
        "schema": dict(word.schema),
    }


def _answer(says: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": says, "content": {web.JSON: {"schema": schema}}}


def _problems(refs: dict[Any, Any], *codes: str) -> dict[str, Any]:
    """By status, each with the codes that stand for it here."""
    found = dict[int, list[str]]()
    for code in codes:
        found.setdefault(CODES[code].http, []).append(code)
    return {
        str(status): {
            "description": f"{CODES[named[0]].message} Code: {', '.join(f'`{code}`' for code in named)}, or another.",
            "content": {web.PROBLEM: {"schema": refs[HttpProblem]}},
        }
        for status, named in sorted(found.items())
    }


def _cookie(name: str, says: str) -> dict[str, Any]:
    return {"type": "apiKey", "in": "cookie", "name": name, "description": says}
