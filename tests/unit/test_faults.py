"""Points at which a process can be made to die: nothing unless one is asked for."""

import os
import signal
import subprocess
import sys

import pytest

from bus import faults

PASS = "from bus import faults; [(faults.point('relay.built'), print(n, flush=True)) for n in (1, 2, 3)]"


def test_without_the_variable_every_point_is_passed() -> None:
    for name in faults.POINTS:
        faults.point(name)


@pytest.mark.parametrize(
    ("kill_at", "passed"),
    [("relay.built", ""), ("relay.built:3", "1\n2\n"), ("relay.answered", "1\n2\n3\n"), ("relay.built:9", "1\n2\n3\n")],
)
def test_a_process_dies_at_the_pass_that_was_asked_for_as_from_sigkill(kill_at: str, passed: str) -> None:
    environment = os.environ | {"BARNABUS_KILL_AT": kill_at}
    found = subprocess.run([sys.executable, "-c", PASS], env=environment, capture_output=True, text=True, timeout=30)
    assert found.stdout == passed
    assert found.returncode == (0 if passed == "1\n2\n3\n" else -signal.SIGKILL)
