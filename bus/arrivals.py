"""What is taken out of an agency's post: is it what the gateway posted, and what its sender signed?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from joserfc.jwk import OKPKey

from bus import content, seal
from bus.directory import Keyring
from bus.log import postmark_of, stamp_of
from bus.submission import RECORD_TYP
from contracts import check, documents
from contracts.agencies import Agency
from contracts.entry import Entry
from contracts.envelope import LETTER_LIMIT_BYTES, Letter, Notice, Postmark, Record, Stamp
from contracts.errors import BarnabusError
from contracts.events.post import Receipt
from contracts.tiers import Frozen

NOTICE_LIMIT_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Opened:
    """A letter that was opened and holds: what it claims, its type's entry, its content, and the signed text itself."""

    letter: Letter
    entry: Entry
    content: Frozen
    signed: str


def still_counts(postmark: str, directory: Keyring, now: datetime) -> None:
    """Raises `key.ended` for a letter that is new, and whose postmark is by a key that counts no more."""
    directory.signer("gateway", now)(seal.signed_by(postmark))


def postmark(token: str, recipient: Agency, directory: Keyring) -> Postmark:
    """What the gateway says of a letter. Raises `signature.invalid` if it did not, or says it of another's letter."""
    mark = postmark_of(token, directory)
    if mark.recipient is not recipient:
        raise BarnabusError("signature.invalid", detail="The postmark is for another agency.")
    return mark


def open_letter(jwe: str, mark: Postmark, before: str | None, own: Sequence[OKPKey], directory: Keyring) -> Opened:
    """The letter inside, sealed to one of its recipient's own keys. Raises the coded reason for which it is parked.

    `before` is the digest of the letter one number lower, where this agency holds it.
    """
    opened = _read(seal.unseal(jwe, *own).decode(errors="replace"), mark, directory)
    if not _posted_as(opened.letter, mark):
        raise _another()
    if before is not None and opened.letter.previous != before:
        raise BarnabusError("chain.broken")
    return opened


def reopen(signed: str, mark: Postmark, directory: Keyring) -> Opened:
    """A letter's signed content as the vault kept it, verified: its own, or that of one that said it again."""
    opened = _read(signed, mark, directory)
    letter = opened.letter
    if not _posted_as(letter, mark) and not (letter.said_again and letter.id == mark.record_id):
        raise _another()
    return opened


def _read(signed: str, mark: Postmark, directory: Keyring) -> Opened:
    claims, fields, _ = content.verify(signed, directory.signer(mark.sender, None))
    letter = documents.read(Letter, claims | {"content": fields})
    if (letter.sender, letter.recipient, letter.case_ref) != (mark.sender, mark.recipient, mark.case_ref):
        raise _another()
    entry, found = check.letter(letter, mark.recipient)
    return Opened(letter, entry, found, signed)


def _posted_as(letter: Letter, mark: Postmark) -> bool:
    """Is it the letter of the postmark's own record: its first saying, or one more?"""
    by = letter.said_again[-1] if letter.said_again else letter.id
    return (by, letter.number) == (mark.record_id, mark.number)


def _another() -> BarnabusError:
    return BarnabusError("signature.invalid", detail="The letter is not the one its postmark names.")


def intact(raw: bytes, mark: Postmark) -> str:
    """The sealed letter as text. Raises `digest.mismatch` if these are not the bytes that the record names."""
    if len(raw) > LETTER_LIMIT_BYTES or seal.digest(raw) != mark.sealed or not raw.isascii():
        raise BarnabusError("digest.mismatch")
    return raw.decode()


def notice(raw: bytes) -> Notice:
    return documents.read(Notice, documents.document(raw, limit_bytes=NOTICE_LIMIT_BYTES))


def receipt(told: Notice, sender: Agency, directory: Keyring) -> tuple[Agency, Receipt, Stamp]:
    """Who has signed for which of our letters. Raises `signature.invalid` unless recipient and gateway both did."""
    text = (told.record or "").encode()
    record = documents.read(Record, documents.document(text, limit_bytes=NOTICE_LIMIT_BYTES))
    recipient = Agency(record.sender)
    seal.verify_detached(text, told.signature or "", directory.signer(recipient, None), typ=RECORD_TYP)
    stamp = stamp_of(told.stamp or "", directory)
    found = documents.read(Receipt, record.data.content)
    if found.sender is not sender or stamp.record != seal.digest(text):
        raise BarnabusError("signature.invalid", detail="The receipt is not for our letters.")
    return recipient, found, stamp
