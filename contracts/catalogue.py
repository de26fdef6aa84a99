"""The one table: every type, who may send it, who may receive which tiers of it, and what it does to a handoff.

JSON Schemas, AsyncAPI, NATS accounts and permissions, and the documentation are generated from here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

from contracts import bypass
from contracts import examples as ex
from contracts.agencies import SPONSORS, Agency, Institution
from contracts.errors import Refused
from contracts.events import case, concern, information, post, protection, referral, roundtable, route, transfer
from contracts.standing import Course, Move
from contracts.tiers import LOGGED, Content, Tier, view
from contracts.vocabulary import Service

OVERSEEN = frozenset({Tier.E, Tier.O, Tier.S})
"""What oversight may see: it reviews what institutions did for a child's safety, and investigates nobody (D)."""
EVERYBODY = frozenset(Agency)
TAKERS = frozenset({Agency.POLICE, Agency.SOCIAL})
"""Who can be asked to take on a concern."""
HOLDERS = EVERYBODY - {Agency.OVERSIGHT}
"""Who can answer for a case: oversight reviews, and holds none."""


class Audience(StrEnum):
    """Who gets a letter of a type."""

    PARTIES = "parties"  # of an act: everybody who hears its handoff
    TOLD = "told"  # those whom the catalogue lists, always; oversight too where a bypass keeps one of them out
    NAMED = "named"  # those whom the content names
    KNOWN = "known"  # those whom the sender knows to be concerned, such as the agencies active in the case
    NOBODY = "nobody"  # the bus's own


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One type. `tiers` says for each agency that may receive it which tiers its letter may hold."""

    type: str
    version: str
    meaning: str
    content: Content
    senders: frozenset[Agency]
    audience: Audience
    tiers: Mapping[Agency, frozenset[Tier]] = field(default_factory=dict)
    told: frozenset[Agency] = frozenset()  # with audience TOLD: who must be told, the sender apart
    names: Callable[[Mapping[str, Any]], frozenset[Agency]] | None = None  # with audience NAMED: by tiers E and O
    sponsors: Mapping[Institution, frozenset[Agency]] = field(default_factory=dict)  # who may say it for whom
    command: str | None = None  # the imperative by which an agency's system asks for it; the bus's own types have none
    move: Move | None = None
    courses: frozenset[Course] = frozenset(Course)  # of an act on a handoff: which ones it belongs to
    course: Course | None = None  # of the act that makes one
    asked: frozenset[Agency] = EVERYBODY  # of the act that makes one: who can be asked
    service: Service | None = None  # of the act that makes one, where its content names none
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


def _letters(tiers: str, receivers: frozenset[Agency], senders: frozenset[Agency]) -> Mapping[Agency, frozenset[Tier]]:
    """The same tiers for all of these, but that oversight sees no more than it may."""
    seen = frozenset(map(Tier, tiers))
    others = receivers - senders if len(senders) == 1 else receivers
    return MappingProxyType({to: seen & OVERSEEN if to is Agency.OVERSIGHT else seen for to in sorted(others)})


def _entry(type_name: str, content: Content, **more: Any) -> Entry:
    code, wrong = ex.INVALID[type_name]
    return Entry(
        type=type_name,
        version="1.0",
        meaning=(content.__doc__ or "").strip().partition("\n")[0],
        content=content,
        example=ex.VALID[type_name],
        counterexample=wrong,
        counterexample_code=code,
        **more,
    )


def _act(type_name: str, content: Content, move: Move, tiers: str, **more: Any) -> Entry:
    """An act on a handoff; of most, any agency may say it to any other."""
    subject, _, _ = type_name.partition(".")
    defaults: dict[str, Any] = {
        "senders": EVERYBODY,
        "tiers": _letters(tiers, EVERYBODY, more.get("senders", EVERYBODY)),
        "command": f"{subject}.{move}",
        "sponsors": SPONSORS,
        "audience": Audience.PARTIES,
    }
    return _entry(type_name, content, move=move, **defaults | more)


def _fact(type_name: str, content: Content, command: str, tiers: str, *senders: Agency, **more: Any) -> Entry:
    """What is said about a case, and no handoff waits for."""
    told = frozenset(more.pop("told", ()))
    # a bypass must end at somebody: oversight stands in for whom it keeps out
    receivers = more.pop("receivers", told | {Agency.OVERSIGHT} if told else EVERYBODY)
    audience = more.pop("audience", Audience.TOLD)
    letters = _letters(tiers, receivers, frozenset(senders))
    return _entry(
        type_name,
        content,
        command=command,
        senders=frozenset(senders),
        tiers=letters,
        told=told,
        audience=audience,
        **more,
    )


def _of_the_bus(type_name: str, content: Content) -> Entry:
    return _entry(type_name, content, senders=EVERYBODY, audience=Audience.NOBODY)


_CONCERN, _TRANSFER = frozenset({Course.CONCERN}), frozenset({Course.TRANSFER})
_SERVICE = frozenset({Course.SERVICE})
_POLICE, _PROSECUTION, _SOCIAL, _HEALTH, _OVERSIGHT = Agency
_SHELTER = MappingProxyType({Institution.SHELTER: SPONSORS[Institution.SHELTER]})

_ENTRIES = (
    # handoffs
    _act("referral.made", referral.ReferralMade, Move.MAKE, "EOSAI", course=Course.SERVICE),
    _act("referral.acknowledged", referral.ReferralAcknowledged, Move.ACKNOWLEDGE, "EO", courses=_SERVICE | _TRANSFER),
    _act("referral.accepted", referral.ReferralAccepted, Move.ACCEPT, "EO", courses=_SERVICE),
    _act("referral.declined", referral.ReferralDeclined, Move.DECLINE, "EO", courses=_SERVICE),
    _act("referral.started", referral.ReferralStarted, Move.START, "EO", courses=_SERVICE | _CONCERN),
    _act("referral.completed", referral.ReferralCompleted, Move.COMPLETE, "EO", courses=_SERVICE),
    _act("referral.withdrawal-asked", referral.ReferralWithdrawalAsked, Move.ASK_WITHDRAWAL, "EO"),
    _act("referral.withdrawal-confirmed", referral.ReferralWithdrawalConfirmed, Move.CONFIRM_WITHDRAWAL, "EO"),
    _act("referral.reassigned", referral.ReferralReassigned, Move.REASSIGN, "EO"),
    _act("referral.superseded", referral.ReferralSuperseded, Move.SUPERSEDE, "EO"),
    _act("referral.expired", referral.ReferralExpired, Move.EXPIRE, "EO"),
    _act("referral.closed", referral.ReferralClosed, Move.CLOSE, "EO"),
    _act("information.asked", information.InformationAsked, Move.ASK, "EOS"),
    _act("information.given", information.InformationGiven, Move.GIVE, "EOSI"),
    _act("information.refused", information.InformationRefused, Move.REFUSE, "EO"),
    _act(
        "concern.reported", concern.ConcernReported, Move.MAKE, "EOISA",
        command="concern.report", course=Course.CONCERN, asked=TAKERS, service=Service.SCREENING,
    ),
    _act(
        "concern.received", concern.ConcernReceived, Move.ACKNOWLEDGE, "EO",
        command="concern.receive", courses=_CONCERN, senders=TAKERS,
    ),
    _act(
        "responsibility.accepted", concern.ResponsibilityAccepted, Move.ACCEPT, "EO", courses=_CONCERN, senders=TAKERS
    ),
    _act(
        "responsibility.declined", concern.ResponsibilityDeclined, Move.DECLINE, "EO", courses=_CONCERN, senders=TAKERS
    ),
    _act(
        "concern.screened", concern.ConcernScreened, Move.COMPLETE, "EO",
        command="concern.screen", courses=_CONCERN, senders=TAKERS,
    ),
    _act(
        "transfer.offered", transfer.TransferOffered, Move.MAKE, "EOSAI",
        command="transfer.offer", course=Course.TRANSFER, senders=HOLDERS, asked=HOLDERS,
        service=Service.CASE_RESPONSIBILITY,
    ),
    _act("transfer.accepted", transfer.TransferAccepted, Move.ACCEPT, "EO", courses=_TRANSFER, senders=HOLDERS),
    _act("transfer.declined", transfer.TransferDeclined, Move.DECLINE, "EO", courses=_TRANSFER, senders=HOLDERS),
    _act(
        "roundtable.convened", roundtable.RoundtableConvened, Move.MAKE, "EOS",
        command="roundtable.convene", course=Course.SERVICE, senders=frozenset({_SOCIAL}), service=Service.ROUNDTABLE,
    ),
    # facts
    _fact(
        "roundtable.decided", roundtable.RoundtableDecided, "roundtable.decide", "EO", _SOCIAL,
        audience=Audience.NAMED, names=roundtable.owners,
    ),
    _fact(
        "immediate-protection.taken", protection.ImmediateProtectionTaken, "immediate-protection.take", "EOS",
        _POLICE, _SOCIAL, told=(_POLICE, _SOCIAL, _PROSECUTION),
    ),
    _fact(
        "safe-contact.set", protection.SafeContactSet, "safe-contact.choose", "EOS", _SOCIAL, audience=Audience.KNOWN
    ),
    _fact("urgent-care.given", protection.UrgentCareGiven, "urgent-care.give", "EO", _HEALTH, told=(_SOCIAL,)),
    _fact(
        "victim-advocate.assigned", protection.VictimAdvocateAssigned, "victim-advocate.assign", "EO",
        _PROSECUTION, told=(_POLICE, _SOCIAL),
    ),
    _fact(
        "case-manager.assigned", protection.CaseManagerAssigned, "case-manager.assign", "EO", _SOCIAL,
        audience=Audience.KNOWN,
    ),
    _fact(
        "placement.changed", protection.PlacementChanged, "placement.change", "EOS",
        _SOCIAL, told=(_POLICE, _PROSECUTION),
    ),
    _fact(
        "child.missing", protection.ChildMissing, "child.report-missing", "EOIS",
        _SOCIAL, told=(_POLICE, _PROSECUTION), sponsors=_SHELTER,
    ),
    _fact(
        bypass.INVOKED, route.BypassInvoked, "route.invoke-bypass", "EOS", *Agency,
        audience=Audience.NAMED, names=route.told_of_bypass, sponsors=SPONSORS,
    ),
    _fact(bypass.LIFTED, route.BypassLifted, "route.lift-bypass", "EO", _OVERSIGHT, audience=Audience.KNOWN),
    _fact("case.linked", case.CaseLinked, "case.link", "EO", *Agency, audience=Audience.KNOWN),
    _fact("letter.handed-over", case.LetterHandedOver, "letter.hand-over", "EO", *HOLDERS, audience=Audience.KNOWN),
    _of_the_bus("receipt", post.Receipt),
    _of_the_bus("submission.refused", post.SubmissionRefused),
)  # fmt: skip

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
