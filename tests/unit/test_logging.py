"""What processes say: one line of JSON an event, and never a value that somebody typed."""

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bus.logging import configure
from tests.builders import NAME


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    root = logging.getLogger()
    before, handlers = structlog.get_config(), list(root.handlers)
    level = root.level
    monkeypatch.delenv("BARNABUS_LOG", raising=False)
    yield
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()
    root.handlers = handlers
    root.setLevel(level)


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    captured = capsys.readouterr()
    assert captured.out == "", "standard output belongs to what was asked for"
    return [json.loads(line) for line in captured.err.splitlines()]


def test_an_event_is_one_line_of_json_with_its_time_and_process(capsys: pytest.CaptureFixture[str]) -> None:
    configure("test")
    structlog.get_logger().info("letter.heard", sender="police", note="two\nlines")
    (line,) = said(capsys)
    assert (line["event"], line["level"], line["process"], line["note"]) == (
        "letter.heard",
        "info",
        "test",
        "two\nlines",
    )
    assert line["timestamp"].endswith("Z")


def test_a_failure_is_said_by_its_place_and_never_by_what_it_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    configure("test")
    try:
        raise ValueError(f"cannot read {NAME!r}")
    except ValueError as error:
        structlog.get_logger().error("letter.failed", error=type(error).__name__, exc_info=True)
    (line,) = said(capsys)
    assert line["error"] == "ValueError"
    assert line["at"][-1].startswith("test_logging.py:")
    assert NAME not in json.dumps(line)


def test_a_librarys_failure_is_said_by_its_place_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure("test")
    try:
        raise ValueError(NAME)
    except ValueError:
        logging.getLogger("somelibrary").exception("it failed")
    (line,) = said(capsys)
    assert line["event"] == "it failed"
    assert NAME not in json.dumps(line)


def test_a_task_that_nobody_awaited_does_not_say_what_it_failed_on(capsys: pytest.CaptureFixture[str]) -> None:
    """asyncio puts the exception's own words into its message."""
    configure("test")

    async def fails() -> None:
        raise ValueError(NAME)

    async def forgets() -> None:
        task = asyncio.create_task(fails())
        await asyncio.wait({task})
        asyncio.get_running_loop().call_exception_handler(
            {"message": "Task exception was never retrieved", "exception": task.exception(), "future": task}
        )

    asyncio.run(forgets())
    (line,) = said(capsys)
    assert line["event"] == "Task exception was never retrieved"
    assert NAME not in json.dumps(line)


@pytest.mark.parametrize(("level", "heard"), [("ERROR", 0), ("INFO", 1), ("nonsense", 1)])
def test_the_environment_sets_the_level(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, level: str, heard: int
) -> None:
    monkeypatch.setenv("BARNABUS_LOG", level)
    configure("test")
    structlog.get_logger().info("letter.heard")
    assert len(said(capsys)) == heard
