"""The register: entries that carry no letter, and the one question about one person."""

from contracts.agencies import Institution
from contracts.catalogue.parties import OVERSIGHT, PROSECUTION, SOCIAL, spoken_for
from contracts.entry import Audience, act, fact, seen
from contracts.events import register
from contracts.standing import Move
from contracts.vocabulary.asking import Service

_BY_COURT = {"speaks_for": Institution.COURT, "sponsors": spoken_for(Institution.COURT)}
_ENTRY = {"audience": Audience.NOBODY, "whom": "the register, by hand of its sponsor"} | _BY_COURT
ENTERED, REMOVED = "conviction.entered", "conviction.removed"
CLEARANCE_ASKED = "clearance.asked"
OWN_FILE = frozenset({ENTERED, REMOVED, CLEARANCE_ASKED})
"""What joins no case of a child: each stands under a reference of its own."""

ENTRIES = (
    fact(ENTERED, register.ConvictionEntered, "conviction.enter", {}, PROSECUTION, **_ENTRY),
    fact(REMOVED, register.ConvictionRemoved, "conviction.remove", {}, PROSECUTION, **_ENTRY),
    act(
        CLEARANCE_ASKED, register.ClearanceAsked, Move.MAKE, seen(EOI=(PROSECUTION,), EO=(OVERSIGHT,)),
        command="clearance.ask", senders=frozenset({SOCIAL}), asked=frozenset({PROSECUTION}),
        service=Service.CLEARANCE, sponsors=spoken_for(Institution.SCHOOL, Institution.NGO, Institution.SHELTER),
    ),
    act(
        "clearance.answered", register.ClearanceAnswered, Move.COMPLETE, seen(EO=(SOCIAL, OVERSIGHT)),
        command="clearance.answer", services=frozenset({Service.CLEARANCE}), senders=frozenset({PROSECUTION}),
        speaks_for=Institution.REGISTER, sponsors=spoken_for(Institution.REGISTER),
    ),
)  # fmt: skip
