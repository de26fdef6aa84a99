"""Who may look: what oversight signed, until it ends, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from bus import credential, directory, keys
from contracts.agencies import Agency
from contracts.credential import CASES_LIMIT, LONGEST, Credential
from contracts.errors import BarnabusError
from contracts.ids import case_ref_from
from contracts.vocabulary.people import Role

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)
CASE = case_ref_from(b"one case of many")
OVERSIGHT, POLICE = keys.new_signing_key(Agency.OVERSIGHT), keys.new_signing_key(Agency.POLICE)
KEYRING = directory.Directory(
    issued_at=NOW,
    keys=(directory.entry(Agency.OVERSIGHT, OVERSIGHT, NOW), directory.entry(Agency.POLICE, POLICE, NOW)),
)


def public(key: OKPKey) -> dict[str, Any]:
    return dict(key.as_dict(private=False))


def credentialed(**other: Any) -> Credential:
    said: dict[str, Any] = {
        "id": UUID(int=17),
        "person": "inspector-17",
        "agency": Agency.OVERSIGHT,
        "role": Role.INSPECTOR,
        "cases": (CASE,),
        "issued_at": NOW,
        "valid_until": NOW + LONGEST,
        "sealing": public(keys.new_sealing_key("inspector-17")),
        "signing": public(keys.new_signing_key("inspector-17")),
    }
    return Credential(**said | other)


def test_what_oversight_signed_is_read_as_it_was_said() -> None:
    said = credentialed()
    assert credential.read(credential.issue(said, OVERSIGHT), KEYRING, NOW) == said


@pytest.mark.parametrize("at", [NOW - timedelta(seconds=1), NOW + LONGEST])
def test_it_is_good_from_when_it_was_issued_until_its_end_and_not_then(at: datetime) -> None:
    token = credential.issue(credentialed(), OVERSIGHT)
    assert credential.read(token, KEYRING, NOW + LONGEST - timedelta(seconds=1)).id == UUID(int=17)
    with pytest.raises(BarnabusError) as caught:
        credential.read(token, KEYRING, at)
    assert caught.value.code == "credential.ended"


@pytest.mark.parametrize(
    "token",
    [
        credential.issue(credentialed(), POLICE),
        credential.issue(credentialed(), keys.new_signing_key(Agency.OVERSIGHT)),
        credential.issue(credentialed(), OVERSIGHT)[:-8],
        credential.issue(credentialed(sealing=public(keys.new_signing_key("x"))), OVERSIGHT),
        credential.issue(credentialed(signing=keys.new_signing_key("x").as_dict(private=True)), OVERSIGHT),
        credential.issue(credentialed(signing={"kty": "oct", "k": "c2VjcmV0"}), OVERSIGHT),
        "",
        "nothing.of.the-kind",
    ],
    ids=["an agency's", "another oversight's", "cut", "no sealing key", "a private key", "a secret", "empty", "none"],
)
def test_nothing_else_is_a_credential(token: str) -> None:
    with pytest.raises(BarnabusError) as caught:
        credential.read(token, KEYRING, NOW)
    assert caught.value.code == "credential.invalid"


@pytest.mark.parametrize(
    "other",
    [
        {"valid_until": NOW + LONGEST + timedelta(seconds=1)},
        {"valid_until": NOW},
        {"cases": ()},
        {"cases": (CASE,) * (CASES_LIMIT + 1)},
        {"cases": ("7k3q-9m2x-w4td-h6rv",)},
        {"person": "Arta Krasniqi"},
        {"person": "arta-krasniqi"},
        {"person": "krasniqi-17"},
        {"agency": Agency.KEEPER},
    ],
)
def test_it_names_few_cases_ends_soon_and_never_a_persons_name(other: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        credentialed(**other)
