"""A submission: what its record says for ever, what each letter says to one receiver, and what neither may hold."""

import json
from datetime import timedelta, timezone
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from bus import content, keys, seal
from bus.arrivals import NOTICE_LIMIT_BYTES, open_letter
from bus.log import POSTMARK_TYP
from bus.submission import RECORD_TYP, Built, Head, Outgoing, build
from contracts import check, documents
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.envelope import (
    LETTER_LIMIT_BYTES,
    RECEIPT_LIMIT_LETTERS,
    SUBMISSION_LIMIT_BYTES,
    Letter,
    Notice,
    Postmark,
    Submission,
)
from contracts.events.post import LetterReceived, Receipt
from contracts.standing import Move
from contracts.tiers import LOGGED, tiers_of
from tests.builders import BORN, HEALTH, NAME, POLICE, PROSECUTION, SOCIAL, START, ByHand, act, now

EVERYTHING = {"identity": {"full_name": NAME, "date_of_birth": BORN}}
ACTS = [name for name, entry in CATALOGUE.items() if entry.move]


@pytest.fixture
def built(by_hand: ByHand) -> Any:
    def make(outgoing: Outgoing, head: Head = START, link: Head = START) -> Built:
        links = dict.fromkeys(outgoing.receivers, link)
        return build(outgoing, POLICE, head, links, by_hand.key(POLICE), by_hand.directory)

    return make


def submission(found: Built) -> Submission:
    return Submission.model_validate_json(found.body)


def opened(found: Built, to: Agency, by_hand: ByHand) -> tuple[dict[str, Any], dict[str, Any], str]:
    jwe = {letter.to: letter.jwe for letter in submission(found).letters}[to]
    key: OKPKey = keys.read_jwk(by_hand.settings.keys(to) / "sealing.jwk")
    return content.verify(seal.unseal(jwe, key).decode(), by_hand.directory.signer(POLICE, None))


def leaves(value: Any) -> set[str]:
    """Every value in a document that is not a number, a flag or nothing, as text."""
    if isinstance(value, dict):
        return {leaf for inner in value.values() for leaf in leaves(inner)}
    if isinstance(value, list | tuple):
        return {leaf for inner in value for leaf in leaves(inner)}
    return {value} if isinstance(value, str) else set()


@pytest.mark.parametrize("type_name", ACTS)
def test_a_record_holds_no_value_of_a_tier_that_may_need_erasing(built: Any, type_name: str) -> None:
    values = dict(CATALOGUE[type_name].example)
    tiers = tiers_of(CATALOGUE[type_name].content)
    private = {name: value for name, value in values.items() if tiers[name] not in LOGGED}
    known = leaves({name: value for name, value in values.items() if tiers[name] in LOGGED})
    found = built(act(type_name, values=values, receivers=(SOCIAL, HEALTH, PROSECUTION)))
    assert found.record.data.about
    known |= leaves(found.record.data.about.model_dump(mode="json"))
    record = submission(found).record
    assert not [leaf for leaf in leaves(private) - known if f'"{leaf}"' in record]
    assert not [name for name in private if f'"{name}"' in record]
    assert found.record.data.content.keys() == {name for name in values if tiers[name] in LOGGED}


def test_a_submission_on_the_wire_holds_nothing_of_a_letter_in_clear(built: Any) -> None:
    body = built(act(values=EVERYTHING)).body
    for word in (*NAME.split(), BORN, "sexual-abuse", "relatives", "suspect-at-large"):
        assert word.encode() not in body
        assert seal.b64(word.encode())[1:-2].encode() not in body


@pytest.mark.parametrize("to", [SOCIAL, HEALTH, PROSECUTION])
def test_a_letter_holds_the_tiers_that_its_receiver_may_see(built: Any, by_hand: ByHand, to: Agency) -> None:
    entry = CATALOGUE["referral.made"]
    found = built(act(values=EVERYTHING, receivers=(to,)))
    _, fields, digest = opened(found, to, by_hand)
    tiers = tiers_of(entry.content)
    assert {tiers[name] for name in fields} <= entry.seen_by(to)
    assert fields["identity"] == EVERYTHING["identity"]
    (letter,) = found.record.data.letters
    assert (letter.content, frozenset(letter.tiers)) == (digest, entry.seen_by(to))


def test_a_record_commits_to_each_letters_sealed_bytes_and_signed_content(built: Any, by_hand: ByHand) -> None:
    found = built(act(receivers=(SOCIAL, HEALTH)))
    for entry, letter in zip(found.record.data.letters, submission(found).letters, strict=True):
        assert entry.to is letter.to
        assert entry.sealed == seal.digest(letter.jwe)
        assert entry.content == opened(found, entry.to, by_hand)[2]


def test_the_bytes_that_are_kept_are_the_bytes_that_were_signed(built: Any, by_hand: ByHand) -> None:
    found = built(act())
    sent = submission(found)
    assert seal.digest(sent.record) == found.record_digest
    find = by_hand.directory.signer(POLICE, None)
    seal.verify_detached(sent.record.encode(), sent.signature, find, typ=RECORD_TYP)
    check.submission(found.body, limit_bytes=SUBMISSION_LIMIT_BYTES)
    check.record(found.record)


