"""How a sandbox that runs is told what to do: one JSON line each way, on a socket that its own user alone can reach.

Each sandbox has a folder in the folder for temporary files: the socket, its home or a link to it. Who looks for one
takes the newest that answers.
"""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from contracts.errors import BarnabusError, Refused

PREFIX = "barnabus-sandbox-"
LINE_LIMIT_BYTES = 1024 * 1024
ANSWER_WITHIN_S = 30.0
_SOCKET, _HOME = "control.sock", "home"
Answer = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


@contextlib.contextmanager
def folder(home: Path | None) -> Iterator[Path]:
    """A new sandbox's own folder, which goes at the end with all that is in it; a named home stays where it is."""
    found = Path(tempfile.mkdtemp(prefix=PREFIX))  # for its owner alone
    try:
        if home:
            (found / _HOME).symlink_to(home.resolve())
        yield found
    finally:
        shutil.rmtree(found, ignore_errors=True)


@contextlib.asynccontextmanager
async def served(place: Path, answer: Answer) -> AsyncIterator[None]:
    """Answer what is asked, until left."""

    async def on_client(lines: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError):
            back.write(json.dumps(await _answered(await lines.readuntil(), answer)).encode() + b"\n")
            await back.drain()
        back.close()

    with _short(place) as path:
        server = await asyncio.start_unix_server(on_client, path, limit=LINE_LIMIT_BYTES)
    try:
        yield
    finally:
        server.close()


@contextlib.contextmanager
def _short(place: Path) -> Iterator[str]:
    """The socket's path: as it is written it may be longer than the 107 bytes that a socket's address takes."""
    folder = os.open(place, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{_SOCKET}"
    finally:
        os.close(folder)


async def _answered(line: bytes, answer: Answer) -> Mapping[str, Any]:
    try:
        return await answer(json.loads(line))
    except BarnabusError as error:
        return {"error": error.problem()}


def ask(home: Path | None, **wanted: Any) -> dict[str, Any]:
    """What the sandbox of this home answers, or without one the sandbox that was started last.

    Raises `sandbox.missing`, and what the sandbox refuses.
    """
    for place in _newest_first():
        if home is None or (place / _HOME).resolve() == home.resolve():
            with contextlib.suppress(OSError):  # it ended without having had the time to tidy up
                return _asked(place, wanted)
    raise BarnabusError("sandbox.missing", detail=f"Home: {home}." if home else None)


def _newest_first() -> list[Path]:
    """Nobody else's: what lies in the folder for temporary files, anybody can have put there."""
    found = []
    for place in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            known = place.lstat()
            if known.st_uid == os.getuid() and place.is_dir() and not place.is_symlink():
                found.append((known.st_mtime, place))
    return [place for _, place in sorted(found, reverse=True)]


def _asked(place: Path, wanted: Mapping[str, Any]) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as line, _short(place) as path:
        line.settimeout(ANSWER_WITHIN_S)
        line.connect(path)
        line.sendall(json.dumps(wanted).encode() + b"\n")
        with line.makefile("rb") as back:
            answer: dict[str, Any] = json.loads(back.readline(LINE_LIMIT_BYTES) or b"{}")
    if problem := answer.get("error"):
        raise Refused(problem["code"], field=problem.get("field"), detail=problem.get("detail"))
    if not answer:
        raise OSError("it ended while it was asked")
    return answer
