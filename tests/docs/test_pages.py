"""What the pages claim is there, is there."""

import importlib
import json
import re
from pathlib import Path

import pytest

from cli import telling
from cli.main import ROOMS
from console.roles import Role
from contracts.export import files
from tests.docs.pages import PAGES, ROOT, blocks, links

ARCHITECTURE = ROOT / "ARCHITECTURE.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    missing = [target for target in links(page) if not (page.parent / target).exists()]
    assert not missing


def test_every_function_that_the_walk_names_exists() -> None:
    """ARCHITECTURE.md: each hop is one function in one file."""
    named = re.findall(r"\[`([a-z_/]+)\.py`\]\([^)]*\) `([\w.]+)`", ARCHITECTURE.read_text())
    assert len(named) >= 6
    for module, path in named:
        found = importlib.import_module(module.replace("/", "."))
        for name in path.split("."):
            found = getattr(found, name)


def test_the_map_is_one_page() -> None:
    assert len(ARCHITECTURE.read_text().splitlines()) <= 100


def test_every_test_that_proves_a_promise_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", (ROOT / "docs" / "guarantees.md").read_text()))
    assert named
    assert not [path for path in named if not (ROOT / path).is_file()]


def test_every_test_and_file_that_the_threat_model_names_exists() -> None:
    page = (ROOT / "docs" / "threat-model.md").read_text()
    named = set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page))
    assert len(named) > 40
    missing = [path for path, _ in named if not (ROOT / path).is_file()]
    assert not missing
    assert not [(path, name) for path, name in named if name and f"def {name}(" not in (ROOT / path).read_text()]
    files = re.findall(r"`((?:bus|services|contracts|projections|console|cli)/[\w/]+\.py)`", page)
    assert files
    assert not [path for path in files if not (ROOT / path).is_file()]


def test_every_command_is_documented() -> None:
    """An undocumented command is a failing test."""
    pages = "\n".join(page.read_text() for page in PAGES)
    assert not [name for name in ROOMS if f"barnabus {name}" not in pages and f"`{name}`" not in pages]


def test_the_readme_shows_what_the_demo_prints() -> None:
    """Every step of every scenario stands in the README's output, in order, and so does what each comes to."""
    # its lines break as in a terminal
    excerpt, output, _ = (" ".join(block.split()) for block in blocks(ROOT / "README.md", "text"))
    assert excerpt in output
    position = 0
    for path in sorted((ROOT / "examples" / "scenarios").glob("*.json")):
        scenario = json.loads(path.read_text())
        for said in (scenario["title"], *(step["say"] for step in scenario["steps"]), "Who holds what"):
            position = output.index(said, position)
        assert scenario.get("point", "") in output[position:]


def test_the_readme_shows_how_the_demo_lets_people_in(capsys: pytest.CaptureFixture[str]) -> None:
    """Passwords, port and case are another demo's."""
    *_, shown = blocks(ROOT / "README.md", "text")
    passwords = re.findall(r"(?:\w{4}-){3}\w{4}(?=  )", shown)
    url, case_ref = re.findall(r"http\S+", shown)[0], shown.split()[-1]
    telling.console(url, dict(zip(Role, passwords, strict=True)), case_ref)
    assert [line.rstrip() for line in capsys.readouterr().out.strip().splitlines()] == shown.splitlines()


def test_no_committed_page_is_generated_twice() -> None:
    """A page is either written by hand or by `barnabus contracts export`, which says so in its first line."""
    generated = {path for path in files() if path.startswith("docs/")}
    marked = {str(p.relative_to(ROOT)) for p in PAGES if p.read_text().startswith("<!-- Generated")}
    assert marked == generated
