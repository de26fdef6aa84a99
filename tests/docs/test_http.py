"""What docs/integrate.md shows of HTTP is run as it stands there, in one shell, and answered as it says."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts import web
from contracts.envelope import COMMAND_LIMIT_BYTES
from services.web.tries import PAUSES
from tests.docs.pages import ROOT, blocks
from tests.docs.test_commands import Up

PAGE = ROOT / "docs" / "integrate.md"
AGENCIES = ("police", "prosecution", "social", "health", "oversight")
FIRST_PORT = 8081
CUT_OFF = 28
"""How curl ends a stream after the time that it was given."""


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What all lines of the page print, each line behind its own heading."""
    folder = tmp_path_factory.mktemp("up")
    up = Up(folder / "home", "--http", "0")
    assert up.process.stdout
    urls = dict(re.findall(r"of (\w+) is at http://(\S+)", "".join(up.process.stdout.readline() for _ in AGENCIES)))
    try:
        done = subprocess.run(
            ["bash", "-e", "-c", script(folder, urls)],
            cwd=ROOT,
            env=up.environment,
            capture_output=True,
            text=True,
            timeout=50,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        yield done.stdout
    finally:
        up.end()


def shown() -> list[str]:
    """Every line that has to do with HTTP, but for those that start adapters."""
    lines = [line.removeprefix("$ ") for block in blocks(PAGE, "console") for line in block.splitlines()]
    return [line for line in lines if re.search(r"\bcurl\b|systems add|umask", line)]


def script(folder: Path, urls: dict[str, str]) -> str:
    barnabus = f'barnabus() {{ {shlex.quote(sys.executable)} -m cli "$@"; }}'
    lines = [barnabus]
    for line in shown():
        here = line.replace("records.secret", str(folder / "records.secret"))
        for place, agency in enumerate(AGENCIES):
            here = here.replace(f"127.0.0.1:{FIRST_PORT + place}", urls[agency])
        here = here.replace("curl ", "curl --silent --fail-with-body ", 1)
        if "?after=" in here:  # what was sent is heard a moment later
            lines.append(f"until {here} | grep --quiet feed; do sleep 0.05; done")
        if "--no-buffer" in here:
            here = f"{here} --max-time 2 || test $? = {CUT_OFF}"
        lines += [f"printf '\\n== %s\\n' {shlex.quote(line)}", here]
    return "\n".join(lines)


def answers(printed: str, word: str) -> list[str]:
    """What was printed behind each line that holds a word."""
    parts = [part.partition("\n") for part in printed.split("\n== ")]
    return [said.strip() for line, _, said in parts if word in line]


def test_a_command_is_taken_and_the_same_again_is_the_same(shell: str) -> None:
    first, again = (json.loads(said) for said in answers(shell, "/events"))
    assert (first["status"], first["repeated"], again["repeated"]) == ("logged", False, True)
    assert first["id"] == again["id"]


def test_what_was_told_is_read_and_listened_to(shell: str) -> None:
    (page,) = (json.loads(said) for said in answers(shell, "?after="))
    item: dict[str, Any] = page["items"][0]
    assert (item["type"], item["feed"], page["next"]) == ("referral.made", 1, 1)
    (stream,) = answers(shell, "/stream")
    assert "id: 1" in stream.splitlines()
    assert json.loads(re.findall(r"^data: (.*)$", stream, re.MULTILINE)[0])["id"] == item["id"]


def test_the_page_shows_the_limits_that_there_are() -> None:
    page = PAGE.read_text()
    for limit in (
        f"{COMMAND_LIMIT_BYTES // 1024} KiB; {web.BODY_LIMIT_BYTES // 1024} KiB, within {web.BODY_WITHIN_S:g} s",
        f"{web.HEADERS_LIMIT_BYTES // 1024} KiB |",
        f"{web.PAGE_LIMIT} items, or what goes past {web.PAGE_LIMIT_BYTES // 1024} KiB",
        f"{web.REQUESTS_AT_ONCE}, then `requests.too-many`; {web.CONNECTIONS_AT_ONCE}",
        f"{web.STREAMS_OF_ONE} of one system, {web.STREAMS_AT_ONCE} of all; one that takes nothing for "
        f"{web.SENT_WITHIN_S:g} s",
        f"systems of an agency | {web.SYSTEMS_AT_MOST}",
        f"every {web.HEARTBEAT_EVERY_S} seconds",
    ):
        assert limit in page, limit
    assert [pause.total_seconds() for pause in PAUSES] == [5, 30, 120, 600, 1800, 3600], "and so the page says"
