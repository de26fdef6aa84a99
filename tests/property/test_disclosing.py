"""Whatever fields of a letter are opened prove themselves against the log, and nothing put in their place does."""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus import content, directory, disclosing, keys, seal
from bus.disclosing import Named
from bus.log import Logged
from bus.submission import Built, build
from contracts.agencies import Agency
from contracts.envelope import Stamp, Submission
from contracts.errors import BarnabusError, Refused
from tests.builders import HEALTH, POLICE, SOCIAL, START, act, now

SIGNING = {agency: keys.new_signing_key(agency) for agency in (POLICE, HEALTH, SOCIAL)}
SEALING = {agency: keys.new_sealing_key(agency) for agency in (SOCIAL, HEALTH)}
KEYRING = directory.Directory(
    issued_at=now(),
    keys=tuple(directory.entry(owner, key, now()) for held in (SIGNING, SEALING) for owner, key in held.items()),
)
CASE = act().subject


@cache
def letter(by: Agency = POLICE, to: Agency = SOCIAL, nth: int = 0) -> tuple[Named, str, Logged]:
    """A letter that was logged: how it is named, its signed content as its recipient keeps it, and its record."""
    built = build(act(receivers=(to,), subject=CASE), by, START, {to: START}, SIGNING[by], KEYRING)
    signed = seal.unseal(Submission.model_validate_json(built.body).letters[0].jwe, SEALING[to]).decode()
    return Named(by, built.record.id, to, CASE), signed, logged(built, by, position=nth + 1)


def logged(built: Built, by: Agency, position: int) -> Logged:
    digest = built.record_digest
    stamp = Stamp(position=position, logged_at=now(), account=by, record_id=built.record.id, record=digest)
    return Logged(built.record, digest, stamp, built.record.subject)


FIELDS = disclosing.names(letter()[1])
SUBSETS = st.sets(st.sampled_from(FIELDS))


def unproven(disclosed: str, of: Named, *log: Logged) -> str:
    with pytest.raises(BarnabusError) as raised:
        disclosing.prove(disclosed, of, log, KEYRING)
    assert raised.value.code == "content.unproven"
    assert str(of.id) in str(raised.value.detail), "it names the record"
    return str(raised.value.detail)


def said(signed: str) -> dict[str, Any]:
    return content.verify(signed, lambda _: SIGNING[POLICE])[1]


@given(SUBSETS)
def test_whatever_is_opened_proves_and_is_all_that_is_opened(chosen: set[str]) -> None:
    of, signed, record = letter()
    disclosed = disclosing.select(signed, chosen)
    proven = disclosing.prove(disclosed, of, [record], KEYRING)
    assert proven.fields == {name: value for name, value in said(signed).items() if name in chosen}
    assert (proven.record, proven.type) == (record, "referral.made")
    assert disclosed.count("~") == len(chosen) + 1, "of the others not even the salt"


