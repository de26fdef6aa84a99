"""The pages of this repository, and what they show."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("docs/adr/*.md"),
        *ROOT.glob("services/*/README.md"),
        *ROOT.glob("examples/*/README.md"),
        *ROOT.glob("examples/*/*/README.md"),
    ]
)


class Shown(NamedTuple):
    """One command line as a page shows it, without what follows a `#`."""

    page: str
    words: tuple[str, ...]


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def barnabus_lines() -> Iterator[Shown]:
    """Every `$ barnabus …` of every page, and of the commands that the demo's output names."""
    for page in PAGES:
        for block in (*blocks(page, "console"), *blocks(page, "text")):
            for line in block.splitlines():
                words = shlex.split(line.strip().removeprefix("$ "), comments=True) if "barnabus" in line else []
                if words and words[0].rpartition("/")[2] == "barnabus":
                    yield Shown(page.name, tuple(words[1:]))


class Entered(NamedTuple):
    """One line typed into a shell, and what the page says that it prints."""

    typed: str
    printed: str


def transcript(page: Path) -> list[Entered]:
    """The page's `shell-session` blocks, in order: one session, in which later lines rest on earlier ones."""
    found = []
    for block in blocks(page, "shell-session"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            typed, _, printed = part.partition("\n")
            found.append(Entered(typed, printed))
    return found


def links(page: Path) -> Iterator[str]:
    """Relative links, without their anchors."""
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            yield target
