"""The directory of public keys: what the root signed, and nothing else."""

import json
from datetime import timedelta

import pytest

from bus import directory, keys
from bus.directory import Directory, PublicKey
from bus.settings import Settings
from contracts.errors import BarnabusError
from tests.builders import POLICE, SOCIAL, now


def signed(settings: Settings, *entries: PublicKey) -> Directory:
    """A directory of these keys alone, signed by the home's root."""
    root = keys.read_jwk(settings.keys("root") / "root.jwk")
    settings.directory.write_text(directory.sign(Directory(issued_at=now(), keys=entries), root))
    return directory.load(settings)


def code(settings: Settings) -> str:
    with pytest.raises(BarnabusError) as refused:
        directory.load(settings)
    return refused.value.code


def test_it_gives_each_owners_keys_by_their_ids(settings: Settings) -> None:
    found = directory.load(settings)
    own = keys.read_jwk(settings.keys(POLICE) / "signing.jwk")
    assert found.signer(POLICE, None)(str(own.kid)).as_dict(private=False)["x"] == own.as_dict(private=False)["x"]
    assert found.sealing(SOCIAL).kid == keys.read_jwk(settings.keys(SOCIAL) / "sealing.jwk").kid


def test_another_owners_key_is_unknown(settings: Settings) -> None:
    find = directory.load(settings).signer(POLICE, None)
    for kid in ("social-sig-1", "gateway-sig-1", "root-sig-1", "police-sig-2", "", "police-sig-1 "):
        with pytest.raises(BarnabusError, match=r"key\.unknown"):
            find(kid)


def test_a_sealing_key_does_not_verify_signatures(settings: Settings) -> None:
    with pytest.raises(BarnabusError, match=r"key\.unknown"):
        directory.load(settings).signer(POLICE, None)("police-enc-1")


def test_letters_are_sealed_to_the_newest_key_that_has_not_ended(settings: Settings) -> None:
    moment = now()
    old, new, ended = (keys.new_sealing_key("social", serial) for serial in (1, 2, 3))
    entries = [
        directory.entry("social", new, moment),
        directory.entry("social", old, moment - timedelta(days=9)),
        directory.entry("social", ended, moment + timedelta(days=1)).model_copy(update={"valid_until": moment}),
    ]
    assert signed(settings, *entries).sealing(SOCIAL).kid == new.kid


def test_an_agency_without_a_sealing_key_cannot_be_written_to(settings: Settings) -> None:
    with pytest.raises(BarnabusError, match=r"key\.unknown"):
        signed(settings).sealing(SOCIAL)


def test_it_holds_public_halves_only(settings: Settings) -> None:
    assert all("d" not in key.jwk for key in directory.load(settings).keys)
    assert "d" not in json.loads(settings.root_public.read_text())


def test_a_directory_that_another_key_signed_is_invalid(settings: Settings) -> None:
    forged = directory.sign(directory.load(settings), keys.new_signing_key("root"))
    settings.directory.write_text(forged)
    assert code(settings) == "directory.invalid"


def test_a_directory_that_an_agencys_key_signed_is_invalid(settings: Settings) -> None:
    own = keys.read_jwk(settings.keys(POLICE) / "signing.jwk")
    settings.directory.write_text(directory.sign(directory.load(settings), own))
    assert code(settings) == "directory.invalid"


@pytest.mark.parametrize("content", ["", "x", "a.b.c", "{}", "\u00e9", "\x00"])
def test_a_directory_that_is_none_is_invalid(settings: Settings, content: str) -> None:
    settings.directory.write_text(content)
    assert code(settings) == "directory.invalid"


@pytest.mark.parametrize("content", ["", "{}", "[]", "7", '{"kty":"OKP"}', '{"kty":"oct","k":"AAAA"}', "\u00e9"])
def test_a_directory_whose_root_is_no_key_is_invalid(settings: Settings, content: str) -> None:
    settings.root_public.write_text(content)
    assert code(settings) == "directory.invalid"


def test_bytes_that_are_no_text_are_invalid(settings: Settings) -> None:
    settings.directory.write_bytes(b"\xff\xfe")
    assert code(settings) == "directory.invalid"


@pytest.mark.parametrize("missing", ["directory", "root_public"])
def test_a_home_without_a_directory_is_no_home_and_the_error_names_it(settings: Settings, missing: str) -> None:
    getattr(settings, missing).unlink()
    with pytest.raises(BarnabusError, match=r"home\.missing") as refused:
        directory.load(settings)
    assert str(settings.home) in str(refused.value)
