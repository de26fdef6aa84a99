"""The intervention phase, the ways around a receiver, and what ties cases and letters to the world outside."""

from contracts import bypass
from contracts.agencies import EVERYBODY, SPONSORS, Institution
from contracts.catalogue.parties import ACTIVE, ANSWERABLE, HEALTH, OVERSIGHT, POLICE, PROSECUTION, SOCIAL, spoken_for
from contracts.entry import Audience, fact
from contracts.events import case, protection, roundtable, route

LINKED, HANDED_OVER = "case.linked", "letter.handed-over"
"""Types whose receivers depend on more than their own case."""

ENTRIES = (
    fact(
        "roundtable.decided", roundtable.RoundtableDecided, "roundtable.decide", "EO", SOCIAL,
        audience=Audience.NAMED, names=roundtable.owners, whom="those who own an action",
    ),
    fact(
        "immediate-protection.taken", protection.ImmediateProtectionTaken, "immediate-protection.take", "EOS",
        POLICE, SOCIAL, told=(POLICE, SOCIAL, PROSECUTION),
    ),
    fact(
        "safe-contact.set", protection.SafeContactSet, "safe-contact.choose", "EOS", SOCIAL,
        audience=Audience.KNOWN, whom=ACTIVE,
    ),
    fact("urgent-care.given", protection.UrgentCareGiven, "urgent-care.give", "EO", HEALTH, told=(SOCIAL,)),
    fact(
        "victim-advocate.assigned", protection.VictimAdvocateAssigned, "victim-advocate.assign", "EO",
        PROSECUTION, told=(POLICE, SOCIAL),
    ),
    fact(
        "case-manager.assigned", protection.CaseManagerAssigned, "case-manager.assign", "EO", SOCIAL,
        audience=Audience.KNOWN, whom=ACTIVE,
    ),
    fact(
        "placement.changed", protection.PlacementChanged, "placement.change", "EOS",
        SOCIAL, told=(POLICE, PROSECUTION),
    ),
    fact(
        "child.missing", protection.ChildMissing, "child.report-missing", "EOIS",
        SOCIAL, told=(POLICE, PROSECUTION), sponsors=spoken_for(Institution.SHELTER),
    ),
    fact(
        bypass.INVOKED, route.BypassInvoked, "route.invoke-bypass", "EOS", *EVERYBODY,
        audience=Audience.NAMED, names=route.told_of_bypass, sponsors=SPONSORS,
        whom="oversight, who is turned to instead, and a bypassed institution's sponsors",
    ),
    fact(
        bypass.LIFTED, route.BypassLifted, "route.lift-bypass", "EO", OVERSIGHT,
        audience=Audience.KNOWN, whom="who invoked it, and who was turned to instead",
    ),
    fact(
        LINKED, case.CaseLinked, "case.link", "EO", *EVERYBODY,
        audience=Audience.KNOWN, whom="those of whom the sender knows that they hold both cases",
    ),
    fact(
        HANDED_OVER, case.LetterHandedOver, "letter.hand-over", "EO", *ANSWERABLE,
        audience=Audience.KNOWN, whom="the agency that said what is handed over",
    ),
)  # fmt: skip
