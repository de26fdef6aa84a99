"""What institutions answer for: corrections, duties and failures, and who looked into a case."""

from contracts.agencies import EVERYBODY
from contracts.catalogue.parties import ANSWERABLE, OVERSIGHT, SOCIAL
from contracts.entry import Audience, fact, letters, notice
from contracts.events import accounting, correction

CORRECTED, BASIS, EXCUSED = "record.corrected", "basis.recorded", "duty.excused"
OPENED, DUE_SOON, BREACHED, MET = "duty.opened", "duty.due-soon", "duty.breached", "duty.met"
WITHDRAWN, ESCALATED, KEPT_OPEN = "duty.withdrawn", "duty.escalated", "case.kept-open"
LOOKED, EMERGENCY, WITHDRAWN_FROM = "access.recorded", "access.emergency", "credential.withdrawn"
OF_LOOKING = frozenset({LOOKED, EMERGENCY, WITHDRAWN_FROM})
"""Types that speak of who looks into a case: saying one makes nobody a holder of it."""
OF_A_RECORD = frozenset({CORRECTED, BASIS})
"""Types that speak of an earlier record of their sender's, to whom it went (`contracts/again.py`)."""
_TO_THE_SAME = {"audience": Audience.SAME, "whom": "those to whom the earlier record went"}

ENTRIES = (
    fact(CORRECTED, correction.RecordCorrected, "record.correct", "EOSAI", *EVERYBODY, **_TO_THE_SAME),
    fact(BASIS, correction.BasisRecorded, "basis.record", "EO", *EVERYBODY, **_TO_THE_SAME),
    notice(OPENED, accounting.DutyOpened),
    notice(DUE_SOON, accounting.DutyDueSoon),
    notice(BREACHED, accounting.DutyBreached),
    notice(ESCALATED, accounting.DutyEscalated),
    notice(MET, accounting.DutyMet),
    notice(WITHDRAWN, accounting.DutyWithdrawn),
    notice(KEPT_OPEN, accounting.CaseKeptOpen),
    # who closes the case must hear of it, as of what the keeper says of the duty
    fact(EXCUSED, accounting.DutyExcused, "duty.excuse", "EO", *ANSWERABLE, told=(OVERSIGHT, SOCIAL)),
    fact(
        "duty-failure.alleged", accounting.DutyFailureAlleged, "duty-failure.allege", "EO", *ANSWERABLE,
        told=(OVERSIGHT,),
    ),
    fact(
        LOOKED, accounting.AccessRecorded, "access.record", letters("EO", frozenset({OVERSIGHT}), EVERYBODY),
        *ANSWERABLE, OVERSIGHT, told=(OVERSIGHT,),
    ),
    fact(
        EMERGENCY, accounting.EmergencyAccess, "access.state-emergency", "EO", *ANSWERABLE, OVERSIGHT,
        told=(OVERSIGHT,),
    ),
    # nobody is told: a letter would tell whom a bypass keeps out that something has changed
    fact(
        WITHDRAWN_FROM, accounting.CredentialWithdrawn, "credential.withdraw", {}, OVERSIGHT,
        audience=Audience.NOBODY, whom="nobody: who lets somebody look reads it in the log",
    ),
)  # fmt: skip
