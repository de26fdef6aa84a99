"""What stood at which position: by signed evidence alone, each entry once, and nothing behind what nobody can prove."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bus import evidence, rekeying, seal
from bus.evidence import Evidence, Held
from bus.ledger import Place
from bus.log import STAMP_TYP
from bus.reconciling import Plan, plan
from bus.submission import Built
from contracts.agencies import Agency
from contracts.envelope import Stamp
from contracts.errors import BarnabusError
from services.agency import AgencyApplication
from tests.builders import POLICE, SOCIAL, ByHand, encoded, now, on, refer

NOBODY_ELSE = tuple(Evidence(f"the store of {agency}", agency) for agency in Agency if agency not in (POLICE, SOCIAL))


@dataclass
class Two:
    """Police and social with their stores; `log` is what the gateway's log would hold."""

    by_hand: ByHand
    police: AgencyApplication
    social: AgencyApplication

    def says(self, *, heard: bool = True) -> str:
        """The police refer a child; its id."""
        taken = self.police.take(encoded(refer()), now())
        (letter,) = self.by_hand.log_next(self.police)
        if heard:
            self.by_hand.deliver(self.social, letter)
        return str(taken.id)

    def unanswered(self, *, heard: bool) -> tuple[Built, Stamp]:
        """The police refer; the record is logged, and the police die before they have the answer."""
        self.police.take(encoded(refer()), now())
        built = self.by_hand.build_next(self.police)
        self.by_hand.position += 1
        _, stamp = self.by_hand.stamp(built, POLICE)
        if heard:
            self.by_hand.deliver(self.social, self.by_hand.posted(built, stamp)[0])
        return built, stamp

    def answers(self, handoff: str) -> str:
        taken = self.social.take(encoded(on(SOCIAL, "referral.accept", handoff)), now())
        self.by_hand.log_next(self.social)
        return str(taken.id)

    @property
    def evidence(self) -> list[Evidence]:
        return [evidence.of_store(app.agency, app.outbox, app.inbox) for app in (self.police, self.social)]

    def plan(self, given: Iterable[Evidence] | None = None, *, without: Iterable[int] = (), last: int = 0) -> Plan:
        """By this evidence, or all of it; the log still has its first `last` entries, but for some."""
        keyring = self.by_hand.directory

        def sign(stamp: Stamp) -> str:
            return seal.sign(stamp.model_dump_json().encode(), self.by_hand.key("gateway"), typ=STAMP_TYP)

        all_of_it = plan({}, 0, self.evidence, keyring, sign).entries
        kept = {one.entry.position: one.entry for one in all_of_it[:last] if one.entry.position not in set(without)}
        return plan(kept, last, self.evidence if given is None else given, keyring, sign)


@pytest.fixture
def two(by_hand: ByHand) -> Iterator[Two]:
    police, social = by_hand.application(POLICE), by_hand.application(SOCIAL)
    yield Two(by_hand, police, social)
    police.close()
    social.close()


def ids(found: Plan) -> list[str]:
    return [str(one.logged.record.id) for one in found.entries]


def test_a_lost_log_comes_back_in_its_order_from_the_outboxes_with_the_stamps_they_hold(two: Two) -> None:
    first = two.says()
    wanted = [first, two.answers(first), two.says()]
    found = two.plan()
    assert ids(found) == wanted
    assert [one.origin for one in found.entries] == [f"the store of {name}" for name in ("police", "social", "police")]
    assert [one.anew for one in found.entries] == [None] * 3
    assert (found.kept, found.appends, found.whole, found.unproven) == (0, True, False, ())


def test_a_log_that_holds_everything_is_whole(two: Two) -> None:
    for _ in range(3):
        two.says()
    found = two.plan(last=3)
    assert (found.whole, found.restored, found.kept) == (True, (), 3)


def test_a_shortened_log_is_added_to_and_a_hole_has_it_made_anew(two: Two) -> None:
    for _ in range(4):
        two.says()
    shortened, holed = two.plan(last=2), two.plan(last=4, without=[2])
    assert (shortened.kept, shortened.appends) == (2, True)
    assert (holed.kept, holed.appends, dict(holed.damaged)) == (1, False, {2: "It is gone."})
    assert ids(shortened) == ids(holed) == ids(two.plan())


def test_an_altered_entry_is_replaced_by_what_its_sender_holds(two: Two) -> None:
    wanted = [two.says() for _ in range(3)]
    keyring, entries = two.by_hand.directory, [one.entry for one in two.plan().entries]
    altered = {entry.position: entry for entry in entries}
    altered[2] = replace(altered[2], text=altered[2].text.replace("referral", "referraI", 1))
    found = plan(altered, 3, two.evidence, keyring, lambda _: "never asked for")
    assert (ids(found), set(found.damaged)) == (wanted, {2})
    assert [one.entry for one in found.entries] == entries


def test_what_its_sender_never_got_a_stamp_for_has_the_place_and_time_of_its_letters_postmark(two: Two) -> None:
    two.says()
    built, stamp = two.unanswered(heard=True)
    one = two.plan().entries[-1]
    assert (one.logged.stamp, one.logged.digest) == (stamp, built.record_digest)
    assert one.anew == "by the postmark of its letter to social"


def test_a_gateways_ledger_proves_the_place_of_what_nobody_has_heard_of(two: Two) -> None:
    two.says()
    built, stamp = two.unanswered(heard=False)
    assert len(two.plan().entries) == 1, "nobody knows that it was logged: its relay sends it again"
    place = Place("police", built.number, 2, built.record_digest, str(built.record.id), stamp.logged_at.isoformat())
    found = two.plan([*two.evidence, Evidence("the ledger of gateway a", places=(place,))])
    assert [one.anew for one in found.entries] == [None, "by a gateway's ledger"]
    assert found.entries[1].logged.stamp == stamp


