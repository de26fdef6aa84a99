"""Who is signed in and for how long, how often somebody may fail, and the accounts themselves."""

import json
import os
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bus.provisioning import provision
from bus.settings import Settings
from cli.main import app
from console import sessions, tries
from console.accounts import LEAST, MOST, Account, Accounts
from console.roles import Role
from console.sessions import IDLE_S, OF_ONE, WHOLE_S, Sessions
from console.tries import KEPT, OF_ACCOUNT, OF_BOTH, WITHIN_S, Tries
from contracts.errors import CODES, BarnabusError
from tests import forked
from tests.builders import now
from tests.consoles import PASSWORD, of_home

pytestmark = pytest.mark.usefixtures("commands_at_hand")


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Hand:
    return Hand()


ANA = Account("ana", Role.OPERATOR, "one hash")


def known(name: str) -> Account | None:
    return ANA if name == "ana" else None


# --- sessions -------------------------------------------------------------------------------------------------------


def test_a_session_ends_when_nobody_uses_it(clock: Hand) -> None:
    found = Sessions(clock)
    session = found.begin(ANA)
    for _ in range(5):
        clock.at += IDLE_S
        assert found.of(session, known)
    clock.at += IDLE_S + 1
    assert found.of(session, known) is None


def test_a_page_that_keeps_itself_up_to_date_keeps_nobody_signed_in(clock: Hand) -> None:
    found = Sessions(clock)
    session = found.begin(ANA)
    clock.at += IDLE_S
    assert found.of(session, known, seen=False)
    clock.at += 1
    assert found.of(session, known) is None


def test_a_session_ends_after_a_day_of_work_however_it_is_used(clock: Hand) -> None:
    found = Sessions(clock)
    session = found.begin(ANA)
    while clock.at + IDLE_S < WHOLE_S:
        clock.at += IDLE_S
        assert found.of(session, known)
    clock.at = WHOLE_S + 1
    assert found.of(session, known) is None


def test_an_account_that_is_no_more_what_it_was_has_no_session(clock: Hand) -> None:
    found = Sessions(clock)
    session = found.begin(ANA)
    assert found.of(session, lambda _: Account("ana", Role.OPERATOR, "another hash")) is None
    assert found.of(session, known) is None, "it does not come back"


def test_no_two_sessions_have_one_id_and_a_guess_is_none(clock: Hand) -> None:
    found = Sessions(clock)
    ids = {found.begin(ANA) for _ in range(50)}
    assert len(ids) == 50
    assert found.of("guess", known) is None


