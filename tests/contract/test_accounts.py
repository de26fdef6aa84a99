"""NATS accounts: each agency reaches its own post and the gateway, and nothing of another's."""

import re
import subprocess
from pathlib import Path

import pytest

from bus.keys import nats_public, new_nats_seed
from bus.server import find_binary
from contracts import subjects
from contracts.agencies import EVERYBODY, Agency
from contracts.catalogue import CATALOGUE
from contracts.export import accounts

TEXT = accounts.accounts()
AGENCIES = pytest.mark.parametrize("agency", Agency)
OF_THE_FIELD = pytest.mark.parametrize("agency", sorted(EVERYBODY))


def block(account: str) -> str:
    """The text of one account, as it stands in the file."""
    found = re.search(rf"^  {account}: \{{.*?^  \}}$", TEXT, re.MULTILINE | re.DOTALL)
    assert found
    return found.group()


def allowed(text: str, what: str) -> list[set[str]]:
    """What each user of an account may publish, or subscribe to; in the file's order of users."""
    lists = re.findall(rf"{what}: \{{\s*allow: \[(.*?)\]", text, re.DOTALL)
    return [set(re.findall(r'"([^"]+)"', found)) for found in lists]


def test_the_server_takes_the_accounts_as_they_are_generated(tmp_path: Path) -> None:
    keys = "".join(f"{name}: {nats_public(new_nats_seed())}\n" for name in accounts.users())
    config = tmp_path / "bus.conf"
    config.write_text(f"{keys}jetstream {{ domain: hub, store_dir: {tmp_path} }}\n{TEXT}")
    tried = subprocess.run([find_binary(), "-t", "-c", config], capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr


def test_the_variables_are_exactly_those_that_the_text_uses() -> None:
    used = re.findall(r"nkey: \$(\w+)", TEXT)
    assert sorted(used) == sorted(accounts.users())
    assert len(used) == len(set(used))


@AGENCIES
def test_no_agencys_block_names_another_agencys_post(agency: Agency) -> None:
    own = block(agency)
    for other in set(Agency) - {agency}:
        assert subjects.post_stream(other) not in own
        assert f"post.{other}" not in own
        assert f"${other.upper()}_" not in own


@AGENCIES
def test_no_agency_can_write_or_read_the_log_or_reach_jetstream_beyond_its_own_post(agency: Agency) -> None:
    for subject in set().union(*allowed(block(agency), "publish"), *allowed(block(agency), "subscribe")):
        assert not subject.startswith(("case.", "link.", "post.", "$JS.API", "$SYS", ">", "*", "_R_")), subject
        if subject.startswith(("bus.", "$JS.ACK.")):
            assert f".{subjects.post_stream(agency)}.{subjects.ADAPTER}" in subject


@OF_THE_FIELD
def test_an_agencys_own_system_hands_in_commands_and_asks_what_was_told_and_no_more(agency: Agency) -> None:
    _, system = allowed(block(agency), "publish")
    assert system == {subjects.COMMAND, subjects.FEED}


def test_nobody_tells_the_keeper_what_to_say() -> None:
    assert len(allowed(block("keeper"), "publish")) == 1, "its adapter alone"


@OF_THE_FIELD
def test_replies_go_to_inboxes_that_only_their_own_user_can_read(agency: Agency) -> None:
    adapter, system = allowed(block(agency), "subscribe")
    assert not {subject for subject in adapter & system if subject.startswith("_INBOX")}


@AGENCIES
def test_every_post_is_exported_to_its_own_agency_alone(agency: Agency) -> None:
    for line in re.findall(rf"\{{[^{{}}]*{subjects.post_stream(agency)}[^{{}}]*\}}", block("BUS")):
        assert re.findall(r"accounts: \[(.*)\]", line) == [f'"{agency}"']


@AGENCIES
def test_what_an_agency_may_send_and_receive_follows_the_catalogue(agency: Agency) -> None:
    own = block(agency)
    sends = any(agency in entry.senders for entry in CATALOGUE.values())
    receives = sends or any(agency in entry.receivers for entry in CATALOGUE.values())  # what a notice tells of
    assert (f'subject: "{subjects.SUBMIT}"' in own) is sends
    assert (subjects.post_stream(agency) in own) is receives
    assert (f'subject: "{subjects.RESEND}"' in own) is receives


@AGENCIES
def test_the_server_tells_the_gateway_which_account_asked(agency: Agency) -> None:
    for service in re.findall(r'service: \{ account: "BUS", subject: "gateway\.\w+" \}(.*)', block(agency)):
        assert "share: true" in service


def test_the_gateway_reads_the_log_by_get_alone_and_cannot_change_a_stream() -> None:
    gateway, _provisioner = allowed(block("BUS"), "publish")
    assert {subject for subject in gateway if subject.startswith("$JS")} == {
        "$JS.API.STREAM.INFO.>",
        "$JS.API.CONSUMER.INFO.>",
        "$JS.API.STREAM.MSG.GET.CASES",
        "$JS.API.DIRECT.GET.CASES",
    }
    assert subjects.GATEWAY_ALIVE in gateway


def test_a_reader_of_the_log_can_read_it_and_nothing_else() -> None:
    reads = {"bus.STREAM.MSG.GET.CASES", "bus.STREAM.INFO.CASES", "bus.DIRECT.GET.CASES"}
    assert allowed(block("READER"), "publish") == [reads]
    assert allowed(block("READER"), "subscribe") == [{subjects.LOG_APPENDED, "_INBOX.reader.>"}]


def test_only_the_bus_has_jetstream() -> None:
    assert TEXT.count("jetstream: enabled") == 1
    assert "jetstream: enabled" in block("BUS")
