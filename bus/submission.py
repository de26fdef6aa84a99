"""What leaves an agency: from one act to a signed record and a sealed letter for each receiver.

Sealing is random, so a submission is built once; its bytes are kept and sent again as they are.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from joserfc.jwk import OKPKey

from bus import content, seal
from bus.directory import Keyring
from contracts.agencies import Agency
from contracts.catalogue import entry_of
from contracts.envelope import About, LetterEntry, Record, RecordData, Sealed, Submission, dataschema
from contracts.tiers import LOGGED, Tier, cut

RECORD_TYP = "barnabus-record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One act to be submitted. `values` holds its content in full, or tiers E and O alone once the rest was erased."""

    record_id: UUID
    type: str
    subject: str  # the case reference, or link.<from>.<to>
    time: datetime
    about: About | None
    values: Mapping[str, Any]
    receivers: tuple[Agency, ...] = ()
    notified: frozenset[Agency] = frozenset()  # those of the receivers who are told of the act alone
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    withheld: Literal["erased"] | None = None
    within: Mapping[Agency, AbstractSet[Tier]] = field(default_factory=dict)  # tiers that a receiver sees at most
    again: "Again | None" = None  # then its letters are an earlier act's


@dataclass(frozen=True, slots=True)
class Again:
    """An act that is said again, and the records that did so before, in order."""

    said: Outgoing
    before: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: the last number and the digest that the next one names."""

    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class Built:
    number: int
    record: Record
    record_digest: str
    body: bytes


def build(
    act: Outgoing,
    sender: Agency,
    head: Head,
    links: Mapping[Agency, Head],
    signing_key: OKPKey,
    directory: Keyring,
) -> Built:
    """The submission of one act, next on its sender's chain and on the link to each receiver."""
    entries, sealed = [], []
    for receiver in act.receivers:
        entry, letter = _letter(act, sender, receiver, links[receiver], signing_key, directory)
        entries.append(entry)
        sealed.append(letter)
    catalogued = entry_of(act.type)
    record = Record(
        id=act.record_id,
        source=f"/agencies/{sender}",
        type=act.type,
        subject=act.subject,
        time=act.time,
        dataschema=dataschema(act.type, catalogued.version),
        number=head.number + 1,
        previous=head.digest,
        correlationid=act.correlation_id,
        causationid=act.causation_id,
        data=RecordData(
            about=act.about,
            content=cut(catalogued.content, dict(act.values), LOGGED),
            letters=tuple(entries),
            withheld=act.withheld,
        ),
    )
    text = record.model_dump_json(exclude_none=True)
    signature = seal.sign_detached(text.encode(), signing_key, typ=RECORD_TYP)
    body = Submission(record=text, signature=signature, letters=tuple(sealed)).model_dump_json().encode()
    return Built(record.number, record, seal.digest(text), body)


def _letter(
    act: Outgoing, sender: Agency, receiver: Agency, link: Head, signing_key: OKPKey, directory: Keyring
) -> tuple[LetterEntry, Sealed]:
    again = {"said_again": [*map(str, act.again.before), str(act.record_id)]} if act.again else {}
    act = act.again.said if act.again else act
    catalogued = entry_of(act.type)
    withheld = "notified" if receiver in act.notified else act.withheld
    tiers = catalogued.left_by(withheld, receiver)
    tiers &= act.within.get(receiver, tiers)
    claims = {
        "sender": sender,
        "recipient": receiver,
        "id": str(act.record_id),
        "case_ref": act.subject,
        "type": act.type,
        "version": catalogued.version,
        "number": link.number + 1,
        "previous": link.digest,
        "correlation_id": str(act.correlation_id) if act.correlation_id else None,
        "causation_id": str(act.causation_id) if act.causation_id else None,
        "about": act.about.model_dump(mode="json") if act.about else None,
        "withheld": withheld,
        **again,
    }
    signed, content_digest = content.sign(claims, cut(catalogued.content, dict(act.values), tiers), signing_key)
    jwe = seal.seal(signed.encode(), directory.sealing(receiver))
    entry = LetterEntry(
        to=receiver,
        tiers=tuple(sorted(tiers)),
        number=link.number + 1,
        previous=link.digest,
        sealed=seal.digest(jwe),
        content=content_digest,
    )
    return entry, Sealed(to=receiver, jwe=jwe)
