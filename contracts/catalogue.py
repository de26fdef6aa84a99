"""The one table: every type, who may send it, who may receive which tiers of it, and what it does to a handoff.

JSON Schemas, AsyncAPI, NATS accounts and permissions, and the documentation are generated from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from contracts import examples as ex
from contracts.agencies import SPONSORS, Agency, Institution
from contracts.errors import Refused
from contracts.events import information, post, referral
from contracts.handoff import Move
from contracts.tiers import LOGGED, Content, Tier, view

OVERSEEN = frozenset({Tier.E, Tier.O, Tier.S})
"""What oversight may see: it reviews what institutions did for a child's safety, and investigates nobody (D)."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One type. `tiers` says for each agency that may receive it which tiers its letter may hold."""

    type: str
    version: str
    meaning: str
    content: Content
    senders: frozenset[Agency]
    tiers: Mapping[Agency, frozenset[Tier]] = field(default_factory=dict)
    sponsors: Mapping[Institution, frozenset[Agency]] = field(default_factory=lambda: SPONSORS)
    command: str | None = None  # the imperative by which an agency's system asks for it; the bus's own types have none
    move: Move | None = None
    example: Mapping[str, Any]
    counterexample: Mapping[str, Any]  # the same content, wrong
    counterexample_code: str

    @property
    def receivers(self) -> frozenset[Agency]:
        return frozenset(self.tiers)

    @cached_property
    def logged(self) -> Content:
        """The content as the log may hold it."""
        return view(self.content, LOGGED)

    def seen_by(self, receiver: Agency) -> frozenset[Tier]:
        """The tiers that this receiver's letter may hold; empty for who may not receive the type."""
        return self.tiers.get(receiver, frozenset())


def _to_any(tiers: str) -> Mapping[Agency, frozenset[Tier]]:
    seen = frozenset(map(Tier, tiers))
    return MappingProxyType({agency: seen & OVERSEEN if agency is Agency.OVERSIGHT else seen for agency in Agency})


def _entry(type_name: str, content: Content, **more: Any) -> Entry:
    code, wrong = ex.INVALID[type_name]
    return Entry(
        type=type_name,
        version="1.0",
        meaning=(content.__doc__ or "").strip(),
        content=content,
        example=ex.VALID[type_name],
        counterexample=wrong,
        counterexample_code=code,
        **more,
    )


def _act(type_name: str, content: Content, move: Move, tiers: str) -> Entry:
    """An act on a handoff: any agency may say it to any other."""
    subject, _, _ = type_name.partition(".")
    command = f"{subject}.{move}"
    return _entry(type_name, content, senders=frozenset(Agency), tiers=_to_any(tiers), command=command, move=move)


def _of_the_bus(type_name: str, content: Content) -> Entry:
    return _entry(type_name, content, senders=frozenset(Agency), sponsors=MappingProxyType({}))


_ENTRIES = (
    _act("referral.made", referral.ReferralMade, Move.MAKE, "EOSAI"),
    _act("referral.acknowledged", referral.ReferralAcknowledged, Move.ACKNOWLEDGE, "EO"),
    _act("referral.accepted", referral.ReferralAccepted, Move.ACCEPT, "EO"),
    _act("referral.declined", referral.ReferralDeclined, Move.DECLINE, "EO"),
    _act("referral.started", referral.ReferralStarted, Move.START, "EO"),
    _act("referral.completed", referral.ReferralCompleted, Move.COMPLETE, "EO"),
    _act("referral.withdrawal-asked", referral.ReferralWithdrawalAsked, Move.ASK_WITHDRAWAL, "EO"),
    _act("referral.withdrawal-confirmed", referral.ReferralWithdrawalConfirmed, Move.CONFIRM_WITHDRAWAL, "EO"),
    _act("referral.reassigned", referral.ReferralReassigned, Move.REASSIGN, "EO"),
    _act("referral.superseded", referral.ReferralSuperseded, Move.SUPERSEDE, "EO"),
    _act("referral.expired", referral.ReferralExpired, Move.EXPIRE, "EO"),
    _act("referral.closed", referral.ReferralClosed, Move.CLOSE, "EO"),
    _act("information.asked", information.InformationAsked, Move.ASK, "EOS"),
    _act("information.given", information.InformationGiven, Move.GIVE, "EOSI"),
    _act("information.refused", information.InformationRefused, Move.REFUSE, "EO"),
    _of_the_bus("receipt", post.Receipt),
    _of_the_bus("submission.refused", post.SubmissionRefused),
    _of_the_bus("store.restored", post.StoreRestored),
)

CATALOGUE: Mapping[str, Entry] = MappingProxyType({entry.type: entry for entry in _ENTRIES})
COMMANDS: Mapping[str, Entry] = MappingProxyType({entry.command: entry for entry in _ENTRIES if entry.command})


def entry_of(type_name: str, version: str | None = None) -> Entry:
    """The entry of a type. Raises Refused `type.unknown`, or `version.unknown` for a version that is not today's."""
    entry = CATALOGUE.get(type_name)
    if entry is None:
        raise Refused("type.unknown", field="type")
    if version is not None and version != entry.version:
        raise Refused("version.unknown", field="dataschema")
    return entry
