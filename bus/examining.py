"""What reaches a gateway: whose account asked, is it its sender's own, and may it be said in its case?"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bus import seal
from bus.directory import Keyring
from bus.ledger import Ledger
from bus.log import LogReader, verify
from bus.parties import Parties
from bus.submission import RECORD_TYP
from contracts import again, bypass, check, subjects
from contracts.agencies import Agency
from contracts.catalogue.accounting import OF_A_RECORD
from contracts.catalogue.intervention import LINKED
from contracts.catalogue.post import SAID_AGAIN
from contracts.entry import Audience, Entry
from contracts.envelope import SUBMISSION_LIMIT_BYTES, Record, Submission
from contracts.errors import BarnabusError, Refused


@dataclass(frozen=True, slots=True)
class Examined:
    """A submission that is well-formed and signed by the agency whose account asked.

    By whichever of its keys: one that has ended counts for what is in the log already.
    """

    submission: Submission
    record: Record
    digest: str


def examine(raw: bytes, account: Agency, directory: Keyring) -> Examined:
    """Raises a coded refusal unless account, sender and signing key agree and the letters are those of the record."""
    submission, record = check.submission(raw, limit_bytes=SUBMISSION_LIMIT_BYTES)
    if record.sender != account:
        raise BarnabusError("account.mismatch", field="record.source")
    text = submission.record.encode()
    seal.verify_detached(text, submission.signature, directory.signer(account, None), typ=RECORD_TYP)
    named = {letter.to: letter.sealed for letter in record.data.letters}
    sent = {letter.to: seal.digest(letter.jwe) for letter in submission.letters}
    if named != sent or len(named) != len(record.data.letters):
        raise BarnabusError("digest.mismatch", field="letters")
    return Examined(submission, record, seal.digest(text))


def still_counts(found: Examined, directory: Keyring, now: datetime) -> None:
    """Raises `key.ended` for what is new, and signed by a key that counts no more."""
    directory.signer(Agency(found.record.sender), now)(seal.signed_by(found.submission.signature))


def allow(record: Record, ledger: Ledger) -> None:
    """Raises the coded refusal unless a record may be said in its case, by all that the log has of that.

    What reaches into what others hold, only a holder says; and nobody hears of a case, or of its link with another,
    only because a sender thinks it concerned. A letter that is one too many is named (`data.letters.<agency>`), so
    that its sender can leave it out.
    """
    entry = check.in_any_case(record)
    cases = [record.subject, *([check.codes_of(record)["other"]] if record.type == LINKED else [])]
    known = [ledger.parties(case_ref, record.sender) for case_ref in cases]
    # first: whoever has no part in a case is refused for that, whatever ways lead around whom in it
    _only_holders(record, entry, known)
    check.in_its_case(record, entry, frozenset().union(*(parties.bypasses for parties in known)))


def _only_holders(record: Record, entry: Entry, known: Sequence[Parties]) -> None:
    """`known` are the parties of its case and, of what ties it to another, of that one."""
    for parties, place in zip(known, ("subject", "data.content.other"), strict=False):
        holds = record.sender in parties.holders
        reaches_out = record.type == LINKED or (record.type == bypass.INVOKED and parties.aware)  # else it opens one
        if reaches_out and not holds:
            raise BarnabusError("case.not-held", field=place)
        told = (parties.holders if record.type == LINKED else parties.aware) if holds else frozenset()
        for letter in record.data.letters if entry.audience is Audience.KNOWN else ():
            if letter.to not in told:
                raise BarnabusError("case.not-held", field=f"data.letters.{letter.to}")


def account_of(subject: str, reply: str, headers: Mapping[str, str] | None) -> Agency | None:
    """Which agency's account asked, as the server itself states; None for what no agency's request can look like.

    A stranger can make the server hand us other messages with a reply of its choice (another's post, our own
    answers): only a request through the import has a reply under `_R_.` and names a user of an agency's account.
    """
    try:
        stated = json.loads((headers or {}).get(subjects.ASKED_BY, ""))
        if subject not in subjects.GATEWAY_SERVICES or not reply.startswith("_R_.") or not stated["user"]:
            return None
        return Agency(stated["acc"])
    except (ValueError, KeyError, TypeError):
        return None


async def said_before(record: Record, ledger: Ledger, log: LogReader, directory: Keyring) -> None:
    """Raises Refused unless the log has it that this sender said before what its record speaks of, and to whom."""

    async def own(record_id: UUID) -> Record:
        position = ledger.said(record.sender, record_id)
        entry = await log.get(position) if position else None
        if entry is None:
            raise Refused("letter.not-said", field="data.content")
        return verify(entry, directory).record

    if record.type == SAID_AGAIN:
        said = again.of(record)
        again.fits(record, await own(said.of_id), await own(said.lost_id))
    elif record.type in OF_A_RECORD:
        out = bypass.kept_out(ledger.bypasses(record.subject))
        again.follows(record, await own(again.about(record).of_id), out)
