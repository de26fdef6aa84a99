"""Who knew what, when: from letters, receipts and each agency's own acts, and by whose clock."""

from datetime import timedelta

from contracts.agencies import Agency
from projections import case_state
from projections.knowledge import Knowledge, as_known, knowledge
from tests.builders import HEALTH, POLICE, PROSECUTION, SOCIAL
from tests.case_logs import CASE, DAY, FIRST, Log

HOUR = timedelta(hours=1)


def knew(log: Log, agency: Agency, days: float) -> Knowledge:
    return knowledge(log.case, agency, FIRST + days * DAY)


def types(found: Knowledge) -> tuple[list[str], list[str], list[str]]:
    return (
        [one.logged.record.type for one in found.known],
        [one.record.type for one in found.waiting],
        [one.record.type for one in found.unsent],
    )


def test_what_was_sent_is_known_once_its_system_has_signed_for_it_by_its_own_clock() -> None:
    log = Log()
    log.make(POLICE, SOCIAL)
    log.signs(SOCIAL, POLICE, 1, at=FIRST + 3 * HOUR)
    assert types(knew(log, SOCIAL, 2 / 24)) == ([], ["referral.made"], []), "sent, and not picked up"
    assert types(knew(log, SOCIAL, 3 / 24)) == (["referral.made"], [], [])
    (known,) = knew(log, SOCIAL, 1).known
    assert (known.own, known.held_at, known.seen_at) == (False, FIRST + 3 * HOUR, None)


def test_held_by_its_system_is_not_seen_by_a_person_until_one_acts_on_it() -> None:
    log = Log()
    asked = log.make(POLICE, SOCIAL)
    log.signs(SOCIAL, POLICE, 1, at=FIRST + HOUR)
    log.on(SOCIAL, "referral.acknowledged", asked)
    made, _ = knew(log, SOCIAL, 3).known
    assert made.seen_at == FIRST + 2 * DAY, "by that agency's own word, and on the third day"
    (made,) = knew(log, SOCIAL, 1).known
    assert made.seen_at is None, "not yet"


def test_what_no_letter_of_went_to_it_existed_and_it_did_not_know() -> None:
    log = Log()
    log.make(HEALTH, POLICE, "concern.reported")
    log.make(POLICE, PROSECUTION, "crime-report.filed")
    log.signs(PROSECUTION, POLICE, 2, at=FIRST + DAY + HOUR)
    found = knew(log, PROSECUTION, 5)
    assert types(found) == (["crime-report.filed"], [], ["concern.reported"])
    assert types(knew(log, PROSECUTION, 0.5)) == ([], [], ["concern.reported"]), "the report did not exist yet"


def test_its_own_acts_are_known_to_it_from_when_it_recorded_them() -> None:
    log = Log()
    log.make(POLICE, SOCIAL)
    (own,) = knew(log, POLICE, 0).known
    assert (own.own, own.held_at, own.seen_at) == (True, FIRST, FIRST)
    assert types(knew(log, POLICE, -1)) == ([], [], [])


def test_the_case_as_an_agency_knew_it_is_folded_from_what_it_could_read() -> None:
    log = Log()
    concern = log.make(HEALTH, POLICE, "concern.reported")
    log.signs(POLICE, HEALTH, 1, at=FIRST + HOUR)
    log.on(POLICE, "responsibility.accepted", concern)
    log.make(POLICE, PROSECUTION, "crime-report.filed")
    log.signs(PROSECUTION, POLICE, 4, at=FIRST + 4 * DAY)
    theirs = case_state.document(as_known(log.case, knew(log, PROSECUTION, 9)), CASE)
    assert [one["service"] for one in theirs["open"]] == ["prosecution"], "of the concern it knew nothing"
    assert theirs["responsible"] == "police"
    health = case_state.document(as_known(log.case, knew(log, HEALTH, 9)), CASE)
    assert [one["stage"] for one in health["open"]] == ["made"], "the acceptance went to nobody in this log"


def test_what_could_not_be_opened_is_held_and_not_known() -> None:
    log = Log()
    log.make(POLICE, SOCIAL)
    log.signs(SOCIAL, POLICE, 1, at=FIRST + HOUR, opened=False)
    found = knew(log, SOCIAL, 1)
    (held,) = found.known
    assert held.opened is False
    assert as_known(log.case, found).records == []
