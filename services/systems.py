"""An agency's own systems: who they are, and what each may send and hear.

They lie in the agency's own store, so that an adapter sees at its next look whom somebody added or removed. Of a token
its digest alone is kept: 256 random bits need no slower one.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Self

from pydantic import ValidationError

from bus.store import Statement, Store
from contracts import web
from contracts.catalogue import CATALOGUE
from contracts.errors import Refused

if TYPE_CHECKING:
    from services.webhook import Webhook

ALL = "all"
TOKEN_PREFIX = "barnabus"  # noqa: S105  what tokens begin with, so that one that got about is recognised
_TOKEN_BYTES = 32
_NOBODY = "0" * 64


@dataclass(frozen=True, slots=True)
class Scope:
    """Types by name; None for all that there are."""

    types: frozenset[str] | None

    @classmethod
    def of(cls, named: Iterable[str], known: Iterable[str], option: str) -> Self:
        """Raises Refused `type.unknown`, at this option."""
        wanted = frozenset(named)
        if ALL in wanted:
            return cls(None)
        if unknown := sorted(wanted - set(known)):
            raise Refused("type.unknown", field=option, detail=f"{unknown[0]}.")
        return cls(wanted)

    @classmethod
    def kept(cls, text: str) -> Self:
        return cls(None if text == ALL else frozenset(text.split()))

    def __contains__(self, type_name: str) -> bool:
        return self.types is None or type_name in self.types

    def __str__(self) -> str:
        return ALL if self.types is None else " ".join(sorted(self.types))


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a system wants to be told: files by their whole paths, of which the adapter reads the secret each time."""

    url: str
    secret_file: Path
    ca_file: Path | None = None

    def opened(self) -> "Webhook":
        """With its secret. Raises Refused `webhook.invalid`, saying why."""
        from services.webhook import Webhook  # httpx: what an adapter without webhooks should not wait for

        said = {"url": self.url, "secret_file": str(self.secret_file)}
        said |= {"ca_file": str(self.ca_file)} if self.ca_file else {}
        try:
            return Webhook.model_validate(said, context={"folder": Path("/")})
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            detail = f"{place}: " if place else ""
            raise Refused("webhook.invalid", detail=f"{detail}{first['msg'].removeprefix('Value error, ')}.") from None


@dataclass(frozen=True, slots=True)
class System:
    """`told` is the number of the feed up to which its webhook has been served, or its items parked."""

    name: str
    sends: Scope
    hears: Scope
    added_at: datetime
    webhook: Hook | None
    told: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(
            name=row["name"],
            sends=Scope.kept(row["sends"]),
            hears=Scope.kept(row["hears"]),
            added_at=datetime.fromisoformat(row["added_at"]),
            webhook=_hook(row) if row["url"] else None,
            told=row["told"],
        )


def _hook(row: Mapping[str, Any]) -> Hook:
    return Hook(row["url"], Path(row["secret_file"]), Path(row["ca_file"]) if row["ca_file"] else None)


def sendable() -> list[str]:
    """The types that a system can be allowed to send."""
    return sorted(entry.type for entry in CATALOGUE.values() if entry.command)


def hearable() -> list[str]:
    """The types that a system can be allowed to hear."""
    return sorted([*(entry.type for entry in CATALOGUE.values() if entry.receivers), web.VOIDED])


class Systems:
    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, system: System) -> str:
        """Its token, which nobody can be shown again. Raises Refused `system.known`, `systems.too-many`."""
        known = {other.name for other in self.all()}
        if system.name in known:
            raise Refused("system.known")
        if len(known) >= web.SYSTEMS_AT_MOST:
            raise Refused("systems.too-many", detail=f"The limit is {web.SYSTEMS_AT_MOST}.")
        token = f"{TOKEN_PREFIX}.{system.name}.{token_urlsafe(_TOKEN_BYTES)}"
        row = (system.name, _digest(token), str(system.sends), str(system.hears), system.added_at.isoformat())
        hook = system.webhook
        files = (hook.secret_file, hook.ca_file) if hook else (None, None)
        where = (hook.url if hook else None, *(str(file) if file else None for file in files), system.told)
        insert = "INSERT INTO systems (name, digest, sends, hears, added_at, url, secret_file, ca_file, told) "
        self._store.write(Statement(f"{insert}VALUES (?,?,?,?,?,?,?,?,?)", (*row, *where)))
        return token

    def remove(self, name: str) -> None:
        """Its token is refused from now on, and what waited for its webhook is forgotten. Raises `system.unknown`."""
        self.named(name)
        self._store.write(
            Statement("DELETE FROM systems WHERE name = ?", (name,)),
            Statement("DELETE FROM webhook_tries WHERE system = ?", (name,)),
        )

    def all(self) -> list[System]:
        return [System.of(row) for row in self._store.read("SELECT * FROM systems ORDER BY name")]

    def named(self, name: str) -> System:
        """Raises Refused `system.unknown`."""
        rows = self._store.read("SELECT * FROM systems WHERE name = ?", name)
        if not rows:
            raise Refused("system.unknown")
        return System.of(rows[0])

    def bearing(self, authorization: str | None) -> System:
        """Whose `Authorization` header this is. Raises Refused `token.invalid`."""
        kind, _, token = (authorization or "").partition(" ")
        name = token.strip().split(".")[1:2]
        rows = self._store.read("SELECT * FROM systems WHERE name = ?", *name) if name else []
        kept = rows[0]["digest"] if rows else _NOBODY
        right = hmac.compare_digest(kept, _digest(token.strip()))
        if kind.lower() != "bearer" or not rows or not right:
            raise Refused("token.invalid")
        return System.of(rows[0])


def _digest(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()
