"""The one table: every type, who may send it, who may receive which tiers of it, and what it does to a handoff.

JSON Schemas, AsyncAPI, NATS accounts and permissions, and the documentation are generated from here.
"""

from collections.abc import Mapping
from types import MappingProxyType

from contracts import bypass
from contracts.agencies import SPONSORS, Agency, Institution
from contracts.entry import EVERYBODY, Audience, Entry, act, fact, letters, of_the_bus
from contracts.errors import Refused
from contracts.events import case, concern, information, post, protection, referral, roundtable, route, transfer
from contracts.standing import Course, Move
from contracts.tiers import Tier
from contracts.vocabulary import Service

TAKERS = frozenset({Agency.POLICE, Agency.SOCIAL})
"""Who can be asked to take on a concern."""
ANSWERABLE = EVERYBODY - {Agency.OVERSIGHT}
"""Who can answer for a case: oversight reviews, and holds none."""


LINKED, HANDED_OVER = "case.linked", "letter.handed-over"
"""Types whose receivers depend on more than their own case."""
SAID_AGAIN = "letter.said-again"
"""Its letter is an earlier one's, and so are who may receive it and which tiers (`contracts/again.py`)."""

_CONCERN, _TRANSFER = frozenset({Course.CONCERN}), frozenset({Course.TRANSFER})
_SERVICE = frozenset({Course.SERVICE})
_POLICE, _PROSECUTION, _SOCIAL, _HEALTH, _OVERSIGHT = Agency
_SHELTER = MappingProxyType({Institution.SHELTER: SPONSORS[Institution.SHELTER]})

_ACTIVE = "the agencies that work on the case, as the sender knows"

