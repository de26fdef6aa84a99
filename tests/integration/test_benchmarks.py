"""What the benchmarks print is measured where they say it is: small runs, whose figures mean nothing."""

import subprocess
import sys

import pytest

from tests.benchmarks.live import waited
from tests.benchmarks.measured import measured
from tests.benchmarks.report import Row, percentile, table

MEGABYTE = 1_000_000
STEPS = ["start", "connecting", "looking", "into the log"]


def test_a_commands_peak_is_its_own_and_not_that_of_whoever_measures_it() -> None:
    ours = bytearray(200 * MEGABYTE)
    small = measured(sys.executable, "-c", "print('a small one')")
    large = measured(sys.executable, "-c", f"print(len(bytearray({100 * MEGABYTE})))")
    assert small.out == "a small one\n"
    assert small.peak_bytes < 50 * MEGABYTE < len(ours)
    assert 100 * MEGABYTE < large.peak_bytes < 150 * MEGABYTE


def test_a_command_that_fails_is_not_measured() -> None:
    with pytest.raises(RuntimeError, match="there is no such log"):
        measured(sys.executable, "-c", "raise SystemExit('there is no such log')")


def test_an_entry_was_seen_when_the_view_first_stood_at_it_or_behind_it() -> None:
    seen = [(3, 10.5), (6, 11.0)]
    assert waited([(2, 10.0), (3, 10.25), (4, 10.5), (6, 10.75)], seen) == [500, 250, 500, 250]


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([3, 1, 2, 4], 0.5) == 3
    assert percentile(range(1, 501), 0.99) == 496
    assert percentile([7], 0.99) == 7


def test_a_row_shows_what_was_measured_and_nothing_for_what_was_not(capsys: pytest.CaptureFixture[str]) -> None:
    table([Row("a rebuild", "10 events", per_s=1234.5, beside="0.5× drain")], load_before="1.0")
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.split() == ["a", "rebuild", "10", "events", "1,234", "0.5×", "drain"]


@pytest.mark.bench
def test_one_run_gives_one_table_and_tells_how_far_it_is_beside_it() -> None:
    command = ["-m", "tests.benchmarks", "--part", "replay", "--events", "1000", "--cases", "3"]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    machine, _, head, *rows = done.stdout.splitlines()
    assert "sync_interval: always" in machine
    assert head.split()[:3] == ["of", "a", "second"]
    parts = ["replay of one case, connecting included", "replay of one case, without that"]
    assert [row.split("  ")[0] for row in rows] == parts
    assert "replay: 3 cases out of 1,000 events" in done.stderr


@pytest.mark.bench
def test_the_keeper_is_measured_from_its_first_look_to_its_last_notice() -> None:
    command = ["-m", "tests.benchmarks", "--part", "duties", "--duties", "28"]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    _, _, _, *rows = done.stdout.splitlines()
    of = {row.split("  ")[0]: row for row in rows}
    assert "28 duties" in of["first look at all that is owed"]
    assert "24 notices" in of["notices into the log"]
    steps = of["started again to first notice"].partition("ms: ")[2]
    assert [step.rpartition(" ")[0] for step in steps.strip().split(", ")] == STEPS
