"""Every command line that a page shows is run as it stands there."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import forked
from tests.docs.pages import ROOT, Shown, barnabus_lines

RUNS_ON = {
    ("up",), ("gateway",), ("adapter",), ("demo",), ("sandbox",), ("conformance", "run"), ("projections", "run"),
    ("projections", "metrics"), ("console",),
}  # fmt: skip
"""These go on until they are ended, as tests/fault shows; the kit's run is compared in test_conformance.py."""
FIRST = {("submit", "police", "contracts/examples/referral.made.valid.json"), ("projections", "rebuild")}
MAY_BE_BEHIND = {("projections", "status")}
"""Its exit status says whether it is current, and the log goes on."""
NOT_YET: dict[tuple[str, ...], str] = {("figures", "publish"): "figures.before-log"}
"""A log of today has seen no period that is over; tests/fault publishes one of a made-up year."""
PLACEHOLDERS = {
    "AGENCY": "social", "POSITION": "0", "REF": "{case_ref}", "PERSON": "p-7k3q9m2xw4",
    "FILE.csv": "{home}/figures.csv",
    "CREDENTIAL": "{home}/investigators/inspector-1/credential.jws",
    "THEIRS": "{home}/investigators/inspector-17/credential.jws",
    "ASKED": "{home}/asked.jws", "VOUCHED": "{home}/vouched.jws",
}  # fmt: skip
READY_WITHIN_S = 30
IN_ORDER = "content"
"""The lines of this word rest on each other: test_content.py runs them."""


def _rests(shown: Shown) -> bool:
    """On another line of its page: these are run in one test, in their order."""
    return shown.words[0] == "access" or "--emergency" in shown.words


LINES = sorted(
    {shown for shown in barnabus_lines() if shown.words[0] != IN_ORDER and not _rests(shown)},
    key=lambda shown: (shown.words not in FIRST, shown),
)


class Up:
    """`barnabus up` in a home of its own, with one referral made."""

    def __init__(self, home: Path, *more: str) -> None:
        self.first = 0  # where its referral stands in the log
        self.environment = os.environ | {"BARNABUS_HOME": str(home), "COLUMNS": "120"}
        self.environment["BARNABUS_CREDENTIAL"] = str(home / "investigators/inspector-1/credential.jws")
        self.environment.pop("BARNABUS_NATS_URL", None)
        words = [sys.executable, "-m", "cli", "up", *more]
        self.process = subprocess.Popen(words, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        assert "is up at" in self.process.stdout.readline()

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return forked.run(words, self.environment, ROOT)

    def end(self) -> None:
        self.process.terminate()
        assert self.process.wait(20) == 0
        if self.process.stdout:
            self.process.stdout.close()


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("up") / "home")
    until = time.monotonic() + READY_WITHIN_S
    while running.run("doctor").returncode:  # the keeper's first look comes last
        assert time.monotonic() < until, running.run("doctor").stdout
    yield running
    running.end()


@pytest.fixture(scope="module")
def case_ref(up: Up) -> str:
    answer = up.run("submit", "police", "contracts/examples/referral.made.valid.json", "--json")
    assert answer.returncode == 0, answer.stderr
    found: str = json.loads(answer.stdout)["case_ref"]
    up.first = json.loads(answer.stdout)["stamp"]["position"]
    who = ("--person", "inspector-1", "--agency", "oversight", "--role", "inspector", "--case", found)
    assert up.run("access", "grant", *who).returncode == 0
    return found


def test_there_are_commands_to_try() -> None:
    assert len(LINES) > 8


@pytest.mark.parametrize("shown", LINES, ids=lambda shown: f"{shown.page}: {' '.join(shown.words)}")
def test_a_command_does_what_its_page_says(up: Up, case_ref: str, shown: Shown) -> None:
    on = next((words for words in RUNS_ON | {("provision",)} if shown.words[: len(words)] == words), None)
    if on and shown.words != ("provision", "--streams"):
        assert up.run(*on, "--help").returncode == 0
        return
    words = _filled_in(shown, up, case_ref)
    found = up.run(*words)
    if code := NOT_YET.get(shown.words[:2]):
        assert (found.returncode, code in found.stderr) == (2, True), found.stdout + found.stderr
        return
    ends_with = {0, 1} if shown.words in MAY_BE_BEHIND else {0}
    assert found.returncode in ends_with, found.stdout + found.stderr
    if "--json" in words:
        json.loads(found.stdout)


def test_lines_that_rest_on_each_other_do_what_their_page_says_in_its_order(up: Up, case_ref: str) -> None:
    resting = [shown for shown in barnabus_lines() if _rests(shown)]
    assert {shown.words[1] for shown in resting} >= {"grant", "emergency", "vouch", "list"}
    for shown in resting:
        found = up.run(*_filled_in(shown, up, case_ref))
        assert found.returncode == 0, (shown, found.stdout + found.stderr)


def _filled_in(shown: Shown, up: Up, case_ref: str) -> list[str]:
    home = up.environment["BARNABUS_HOME"]
    words = [PLACEHOLDERS.get(word, word).format(case_ref=case_ref, home=home) for word in shown.words]
    if shown.words[:2] == ("case", "prove"):
        words[words.index("--position") + 1] = str(up.first)  # one that the case has
    return [re.sub(r"^[0-9a-z]{4}(-[0-9a-z]{4}){3}$", case_ref, word) for word in words]
