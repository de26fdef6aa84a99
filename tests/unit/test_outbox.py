"""The outbox: every submission as it was built, its numbers, and what is known of each letter."""

from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import IntegrityError

from bus.directory import Directory
from bus.outbox import Outbox
from bus.store import Store
from bus.submission import Built, Head, Outgoing, build
from contracts.agencies import Agency
from contracts.ids import NOTHING_BEFORE
from tests.builders import HEALTH, POLICE, SOCIAL, START, ByHand, act


class Post:
    """Builds acts of police into one outbox, in order."""

    def __init__(self, store: Store, by_hand: ByHand) -> None:
        self.store, self.outbox = store, Outbox(store)
        self._directory: Directory = by_hand.directory
        self._key = by_hand.key(POLICE)
        self._notification = 0

    def build(self, outgoing: Outgoing, *, previous: Head | None = None) -> Built:
        links = {receiver: self.outbox.link(receiver) for receiver in outgoing.receivers}
        return build(outgoing, POLICE, previous or self.outbox.head(), links, self._key, self._directory)

    def add(self, *receivers: Agency, stamped: bool = True) -> Built:
        built = self.build(act(receivers=receivers or (SOCIAL,)))
        self._notification += 2  # other notifications lie between
        self.store.write(*self.outbox.add(built, self._notification))
        if stamped:
            self.store.write(self.outbox.stamped(built.number, f"stamp {built.number}"))
        return built


@pytest.fixture
def post(store: Store, by_hand: ByHand) -> Post:
    return Post(store, by_hand)


def letter_of(built: Built, to: Agency) -> Head:
    entry = next(letter for letter in built.record.data.letters if letter.to == to)
    return Head(entry.number, entry.sealed)


def test_an_empty_outbox_stands_before_the_first_number(post: Post) -> None:
    assert post.outbox.head() == post.outbox.link(SOCIAL) == START
    assert post.outbox.last_notification() == 0
    assert post.outbox.waiting() is None


def test_the_heads_are_those_of_the_last_that_was_built_logged_or_not(post: Post) -> None:
    post.add(SOCIAL)
    last = post.add(SOCIAL, HEALTH, stamped=False)
    assert post.outbox.head() == Head(2, last.record_digest)
    assert post.outbox.link(SOCIAL) == letter_of(last, SOCIAL)
    assert post.outbox.link(SOCIAL).number == 2
    assert post.outbox.link(HEALTH) == letter_of(last, HEALTH)
    assert post.outbox.link(HEALTH).number == 1
    assert post.outbox.last_notification() == 4


def test_each_follows_on_the_one_before(post: Post) -> None:
    first, second = post.add(SOCIAL), post.add(SOCIAL)
    assert first.record.previous == NOTHING_BEFORE
    assert second.record.previous == first.record_digest
    assert second.record.data.letters[0].previous == first.record.data.letters[0].sealed


def test_what_waits_is_the_one_without_a_stamp_with_its_very_bytes(post: Post) -> None:
    post.add()
    built = post.add(stamped=False)
    waiting = post.outbox.waiting()
    assert waiting
    assert (waiting.number, waiting.body, waiting.record_digest) == (2, built.body, built.record_digest)
    assert waiting.record_id == str(built.record.id)
    post.store.write(post.outbox.stamped(2, "stamp"))
    assert post.outbox.waiting() is None
    assert post.outbox.stamp_of(built.record.id) == "stamp"


def test_a_number_is_never_used_twice(post: Post) -> None:
    built = post.add()
    with pytest.raises(IntegrityError):
        post.store.write(*post.outbox.add(built, 99))


def test_it_reaches_what_the_log_has_if_it_holds_the_same_bytes_under_the_number(post: Post) -> None:
    first, second = post.add(), post.add()
    assert post.outbox.reaches(0, NOTHING_BEFORE), "the log is empty"
    assert post.outbox.reaches(1, first.record_digest), "the log is behind"
    assert post.outbox.reaches(2, second.record_digest)
    assert not post.outbox.reaches(3, second.record_digest), "this store is behind"
    assert not post.outbox.reaches(2, first.record_digest), "this store went another way"


def test_a_refused_submission_frees_its_letters_numbers_and_gives_its_own_to_the_refusal(post: Post) -> None:
    kept = post.add(SOCIAL)
    refused = post.add(SOCIAL, HEALTH, stamped=False)
    before = post.outbox.head(below=refused.number)
    assert before == Head(1, kept.record_digest)
    refusal = post.build(
        act(
            "submission.refused",
            receivers=(),
            about=None,
            values={"refused_id": str(refused.record.id), "refused_type": "referral.made", "code": "type.unknown"},
        ),
        previous=before,
    )
    post.store.write(*post.outbox.replace(refusal))
    waiting = post.outbox.waiting()
    assert waiting
    assert (waiting.number, waiting.type, waiting.body) == (2, "submission.refused", refusal.body)
    assert post.outbox.link(SOCIAL) == letter_of(kept, SOCIAL)
    assert post.outbox.link(HEALTH) == START
    assert post.outbox.last_notification() == 4, "the act is not built again"
    assert post.outbox.head() == Head(2, refusal.record_digest)


def test_a_receipt_notes_when_each_letter_was_received_and_whether_it_was_opened(post: Post, by_hand: ByHand) -> None:
    from contracts.documents import document
    from contracts.events.post import Receipt

    for _ in range(3):
        post.add()
    notice = by_hand.receipt_notice(SOCIAL, POLICE, [1, 2])
    content = document(notice.record or "", limit_bytes=9999)["data"]["content"]
    receipt = Receipt.model_validate(content)
    post.store.write(*post.outbox.receipted(SOCIAL, receipt))
    rows = post.store.read("SELECT number, received_at, opened FROM outbox_letters ORDER BY number")
    moment = receipt.letters[0].received_at.isoformat()
    assert [tuple(row.values()) for row in rows] == [(1, moment, 1), (2, moment, 1), (3, None, None)]


def test_letters_to_be_sent_again_are_whole_logged_submissions_in_order_and_each_once(post: Post) -> None:
    first, second, third = post.add(SOCIAL), post.add(HEALTH), post.add(SOCIAL)
    waiting = post.add(SOCIAL, stamped=False)
    assert post.outbox.holding(SOCIAL, [2, 1, 2]) == [first.body, third.body]
    assert post.outbox.holding(HEALTH, [1]) == [second.body]
    assert letter_of(waiting, SOCIAL).number == 3
    assert post.outbox.holding(SOCIAL, [3]) == [], "what is not logged yet goes its own way"
    assert post.outbox.holding(SOCIAL, [4, 500]) == []
    assert post.outbox.holding(SOCIAL, range(1, 501)) == [first.body, third.body]


def test_an_unknown_act_has_no_stamp(post: Post) -> None:
    assert post.outbox.stamp_of(uuid4()) is None
    assert post.outbox.stamp_of(UUID(int=0)) is None
