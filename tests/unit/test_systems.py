"""An agency's own systems: tokens that are kept as digests alone, and what each may send and hear."""

import base64
from pathlib import Path

import pytest

from bus.store import Store
from cli import systems as command
from contracts import web
from contracts.errors import Refused
from services.systems import Hook, Scope, System, Systems, hearable, sendable
from tests.builders import now


@pytest.fixture
def systems(store: Store) -> Systems:
    return Systems(store)


def system(name: str = "records", sends: str = "all", hears: str = "all", hook: Hook | None = None) -> System:
    scope = Scope.of(sends.split(), sendable(), "--sends"), Scope.of(hears.split(), hearable(), "--hears")
    return System(name, *scope, now(), hook, 7)


def test_a_system_is_known_by_its_token(systems: Systems) -> None:
    added = system(sends="referral.made referral.accepted", hears="act.voided")
    token = systems.add(added)
    assert systems.bearing(f"Bearer {token}") == added
    assert systems.bearing(f"bearer {token} ") == added
    assert "referral.made" in added.sends
    assert "concern.reported" not in added.sends
    assert web.VOIDED in added.hears


def test_a_token_is_nowhere_in_the_store(systems: Systems, store: Store) -> None:
    token = systems.add(system())
    assert token not in str(store.read("SELECT * FROM systems"))
    assert token.rpartition(".")[2] not in str(store.read("SELECT * FROM systems"))


@pytest.mark.parametrize(
    "wrong",
    [None, "", "Bearer", "Bearer ", "Bearer x", "Bearer barnabus.records.", "Bearer barnabus.nobody.x", "{token}",
     "Basic {token}", "Bearer {token}x", "Bearer  barnabus.other.{secret}", "Bearer \udcff.records.\udcff"],
)  # fmt: skip
def test_anything_else_is_refused(systems: Systems, wrong: str | None) -> None:
    token = systems.add(system())
    systems.add(system("other"))
    said = wrong and wrong.replace("{token}", token).replace("{secret}", token.rpartition(".")[2])
    with pytest.raises(Refused) as refused:
        systems.bearing(said)
    assert refused.value.code == "token.invalid"


def test_one_that_is_removed_is_refused_from_then_on(systems: Systems) -> None:
    token = systems.add(system())
    systems.remove("records")
    with pytest.raises(Refused) as refused:
        systems.bearing(f"Bearer {token}")
    assert refused.value.code == "token.invalid"
    with pytest.raises(Refused) as unknown:
        systems.remove("records")
    assert unknown.value.code == "system.unknown"
    assert systems.add(system()) != token


def test_a_name_is_taken_once_and_there_are_only_so_many(systems: Systems, monkeypatch: pytest.MonkeyPatch) -> None:
    systems.add(system())
    with pytest.raises(Refused) as refused:
        systems.add(system())
    assert refused.value.code == "system.known"
    monkeypatch.setattr(web, "SYSTEMS_AT_MOST", 1)
    with pytest.raises(Refused) as many:
        systems.add(system("other"))
    assert many.value.code == "systems.too-many"


def test_a_scope_names_types_that_there_are_and_without_any_nothing(systems: Systems) -> None:
    with pytest.raises(Refused) as refused:
        system(sends="referral.make")
    assert (refused.value.code, refused.value.field) == ("type.unknown", "--sends")
    with pytest.raises(Refused) as told:
        system(hears="receipt")
    assert (told.value.code, told.value.field) == ("type.unknown", "--hears")
    systems.add(system(sends="", hears=""))
    nothing = systems.named("records")
    assert (nothing.sends.types, nothing.hears.types) == (frozenset(), frozenset())


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "hook.secret"
    path.touch(0o600)
    path.write_text("whsec_" + base64.b64encode(b"x" * 32).decode())
    return path


def test_a_webhook_is_kept_with_the_names_of_its_files(systems: Systems, store: Store, secret: Path) -> None:
    hook = Hook("https://records.example/in", secret)
    systems.add(system(hook=hook))
    assert systems.named("records").webhook == hook
    assert hook.opened().secret.get_secret_value() == b"x" * 32
    assert base64.b64encode(b"x" * 32).decode() not in str(store.read("SELECT * FROM systems"))


@pytest.mark.parametrize(
    "url",
    ["http://records.example/in", "ftp://records.example", "https://user:pw@records.example", "records", "https://"],
)
def test_a_webhook_is_encrypted_or_on_this_machine(url: str, secret: Path) -> None:
    with pytest.raises(Refused) as refused:
        Hook(url, secret).opened()
    assert refused.value.code == "webhook.invalid"
    for here in ("http://127.0.0.1:8000/in", "http://[::1]:8000/in", "http://localhost:8000/in"):
        assert Hook(here, secret).opened().url == here


def test_a_secret_that_others_can_read_or_that_is_none_is_refused(secret: Path) -> None:
    secret.chmod(0o644)
    with pytest.raises(Refused) as refused:
        Hook("https://records.example/in", secret).opened()
    assert "chmod" in str(refused.value)
    secret.chmod(0o600)
    secret.write_text("whsec_short")
    with pytest.raises(Refused):
        Hook("https://records.example/in", secret).opened()


def test_the_commands_name_for_a_system_is_a_plain_one() -> None:
    assert command._NAME.fullmatch("records-2")
    assert not any(command._NAME.fullmatch(name) for name in ("", "Records", "a.b", "-a", "a" * 41, "a b"))
