"""Who holds what of a case: computed from the log's records alone, in whatever way the case has gone so far."""

from datetime import datetime
from uuid import uuid4

from contracts.agencies import Agency
from contracts.envelope import RecordData
from contracts.events.post import LetterReceived, Receipt
from projections.case_log import case_log
from projections.holdings import Holding, document, holdings, kept_out
from tests.builders import CHILD, HEALTH, OVERSIGHT, POLICE, PROSECUTION, SOCIAL
from tests.case_logs import CASE, DAY, FIRST, Log


def moves(held: Holding) -> tuple[str, Agency | None, datetime, Agency | None]:
    return held.standing.stage.value, held.standing.whose_move, held.since, held.standing.responsible


def test_what_is_open_stays_with_whom_it_waits_for_since_it_came_there() -> None:
    """Seen is not taken on: an acknowledgment does not make the waiting any shorter."""
    log = Log()
    asked = log.make(POLICE, SOCIAL)
    log.on(SOCIAL, "referral.acknowledged", asked)
    (held,) = holdings(log.case)
    assert moves(held) == ("acknowledged", SOCIAL, FIRST, POLICE)
    log.on(SOCIAL, "information.asked", asked, priority="red")
    (held,) = holdings(log.case)
    assert moves(held) == ("acknowledged", POLICE, FIRST + 2 * DAY, POLICE), "a question turns it round"


def test_something_is_asked_for_when_it_is_said_and_not_when_the_incident_was() -> None:
    log = Log()
    log.make(POLICE, SOCIAL, occurred=FIRST - 9 * DAY)
    (held,) = holdings(log.case)
    assert held.since == FIRST


def test_what_has_been_done_or_was_let_go_is_held_no_more() -> None:
    log = Log()
    done, withdrawn = log.make(POLICE, SOCIAL), log.make(POLICE, SOCIAL)
    log.on(SOCIAL, "referral.accepted", done)
    log.on(SOCIAL, "referral.completed", done, outcome="done")
    log.on(POLICE, "referral.withdrawal-asked", withdrawn, reason="need-met")
    assert [held.id for held in holdings(log.case)] == [withdrawn], "asking for a withdrawal ends nothing"
    log.on(SOCIAL, "referral.withdrawal-confirmed", withdrawn)
    assert holdings(log.case) == []


def test_what_was_declined_is_nobodys_until_whoever_asked_closes_its_file() -> None:
    log = Log()
    asked = log.make(SOCIAL, HEALTH)
    log.on(HEALTH, "referral.declined", asked, reason="not-our-service", next_step="refer-elsewhere")
    (held,) = holdings(log.case)
    assert moves(held) == ("declined", None, FIRST + DAY, SOCIAL)
    log.on(SOCIAL, "referral.closed", asked, reason="goes-on-elsewhere")
    assert holdings(log.case) == []


def test_a_concern_lies_with_its_reporter_from_when_it_knew_until_somebody_accepts() -> None:
    log = Log()
    made = log.make(HEALTH, POLICE, "concern.reported", known=FIRST - 5 * DAY)
    log.on(POLICE, "concern.received", made)
    (held,) = holdings(log.case)
    assert [(spell.agency, spell.since, spell.until) for spell in held.answered] == [(HEALTH, FIRST - 5 * DAY, None)]
    log.on(POLICE, "responsibility.accepted", made)
    (held,) = holdings(log.case)
    assert [(spell.agency, spell.since, spell.until) for spell in held.answered] == [
        (HEALTH, FIRST - 5 * DAY, FIRST + 2 * DAY),
        (POLICE, FIRST + 2 * DAY, None),
    ]


def test_a_void_act_changes_nobodys_hold() -> None:
    log = Log()
    log.on(HEALTH, "referral.accepted", uuid4())
    assert holdings(log.case) == [], "an act on what was never made"
    asked = log.make(POLICE, SOCIAL)
    log.on(HEALTH, "referral.accepted", asked)
    (held,) = holdings(log.case)
    assert moves(held) == ("made", SOCIAL, FIRST + DAY, POLICE)


def test_a_bypass_shows_what_waits_for_whom_it_keeps_out_until_it_is_lifted() -> None:
    log = Log()
    log.make(SOCIAL, POLICE)
    around = {"concerns": CHILD, "conflicted": "police", "alternate": "prosecution", "reason": "person-suspected"}
    invoked = log.say(HEALTH, "route.bypass-invoked", around, [OVERSIGHT, PROSECUTION])
    log.make(HEALTH, PROSECUTION)
    refused = {"refused_id": str(uuid4()), "refused_type": "referral.made", "code": "route.bypassed"}
    log.add(SOCIAL, "submission.refused", CASE, RecordData(content=refused))
    assert [held.kept_out for held in holdings(log.case)] == [True, False]
    (kept,) = kept_out(case_log(log.entries))
    assert (kept.conflicted, kept.invoked_by, kept.alternate, kept.position) == (POLICE, HEALTH, PROSECUTION, 2)
    assert (kept.letters_before, kept.letters_since, kept.acts_refused) == (1, 0, 1)
    log.say(OVERSIGHT, "route.bypass-lifted", {"bypass_id": str(invoked), "reason": "unfounded"}, [HEALTH])
    assert kept_out(case_log(log.entries)) == []
    assert not any(held.kept_out for held in holdings(log.case))


def test_a_letter_that_reached_the_bypassed_all_the_same_is_counted() -> None:
    log = Log()
    around = {"concerns": CHILD, "conflicted": "police", "alternate": "prosecution", "reason": "person-suspected"}
    log.say(HEALTH, "route.bypass-invoked", around, [OVERSIGHT, PROSECUTION])
    log.make(SOCIAL, POLICE)
    (kept,) = kept_out(case_log(log.entries))
    assert (kept.letters_before, kept.letters_since) == (0, 1)


def test_an_office_that_is_kept_out_does_not_keep_out_its_agency() -> None:
    log = Log()
    log.make(SOCIAL, POLICE)
    office = {"office": "a-station", "alternate_office": "another-station"}
    around = {"concerns": CHILD, "conflicted": "police", "alternate": "police", "reason": "person-suspected", **office}
    log.say(SOCIAL, "route.bypass-invoked", around, [OVERSIGHT, POLICE])
    (held,), (kept,) = holdings(log.case), kept_out(case_log(log.entries))
    assert (held.kept_out, kept.office) == (False, "a-station")


def test_a_letter_counts_as_received_once_its_recipient_has_signed() -> None:
    log = Log()
    log.make(POLICE, SOCIAL)
    assert document(case_log(log.entries), CASE)["letters"] == {"sent": 1, "received": 0}
    received = LetterReceived(number=1, received_at=FIRST, opened=True)
    receipt = Receipt(sender=POLICE, letters=(received,)).model_dump(mode="json")
    log.add(SOCIAL, "receipt", "link.police.social", RecordData(content=receipt))
    found = document(case_log(log.entries), CASE)
    assert found["letters"] == {"sent": 1, "received": 1}
    assert found["as_of"] == FIRST.isoformat(), "the agencies' last word; a receipt is the bus's own"
