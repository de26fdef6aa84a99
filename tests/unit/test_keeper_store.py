"""What the keeper's own store holds: what it gave, when it looks at which case again, and what is owed there."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from bus.submission import Outgoing
from contracts.agencies import Agency
from contracts.casefile import Said
from contracts.dated import Dated
from contracts.duties.notices import Notice, next_look
from contracts.errors import Refused
from contracts.shapes import Clocks
from services.keeper.agenda import LOOKED_AT_ONCE, Agenda, Progress
from services.keeper.application import Judged, Keeper
from tests.builders import KEEPER, POLICE, SOCIAL, ByHand, new_case
from tests.dated_cases import Case

pytestmark = pytest.mark.usefixtures("database")

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR, INSTANT = timedelta(hours=1), timedelta(microseconds=1)
CODES: dict[str, Any] = {
    "rule": "handoff-decided", "trigger_id": str(uuid4()), "trigger_by": "police", "owner": "social", "position": 3,
    "version": "1", "due_at": NOON.isoformat(),
}  # fmt: skip


@pytest.fixture
def keeper(by_hand: ByHand) -> Iterator[Keeper]:
    app = by_hand.application(KEEPER)
    assert isinstance(app, Keeper)
    yield app
    app.close()


@pytest.fixture
def agenda(keeper: Keeper) -> Agenda:
    return Agenda(keeper.store)


def notice(*tell: Agency, **codes: object) -> Notice:
    return Notice(uuid4(), "duty.breached", CODES | codes, tell or (SOCIAL,), UUID(CODES["trigger_id"]))


def in_the_log(one: Notice, case_ref: str) -> Dated:
    return Dated(Said(one.id, KEEPER, one.type, one.codes, 4), NOON, Clocks(occurred=NOON, known=NOON, recorded=NOON))


def test_what_was_given_once_is_not_given_again(keeper: Keeper) -> None:
    case, one, other = new_case(), notice(), notice(POLICE)
    assert keeper.give([Judged(case, [one], ())], NOON, NOON) == 1
    assert keeper.give([Judged(case, [one, other], ())], NOON, NOON + HOUR) == 1
    assert keeper.give([Judged(case, [one, other], ())], NOON, NOON + HOUR) == 0
    acts = list[tuple[int, Outgoing]]()
    while act := keeper.next_act(acts[-1][0] if acts else 0):
        acts.append(act)
    assert [(found.record_id, found.receivers) for _, found in acts] == [(one.id, (SOCIAL,)), (other.id, (POLICE,))]
    assert acts[0][1].about
    assert acts[0][1].about.clocks.occurred == NOON


def test_notices_and_what_goes_with_them_are_saved_together_or_not_at_all(keeper: Keeper, agenda: Agenda) -> None:
    case = new_case()
    wrong = notice(owner="nobody")
    with pytest.raises(Refused):
        keeper.give([Judged(case, [notice(), wrong], [agenda.again(case, NOON)])], NOON, NOON)
    assert keeper.next_act(0) is None
    assert agenda.due(NOON + HOUR) == []


def test_it_waits_for_its_own_words_until_the_log_has_them_and_no_longer_for_what_the_gateway_refused(
    keeper: Keeper,
) -> None:
    case, one, other = new_case(), notice(), notice()
    assert not keeper.waits(case, [])
    keeper.give([Judged(case, [one, other], ())], NOON, NOON)
    assert keeper.waits(case, [])
    assert keeper.waits(case, [in_the_log(one, case)])
    assert not keeper.waits(new_case(), [])
    keeper.on_refused(other.id, "receiver.not-allowed", [])
    assert not keeper.waits(case, [in_the_log(one, case)])


def test_a_case_is_due_exactly_when_something_changes_in_it_by_time_alone(keeper: Keeper, agenda: Agenda) -> None:
    case, ref = Case(), new_case()
    case.concern(NOON)
    for at in (NOON, NOON + 20 * HOUR):
        turn = min(turns for duty in case.duties(at) if (turns := duty.turns_at))
        keeper.store.write(*agenda.noted(ref, case.duties(at), next_look(case.duties(at), case.said, at)))
        assert agenda.due(turn - INSTANT) == []
        assert agenda.due(turn) == [ref]
    owed = [str(duty.id) for duty in case.duties(NOON + 20 * HOUR) if duty.owed]
    assert sorted(row["duty_id"] for row in keeper.store.read("SELECT duty_id FROM keeper_owed")) == sorted(owed)
    keeper.store.write(*agenda.noted(ref, (), None))
    assert agenda.due(NOON + 10_000 * HOUR) == []
    assert keeper.store.read("SELECT duty_id FROM keeper_owed") == []


def test_what_changes_first_goes_first_and_so_many_at_once_at_most(keeper: Keeper, agenda: Agenda) -> None:
    refs = [new_case() for _ in range(LOOKED_AT_ONCE + 1)]
    keeper.store.write(*(agenda.again(ref, NOON - n * HOUR) for n, ref in enumerate(refs)))
    assert agenda.due(NOON + HOUR) == refs[:0:-1]


def test_how_far_it_has_looked_is_kept(agenda: Agenda) -> None:
    assert agenda.progress() is None
    for found in (Progress("one", 7, 5), Progress("other", 9, 5)):
        agenda.reached(found)
        assert agenda.progress() == found
