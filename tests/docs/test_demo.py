"""`barnabus demo --once --json`, as the README and everybody's script rely on it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bus.settings import STORE
from contracts.agencies import Agency
from tests.docs.pages import ROOT

AGENCY_KEYS = {"submitted", "letters_received", "receipts", "duplicates_refused", "parked", "kills"}


@pytest.mark.timeout(120)
def test_the_demo_ends_by_itself_with_one_document_and_nothing_lost(tmp_path: Path) -> None:
    """A duplicate, a crossing and three kills: counted from stores and log, nothing is lost, doubled or parked."""
    found = subprocess.run(
        [sys.executable, "-m", "cli", "demo", "--once", "--json", "--home", str(tmp_path / "home")],
        cwd=ROOT,
        env=os.environ | {STORE: "postgresql://127.0.0.1:1/an-agency"},  # its made-up cases never reach a real store
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert found.returncode == 0, found.stderr
    document = json.loads(found.stdout)
    assert set(document) == {"agencies", "log", "lost", "void_acts", "seconds"}
    assert set(document["agencies"]) == set(Agency)
    assert all(set(agency) == AGENCY_KEYS for agency in document["agencies"].values())
    assert set(document["log"]) == {"position", "events", "chains_verified"}
    assert (document["lost"], document["log"]["chains_verified"]) == (0, True)
    total = {key: sum(agency[key] for agency in document["agencies"].values()) for key in AGENCY_KEYS}
    assert total["submitted"] == total["letters_received"] == document["log"]["events"] == 15
    assert (total["duplicates_refused"], total["parked"], total["kills"]) == (2, 0, 3)
    assert [void["reason"] for void in document["void_acts"]] == ["already-declined"]
    assert document["seconds"] < 60
