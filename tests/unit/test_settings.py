"""Where a home lies, how its server is reached, and who can read its keys."""

import stat
from pathlib import Path

import pytest

from bus import keys
from bus.provisioning import provision, server_config
from bus.settings import Database, Settings
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from contracts.export.accounts import users_of
from tests.builders import POLICE, SOCIAL, now


def test_the_environment_names_the_home_and_the_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BARNABUS_HOME", str(tmp_path))
    monkeypatch.setenv("BARNABUS_NATS_URL", "nats://10.0.0.1:4222")
    assert Settings().home == tmp_path
    assert Settings().url() == "nats://10.0.0.1:4222"


def test_the_environment_says_where_stores_lie_for_all_and_for_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings, file = Settings(tmp_path, None), tmp_path / "stores" / "police.db"
    assert settings.store(POLICE) == file
    monkeypatch.setenv("BARNABUS_STORE", "postgresql://all")
    assert settings.store(POLICE) == Database("postgresql://all", "barnabus_police")
    assert settings.store(SOCIAL) == Database("postgresql://all", "barnabus_social")
    monkeypatch.setenv("BARNABUS_STORE_SOCIAL", "postgres://social")
    monkeypatch.setenv("BARNABUS_STORE_POLICE", "sqlite")
    assert settings.store(SOCIAL) == Database("postgres://social", "barnabus_social")
    assert settings.store(POLICE) == file


def test_a_store_of_an_unknown_kind_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BARNABUS_STORE", "mysql://police:s3cret@host/db")
    with pytest.raises(BarnabusError, match=r"setting\.invalid.*BARNABUS_STORE") as refused:
        Settings(tmp_path, None).store(POLICE)
    assert "s3cret" not in str(refused.value)


def test_without_an_environment_the_home_lies_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BARNABUS_HOME", raising=False)
    monkeypatch.delenv("BARNABUS_NATS_URL", raising=False)
    assert Settings() == Settings(Path("barnabus-home"), None)


def test_the_address_is_what_the_server_wrote_there_unless_another_is_named(tmp_path: Path) -> None:
    settings = Settings(tmp_path, None)
    settings.address.parent.mkdir()
    settings.address.write_text("nats://127.0.0.1:5\n")
    assert settings.url() == "nats://127.0.0.1:5"
    assert Settings(tmp_path, "nats://elsewhere:1").url() == "nats://elsewhere:1"


def test_without_an_address_the_error_says_so_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BarnabusError, match=r"nats\.unreachable.*barnabus up") as refused:
        Settings(tmp_path, None).url()
    assert str(tmp_path) in str(refused.value)
    assert Settings(tmp_path, None).url_or_default() == "nats://127.0.0.1:4222"


def test_every_private_key_can_be_read_by_its_owner_only(settings: Settings) -> None:
    found = [path for path in (settings.home / "keys").rglob("*") if path.is_file()]
    assert len(found) > 3 * len(Agency)
    assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in found} == {0o700}


def test_a_home_is_provisioned_once_and_its_keys_are_never_written_over(settings: Settings) -> None:
    before = {path: path.read_bytes() for path in (settings.home / "keys").rglob("*") if path.is_file()}
    with pytest.raises(BarnabusError, match=r"home\.provisioned"):
        provision(settings, now())
    settings.root_public.unlink()  # even if it does not look whole
    with pytest.raises(FileExistsError):
        provision(settings, now())
    assert before == {path: path.read_bytes() for path in (settings.home / "keys").rglob("*") if path.is_file()}


def test_two_homes_share_no_key(settings: Settings, tmp_path: Path) -> None:
    other = Settings(tmp_path / "other", None)
    provision(other, now())
    files = [path.relative_to(settings.home) for path in (settings.home / "keys").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if (other.home / path).read_bytes() == (settings.home / path).read_bytes()]


def test_the_servers_configuration_holds_public_halves_only(settings: Settings) -> None:
    config = server_config(settings)
    seeds = [path.read_text() for path in (settings.home / "keys").rglob("*.nk")]
    assert seeds
    assert not [seed for seed in seeds if seed in config]
    for agency in Agency:
        for user in users_of(agency):
            assert keys.nats_public(keys.read(settings.keys(agency) / f"{user}.nk")) in config


def test_a_key_that_is_missing_or_cannot_be_read_is_named(settings: Settings) -> None:
    path = settings.keys(POLICE) / "signing.jwk"
    for content in ("", "{}", "[]", "7", '{"kty":"oct","k":"AAAA"}', None):
        path.write_text(content) if content is not None else path.unlink()
        with pytest.raises(BarnabusError, match=r"home\.missing") as refused:
            keys.read_jwk(path)
        assert str(path) in str(refused.value)
