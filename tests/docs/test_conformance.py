"""docs/conformance.md: the run that it shows prints what it shows, and it lists every check as the kit does."""

import os
import re
import sys
from pathlib import Path

from cli.conformance.running import CHECKS
from tests import forked
from tests.docs.pages import ROOT, barnabus_lines, blocks

PAGE = ROOT / "docs" / "conformance.md"
WITHIN_S = 150


def test_the_run_on_the_page_prints_what_the_page_shows() -> None:
    (words,) = (shown.words for shown in barnabus_lines() if shown.page == PAGE.name)
    here = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    found = forked.run(words, os.environ | {"PATH": here, "COLUMNS": "120"}, ROOT, within_s=WITHIN_S)
    assert (found.returncode, found.stderr) == (0, "")
    (shown,) = blocks(PAGE, "text")
    assert _without_counts(found.stdout) == _without_counts(shown)


def _without_counts(text: str) -> list[str]:
    return re.sub(r"\b\d+ times", "N times", text).splitlines()


def test_the_page_lists_the_checks_in_their_order_with_what_they_expect() -> None:
    rows = [f"| `{check.name}` | {check.expects} |" for check in CHECKS]
    assert "\n".join(rows) in PAGE.read_text()
