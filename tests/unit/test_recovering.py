"""What a store that was put back to an old copy takes from the log, and what it goes on with."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from bus import recovering
from bus.asking import Ends
from bus.log import placed, verify
from bus.mending import REFUSED
from bus.recovering import Lacking, Own
from bus.submission import Head, Outgoing, build
from contracts.agencies import Agency
from contracts.envelope import Submission
from contracts.errors import BarnabusError, Refused
from contracts.standing import Stage, Void
from services.agency import AgencyApplication
from tests.builders import (
    CHILD,
    HEALTH,
    POLICE,
    SOCIAL,
    START,
    ByHand,
    bypass,
    concern,
    encoded,
    fact,
    new_case,
    now,
    on,
    protection,
    refer,
    transfer,
)

Make = dict[str, Any]


@dataclass
class Police:
    """The police's store as it was, and a copy of it that comes back."""

    by_hand: ByHand
    lost: AgencyApplication
    opened: list[AgencyApplication] = field(default_factory=list)

    def back_up(self) -> AgencyApplication:
        path = self.by_hand.settings.home / "copy.db"
        with (
            closing(sqlite3.connect(self.by_hand.settings.home / "stores" / "police.db")) as db,
            closing(sqlite3.connect(path)) as to,
        ):
            db.backup(to)
        self.opened.append(self.by_hand.application(POLICE, path))
        return self.opened[-1]

    def says(self, command: Make, app: AgencyApplication | None = None) -> UUID:
        """Take a command and log it."""
        taken = (app or self.lost).take(encoded(command), now())
        self.by_hand.log_next(app or self.lost)
        return taken.id

    def is_refused(self, command: Make) -> UUID:
        """Take a command that the gateway refuses for good: its number goes to the refusal."""
        taken = self.lost.take(encoded(command), now())
        waiting = self.by_hand.build_next(self.lost)
        values = {
            "refused_id": str(taken.id),
            "refused_type": "referral.made",
            "code": "tier.not-allowed",
            "handoff_id": None,
        }
        said = Outgoing(record_id=uuid4(), type=REFUSED, subject=taken.case_ref, time=now(), about=None, values=values)
        head, key = self.lost.outbox.head(below=waiting.number), self.by_hand.key(POLICE)
        built = build(said, POLICE, head, {}, key, self.by_hand.directory)
        self.lost.on_refused(taken.id, "tier.not-allowed", self.lost.outbox.replace(built))
        self.by_hand.position += 1
        token, stamp = self.by_hand.stamp(built, POLICE)
        self.lost.on_logged(stamp.record_id, stamp, [self.lost.outbox.stamped(built.number, token)])
        return taken.id

    def own(self, after: int = 0) -> tuple[Own, ...]:
        """What the log has of the police above a number."""
        keyring, found = self.by_hand.directory, []
        for body, stamp in self.lost.outbox.everything():
            sent = Submission.model_validate_json(body)
            entry = placed(sent.record, sent.signature, stamp or "", keyring)
            found.append(Own(verify(entry, keyring), entry))
        return tuple(found[after:])

    def lacks(self, app: AgencyApplication, **outbound: int) -> Lacking:
        after, top = app.outbox.logged_head(), self.lost.outbox.logged_head()
        own = self.own(after.number)
        recovering.follows(own, after, POLICE)
        signed = {Agency(name): number for name, number in outbound.items()}
        ends = Ends(top.number, top.digest, self.by_hand.position, {}, {}, signed)
        return recovering.lacking(POLICE, own, ends, after, app.inbox)

    def recovers(self, app: AgencyApplication) -> Lacking:
        lack, keyring = self.lacks(app), self.by_hand.directory
        said = recovering.restored(lack, app.outbox, self.by_hand.key(POLICE), keyring, record_id=uuid4(), now=now())
        app.adopt(lack, said)
        return lack


@pytest.fixture
def police(by_hand: ByHand) -> Iterator[Police]:
    found = Police(by_hand, by_hand.application(POLICE))
    yield found
    for app in (found.lost, *found.opened):
        app.close()


def waiting(app: AgencyApplication) -> str | None:
    found = app.outbox.waiting()
    return found.type if found else None


def sends_next(police: Police, app: AgencyApplication) -> UUID | None:
    found = app.next_act(app.outbox.last_notification())
    return found[1].record_id if found else None


