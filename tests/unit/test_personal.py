"""The watch over what tests log sees what it should: in this process, through a library, and in another's file."""

import logging
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from tests import personal
from tests.builders import BORN, NAME


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> personal.Watch:
    """One of its own, before the suite's: what is said here on purpose fails nobody."""
    found = personal.Watch()
    monkeypatch.setattr(personal.Watch, "look", lambda watching, *said: real(found, *said))
    return found


real = personal.Watch.look


def test_what_a_logger_is_called_with_is_seen_also_where_a_test_captures_it(watch: personal.Watch) -> None:
    with capture_logs():
        structlog.get_logger().warning("letter.failed", detail=f"not {NAME}")
        structlog.get_logger().bind(whom=BORN).info("letter.heard")
    assert len(watch.taken()) == 2
    structlog.get_logger().info("letter.heard", sender="police")
    assert watch.taken() == []


def test_what_a_library_says_is_seen(watch: personal.Watch) -> None:
    logging.getLogger("somelibrary").warning("cannot read %s", NAME)
    assert len(watch.taken()) == 1


def test_what_another_process_left_in_its_log_is_seen_and_names_its_test(tmp_path: Path) -> None:
    (tmp_path / "home" / "logs").mkdir(parents=True)
    log = tmp_path / "home" / "logs" / "police.log"
    log.write_text('{"event": "letter.failed"}\n')
    assert personal.in_files(tmp_path) == []
    log.write_text(f'{{"event": "letter.failed", "note": "{NAME}"}}\n')
    (found,) = personal.in_files(tmp_path)
    assert "test_what_another_process" in found
    log.unlink()


def test_examples_give_it_words_to_look_for() -> None:
    assert {NAME, BORN, "Example Child", "Example Suspect"} <= personal.MARKERS