def test_a_receipt_is_held_by_whom_it_was_given_to_as_well(two: Two) -> None:
    two.says()
    two.police.note_receipt(two.by_hand.receipt_notice(SOCIAL, POLICE, [1]))
    found = two.plan()
    assert [(one.logged.record.type, one.origin) for one in found.entries][1:] == [("receipt", "the store of police")]


@pytest.fixture
def hole(two: Two) -> Two:
    """Nobody has proof of position 2: its sender has no stamp, and its letter was lost with the server."""
    first = two.says()
    two.unanswered(heard=False)
    two.answers(first)
    return two


def test_a_position_that_nobody_can_prove_is_named_and_nothing_is_restored_behind_it(hole: Two) -> None:
    found = hole.plan()
    assert (len(found.entries), [one.position for one in found.unproven]) == (1, [2])
    assert "health, keeper, oversight, prosecution" in found.unproven[0].known


def test_it_is_the_one_waiting_record_that_fits_once_every_agency_has_shown_what_it_holds(hole: Two) -> None:
    found = hole.plan([*hole.evidence, *NOBODY_ELSE])
    assert [one.anew for one in found.entries] == [None, "as the only record of any agency that fits there", None]
    assert found.unproven == ()


def test_but_not_if_its_key_has_ended_since(hole: Two) -> None:
    """Nobody's stamp says that it came before. Its sender's relay signs it anew."""
    settings = hole.by_hand.settings
    rekeying.carry_out(rekeying.plan(settings, POLICE, "sig"), settings, now(), others_until=now())
    assert hole.plan([*hole.evidence, *NOBODY_ELSE]).unproven


def test_of_two_that_would_fit_none_is_taken(two: Two) -> None:
    two.says()
    two.unanswered(heard=False)
    two.social.take(encoded(refer(SOCIAL, to=POLICE)), now())
    two.by_hand.build_next(two.social)
    later = Evidence("the ledger of gateway a", places=(Place("health", 1, 3, "x", "y", now().isoformat()),))
    found = two.plan([*two.evidence, *NOBODY_ELSE, later])
    assert (len(found.entries), [one.position for one in found.unproven]) == (1, [2, 3])


def test_two_records_that_were_stamped_for_one_position_are_never_chosen_between(two: Two) -> None:
    """The server had lost position 2, and somebody let a gateway use it again."""
    first = two.says()
    two.says(heard=False)
    two.by_hand.position = 1
    two.answers(first)
    found = two.plan()
    assert (len(found.entries), found.unproven[0].position) == (1, 2)
    assert "two records" in found.unproven[0].known


def test_nor_between_two_that_letters_speak_of(two: Two) -> None:
    two.says()
    two.unanswered(heard=True)
    two.by_hand.position = 1
    two.unanswered(heard=True)
    found = two.plan()
    assert (len(found.entries), found.unproven[0].known) == (1, "Letters' postmarks speak of two records.")


def test_who_has_shown_nothing_is_named(two: Two) -> None:
    assert two.plan().silent == (Agency.HEALTH, Agency.KEEPER, Agency.OVERSIGHT, Agency.PROSECUTION)
    assert two.plan([*two.evidence, *NOBODY_ELSE]).silent == ()


def _unsigned(held: Held) -> Held:
    return replace(held, signature=held.signature[:-8] + "AAAAAAAA")


def _altered(held: Held) -> Held:
    return replace(held, text=held.text.replace("urgent", "routin"))


def _moved(held: Held) -> Held:
    assert held.stamp
    head, payload, signature = held.stamp.split(".")
    stamp = Stamp.model_validate_json(seal.unb64(payload)).model_copy(update={"position": 1})
    return replace(held, stamp=f"{head}.{seal.b64(stamp.model_dump_json().encode())}.{signature}")


@pytest.mark.parametrize("how", [_unsigned, _altered, _moved])
def test_what_is_not_signed_as_it_must_be_is_no_evidence(two: Two, how: Callable[[Held], Held]) -> None:
    two.says()
    two.says(heard=False)
    own, others = two.evidence
    found = two.plan([replace(own, records=(own.records[0], how(own.records[1]))), others])
    assert len(found.entries) == 1


def test_an_agencys_word_for_a_record_without_a_stamp_counts_for_its_own_records_alone(two: Two) -> None:
    two.unanswered(heard=True)
    (own, others) = two.evidence
    stolen = replace(own, agency=SOCIAL)
    assert two.plan([stolen, others]).entries == ()


def test_evidence_goes_through_a_file_and_holds_no_letter(two: Two, tmp_path: Path) -> None:
    two.says()
    two.unanswered(heard=True)
    for one in two.evidence:
        path = tmp_path / "evidence.jsonl"
        path.write_text("".join(f"{line}\n" for line in evidence.lines(one)))
        assert evidence.read(path) == one
        assert '"jwe"' not in path.read_text()


@pytest.mark.parametrize("text", ["", "[]", "{}\n{}", "nonsense"])
def test_a_file_that_holds_no_evidence_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "evidence.jsonl"
    path.write_text(text)
    with pytest.raises(BarnabusError, match=r"file\.unreadable"):
        evidence.read(path)


def test_a_file_that_was_cut_off_is_refused(two: Two, tmp_path: Path) -> None:
    two.says()
    path = tmp_path / "evidence.jsonl"
    path.write_text("\n".join(list(evidence.lines(two.evidence[0]))[:-1]))
    with pytest.raises(BarnabusError, match="not whole"):
        evidence.read(path)
