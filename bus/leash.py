"""Keeps a nats-server on a leash: it ends, and its private folder goes, when whoever started it is gone.

Run as a program of its own with the standard library only. Its standard input is a pipe that the starter holds open
and never writes to: however the starter ends, a kill included, the pipe closes.

    python leash.py FOLDER COMMAND...
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading

STOP_WAIT_S = 5
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # looked up here: a child between fork and exec must not


def die_with_parent() -> None:
    """Called in a child: on Linux the kernel ends it should its parent be killed; elsewhere there is no such thing."""
    if _LIBC:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def main(folder: str, command: list[str]) -> int:
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)  # noqa: PLW1509  no thread runs yet

    def end(*_: object) -> None:
        server.terminate()

    def wait_for_starter() -> None:
        while os.read(0, 1):
            pass
        end()
        try:
            server.wait(STOP_WAIT_S)
        except subprocess.TimeoutExpired:
            server.kill()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=wait_for_starter, daemon=True).start()
    try:
        return server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
