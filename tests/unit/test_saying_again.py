"""Letters that were sealed to a lost key: their senders say them again, and they are folded where they stood first."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from bus import keys, recovering, seal
from bus.asking import Ends
from bus.log import placed, verify
from bus.recovering import Own
from bus.submission import Again, Head, Outgoing
from contracts.agencies import Agency
from contracts.catalogue.post import SAID_AGAIN
from contracts.envelope import Submission
from projections.case_log import case_log
from services.agency import AgencyApplication
from tests import builders
from tests.builders import (
    HEALTH,
    NAME,
    OVERSIGHT,
    POLICE,
    SOCIAL,
    START,
    ByHand,
    Posted,
    act,
    bypass,
    concerned,
    encoded,
    new_case,
    now,
    on,
    protection,
    refer,
)


@dataclass
class Post:
    """The police write to the Centre, which loses its sealing key; letters and receipts are carried by hand."""

    by_hand: ByHand
    police: AgencyApplication
    social: AgencyApplication

    def says(self, command: dict[str, Any]) -> Posted:
        """The police's letter to the Centre, in the post."""
        self.police.take(encoded(command), now())
        return next(letter for letter in self.by_hand.log_next(self.police) if letter.recipient is SOCIAL)

    def arrives(self, *letters: Posted) -> list[str]:
        """What became of each, and of what had waited for it, once the Centre has signed for all."""
        found = []
        for letter in letters:
            heard = self.by_hand.deliver(self.social, letter)
            found += [one.reason or one.state for one in (heard, *heard.behind)]
        self.signs()
        return found

    def signs(self) -> None:
        rows = {row["number"]: row["opened"] for row in self.social.inbox.letters() if row["sender"] == POLICE}
        unopened = {number for number, opened in rows.items() if not opened}
        self.police.note_receipt(self.by_hand.receipt_notice(SOCIAL, POLICE, sorted(rows), unopened=unopened))

    def loses_key(self) -> None:
        """The Centre starts again with a new one."""
        self.social.close()
        self.by_hand.lose_key(SOCIAL)
        self.social = self.by_hand.application(SOCIAL)

    def again(self) -> list[Posted]:
        """All that the police say again, in order."""
        found = []
        while letters := self.by_hand.log_again(self.police):
            found += letters
        return found

    def parked(self) -> list[str]:
        return [row["reason"] for row in self.social.inbox.parked()]

    def agree(self, handoff: UUID) -> bool:
        mine, theirs = self.social.standing(handoff), self.police.standing(handoff)
        return mine is not None and mine == theirs

    def close(self) -> None:
        for app in (self.police, self.social):
            app.close()


@pytest.fixture
def post(by_hand: ByHand) -> Iterator[Post]:
    found = Post(by_hand, by_hand.application(POLICE), by_hand.application(SOCIAL))
    yield found
    found.close()


def content(app: AgencyApplication, letter: Posted) -> dict[str, Any]:
    row = app.inbox.letter(str(letter.record.id))
    found = app.letter(row) if row else None
    assert found
    return dict(found["content"])


def test_a_letter_to_a_lost_key_is_said_again_and_stands_where_it_stood(database: str, post: Post) -> None:
    lost = post.says(refer())
    post.loses_key()
    assert post.arrives(lost) == ["content.unreadable"]
    (again,) = post.again()
    heard = post.by_hand.deliver(post.social, again)
    first = post.social.inbox.letter(str(lost.record.id))
    assert (heard.state, post.parked()) == ("heard", [])
    assert first
    assert heard.told
    assert (heard.told["id"], heard.told["type"]) == (str(lost.record.id), "referral.made")
    assert (heard.told["number"], heard.told["position"]) == (1, first["position"])
    assert heard.told["content"]["identity"]["full_name"] == NAME
    assert content(post.social, lost)["identity"]["full_name"] == NAME
    assert post.agree(lost.record.id)


