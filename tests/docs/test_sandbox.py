"""docs/sandbox.md: its system connects, is asked and answered as it stands there, and so is every command of it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.sandbox.behaving import Behaviour
from tests import forked
from tests.docs.pages import ROOT, barnabus_lines, blocks

PAGE = ROOT / "docs" / "sandbox.md"
ASKS = ("sandbox", "ask", "--from", "police")
TOLD = [
    shown.words
    for shown in barnabus_lines()
    if shown.page == PAGE.name and "--as" not in shown.words and shown.words != ASKS
]


class Running:
    def __init__(self, folder: Path) -> None:
        self.environment = os.environ | {"BARNABUS_HOME": str(folder / "home")}
        self.environment.pop("BARNABUS_NATS_URL", None)
        options = ("--as", "health", "--home", str(folder / "home"), "--pause", "0", "--json")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli", "sandbox", *options],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        ready = self.line()
        self.environment |= {
            "NATS_URL": ready["url"],
            "BARNABUS_HTTP": ready["http"],
            "BARNABUS_TOKEN": ready["token"],
        }

    def line(self) -> dict[str, Any]:
        assert self.process.stdout
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def runs(self, *words: str) -> int:
        """The exit status of a command."""
        return forked.run(words, self.environment, ROOT).returncode

    def shell(self, line: str) -> Any:
        """What a line prints, as JSON."""
        done = subprocess.run(["bash", "-c", line], cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, timeout=50)
        return json.loads(done.stdout)

    def beside(self, script: Path) -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, str(script)], env=self.environment, stdout=subprocess.PIPE, text=True)

    def end(self) -> list[dict[str, Any]]:
        """What it has said since."""
        self.process.terminate()
        said, _ = self.process.communicate(timeout=30)
        assert self.process.returncode == 0
        return [json.loads(line) for line in said.splitlines()]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    found = Running(tmp_path)
    yield found
    found.process.kill()
    found.process.communicate()


def curls() -> list[str]:
    return [line for block in blocks(PAGE, "console") for line in block.splitlines() if "curl" in line]


@pytest.mark.timeout(150)
def test_the_page_does_what_it_shows(running: Running, tmp_path: Path) -> None:
    (snippet,) = blocks(PAGE, "python")
    (tmp_path / "system.py").write_text(snippet)
    system, until = running.beside(tmp_path / "system.py"), time.monotonic() + 30
    while system.poll() is None and time.monotonic() < until:  # it hears what it is asked once it has connected
        assert running.runs(*ASKS) == 0
    assert len(TOLD) >= 4
    for words in TOLD:
        assert running.runs(*words) == 0, words
    refused, logged = system.communicate(timeout=30)[0].splitlines()
    assert "post.not-named" in refused
    assert "'status': 'logged'" in logged
    posted, page = (running.shell(line.removeprefix("$ ")) for line in curls())
    assert posted["status"] == "logged"
    assert {item["type"] for item in page["items"]} >= {"referral.made"}
    said = running.end()
    assert {"heard", "refused", "sent", "owed", "missed", "forward", "ended"} <= {one["what"] for one in said}
    text = PAGE.read_text()
    assert not [one["what"] for one in said if f"`{one['what']}`" not in text]


def test_every_behaviour_is_explained() -> None:
    assert not [behaviour for behaviour in Behaviour if f"| `{behaviour}` |" not in PAGE.read_text()]
