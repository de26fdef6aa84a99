"""Where this installation lives, and how it is reached: from the environment, with limits spelled out."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from contracts.agencies import Agency
from contracts.errors import BarnabusError

SQLITE = "sqlite"
STORE = "BARNABUS_STORE"
"""Where agencies' stores lie; with `_` and an agency behind it, where that agency's does."""


def stores_in_home() -> None:
    """From here on, and in child processes: whatever the environment says, made-up cases never reach a real store."""
    for name in [name for name in os.environ if name.startswith(STORE)]:
        del os.environ[name]


@dataclass(frozen=True, slots=True)
class Database:
    """A schema of a PostgreSQL database. Its URL may hold a password, so it is not shown."""

    url: str = field(repr=False)
    schema: str


def _path(name: str) -> Path | None:
    return Path(named) if (named := os.environ.get(name)) else None


@dataclass(frozen=True, slots=True)
class Settings:
    """`home` holds keys, directory and stores; `nats_url` overrides the address that `barnabus up` wrote there.

    `protocol` is the folder of another country's duties and time limits, in place of the shipped ones.
    `retention` is the file of another country's periods, likewise.
    `places` is the file that says which office lies in which municipality, likewise.
    `alarms` is the file that says whom alarms reach; without one they reach nobody.
    """

    home: Path = field(default_factory=lambda: Path(os.environ.get("BARNABUS_HOME", "barnabus-home")))
    nats_url: str | None = field(default_factory=lambda: os.environ.get("BARNABUS_NATS_URL"))
    protocol: Path | None = field(default_factory=lambda: _path("BARNABUS_PROTOCOL"))
    retention: Path | None = field(default_factory=lambda: _path("BARNABUS_RETENTION"))
    places: Path | None = field(default_factory=lambda: _path("BARNABUS_PLACES"))
    alarms: Path | None = field(default_factory=lambda: _path("BARNABUS_ALARMS"))

    @property
    def directory(self) -> Path:
        return self.home / "directory.jws"

    @property
    def root_public(self) -> Path:
        return self.home / "root.pub.jwk"

    @property
    def address(self) -> Path:
        """Where the embedded server writes its URL."""
        return self.home / "run" / "nats.url"

    @property
    def nats_config(self) -> Path:
        """What a nats-server of this home is told; in a production, the first of its servers."""
        of_servers = sorted(self.servers.glob("*/nats.conf"))
        return of_servers[0] if of_servers else self.home / "nats.conf"

    @property
    def servers(self) -> Path:
        """A folder for each server of a production."""
        return self.home / "servers"

    @property
    def urls(self) -> Path:
        """Where a production's servers are, one a line."""
        return self.home / "nats.urls"

    @property
    def ca(self) -> Path:
        """Who vouches for the servers' certificates."""
        return self.home / "ca.pem"

    @property
    def keeper(self) -> Path:
        """Where the keeper of duties says how it is, and what is owed."""
        return self.home / "keeper"

    def keys(self, owner: str) -> Path:
        return self.home / "keys" / owner

    def has(self, agency: Agency) -> bool:
        """Has this agency its keys or its store here? Where each runs a machine of its own, only one has."""
        store = self.store(agency)
        return self.keys(agency).is_dir() or isinstance(store, Database) or store.exists()

    def store(self, agency: Agency) -> Path | Database:
        """A SQLite file in the home, or a schema of its own in the database that the environment names.

        Raises `setting.invalid`.
        """
        name = f"{STORE}_{agency.upper()}"
        chosen = os.environ.get(name) or os.environ.get(STORE) or SQLITE
        if chosen == SQLITE:
            return self.home / "stores" / f"{agency}.db"
        if not chosen.startswith(("postgresql://", "postgres://")):
            detail = f"{name} or {STORE} is neither `{SQLITE}` nor a URL that starts with postgresql://."
            raise BarnabusError("setting.invalid", detail=detail)
        return Database(chosen, f"barnabus_{agency}")

    def cluster(self) -> list[str]:
        """The servers that this home was provisioned with; none if it has one of its own."""
        try:
            return self.urls.read_text().split()
        except (FileNotFoundError, NotADirectoryError):
            return []

    def url(self) -> str:
        """The address of NATS, or several with commas between. Raises `nats.unreachable` if none is known."""
        if self.nats_url:
            return self.nats_url
        if urls := self.cluster():
            return ",".join(urls)
        try:
            return self.address.read_text().strip()
        except FileNotFoundError:
            raise BarnabusError("nats.unreachable", detail=f"No server has started in {self.home}.") from None

    def url_or_default(self) -> str:
        """The address that is known now, or NATS's own default one."""
        try:
            return self.url()
        except BarnabusError:
            return "nats://127.0.0.1:4222"
