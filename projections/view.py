"""Where read models lie: one SQLite file or one PostgreSQL schema, that can be thrown away and built anew."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from bus import directory
from bus.settings import Settings
from contracts.errors import BarnabusError
from projections.models import MODELS
from projections.readmodel import META, OF_THE_ENGINE, PROGRESS, TABLES, ReadModel, version_of

PROJECTIONS = "BARNABUS_PROJECTIONS"
"""A PostgreSQL URL; without it, a file in the home."""
LIVE, SHADOW = "live", "shadow"
_BUILT = "built-"
_ENDS = ("", "-wal", "-shm")
"""What belongs to one view in a file."""
CONNECT_WITHIN_S = 3
_NO_RIGHT = "42501"  # as PostgreSQL says it
_JSON: Mapping[str, Any] = {
    "json_serializer": lambda value: msgspec.json.encode(value).decode(),
    "json_deserializer": msgspec.json.decode,
}


@dataclass(frozen=True, slots=True)
class Place:
    """A file, or a database in which each view is a schema."""

    folder: Path
    url: str | None

    @classmethod
    def of(cls, settings: Settings) -> "Place":
        """Raises `setting.invalid`."""
        url = os.environ.get(PROJECTIONS)
        if url and not url.startswith(("postgresql://", "postgres://")):
            raise BarnabusError("setting.invalid", detail=f"{PROJECTIONS} is no URL that starts with postgresql://.")
        return cls(settings.home / "projections", url)

    def exists(self) -> bool:
        """Is there a view, of whatever version?"""
        if not self.can_be_opened:
            return False
        with self.opened(LIVE) as engine, engine.connect() as connection:
            return PROGRESS.name in _columns(connection)

    @property
    def can_be_opened(self) -> bool:
        """Else there is none, and opening it would make a file."""
        return self.url is not None or self._file(LIVE).exists()

    @contextmanager
    def opened(self, view: str = LIVE) -> Iterator[Engine]:
        """Raises `projections.unavailable`, `postgres.missing`."""
        engine = self._engine(view)
        try:
            yield engine
        except DBAPIError as error:
            if not _is_away(error):
                raise
            detail = f"{str(error.orig).splitlines()[0]}."
            raise BarnabusError("projections.unavailable", detail=detail) from error
        finally:
            engine.dispose()

    def _engine(self, view: str) -> Engine:
        if self.url is None:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            engine = create_engine(f"sqlite:///{self._file(view)}", **_JSON)
            event.listen(engine, "connect", _read_while_written if view == LIVE else _thrown_away_if_broken_off)
            return engine
        try:
            url = make_url("postgresql+psycopg://" + self.url.partition("://")[2])
            url = url.set(query={"connect_timeout": str(CONNECT_WITHIN_S), **url.query})
            return create_engine(url, **_JSON).execution_options(schema_translate_map={None: _schema(view)})
        except (ArgumentError, ValueError):
            raise BarnabusError("setting.invalid", detail=f"{PROJECTIONS} is no URL of a database.") from None
        except ModuleNotFoundError:
            raise BarnabusError("postgres.missing") from None

    def _file(self, view: str) -> Path:
        return self.folder / f"{view}.db"

    def begin(self, view: str) -> None:
        """An empty view in this place; what stood there is gone."""
        if self.url is None:
            for end in _ENDS:
                self._file(view).with_name(f"{view}.db{end}").unlink(missing_ok=True)
            self._sweep()
        with self.opened(view) as engine, engine.begin() as connection:
            if self.url:
                connection.execute(text(f'DROP SCHEMA IF EXISTS "{_schema(view)}" CASCADE'))
                connection.execute(text(f'CREATE SCHEMA "{_schema(view)}"'))
            else:
                connection.exec_driver_sql("BEGIN")  # of itself the driver makes each table in a transaction of its own
            TABLES.create_all(connection, [*OF_THE_ENGINE, *(model.table for model in MODELS)])

    def swap(self) -> None:
        """The shadow takes the live view's place in one step: a reader sees the one or the other, and never half.

        SQLite finds what belongs to a file by its name, so no two views ever bear one: the live one is a link.
        """
        if self.url is None:
            with self._file(SHADOW).open("rb") as whole:
                os.fsync(whole.fileno())  # it was written without waiting for the disk
            view, link = self.folder / f"{_BUILT}{token_hex(8)}.db", self._file("next")
            self._file(SHADOW).rename(view)
            link.unlink(missing_ok=True)
            link.symlink_to(view.name)
            link.replace(self._file(LIVE))
            return
        with self.opened(LIVE) as engine, engine.begin() as connection:
            connection.execute(text(f'DROP SCHEMA IF EXISTS "{_schema(LIVE)}" CASCADE'))
            connection.execute(text(f'ALTER SCHEMA "{_schema(SHADOW)}" RENAME TO "{_schema(LIVE)}"'))

    def _sweep(self) -> None:
        """Views that were live once: not at the swap, for a reader may be about to open them."""
        live = self._file(LIVE)
        kept = {f"{live.readlink()}{end}" for end in _ENDS} if live.is_symlink() else set()
        for path in self.folder.glob(f"{_BUILT}*"):
            if path.name not in kept:
                path.unlink(missing_ok=True)


@contextmanager
def reading(settings: Settings, *models: ReadModel) -> Iterator[Engine]:
    """The live view, for what these models show. Raises as `opened` does, and:

    `projections.missing` where there is none, or `home.missing` where there is no home either; `projections.stale`.
    """
    place = Place.of(settings)
    if not place.can_be_opened:
        raise _missing(settings)
    with place.opened() as engine:
        with engine.connect() as connection:
            found = _columns(connection)
            if PROGRESS.name not in found:
                raise _missing(settings)
            _of_this_version(found)
            known = {row.model: row.version for row in connection.execute(select(META.c.model, META.c.version))}
        for model in models:
            if (version := known.get(model.name)) != version_of(model):
                there = f"version {version}" if version else "not in this view"
                raise BarnabusError("projections.stale", detail=f"{model.name}: {there}.")
        yield engine


def of_this_version(connection: Connection) -> None:
    """Raises `projections.stale` if a table of this view has other columns than are written here, or is not there."""
    _of_this_version(_columns(connection))


def _of_this_version(found: Mapping[str, set[str]]) -> None:
    for table in TABLES.sorted_tables:
        if found.get(table.name) != set(table.columns.keys()):
            raise BarnabusError("projections.stale", detail=f"Table {table.name} is another.")


def _columns(connection: Connection) -> dict[str, set[str]]:
    """Of each table of a view."""
    schema = (connection.get_execution_options().get("schema_translate_map") or {}).get(None)
    columns = inspect(connection).get_multi_columns(schema=schema)
    return {table: {column["name"] for column in of_table} for (_, table), of_table in columns.items()}


def _missing(settings: Settings) -> BarnabusError:
    directory.load(settings)  # says what to do where there is no home
    return BarnabusError("projections.missing")


def _is_away(error: DBAPIError) -> bool:
    """Or full, or closed to us; anything else is a mistake of our own."""
    return isinstance(error, OperationalError | InterfaceError) or getattr(error.orig, "sqlstate", None) == _NO_RIGHT


def _schema(view: str) -> str:
    return f"barnabus_projections_{view}"


def _thrown_away_if_broken_off(connection: Any, _: Any) -> None:
    """Nobody reads it until it is whole, and what was broken off is begun anew."""
    connection.execute("PRAGMA journal_mode=MEMORY")
    connection.execute("PRAGMA synchronous=OFF")


def _read_while_written(connection: Any, _: Any) -> None:
    """It can be built anew from the log, so it need not survive a power cut whole: only a crash of this process."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
