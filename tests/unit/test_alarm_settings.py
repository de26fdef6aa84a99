"""The file that says whom alarms reach: what it may say, and how a wrong one is refused."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from bus.settings import Settings
from contracts.errors import BarnabusError
from services.keeper.alarms import Alarm, Kind, State
from services.keeper.reach import WAYS_AT_MOST, Mailbox, Reach, read
from services.keeper.wording import document
from services.webhook import Webhook
from tests.builders import HEALTH, POLICE, SOCIAL
from tests.docs.pages import ROOT, blocks

SECRET = "whsec_" + "QUJD" * 8
WHOLE = """\
link = "https://console.example/duties/{duty}"

[smtp]
host = "mail.example"
port = 587
tls = "starttls"
sender = "barnabus@ministry.example"
user = "barnabus"
password_file = "password"

[agencies.police.mail]
duty-desk = "duty-desk@police.example"

[agencies.police.webhook.records]
url = "https://records.police.example/barnabus"
secret_file = "secret"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("password", "s3cret\n"), ("secret", SECRET)):
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_text(text)
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "alarms.toml"
    path.write_text(text)
    return path


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(BarnabusError) as raised:
        read(written(folder, text))
    assert raised.value.code == "alarms.invalid"
    assert raised.value.__cause__ is None
    assert "s3cret" not in str(raised.value)
    return raised.value.detail or ""


def changed(old: str, new: str) -> str:
    assert old in WHOLE
    return WHOLE.replace(old, new)


# what it says


def test_the_environment_names_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().alarms is None
    monkeypatch.setenv("BARNABUS_ALARMS", "/etc/barnabus/alarms.toml")
    assert Settings().alarms == Path("/etc/barnabus/alarms.toml")


def test_it_says_who_is_reached_in_an_agency_and_how(folder: Path) -> None:
    reach = read(written(folder, WHOLE))
    assert reach.ways([POLICE, SOCIAL]) == {POLICE: ("mail/duty-desk", "webhook/records"), SOCIAL: ()}
    box, hook = reach.target(POLICE, "mail/duty-desk"), reach.target(POLICE, "webhook/records")
    assert isinstance(box, Mailbox)
    assert box.address == "duty-desk@police.example"
    assert box.server.password
    assert box.server.password.get_secret_value() == "s3cret"
    assert isinstance(hook, Webhook)
    assert hook.secret.get_secret_value() == b"ABC" * 8
    assert reach.link_to(UUID(int=1)) == f"https://console.example/duties/{UUID(int=1)}"


def test_a_way_that_is_not_named_or_not_any_more_leads_to_nobody(folder: Path) -> None:
    reach = read(written(folder, WHOLE))
    for agency, way in ((POLICE, "mail/gone"), (SOCIAL, "mail/duty-desk"), (HEALTH, "nobody")):
        with pytest.raises(BarnabusError, match=r"alarm\.nobody"):
            reach.target(agency, way)


def test_an_alarm_that_was_for_nobody_goes_to_who_is_named_first_by_now(folder: Path) -> None:
    reach = read(written(folder, WHOLE))
    assert reach.target(POLICE, "nobody") == reach.target(POLICE, "mail/duty-desk")


def test_no_secret_is_shown_with_what_was_read(folder: Path) -> None:
    reach = read(written(folder, WHOLE))
    for shown in (repr(reach), str(reach), reach.model_dump_json()):
        assert "s3cret" not in shown
        assert "ABCABC" not in shown
        assert "QUJD" not in shown


@pytest.mark.parametrize("number", range(len(blocks(ROOT / "docs" / "alarms.md", "toml"))))
def test_the_file_that_the_page_shows_is_one_that_can_be_used(folder: Path, number: int) -> None:
    for name, text in (("smtp.password", "s3cret"), ("social-records.secret", SECRET)):
        (folder / name).touch(0o600)
        (folder / name).write_text(text)
    reach = read(written(folder, blocks(ROOT / "docs" / "alarms.md", "toml")[number]))
    assert all(reach.ways([POLICE, SOCIAL]).values())


def test_the_page_shows_to_receivers_what_a_webhook_is_sent(folder: Path) -> None:
    page = ROOT / "docs" / "alarms.md"
    reach = read(written(folder, WHOLE))
    duty, now = UUID(int=1), datetime(2026, 3, 12, 9, tzinfo=UTC)
    alarm = Alarm(UUID(int=2), duty, Kind.OVERDUE, SOCIAL, "webhook/records", now, 1, now, State.WAITING, None)
    (shown,) = blocks(page, "json")
    assert json.loads(shown) == json.loads(document(alarm, reach.link_to(duty)))
    assert all(kind in page.read_text() for kind in Kind)


