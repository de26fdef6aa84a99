"""Local accounts: names, roles and argon2 hashes, in one file of the home that its owner alone can read."""

import contextlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from bus import node
from console.roles import BY_CREDENTIAL, Role
from contracts.errors import BarnabusError, Refused

LEAST, MOST = 12, 200
"""Characters of a password."""
_NAME = re.compile(r"[a-z][a-z0-9._-]{0,39}")


class Account(msgspec.Struct, frozen=True):
    """Its hash is salted anew at every making, so it also tells an account from a later one of the same name.

    `credential` is the token by which it may look into cases; its key was at hand when the account got it.
    """

    name: str
    role: Role
    hash: str
    credential: str = ""


class _File(msgspec.Struct):
    accounts: list[Account]


def argon2id() -> PasswordHasher:
    """As RFC 9106 has it where memory is short: 64 MiB, three passes, four lanes."""
    return PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


@dataclass
class Accounts:
    path: Path
    hasher: PasswordHasher = field(default_factory=argon2id)
    _seen: tuple[int, ...] = ()
    _kept: Mapping[str, Account] | None = None

    def all(self) -> Mapping[str, Account]:
        """By name, as the file has them now. Raises `accounts.damaged`, `accounts.exposed`."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return {}
        if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise BarnabusError("accounts.exposed", detail=f"{self.path}.")
        seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        if self._kept is None or seen != self._seen:
            self._kept, self._seen = self._read(), seen
        return self._kept

    def add(self, name: str, role: Role, password: str, credential: str = "") -> None:
        """Raises Refused `account.exists`, `account.name-invalid`, `account.without-cases`, `password.unfit`."""
        if not _NAME.fullmatch(name):
            raise Refused("account.name-invalid")
        if not LEAST <= len(password) <= MOST:
            raise Refused("password.unfit")
        if credential and role not in BY_CREDENTIAL:
            raise Refused("account.without-cases")
        with self._writing():
            found = dict(self.all())
            if name in found:
                raise Refused("account.exists")
            self._write(found | {name: Account(name, role, self.hasher.hash(password), credential)})

    def give(self, name: str, credential: str) -> None:
        """Another credential in place of the one it had; it has to sign in anew.

        Raises Refused `account.unknown`, `account.without-cases`.
        """
        with self._writing():
            found = dict(self.all())
            if name not in found:
                raise Refused("account.unknown")
            if found[name].role not in BY_CREDENTIAL:
                raise Refused("account.without-cases")
            self._write(found | {name: msgspec.structs.replace(found[name], credential=credential)})

    def remove(self, name: str) -> None:
        """Whoever is signed in by it is so no longer. Raises Refused `account.unknown`."""
        with self._writing():
            found = dict(self.all())
            if name not in found:
                raise Refused("account.unknown")
            del found[name]
            self._write(found)

    def verified(self, name: str, password: str) -> Account:
        """Takes equally long for a name that nobody has. Raises Refused `sign-in.refused`."""
        account = self.all().get(name)
        try:
            self.hasher.verify(account.hash if account else self.nobodys, password[: MOST + 1])
        except (VerificationError, InvalidHashError):
            account = None
        if account is None:
            raise Refused("sign-in.refused")
        return account

    @cached_property
    def nobodys(self) -> str:
        """A hash that no password meets."""
        return self.hasher.hash(os.urandom(32))

    def _writing(self) -> contextlib.AbstractContextManager[None]:
        """Raises `home.in-use` while another writes."""
        return node.locked(self.path.with_suffix(".lock"), "A change of the console's accounts")

    def _read(self) -> Mapping[str, Account]:
        try:
            found = msgspec.json.decode(self.path.read_bytes(), type=_File)
        except (OSError, msgspec.MsgspecError):
            raise BarnabusError("accounts.damaged", detail=f"{self.path}.") from None
        return {account.name: account for account in found.accounts}

    def _write(self, accounts: Mapping[str, Account]) -> None:
        """On the disk before anything says so; a reader sees the one or the other."""
        aside = self.path.with_suffix(".next")
        text = json.dumps({"accounts": [msgspec.to_builtins(account) for account in accounts.values()]}, indent=2)
        try:
            aside.unlink(missing_ok=True)
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self.path)
        except OSError as error:
            raise BarnabusError("file.unwritable", detail=f"{self.path}: {error.strerror}.") from None
