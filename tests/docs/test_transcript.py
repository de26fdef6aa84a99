"""The ten minutes of docs/integrate.md, typed line by line as they stand there: they print what the page shows."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, transcript
from tests.docs.test_commands import Up

PAGE = ROOT / "docs" / "integrate.md"
LOOK_AGAIN_WITHIN_S = 10.0
"""A letter may take a moment to arrive."""
DIFFERS = {
    r"\b\w{4}(-\w{4}){3}\b": "CASE",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?": "TIME",
    r"\bposition \d+": "position N",
    r"^\d+ +TIME": "N TIME",
}
"""What is another at each run. Places in the log too: receipts take theirs when they come."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Up]:
    """`barnabus up`, and a folder to type in that looks like the repository's."""
    up = Up(tmp_path / "home")
    try:
        (tmp_path / "contracts").symlink_to(ROOT / "contracts")
        yield up
    finally:
        up.end()


@pytest.mark.timeout(120)  # a dozen processes, one after the other
def test_the_ten_minutes_print_what_their_page_shows(here: Up, tmp_path: Path) -> None:
    session = transcript(PAGE)
    assert len(session) > 5
    for typed, printed in session:
        assert _once(here, typed, tmp_path, _same(printed)) == _same(printed), typed
    assert {"submit", "inbox"} == {word for typed, _ in session for word in re.findall(r"barnabus (\w+)", typed)}


def _once(up: Up, typed: str, folder: Path, expected: str) -> str:
    """What it prints; an inbox is looked at again until it holds what is expected."""
    end = time.monotonic() + LOOK_AGAIN_WITHIN_S
    while True:
        found = _same(_typed(up, typed, folder))
        if found == expected or "inbox" not in typed or time.monotonic() > end:
            return found


def _typed(up: Up, line: str, folder: Path) -> str:
    commands = f"{Path(sys.executable).parent}:{up.environment['PATH']}"
    shell = shutil.which("bash")
    assert shell
    done = subprocess.run(
        [shell, "-c", line],
        cwd=folder,
        env=up.environment | {"PATH": commands},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=30,
    )
    return done.stdout


def _same(printed: str) -> str:
    for pattern, name in DIFFERS.items():
        printed = re.sub(pattern, name, printed, flags=re.MULTILINE)
    return "\n".join(line.rstrip() for line in printed.strip().splitlines())