# how a wrong one is refused


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('tls = "starttls"\n', "", "line 3, key smtp.tls: Field required"),
        ('tls = "starttls"', 'tls = "never"', "line 6, key smtp.tls: Input should be 'starttls'"),
        ("port = 587", "port = 0", "line 5, key smtp.port: "),
        ("port = 587", 'port = 587\nhop = "x"', "line 6, key smtp.hop: "),
        ('user = "barnabus"\n', "", "line 3, key smtp: `user` and `password_file` belong together"),
        ("[agencies.police.mail]", "[agencies.polcie.mail]", "key agencies.polcie"),
        ("duty-desk =", "Duty_Desk =", "line 12, key agencies.police.mail.Duty_Desk"),
        ("{duty}", "duty", "line 1, key link: {duty} has to stand in it once"),
        ("https://console", "ftp://console", "line 1, key link: this is no https:// URL"),
        ("https://records", "http://records", "line 14, key agencies.police.webhook.records: a http:// URL is not enc"),
        ("https://records", "https://user:pass@records", "line 15, key agencies.police.webhook.records.url: "),
        ("https://records.police.example/barnabus", "records", "agencies.police.webhook.records.url: this is no https"),
        ('"secret"', '"nowhere"', "line 16, key agencies.police.webhook.records.secret_file: this file cannot be read"),
        ('"secret"', '"password"', "line 16, key agencies.police.webhook.records.secret_file: this file does not hold"),
        ('"secret"', "7", "line 16, key agencies.police.webhook.records.secret_file: this is no path"),
        ('"secret"', '"secret"\nca_file = "secret"', "line 17, key agencies.police.webhook.records.ca_file: this file"),
        ('"secret"', '"secret"\ntimeout_s = 600', "line 17, key agencies.police.webhook.records.timeout_s: "),
        ('"secret"', '"secret"\ntls = "none"', 'tls = "none" beside a https:// URL'),
        ('link = "', 'link = "{duty}', "line 1, key link: {duty} has to stand in it once"),
        ("[smtp]", "[smtp", "at line 3"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line_its_key_and_what_is_wrong(
    folder: Path, old: str, new: str, said: str
) -> None:
    told = refusal(folder, changed(old, new))
    assert str(folder / "alarms.toml") in told
    assert said in told


@pytest.mark.parametrize(
    "address",
    [
        "desk@police.example\\r\\nBcc: all@elsewhere.example",
        "desk@police.example\\n",
        "desk@police.example, other@police.example",
        "Desk <desk@police.example>",
        "desk police@police.example",
        "desk@police",
        "desk@@police.example",
        "desk@-police.example",
        ".desk@police.example",
        '\\"desk\\"@police.example',
        "",
    ],
)
def test_an_address_is_one_mailbox_and_nothing_that_could_become_a_header(folder: Path, address: str) -> None:
    assert "agencies.police.mail.duty-desk" in refusal(folder, changed("duty-desk@police.example", address))
    assert "smtp.sender" in refusal(folder, changed("barnabus@ministry.example", address))


@pytest.mark.parametrize("line_break", ["\\r\\n", "\\n", "\\u2028", " "])
def test_no_link_host_or_user_holds_a_line_break(folder: Path, line_break: str) -> None:
    assert "key link" in refusal(folder, changed("console.example", f"console.example{line_break}x"))
    assert "key smtp.host" in refusal(folder, changed("mail.example", f"mail.example{line_break}"))
    assert "key smtp.user" in refusal(folder, changed('"barnabus"', f'"barnabus{line_break}"'))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
@pytest.mark.parametrize("name", ["password", "secret"])
def test_a_secret_that_others_can_read_is_refused(folder: Path, name: str, mode: int) -> None:
    (folder / name).chmod(mode)
    told = refusal(folder, WHOLE)
    assert f"{name}_file" in told
    assert "chmod go=" in told


def test_a_secret_that_is_empty_or_endless_is_refused(folder: Path) -> None:
    for text in ("", "\n", "x" * 5_000):
        (folder / "password").write_text(text)
        assert "smtp.password_file: this file holds nothing, or more than" in refusal(folder, WHOLE)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BarnabusError, match=r"alarms\.invalid.*nowhere\.toml"):
        read(tmp_path / "nowhere.toml")


def test_a_file_that_reaches_nobody_or_too_many_is_refused(folder: Path) -> None:
    head = WHOLE[: WHOLE.index("[agencies")]
    assert "key agencies: Field required" in refusal(folder, head)
    assert "0 ways" in refusal(folder, head + "[agencies.police]\n")
    many = "".join(f'a{n} = "a{n}@police.example"\n' for n in range(WAYS_AT_MOST + 1))
    assert f"{WAYS_AT_MOST + 1} ways" in refusal(folder, f"{head}[agencies.police.mail]\n{many}")


def test_e_mail_without_a_server_is_refused(folder: Path) -> None:
    without = WHOLE[: WHOLE.index("[smtp]")] + WHOLE[WHOLE.index("[agencies") :]
    for text in (without, without[: without.index("[agencies.police.webhook")]):
        assert "no server is named" in refusal(folder, text)


# without encryption only where it is said, or on this machine


def in_the_open(host: str, *, password: bool) -> str:
    text = changed("starttls", "none").replace("mail.example", host)
    return text if password else text.replace('user = "barnabus"\npassword_file = "password"\n', "")


@pytest.mark.parametrize(
    ("host", "password", "allowed"),
    [
        ("mail.example", False, True),
        ("mail.example", True, False),
        ("10.0.0.1", True, False),
        ("127.0.0.1.example", True, False),
        ("127.0.0.1", True, True),
        ("localhost", True, True),
        ("::1", True, True),
    ],
)
def test_a_password_goes_unencrypted_to_this_machine_alone(
    folder: Path, host: str, password: bool, allowed: bool
) -> None:
    text = in_the_open(host, password=password)
    if allowed:
        assert read(written(folder, text)).smtp
    else:
        assert 'with tls = "none" anybody could read the password' in refusal(folder, text)


@pytest.mark.parametrize(
    ("url", "tls", "allowed"),
    [
        ("http://127.0.0.1:8080/alarms", "", True),
        ("http://localhost/alarms", "", True),
        ("http://[::1]/alarms", "", True),
        ("http://10.0.0.1/alarms", "", False),
        ("http://localhost.example/alarms", "", False),
        ("http://10.0.0.1/alarms", 'tls = "none"\n', True),
    ],
)
def test_a_webhook_without_encryption_is_on_this_machine_or_spelled_out(
    folder: Path, url: str, tls: str, allowed: bool
) -> None:
    text = changed("https://records.police.example/barnabus", url) + tls
    if allowed:
        assert isinstance(read(written(folder, text)), Reach)
    else:
        assert "is not encrypted" in refusal(folder, text)
