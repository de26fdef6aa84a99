"""Referrals, questions inside a handoff, concerns, transfers, invitations: what one agency asks of another."""

from contracts.agencies import EVERYBODY
from contracts.catalogue.parties import ANSWERABLE, OVERSIGHT, SOCIAL, TAKERS
from contracts.entry import act, seen
from contracts.events import concern, content, information, referral, roundtable, transfer
from contracts.standing import Move
from contracts.vocabulary.asking import Service

_CONCERN, _TRANSFER = frozenset({Service.SCREENING}), frozenset({Service.CASE_RESPONSIBILITY})
_OPENING = frozenset({Service.CONTENT_OPENING})
CONTENT_ASKED, CONTENT_OPENED, CONTENT_REFUSED = "content.asked", "content.opened", "content.refused"

ENTRIES = (
    act("referral.made", referral.ReferralMade, Move.MAKE, "EOSAI"),
    act("referral.acknowledged", referral.ReferralAcknowledged, Move.ACKNOWLEDGE, "EO"),
    act("referral.accepted", referral.ReferralAccepted, Move.ACCEPT, "EO"),
    act("referral.declined", referral.ReferralDeclined, Move.DECLINE, "EO"),
    act("referral.started", referral.ReferralStarted, Move.START, "EO"),
    act("referral.completed", referral.ReferralCompleted, Move.COMPLETE, "EO"),
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
        command="concern.report", asked=TAKERS, told=TAKERS, service=Service.SCREENING,
    ),
    act(
        "concern.received", concern.ConcernReceived, Move.ACKNOWLEDGE, "EO",
        command="concern.receive", services=_CONCERN, senders=TAKERS,
    ),
    act(
        "responsibility.accepted", concern.ResponsibilityAccepted, Move.ACCEPT, "EO", services=_CONCERN, senders=TAKERS
    ),
    act(
        "responsibility.declined", concern.ResponsibilityDeclined, Move.DECLINE, "EO",
        services=_CONCERN, senders=TAKERS,
    ),
    act(
        "concern.screened", concern.ConcernScreened, Move.COMPLETE, "EO",
        command="concern.screen", services=_CONCERN, senders=TAKERS,
    ),
    act(
        "transfer.offered", transfer.TransferOffered, Move.MAKE, "EOSAI",
        command="transfer.offer", senders=ANSWERABLE, asked=ANSWERABLE, service=Service.CASE_RESPONSIBILITY,
    ),
    act("transfer.accepted", transfer.TransferAccepted, Move.ACCEPT, "EO", services=_TRANSFER, senders=ANSWERABLE),
    act("transfer.declined", transfer.TransferDeclined, Move.DECLINE, "EO", services=_TRANSFER, senders=ANSWERABLE),
    act(
        "roundtable.convened", roundtable.RoundtableConvened, Move.MAKE, "EOS",
        command="roundtable.convene", senders=frozenset({SOCIAL}), service=Service.ROUNDTABLE,
    ),
    # oversight is a party, or notified of every act of it; a credential and what is opened are the parties' alone
    act(
        CONTENT_ASKED, content.ContentAsked, Move.MAKE, seen(EOI=EVERYBODY),
        command="content.ask", told=frozenset({OVERSIGHT}), service=Service.CONTENT_OPENING,
    ),
    act(
        CONTENT_OPENED, content.ContentOpened, Move.COMPLETE, seen(EOI=EVERYBODY),
        command="content.open", services=_OPENING,
    ),
    act(CONTENT_REFUSED, content.ContentRefused, Move.COMPLETE, "EO", command="content.refuse", services=_OPENING),
)  # fmt: skip
