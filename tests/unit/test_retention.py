"""Periods as data: what is wrong in a file is said with its line; and the commands that go by them."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bus.settings import STORE, Settings
from contracts import retention
from contracts.catalogue import CATALOGUE
from contracts.errors import BarnabusError
from contracts.protocol.terms import Tag
from tests.builders import CHILD, SOCIAL, ByHand, command, encoded, new_case, now, safe_contact
from tests.fault.drill import command as command_of

SHIPPED = retention.SHIPPED.read_text()
SUPERVISOR = {"role": "supervisor", "office": "an-office"}


def test_every_type_has_a_period_and_none_of_those_shipped_claims_to_be_law() -> None:
    periods = retention.read()
    assert all(periods.of(name) for name in CATALOGUE)
    assert {(one.tag, one.verified_by) for one in periods.periods} == {(Tag.D, "none")}


@pytest.mark.parametrize(
    ("was", "instead", "says"),
    [
        ("count = 2,", "count = 0,", "line 28, period contacts-and-whereabouts, field keep.count: "),
        ('start = "case-closed"', 'start = "someday"', "line 27, period contacts-and-whereabouts, field start: "),
        ('"safe-contact.set"', '"safe.contact"', "`safe.contact` is not in the catalogue."),
        ('"safe-contact.set"', '"concern.reported"', "`concern.reported` stands twice."),
        ('types = ["*"]', 'types = ["case.closed"]', "no period is for all others: `*`."),
        ('\nverified_by = "none"', '\nverified_by = "source"', "what is tagged D was not read in its source"),
        ('unit = "years"', 'unit = "moons"', "field keep.unit: "),
        ('jurisdiction = "xk"', "jurisdiction", "at line 7, column 13"),
    ],
)
def test_a_mistake_in_a_file_is_said_with_its_place(tmp_path: Path, was: str, instead: str, says: str) -> None:
    path = tmp_path / "periods.toml"
    path.write_text(SHIPPED.replace(was, instead, 1))
    with pytest.raises(BarnabusError) as invalid:
        retention.read(path)
    assert invalid.value.code == "retention.invalid"
    assert says in (invalid.value.detail or ""), invalid.value.detail


@pytest.fixture
def closed(settings: Settings, by_hand: ByHand, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two closed cases of the Centre's whose content has been kept for two years; no adapter runs."""
    monkeypatch.setenv("BARNABUS_HOME", str(settings.home))
    monkeypatch.setenv(STORE, "sqlite")
    monkeypatch.setattr("cli.retention.wall_clock", lambda: now() + timedelta(days=800))
    cases = [new_case(), new_case()]
    app = by_hand.application(SOCIAL)
    for case in cases:
        app.take(encoded(safe_contact(case)), now())
        closing = command(SOCIAL, "case.close", {"reason": "goals-reached"}, case_ref=case, post=SUPERVISOR)
        app.take(encoded(closing), now())
    app.close()
    return sorted(cases)


@pytest.mark.usefixtures("commands_at_hand")
async def test_what_is_due_is_shown_held_back_and_carried_out_in_runs_that_end(closed: list[str]) -> None:
    due = json.loads((await command_of("retention", "due", "social", "--json")).stdout)["due"]
    assert [row["case_ref"] for row in due] == closed
    assert due[0]["periods"] == {"contacts-and-whereabouts": {"tag": "D", "verified_by": "none"}}
    assert (await command_of("retention", "hold", "social", "--case", closed[0])).exit_code == 0
    held = json.loads((await command_of("retention", "holds", "social", "--json")).stdout)["holds"]
    assert [row["case_ref"] for row in held] == closed[:1]
    run = ("retention", "carry-out", "social", "--office", "an-office", "--cases", "1", "--json")
    first = await command_of(*run)
    assert (first.exit_code, json.loads(first.stdout)["cases"]) == (0, closed[1:]), first.stderr
    await command_of("retention", "lift", "social", "--case", closed[0])
    second = await command_of(*run)
    assert (second.exit_code, json.loads(second.stdout)["records"]) == (0, 1)
    assert json.loads((await command_of(*run)).stdout)["cases"] == []


@pytest.mark.usefixtures("commands_at_hand")
async def test_a_run_that_leaves_something_says_so(closed: list[str]) -> None:
    run = await command_of("retention", "carry-out", "social", "--office", "an-office", "--cases", "1", "--json")
    assert (run.exit_code, json.loads(run.stdout)["more"]) == (1, True)


@pytest.mark.usefixtures("commands_at_hand")
async def test_content_is_erased_on_a_closed_store_too(closed: list[str]) -> None:
    asked = ("erase", "social", "--case", closed[0], "--person", CHILD["ref"], "--office", "an-office")
    done = await command_of(*asked, "--authority", "unfounded", "--json")
    assert (done.exit_code, json.loads(done.stdout)["status"]) == (0, "recorded"), done.stderr
    again = await command_of(*asked, "--authority", "unfounded")
    assert again.exit_code == 2
    assert "erasure.nothing" in again.stderr
