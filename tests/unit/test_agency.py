"""An agency's application: what it takes from its own system, what it hears from its post, and what it keeps."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from bus import content, keys
from bus.submission import Head, Outgoing
from contracts.catalogue import entry_of
from contracts.errors import BarnabusError, Refused
from contracts.ids import NOTHING_BEFORE
from contracts.standing import Stage, Standing, Void
from services.agency import AgencyApplication
from services.letters import Heard
from tests.builders import (
    BORN,
    HEALTH,
    NAME,
    POLICE,
    PROSECUTION,
    SOCIAL,
    ByHand,
    Posted,
    act,
    encoded,
    new_case,
    now,
    on,
    refer,
)
from tests.unit.conftest import full_disk

pytestmark = pytest.mark.usefixtures("database")

Make = dict[str, Any]
NO_CAPACITY = {"reason": "no-capacity", "next_step": "sender-keeps"}


def take(app: AgencyApplication, command: Make) -> UUID:
    return app.take(encoded(command), now()).id


def refusal(app: AgencyApplication, command: Make) -> Refused:
    """The refusal of a command, which leaves nothing behind."""
    before = recorded(app)
    with pytest.raises(Refused) as refused:
        app.take(encoded(command), now())
    assert recorded(app) == before
    return refused.value


def refused(app: AgencyApplication, command: Make) -> tuple[str, str | None]:
    found = refusal(app, command)
    return found.code, found.field


def recorded(app: AgencyApplication) -> tuple[int, ...]:
    """How many rows there are of everything that an agency keeps."""
    tables = ("stored_events", "commands", "vault_items", "vault_keys", "outbox", "inbox")
    return tuple(app.store.read(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in tables)


def standing(app: AgencyApplication, handoff: UUID) -> Standing:
    found = app.standing(handoff)
    assert found
    return found


def say(by_hand: ByHand, app: AgencyApplication, command: Make) -> Posted:
    """Take a command, log it, and give the one letter that it makes."""
    take(app, command)
    (letter,) = by_hand.log_next(app)
    return letter


def referred(by_hand: ByHand, police: AgencyApplication, social: AgencyApplication, **more: Any) -> UUID:
    """A referral of the police that the Centre has heard."""
    letter = say(by_hand, police, refer(**more))
    assert by_hand.deliver(social, letter).state == "heard"
    return letter.record.id


def said_by(role: str, office: str | None = "prishtina-child-unit") -> dict[str, Any]:
    return {"post": {"role": role, **({"office": office} if office else {})}}


# taking: what is refused


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"command": "child.search"}, "type.unknown", "command"),
        ({"id": "seven"}, "field.invalid", "id"),
        ({"narrative": "x"}, "content.never-travels", "narrative"),
        ({"case_ref": "7k3q-9m2x-w4td-h6r0"}, "field.invalid", "case_ref"),
        ({"on_behalf_of": "school"}, "sponsor.not-allowed", "on_behalf_of"),
        ({"legal_basis": "consent"}, "basis.consent", "legal_basis"),
        ({"data": {"service": "urgent-medical-care"}}, "service.not-offered", "data.service"),
        ({"data": {"urgency": "immediate", "safety": None}}, "danger.unstated", "data.safety"),
        ({"data": {"to": "police", "service": "welfare-check"}}, "receiver.none", "data.letters"),
        (said_by("case-manager"), "post.not-entitled", "post.role"),
        (said_by("duty-officer", office=None), "post.not-named", "post.office"),
    ],
)
def test_a_referral_that_the_contract_or_the_police_do_not_allow_is_refused_at_its_field(
    police: AgencyApplication, changed: Make, code: str, field: str
) -> None:
    assert refused(police, refer(**changed)) == (code, field)


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        (said_by("investigator"), "post.not-entitled", "post.role"),
        (said_by("case-manager", office=None), "post.not-named", "post.office"),
    ],
)
@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("referral.accept", {}),
        ("referral.decline", NO_CAPACITY),
        ("referral.complete", {"outcome": "done"}),
        ("referral.confirm-withdrawal", {}),
    ],
)
def test_in_the_centre_a_case_manager_or_supervisor_takes_on_and_lets_go_for_an_office(
    by_hand: ByHand,
    police: AgencyApplication,
    social: AgencyApplication,
    verb: str,
    data: dict[str, str],
    changed: Make,
    code: str,
    field: str,
) -> None:
    handoff = referred(by_hand, police, social)
    assert refused(social, on(SOCIAL, verb, handoff, changed, **data)) == (code, field)


@pytest.mark.parametrize("role", ["clinician", "records-system"])
def test_any_post_acknowledges_and_asks(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication, role: str
) -> None:
    handoff = referred(by_hand, police, social)
    anybody = said_by(role, office=None)
    take(social, on(SOCIAL, "referral.acknowledge", handoff, anybody))
    take(social, on(SOCIAL, "information.ask", handoff, anybody, priority="red", questions=["safe-contact"]))
    assert standing(social, handoff).stage is Stage.ACKNOWLEDGED


def test_a_duty_officer_refers_and_does_not_ask_to_withdraw(police: AgencyApplication) -> None:
    officer = said_by("duty-officer")
    handoff = take(police, refer(**officer))
    asking = on(POLICE, "referral.ask-withdrawal", handoff, officer, reason="need-met")
    assert refused(police, asking) == ("post.not-entitled", "post.role")
    take(police, on(POLICE, "referral.ask-withdrawal", handoff, said_by("investigator"), reason="need-met"))


def test_a_refusal_for_the_post_names_who_may(police: AgencyApplication) -> None:
    assert refusal(police, refer(**said_by("clinician"))).detail == "Allowed: duty-officer, investigator, supervisor."


def test_an_act_for_which_an_agency_has_no_rule_is_not_allowed(
    police: AgencyApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(police), "rules", {})
    assert refused(police, refer()) == ("sender.not-allowed", "command")


def test_an_act_on_a_handoff_that_is_not_held_is_refused(police: AgencyApplication) -> None:
    assert refused(police, on(POLICE, "referral.accept", uuid4())) == ("handoff.unknown", "data.handoff_id")


def test_an_act_on_a_handoff_of_another_case_is_refused(police: AgencyApplication) -> None:
    handoff = take(police, refer())
    asking = on(POLICE, "referral.ask-withdrawal", handoff, {"case_ref": new_case()}, reason="need-met")
    assert refused(police, asking) == ("case.mismatch", "case_ref")


def test_an_act_that_would_be_void_is_refused_with_the_laws_reason(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    handoff = referred(by_hand, police, social)
    found = refusal(social, on(SOCIAL, "referral.complete", handoff, outcome="done"))
    assert (found.code, found.detail) == ("handoff.void", "Standing: made. Reason: not-accepted.")
    assert refusal(police, on(POLICE, "referral.accept", handoff)).detail == "Standing: made. Reason: not-yours."


# taking: what is recorded


def test_the_same_command_again_is_answered_as_the_first_time_and_recorded_once(police: AgencyApplication) -> None:
    command = refer()
    first = police.take(encoded(command), now())
    after = recorded(police)
    backwards = dict(reversed(command.items()))
    again = police.take(encoded(backwards), now())
    assert (first.repeated, again.repeated) == (False, True)
    assert (again.id, again.case_ref) == (first.id, first.case_ref)
    assert recorded(police) == after


def test_an_id_is_used_for_one_command_only(police: AgencyApplication) -> None:
    command = refer()
    take(police, command)
    assert refused(police, command | {"legal_basis": "vital-interest"}) == ("command.id-reused", "id")
    assert refused(police, refer(id=command["id"])) == ("command.id-reused", "id")


def test_an_id_under_which_another_agencys_handoff_is_held_is_used(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    handoff = referred(by_hand, police, social)
    assert refused(social, refer(SOCIAL, to=POLICE, id=str(handoff))) == ("command.id-reused", "id")


def test_without_a_case_reference_a_new_case_is_opened_and_with_one_it_is_kept(police: AgencyApplication) -> None:
    case = new_case()
    given = police.take(encoded(refer(case_ref=case)), now())
    first, second = (police.take(encoded(refer()), now()) for _ in range(2))
    assert given.case_ref == case
    assert len({given.case_ref, first.case_ref, second.case_ref}) == 3


def test_every_act_on_a_handoff_goes_to_its_other_party(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    made = say(by_hand, police, refer())
    by_hand.deliver(social, made)
    accepted = say(by_hand, social, on(SOCIAL, "referral.accept", made.record.id))
    assert (made.recipient, accepted.recipient) == (SOCIAL, POLICE)
    assert accepted.record.causationid == accepted.record.correlationid == made.record.id


@pytest.mark.parametrize("table", ["stored_events", "vault_items", "commands"])
def test_a_store_that_cannot_be_written_takes_nothing_and_says_so(police: AgencyApplication, table: str) -> None:
    """The disk is full at one of the writes of a command's one transaction."""
    before = recorded(police)
    with full_disk(police.store, table), pytest.raises(BarnabusError, match=r"store\.full"):
        police.take(encoded(refer()), now())
    assert recorded(police) == before
    take(police, refer())


