"""Personal data at rest: a mutable table, under one key a person, so that it can be erased while events stand.

An agency's events hold codes and vault ids only. Erasing a person destroys that person's key: every item under it
becomes unreadable at once, also in what nobody remembered to delete.
"""

import hmac
import json
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from secrets import token_bytes
from typing import Any
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bus import seal
from bus.store import Statement, Store
from contracts.errors import BarnabusError

MARK_LENGTH = 22
"""Of a mark, in base64: 132 bits."""
_NONCE_BYTES = 12


def person_key(case_ref: str, person_ref: str | None) -> str:
    """Whose key an item lies under: a person of one case; `-` for what came before we knew whom it concerns."""
    return f"{case_ref}/{person_ref or '-'}"


class Vault:
    """Items are JSON values; `key` wraps the persons' keys and lies in a file of its own, outside the store."""

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._wrap = AESGCM(key)
        self._mark = hmac.digest(key, b"fingerprints", "sha256")

    def fingerprint(self, document: bytes) -> str:
        """Tells documents apart; a plain digest would let whoever has the store test guesses at what was erased."""
        return seal.b64(hmac.digest(self._mark, document, "sha256"))

    def put(self, person: str, values: Any) -> tuple[str, list[Statement]]:
        """A new item's id, and the writes that store it: save them in the transaction of the events that name it."""
        (item,), writes = self.put_all(person, [values])
        return item, writes

    def put_all(self, person: str, values: Iterable[Any]) -> tuple[list[str], list[Statement]]:
        """Several items of one person, to be saved together."""
        key, writes = self._key_for(person)
        items = [(str(uuid4()), value) for value in values]
        rows = ((item, person, _lock(AESGCM(key), seal.dump(value), item)) for item, value in items)
        writes += [Statement("INSERT INTO vault_items VALUES (?,?,?)", row) for row in rows]
        return [item for item, _ in items], writes

    def get(self, item: str) -> Any | None:
        """The item's values; None if they were erased. Raises `content.unreadable` if the vault key does not fit."""
        found = self._store.read(
            "SELECT sealed, wrapped, k.person FROM vault_items i JOIN vault_keys k ON k.person = i.person WHERE id = ?",
            item,
        )
        if not found:
            return None
        key = _unlock(self._wrap, found[0]["wrapped"], found[0]["person"])
        return json.loads(_unlock(AESGCM(key), found[0]["sealed"], item))

    def person_of(self, item: str) -> str | None:
        """Under whose key an item lies; None if it was erased."""
        found = self._store.read("SELECT person FROM vault_items WHERE id = ?", item)
        return str(found[0]["person"]) if found else None

    def mark(self, sender: str, record_id: UUID) -> str:
        """By which this store knows a record whose content it erased, and whoever has not the vault's key does not."""
        return self.fingerprint(f"erased:{sender}:{record_id}".encode())[:MARK_LENGTH]

    def beside(self, items: Iterable[str]) -> dict[str, set[str]]:
        """By person, all items that lie under the keys of these."""
        found: dict[str, set[str]] = {}
        for item in items:
            for row in self._store.read("SELECT person FROM vault_items WHERE id = ?", item):
                if row["person"] not in found:
                    rows = self._store.read("SELECT id FROM vault_items WHERE person = ?", row["person"])
                    found[row["person"]] = {row["id"] for row in rows}
        return found

    def forget(self, items: AbstractSet[str]) -> list[Statement]:
        """The writes that destroy the keys of these; what else lay under one gets a new key. Settle the store then.

        Raises `content.unreadable` if the vault key does not fit.
        """
        return [write for person, all_of in self.beside(items).items() for write in self._forget(person, all_of, items)]

    def _forget(self, person: str, all_of: AbstractSet[str], items: AbstractSet[str]) -> list[Statement]:
        gone = [Statement("DELETE FROM vault_items WHERE id = ?", (item,)) for item in sorted(all_of & items)]
        if not all_of - items:
            return [*gone, Statement("DELETE FROM vault_keys WHERE person = ?", (person,))]
        old, _ = self._key_for(person)
        new = token_bytes(32)
        rows = self._store.read("SELECT id, sealed FROM vault_items WHERE person = ?", person)
        anew = (
            (_lock(AESGCM(new), _unlock(AESGCM(old), row["sealed"], row["id"]), row["id"]), row["id"])
            for row in rows
            if row["id"] not in items
        )
        wrapped = (_lock(self._wrap, new, person), person)
        return [
            *gone,
            Statement("UPDATE vault_keys SET wrapped = ? WHERE person = ?", wrapped),
            *(Statement("UPDATE vault_items SET sealed = ? WHERE id = ?", row) for row in anew),
        ]

    def erase(self, person: str) -> None:
        """Destroy a person's key and items, in the file too."""
        rows = self._store.read("SELECT id FROM vault_items WHERE person = ?", person)
        self._store.erase(*self.forget({row["id"] for row in rows}))

    def _key_for(self, person: str) -> tuple[bytes, list[Statement]]:
        found = self._store.read("SELECT wrapped FROM vault_keys WHERE person = ?", person)
        if found:
            return _unlock(self._wrap, found[0]["wrapped"], person), []
        key = token_bytes(32)
        return key, [Statement("INSERT INTO vault_keys VALUES (?,?)", (person, _lock(self._wrap, key, person)))]


def _lock(key: AESGCM, plain: bytes, bound_to: str) -> bytes:
    nonce = token_bytes(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, plain, bound_to.encode())


def _unlock(key: AESGCM, locked: bytes, bound_to: str) -> bytes:
    try:
        return key.decrypt(locked[:_NONCE_BYTES], locked[_NONCE_BYTES:], bound_to.encode())
    except InvalidTag:
        raise BarnabusError("content.unreadable", detail="The vault key does not fit this store.") from None
