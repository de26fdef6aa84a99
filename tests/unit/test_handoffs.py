"""One handoff by all clocks: its legs, who held it for how long, and whose clock says what."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from bus.log import Logged
from contracts.agencies import Agency
from contracts.durations import KOSOVO
from contracts.standing import Course, Stage, Standing
from projections import standings
from projections.account import account
from projections.claims import Claims
from projections.handoffs import Handoffs
from projections.legs import us_of
from projections.letters import Letters
from projections.readmodel import ReadModel, State
from tests.builders import new_case
from tests.case_logs import CASE, FIRST, Log

POLICE, PROSECUTION, SOCIAL, HEALTH, OVERSIGHT, _ = Agency
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def rows(model: ReadModel, entries: list[Logged]) -> dict[str, State]:
    found: dict[str, State] = {}
    for logged in entries:
        for key in model.keys(logged):
            found[key] = model.fold(key, found.get(key), logged)
    return found


def told(log: Log, handoff: UUID, as_of: datetime | None = None) -> dict[str, Any]:
    """The handoff in full, as of the log's last entry."""
    moment = as_of or log.entries[-1].stamp.logged_at
    letters = (row for row in rows(Letters(), log.entries).values() if row["record_id"] == str(handoff))
    return account(str(handoff), rows(Handoffs(), log.entries)[str(handoff)], next(letters, None), us_of(moment))


def leg(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    legs: list[Mapping[str, Any]] = [one for one in found["legs"] if one["leg"] == name]
    (only,) = legs
    return only


def hours_held(found: Mapping[str, Any]) -> dict[str, float]:
    return {agency: held["wall_s"] / 3600 for agency, held in found["holders"].items()}


def decided(made: datetime, accepted: datetime) -> dict[str, Any]:
    log = Log()
    handoff = log.make(POLICE, SOCIAL, logged=made)
    log.on(SOCIAL, "referral.accepted", handoff, {"logged": accepted})
    return dict(leg(told(log, handoff), "decided"))


def local(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=KOSOVO)  # type: ignore[misc, arg-type]


# lengths by three clocks


def test_17_january_to_4_april_2019_is_77_days() -> None:
    found = decided(local(2019, 1, 17, 12), local(2019, 4, 4, 12))
    assert found["calendar_days"] == 77
    assert found["wall_s"] == 77 * 86400 - 3600, "in the night of 31 March the clocks went forward"


def test_a_delay_of_four_days_is_four_days_by_each_clock_and_not_up_to_three() -> None:
    found = decided(local(2019, 3, 11, 9), local(2019, 3, 15, 9))
    assert (found["calendar_days"], found["working_days"], found["wall_s"]) == (4, 4, 4 * 86400)


def test_over_easter_and_independence_day_nobody_works() -> None:
    easter = decided(local(2019, 4, 18, 12), local(2019, 4, 24, 12))
    assert (easter["working_s"] / 3600, easter["working_days"], easter["wall_s"] / 3600) == (24, 3, 144)
    independence = decided(local(2020, 2, 14, 15), local(2020, 2, 18, 9))
    assert (independence["working_s"] / 3600, independence["working_days"], independence["calendar_days"]) == (2, 1, 4)


def test_a_change_of_clocks_makes_the_wall_clock_neither_faster_nor_slower() -> None:
    assert decided(local(2019, 3, 30, 12), local(2019, 3, 31, 12))["wall_s"] == 23 * 3600
    assert decided(local(2019, 10, 26, 12), local(2019, 10, 27, 12))["wall_s"] == 25 * 3600


def test_where_nobody_knows_a_years_holidays_working_time_is_not_known_and_the_rest_is() -> None:
    found = decided(local(2001, 1, 8, 12), local(2001, 1, 9, 12))
    assert (found["working_s"], found["working_days"], found["calendar_days"]) == (None, None, 1)


# the legs


def test_each_leg_has_its_length_and_what_is_under_way_has_none_yet() -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL)
    log.on(SOCIAL, "referral.acknowledged", handoff)
    log.on(SOCIAL, "referral.accepted", handoff)
    log.on(SOCIAL, "referral.started", handoff)
    found = told(log, handoff, FIRST + 10 * DAY)
    lasted = {one["leg"]: (one["state"], one["wall_s"] / 86400) for one in found["legs"]}
    assert lasted == {
        "received": ("under-way", 10),
        "acknowledged": ("ended", 1),
        "decided": ("ended", 2),
        "started": ("ended", 1),
        "completed": ("under-way", 8),
    }
    assert leg(found, "completed")["until"] is None


