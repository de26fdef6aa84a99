"""A command as a process of its own: how long it took, and what it needed of processor and memory.

    python -m tests.benchmarks.measured COMMAND...

It is started by a process that is small itself: on Linux a process's peak begins with that of whoever started it.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from bus.leash import die_with_parent


@dataclass(frozen=True, slots=True)
class Measured:
    """`peak_bytes` is the most memory that it, or a process that it started, held at once; `out` what it answered."""

    seconds: float
    processor_s: float
    peak_bytes: int
    out: str


def measured(*command: str, environment: Mapping[str, str] | None = None) -> Measured:
    """Run a command to its end. Raises RuntimeError with what it said if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, *command],
        env=os.environ | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        preexec_fn=die_with_parent,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return Measured(**json.loads(done.stdout))


def main(command: list[str]) -> int:
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
    took = time.perf_counter() - began
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = Measured(took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, done.stdout)
    sys.stdout.write(json.dumps(asdict(found)))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