def test_what_its_sender_said_meanwhile_goes_on_behind_it(post: Post) -> None:
    case = new_case()
    made = post.says(refer(case_ref=case))
    post.loses_key()
    behind = [post.says(on(POLICE, "referral.ask-withdrawal", made.record.id, reason="need-met"))]
    behind.append(post.says(refer(case_ref=case)))
    assert post.arrives(made, *behind) == ["content.unreadable", "letter.after-parked", "letter.after-parked"]
    (again,) = post.again()
    assert post.arrives(again) == ["heard", "heard", "heard"]
    assert post.parked() == []
    assert post.agree(made.record.id)
    assert post.agree(behind[1].record.id)


def test_letters_that_were_lost_together_come_back_in_any_order(post: Post) -> None:
    case = new_case()
    lost = [post.says(refer(case_ref=case)) for _ in range(3)]
    post.loses_key()
    post.arrives(*lost)
    first, second, third = post.again()
    assert post.arrives(second, third, first) == ["heard", "content.unreadable", "heard", "content.unreadable", "heard"]
    assert post.parked() == []
    assert all(post.agree(letter.record.id) for letter in lost)


def test_each_is_said_again_once_also_by_a_relay_that_was_started_anew(post: Post) -> None:
    lost = post.says(refer())
    post.loses_key()
    post.arrives(lost)
    assert len(post.again()) == 1
    post.signs()
    assert post.again() == []


def test_what_cannot_be_opened_with_the_key_that_still_is_in_use_is_not_said_again(post: Post) -> None:
    post.police.take(encoded(refer()), now())
    (letter,) = post.by_hand.log_next(post.police)
    post.social._sealing_keys = [keys.new_sealing_key("social")]
    assert post.arrives(letter) == ["content.unreadable"]
    assert post.again() == []


def test_a_key_that_was_lost_twice_leaves_nothing_parked(database: str, post: Post) -> None:
    lost = post.says(refer())
    post.loses_key()
    post.arrives(lost)
    in_vain = post.again()
    post.loses_key()
    post.arrives(*in_vain)
    assert post.parked() == ["content.unreadable", "content.unreadable"]
    (again,) = post.again()
    assert post.arrives(again) == ["heard"]
    assert post.parked() == []
    assert post.agree(lost.record.id)
    assert post.again() == []


def test_with_the_old_key_kept_nothing_is_lost_and_nothing_said_again(post: Post) -> None:
    """A key is changed like that, too."""
    before = post.says(refer())
    post.social.close()
    post.by_hand.new_sealing_key(SOCIAL)
    post.social = post.by_hand.application(SOCIAL)
    after = post.says(refer())
    sealed_to = [seal.sealed_to(letter.raw.decode()) for letter in (before, after)]
    assert sealed_to == ["social-enc-1", "social-enc-2"]
    assert post.arrives(before, after) == ["heard", "heard"]
    assert post.again() == []


def test_what_was_erased_meanwhile_is_said_again_without_it(post: Post) -> None:
    command = refer()
    lost = post.says(command)
    post.loses_key()
    post.arrives(lost)
    post.police.vault.erase(concerned(command, lost.record.subject))
    (again,) = post.again()
    assert again.record.data.withheld == "erased"
    heard = post.by_hand.deliver(post.social, again)
    assert heard.told
    assert (heard.told["withheld"], heard.told["content"]["urgency"]) == ("erased", "urgent")
    assert "identity" not in heard.told["content"]
    assert post.agree(lost.record.id)


def test_of_what_was_erased_the_sealed_letter_is_not_kept_until_it_can_be_said_again(post: Post) -> None:
    """Its recipient has signed for it and could not open it: it is said again as withheld, though nothing is left."""
    command = refer()
    lost = post.says(command)
    post.loses_key()
    post.arrives(lost)
    police = post.police
    by = {"authority": "court-order", "person": command["data"]["concerns"]}
    post_of = {"role": "supervisor", "office": "an-office"}
    erase = builders.command(POLICE, "content.erase", by, case_ref=lost.record.subject, post=post_of)
    police.take(encoded(erase), now())
    assert police.outbox.holding(SOCIAL, [1]) == []
    (again,) = post.again()
    assert again.record.data.withheld == "erased"
    heard = post.by_hand.deliver(post.social, again)
    assert heard.told
    assert "identity" not in heard.told["content"]


