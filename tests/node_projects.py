"""Programs for Node: what they need is installed once, from their lock file, where there is Node and a registry."""

import fcntl
import functools
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

OLDEST = 18
INSTALL_WITHIN_S = 120
"""Also the AsyncAPI parser's 171 packages over a slow line; a test that may install says so in its own time limit."""
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")
"""No package's own scripts are run, and nobody is told that we install it."""


def installed(project: Path) -> Path:
    """The project's folder with all that its lock file names. Skips the test, with the reason, where that cannot be."""
    if reason := _missing(project):
        pytest.skip(reason)
    return project


@functools.cache
def _missing(project: Path) -> str | None:
    if not (shutil.which("node") and shutil.which("npm")):
        return "no Node here: install nodejs and npm"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST:
        return f"Node {version} is too old: {OLDEST} or newer is needed"
    locked = project / "package-lock.json"
    with locked.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another test process may be at it
        marker, digest = project / "node_modules" / ".of-lock", hashlib.sha256(lock.read()).hexdigest()
        if marker.exists() and marker.read_text() == digest:
            return None
        reason = _install(project)
        if reason is None:
            marker.parent.mkdir(exist_ok=True)
            marker.write_text(digest)
        return reason


def _install(project: Path) -> str | None:
    try:
        done = subprocess.run(INSTALL, cwd=project, capture_output=True, text=True, timeout=INSTALL_WITHIN_S)
    except subprocess.TimeoutExpired:
        return f"npm could not install {project.name} within {INSTALL_WITHIN_S} s"
    said = (done.stderr.strip().splitlines() or ["it said nothing"])[0]
    return f"npm could not install {project.name}: {said}" if done.returncode else None
