"""`barnabus demo --once --json`, as the README and everybody's script rely on it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bus.settings import STORE
from contracts.agencies import EVERYBODY
from tests.docs.pages import ROOT

AGENCY_KEYS = {"submitted", "letters_received", "receipts", "duplicates_refused", "parked", "kills"}


CASE_KEYS = {"scenario", "case_ref", "as_of", "letters", "holdings", "kept_out"}


@pytest.mark.timeout(120)
def test_the_demo_ends_by_itself_with_one_document_and_nothing_lost(tmp_path: Path) -> None:
    """A duplicate, a crossing and three kills: counted from stores and log, nothing is lost, doubled or parked."""
    found = subprocess.run(
        [sys.executable, "-m", "cli", "demo", "--once", "--json", "--cases", "2", "--home", str(tmp_path / "home")],
        cwd=ROOT,
        env=os.environ | {STORE: "postgresql://127.0.0.1:1/an-agency"},  # its made-up cases never reach a real store
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert found.returncode == 0, found.stderr
    assert "command.recorded" not in found.stderr, "a line for every act of a year buries the stories"
    document = json.loads(found.stdout)
    assert set(document) == {"agencies", "log", "lost", "void_acts", "cases", "seconds", "year", "console"}
    assert set(document["agencies"]) == EVERYBODY
    assert all(set(agency) == AGENCY_KEYS for agency in document["agencies"].values())
    assert set(document["log"]) == {"position", "events", "chains_verified"}
    assert (document["lost"], document["log"]["chains_verified"]) == (0, True)
    total = {key: sum(agency[key] for agency in document["agencies"].values()) for key in AGENCY_KEYS}
    assert total["submitted"] == document["log"]["events"] == 41
    letters = [case["letters"] for case in document["cases"]]
    assert total["letters_received"] == sum(letter["sent"] for letter in letters) == 57
    assert all(letter["sent"] == letter["received"] for letter in letters)
    assert (total["duplicates_refused"], total["parked"], total["kills"]) == (2, 0, 3)
    assert [void["reason"] for void in document["void_acts"]] == ["already-declined"]
    assert document["seconds"] < 60
    assert all(set(case) == CASE_KEYS for case in document["cases"])
    completed, informed, known, danger, crossed, _plugs = document["cases"]
    assert completed["holdings"] == crossed["holdings"] == []
    everybody_was_informed(informed)
    known_and_not_acted_on(known)
    the_receiver_is_the_danger(danger)
    assert document["console"] is None, "it serves nobody: it has ended"
    made_up = document["year"]
    assert (made_up["lost"], made_up["parked"], made_up["chains_verified"]) == (0, 0, True)
    assert (made_up["opened"], made_up["year"]) == (2, 2021)
    assert made_up["events"] == sum(made_up["types"].values())


def everybody_was_informed(case: dict[str, Any]) -> None:
    """Every letter arrived; nobody took anything on, the examination is nobody's, the reporter still answers."""
    assert [held["course"] for held in case["holdings"]] == ["concern", "service", "service", "service"]
    assert not {"accepted", "started"} & {held["stage"] for held in case["holdings"]}
    concern, *_ = case["holdings"]
    assert (concern["stage"], concern["whose_move"], concern["responsible"]) == ("acknowledged", "police", "health")
    (exam,) = [held for held in case["holdings"] if held["service"] == "urgent-medical-care"]
    assert (exam["stage"], exam["whose_move"], exam["responsible"]) == ("declined", None, "social")


def known_and_not_acted_on(case: dict[str, Any]) -> None:
    """Social services knew first, the police accepted, and what they were asked for waits for them to this day."""
    concern, protection, again = case["holdings"]
    first, then = concern["answered"]
    assert (first["agency"], first["since"][:10], then["agency"], then["until"]) == (
        "social",
        "2026-02-25",
        "police",
        None,
    )
    assert (concern["stage"], concern["whose_move"], concern["responsible"]) == ("accepted", "police", "police")
    assert (protection["service"], protection["stage"]) == ("emergency-protection", "acknowledged")
    assert (protection["whose_move"], protection["responsible"]) == ("police", "social")
    assert protection["since"][:10] < case["as_of"][:10] == again["since"][:10]
    assert again["responsible"] == "health"


def the_receiver_is_the_danger(case: dict[str, Any]) -> None:
    """The police got one letter before the bypass and none after it; the case goes on with the prosecution."""
    (kept,) = case["kept_out"]
    assert (kept["conflicted"], kept["invoked_by"], kept["alternate"]) == ("police", "health", "prosecution")
    assert (kept["letters_before"], kept["letters_since"], kept["acts_refused"]) == (1, 0, 1)
    asked, _, instead = case["holdings"]
    assert (asked["whose_move"], asked["kept_out"]) == ("police", True)
    assert (instead["service"], instead["from"], instead["to"]) == ("criminal-investigation", "health", "prosecution")
    assert (instead["stage"], instead["kept_out"]) == ("accepted", False)