def test_nothing_personal_is_in_the_events_of_who_said_it_nor_of_who_heard_it(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    handoff = referred(by_hand, police, social)
    take(social, on(SOCIAL, "information.ask", handoff, priority="red", questions=["identity"]))
    for app in (police, social):
        events = b"".join(bytes(event.state) for event in app.recorder.select_notifications(start=1, limit=100))
        assert str(handoff).encode() in events or handoff.hex.encode() in events, "the events were looked at"
        for personal in (*NAME.split(), BORN, "physical-abuse", "relatives", "identity", "safe-contact"):
            assert personal.encode() not in events, personal


# what the relay asks


def test_acts_are_given_to_the_relay_one_by_one_in_the_order_they_were_taken(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    handoff = referred(by_hand, police, social)
    by_hand.deliver(police, say(by_hand, social, refer(SOCIAL, to=POLICE)))
    later = [take(police, refer()), take(police, on(POLICE, "referral.ask-withdrawal", handoff, reason="need-met"))]
    assert [by_hand.build_next(police).record.id for _ in later] == later
    assert police.next_act(police.outbox.last_notification()) is None
    newest = take(police, refer())
    assert by_hand.build_next(police).record.id == newest, "having looked once, it still sees what comes"


def test_where_the_log_put_an_act_is_known_once_it_is_logged(by_hand: ByHand, police: AgencyApplication) -> None:
    made = take(police, refer())
    assert police.logged(made) is None
    assert standing(police, made).provisional[0].id == made
    by_hand.log_next(police)
    found = police.logged(made)
    assert found
    assert (found.stamp.position, found.void) == (1, None)
    assert standing(police, made).provisional == ()
    assert police.void_of(uuid4()) is None


def test_an_act_that_the_gateway_can_never_log_is_void(by_hand: ByHand, police: AgencyApplication) -> None:
    made = take(police, refer())
    by_hand.build_next(police)
    police.on_refused(made, "receiver.not-allowed", [])
    assert police.void_of(made) is Void.REFUSED_BY_GATEWAY
    assert standing(police, made).stage is Stage.UNOPENED


def test_content_that_was_erased_before_it_was_built_goes_out_as_withheld(
    by_hand: ByHand, police: AgencyApplication
) -> None:
    command = refer()
    taken = police.take(encoded(command), now())
    police.vault.erase(f"{taken.case_ref}/{command['data']['concerns']['ref']}")
    assert by_hand.build_next(police).record.data.withheld == "erased"


# hearing


def test_a_letter_is_heard_and_told_as_the_sender_said_it(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    command = refer()
    letter = say(by_hand, police, command)
    heard = by_hand.deliver(social, letter)
    assert (heard.state, heard.sender, heard.missing, heard.voided) == ("heard", POLICE, (), ())
    assert heard.told
    assert heard.told["id"] == command["id"]
    assert heard.told["content"]["identity"] == command["data"]["identity"]
    assert heard.told["content"]["safety"]["whereabouts"] == "relatives"
    assert heard.told["standing"]["whose_move"] == "social"


def test_a_letter_that_comes_again_changes_nothing_and_is_told_again(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    letter = say(by_hand, police, refer())
    first = by_hand.deliver(social, letter)
    after = recorded(social)
    again = by_hand.deliver(social, letter)
    assert again.state == "repeated"
    assert again.told == first.told
    assert recorded(social) == after


def test_a_letter_that_comes_again_after_its_content_was_erased_is_not_told(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    command = refer()
    letter = say(by_hand, police, command)
    by_hand.deliver(social, letter)
    social.vault.erase(f"{letter.record.subject}/{command['data']['concerns']['ref']}")
    again = by_hand.deliver(social, letter)
    assert (again.state, again.told) == ("repeated", None)


def test_a_letter_whose_bytes_were_altered_is_not_recorded_and_is_to_be_asked_for(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    letter = say(by_hand, police, refer())
    before = recorded(social)
    for raw in (letter.raw[:-1], letter.raw + b"A", b"", b"\xff", b"x" * 100_000):
        heard = by_hand.deliver(social, replace(letter, raw=raw))
        assert (heard.state, heard.reason, heard.missing) == ("altered", "digest.mismatch", (1,))
    assert recorded(social) == before
    assert by_hand.deliver(social, letter).state == "heard"


def test_a_letter_after_a_gap_is_heard_and_names_what_is_missing(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    first, _, third = (say(by_hand, police, refer()) for _ in range(3))
    by_hand.deliver(social, first)
    heard = by_hand.deliver(social, third)
    assert (heard.state, heard.missing) == ("heard", (2,))


def test_other_bytes_under_a_number_that_was_heard_are_a_fork(by_hand: ByHand, social: AgencyApplication) -> None:
    by_hand.deliver(social, by_hand.forge(act(), POLICE))
    before = recorded(social)
    with pytest.raises(BarnabusError, match=r"chain\.forked"):
        by_hand.deliver(social, by_hand.forge(act(), POLICE))
    assert recorded(social) == before


def test_an_act_heard_before_the_act_that_made_its_handoff_is_folded_in_its_place(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    made = say(by_hand, police, refer())
    asked = say(by_hand, police, on(POLICE, "referral.ask-withdrawal", made.record.id, reason="need-met"))
    early = by_hand.deliver(social, asked)
    assert (early.state, early.missing) == ("heard", (1,))
    unopened = standing(social, made.record.id)
    assert (unopened.stage, [void.reason for void in unopened.voids]) == (Stage.UNOPENED, [Void.NOT_MADE])
    by_hand.deliver(social, made)
    whole = standing(social, made.record.id)
    assert (whole.stage, whole.withdrawal_asked, whole.voids) == (Stage.MADE, True, ())
    assert whole == standing(police, made.record.id)


def test_an_own_act_that_comes_too_late_is_reported_as_void_once(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    handoff = referred(by_hand, police, social)
    late = take(police, on(POLICE, "referral.ask-withdrawal", handoff, reason="need-met"))
    declined = say(
        by_hand, social, on(SOCIAL, "referral.decline", handoff, reason="no-capacity", next_step="sender-keeps")
    )
    assert by_hand.deliver(police, declined).voided == (), "until the log has it, it may still come to count"
    built = by_hand.build_next(police)
    by_hand.position += 1
    token, stamp = by_hand.stamp(built, POLICE)
    (voided,) = police.on_logged(late, stamp, [police.outbox.stamped(built.number, token)])
    assert (voided["id"], voided["reason"], voided["handoff_id"]) == (str(late), "already-declined", str(handoff))
    (letter,) = by_hand.posted(built, stamp)
    assert police.void_of(late) is Void.ALREADY_DECLINED
    assert by_hand.deliver(police, declined).voided == ()
    assert by_hand.deliver(social, letter).voided == (), "it is no act of the Centre's"
    assert standing(social, handoff) == standing(police, handoff)


def case_of(app: AgencyApplication, handoff: UUID) -> str:
    (row,) = app.store.read("SELECT case_ref FROM inbox WHERE record_id = ?", str(handoff))
    return str(row["case_ref"])


def meddling(handoff: UUID, case_ref: str) -> Outgoing:
    """An act of somebody who is no party to the handoff."""
    values = {"handoff_id": str(handoff), "reason": "need-met"}
    return act("referral.withdrawal-asked", subject=case_ref, values=values)


def test_an_act_of_an_agency_that_is_no_party_changes_nothing(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    handoff = referred(by_hand, police, social)
    before = standing(social, handoff)
    by_hand.deliver(social, by_hand.forge(meddling(handoff, case_of(social, handoff)), HEALTH))
    after = standing(social, handoff)
    assert (after.stage, after.withdrawal_asked, after.last) == (before.stage, False, before.last)
    assert [void.reason for void in after.voids] == [Void.NOT_A_PARTY]


def test_an_act_under_another_case_than_its_handoffs_is_parked_and_changes_nothing(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    """What it says would lie where erasing the child of the handoff's case does not look."""
    handoff = referred(by_hand, police, social)
    before, kept = standing(social, handoff), social.store.read("SELECT id FROM vault_items")
    misplaced = by_hand.forge(meddling(handoff, new_case()), HEALTH)
    heard = by_hand.deliver(social, misplaced)
    assert (heard.state, heard.reason, heard.told) == ("parked", "case.mismatch", None)
    assert standing(social, handoff) == before
    assert social.store.read("SELECT id FROM vault_items") == kept
    assert [again.reason for again in social.retry_parked()] == ["case.mismatch"]
    assert parked(social) == {str(misplaced.record.id): "case.mismatch"}


def test_a_misplaced_letter_holds_up_nobody_in_the_case_that_it_names(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    """Else an agency could stop a case at a recipient by an act that has no business there."""
    handoff, case = referred(by_hand, police, social), new_case()
    by_hand.deliver(social, by_hand.forge(meddling(handoff, case), HEALTH))
    letter = say(by_hand, police, refer(case_ref=case))
    assert by_hand.deliver(social, letter).state == "heard"


# parking


@pytest.fixture
def locked_out(social: AgencyApplication) -> Iterator[Callable[[], None]]:
    """The Centre has lost its sealing key; called, it has it again."""
    key, social._sealing_keys = social._sealing_keys, [keys.new_sealing_key("social")]

    def restore() -> None:
        social._sealing_keys = key

    yield restore
    restore()


def parked(app: AgencyApplication) -> dict[str, str]:
    return {row["record_id"]: row["reason"] for row in app.inbox.parked()}


def test_a_letter_that_cannot_be_opened_is_parked_and_so_are_the_later_ones_of_its_case(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication, locked_out: Callable[[], None]
) -> None:
    case = new_case()
    unreadable, behind, free = (say(by_hand, police, refer(case_ref=ref)) for ref in (case, case, new_case()))
    first = by_hand.deliver(social, unreadable)
    assert (first.state, first.reason, first.told) == ("parked", "content.unreadable", None)
    locked_out()
    second = by_hand.deliver(social, behind)
    assert (second.state, second.reason, second.told) == ("parked", "letter.after-parked", None)
    assert by_hand.deliver(social, free).state == "heard"
    assert [row["opened"] for row in social.inbox.letters()] == [0, 1, 1]
    assert by_hand.deliver(social, unreadable) == Heard("repeated", POLICE)


def test_what_is_parked_is_taken_in_by_the_logs_order_once_it_can_be(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication, locked_out: Callable[[], None]
) -> None:
    made = say(by_hand, police, refer())
    asked = say(by_hand, police, on(POLICE, "referral.ask-withdrawal", made.record.id, reason="need-met"))
    for letter in (asked, made):
        assert by_hand.deliver(social, letter).state == "parked"
    (still,) = social.retry_parked()
    assert (still.state, still.reason) == ("parked", "content.unreadable")
    locked_out()
    done = social.retry_parked()
    assert [heard.told["id"] for heard in done if heard.told] == [str(made.record.id), str(asked.record.id)]
    assert parked(social) == {}
    assert standing(social, made.record.id) == standing(police, made.record.id)
    assert social.retry_parked() == []


def test_a_parked_letter_holds_up_nobody_but_its_sender(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication, locked_out: Callable[[], None]
) -> None:
    """Else one sender could stop a child's case at a recipient."""
    case = new_case()
    unreadable = say(by_hand, police, refer(case_ref=case))
    assert by_hand.deliver(social, unreadable).state == "parked"
    locked_out()
    by_another = by_hand.forge(act("referral.made", subject=case, receivers=(SOCIAL,)), HEALTH)
    assert by_hand.deliver(social, by_another).state == "heard"


def test_what_is_set_aside_holds_up_nothing_and_can_be_tried_again_by_its_name(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication, locked_out: Callable[[], None]
) -> None:
    case = new_case()
    first, second = (say(by_hand, police, refer(case_ref=case)) for _ in range(2))
    by_hand.deliver(social, first)
    social.store.write(social.inbox.set_aside(str(first.record.id)))
    locked_out()
    assert by_hand.deliver(social, second).state == "heard"
    assert social.retry_parked() == [], "all means all that is parked"
    assert [heard.state for heard in social.retry_parked([str(first.record.id)])] == ["heard"]
    assert social.inbox.parked("set-aside") == []


def test_a_parked_letter_is_not_taken_in_before_an_earlier_one_of_its_case(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication, locked_out: Callable[[], None]
) -> None:
    case = new_case()
    first, second = (say(by_hand, police, refer(case_ref=case)) for _ in range(2))
    other = say(by_hand, police, refer())
    for letter in (first, second, other):
        by_hand.deliver(social, letter)
    locked_out()
    assert social.retry_parked([str(second.record.id)]) == []
    assert len(social.retry_parked([str(other.record.id)])) == 1
    assert len(social.retry_parked([str(first.record.id)])) == 1
    assert list(parked(social)) == [str(second.record.id)]


def test_a_letter_that_could_not_be_handled_is_parked_by_its_own_name(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    letter = say(by_hand, police, refer())
    heard = social.park_failed(letter.raw, letter.postmark, now())
    assert (heard.state, heard.reason) == ("parked", "letter.failed")
    (done,) = social.retry_parked()
    assert done.told
    assert done.told["id"] == str(letter.record.id)


# letters of somebody who does not do as ours do


@pytest.fixture
def lying(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """From now on every letter's signed content says something else, or is signed with another's key."""

    def lie(claims: dict[str, Any] | None = None, fields: dict[str, Any] | None = None, key: Any = None) -> None:
        real = content.sign

        def sign(true: Any, said: Any, own: Any) -> tuple[str, str]:
            return real({**true, **(claims or {})}, {**said, **(fields or {})}, key or own)

        monkeypatch.setattr(content, "sign", sign)

    return lie


@pytest.mark.parametrize(
    ("claims", "fields", "code"),
    [
        ({"sender": "health"}, {}, "signature.invalid"),
        ({"recipient": "health"}, {}, "signature.invalid"),
        ({"case_ref": new_case()}, {}, "signature.invalid"),
        ({"id": str(uuid4())}, {}, "signature.invalid"),
        ({"number": 2}, {}, "signature.invalid"),
        ({"type": "child.search"}, {}, "type.unknown"),
        ({"version": "9.0"}, {}, "version.unknown"),
        ({"type": "submission.refused"}, {}, "receiver.not-allowed"),
        ({"about": None}, {}, "field.invalid"),
        ({"withheld": "erased"}, {}, "field.unknown"),
        ({"remark": "x"}, {}, "field.unknown"),
        ({}, {"narrative": "x"}, "content.never-travels"),
        ({}, {"concerns": {"ref": "Filane", "role": "child"}}, "field.invalid"),
    ],
)
def test_a_letter_that_says_what_it_may_not_is_parked_with_its_code(
    by_hand: ByHand,
    social: AgencyApplication,
    lying: Callable[..., None],
    claims: dict[str, Any],
    fields: dict[str, Any],
    code: str,
) -> None:
    lying(claims, fields)
    heard = by_hand.deliver(social, by_hand.forge(act(), POLICE))
    assert (heard.state, heard.reason) == ("parked", code)


@pytest.mark.parametrize("other", [HEALTH, "gateway"])
def test_a_letter_signed_with_anothers_key_is_parked(
    by_hand: ByHand, social: AgencyApplication, lying: Callable[..., None], other: str
) -> None:
    lying(key=by_hand.key(other))
    assert by_hand.deliver(social, by_hand.forge(act(), POLICE)).reason == "key.unknown"


def test_a_letter_that_does_not_follow_on_the_one_before_is_parked(by_hand: ByHand, social: AgencyApplication) -> None:
    by_hand.deliver(social, by_hand.forge(act(), POLICE))
    heard = by_hand.deliver(social, by_hand.forge(act(), POLICE, Head(1, NOTHING_BEFORE)))
    assert (heard.state, heard.reason) == ("parked", "chain.broken")


def test_a_letter_of_a_newer_version_is_taken_in_once_that_version_is_known(
    by_hand: ByHand, social: AgencyApplication, lying: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    lying({"version": "2.0"})
    letter = by_hand.forge(act(), POLICE)
    assert by_hand.deliver(social, letter).reason == "version.unknown"
    newer = replace(entry_of("referral.made"), version="2.0")
    monkeypatch.setattr("contracts.check.entry_of", lambda *_: newer)
    (heard,) = social.retry_parked()
    assert heard.told
    assert heard.told["version"] == "2.0"


def test_a_letter_sealed_to_somebody_else_is_parked(by_hand: ByHand, social: AgencyApplication) -> None:
    to_health = by_hand.forge(act(receivers=(HEALTH,)), POLICE, recipient=SOCIAL)
    assert by_hand.deliver(social, to_health).reason == "content.unreadable"


def test_what_the_gateway_did_not_postmark_for_this_agency_is_no_letter_at_all(
    by_hand: ByHand, social: AgencyApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = recorded(social)
    letter = by_hand.forge(act(), POLICE)
    anothers = by_hand.forge(act(receivers=(HEALTH,)), POLICE)
    with monkeypatch.context() as patched:
        patched.setattr(ByHand, "key", lambda _, owner: keys.read_jwk(by_hand.settings.keys(POLICE) / "signing.jwk"))
        of_the_police = by_hand.forge(act(), POLICE).postmark
    for mark, code in (
        (anothers.postmark, "signature.invalid"),
        (of_the_police, "key.unknown"),
        ("", "signature.invalid"),
        ("a.b.c", "signature.invalid"),
        (letter.postmark[:-5] + "AAAAA", "signature.invalid"),
    ):
        with pytest.raises(BarnabusError) as rejected:
            by_hand.deliver(social, replace(letter, postmark=mark))
        assert rejected.value.code == code
    assert recorded(social) == before


# receipts


def test_what_a_recipient_has_signed_for_is_noted(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    say(by_hand, police, refer())
    police.note_receipt(by_hand.receipt_notice(SOCIAL, POLICE, [1]))
    (row,) = police.store.read("SELECT received_at, opened FROM outbox_letters")
    assert row["received_at"]
    assert row["opened"] == 1


def test_a_receipt_that_its_recipient_did_not_sign_or_that_is_not_for_us_is_rejected(
    by_hand: ByHand, police: AgencyApplication
) -> None:
    say(by_hand, police, refer())
    for notice, code in (
        (by_hand.receipt_notice(SOCIAL, POLICE, [1], signer=HEALTH), "key.unknown"),
        (by_hand.receipt_notice(SOCIAL, PROSECUTION, [1]), "signature.invalid"),
        (
            by_hand.receipt_notice(SOCIAL, POLICE, [1]).model_copy(
                update={"stamp": by_hand.receipt_notice(SOCIAL, POLICE, [1]).stamp}
            ),
            "signature.invalid",
        ),
    ):
        with pytest.raises(BarnabusError) as rejected:
            police.note_receipt(notice)
        assert rejected.value.code == code
    assert police.store.read("SELECT received_at FROM outbox_letters") == [{"received_at": None}]


def test_what_a_store_holds_is_told_as_facts(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    handoff = referred(by_hand, police, social)
    (social_facts, police_facts) = (social.facts(), police.facts())
    assert (police_facts.acts, police_facts.letters) == (frozenset({str(handoff)}), frozenset())
    assert (social_facts.acts, social_facts.letters) == (frozenset(), frozenset({("police", 1)}))
    assert (social_facts.parked, social_facts.refused) == (0, frozenset())
