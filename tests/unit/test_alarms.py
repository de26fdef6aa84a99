"""Alarms in the keeper's store, in either database: each once, tried a bounded number of times, and never lost."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import IntegrityError

from bus.store import Statement, Store
from contracts.agencies import Agency
from contracts.errors import Refused
from services.keeper.alarms import PAUSES, TRIES, Alarm, Alarms, Kind, State, alarm_id, wanted
from tests.builders import POLICE, SOCIAL

NOTICE, DUTY = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)
DESK, HOOK = "mail/duty-desk", "webhook/records"
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def alarms(store: Store) -> Alarms:
    return Alarms(store)


def want(store: Store, *ways: str, notice: UUID = NOTICE, agency: Agency = POLICE, now: datetime = NOW) -> None:
    store.write(*wanted(notice, DUTY, Kind.OVERDUE, {agency: ways}, now))


def the_one(alarms: Alarms, now: datetime = NOW) -> Alarm:
    (alarm,) = alarms.due(now)
    return alarm


def fail(alarms: Alarms, alarm: Alarm, now: datetime) -> Alarm:
    """One try that fails; the alarm as it is then."""
    begun = alarms.begun(alarm, now)
    alarms.failed(begun, "alarm.unreachable")
    return begun


# what is wanted


def test_an_alarm_is_made_for_each_way_to_each_agency_and_due_at_once(store: Store, alarms: Alarms) -> None:
    store.write(*wanted(NOTICE, DUTY, Kind.UNANSWERED, {POLICE: (DESK, HOOK), SOCIAL: (DESK,)}, NOW))
    due = alarms.due(NOW)
    assert {(alarm.agency, alarm.way) for alarm in due} == {(POLICE, DESK), (POLICE, HOOK), (SOCIAL, DESK)}
    assert {(one.duty_id, one.kind, one.created_at, one.tries, one.state, one.error) for one in due} == {
        (DUTY, Kind.UNANSWERED, NOW, 0, State.WAITING, None)
    }


def test_an_alarm_that_is_wanted_twice_is_made_once_and_keeps_what_became_of_it(store: Store, alarms: Alarms) -> None:
    want(store, DESK)
    alarms.sent(the_one(alarms))
    want(store, DESK, now=NOW + timedelta(days=1))
    assert alarms.due(NOW + timedelta(days=2)) == []


def test_another_notice_of_the_same_duty_is_another_alarm(store: Store, alarms: Alarms) -> None:
    want(store, DESK)
    want(store, DESK, notice=uuid4())
    assert len(alarms.waiting()) == 2


def test_an_alarms_id_is_the_same_for_everybody_who_reckons_it() -> None:
    assert alarm_id(NOTICE, POLICE, DESK) == UUID("46ad0890-1f35-5cca-8f32-9c570e9583dd")
    assert len({alarm_id(NOTICE, POLICE, DESK), alarm_id(NOTICE, SOCIAL, DESK), alarm_id(NOTICE, POLICE, HOOK)}) == 3


def test_an_alarm_is_saved_with_its_notice_or_not_at_all(store: Store, alarms: Alarms) -> None:
    notice = Statement("INSERT INTO case_parts (id, case_ref) VALUES (?,?)", (str(NOTICE), "a case"))
    alarm = wanted(NOTICE, DUTY, Kind.OVERDUE, {POLICE: (DESK,)}, NOW)
    store.write(notice)
    with pytest.raises(IntegrityError):
        store.write(*alarm, notice)
    assert alarms.waiting() == []


def test_where_nobody_is_named_the_alarm_is_made_all_the_same(store: Store, alarms: Alarms) -> None:
    want(store)
    assert the_one(alarms).way == "nobody"


# when it is tried


def test_on_each_way_the_oldest_is_due_alone(store: Store, alarms: Alarms) -> None:
    first, second = uuid4(), uuid4()
    want(store, DESK, notice=second, now=NOW + INSTANT)
    want(store, DESK, HOOK, notice=first, now=NOW)
    due = alarms.due(NOW + INSTANT)
    assert {alarm.id for alarm in due} == {alarm_id(first, POLICE, DESK), alarm_id(first, POLICE, HOOK)}
    alarms.sent(next(alarm for alarm in due if alarm.way == DESK))
    assert alarm_id(second, POLICE, DESK) in {alarm.id for alarm in alarms.due(NOW + INSTANT)}


def test_what_is_due_does_not_depend_on_how_a_moment_is_written(store: Store, alarms: Alarms) -> None:
    elsewhere = NOW.astimezone(datetime.strptime("+0200", "%z").tzinfo)
    want(store, DESK, now=elsewhere)
    assert alarms.due(NOW - INSTANT) == []
    assert the_one(alarms, NOW).created_at == NOW


def test_a_try_that_has_begun_is_followed_by_another_if_nothing_is_heard_of_it(store: Store, alarms: Alarms) -> None:
    """As when the process is killed before it could note that the alarm was sent."""
    want(store, DESK)
    alarms.begun(the_one(alarms), NOW)
    assert alarms.due(NOW + PAUSES[0] - INSTANT) == []
    assert (the_one(alarms, NOW + PAUSES[0]).tries, the_one(alarms, NOW + PAUSES[0]).error) == (1, None)


def test_pauses_grow_and_the_last_try_comes_within_a_day(store: Store, alarms: Alarms) -> None:
    want(store, DESK)
    now, tried = NOW, list[timedelta]()
    while due := alarms.due(now):
        tried.append(now - NOW)
        now = fail(alarms, due[0], now).next_at
    assert len(tried) == TRIES
    gaps = [later - sooner for sooner, later in pairwise(tried)]
    assert gaps == sorted(gaps) == list(PAUSES)
    assert timedelta(hours=20) < tried[-1] < timedelta(hours=24)


def test_after_the_last_try_an_alarm_is_parked_with_its_code(store: Store, alarms: Alarms) -> None:
    want(store, DESK)
    now = NOW
    for nth in range(1, TRIES + 1):
        begun = alarms.begun(the_one(alarms, now), now)
        state = alarms.failed(begun, "alarm.refused")
        assert state is (State.PARKED if nth == TRIES else State.WAITING)
        now = begun.next_at
    assert alarms.due(now + timedelta(days=9)) == alarms.waiting() == []
    (parked,) = alarms.parked()
    assert (parked.state, parked.error, parked.tries) == (State.PARKED, "alarm.refused", TRIES)


def test_a_process_that_dies_at_every_try_does_not_try_without_end_at_once(store: Store, alarms: Alarms) -> None:
    want(store, DESK)
    now = NOW
    for _ in range(TRIES + 3):
        now = alarms.begun(the_one(alarms, now), now).next_at
    assert now - NOW > timedelta(hours=22)
    assert alarms.failed(the_one(alarms, now), "internal") is State.PARKED


def test_what_was_sent_after_a_failure_has_no_failure_any_more(store: Store, alarms: Alarms) -> None:
    want(store, DESK)
    alarms.sent(fail(alarms, the_one(alarms), NOW))
    assert store.read("SELECT state, error FROM alarms") == [{"state": "sent", "error": None}]


# retried by a person


def test_a_parked_alarm_is_begun_anew_when_somebody_asks_for_it(store: Store, alarms: Alarms) -> None:
    want(store, DESK)
    now = NOW
    while due := alarms.due(now):
        now = fail(alarms, due[0], now).next_at
    alarms.retry(alarm_id(NOTICE, POLICE, DESK), now)
    assert (the_one(alarms, now).tries, alarms.parked()) == (0, [])


def test_what_is_not_parked_is_not_retried(store: Store, alarms: Alarms) -> None:
    want(store, DESK)
    for asked in (alarm_id(NOTICE, POLICE, DESK), uuid4()):
        with pytest.raises(Refused, match=r"alarm\.not-found"):
            alarms.retry(asked, NOW)
