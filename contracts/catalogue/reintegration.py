"""The reintegration phase: needs, plan, therapy, school, custody, and the end of a case."""

from contracts.agencies import EVERYBODY, Institution
from contracts.catalogue.parties import ACTIVE, HEALTH, POLICE, PROSECUTION, SOCIAL, spoken_for
from contracts.entry import Audience, act, fact, seen
from contracts.events import reintegration, roundtable
from contracts.standing import Move
from contracts.vocabulary.asking import Service

NEEDS = "needs.assessed"
CLOSED, REOPENED = "case.closed", "case.reopened"

ENTRIES = (
    fact(
        NEEDS, reintegration.NeedsAssessed, "needs.assess", "EO", SOCIAL,
        audience=Audience.KNOWN, whom="the agencies at the roundtable, as the sender knows",
    ),
    fact(
        "plan.reviewed", reintegration.PlanReviewed, "plan.review", "EO", SOCIAL,
        audience=Audience.NAMED, names=roundtable.owners, whom="those who own an action",
    ),
    act(
        "therapy.referred", reintegration.TherapyReferred, Move.MAKE,
        seen(EOI=(HEALTH,), EO=EVERYBODY - {SOCIAL}), command="therapy.refer",
        senders=frozenset({SOCIAL}), asked=frozenset({HEALTH}), service=Service.THERAPY,
    ),
    fact(
        "school-return.agreed", reintegration.SchoolReturnAgreed, "school-return.agree", {}, SOCIAL,
        audience=Audience.NOBODY, whom="the school, by hand of its sponsor",
    ),
    fact(
        "custody-status.changed", reintegration.CustodyStatusChanged, "custody-status.change", "EOS",
        PROSECUTION, told=(POLICE, SOCIAL), speaks_for=Institution.CORRECTIONS,
        sponsors=spoken_for(Institution.CORRECTIONS),
    ),
    fact(CLOSED, reintegration.CaseClosed, "case.close", "EO", SOCIAL, audience=Audience.KNOWN, whom=ACTIVE),
    fact(REOPENED, reintegration.CaseReopened, "case.reopen", "EO", SOCIAL, audience=Audience.KNOWN, whom=ACTIVE),
)  # fmt: skip
