"""The lines of docs/investigate.md on what letters said, run one after the other, with the holder's answer between."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bus.settings import Settings
from tests.builders import NAME, OVERSIGHT, POLICE, SOCIAL, encoded, on, refer
from tests.credentials import given
from tests.docs.pages import barnabus_lines
from tests.docs.test_commands import IN_ORDER, Up
from tests.openings import letter, open_

LINES = [list(shown.words) for shown in barnabus_lines() if shown.words[0] == IN_ORDER]
CASE, RECORD = "1e9x-83x6-q4bb-hv3n", "6f0c6f0e-6a4e-4d0a-9a55-0f6a3b6d7c11"
WITHIN_S = 10.0


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    running = Up(tmp_path / "home")
    yield running
    running.end()


def test_the_page_has_the_three_commands_in_their_order() -> None:
    assert [words[1] for words in LINES] == ["ask", "list", "show"]


def test_what_the_page_shows_leads_from_the_asking_to_what_was_said(up: Up, tmp_path: Path) -> None:
    def done(agency: str, command: dict[str, Any]) -> Any:
        file = tmp_path / f"{command['id']}.json"
        file.write_bytes(encoded(command))
        return until(lambda: up.run("submit", agency, str(file), "--json"))

    referral = done(POLICE, refer())
    settings = Settings(home=tmp_path / "home", nats_url=None)
    mine = given(settings, referral["case_ref"], agency=OVERSIGHT, at=datetime.now(UTC))
    words = {CASE: referral["case_ref"], RECORD: referral["id"], "CREDENTIAL": str(mine)}
    asked, listed, shown = ([words.get(word, word) for word in line] for line in LINES)
    asking = until(lambda: up.run(*asked, "--json"))["id"]
    done(SOCIAL, on(SOCIAL, "referral.accept", asking))
    done(SOCIAL, open_(SOCIAL, asking, letter(referral["id"], "identity")))
    (one,) = until(lambda: up.run(*listed, "--json"))["askings"]
    assert one["id"] == asking
    found = until(lambda: up.run(*(asking if word == "ID" else word for word in shown), "--json"))
    assert found["letters"][0]["fields"]["identity"]["full_name"] == NAME


def until(run: Callable[[], Any]) -> Any:
    """What a command says once it can: a letter may take a moment to arrive."""
    end = time.monotonic() + WITHIN_S
    while (found := run()).returncode:
        assert time.monotonic() < end, found.stderr
    return json.loads(found.stdout)