def test_a_letter_says_nothing_of_other_receivers(built: Any, by_hand: ByHand) -> None:
    found = built(act(receivers=(SOCIAL, HEALTH)))
    claims, fields, _ = opened(found, HEALTH, by_hand)
    assert "social" not in json.dumps({**claims, "content": {**fields, "to": None}})
    others = {letter.to: letter.jwe for letter in submission(found).letters}[SOCIAL]
    with pytest.raises(Exception, match=r"content\.unreadable"):
        seal.unseal(others, keys.read_jwk(by_hand.settings.keys(HEALTH) / "sealing.jwk"))


def test_record_and_letter_carry_the_same_correlation_and_causation(built: Any, by_hand: ByHand) -> None:
    outgoing = act(causation_id=act().record_id)
    found = built(outgoing)
    claims, _, _ = opened(found, SOCIAL, by_hand)
    assert found.record.correlationid == outgoing.correlation_id
    assert found.record.causationid == outgoing.causation_id
    assert claims["correlation_id"] == str(outgoing.correlation_id)
    assert claims["causation_id"] == str(outgoing.causation_id)


def test_it_takes_the_next_place_on_its_chain_and_on_each_link(built: Any, by_hand: ByHand) -> None:
    head, link = Head(4, seal.digest("record 4")), Head(9, seal.digest("letter 9"))
    found = built(act(), head, link)
    assert (found.number, found.record.number, found.record.previous) == (5, 5, head.digest)
    (entry,) = found.record.data.letters
    assert (entry.number, entry.previous) == (10, link.digest)
    claims, _, _ = opened(found, SOCIAL, by_hand)
    assert (claims["number"], claims["previous"]) == (10, link.digest)


def test_what_was_erased_goes_out_as_withheld_with_codes_alone(built: Any, by_hand: ByHand) -> None:
    codes = {"to": "social", "service": "welfare-check", "urgency": "urgent"}
    codes |= {"concerns": CATALOGUE["referral.made"].example["concerns"]}
    outgoing = Outgoing(
        record_id=act().record_id,
        type="referral.made",
        subject=act().subject,
        time=act().time,
        about=act().about,
        values=codes,
        receivers=(SOCIAL,),
        withheld="erased",
    )
    found = built(outgoing)
    claims, fields, _ = opened(found, SOCIAL, by_hand)
    assert claims["withheld"] == found.record.data.withheld == "erased"
    assert fields == codes
    assert set(found.record.data.letters[0].tiers) == LOGGED
    check.letter(Letter.model_validate(claims | {"content": fields}), SOCIAL)


@pytest.mark.parametrize("type_name", ACTS)
def test_the_largest_content_that_passes_the_check_fits_a_letter(built: Any, type_name: str) -> None:
    """Otherwise an act would be recorded that no letter can carry, and the relay would jam."""
    values = dict(CATALOGUE[type_name].example)
    if "identity" in values:
        values["identity"] = {"full_name": "\U0001f600" * 120, "date_of_birth": BORN}
    if "answers" in values:
        values["answers"] = [{"question": "safe-contact", "answer": "unknown", "ask_office": "a" * 40}] * 7
    entry = CATALOGUE[type_name]
    documents.read(entry.content, values)
    found = built(act(type_name, values=values, receivers=tuple(sorted(entry.receivers - {POLICE}))))
    assert max(len(letter.jwe) for letter in submission(found).letters) < LETTER_LIMIT_BYTES
    assert len(found.body) < SUBMISSION_LIMIT_BYTES


def test_the_longest_receipt_fits_its_record_and_its_notice(built: Any) -> None:
    moment = now().astimezone(timezone(timedelta(hours=2)))
    letters = [
        LetterReceived(number=10**9 + number, received_at=moment, opened=False)
        for number in range(RECEIPT_LIMIT_LETTERS)
    ]
    values = Receipt(sender=SOCIAL, letters=tuple(letters)).model_dump(mode="json")
    link = "link.social.police"
    found = built(act("receipt", subject=link, about=None, receivers=(), values=values, correlation_id=None))
    sent, record = check.submission(found.body, limit_bytes=SUBMISSION_LIMIT_BYTES)
    check.record(record)
    notice = Notice(kind="receipt", record=sent.record, signature=sent.signature, stamp="x" * 1024)
    assert len(notice.model_dump_json().encode()) < NOTICE_LIMIT_BYTES


def test_a_letter_opens_at_its_receiver_as_what_was_said(by_hand: ByHand) -> None:
    letter = by_hand.forge(act(values=EVERYTHING), POLICE)
    find = by_hand.directory.signer("gateway", None)
    mark = Postmark.model_validate_json(seal.verify(letter.postmark, find, typ=POSTMARK_TYP))
    key = keys.read_jwk(by_hand.settings.keys(SOCIAL) / "sealing.jwk")
    found = open_letter(letter.raw.decode(), mark, None, [key], by_hand.directory)
    assert found.entry.move is Move.MAKE
    assert found.content.model_dump(mode="json")["identity"] == EVERYTHING["identity"]