def test_acts_that_only_the_log_has_are_adopted_with_their_places(police: Police) -> None:
    first = police.says(refer())
    app = police.back_up()
    second = police.says(refer())
    asked = police.says(on(POLICE, "referral.ask-withdrawal", first, reason="need-met"))
    police.recovers(app)
    for handoff in (first, second):
        assert app.standing(handoff) == police.lost.standing(handoff)
    assert (waiting(app), sends_next(police, app)) == ("store.restored", None)
    assert app.logged(asked) == police.lost.logged(asked)


def test_facts_concerns_and_transfers_are_adopted_and_so_are_the_ways_around_somebody(police: Police) -> None:
    """A bypass that only the lost store knew of must hold at once: letters would go to the danger else."""
    case, other = new_case(), new_case()
    police.says(refer(case_ref=other))
    app = police.back_up()
    offered = police.says(transfer(POLICE, SOCIAL, case))
    reported = police.says(concern(POLICE, SOCIAL))
    safe = police.says(protection(POLICE, case))
    police.says(bypass(POLICE, case, "social", "prosecution"))
    tie = {"other": other, "other_concerns": CHILD["ref"], "reason": "siblings"}
    police.says(fact(POLICE, "case.link", case, **tie))
    police.recovers(app)
    for handoff in (offered, reported):
        assert app.standing(handoff) == police.lost.standing(handoff)
    assert app.logged(safe) == police.lost.logged(safe)
    assert app.bypasses(case) == police.lost.bypasses(case) != frozenset()
    assert app.case(case) == police.lost.case(case)
    assert app.case(other).linked == ((case, "siblings"),)
    assert app.active(case) == police.lost.active(case)
    assert sends_next(police, app) is None
    with pytest.raises(Refused, match=r"transfer\.not-yours"):
        app.take(encoded(transfer(POLICE, HEALTH, case)), now())


def test_a_fact_that_was_stated_before_the_backup_and_logged_after_it_is_adopted_once(police: Police) -> None:
    said = police.lost.take(encoded(protection(POLICE, new_case())), now()).id
    app = police.back_up()
    police.by_hand.log_next(police.lost)
    police.recovers(app)
    assert app.logged(said) == police.lost.logged(said)
    assert sends_next(police, app) is None
    again = police.lacks(app)
    assert again.own == (), "nothing is lacking any more"


def test_its_next_record_and_its_next_letter_follow_on_the_logs(police: Police) -> None:
    app = police.back_up()
    police.says(refer())
    police.recovers(app)
    assert app.outbox.link(SOCIAL) == police.lost.outbox.link(SOCIAL)
    (_, said), top = app.outbox.everything(), police.lost.outbox.head()
    record = Submission.model_validate_json(said[0]).record
    assert f'"number":{top.number + 1},"previous":"{top.digest}"' in record
    assert '"subject":"link.police.police"' in record


def test_adopted_letters_are_never_sent_again_and_those_it_still_holds_are(police: Police) -> None:
    police.says(refer())
    app = police.back_up()
    police.says(refer())
    lack = police.recovers(app)
    assert [len(app.outbox.holding(SOCIAL, [number])) for number in (1, 2)] == [1, 0]
    assert lack.unread == ((SOCIAL, 2),)
    assert police.lacks(police.back_up()).own == ()


def test_a_letter_that_was_signed_for_is_not_counted_as_lost(police: Police) -> None:
    app = police.back_up()
    police.says(refer())
    police.says(refer())
    assert police.lacks(app, social=1).unread == ((SOCIAL, 2),)


def test_a_command_that_only_the_log_knows_is_a_repeat_by_its_id_alone(police: Police) -> None:
    app = police.back_up()
    command = refer()
    police.says(command)
    police.recovers(app)
    for again in (command, command | {"legal_basis": "court-order"}):
        assert app.take(encoded(again), now()).repeated


def test_an_act_that_it_had_recorded_and_not_sent_keeps_its_content_and_is_not_sent_again(police: Police) -> None:
    act = police.lost.take(encoded(refer()), now()).id
    app = police.back_up()
    police.by_hand.log_next(police.lost)
    police.recovers(app)
    assert sends_next(police, app) is None
    assert app.logged(act) == police.lost.logged(act)
    assert app.store.read("SELECT count(*) AS n FROM vault_items")[0]["n"] == 1


