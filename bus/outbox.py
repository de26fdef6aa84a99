"""The outbox: every submission of this agency, exactly as it was built, with the gateway's stamp once it is logged.

It keeps them after they were sent: a recipient that misses a letter gets the same bytes again, and a lost log is
restored from here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from bus.log import Logged
from bus.store import Statement, Store
from bus.submission import Built, Head, Outgoing
from contracts.agencies import Agency
from contracts.envelope import Notice, Record, Submission
from contracts.events.post import Receipt
from contracts.ids import NOTHING_BEFORE
from contracts.tiers import Tier

READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """A submission that the gateway has not answered yet."""

    number: int
    record_id: str
    type: str
    body: bytes
    record_digest: str
    notification_id: int | None  # of the own act or fact that it says


class Outbox:
    def __init__(self, store: Store) -> None:
        self._store = store

    def head(self, *, below: int = 2**62) -> Head:
        """The end of this sender's chain, the waiting one included; or what it was below a number."""
        found = self._store.read(
            "SELECT number, record_digest FROM outbox WHERE number < ? ORDER BY number DESC LIMIT 1", below
        )
        return Head(found[0]["number"], found[0]["record_digest"]) if found else Head(0, NOTHING_BEFORE)

    def reaches(self, number: int, digest: str) -> bool:
        """Does this outbox hold what the log has at the end of this sender's chain?"""
        found = self._store.read("SELECT record_digest FROM outbox WHERE number = ?", number)
        return number == 0 or bool(found and found[0]["record_digest"] == digest)

    def link(self, recipient: Agency, *, below: int = 2**62) -> Head:
        """The end of the link to this recipient; or what it was below a number of this sender's chain."""
        found = self._store.read(
            "SELECT number, sealed FROM outbox_letters WHERE recipient = ? AND outbox_number < ? "
            "ORDER BY number DESC LIMIT 1",
            recipient,
            below,
        )
        return Head(found[0]["number"], found[0]["sealed"]) if found else Head(0, NOTHING_BEFORE)

    def last_notification(self) -> int:
        """Up to where this agency's own notification log has been turned into submissions, or set aside."""
        highest = (
            self._store.read(f"SELECT coalesce(max(notification_id), 0) AS id FROM {table}")[0]["id"]  # noqa: S608
            for table in ("outbox", "outbox_aside")
        )
        return max(map(int, highest))

    def everything(self) -> Iterator[tuple[bytes, str | None]]:
        """Every submission in order, with its stamp once it is logged."""
        after = 0
        while rows := self._store.read(
            "SELECT number, submission, stamp FROM outbox WHERE number > ? ORDER BY number LIMIT ?", after, READ_AT_ONCE
        ):
            yield from ((row["submission"], row["stamp"]) for row in rows)
            after = rows[-1]["number"]

    def waiting(self) -> Waiting | None:
        """The one submission that is built and not answered."""
        found = self._store.read(
            "SELECT number, record_id, type, submission AS body, record_digest, notification_id FROM outbox "
            "WHERE stamp IS NULL ORDER BY number LIMIT 1"
        )
        return Waiting(**found[0]) if found else None

    def add(self, built: Built, notification_id: int | None) -> list[Statement]:
        """The writes that commit a built submission."""
        record = built.record
        row = (built.number, str(record.id), record.type, notification_id, built.body, built.record_digest)
        return [
            Statement(
                "INSERT INTO outbox (number, record_id, type, notification_id, submission, record_digest) "
                "VALUES (?,?,?,?,?,?)",
                row,
            ),
            *self._letters(built),
        ]

    def _letters(self, built: Built) -> list[Statement]:
        return [
            Statement(
                "INSERT INTO outbox_letters (recipient, number, outbox_number, sealed) VALUES (?,?,?,?)",
                (letter.to, letter.number, built.number, letter.sealed),
            )
            for letter in built.record.data.letters
        ]

    def logged_head(self) -> Head:
        """The end of this sender's chain as far as the gateway's answers were stored."""
        found = self._store.read(
            "SELECT number, record_digest FROM outbox WHERE stamp IS NOT NULL ORDER BY number DESC LIMIT 1"
        )
        return Head(found[0]["number"], found[0]["record_digest"]) if found else Head(0, NOTHING_BEFORE)

    def last_stamp(self) -> str | None:
        """The stamp of this sender's last record that is logged, as far as it is known here."""
        found = self._store.read("SELECT stamp FROM outbox WHERE stamp IS NOT NULL ORDER BY number DESC LIMIT 1")
        return str(found[0]["stamp"]) if found else None

    def holds(self, record_id: UUID) -> bool:
        """Was this record built, or its refusal adopted from the log?"""
        return bool(
            self._store.read(
                "SELECT 1 FROM outbox WHERE record_id = ? UNION SELECT 1 FROM outbox_adopted WHERE record_id = ?",
                str(record_id),
                str(record_id),
            )
        )

    def adopted(self, record_id: UUID) -> bool:
        """Was it taken in from the log, without what the log does not hold?"""
        return bool(self._store.read("SELECT 1 FROM outbox_adopted WHERE record_id = ?", str(record_id)))

    def adopt(self, logged: Logged, body: bytes, stamp: str, about: UUID) -> list[Statement]:
        """The writes that take in what the log has under a number where this outbox has nothing, or something else.

        Its letters' sealed bytes are gone: it is never sent again. `about` is the act that it logs or refuses.
        """
        record = logged.record
        letters = [(letter.to, letter.number, record.number, letter.sealed) for letter in record.data.letters]
        return [
            Statement("DELETE FROM outbox_letters WHERE outbox_number = ?", (record.number,)),
            Statement("DELETE FROM outbox WHERE number = ?", (record.number,)),
            Statement(
                "INSERT INTO outbox (number, record_id, type, submission, record_digest, stamp) VALUES (?,?,?,?,?,?)",
                (record.number, str(record.id), record.type, body, logged.digest, stamp),
            ),
            Statement("INSERT INTO outbox_adopted (number, record_id) VALUES (?,?)", (record.number, str(about))),
            *(
                Statement(
                    "INSERT INTO outbox_letters (recipient, number, outbox_number, sealed) VALUES (?,?,?,?)", letter
                )
                for letter in letters
            ),
        ]

    def leave_out(self, act: Outgoing, agencies: Iterable[Agency]) -> list[Statement]:
        """The writes that note who gets no letter of an act that would have had one, and nobody else."""
        delete = Statement("DELETE FROM outbox_left_out WHERE record_id = ?", (str(act.record_id),))
        insert = "INSERT INTO outbox_left_out (record_id, case_ref, agency) VALUES (?,?,?)"
        return [
            delete,
            *(Statement(insert, (str(act.record_id), act.subject, agency.value)) for agency in sorted(agencies)),
        ]

    def recipients(self, record_id: UUID) -> tuple[Agency, ...]:
        """Who gets a letter of what was submitted."""
        rows = self._store.read(
            "SELECT recipient FROM outbox_letters l JOIN outbox o ON o.number = l.outbox_number "
            "WHERE o.record_id = ? ORDER BY recipient",
            str(record_id),
        )
        return tuple(Agency(row["recipient"]) for row in rows)

    def left_out(self, record_id: UUID) -> tuple[Agency, ...]:
        """Who got no letter of an act."""
        rows = self._store.read(
            "SELECT agency FROM outbox_left_out WHERE record_id = ? ORDER BY agency", str(record_id)
        )
        return tuple(Agency(row["agency"]) for row in rows)

    def left_out_of(self, case_ref: str) -> frozenset[Agency]:
        """Who got no letter of anything in a case."""
        rows = self._store.read("SELECT DISTINCT agency FROM outbox_left_out WHERE case_ref = ?", case_ref)
        return frozenset(Agency(row["agency"]) for row in rows)

    def letters(self, record_id: UUID) -> dict[Agency, frozenset[Tier]]:
        """To whom a record of this agency's own goes and with which tiers, as it was built; nothing if it was not."""
        found = self._store.read("SELECT submission FROM outbox WHERE record_id = ?", str(record_id))
        records = (
            Record.model_validate_json(Submission.model_validate_json(row["submission"]).record) for row in found
        )
        return {letter.to: frozenset(letter.tiers) for record in records for letter in record.data.letters}

    def stamp_of(self, record_id: UUID) -> str | None:
        found = self._store.read("SELECT stamp FROM outbox WHERE record_id = ?", str(record_id))
        return found[0]["stamp"] if found else None

    def stamped(self, number: int, stamp: str) -> Statement:
        return Statement("UPDATE outbox SET stamp = ? WHERE number = ?", (stamp, number))

    def replace(self, built: Built) -> list[Statement]:
        """The writes that put another submission under the number of one that was refused, and free its links."""
        return [
            Statement("DELETE FROM outbox_letters WHERE outbox_number = ?", (built.number,)),
            Statement(
                "UPDATE outbox SET record_id = ?, type = ?, submission = ?, record_digest = ? WHERE number = ?",
                (str(built.record.id), built.record.type, built.body, built.record_digest, built.number),
            ),
            *self._letters(built),
        ]

    def signed_anew(self, number: int, body: bytes) -> Statement:
        """The write that puts the same record, signed by another key, in place of one that is not logged."""
        return Statement("UPDATE outbox SET submission = ? WHERE number = ? AND stamp IS NULL", (body, number))

    def take_back(self, waiting: Waiting) -> list[Statement]:
        """The writes that free number and links of one that the log has nothing of."""
        return [
            Statement("DELETE FROM outbox_letters WHERE outbox_number = ?", (waiting.number,)),
            Statement("DELETE FROM outbox_left_out WHERE record_id = ?", (waiting.record_id,)),
            Statement("DELETE FROM outbox WHERE number = ? AND stamp IS NULL", (waiting.number,)),
        ]

    def receipted(self, recipient: Agency, receipt: Receipt) -> list[Statement]:
        """The writes that note what a recipient has signed for. The first time counts.

        Not so for what it could open: a restored store signs once more, and may have lost its sealing key, too.
        """
        return [
            Statement(
                "UPDATE outbox_letters SET received_at = coalesce(received_at, ?), "
                "opened = CASE WHEN opened = 0 THEN 0 ELSE ? END WHERE recipient = ? AND number = ?",
                (letter.received_at.isoformat(), int(letter.opened), recipient, letter.number),
            )
            for letter in receipt.letters
        ]

    def keep(self, recipient: Agency, told: Notice, position: int) -> Statement:
        """The write that keeps a recipient's receipt as it was signed and stamped: a proof, and evidence of the log."""
        return Statement(
            "INSERT INTO receipts (recipient, position, record, signature, stamp) VALUES (?,?,?,?,?) "
            "ON CONFLICT (recipient, position) DO NOTHING",
            (recipient, position, told.record, told.signature, told.stamp),
        )

    def receipts(self) -> Iterator[tuple[str, str, str]]:
        """Every receipt that recipients gave for this agency's letters: record, signature, stamp."""
        for row in self._store.read("SELECT record, signature, stamp FROM receipts ORDER BY position"):
            yield row["record"], row["signature"], row["stamp"]

    def untold(self, recipient: Agency, number: int) -> str | None:
        """The stamp of the first letter up to this number of whose receipt nothing is noted here."""
        found = self._store.read(
            "SELECT o.stamp FROM outbox_letters l JOIN outbox o ON o.number = l.outbox_number WHERE l.recipient = ? "
            "AND l.number <= ? AND l.received_at IS NULL AND o.stamp IS NOT NULL ORDER BY l.number LIMIT 1",
            recipient,
            number,
        )
        return str(found[0]["stamp"]) if found else None

    def holding(self, recipient: Agency, numbers: Iterable[int]) -> list[bytes]:
        """The logged submissions that hold these letters, to be sent once more."""
        found: dict[int, bytes] = {}
        top = self.link(recipient).number
        for number in {number for number in numbers if number <= top}:
            rows = self._store.read(
                "SELECT o.number, o.submission FROM outbox o JOIN outbox_letters l ON l.outbox_number = o.number "
                "WHERE o.stamp IS NOT NULL AND l.recipient = ? AND l.number = ? "
                "AND NOT EXISTS (SELECT 1 FROM outbox_adopted a WHERE a.number = o.number) "
                "AND NOT EXISTS (SELECT 1 FROM outbox_emptied e WHERE e.number = o.number)",
                recipient,
                number,
            )
            found.update((row["number"], row["submission"]) for row in rows)
        return [found[number] for number in sorted(found)]
