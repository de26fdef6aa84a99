"""The system that is tried: a program from outside, started, killed and started again."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contracts.errors import Refused

ENDS_WITHIN_S = 10.0
_LAST_BYTES = 2_000
_LAST_LINE = 160


@dataclass(slots=True)
class Target:
    """`output` is the file that everything it writes goes to. It and what it starts are one group of processes."""

    words: Sequence[str]
    environment: Mapping[str, str]
    output: Path
    _process: asyncio.subprocess.Process | None = field(default=None)

    async def start(self) -> None:
        """Raises Refused `option.invalid` if there is no such program."""
        with self.output.open("ab") as output:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self.words,
                    env={**os.environ, **self.environment},
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=asyncio.subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise Refused("option.invalid", detail=f"{self.words[0]}: {error.strerror}.") from None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def kill(self) -> None:
        """As a power cut would."""
        if self._process is not None:
            _signal(self._process, signal.SIGKILL)
            await self._process.wait()

    async def end(self) -> None:
        """As a supervisor would; killed if that takes too long."""
        if self._process is None:
            return
        _signal(self._process, signal.SIGTERM)
        try:
            async with asyncio.timeout(ENDS_WITHIN_S):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            await self.kill()

    async def ended(self) -> int:
        """Wait for its end; its exit status."""
        assert self._process, "it was started"
        return await self._process.wait()

    def how_it_ended(self) -> str:
        """With its exit status and the last line that it wrote."""
        assert self._process, "it was started"
        code, last = self._process.returncode, self._last_line()
        status = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with exit status {code}"
        return f"it {status}" + (f"; its last line: {last}" if last else "")

    def _last_line(self) -> str:
        said = self.output.read_bytes()[-_LAST_BYTES:].decode(errors="replace").strip().splitlines()
        return said[-1][:_LAST_LINE] if said else ""


def _signal(process: asyncio.subprocess.Process, wanted: signal.Signals) -> None:
    """To all of its group, also where the first of it has ended and others have not."""
    try:
        os.killpg(process.pid, wanted)
    except ProcessLookupError:
        return