def test_whoever_decides_without_a_word_before_has_acknowledged_by_it() -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL)
    log.on(SOCIAL, "referral.declined", handoff)
    found = told(log, handoff)
    assert [(one["leg"], one["state"]) for one in found["legs"]] == [
        ("received", "under-way"),
        ("acknowledged", "ended"),
        ("decided", "ended"),
    ], "what is declined is neither started nor completed"


def test_what_a_handoff_ends_without_is_cut_off_there() -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL)
    log.on(POLICE, "referral.superseded", handoff)
    found = told(log, handoff, FIRST + 10 * DAY)
    assert (leg(found, "decided")["state"], leg(found, "decided")["wall_s"]) == ("cut-off", 86400)
    assert not found["open"]


def test_a_closed_file_is_held_by_nobody_until_an_act_opens_it_again() -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL)
    log.on(POLICE, "referral.closed", handoff)
    closed = told(log, handoff, FIRST + 10 * DAY)
    assert (closed["open"], leg(closed, "decided")["state"], hours_held(closed)) == (False, "cut-off", {"social": 24})
    log.on(SOCIAL, "referral.accepted", handoff)
    found = told(log, handoff, FIRST + 4 * DAY)
    assert (found["open"], leg(found, "decided")["state"]) == (True, "ended")
    assert hours_held(found) == {"social": 72, "nobody": 24}
    assert found["whole"]["wall_s"] == 96 * 3600


def test_a_question_is_a_leg_of_its_own_and_puts_the_handoff_into_the_other_hands() -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL)
    asked = log.on(SOCIAL, "information.asked", handoff)
    log.on(SOCIAL, "information.asked", handoff)
    log.on(POLICE, "information.given", handoff, asked_id=str(asked))
    log.on(SOCIAL, "referral.declined", handoff)
    found = told(log, handoff)
    questions = [(one["state"], one["wall_s"] / 86400) for one in found["legs"] if one["leg"] == "information"]
    assert questions == [("ended", 2), ("cut-off", 2)]
    assert [act["act"] for act in found["acts"]] == ["made", "asked", "asked", "given", "decided"]
    assert hours_held(found) == {"social": 24, "police": 72}


def test_what_is_void_ends_no_leg_and_is_counted() -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL)
    log.on(POLICE, "referral.accepted", handoff)
    log.on(HEALTH, "referral.acknowledged", handoff)
    found = told(log, handoff)
    assert (found["void"], leg(found, "decided")["state"]) == (2, "under-way")


def in_another_case(entry: Logged, **more: Any) -> Logged:
    return replace(entry, record=entry.record.model_copy(update={"subject": new_case(), **more}))


def test_an_act_that_names_a_handoff_of_another_case_moves_nothing() -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL)
    log.on(SOCIAL, "referral.accepted", handoff)
    log.entries[-1] = in_another_case(log.entries[-1])
    found = told(log, handoff)
    assert (found["case_ref"], found["stage"], found["void"]) == (CASE, "made", 1)


def test_a_handoff_is_of_the_case_in_which_it_was_made_whoever_spoke_of_it_before_in_another() -> None:
    log = Log()
    log.on(SOCIAL, "referral.accepted", handoff := uuid4())
    log.entries[0] = in_another_case(log.entries[0])
    log.make(POLICE, SOCIAL)
    log.entries[1] = replace(log.entries[1], record=log.entries[1].record.model_copy(update={"id": handoff}))
    found = told(log, handoff)
    assert (found["case_ref"], found["stage"], found["void"]) == (CASE, "made", 1)


def test_an_act_on_what_was_never_made_is_a_row_without_legs() -> None:
    log = Log()
    handoff = UUID(int=7)
    log.on(SOCIAL, "referral.accepted", handoff)
    found = told(log, handoff)
    assert (found["legs"], found["holders"], found["from"], found["void"]) == ([], {}, None, 1)


# whose clock says so


def test_when_the_receiver_had_it_is_its_own_word_and_the_log_says_by_when_it_had_said_so() -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL, logged=FIRST)
    log.signs(SOCIAL, POLICE, 1, at=FIRST + 2 * HOUR, logged=FIRST + 3 * HOUR)
    found = leg(told(log, handoff), "received")
    assert (found["state"], found["wall_s"] / 3600, found["claimed_s"] / 3600) == ("ended", 3, 2)
    assert (found["clocks_agree"], found["between_s"]) == (True, None)


