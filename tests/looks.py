"""Looks into cases, as a log has them: by people with a credential, by an agency's own system, and in an emergency."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bus.log import Logged
from contracts.agencies import Agency
from contracts.envelope import About, RecordData
from tests.builders import HEALTH, POLICE, POSTS, PROSECUTION, SOCIAL, new_case
from tests.case_logs import Log

INSPECTOR = {"credential": "0192f3c1-7b20-7e4f-9d35-8a6b1c2d3e4f", "person": "inspector-17"}
SUPERVISOR = {"credential": "0d9a5c1e-3b52-4a35-8f0e-52c3f2a7b9d4", "person": "supervisor-3"}
RECORD = "6f0c6f0e-6a4e-4d0a-9a55-0f6a3b6d7c11"
CASES = (new_case(), new_case())
SPRING = datetime(2026, 3, 30, 9, tzinfo=UTC)


def looks(log: Log | None = None, begin: datetime = SPRING) -> Sequence[Logged]:
    """Eight of them, one a day, the first two in March by Kosovo's calendar; and one record that is no look."""
    log, first, second = log or Log(), *CASES

    def say(sender: Agency, case_ref: str, type_name: str = "access.recorded", /, **content: object) -> UUID:
        moment = begin + timedelta(days=len(log.entries))
        clocks = {"occurred": moment, "known": moment, "recorded": moment}
        about = About.model_validate({"clocks": clocks, "legal_basis": "protection-duty", "post": POSTS[sender]})
        return log.add(sender, type_name, case_ref, RecordData(about=about, content=content), moment)

    say(SOCIAL, first, purpose="inspection", by=INSPECTOR, replayed={"what": "log"})
    say(HEALTH, first, purpose="case-work", opened=[RECORD])
    as_of = begin.isoformat()
    known = {"what": "state", "as_known_to": "prosecution", "as_of": as_of}
    say(SOCIAL, second, purpose="inspection", by=INSPECTOR, replayed=known)
    say(PROSECUTION, second, purpose="court-request", by=SUPERVISOR, replayed={"what": "timeline", "position": 3})
    log.make(POLICE, SOCIAL)
    stated = say(
        SOCIAL, second, "access.emergency", ground="child-missing", vouched_by=POSTS[PROSECUTION], by=INSPECTOR,
        voucher=SUPERVISOR | {"agency": "prosecution"}, until=(begin + timedelta(days=5, hours=1)).isoformat(),
    )  # fmt: skip
    say(SOCIAL, second, purpose="case-work", by=INSPECTOR, replayed={"what": "log"}, emergency=str(stated))
    say(PROSECUTION, first, purpose="inspection", by=SUPERVISOR, replayed={"what": "accesses"})
    say(SOCIAL, first, purpose="supervision", by=INSPECTOR, replayed={"what": "content"})
    return log.entries
