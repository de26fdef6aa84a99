"""What the keeper has to say of a case's duties, and what follows from the log of what it said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.agencies import Agency
from contracts.catalogue import entry_of
from contracts.dated import Dated
from contracts.duties import fold, kept_open, notices
from contracts.duties.agreement import disagreements
from contracts.duties.duty import Duty
from contracts.duties.notices import MOST, UNBEGUN, Notice
from contracts.shapes import Clocks
from contracts.tiers import LOGGED, cut
from tests.builders import HEALTH, OVERSIGHT, POLICE, PROSECUTION, SOCIAL
from tests.dated_cases import XK, Case

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
HOUR, DAY, LEAST = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
KEEPER = Agency.KEEPER


def wanted(case: Case, at: datetime, since: int = 0) -> tuple[Notice, ...]:
    known = [one for one in case.said if one.at <= at]
    position = len(known)
    said = notices.wanted(fold(known, XK, at), known, position, since)
    return (*said, *notices.kept_open(kept_open(known, XK, at), position, since))


def look(case: Case, at: datetime, since: int = 0, *, around: Agency | None = None) -> list[Notice]:
    """What the keeper says at a moment, which is in the log at once; or once a bypass around somebody has come first.

    Then it has no letter for whom that keeps out.
    """
    found = wanted(case, at, since)
    if around:
        case.bypass(HEALTH, around, PROSECUTION, at)
    for notice in found:
        entry = entry_of(notice.type)
        content = entry.content.model_validate(dict(notice.codes)).model_dump(mode="json")
        clocks = Clocks(occurred=at, known=at, recorded=at)
        case.add(
            KEEPER,
            notice.type,
            cut(entry.content, content, LOGGED),
            at,
            clocks,
            [agency for agency in notice.tell if agency is not around],
        )
    return list(found)


def of(found: list[Notice], rule: str, type_name: str | None = None) -> list[Notice]:
    return [one for one in found if one.codes.get("rule") == rule and type_name in (None, one.type)]


def the(found: list[Notice], rule: str, type_name: str) -> Notice:
    (one,) = of(found, rule, type_name)
    return one


def types(found: list[Notice], rule: str) -> list[str]:
    return [one.type for one in of(found, rule)]


def test_what_crossed_two_bypasses_one_after_the_other_is_told_once_both_are_lifted() -> None:
    """A notice whose id had been used would never be recorded."""
    case, at, ids = Case(), NOON + 30 * HOUR, list[UUID]()
    case.concern(NOON, by=HEALTH, to=POLICE)
    for _ in range(2):
        ids += [one.id for one in of(look(case, at, around=POLICE), "suspicion-to-prosecutor")]
        bypass = next(one.said.id for one in reversed(case.said) if one.said.type == "route.bypass-invoked")
        case.say(OVERSIGHT, "route.bypass-lifted", at + HOUR, bypass_id=str(bypass))
        at += 2 * HOUR
    told = of(look(case, at), "suspicion-to-prosecutor")
    assert POLICE in {agency for one in told for agency in one.tell}
    assert not {one.id for one in told} & set(ids)
    assert of(look(case, at + HOUR), "suspicion-to-prosecutor") == []
    assert list(disagreements(case.said, XK)) == []


def test_what_is_owed_is_said_once_to_its_owner_with_when_it_is_due() -> None:
    case = Case()
    case.concern(NOON, by=SOCIAL, to=POLICE)
    said = the(look(case, NOON + HOUR), "suspicion-to-prosecutor", "duty.opened")
    assert said.tell == (POLICE,)
    assert datetime.fromisoformat(said.codes["due_at"]) == NOON + DAY
    assert of(look(case, NOON + HOUR), "suspicion-to-prosecutor") == []


def test_the_agency_that_manages_the_case_is_told_too_once_there_is_one() -> None:
    case = Case()
    case.say(SOCIAL, "case-manager.assigned", NOON)
    case.concern(NOON + HOUR, by=SOCIAL, to=POLICE)
    assert the(look(case, NOON + 2 * HOUR), "suspicion-to-prosecutor", "duty.opened").tell == (POLICE, SOCIAL)


def test_what_the_asking_itself_says_is_not_said_once_more() -> None:
    case = Case()
    case.concern(NOON, by=SOCIAL, to=POLICE)
    assert types(look(case, NOON + LEAST), "handoff-acknowledged") == []
    assert types(look(case, NOON + HOUR + LEAST), "handoff-acknowledged") == ["duty.breached"]


def test_at_the_limit_nothing_is_breached_and_a_microsecond_later_it_is() -> None:
    case = Case()
    case.concern(NOON, by=SOCIAL, to=POLICE)
    look(case, NOON + HOUR)
    assert types(look(case, NOON + DAY), "suspicion-to-prosecutor") == ["duty.due-soon"]
    said = the(look(case, NOON + DAY + LEAST), "suspicion-to-prosecutor", "duty.breached")
    assert said.tell == (POLICE, OVERSIGHT)
    assert of(look(case, NOON + DAY + HOUR), "suspicion-to-prosecutor") == []


def test_a_breach_asks_for_its_reason_and_goes_up_step_by_step_until_there_is_one() -> None:
    case = Case()
    concern = case.concern(NOON, by=HEALTH, to=POLICE)
    case.say(SOCIAL, "case-manager.assigned", NOON)
    due = NOON + DAY
    asked = of(look(case, due + LEAST) + look(case, due + HOUR), "reason-recorded", "duty.opened")
    assert {one.tell for one in asked if one.codes["owner"] == "police"} == {(POLICE, SOCIAL)}
    first = the(look(case, due + DAY), "suspicion-to-prosecutor", "duty.escalated")
    assert (first.codes["after_hours"], first.tell) == (24, (SOCIAL,))
    about: dict[str, Any] = {"rule": "suspicion-to-prosecutor", "trigger_id": str(concern), "trigger_by": "health"}
    case.say(POLICE, "duty.excused", due + 2 * DAY, owner="police", reason="no-capacity", **about)
    assert types(look(case, due + 3 * DAY), "suspicion-to-prosecutor") == []


def test_unanswered_it_comes_to_oversight() -> None:
    case = Case()
    case.concern(NOON, by=HEALTH, to=POLICE)
    look(case, NOON + 2 * DAY)
    said = the(look(case, NOON + 4 * DAY), "suspicion-to-prosecutor", "duty.escalated")
    assert (said.codes["after_hours"], said.tell) == (72, (OVERSIGHT,))


def test_who_was_told_that_it_is_owed_is_told_that_it_was_done() -> None:
    case = Case()
    case.concern(NOON, by=HEALTH, to=POLICE)
    look(case, NOON + HOUR)
    done = case.say(POLICE, "crime-report.filed", NOON + 2 * HOUR)
    said = the(look(case, NOON + 3 * HOUR), "suspicion-to-prosecutor", "duty.met")
    assert (said.codes["met_by"], said.codes["on_time"], said.tell) == (str(done), True, (POLICE,))
    assert of(look(case, NOON + 9 * DAY), "suspicion-to-prosecutor") == []


def test_what_was_done_too_late_while_nobody_watched_is_a_breach_and_then_met_late() -> None:
    case = Case()
    case.concern(NOON, by=HEALTH, to=POLICE)
    case.say(POLICE, "crime-report.filed", NOON + 2 * DAY)
    assert types(look(case, NOON + 3 * DAY), "suspicion-to-prosecutor") == ["duty.breached"]
    met = the(look(case, NOON + 3 * DAY + HOUR), "suspicion-to-prosecutor", "duty.met")
    assert (met.codes["on_time"], set(met.tell)) == (False, {POLICE, OVERSIGHT})
    assert of(look(case, NOON + 9 * DAY), "suspicion-to-prosecutor") == []


def test_what_was_done_in_time_while_nobody_watched_needs_no_word() -> None:
    case = Case()
    case.concern(NOON, by=HEALTH, to=POLICE)
    case.say(POLICE, "crime-report.filed", NOON + HOUR)
    assert types(look(case, NOON + 3 * DAY), "suspicion-to-prosecutor") == []


def test_a_corrected_incident_moves_the_due_time_and_the_new_one_is_said() -> None:
    case = Case()
    concern = case.concern(NOON, by=SOCIAL, to=POLICE, occurred=NOON - DAY)
    first = the(look(case, NOON + HOUR), "sampling-before-puberty", "duty.opened")
    assert datetime.fromisoformat(first.codes["due_at"]) == NOON + 2 * DAY
    clocks = Clocks(occurred=NOON - 2 * DAY, known=NOON, recorded=NOON)
    case.corrected(concern, NOON + 2 * HOUR, clocks=clocks)
    again = the(look(case, NOON + 3 * HOUR), "sampling-before-puberty", "duty.opened")
    assert datetime.fromisoformat(again.codes["due_at"]) == NOON + DAY
    assert again.id != first.id


def test_however_often_its_cause_is_put_right_the_same_is_told_so_often_an_hour_at_most_and_then_as_it_is() -> None:
    case = Case()
    concern = case.concern(NOON, by=SOCIAL, to=POLICE, occurred=NOON - DAY)
    told = of(look(case, NOON), "sampling-before-puberty", "duty.opened")
    at = NOON
    for minutes in range(5, 120, 5):
        at = NOON + minutes * HOUR / 60
        clocks = Clocks(occurred=NOON - DAY - minutes * HOUR / 60, known=NOON, recorded=NOON)
        case.corrected(concern, at, clocks=clocks)
        told += of(look(case, at), "sampling-before-puberty", "duty.opened")
    assert len(told) == 2 * MOST
    assert notices.next_look(case.duties(at), case.said, at) == NOON + 2 * HOUR, "it is not forgotten"
    at = NOON + 2 * HOUR
    last = the(look(case, at), "sampling-before-puberty", "duty.opened")
    assert datetime.fromisoformat(last.codes["due_at"]) == case.duty("sampling-before-puberty", at).due_at
    case.say(SOCIAL, "case-manager.assigned", at)
    late = the(look(case, at + LEAST), "sampling-before-puberty", "duty.opened")
    assert late.tell == (SOCIAL,), "who has not heard it yet hears it at once"


def test_what_has_lost_its_cause_is_withdrawn_with_that_cause() -> None:
    case = Case()
    concern = case.concern(NOON, by=HEALTH, to=POLICE)
    look(case, NOON + HOUR)
    case.say(HEALTH, "referral.withdrawal-asked", NOON + 2 * HOUR, handoff_id=str(concern))
    last = case.say(POLICE, "referral.withdrawal-confirmed", NOON + 2 * HOUR, handoff_id=str(concern))
    said = the(look(case, NOON + 3 * HOUR), "suspicion-to-prosecutor", "duty.withdrawn")
    assert (said.codes["withdrawn_by"], said.cause) == (str(last), last)


def test_a_bypassed_owner_is_told_nothing_and_who_stands_in_for_it_is() -> None:
    case = Case()
    case.bypass(HEALTH, POLICE, PROSECUTION, NOON - HOUR)
    case.concern(NOON, by=HEALTH, to=SOCIAL)
    found = look(case, NOON + HOUR) + look(case, NOON + 9 * DAY)
    assert found
    assert [one for one in found if POLICE in one.tell] == []
    said = the(found, "examined-anyway", "duty.opened")
    assert (said.codes["owner"], said.tell) == ("prosecution", (PROSECUTION,))


def test_who_stands_in_after_a_bypass_hears_of_what_was_missed_before_it_and_nobody_hears_that_twice() -> None:
    case = Case()
    case.say(SOCIAL, "case-manager.assigned", NOON)
    case.concern(NOON, by=HEALTH, to=POLICE)
    before = look(case, NOON + 3 * DAY)
    assert types(before, "suspicion-to-prosecutor") == ["duty.opened", "duty.breached", "duty.escalated"]
    case.bypass(HEALTH, POLICE, PROSECUTION, NOON + 4 * DAY)
    found = {one.type: one.tell for one in of(look(case, NOON + 4 * DAY + HOUR), "suspicion-to-prosecutor")}
    assert found["duty.breached"] == (PROSECUTION,)
    asked = [one for one in case.all("reason-recorded", NOON + 5 * DAY) if "suspicion" in str(one_of(case, one))]
    assert [(one.owner, one.holder) for one in asked] == [(POLICE, PROSECUTION)], "its reason is asked for once"
    case.bypass(HEALTH, SOCIAL, PROSECUTION, NOON + 5 * DAY)
    found = {one.type: one.tell for one in of(look(case, NOON + 6 * DAY), "suspicion-to-prosecutor")}
    assert found == {"duty.escalated": (PROSECUTION,)}, "in place of the agency that manages the case"
    assert of(look(case, NOON + 7 * DAY), "suspicion-to-prosecutor") == []


def one_of(case: Case, duty: Duty) -> Dated:
    """What set it off."""
    return next(one for one in case.said if one.said.id == duty.trigger_id)


def test_while_its_clock_has_not_begun_an_hour_passes_before_it_is_said() -> None:
    case = Case()
    reported = case.say(SOCIAL, "concern.reported", NOON, to="police", notified=[])
    assert of(look(case, NOON + UNBEGUN - LEAST), "suspicion-to-prosecutor") == []
    said = the(look(case, NOON + UNBEGUN), "suspicion-to-prosecutor", "duty.opened")
    assert datetime.fromisoformat(said.codes["due_at"]) == NOON + 4 * HOUR + DAY, "as if it came at the latest"
    case.receives(POLICE, reported, NOON + 2 * HOUR)
    said = the(look(case, NOON + 2 * HOUR), "suspicion-to-prosecutor", "duty.opened")
    assert datetime.fromisoformat(said.codes["due_at"]) == NOON + 2 * HOUR + DAY


def test_who_withholds_its_receipts_is_said_to_have_missed_it() -> None:
    case = Case()
    case.say(SOCIAL, "concern.reported", NOON, to="police", notified=[])
    at = NOON + 5 * HOUR + LEAST
    assert types(look(case, at), "handoff-acknowledged") == ["duty.breached"]


def test_what_had_ended_before_the_keeper_began_is_none_of_its_words() -> None:
    case = Case()
    case.concern(NOON, by=HEALTH, to=POLICE)
    case.say(POLICE, "crime-report.filed", NOON + 2 * DAY)
    assert types(look(case, NOON + 3 * DAY, since=len(case.said)), "suspicion-to-prosecutor") == []
    assert types(look(case, NOON + 3 * DAY, since=0), "suspicion-to-prosecutor") == ["duty.breached"]


def test_the_next_look_is_when_something_changes() -> None:
    case = Case()
    case.concern(NOON, by=HEALTH, to=POLICE)
    at = NOON + LEAST
    seen = list[datetime]()
    while at < NOON + 5 * DAY and (turn := notices.next_look(fold(case.said, XK, at), case.said, at)):
        before = fold(case.said, XK, turn - LEAST)
        assert not [one for one in notices.wanted(before, case.said, 1) if one not in wanted(case, at)]
        at = turn
        seen.append(turn)
    assert {NOON + HOUR + LEAST, NOON + 20 * HOUR, NOON + DAY + LEAST, NOON + 2 * DAY, NOON + 4 * DAY} <= set(seen)


# closings


def test_a_closing_while_something_is_owed_is_void_and_who_closed_it_is_told_why_and_others_that_it_is() -> None:
    case = Case()
    case.concern(NOON, by=HEALTH, to=POLICE)
    closing = closed(case, NOON + HOUR, HEALTH, POLICE)
    why, that = [one for one in look(case, NOON + 2 * HOUR) if one.type == "case.kept-open"]
    assert (why.codes["closing_id"], why.tell) == (str(closing), (SOCIAL,))
    assert why.codes["open"] == that.codes["open"] == len(why.codes["duties"])
    assert "examined-anyway" in [one["rule"] for one in why.codes["duties"]]
    assert (that.codes["closing_id"], that.codes["duties"], set(that.tell)) == (str(closing), [], {HEALTH, POLICE})
    assert [one for one in look(case, NOON + 3 * HOUR) if one.type == "case.kept-open"] == []


def test_a_closing_as_unfounded_withdraws_what_was_owed_and_stands_whatever_was_missed() -> None:
    case = Case()
    case.concern(NOON, by=HEALTH, to=POLICE)
    look(case, NOON + 2 * HOUR)
    assert case.all("reason-recorded", NOON + 2 * HOUR)
    closed(case, NOON + 3 * HOUR, HEALTH, reason="unfounded")
    assert [one for one in look(case, NOON + 4 * HOUR) if one.type == "case.kept-open"] == []
    assert [duty for duty in case.duties(NOON + 4 * HOUR) if duty.owed] == []


def test_a_void_closing_stays_void_once_that_is_said_and_withdraws_nothing() -> None:
    case = Case()
    case.concern(NOON, by=HEALTH, to=POLICE)
    closed(case, NOON + HOUR, HEALTH)
    assert len(kept_open(case.said, XK, NOON + 2 * HOUR)) == 1
    look(case, NOON + 2 * HOUR)
    assert kept_open(case.said, XK, NOON + 3 * HOUR) == (), "it is answered"
    assert case.duty("examined-anyway", NOON + 3 * HOUR).owed


def test_a_reason_that_was_given_before_the_breach_was_told_asks_for_no_other() -> None:
    case = Case()
    concern = case.concern(NOON, by=HEALTH, to=POLICE)
    about: dict[str, Any] = {"rule": "suspicion-to-prosecutor", "trigger_id": str(concern), "trigger_by": "health"}
    case.say(POLICE, "duty.excused", NOON + DAY + HOUR, owner="police", reason="no-capacity", **about)
    assert types(look(case, NOON + 2 * DAY), "suspicion-to-prosecutor") == []


def closed(case: Case, at: datetime, *to: Agency, reason: str = "goals-reached") -> Any:
    closing = case.say(SOCIAL, "case.closed", at, reason=reason)
    case.said[-1] = replace(case.said[-1], to=frozenset(to))
    return closing


def test_of_the_two_notices_of_a_void_closing_each_is_said_until_the_log_has_it() -> None:
    """The store that held the other one may have been thrown away."""
    case = Case()
    case.concern(NOON, by=HEALTH, to=POLICE)
    closed(case, NOON + HOUR, HEALTH, POLICE)
    both = [one for one in look(case, NOON + 2 * HOUR) if one.type == "case.kept-open"]
    assert [bool(one.codes["duties"]) for one in both] == [True, False], "which duties, and that there are some"
    lost = both[1]
    case.said[:] = [one for one in case.said if one.said.type != "case.kept-open" or one.said.codes["duties"]]
    again = [one for one in look(case, NOON + 3 * HOUR) if one.type == "case.kept-open"]
    assert [(one.id, one.tell) for one in again] == [(lost.id, lost.tell)]
    assert [one for one in look(case, NOON + 4 * HOUR) if one.type == "case.kept-open"] == []
    assert list(disagreements(case.said, XK)) == []


# what follows from the log


def full() -> Case:
    case = Case()
    case.say(SOCIAL, "case-manager.assigned", NOON)
    concern = case.concern(NOON, by=HEALTH, to=POLICE)
    for hours in (1, 23, 25, 30):
        look(case, NOON + hours * HOUR)
    case.say(POLICE, "crime-report.filed", NOON + 31 * HOUR)
    look(case, NOON + 32 * HOUR)
    about: dict[str, Any] = {"rule": "reason-recorded", "trigger_id": str(concern), "trigger_by": "health"}
    case.say(POLICE, "duty.excused", NOON + 33 * HOUR, owner="police", reason="no-capacity", **about)
    closed(case, NOON + 34 * HOUR, HEALTH)
    for days in (2, 4, 9, 400):
        look(case, NOON + days * DAY)
    return case


def test_all_that_the_keeper_says_follows_from_the_log() -> None:
    case = full()
    assert {one.said.type for one in case.said if one.by is KEEPER} >= {
        "duty.opened", "duty.due-soon", "duty.breached", "duty.escalated", "duty.met", "case.kept-open",
    }  # fmt: skip
    assert list(disagreements(case.said, XK)) == []


def test_what_was_altered_in_it_does_not() -> None:
    case = full()
    of_each_type = {
        one.said.type: n for n, one in enumerate(case.said) if one.by is KEEPER and "rule" in one.said.codes
    }
    assert len(of_each_type) > 4
    for type_name, place in of_each_type.items():
        for name, other in (("owner", "oversight"), ("version", "0"), ("trigger_id", str(uuid4()))):
            before = case.said[place]
            case.said[place] = altered(before, **{name: other})
            assert list(disagreements(case.said, XK, before.said.position - 1))[:1] == [case.said[place]], type_name
            case.said[place] = before


def test_a_breach_that_is_said_a_microsecond_too_early_does_not() -> None:
    case = Case()
    case.concern(NOON, by=HEALTH, to=POLICE)
    look(case, NOON + DAY + LEAST)
    place = next(n for n, one in enumerate(case.said) if one.said.type == "duty.breached" and "suspicion" in str(one))
    early = case.said[place]
    early = Dated(early.said, early.at, Clocks(occurred=NOON + DAY, known=NOON + DAY, recorded=early.at))
    case.said[place] = early
    assert early in list(disagreements(case.said, XK))


def test_what_is_said_to_whom_it_is_not_meant_for_does_not() -> None:
    case = full()
    places = {one.said.type: n for n, one in enumerate(case.said) if one.by is KEEPER}
    assert len(places) > 5
    for type_name, place in places.items():
        before = case.said[place]
        outsider = next(agency for agency in (PROSECUTION, HEALTH, POLICE) if agency not in before.to)
        case.said[place] = replace(before, to=before.to | {outsider})
        assert case.said[place] in list(disagreements(case.said, XK)), type_name
        case.said[place] = replace(before, to=frozenset(sorted(before.to)[1:]))
        assert case.said[place] not in list(disagreements(case.said, XK)), "whom the gateway kept out hears nothing"
        case.said[place] = before


def test_which_duties_are_open_is_told_to_who_closed_it_and_oversight_alone() -> None:
    case = full()
    place = next(n for n, one in enumerate(case.said) if one.said.type == "case.kept-open" and one.said.codes["duties"])
    case.said[place] = replace(case.said[place], to=frozenset({HEALTH}))
    assert case.said[place] in list(disagreements(case.said, XK))


def test_what_goes_by_an_old_place_in_the_log_and_a_later_moment_does_not() -> None:
    case = Case()
    case.concern(NOON, by=HEALTH, to=POLICE)
    look(case, NOON + HOUR)
    case.say(POLICE, "crime-report.filed", NOON + 2 * HOUR)
    look(case, NOON + DAY + LEAST)
    assert list(disagreements(case.said, XK)) == []
    opened = next(one for one in case.said if one.said.type == "duty.opened" and "suspicion" in str(one))
    as_if = NOON + DAY + LEAST
    late = Clocks(occurred=as_if, known=as_if, recorded=as_if)
    codes = {name: value for name, value in opened.said.codes.items() if name != "owner"} | {"owner": "police"}
    case.add(KEEPER, "duty.breached", codes | {"position": 1}, NOON + 2 * DAY, late, [POLICE, OVERSIGHT])
    assert list(disagreements(case.said, XK)) == [case.said[-1]], "as if nothing had been done since"


def test_what_is_said_a_second_time_does_not() -> None:
    case = Case()
    case.concern(NOON, by=HEALTH, to=POLICE)
    look(case, NOON + HOUR)
    one = next(one for one in case.said if one.by is KEEPER)
    again = {**one.said.codes, "position": len(case.said)}
    clocks = Clocks(occurred=NOON + 3 * HOUR, known=NOON + 3 * HOUR, recorded=NOON + 3 * HOUR)
    case.add(KEEPER, one.said.type, again, NOON + 3 * HOUR, clocks, one.to)
    assert list(disagreements(case.said, XK)) == [case.said[-1]]


def altered(one: Dated, **codes: Any) -> Dated:
    return replace(one, said=replace(one.said, codes={**one.said.codes, **codes}))