def test_who_was_notified_gets_the_envelope_again_and_no_more(post: Post) -> None:
    lost = post.says(refer(POLICE, HEALTH, data={"notified": ["social"]}))
    post.loses_key()
    post.arrives(lost)
    (again,) = post.again()
    heard = post.by_hand.deliver(post.social, again)
    assert heard.told
    assert heard.told["withheld"] == "notified"
    assert "safety" not in heard.told["content"]
    assert post.agree(lost.record.id)


def test_a_fact_is_said_again(post: Post) -> None:
    lost = post.says(protection(POLICE, new_case()))
    post.loses_key()
    assert post.arrives(lost) == ["content.unreadable"]
    assert post.arrives(*post.again()) == ["heard"]
    assert content(post.social, lost)["protections"] == ["guard-posted"]


def test_a_way_around_somebody_that_was_lifted_is_not_in_force_once_it_is_heard_of_at_last(post: Post) -> None:
    case = new_case()
    invoked = post.says(bypass(POLICE, case, "prosecution", "social"))
    post.loses_key()
    post.arrives(invoked)
    lifted = act("route.bypass-lifted", subject=case, values={"bypass_id": str(invoked.record.id)})
    assert post.by_hand.deliver(post.social, post.by_hand.forge(lifted, OVERSIGHT)).state == "heard"
    post.arrives(*post.again())
    assert (post.parked(), post.social.bypasses(case)) == ([], frozenset())


def test_what_was_set_aside_is_taken_in(post: Post) -> None:
    lost = post.says(refer())
    post.loses_key()
    post.arrives(lost)
    post.social.store.write(post.social.inbox.set_aside(str(lost.record.id)))
    assert post.arrives(*post.again()) == ["heard"]
    assert post.social.inbox.parked("set-aside") == []


def test_what_comes_before_the_letter_that_it_says_again_waits_for_it_and_holds_up_nothing(
    database: str, post: Post
) -> None:
    """As after a resend, when the recipient's store was put back to an old copy."""
    case = new_case()
    lost = post.says(refer(case_ref=case))
    post.loses_key()
    post.police.note_receipt(post.by_hand.receipt_notice(SOCIAL, POLICE, [1], unopened={1}))
    (again,) = post.again()
    later = post.says(refer(case_ref=case))
    assert post.arrives(again, later) == ["letter.awaited", "heard"]
    assert [heard.reason for heard in post.social.retry_parked()] == ["letter.awaited"]
    assert post.arrives(lost) == ["content.unreadable", "heard"]
    assert post.parked() == []
    assert post.agree(lost.record.id)


def test_what_waited_for_a_letter_that_comes_readable_says_nothing_more(post: Post) -> None:
    lost = post.says(refer())
    post.police.note_receipt(post.by_hand.receipt_notice(SOCIAL, POLICE, [1], unopened={1}))
    post.social.close()
    post.by_hand.new_sealing_key(SOCIAL)
    post.social = post.by_hand.application(SOCIAL)
    (again,) = post.again()
    assert post.arrives(again, lost) == ["letter.awaited", "heard", "heard"]
    assert len(post.social.store.read("SELECT id FROM vault_items")) == 1


def test_after_a_crash_all_is_told_again_by_the_same_ids(post: Post) -> None:
    """What was said again was recorded with what waited behind it, and the agency's system was not told."""
    case = new_case()
    lost = post.says(refer(case_ref=case))
    post.loses_key()
    behind = post.says(refer(case_ref=case))
    post.arrives(lost, behind)
    (again,) = post.again()
    post.arrives(again)
    heard = post.by_hand.deliver(post.social, again)
    told = [one.told["id"] for one in (heard, *heard.behind) if one.told]
    assert (heard.state, told) == ("repeated", [str(lost.record.id), str(behind.record.id)])


