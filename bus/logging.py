"""How processes speak: one JSON line an event on standard error, or readable text on a terminal; never a payload.

A failure is logged by its type and place only: an exception's message can quote what somebody typed.
"""

import logging
import os
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict


def _place_only(_: Any, __: str, event: EventDict) -> EventDict:
    """In place of a traceback: where it happened, without a value."""
    if event.pop("exc_info", None):
        error = sys.exc_info()[1]
        frames = traceback.extract_tb(error.__traceback__)[-4:] if error else []
        event["at"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def _first_line(_: Any, __: str, event: EventDict) -> EventDict:
    """Of what a library says: asyncio quotes an exception's own words in the lines below."""
    event["event"] = str(event["event"]).partition("\n")[0]
    return event


def _one_line(_: Any, __: str, event: EventDict) -> EventDict:
    """For a terminal: what somebody typed may end no line, colour nothing and turn no text around (JSON escapes it)."""
    return {name: _escaped(value) if isinstance(value, str) else value for name, value in event.items()}


def _escaped(text: str) -> str:
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def configure(process: str, level_if_unset: str = "INFO") -> None:
    """Once a process. `BARNABUS_LOG` sets the level."""
    wanted = os.environ.get("BARNABUS_LOG", level_if_unset).upper()
    level = logging.getLevelNamesMapping().get(wanted, logging.INFO)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _place_only,
    ]
    tty = sys.stderr.isatty()
    if tty:
        shared.append(_one_line)
    last = structlog.dev.ConsoleRenderer() if tty else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    if not tty:
        structlog.contextvars.bind_contextvars(process=process)
    # libraries say only what is wrong, and in the same form
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
            foreign_pre_chain=[*shared, _first_line],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