_ENTRIES = (
    # handoffs
    act("referral.made", referral.ReferralMade, Move.MAKE, "EOSAI", course=Course.SERVICE),
    act("referral.acknowledged", referral.ReferralAcknowledged, Move.ACKNOWLEDGE, "EO", courses=_SERVICE | _TRANSFER),
    act("referral.accepted", referral.ReferralAccepted, Move.ACCEPT, "EO", courses=_SERVICE),
    act("referral.declined", referral.ReferralDeclined, Move.DECLINE, "EO", courses=_SERVICE),
    act("referral.started", referral.ReferralStarted, Move.START, "EO", courses=_SERVICE | _CONCERN),
    act("referral.completed", referral.ReferralCompleted, Move.COMPLETE, "EO", courses=_SERVICE),
    act("referral.withdrawal-asked", referral.ReferralWithdrawalAsked, Move.ASK_WITHDRAWAL, "EO"),
    act("referral.withdrawal-confirmed", referral.ReferralWithdrawalConfirmed, Move.CONFIRM_WITHDRAWAL, "EO"),
    act("referral.reassigned", referral.ReferralReassigned, Move.REASSIGN, "EO"),
    act("referral.superseded", referral.ReferralSuperseded, Move.SUPERSEDE, "EO"),
    act("referral.expired", referral.ReferralExpired, Move.EXPIRE, "EO"),
    act("referral.closed", referral.ReferralClosed, Move.CLOSE, "EO"),
    act("information.asked", information.InformationAsked, Move.ASK, "EOS"),
    act("information.given", information.InformationGiven, Move.GIVE, "EOSI"),
    act("information.refused", information.InformationRefused, Move.REFUSE, "EO"),
    act(
        "concern.reported", concern.ConcernReported, Move.MAKE, "EOISA",
        command="concern.report", course=Course.CONCERN, asked=TAKERS, service=Service.SCREENING,
    ),
    act(
        "concern.received", concern.ConcernReceived, Move.ACKNOWLEDGE, "EO",
        command="concern.receive", courses=_CONCERN, senders=TAKERS,
    ),
    act(
        "responsibility.accepted", concern.ResponsibilityAccepted, Move.ACCEPT, "EO", courses=_CONCERN, senders=TAKERS
    ),
    act(
        "responsibility.declined", concern.ResponsibilityDeclined, Move.DECLINE, "EO", courses=_CONCERN, senders=TAKERS
    ),
    act(
        "concern.screened", concern.ConcernScreened, Move.COMPLETE, "EO",
        command="concern.screen", courses=_CONCERN, senders=TAKERS,
    ),
    act(
        "transfer.offered", transfer.TransferOffered, Move.MAKE, "EOSAI",
        command="transfer.offer", course=Course.TRANSFER, senders=ANSWERABLE, asked=ANSWERABLE,
        service=Service.CASE_RESPONSIBILITY,
    ),
    act("transfer.accepted", transfer.TransferAccepted, Move.ACCEPT, "EO", courses=_TRANSFER, senders=ANSWERABLE),
    act("transfer.declined", transfer.TransferDeclined, Move.DECLINE, "EO", courses=_TRANSFER, senders=ANSWERABLE),
    act(
        "roundtable.convened", roundtable.RoundtableConvened, Move.MAKE, "EOS",
        command="roundtable.convene", course=Course.SERVICE, senders=frozenset({_SOCIAL}), service=Service.ROUNDTABLE,
    ),
    # facts
    fact(
        "roundtable.decided", roundtable.RoundtableDecided, "roundtable.decide", "EO", _SOCIAL,
        audience=Audience.NAMED, names=roundtable.owners, whom="those who own an action",
    ),
    fact(
        "immediate-protection.taken", protection.ImmediateProtectionTaken, "immediate-protection.take", "EOS",
        _POLICE, _SOCIAL, told=(_POLICE, _SOCIAL, _PROSECUTION),
    ),
    fact(
        "safe-contact.set", protection.SafeContactSet, "safe-contact.choose", "EOS", _SOCIAL,
        audience=Audience.KNOWN, whom=_ACTIVE,
    ),
    fact("urgent-care.given", protection.UrgentCareGiven, "urgent-care.give", "EO", _HEALTH, told=(_SOCIAL,)),
    fact(
        "victim-advocate.assigned", protection.VictimAdvocateAssigned, "victim-advocate.assign", "EO",
        _PROSECUTION, told=(_POLICE, _SOCIAL),
    ),
    fact(
        "case-manager.assigned", protection.CaseManagerAssigned, "case-manager.assign", "EO", _SOCIAL,
        audience=Audience.KNOWN, whom=_ACTIVE,
    ),
    fact(
        "placement.changed", protection.PlacementChanged, "placement.change", "EOS",
        _SOCIAL, told=(_POLICE, _PROSECUTION),
    ),
    fact(
        "child.missing", protection.ChildMissing, "child.report-missing", "EOIS",
        _SOCIAL, told=(_POLICE, _PROSECUTION), sponsors=_SHELTER,
    ),
    fact(
        bypass.INVOKED, route.BypassInvoked, "route.invoke-bypass", "EOS", *Agency,
        audience=Audience.NAMED, names=route.told_of_bypass, sponsors=SPONSORS,
        whom="oversight, who is turned to instead, and a bypassed institution's sponsors",
    ),
    fact(
        bypass.LIFTED, route.BypassLifted, "route.lift-bypass", "EO", _OVERSIGHT,
        audience=Audience.KNOWN, whom="who invoked it, and who was turned to instead",
    ),
    fact(
        LINKED, case.CaseLinked, "case.link", "EO", *Agency,
        audience=Audience.KNOWN, whom="those of whom the sender knows that they hold both cases",
    ),
    fact(
        HANDED_OVER, case.LetterHandedOver, "letter.hand-over", "EO", *ANSWERABLE,
        audience=Audience.KNOWN, whom="the agency that said what is handed over",
    ),
    of_the_bus("receipt", post.Receipt),
    of_the_bus("submission.refused", post.SubmissionRefused),
    of_the_bus("store.restored", post.StoreRestored),
    of_the_bus(
        SAID_AGAIN, post.LetterSaidAgain, tiers=letters("".join(Tier), EVERYBODY, EVERYBODY), sponsors=SPONSORS,
        audience=Audience.AGAIN, whom="the one to whom the earlier letter went, in the tiers that it held",
    ),
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