def test_what_waits_behind_goes_on_with_the_repeat_if_a_crash_came_between(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = new_case()
    lost = post.says(refer(case_ref=case))
    post.loses_key()
    behind = post.says(refer(case_ref=case))
    post.arrives(lost, behind)
    (again,) = post.again()
    with monkeypatch.context() as crash:
        crash.setattr(type(post.social), "_behind", lambda *_: ())
        post.by_hand.deliver(post.social, again)
    assert post.parked() == ["letter.after-parked"]
    post.by_hand.deliver(post.social, again)
    assert post.parked() == []
    assert post.agree(behind.record.id)


def test_a_retry_by_hand_finds_what_says_a_letter_again_behind_it(post: Post) -> None:
    """It had failed when it came."""
    case = new_case()
    lost = post.says(refer(case_ref=case))
    post.loses_key()
    behind = post.says(refer(case_ref=case))
    post.arrives(lost, behind)
    (again,) = post.again()
    post.social.park_failed(again.raw, again.postmark, now())
    assert [heard.state for heard in post.social.retry_parked()] == ["heard", "heard"]
    assert post.parked() == []


def test_a_store_that_came_back_without_its_key_is_told_again_what_it_could_open_before(post: Post) -> None:
    """It signs for the same letters once more, and this time it could not open them."""
    lost = post.says(refer())
    assert post.arrives(lost) == ["heard"]
    post.loses_key()
    post.police.note_receipt(post.by_hand.receipt_notice(SOCIAL, POLICE, [1], unopened={1}))
    assert [letter.record.type for letter in post.again()] == [SAID_AGAIN]


def test_the_case_log_shows_it_beside_the_letter_that_could_not_be_opened(post: Post) -> None:
    lost = post.says(refer())
    post.loses_key()
    post.arrives(lost)
    (again,) = post.again()
    keyring, logged = post.by_hand.directory, []
    for body, stamp in post.police.outbox.everything():
        sent = Submission.model_validate_json(body)
        logged.append(verify(placed(sent.record, sent.signature, stamp or "", keyring), keyring))
    first, second = case_log(logged).document(lost.record.subject)["events"]
    assert (first["letters"][0]["said_again"], second["letters"][0]["said_again"]) == (
        {"number": 2, "received_at": None, "opened": None},
        None,
    )
    assert second["codes"] == {
        "of_id": str(lost.record.id), "of_type": "referral.made", "lost_id": str(lost.record.id),
    }  # fmt: skip
    assert again.record.causationid == lost.record.id
    assert [*case_log(logged).standings()] == [lost.record.id], "it is no act"


def test_a_restored_store_says_its_codes_again_once_for_that_is_all_it_has(by_hand: ByHand) -> None:
    police, social = by_hand.application(POLICE), by_hand.application(SOCIAL)
    copy = by_hand.settings.home / "copy.db"
    with (
        closing(sqlite3.connect(by_hand.settings.home / "stores" / "police.db")) as db,
        closing(sqlite3.connect(copy)) as to,
    ):
        db.backup(to)
    taken = police.take(encoded(refer()), now())
    (lost,) = by_hand.log_next(police)
    social.close()
    by_hand.lose_key(SOCIAL)
    social = by_hand.application(SOCIAL)
    by_hand.deliver(social, lost)
    restored = by_hand.application(POLICE, copy)
    adopts(by_hand, restored, police)
    restored.note_receipt(by_hand.receipt_notice(SOCIAL, POLICE, [1], unopened={1}))
    (again,) = by_hand.log_again(restored)
    heard = by_hand.deliver(social, again)
    assert heard.told
    assert (heard.told["withheld"], heard.told["content"]["urgency"]) == ("erased", "urgent")
    assert social.standing(taken.id) == police.standing(taken.id)
    another = by_hand.application(POLICE, by_hand.settings.home / "another.db")
    adopts(by_hand, another, restored)
    another.note_receipt(by_hand.receipt_notice(SOCIAL, POLICE, [1], unopened={1}))
    assert by_hand.log_again(another) == [], "the log says that it was said again"
    for app in (police, social, restored, another):
        app.close()


def adopts(by_hand: ByHand, app: AgencyApplication, lost: AgencyApplication) -> None:
    """What the lost store had logged, from the log."""
    keyring, own = by_hand.directory, []
    for body, stamp in lost.outbox.everything():
        sent = Submission.model_validate_json(body)
        if stamp:
            entry = placed(sent.record, sent.signature, stamp, keyring)
            own.append(Own(verify(entry, keyring), entry))
    top = lost.outbox.logged_head()
    ends = Ends(top.number, top.digest, by_hand.position, {}, {}, {})
    lack = recovering.lacking(app.agency, own, ends, app.outbox.logged_head(), app.inbox)
    key = by_hand.key(app.agency)
    app.adopt(lack, recovering.restored(lack, app.outbox, key, keyring, record_id=uuid4(), now=now()))


# a sender that does not do as ours


def forged(post: Post, said: Outgoing, link: Head, sender: Agency = POLICE) -> Posted:
    """A hostile sender says again what it likes, in the next letter of its link."""
    values = {"of_id": str(said.record_id), "of_type": said.type, "lost_id": str(said.record_id)}
    return post.by_hand.forge(
        replace(said, record_id=uuid4(), type=SAID_AGAIN, values=values, again=Again(said, ())), sender, link
    )


def test_what_was_heard_cannot_be_replaced_by_saying_it_again(post: Post) -> None:
    said = post.says(refer())
    post.arrives(said)
    before, kept = post.social.standing(said.record.id), post.social.store.read("SELECT * FROM vault_items")
    other = act(record_id=said.record.id, subject=said.record.subject, values={"urgency": "routine"})
    link = post.police.outbox.link(SOCIAL)
    letter = forged(post, other, link)
    heard = post.by_hand.deliver(post.social, letter)
    assert (heard.state, heard.told) == ("heard", None)
    assert content(post.social, said)["urgency"] == "urgent"
    assert post.social.standing(said.record.id) == before
    assert post.social.store.read("SELECT * FROM vault_items") == kept


def test_nobody_says_again_what_another_said(post: Post) -> None:
    """Health names a letter of the police that the Centre could not open."""
    lost = post.says(refer())
    post.loses_key()
    post.arrives(lost)
    other = act(record_id=lost.record.id, subject=lost.record.subject)
    letter = forged(post, other, START, HEALTH)
    heard = post.by_hand.deliver(post.social, letter)
    assert (heard.state, heard.reason) == ("parked", "letter.awaited")
    assert post.parked() == ["content.unreadable", "letter.awaited"]
    assert post.social.standing(lost.record.id) is None


def test_what_is_said_again_under_another_case_is_parked_and_changes_nothing(post: Post) -> None:
    lost = post.says(refer())
    post.loses_key()
    post.arrives(lost)
    other = act(record_id=lost.record.id, subject=new_case())
    letter = forged(post, other, post.police.outbox.link(SOCIAL))
    heard = post.by_hand.deliver(post.social, letter)
    assert (heard.state, heard.reason) == ("parked", "case.mismatch")
    assert post.social.standing(lost.record.id) is None


def test_a_field_that_its_recipient_may_not_see_is_not_seen_by_saying_it_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Ombudsperson gets no allegation in a referral."""
    oversight = post.by_hand.application(OVERSIGHT)
    values = {"to": "oversight", "service": "review", "allegation": {"kind": "neglect", "ongoing": "no"}}
    said = act(receivers=(OVERSIGHT,), values=values)
    with monkeypatch.context() as generous:
        generous.setattr("contracts.entry.Entry.seen_by", lambda *_: frozenset("EOSAI"))
        letter = forged(post, said, START)
    heard = post.by_hand.deliver(oversight, letter)
    assert (heard.state, heard.reason) == ("parked", "field.unknown")
    oversight.close()


def test_what_is_no_letter_of_its_own_record_is_none(post: Post) -> None:
    """It names its own record as the first, and another as the one that says it again."""
    said = act()
    outer = replace(said, again=Again(replace(said, subject=said.subject), ()))
    named = post.by_hand.forge(replace(outer, record_id=uuid4()), POLICE, record_id=said.record_id)
    heard = post.by_hand.deliver(post.social, named)
    assert (heard.state, heard.reason) == ("parked", "signature.invalid")


def test_a_letter_of_this_type_that_says_nothing_again_is_parked(post: Post) -> None:
    values = {"of_id": str(uuid4()), "of_type": "referral.made", "lost_id": str(uuid4())}
    letter = post.by_hand.forge(replace(act(), type=SAID_AGAIN, values=values), HEALTH)
    heard = post.by_hand.deliver(post.social, letter)
    assert (heard.state, heard.reason) == ("parked", "receiver.not-allowed")
