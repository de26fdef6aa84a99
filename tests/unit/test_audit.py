"""The audit: every kind of loss is seen, and nothing else is called one."""

from dataclasses import replace
from uuid import uuid4

import pytest

from bus.audit import Audit, StoreFacts, audit
from bus.log import Logged
from contracts.agencies import Agency
from contracts.envelope import Record, Stamp
from tests.builders import HEALTH, POLICE, SOCIAL, now
from tests.unit.test_chains import Writer


def logged(writer: Writer) -> list[Logged]:
    return [_logged(position, *entry) for position, entry in enumerate(writer.log, start=1)]


def _logged(position: int, record: Record, digest: str) -> Logged:
    stamp = Stamp(position=position, logged_at=now(), account=Agency(record.sender), record_id=record.id, record=digest)
    return Logged(record, digest, stamp, record.subject)


class Books:
    """A log in which police wrote twice to social and once to health, and what the stores of police and social hold."""

    def __init__(self) -> None:
        writer = Writer()
        first, second = (writer.log_it(writer.event(POLICE, [SOCIAL])) for _ in range(2))
        third = writer.log_it(writer.event(POLICE, [HEALTH]))
        answer = writer.log_it(writer.event(SOCIAL, [POLICE]))
        writer.log_it(writer.receipt(SOCIAL, POLICE))
        writer.log_it(writer.receipt(POLICE, SOCIAL))
        self.log = logged(writer)
        acts = frozenset(str(record.id) for record in (first, second, third))
        self.stores = {
            POLICE: StoreFacts(acts, frozenset(), frozenset({("social", 1)}), 0),
            SOCIAL: StoreFacts(frozenset({str(answer.id)}), frozenset(), frozenset({("police", 1), ("police", 2)}), 0),
        }

    def audit(self) -> Audit:
        return audit(self.stores, self.log)


@pytest.fixture
def books() -> Books:
    return Books()


def test_where_all_is_in_its_place_nothing_is_lost(books: Books) -> None:
    assert books.audit() == Audit(position=6, chains_verified=True, lost=[], broken=None)


def test_an_empty_log_and_empty_stores_are_whole() -> None:
    assert audit({POLICE: StoreFacts(frozenset(), frozenset(), frozenset(), 0)}, []) == Audit(chains_verified=True)


def test_an_act_that_is_in_its_store_and_not_in_the_log_is_lost(books: Books) -> None:
    act = str(uuid4())
    books.stores[POLICE] = replace(books.stores[POLICE], acts=books.stores[POLICE].acts | {act})
    assert books.audit().lost == [f"police: act {act} is in its store and not in the log"]


def test_an_act_that_another_agency_logged_under_its_id_is_lost_all_the_same(books: Books) -> None:
    others = next(iter(books.stores[POLICE].acts))
    books.stores[SOCIAL] = replace(books.stores[SOCIAL], acts=books.stores[SOCIAL].acts | {others})
    assert books.audit().lost == [f"social: act {others} is in its store and not in the log"]


def test_an_act_that_the_gateway_refused_for_good_is_not_lost(books: Books) -> None:
    act = str(uuid4())
    facts = books.stores[POLICE]
    books.stores[POLICE] = replace(facts, acts=facts.acts | {act}, refused=frozenset({act}))
    assert books.audit().lost == []


def test_a_letter_that_is_in_the_log_and_not_in_its_recipients_store_is_lost(books: Books) -> None:
    books.stores[SOCIAL] = replace(books.stores[SOCIAL], letters=frozenset({("police", 2)}))
    assert books.audit().lost == ["social: letter 1 of police is in the log and not in its store"]


def test_a_letter_that_nobody_has_signed_for_is_seen(books: Books) -> None:
    del books.log[-1]
    assert books.audit().lost == ["police: letter 1 of social has no receipt in the log"]


def test_letters_to_an_agency_without_a_store_here_are_waiting_and_not_lost(books: Books) -> None:
    assert not [line for line in books.audit().lost if "health" in line]
    books.stores[HEALTH] = StoreFacts(frozenset(), frozenset(), frozenset(), 0)
    assert books.audit().lost == ["health: letter 1 of police is in the log and not in its store"]


@pytest.mark.parametrize("place", range(5))
def test_a_record_that_is_missing_from_the_log_breaks_it_there(books: Books, place: int) -> None:
    """A record whose successor still names it; the last of all is caught by its agency's store."""
    gone = books.log.pop(place)
    found = books.audit()
    assert not found.chains_verified or found.lost
    if any(entry.record.sender == gone.record.sender for entry in books.log[place:]):
        assert found.broken
        assert found.broken.startswith(("chain.gap", "receipt.out-of-place"))


def test_an_altered_record_breaks_the_log_and_the_position_is_named(books: Books) -> None:
    books.log[0] = replace(books.log[0], digest="B" * 43)
    found = books.audit()
    assert (found.chains_verified, found.broken, found.position) == (False, "chain.broken after position 1", 1)


def test_two_records_that_changed_places_break_the_log(books: Books) -> None:
    books.log[0], books.log[1] = books.log[1], books.log[0]
    assert books.audit().broken == "chain.gap after position 0"


def test_what_lies_behind_a_break_counts_as_lost_and_not_as_verified(books: Books) -> None:
    books.log[1] = replace(books.log[1], digest="B" * 43)
    found = books.audit()
    assert not found.chains_verified
    assert any("is in its store and not in the log" in line for line in found.lost)
