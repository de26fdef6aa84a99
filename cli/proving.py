"""One record proven: fetched from the log anew, and each thing that its signatures say, held one by one."""

from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any

from bus import directory, seal
from bus.directory import Directory, PublicKey
from bus.log import Entry, LogReader, stamp_of, verify
from bus.settings import Settings
from bus.submission import RECORD_TYP
from cli.log import reader
from contracts import documents, subjects
from contracts.agencies import Agency
from contracts.envelope import SUBMISSION_LIMIT_BYTES, Record
from contracts.errors import BarnabusError
from contracts.ids import NOTHING_BEFORE

FAR_BACK = 4_096
"""So many places back the record is looked for that its sender had logged before this one; it mostly is near."""
AT_ONCE = 128


async def proof(settings: Settings, case_ref: str, position: int, receipts: Sequence[int]) -> dict[str, Any]:
    """With stable keys; `held` if every check holds. Raises `log.unavailable`, `nats.unreachable`.

    `chain` has `ok` null if the record before was not found within a limit: then it is neither held nor broken here.
    """
    keyring = directory.load(settings)
    async with reader(settings) as log:
        entry = await log.get(position)
        if entry is None or not entry.subject.startswith(subjects.of_case(case_ref).removesuffix(">")):
            checks = [_check("there", ok=False, said=f"Position {position} has no record of this case.")]
            return {"position": position, "held": False, "checks": checks}
        checks = [
            _check("there", ok=True, said=f"{len(entry.text.encode())} bytes, subject {entry.subject}"),
            _tried("record", lambda: _record(entry, keyring)),
            _tried("stamp", lambda: _stamp(entry, keyring)),
            _tried("place", lambda: _place(entry, keyring)),
            await _chain(log, entry),
            *[await _receipt(log, keyring, at) for at in receipts],
        ]
    return {
        "position": position,
        "held": all(check["ok"] is not False for check in checks),
        "checks": checks,
        "subject": entry.subject,
        "digest": seal.digest(entry.text),
        "signature": entry.signature,
        "stamp": entry.stamp,
        "record": entry.text,
    }


def _check(check: str, *, ok: bool | None, said: str) -> dict[str, Any]:
    return {"check": check, "ok": ok, "said": said}


def _tried(check: str, hold: Callable[[], str]) -> dict[str, Any]:
    try:
        return _check(check, ok=True, said=hold())
    except BarnabusError as error:
        return _check(check, ok=False, said=f"{error.code}: {error.detail or error.row.message}")
    except ValueError:
        return _check(check, ok=False, said="field.invalid")


def _read(entry: Entry) -> Record:
    return documents.read(Record, documents.document(entry.text, limit_bytes=SUBMISSION_LIMIT_BYTES))


def _record(entry: Entry, keyring: Directory) -> str:
    sender = Agency(_read(entry).sender)
    seal.verify_detached(entry.text.encode(), entry.signature, keyring.signer(sender, None), typ=RECORD_TYP)
    return f"signed by {sender}, {_key(keyring, sender, seal.signed_by(entry.signature))}"


def _stamp(entry: Entry, keyring: Directory) -> str:
    stamp = stamp_of(entry.stamp, keyring)
    key = _key(keyring, "gateway", seal.signed_by(entry.stamp))
    return f"signed by a gateway, {key}: position {stamp.position}, logged at {stamp.logged_at.isoformat()}"


def _place(entry: Entry, keyring: Directory) -> str:
    """Does the stamp speak of these very bytes, here, by the account of whoever signed?"""
    verify(entry, keyring)
    return f"the stamp is of this record: SHA-256 {seal.digest(entry.text)}"


def _key(keyring: Directory, owner: str, kid: str) -> str:
    known: PublicKey = next(key for key in keyring.of(owner, "sig") if key.kid == kid)
    until = f", until {known.valid_until.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if known.valid_until else ""
    return f"key {kid} (counts from {known.valid_from.astimezone(UTC):%Y-%m-%d %H:%M} UTC{until})"


async def _chain(log: LogReader, entry: Entry) -> dict[str, Any]:
    """Is the record that its sender had logged before this one still what this one says that it was?"""
    try:
        record = _read(entry)
    except (BarnabusError, ValueError):
        return _check("chain", ok=False, said="It is no record.")
    if record.previous == NOTHING_BEFORE:
        return _check("chain", ok=record.number == 1, said=f"number {record.number}, the first of {record.sender}")
    lowest = max(entry.position - FAR_BACK, 1)
    for upper in range(entry.position - 1, lowest - 1, -AT_ONCE):
        some = range(max(upper - AT_ONCE + 1, lowest), upper + 1)
        async for one in log.at(some):
            if seal.digest(one.text) == record.previous:
                said = f"number {record.number} of {record.sender} follows its record at position {one.position}"
                return _check("chain", ok=True, said=said)
    if lowest > 1:
        return _check("chain", ok=None, said=f"the record before is more than {FAR_BACK} places back: see the digest")
    return _check("chain", ok=False, said=f"the record before number {record.number} of {record.sender} is gone")


async def _receipt(log: LogReader, keyring: Directory, position: int) -> dict[str, Any]:
    entry = await log.get(position)
    if entry is None:
        return _check("receipt", ok=False, said=f"Position {position}: the receipt is gone.")

    def hold() -> str:
        signed = verify(entry, keyring)
        return f"{signed.record.sender} signed for its letter at position {position}"

    return _tried("receipt", hold)
