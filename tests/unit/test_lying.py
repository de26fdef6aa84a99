"""Letters of somebody who does not do as ours do are parked with their codes, or are no letters at all."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from bus import content, keys
from bus.submission import Head
from contracts.catalogue import entry_of
from contracts.errors import BarnabusError
from contracts.ids import NOTHING_BEFORE
from services.agency import AgencyApplication
from tests.builders import (
    HEALTH,
    POLICE,
    SOCIAL,
    ByHand,
    act,
    new_case,
)
from tests.unit.spoken import recorded

pytestmark = pytest.mark.usefixtures("database")


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
