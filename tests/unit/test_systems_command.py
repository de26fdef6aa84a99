"""`barnabus systems` as an operator meets it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from services.agency import AgencyApplication
from services.systems import Systems
from services.web.tries import TRIES, Tries
from tests.builders import POLICE, ByHand, encoded, now, refer
from tests.ways import secret_file

pytestmark = pytest.mark.usefixtures("wide_terminal")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["systems", *words])


def test_the_token_alone_is_on_standard_output_and_works_at_once(social: AgencyApplication) -> None:
    added = run("add", "social", "records", "--sends", "referral.accepted", "--hears", "all")
    assert added.exit_code == 0
    system = Systems(social.store).bearing(f"Bearer {added.stdout.strip()}")
    assert (system.name, str(system.sends), str(system.hears)) == ("records", "referral.accepted", "all")
    assert "May send: referral.accepted" in added.stderr


def test_a_list_shows_scopes_and_no_token(social: AgencyApplication) -> None:
    token = json.loads(run("add", "social", "records", "--hears", "all", "--json").stdout)["token"]
    (listed,) = json.loads(run("list", "social", "--json").stdout)["systems"]
    assert (listed["name"], listed["sends"], listed["hears"], listed["webhook"]) == ("records", "", "all", None)
    shown = run("list", "social")
    assert "records" in shown.stdout
    assert token.rpartition(".")[2] not in shown.stdout
    assert "No systems" in run("list", "police").stdout


def test_one_that_is_removed_is_gone(social: AgencyApplication) -> None:
    run("add", "social", "records")
    assert run("remove", "social", "records").exit_code == 0
    assert Systems(social.store).all() == []
    assert "system.unknown" in run("remove", "social", "records").stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "keeper", "records"), "agency.unknown"),
        (("add", "social", "Records"), "option.invalid"),
        (("add", "social", "records", "--sends", "referral.make"), "type.unknown"),
        (("add", "social", "records", "--webhook", "https://records.example"), "option.invalid"),
        (("add", "social", "records", "--webhook", "http://records.example", "--secret-file", "x"), "webhook.invalid"),
        (("send-again", "social", "6f0c6f0e-6a4e-4d0a-9a55-0f6a3b6d7c11"), "webhook.not-parked"),
    ],
)
def test_what_cannot_be_is_refused_with_its_code(social: AgencyApplication, words: tuple[str, ...], code: str) -> None:
    found = run(*words)
    assert found.exit_code in (1, 2)
    assert found.stderr.startswith(code)
    assert Systems(social.store).all() == []


def test_what_a_webhook_has_not_taken_is_listed_and_sent_again(
    social: AgencyApplication, by_hand: ByHand, tmp_path: Path
) -> None:
    hook = ("--webhook", "https://records.example/in", "--secret-file", str(secret_file(tmp_path)))
    assert run("add", "social", "records", "--hears", "all", *hook).exit_code == 0
    assert "Nothing is parked" in run("failed", "social").stdout
    police = by_hand.application(POLICE)
    police.take(encoded(refer()), now())
    by_hand.deliver(social, by_hand.log_next(police)[0])
    police.close()
    system, tries = Systems(social.store).named("records"), Tries(social.store, social.feed)
    item = tries.next(system, now())
    assert item
    for _ in range(TRIES):
        item = tries.begun(item, now())
        tries.failed(item, "webhook.refused")
    (row,) = json.loads(run("failed", "social", "--json").stdout)["failed"]
    assert (row["system"], row["error"], row["id"]) == ("records", "webhook.refused", str(item.id))
    assert str(item.id) in run("failed", "social").stdout
    assert run("send-again", "social", str(item.id)).exit_code == 0
    assert run("failed", "social", "--json").stdout.count("records") == 0
    again = tries.next(Systems(social.store).named("records"), now())
    assert again
    assert (again.id, again.tries) == (item.id, 0)
