"""Codes: every one that is raised is in the table, and every one in the table can be met."""

import ast
import copy
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.errors import CODES, BarnabusError, Refused, Then

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "bus", "services", "projections", "console", "cli")
TABLE = ROOT / "contracts" / "errors.py"
EXAMPLES = ROOT / "contracts" / "examples"
"""The table itself, and documents that merely quote a code, are no places where one is met."""
NOT_BY_NAME = {
    "method.not-allowed": "chosen in services.web.gate by the framework's status",
    "letter.after-parked": "why a letter is parked, in services.agency: nothing has failed",
    "case.held-up": "why an entry is parked, in projections.engine: its case goes on with what is not known here",
    "letter.awaited": "why a letter is parked, in services.letters: what it says again is not here yet",
}
"""Codes that no error is raised with by name, and how they are met."""


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path != TABLE and EXAMPLES not in path.parents:
                yield path, ast.parse(path.read_text())


def raised() -> dict[str, Path]:
    """Every code that stands as the first argument of an error, with a place."""
    found = {}
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                code = node.args[0]
                if node.func.id in ("BarnabusError", "Refused") and isinstance(code, ast.Constant):
                    found[str(code.value)] = path.relative_to(ROOT)
    return found


def test_every_code_that_is_raised_is_in_the_table() -> None:
    assert {code: path for code, path in raised().items() if code not in CODES} == {}


def test_every_code_in_the_table_is_raised_somewhere() -> None:
    assert set(CODES) - set(raised()) == set(NOT_BY_NAME)


@pytest.mark.parametrize("code", CODES)
def test_every_code_says_what_happened_and_what_to_do_next(code: str) -> None:
    row = CODES[code]
    assert row.message.endswith(".")
    assert row.hint.endswith(".")
    assert 400 <= row.http < 600
    assert row.exit in (1, 2)


def test_a_code_that_is_raised_may_not_be_unknown() -> None:
    with pytest.raises(KeyError):
        BarnabusError("no.such-code")


def test_an_error_says_its_code_its_place_and_the_next_step() -> None:
    error = Refused("danger.unstated", field="data.safety", detail="Urgency is immediate.")
    assert str(error).startswith("danger.unstated (data.safety): ")
    assert error.problem() == {
        "code": "danger.unstated",
        "message": error.row.message,
        "hint": "Fill in data.safety.",
        "field": "data.safety",
        "detail": "Urgency is immediate.",
    }
    assert error.then is Then.VOID


def test_a_problem_leaves_out_what_there_is_not() -> None:
    assert set(BarnabusError("internal").problem()) == {"code", "message", "hint"}


@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301  our own bytes
def test_an_error_stays_what_it_is_when_it_is_copied_between_processes(again: object) -> None:
    assert callable(again)
    error = again(Refused("field.missing", field="data.to"))
    assert (type(error), error.code, error.field) == (Refused, "field.missing", "data.to")