def test_a_letter_that_was_had_before_it_was_sent_shows_two_clocks_that_differ() -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL, logged=FIRST)
    log.signs(SOCIAL, POLICE, 1, at=FIRST - 2 * HOUR, logged=FIRST + HOUR)
    found = leg(told(log, handoff), "received")
    assert (found["clocks_agree"], found["between_s"]) == (False, [0, 3600])


def test_a_letter_to_somebody_who_is_only_notified_is_not_the_one_that_asked() -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL)
    (entry,) = log.entries
    for key in Letters().keys(entry):
        assert Letters().fold(key, None, entry)["asks"][0] == entry.record.data.content["service"]
        other = key.replace("social", "health")
        assert "asks" not in Letters().fold(other, None, entry)
    assert leg(told(log, handoff), "received")["state"] == "under-way"


def test_the_recording_lag_is_counted_from_the_receiving_or_else_from_the_knowing() -> None:
    text = f"{FIRST.isoformat()} {FIRST.isoformat()} = - {(FIRST + 5 * HOUR).isoformat()}"
    assert Claims.of(text).lag == (5 * HOUR, "known")
    received = (
        f"{FIRST.isoformat()} {FIRST.isoformat()} = {(FIRST + HOUR).isoformat()} {(FIRST + 5 * HOUR).isoformat()}"
    )
    assert Claims.of(received).lag == (4 * HOUR, "received")
    assert Claims.of(FIRST.isoformat()).lag is None


def test_an_act_that_was_typed_in_late_has_its_claimed_moment_beside_the_logs() -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL, logged=FIRST)
    when = {"logged": FIRST + 9 * HOUR, "recorded": FIRST + 8 * HOUR, "occurred": FIRST + 2 * HOUR}
    log.on(SOCIAL, "referral.accepted", handoff, {**when, "known": FIRST + 2 * HOUR})
    found = told(log, handoff)
    assert (leg(found, "decided")["wall_s"], leg(found, "decided")["claimed_s"]) == (9 * 3600, 2 * 3600)
    assert leg(found, "decided")["clocks_agree"]
    (act,) = (one for one in found["acts"] if one["act"] == "decided")
    assert (act["lag_s"], act["lag_since"], act["by"]) == (6 * 3600, "known", "social")


def test_where_a_claim_is_later_than_the_log_the_true_length_lies_between_all_clocks() -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL, logged=FIRST)
    log.on(SOCIAL, "referral.accepted", handoff, {"logged": FIRST + 2 * HOUR, "recorded": FIRST + 5 * HOUR})
    found = leg(told(log, handoff), "decided")
    assert (found["clocks_agree"], found["between_s"]) == (False, [2 * 3600, 5 * 3600])


def test_where_claims_come_in_another_order_than_in_the_log_it_may_have_taken_no_time_at_all() -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL, logged=FIRST, recorded=FIRST - HOUR)
    when = {"logged": FIRST + HOUR, "recorded": FIRST + HOUR, "occurred": FIRST - 2 * HOUR, "known": FIRST - 2 * HOUR}
    log.on(SOCIAL, "referral.accepted", handoff, when)
    found = leg(told(log, handoff), "decided")
    assert (found["clocks_agree"], found["between_s"]) == (False, [0, 2 * 3600])


# what a row keeps


def test_a_standing_is_kept_and_read_again_as_far_as_its_law_reads_it() -> None:
    offices = ((POLICE, "peja-child-unit"), (SOCIAL, "peja-csw"))
    full = Standing(
        Stage.STARTED,
        Course.CONCERN,
        POLICE,
        SOCIAL,
        (HEALTH,),
        offices,
        FIRST,
        True,
        True,
        True,
        ((UUID(int=5), POLICE),),
    )
    for standing in (Standing(), full):
        assert standings.load(json.loads(json.dumps(standings.dump(standing)))) == standing


@pytest.mark.parametrize("spelling", ["upper", "plain", "urn:uuid:{}"])
def test_every_spelling_of_an_id_names_the_same_row(spelling: str) -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL)
    text = str(handoff)
    spelled = {"upper": text.upper(), "plain": text.replace("-", "")}.get(spelling, spelling.format(text))
    log.say(SOCIAL, "referral.accepted", {"handoff_id": spelled})
    assert leg(told(log, handoff), "decided")["state"] == "ended"


def test_a_period_is_a_month_in_kosovo() -> None:
    log = Log()
    handoff = log.make(POLICE, SOCIAL, logged=datetime(2021, 2, 28, 23, 30, tzinfo=UTC))
    assert told(log, handoff)["period"] == "2021-03"