def test_sessions_are_bounded_and_who_was_idle_longest_gives_way(clock: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Sessions(clock)
    own = [found.begin(ANA) for _ in range(OF_ONE)]
    assert found.of(own[0], known)
    newest = found.begin(ANA)
    assert [bool(found.of(one, known)) for one in (*own, newest)] == [True, False, *[True] * (OF_ONE - 1)]
    monkeypatch.setattr(sessions, "AT_MOST", 20)
    for n in range(40):
        found.begin(Account(f"b{n}", Role.OPERATOR, "hash"))
    assert len(found._open) == 20


def test_a_forms_token_is_of_one_cookie_and_of_one_process() -> None:
    one, other = Sessions(), Sessions()
    assert one.form_token("a") != one.form_token("b")
    assert one.form_token("a") != other.form_token("a")


# --- tries ----------------------------------------------------------------------------------------------------------


def fails(found: Tries, account: str, address: str, times: int) -> None:
    for _ in range(times):
        found.begin(account, address)


def test_after_some_failures_an_account_has_to_wait_from_that_address_alone(clock: Hand) -> None:
    found = Tries(clock)
    fails(found, "ana", "192.0.2.1", OF_BOTH)
    with pytest.raises(BarnabusError, match=r"sign-in\.too-many"):
        found.begin("ana", "192.0.2.1")
    found.begin("ana", "192.0.2.2")
    found.begin("ben", "192.0.2.1")
    clock.at = WITHIN_S + 1
    found.begin("ana", "192.0.2.1")


def test_waiting_is_not_made_longer_by_trying_on(clock: Hand) -> None:
    found = Tries(clock)
    fails(found, "ana", "192.0.2.1", OF_BOTH)
    for clock.at in (1.0, WITHIN_S / 2, WITHIN_S - 1):
        with pytest.raises(BarnabusError):
            found.begin("ana", "192.0.2.1")
    clock.at = WITHIN_S
    found.begin("ana", "192.0.2.1")


def test_guesses_from_many_addresses_are_few_too(clock: Hand) -> None:
    found = Tries(clock)
    for n in range(OF_ACCOUNT):
        found.begin("ana", f"192.0.2.{n}")
    with pytest.raises(BarnabusError):
        found.begin("ana", "198.51.100.1")
    found.begin("ben", "198.51.100.1")


def test_many_names_from_one_address_are_few_too(clock: Hand) -> None:
    found = Tries(clock)
    for n in range(tries.OF_ADDRESS):
        found.begin(f"name{n}", "192.0.2.1")
    with pytest.raises(BarnabusError):
        found.begin("ana", "192.0.2.1")


def test_who_signs_in_begins_anew(clock: Hand) -> None:
    found = Tries(clock)
    for _ in range(OF_ACCOUNT * 2):
        fails(found, "ana", "192.0.2.1", OF_BOTH - 1)
        found.begin("ana", "192.0.2.1")
        found.went_well("ana", "192.0.2.1")
        clock.at += WITHIN_S / 8


def test_what_is_remembered_of_tries_is_bounded(clock: Hand) -> None:
    found = Tries(clock)
    for n in range(KEPT):
        found.begin(f"name{n}", f"address{n}")
    assert len(found._failed) == KEPT


# --- accounts -------------------------------------------------------------------------------------------------------


def test_only_the_right_password_signs_in(tmp_path: Path) -> None:
    found = of_home(tmp_path)
    found.add("ana", Role.OVERSIGHT, PASSWORD)
    assert found.verified("ana", PASSWORD).role is Role.OVERSIGHT
    for name, password in (("ana", PASSWORD + "!"), ("ana", ""), ("Ana", PASSWORD), ("ben", PASSWORD)):
        with pytest.raises(BarnabusError, match=r"sign-in\.refused"):
            found.verified(name, password)


def test_a_password_is_nowhere_in_the_file_and_the_file_is_its_owners(tmp_path: Path) -> None:
    found = of_home(tmp_path)
    found.add("ana", Role.OPERATOR, PASSWORD)
    assert PASSWORD not in found.path.read_text()
    assert stat.S_IMODE(found.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(found.path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [
        ("ana", PASSWORD, "account.exists"),
        ("Ana", PASSWORD, "account.name-invalid"),
        ("a b", PASSWORD, "account.name-invalid"),
        ("", PASSWORD, "account.name-invalid"),
        ("a" * 41, PASSWORD, "account.name-invalid"),
        ("ben", "x" * (LEAST - 1), "password.unfit"),
        ("ben", "x" * (MOST + 1), "password.unfit"),
    ],
)
def test_what_can_be_no_account_is_refused(tmp_path: Path, name: str, password: str, code: str) -> None:
    found = of_home(tmp_path)
    found.add("ana", Role.OPERATOR, PASSWORD)
    with pytest.raises(BarnabusError) as refused:
        found.add(name, Role.OPERATOR, password)
    assert refused.value.code == code
    assert list(found.all()) == ["ana"]


def test_a_damaged_file_lets_nobody_in(tmp_path: Path) -> None:
    found = of_home(tmp_path)
    found.add("ana", Role.OPERATOR, PASSWORD)
    for text in ("{", '{"accounts": [{"name": "ana", "role": "root", "hash": ""}]}', "[]"):
        found.path.write_text(text)
        with pytest.raises(BarnabusError, match=r"accounts\.damaged"):
            found.verified("ana", PASSWORD)


def test_accounts_are_made_listed_and_removed_by_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provision(Settings(home=tmp_path / "home", nats_url=None), now())
    monkeypatch.setenv("BARNABUS_HOME", str(tmp_path / "home"))

    def run(*words: str, typed: str | None = None) -> tuple[int, str, str]:
        found = CliRunner().invoke(app, ("console", *words), input=typed)
        return found.exit_code, found.stdout, found.stderr

    found = forked.run(("console",), os.environ, tmp_path)  # apart, for it speaks as a process does
    assert (found.returncode, "accounts.none" in found.stderr) == (CODES["accounts.none"].exit, True)
    add = ("accounts", "add", "ana", "--role")
    assert run(*add, "operator", "--password-stdin", typed=PASSWORD + "\n")[0] == 0
    assert "account.exists" in run(*add, "operator", "--password-stdin", typed=PASSWORD + "\n")[2]
    assert "oversight" in run(*add, "root", "--password-stdin", typed=PASSWORD + "\n")[2]
    assert (
        "password.unfit" in run("accounts", "add", "ben", "--role", "operator", "--password-stdin", typed="short\n")[2]
    )
    assert json.loads(run("accounts", "list", "--json")[1]) == {
        "accounts": [{"name": "ana", "role": "operator", "credential": False}]
    }
    assert Accounts(tmp_path / "home" / "console" / "accounts.json").verified("ana", PASSWORD).name == "ana"
    assert run("accounts", "remove", "ana")[0] == 0
    assert "account.unknown" in run("accounts", "remove", "ana")[2]
    assert run("accounts", "list")[1] == "There are none.\n"


def test_a_password_that_is_typed_twice_has_to_be_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    provision(Settings(home=tmp_path / "home", nats_url=None), now())
    monkeypatch.setenv("BARNABUS_HOME", str(tmp_path / "home"))
    typed = iter([PASSWORD, PASSWORD + "!", PASSWORD, PASSWORD])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    words = ("console", "accounts", "add", "ana", "--role", "operator")
    assert "password.unfit" in CliRunner().invoke(app, words).stderr
    assert CliRunner().invoke(app, words).exit_code == 0
