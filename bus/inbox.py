"""The inbox: each letter of this agency's post once, what became of it, and what its sender has been told.

The receipt of a letter is an event in the agency's own store; this table is its working index, written in the same
transaction. It also shows which numbers are missing, and which letters are parked with what reason.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from bus.store import Statement, Store
from contracts.agencies import Agency
from contracts.catalogue.post import SAID_AGAIN
from contracts.envelope import RECEIPT_LIMIT_LETTERS, Letter, Postmark
from contracts.events.post import LetterReceived, Receipt

State = Literal["heard", "parked", "set-aside"]
MISPLACED = "case.mismatch"
"""Why a letter is parked that names another case than its handoff's."""
AWAITED = "letter.awaited"
"""Why a letter is parked that says again one that is not here yet."""
OUT_OF_PLACE = (MISPLACED, AWAITED)
"""What is parked for these holds up nothing."""
NOTHING_EXPECTED: Mapping[Agency, int] = MappingProxyType({})
_COLUMNS = (
    "sender, number, record_id, case_ref, type, position, logged_at, received_at, sealed_digest, state, reason, "
    "vault_item, postmark, after_gap, opened, receipted"
)


def letter_id(sender: Agency, recipient: Agency, number: int) -> UUID:
    """The id of a letter, the same for everyone: its link and its number."""
    return uuid5(NAMESPACE_URL, f"barnabus:letter:{sender}:{recipient}:{number}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a letter stands on its link as this inbox knows it."""

    known_digest: str | None  # of the letter of that number, if it is already here
    before: str | None  # digest of the letter one number lower, if it is here
    missing: tuple[int, ...]  # lower numbers that are not here


class Inbox:
    def __init__(self, store: Store) -> None:
        self._store = store

    def place(self, sender: Agency, number: int) -> Place:
        near = self._store.read(
            "SELECT number, sealed_digest FROM inbox WHERE sender = ? AND number IN (?, ?)", sender, number - 1, number
        )
        digests = {row["number"]: row["sealed_digest"] for row in near}
        return Place(digests.get(number), digests.get(number - 1), self.missing(sender, number))

    def missing(self, sender: Agency, below: int) -> tuple[int, ...]:
        """Numbers lower than `below` that this inbox does not hold: the lowest 500."""
        start = self.held(sender)
        if start >= below - 1:
            return ()
        held = self._store.read(
            "SELECT number FROM inbox WHERE sender = ? AND number > ? AND number < ?", sender, start, below
        )
        here = {row["number"] for row in held}
        found: list[int] = []
        for number in range(start + 1, below):
            if number not in here:
                found.append(number)
            if len(found) == RECEIPT_LIMIT_LETTERS:
                break
        return tuple(found)

    def gaps(self, expected: Mapping[Agency, int] = NOTHING_EXPECTED) -> dict[Agency, tuple[int, ...]]:
        """Every sender of whom letters are missing, with the numbers: below its last one here, or up to `expected`."""
        tops = self._store.read("SELECT sender, max(number) AS top FROM inbox GROUP BY sender")
        here = {Agency(row["sender"]): int(row["top"]) for row in tops}
        found = {
            sender: self.missing(sender, max(here.get(sender, 0), expected.get(sender, 0)) + 1)
            for sender in {**here, **expected}
        }
        return {sender: numbers for sender, numbers in found.items() if numbers}

    def held(self, sender: Agency) -> int:
        """Up to this number every letter of the link is here."""
        found = self._store.read(
            "SELECT min(i.number) AS n FROM inbox i WHERE i.sender = ? AND NOT EXISTS "
            "(SELECT 1 FROM inbox j WHERE j.sender = i.sender AND j.number = i.number + 1) "
            "AND i.number >= (SELECT coalesce(max(number), 0) FROM inbox WHERE sender = ? AND receipted = 1)",
            sender,
            sender,
        )
        top = found[0]["n"]
        first = self._store.read("SELECT 1 FROM inbox WHERE sender = ? AND number = 1", sender)
        return int(top) if top and first else 0

    def add(
        self,
        mark: Postmark,
        *,
        state: State,
        received_at: datetime,
        opened: bool,
        after_gap: bool,
        postmark: str,
        type_name: str | None = None,
        reason: str | None = None,
        vault_item: str | None = None,
        jwe: str | None = None,
    ) -> Statement:
        """The write that keeps a letter; its sealed bytes only while it is parked: opened, it lies in the vault."""
        row = (
            mark.sender, mark.number, str(mark.record_id), mark.case_ref, type_name, mark.position,
            mark.logged_at.isoformat(), received_at.isoformat(), mark.sealed, state, reason, vault_item, jwe, postmark,
            int(after_gap), int(opened),
        )  # fmt: skip
        return Statement(
            "INSERT INTO inbox (sender, number, record_id, case_ref, type, position, logged_at, received_at, "
            "sealed_digest, state, reason, vault_item, jwe, postmark, after_gap, opened) "
            "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            row,
        )

    def heard(self, sender: Agency, number: int, type_name: str, vault_item: str | None) -> Statement:
        """The write that takes a parked letter in."""
        return Statement(
            "UPDATE inbox SET state = 'heard', reason = NULL, jwe = NULL, type = ?, vault_item = ? "
            "WHERE sender = ? AND number = ?",
            (type_name, vault_item, sender, number),
        )

    def said_at_last(self, mark: Postmark, letter: Letter, vault_item: str | None) -> list[Statement]:
        """The writes that take a letter in that another one says again, and with it those that did so in vain."""
        clear = (
            "UPDATE inbox SET state = 'heard', reason = NULL, jwe = NULL, type = ? "
            "WHERE sender = ? AND record_id = ? AND case_ref = ? AND opened = 0 AND state != 'heard'"
        )
        in_vain = [(SAID_AGAIN, mark.sender, str(by_id), mark.case_ref) for by_id in letter.said_again[:-1]]
        return [
            self.heard(mark.sender, mark.number, letter.type, vault_item),
            *(Statement(clear, params) for params in in_vain),
        ]

    def parked_again(self, sender: Agency, number: int, reason: str) -> Statement:
        return Statement("UPDATE inbox SET reason = ? WHERE sender = ? AND number = ?", (reason, sender, number))

    def held_up(self, sender: Agency, case_ref: str) -> bool:
        """Does a parked letter hold up its sender's later ones of the case? Not one out of its place."""
        return bool(
            self._store.read(
                "SELECT 1 FROM inbox WHERE sender = ? AND case_ref = ? AND state = 'parked' "
                "AND reason NOT IN (?, ?) LIMIT 1",
                sender,
                case_ref,
                *OUT_OF_PLACE,
            )
        )

    def set_aside(self, record_id: str) -> Statement:
        """The write by which a parked letter holds up nothing any more; named by its id it can still be tried again."""
        return Statement("UPDATE inbox SET state = 'set-aside' WHERE record_id = ? AND state = 'parked'", (record_id,))

    def given_up(self, case_ref: str) -> list[dict[str, Any]]:
        """Letters of a case that were set aside, with their sealed bytes."""
        return [row for row in self.parked("set-aside") if row["case_ref"] == case_ref and row["jwe"]]

    def emptied(self, sender: Agency, number: int) -> Statement:
        """The write that destroys the sealed bytes of a letter that was set aside."""
        return Statement(
            "UPDATE inbox SET jwe = NULL WHERE sender = ? AND number = ? AND state = 'set-aside'", (sender, number)
        )

    def unreceipted(self, *, since: datetime) -> Receipt | None:
        """The next receipt that is owed for letters held since then. A missing letter is never signed for."""
        owed = self._store.read(
            "SELECT sender, min(received_at) AS since FROM inbox WHERE receipted = 0 "
            "GROUP BY sender HAVING min(received_at) <= ? ORDER BY since",
            since.isoformat(),
        )
        for row in owed:
            sender = Agency(row["sender"])
            letters = self._store.read(
                "SELECT number, received_at, opened FROM inbox WHERE sender = ? AND receipted = 0 AND number <= ? "
                "ORDER BY number LIMIT ?",
                sender,
                self.held(sender),
                RECEIPT_LIMIT_LETTERS,
            )
            if letters:
                signed = tuple(
                    LetterReceived(
                        number=letter["number"],
                        received_at=datetime.fromisoformat(letter["received_at"]),
                        opened=bool(letter["opened"]),
                    )
                    for letter in letters
                )
                return Receipt(sender=sender, letters=signed)
        return None

    def receipted(self, receipt: Receipt) -> Statement:
        """The write that notes a receipt as built."""
        return Statement(
            "UPDATE inbox SET receipted = 1 WHERE sender = ? AND number BETWEEN ? AND ?",
            (receipt.sender, receipt.letters[0].number, receipt.letters[-1].number),
        )

    def signed_for(self, sender: Agency, number: int) -> Statement:
        """The write that notes what the log says: letters up to this number have their receipt, and no others."""
        return Statement(
            "UPDATE inbox SET receipted = CASE WHEN number <= ? THEN 1 ELSE 0 END WHERE sender = ?", (number, sender)
        )

    def letters(self, *, after: int = 0, limit: int = 500, state: State | None = None) -> list[dict[str, Any]]:
        """Letters by the log's position, above `after`."""
        where, params = ("AND state = ?", (state,)) if state else ("", ())
        return self._store.read(
            f"SELECT {_COLUMNS} FROM inbox WHERE position > ? {where} ORDER BY position, sender LIMIT ?",  # noqa: S608
            after,
            *params,
            limit,
        )

    def letter(self, record_id: str) -> dict[str, Any] | None:
        """The letter of a record; of several senders that use one id, the first: the others copied it."""
        found = self._store.read(
            f"SELECT {_COLUMNS}, jwe FROM inbox WHERE record_id = ? ORDER BY position LIMIT 1",  # noqa: S608
            record_id,
        )
        return found[0] if found else None

    def at(self, sender: Agency, number: int) -> dict[str, Any] | None:
        found = self._store.read(f"SELECT {_COLUMNS} FROM inbox WHERE sender = ? AND number = ?", sender, number)  # noqa: S608
        return found[0] if found else None

    def said_by(self, sender: Agency, record_id: UUID) -> dict[str, Any] | None:
        """The letter that came with this record of a sender's."""
        where = "sender = ? AND record_id = ?"
        found = self._store.read(f"SELECT {_COLUMNS} FROM inbox WHERE {where}", sender, str(record_id))  # noqa: S608
        return found[0] if found else None

    def between(self, sender: Agency, case_ref: str, above: int, below: int) -> list[dict[str, Any]]:
        """A sender's letters of a case that were heard, between two numbers of its link."""
        return self._store.read(
            f"SELECT {_COLUMNS} FROM inbox WHERE sender = ? AND case_ref = ? AND state = 'heard' "  # noqa: S608
            "AND number > ? AND number < ? ORDER BY number",
            sender,
            case_ref,
            above,
            below,
        )

    def awaits(self, mark: Postmark, of_id: UUID) -> Statement:
        """The write that notes that this letter waits for that of another record of its sender's."""
        return Statement(
            "INSERT INTO inbox_awaits (sender, of_id, number) VALUES (?,?,?)", (mark.sender, str(of_id), mark.number)
        )

    def goes_on(self, mark: Postmark) -> bool:
        """Does anything wait for this letter: did it say one again at last, or does another say it again?"""
        return bool(
            self._store.read(
                "SELECT 1 FROM inbox WHERE sender = ? AND number = ? AND type = ? AND vault_item IS NOT NULL UNION "
                "SELECT 1 FROM inbox_awaits WHERE sender = ? AND of_id = ?",
                mark.sender,
                mark.number,
                SAID_AGAIN,
                mark.sender,
                str(mark.record_id),
            )
        )

    def waiting_for(self, sender: Agency, record_id: UUID) -> list[dict[str, Any]]:
        """Parked letters that say again the one of this record, with their sealed bytes."""
        return self._store.read(
            f"SELECT {_COLUMNS}, jwe FROM inbox i WHERE i.sender = ? AND i.state = 'parked' AND EXISTS (SELECT 1 FROM "  # noqa: S608
            "inbox_awaits a WHERE a.sender = i.sender AND a.number = i.number AND a.of_id = ?) ORDER BY i.number",
            sender,
            str(record_id),
        )

    def parked_of(self, sender: Agency, case_ref: str) -> list[dict[str, Any]]:
        """What one sender says in a case and is parked, in the log's order, with its sealed bytes."""
        return self._store.read(
            f"SELECT {_COLUMNS}, jwe FROM inbox WHERE sender = ? AND case_ref = ? "  # noqa: S608
            "AND state = 'parked' ORDER BY position",
            sender,
            case_ref,
        )

    def parked(self, state: State = "parked") -> list[dict[str, Any]]:
        """Letters that are parked, or were set aside, in the log's order, with their sealed bytes."""
        return self._store.read(
            f"SELECT {_COLUMNS}, jwe FROM inbox WHERE state = ? ORDER BY position, sender",  # noqa: S608
            state,
        )

    def postmarks(self) -> Iterator[str]:
        """The postmark of every letter, by sender and number."""
        for sender in self._store.read("SELECT DISTINCT sender FROM inbox ORDER BY sender"):
            after = 0
            while rows := self._store.read(
                "SELECT number, postmark FROM inbox WHERE sender = ? AND number > ? ORDER BY number LIMIT ?",
                sender["sender"],
                after,
                RECEIPT_LIMIT_LETTERS,
            ):
                yield from (row["postmark"] for row in rows)
                after = rows[-1]["number"]
