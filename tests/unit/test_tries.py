"""What a webhook has had of the feed: in order, tried again at rising pauses, parked in the end, and sent again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from bus.feed import Feed
from bus.store import Statement, Store
from contracts.errors import Refused
from services.systems import Hook, Scope, System, Systems
from services.web.tries import PAUSES, TRIES, Item, Tries
from tests.builders import SOCIAL

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)


class Given:
    """A feed, and two systems that want it by webhook."""

    def __init__(self, store: Store, tmp: Hook) -> None:
        self.store, self.feed, self.systems = store, Feed(store, SOCIAL), Systems(store)
        self.tries = Tries(store, self.feed)
        for name, types in (("records", None), ("other", frozenset({"act.voided"}))):
            self.systems.add(System(name, Scope(None), Scope(types), NOW, tmp, 0))

    def told(self, *types: str) -> None:
        for type_name in types:
            insert = "INSERT INTO feed (number, id, type, sender, letter, void) "
            values = "VALUES ((SELECT coalesce(max(number), 0) + 1 FROM feed), ?, ?, NULL, NULL, '{}')"
            self.store.write(Statement(insert + values, (str(uuid4()), type_name)))

    def next(self, name: str = "records", at: datetime = NOW) -> Item | None:
        return self.tries.next(self.systems.named(name), at)

    def begun(self, name: str = "records", at: datetime = NOW) -> Item:
        item = self.next(name, at)
        assert item
        return self.tries.begun(item, at)

    def fails_until_parked(self) -> Item:
        at = NOW
        for pause in PAUSES:
            assert not self.tries.failed(self.begun(at=at), "webhook.refused")
            at += pause
        last = self.begun(at=at)
        assert self.tries.failed(last, "webhook.refused")
        return last


@pytest.fixture
def given(store: Store) -> Given:
    return Given(store, Hook("https://records.example", Path("/nowhere")))


def test_a_system_is_sent_all_of_its_scope_in_order(given: Given) -> None:
    given.told("referral.made", "act.voided", "referral.made")
    numbers = []
    while given.next():
        item = given.begun()
        numbers.append(item.number)
        given.tries.taken(item)
    assert numbers == [1, 2, 3]
    only = given.begun("other")
    assert only.number == 2
    given.tries.taken(only)
    assert given.next("other") is None
    assert given.systems.named("other").told == 3, "what is not for it is passed over"


def test_a_try_that_was_begun_and_not_heard_of_is_made_again_after_its_pause(given: Given) -> None:
    given.told("referral.made", "referral.made")
    first = given.begun()
    assert (first.number, first.tries) == (1, 1)
    assert given.next(at=NOW + PAUSES[0] - timedelta(seconds=1)) is None, "nothing goes past it"
    again = given.begun(at=NOW + PAUSES[0])
    assert (again.id, again.number, again.tries) == (first.id, 1, 2)
    assert given.next(at=NOW + PAUSES[0] + PAUSES[1] - timedelta(seconds=1)) is None


def test_pauses_rise_and_the_last_try_parks(given: Given) -> None:
    given.told("referral.made", "referral.made")
    assert list(PAUSES) == sorted(PAUSES)
    assert len(PAUSES) + 1 == TRIES
    parked = given.fails_until_parked()
    assert parked.tries == TRIES
    (row,) = given.tries.parked()
    assert (row["system"], row["number"], row["type"], row["error"]) == (
        "records",
        1,
        "referral.made",
        "webhook.refused",
    )
    assert given.begun().number == 2, "the line goes on behind it"


def test_one_that_fails_holds_up_no_other_system(given: Given) -> None:
    given.told("act.voided")
    given.tries.failed(given.begun(), "webhook.unreachable")
    assert given.next() is None
    assert given.begun("other").number == 1


def test_what_is_sent_again_goes_beside_the_line_under_the_same_id(given: Given) -> None:
    given.told("referral.made", "referral.made", "referral.made")
    parked = given.fails_until_parked()
    given.tries.taken(given.begun())
    waiting = given.begun()
    assert waiting.number == 3
    assert given.tries.send_again(parked.id, NOW) == 1
    again = given.begun()
    assert (again.id, again.number, again.tries) == (parked.id, 1, 1)
    given.tries.failed(again, "webhook.refused")
    assert given.next() is None
    given.tries.taken(given.begun(at=NOW + PAUSES[0]))
    assert given.tries.parked() == []
    assert given.systems.named("records").told == 2, "the line stands where it stood"


def test_only_what_is_parked_is_sent_again(given: Given) -> None:
    given.told("referral.made")
    item = given.begun()
    for unknown in (item.id, UUID(int=1)):
        with pytest.raises(Refused) as refused:
            given.tries.send_again(unknown, NOW)
        assert refused.value.code == "webhook.not-parked"


def test_what_waited_for_a_system_goes_with_it(given: Given) -> None:
    given.told("referral.made")
    given.fails_until_parked()
    given.systems.remove("records")
    assert given.tries.parked() == []
