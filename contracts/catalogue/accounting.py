"""What institutions answer for: corrections, duties and failures, and who looked into a case."""

from contracts.agencies import Agency
from contracts.catalogue.parties import ANSWERABLE, OVERSIGHT
from contracts.entry import EVERYBODY, Audience, fact, letters
from contracts.events import accounting, correction

CORRECTED, BASIS, EXCUSED = "record.corrected", "basis.recorded", "duty.excused"
OF_A_RECORD = frozenset({CORRECTED, BASIS})
"""Types that speak of an earlier record of their sender's, to whom it went (`contracts/again.py`)."""
_TO_THE_SAME = {"audience": Audience.SAME, "whom": "those to whom the earlier record went"}
_TO_OWNER = {"audience": Audience.NAMED, "names": accounting.duty_owner, "whom": "the owner of the duty"}

ENTRIES = (
    fact(CORRECTED, correction.RecordCorrected, "record.correct", "EOSAI", *Agency, **_TO_THE_SAME),
    fact(BASIS, correction.BasisRecorded, "basis.record", "EO", *Agency, **_TO_THE_SAME),
    fact("duty.opened", accounting.DutyOpened, "duty.open", "EO", OVERSIGHT, **_TO_OWNER),
    fact("duty.met", accounting.DutyMet, "duty.meet", "EO", OVERSIGHT, **_TO_OWNER),
    fact("duty.breached", accounting.DutyBreached, "duty.breach", "EO", OVERSIGHT, **_TO_OWNER),
    fact(EXCUSED, accounting.DutyExcused, "duty.excuse", "EO", *ANSWERABLE, told=(OVERSIGHT,)),
    fact(
        "duty-failure.alleged", accounting.DutyFailureAlleged, "duty-failure.allege", "EO", *ANSWERABLE,
        told=(OVERSIGHT,),
    ),
    fact(
        "access.recorded", accounting.AccessRecorded, "access.record", letters("EO", frozenset({OVERSIGHT}), EVERYBODY),
        *ANSWERABLE, told=(OVERSIGHT,),
    ),
    fact(
        "access.emergency", accounting.EmergencyAccess, "access.state-emergency", "EO", *ANSWERABLE,
        told=(OVERSIGHT,),
    ),
)  # fmt: skip
