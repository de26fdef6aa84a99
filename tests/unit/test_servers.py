"""Servers of a production: what is generated for them, how long it counts, and how it is renewed."""

import json
import shutil
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from typer.testing import CliRunner, Result

from bus import cluster, directory, nats_users, rekeying, servers
from bus.authority import CERTIFICATE_DAYS, Authority, first
from bus.provisioning import provision
from bus.servers import Server
from bus.settings import Settings
from cli import lasting
from cli.main import app
from contracts.errors import CODES, Refused
from tests.builders import POLICE, now

THREE = "nats-1.example,nats-2.example:4223,10.0.0.3"
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("servers") / "home"
    provision(Settings(home=home, nats_url=None), now(), servers.parse(THREE))
    return home


@pytest.fixture
def production(_made: Path, tmp_path: Path) -> Settings:
    shutil.copytree(_made, tmp_path / "home")
    return Settings(home=tmp_path / "home", nats_url=None)


@pytest.fixture
def run(production: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("BARNABUS_HOME", str(production.home))
    monkeypatch.delenv("BARNABUS_NATS_URL", raising=False)
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("cli.show.err._width", 400)
    return lambda *words: CliRunner().invoke(app, words)


def document(found: Result) -> Any:
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def one(settings: Settings, name: str) -> Server:
    return next(server for server in servers.servers(settings) if server.name == name)


# which there are


def test_servers_have_names_that_never_change_and_a_second_port_for_each_other() -> None:
    found = servers.parse(THREE)
    assert [(server.name, server.url, server.route) for server in found] == [
        ("hub-1", "tls://nats-1.example:4222", "nats-1.example:6222"),
        ("hub-2", "tls://nats-2.example:4223", "nats-2.example:6223"),
        ("hub-3", "tls://10.0.0.3:4222", "10.0.0.3:6222"),
    ]


@pytest.mark.parametrize(
    "said",
    [
        "", "a,b", "a,b,c,d", "a,a,a", "a:4222,a:6222,b", "a b,c,d", 'a",b,c', "a:0", "a:63536", "a:x", "tls://a",
        "a:1:2", "-a", "a..b", "a\nb",
    ],
)  # fmt: skip
def test_what_names_no_servers_is_refused(said: str) -> None:
    with pytest.raises(Refused, match=r"option\.invalid"):
        servers.parse(said)


def test_a_home_says_where_its_servers_are(production: Settings) -> None:
    assert production.url() == "tls://nats-1.example:4222,tls://nats-2.example:4223,tls://10.0.0.3:4222"
    assert not (production.home / "nats.conf").exists(), "a server told this would speak plain text"


# what each is given


def test_what_is_private_can_be_read_by_its_owner_only(production: Settings) -> None:
    private = [path for path in production.home.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    assert len(private) == 7, "the authority's, and two of each server"
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in private} == {0o700}
    beside_the_root = [path for path in private if path.is_relative_to(production.keys("root"))]
    assert [path.name for path in beside_the_root] == ["ca.key"]


def test_no_servers_configuration_holds_a_private_key_or_a_seed(production: Settings) -> None:
    for config in production.servers.glob("*/nats.conf"):
        text = config.read_text()
        assert "PRIVATE KEY" not in text
        assert not [seed for seed in production.home.rglob("*.nk") if seed.read_text() in text]
        assert text.count("tls {") == 2
        assert "sync_interval: always" in text


@pytest.mark.parametrize("name", ["hub-1", "hub-3"])
def test_a_certificate_is_for_one_host_one_purpose_and_one_year(production: Settings, name: str) -> None:
    server = one(production, name)
    for purpose, uses in (
        ("tls", {ExtendedKeyUsageOID.SERVER_AUTH}),
        ("route", {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}),
    ):
        found = first((servers.folder(production, server) / f"{purpose}.pem").read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert [one.value for one in names] == [ip_address(server.host) if name == "hub-3" else server.host]
        assert set(found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == uses
        assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        assert timedelta(days=CERTIFICATE_DAYS - 1) < found.not_valid_after_utc - now() <= timedelta(CERTIFICATE_DAYS)


def test_a_new_nats_key_is_in_every_servers_configuration(production: Settings) -> None:
    before = nats_users.public_halves(production)[POLICE, "adapter"]
    public = rekeying.new_nats_key(production, POLICE, "adapter")
    texts = [path.read_text() for path in production.servers.glob("*/nats.conf")]
    assert len(texts) == 3
    assert all(public in text and before not in text for text in texts)


# renewed


def serials(settings: Settings) -> dict[tuple[str, str], int]:
    return {(whose, use): found.serial_number for whose, use, found, _ in cluster.certificates(settings)}


def test_a_servers_certificates_are_renewed_and_nobody_elses(production: Settings) -> None:
    before = serials(production)
    assert cluster.renew(production, one(production, "hub-2"), now()) == ("tls", "route")
    after = serials(production)
    assert {which for which in after if after[which] != before[which]} == {("hub-2", "tls"), ("hub-2", "route")}


def test_a_certificate_of_a_ministrys_own_stays(production: Settings) -> None:
    theirs = Authority.new(now())
    server = one(production, "hub-1")
    path = cluster.file(production, server, "tls")
    path.write_bytes(theirs.issue(server.host, "tls", now()))
    production.ca.write_bytes(theirs.public())
    before = path.read_bytes()
    assert cluster.renew(production, server, now()) == ("route",)
    assert path.read_bytes() == before


def test_a_server_is_renewed_on_the_command_line(run: Run, production: Settings) -> None:
    before = serials(production)
    assert (
        "To be made: tls.pem and route.pem of hub-1, for nats-1.example."
        in run("keys", "rotate", "hub-1", "--tls").stdout
    )
    assert serials(production) == before
    assert "kill -HUP" in run("keys", "rotate", "hub-1", "--tls", "--write").stdout
    assert serials(production) != before
    done = document(run("keys", "rotate", "hub-1", "--tls", "--write", "--json"))
    assert (done["renewed"], done["left"], done["written"]) == (["tls", "route"], [], True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("provision", "--servers", "a,b"), "option.invalid"),
        (("keys", "rotate", "hub-9", "--tls"), "option.invalid"),
        (("keys", "rotate", "hub-1", "--tls", "--sealing"), "option.invalid"),
        (("up",), "home.has-servers"),
    ],
)
def test_what_cannot_be_done_with_servers_is_said(
    run: Run, words: tuple[str, ...], code: str, commands_at_hand: None
) -> None:
    found = run(*words)
    assert found.exit_code == CODES[code].exit
    assert code in found.stderr


def test_nothing_is_renewed_without_the_authoritys_key(run: Run, production: Settings) -> None:
    before = serials(production)
    cluster.private(production).unlink()
    found = run("keys", "rotate", "hub-1", "--tls", "--write")
    assert "root.missing" in found.stderr
    assert serials(production) == before


def test_certificates_are_listed_with_their_ends(run: Run, production: Settings) -> None:
    (servers.folder(production, one(production, "hub-3")) / "tls.pem").unlink()  # it is on its own machine
    rows = {(row["owner"], row["use"]): row for row in document(run("keys", "list", "--json"))["tls"]}
    assert set(rows) == {
        ("servers", "tls authority"), ("hub-3", "tls route"),
        ("hub-1", "tls"), ("hub-1", "tls route"), ("hub-2", "tls"), ("hub-2", "tls route"),
    }  # fmt: skip
    assert all(datetime.fromisoformat(row["until"]) > now() and row["here"] for row in rows.values())
    shown = run("keys", "list").stdout
    assert "hub-1" in shown
    assert "PRIVATE KEY" not in shown


def test_a_servers_private_key_that_others_can_read_is_named(run: Run, production: Settings) -> None:
    exposed = cluster.file(production, one(production, "hub-2"), "route")
    exposed.chmod(0o640)
    found = run("doctor", "--json")
    failed = [one for one in json.loads(found.stdout)["findings"] if one["state"] == "fail"]
    assert [one["check"] for one in failed] == ["private keys"]
    assert str(exposed) in failed[0]["said"]


# what will end


def test_a_certificate_that_will_end_soon_is_warned_of_and_one_that_has_ended_fails(production: Settings) -> None:
    def states(at: datetime) -> dict[str, str]:
        found = lasting.certificates(production, at)
        return {finding.check: finding.state for finding in found}

    year = timedelta(days=CERTIFICATE_DAYS)
    assert set(states(now()).values()) == {"ok"}
    assert states(now() + year - timedelta(days=29))["hub-1: route certificate"] == "warn"
    assert states(now() + year + timedelta(days=1))["hub-1: route certificate"] == "fail"
    assert states(now() + year + timedelta(days=1))["servers: authority certificate"] == "ok"


def test_a_signing_key_that_will_end_and_has_no_successor_is_warned_of(settings: Settings) -> None:
    def said(at: datetime) -> tuple[str, str]:
        found = lasting.signing("police", POLICE, "police-sig-1", directory.load(settings), at)
        return found.state, found.said

    assert said(now()) == ("ok", "police-sig-1 signs")
    until = now() + timedelta(days=7)
    rekeying.carry_out(rekeying.plan(settings, POLICE, "sig"), settings, now(), others_until=until)
    state, words = said(now())
    assert (state, "police-sig-2 follows it, and is not here" in words) == ("warn", True)
    root = rekeying._root(settings)
    ended = directory.load(settings).without("police-sig-2", now())
    settings.directory.write_text(directory.sign(ended, root))
    state, words = said(now())
    assert (state, words) == (
        "warn",
        f"police-sig-1 signs, and counts until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC; none follows it",
    )