@settings(max_examples=300)
@given(SUBSETS, st.data())
def test_no_flipped_bit_passes(chosen: set[str], data: st.DataObject) -> None:
    of, signed, record = letter()
    raw = bytearray(disclosing.select(signed, chosen).encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= 1 << data.draw(st.integers(0, 6))
    unproven(raw.decode(), of, record)


@given(st.sampled_from(FIELDS), st.binary(min_size=16, max_size=16))
def test_the_true_value_under_another_salt_proves_nothing(name: str, salt: bytes) -> None:
    of, signed, record = letter()
    forged = seal.b64(seal.dump([seal.b64(salt), name, said(signed)[name]]))
    assert "signature.invalid" in unproven("~".join([signed.partition("~")[0], forged, ""]), of, record)


@given(st.sampled_from(FIELDS), st.one_of(st.text(max_size=20), st.booleans(), st.none()))
def test_no_other_value_under_the_true_salt_passes(name: str, value: Any) -> None:
    of, signed, record = letter()
    true = next(text for text in signed.split("~")[1:-1] if json.loads(seal.unb64(text))[1] == name)
    salt, _, was = json.loads(seal.unb64(true))
    if value == was:
        return
    forged = seal.b64(seal.dump([salt, name, value]))
    unproven("~".join([signed.partition("~")[0], forged, ""]), of, record)


@given(st.sampled_from(FIELDS))
def test_a_field_of_another_letter_does_not_pass_in_this_one(name: str) -> None:
    of, signed, record = letter()
    _, other, _ = letter(nth=1)
    foreign = disclosing.select(other, [name]).partition("~")[2]
    unproven(signed.partition("~")[0] + "~" + foreign, of, record)


def test_a_whole_letter_does_not_pass_for_another() -> None:
    of, _, record = letter()
    other_of, other, other_record = letter(nth=1)
    unproven(other, of, record, other_record)
    assert disclosing.prove(other, other_of, [record, other_record], KEYRING).of == other_of
    unproven(other, Named(HEALTH, other_of.id, SOCIAL, CASE), other_record)
    unproven(other, Named(POLICE, other_of.id, HEALTH, CASE), other_record)
    unproven(other, Named(POLICE, other_of.id, SOCIAL, act().subject), other_record)


def test_what_its_sender_signs_again_otherwise_is_not_what_the_log_names() -> None:
    """A sender who has thought better of it: its signature holds, and the record says what was said then."""
    of, signed, record = letter()
    claims, fields, _ = content.verify(signed, lambda _: SIGNING[POLICE])
    otherwise, _ = content.sign(claims, {**fields, "safety": None}, SIGNING[POLICE])
    assert "digest.mismatch" in unproven(otherwise, of, record)
    assert "digest.mismatch" in unproven(signed, of), "nor is what the log does not have"


def test_none_is_left_out_or_put_in_unnoticed() -> None:
    """By whoever passes it on: the log says which fields of which letters were opened."""
    first, second = letter(), letter(nth=1)
    log = [first[2], second[2]]
    wanted = [(first[0], {"safety"}), (second[0], {"urgency", "safety"})]
    true = [disclosing.select(first[1], ["safety"]), disclosing.select(second[1], ["urgency", "safety"])]
    assert [set(one.fields) for one in disclosing.prove_exactly(true, wanted, log, KEYRING)] == [of[1] for of in wanted]
    fewer, more = disclosing.select(second[1], ["safety"]), disclosing.select(first[1], ["safety", "identity"])
    for altered in (true[:1], [*true, true[0]], true[::-1], [true[0], fewer], [more, true[1]]):
        with pytest.raises(BarnabusError) as raised:
            disclosing.prove_exactly(altered, wanted, log, KEYRING)
        assert raised.value.code == "content.unproven"


def test_a_field_that_a_letter_has_not_is_refused() -> None:
    with pytest.raises(Refused) as raised:
        disclosing.select(letter()[1], ["safety", "shoe_size"])
    assert (raised.value.code, raised.value.detail) == ("content.no-such-field", "Not in it: shoe_size.")


def test_what_is_sealed_to_one_person_is_unreadable_for_another() -> None:
    person, another = keys.new_sealing_key("a"), keys.new_sealing_key("b")
    sealed = disclosing.seal_to(person, [letter()[1]])
    assert disclosing.unsealed(sealed, person) == [letter()[1]]
    for key in (another, SEALING[SOCIAL]):
        with pytest.raises(BarnabusError) as raised:
            disclosing.unsealed(sealed, key)
        assert raised.value.code == "content.unreadable"


def test_a_letter_that_says_otherwise_than_its_record_what_it_opens_shows_nothing() -> None:
    """A hostile holder: the log, and with it what is written down of who looked, would have another record."""
    of, signed, record = letter()
    person = keys.new_sealing_key("a")
    sealed = disclosing.seal_to(person, [disclosing.select(signed, ["safety"])])
    records = [{"by": "police", "id": str(of.id), "fields": ["safety"]}]
    values = {"handoff_id": str(of.id), "records": records, "sealed": sealed}
    made = act("content.opened", values=values, receivers=(HEALTH,), subject=CASE)
    built = build(made, SOCIAL, START, {HEALTH: START}, SIGNING[SOCIAL], KEYRING)
    answer = seal.unseal(Submission.model_validate_json(built.body).letters[0].jwe, SEALING[HEALTH]).decode()
    told, logged_as = Named(SOCIAL, built.record.id, HEALTH, CASE), logged(built, SOCIAL, position=9)
    assert disclosing.opened(answer, told, person, [record, logged_as], KEYRING)[1][0].of == of
    other = {**logged_as.record.data.content, "records": [{**records[0], "id": str(made.record_id)}]}
    data = logged_as.record.data.model_copy(update={"content": other})
    lying = Logged(logged_as.record.model_copy(update={"data": data}), "", logged_as.stamp, CASE)
    with pytest.raises(BarnabusError) as raised:
        disclosing.opened(answer, told, person, [record, lying], KEYRING)
    assert raised.value.code == "content.unproven"
