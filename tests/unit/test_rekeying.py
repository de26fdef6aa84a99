"""A new sealing key: whatever breaks it off, a home has the old state or the new one, and no key is thrown away."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from bus import directory, keys, rekeying, seal
from bus.settings import Settings
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from tests.builders import POLICE, SOCIAL, now


def renew(settings: Settings) -> str:
    planned = rekeying.plan(settings, SOCIAL, "enc")
    return str(rekeying.carry_out(planned, settings, now(), others_until=now()).sealing(SOCIAL).kid)


def files(settings: Settings) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in settings.home.rglob("*") if path.is_file()}


def held(settings: Settings) -> list[str | None]:
    return [key.kid for key in keys.read_sealing(settings.keys(SOCIAL))]


def test_letters_are_sealed_to_the_new_key_and_all_keys_that_are_held_open_theirs(settings: Settings) -> None:
    old = directory.load(settings).sealing(SOCIAL)
    sealed = seal.seal(b"before", old)
    assert [renew(settings), renew(settings)] == ["social-enc-2", "social-enc-3"]
    assert held(settings) == ["social-enc-2", "social-enc-3", "social-enc-1"]
    own = keys.read_sealing(settings.keys(SOCIAL))
    assert seal.unseal(sealed, *own) == b"before"
    assert seal.unseal(seal.seal(b"now", directory.load(settings).sealing(SOCIAL)), *own) == b"now"


def test_only_this_agencys_sealing_key_ends(settings: Settings) -> None:
    before = directory.load(settings)
    renew(settings)
    after = directory.load(settings)
    ended = [key.jwk["kid"] for key in after.keys if key.valid_until]
    assert ended == ["social-enc-1"]
    assert [key.jwk for key in after.keys[:-1]] == [key.jwk for key in before.keys]
    assert after.issued_at > before.issued_at
    assert {agency: after.sealing(agency).kid for agency in Agency if agency is not SOCIAL} == {
        agency: before.sealing(agency).kid for agency in Agency if agency is not SOCIAL
    }


def test_a_plan_changes_nothing_and_says_what_would_be_done(settings: Settings) -> None:
    before = files(settings)
    planned = rekeying.plan(settings, SOCIAL, "enc")
    assert (planned.ended, planned.held, planned.kid) == ("social-enc-1", True, "social-enc-2")
    assert files(settings) == before
    (settings.keys(SOCIAL) / "sealing.jwk").unlink()
    assert not rekeying.plan(settings, SOCIAL, "enc").held


@pytest.mark.parametrize("ends_at", ["sealing-2.jwk", "directory.jws"])
@pytest.mark.parametrize("written", [False, True])
def test_broken_off_anywhere_it_is_the_old_state_and_goes_through_the_next_time(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, ends_at: str, written: bool
) -> None:
    """`written`: the bytes are on the disk beside the file, and not in its place yet."""
    before = settings.directory.read_bytes()

    def breaks_off(path: Path, data: bytes) -> None:
        if path.name == ends_at:
            if written:
                path.with_name(f"{path.name}.new").write_bytes(data[:20])
            raise KeyboardInterrupt
        real(path, data)

    real = keys.replace
    with monkeypatch.context() as crash:
        crash.setattr("bus.keys.replace", breaks_off)
        with pytest.raises(KeyboardInterrupt):
            renew(settings)
    assert settings.directory.read_bytes() == before
    assert directory.load(settings).sealing(SOCIAL).kid in held(settings)
    assert renew(settings) == "social-enc-2"
    assert directory.load(settings).sealing(SOCIAL).kid in held(settings)


def test_the_new_key_is_its_owners_alone_and_the_directory_stays_readable_by_whom_it_was(settings: Settings) -> None:
    settings.directory.chmod(0o640)
    renew(settings)
    modes = [
        stat.S_IMODE(path.stat().st_mode) for path in (settings.keys(SOCIAL) / "sealing-2.jwk", settings.directory)
    ]
    assert modes == [0o600, 0o640]
    assert list(settings.home.rglob("*.new")) == []


def test_without_the_root_key_it_is_refused_with_what_to_do(settings: Settings) -> None:
    (settings.keys("root") / "root.jwk").unlink()
    with pytest.raises(BarnabusError, match=r"root\.missing.*keys/root/root\.jwk"):
        rekeying.plan(settings, SOCIAL, "enc")


def test_another_homes_root_key_is_none(settings: Settings) -> None:
    """What it would sign, nobody in this home would believe."""
    path = settings.keys("root") / "root.jwk"
    path.write_text(json.dumps(keys.new_signing_key("root").as_dict(private=True)))
    with pytest.raises(BarnabusError, match=r"root\.missing.*another home"):
        rekeying.plan(settings, SOCIAL, "enc")


def test_an_agency_that_holds_no_sealing_key_is_told_so(settings: Settings) -> None:
    (settings.keys(SOCIAL) / "sealing.jwk").unlink()
    with pytest.raises(BarnabusError, match=r"key\.lost"):
        keys.read_sealing(settings.keys(SOCIAL))


@pytest.mark.parametrize(
    "sealed", ["", "x", "a.b.c.d.e", "e30.b.c.d.e", "W10.b.c.d.e", "eyJraWQiOiAibyJ9.b.c.d.e", "é"]
)
def test_what_no_key_opens_is_unreadable(settings: Settings, sealed: Any) -> None:
    with pytest.raises(BarnabusError, match=r"content\.unreadable"):
        seal.unseal(sealed, *keys.read_sealing(settings.keys(POLICE)))