def test_a_submission_that_was_on_its_way_gets_its_stamp_and_can_still_be_sent_again(police: Police) -> None:
    police.lost.take(encoded(refer()), now())
    built = police.by_hand.build_next(police.lost)
    app = police.back_up()
    police.by_hand.position += 1
    token, stamp = police.by_hand.stamp(built, POLICE)
    police.lost.on_logged(stamp.record_id, stamp, [police.lost.outbox.stamped(built.number, token)])
    police.recovers(app)
    assert app.outbox.stamp_of(stamp.record_id) == token
    assert app.outbox.holding(SOCIAL, [1]) == [built.body]


def test_an_act_that_was_refused_since_is_void_and_is_not_built_again(police: Police) -> None:
    police.lost.take(encoded(on_its_way := refer()), now())
    app = police.back_up()
    refused = police.is_refused(on_its_way)
    police.recovers(app)
    assert app.void_of(refused) == Void.REFUSED_BY_GATEWAY
    assert sends_next(police, app) is None
    assert app.outbox.link(SOCIAL) == START


def test_what_was_recorded_after_the_backup_came_back_goes_out_behind_it(police: Police) -> None:
    """Until the gateway answers, an adapter cannot know that it is behind."""
    app = police.back_up()
    old = police.says(refer())
    new = app.take(encoded(refer()), now()).id
    police.recovers(app)
    assert (waiting(app), sends_next(police, app)) == ("store.restored", new)
    assert app.standing(old) == police.lost.standing(old)
    built = police.by_hand.build_next(app)
    assert [letter.number for letter in built.record.data.letters] == [2]
    assert sends_next(police, app) is None


def test_a_command_that_was_sent_again_before_it_knew_is_the_one_that_the_log_has(police: Police) -> None:
    app, command = police.back_up(), refer()
    made = police.says(command)
    assert not app.take(encoded(command), now()).repeated
    police.recovers(app)
    standing = app.standing(made)
    assert standing == police.lost.standing(made)
    assert standing
    assert (standing.stage, standing.provisional, sends_next(police, app)) == (Stage.MADE, (), None)


def test_a_store_of_another_log_adopts_nothing(police: Police) -> None:
    police.says(refer())
    app = police.back_up()
    police.says(refer())
    with pytest.raises(BarnabusError, match=r"chain\.broken"):
        recovering.follows(police.own(1), Head(1, "x" * 43), POLICE)
    with pytest.raises(BarnabusError, match=r"chain\.broken"):
        recovering.follows(police.own(1), app.outbox.logged_head(), SOCIAL)


def test_a_log_that_is_behind_the_store_is_no_case_for_it(police: Police) -> None:
    police.says(refer())
    head = police.lost.outbox.logged_head()
    with pytest.raises(BarnabusError, match=r"log\.damaged"):
        recovering.lacking(POLICE, (), Ends(0, "", 0, {}, {}, {}), head, police.lost.inbox)


def test_a_receipt_that_never_reached_the_log_is_given_again(police: Police) -> None:
    """It waited in the copy, under a number for which the log has something else."""
    social = police.by_hand.application(SOCIAL)
    police.opened.append(social)
    for _ in range(2):
        police.lost.take(encoded(refer()), now())
        (letter,) = police.by_hand.log_next(police.lost)
        police.by_hand.deliver(social, letter)
    owed = social.inbox.unreceipted(since=now())
    assert owed
    social.store.write(social.inbox.receipted(owed))
    lack = recovering.lacking(SOCIAL, (), Ends(0, "", 2, {}, {POLICE: 1}, {}), START, social.inbox)
    key, keyring = police.by_hand.key(SOCIAL), police.by_hand.directory
    said = recovering.restored(lack, social.outbox, key, keyring, record_id=uuid4(), now=now())
    social.adopt(lack, said)
    again = social.inbox.unreceipted(since=now())
    assert again
    assert [letter.number for letter in again.letters] == [2]


def test_it_says_up_to_where_it_holds_what_it_had_signed_for(police: Police) -> None:
    social = police.by_hand.application(SOCIAL)
    police.opened.append(social)
    for number in range(1, 4):
        police.lost.take(encoded(refer()), now())
        (letter,) = police.by_hand.log_next(police.lost)
        if number != 2:
            police.by_hand.deliver(social, letter)
    ends = Ends(0, "", 3, {POLICE: 5}, {POLICE: 3}, {})
    lack = recovering.lacking(SOCIAL, (), ends, START, social.inbox)
    assert ([(link.sender, link.number) for link in lack.forgotten], lack.awaited) == ([(POLICE, 1)], {POLICE: 4})
    assert recovering.lacking(SOCIAL, (), replace(ends, signed={POLICE: 1}), START, social.inbox).forgotten == ()
