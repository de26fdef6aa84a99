"""A synthetic year through the real thing: the same every time, and never beside real cases."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bus import node
from bus.log import Logged
from bus.settings import Settings
from cli import simulate
from cli.stock import read_log
from cli.year import driving, summary
from cli.year.plan import year
from contracts.catalogue import COMMANDS
from contracts.errors import BarnabusError
from projections import case_state
from projections.case_log import case_log
from tests.casework import worked_out
from tests.year import ALL_VERBS

CASES, YEAR, SEED = 2, 2021, 11
WHOLE = 51
"""The seed of a small year that takes every turn."""


async def played(home: Path) -> list[Logged]:
    settings = Settings(home=home, nats_url=None)
    async with driving.at_work(settings, datetime(YEAR, 1, 1, tzinfo=UTC)) as driver:
        await driver.drive(year(cases=CASES, year=YEAR, seed=SEED), lambda planned: None)
        return await read_log(settings)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> list[Logged]:
    return asyncio.run(played(tmp_path_factory.mktemp("first") / "home"))


def cases_of(log: list[Logged]) -> dict[str, list[Logged]]:
    refs = {entry.record.subject for entry in log if not entry.subject.startswith("link.")}
    return {ref: [entry for entry in log if entry.record.subject == ref] for ref in refs}


def said(entry: Logged) -> dict[str, Any]:
    """A record without what follows from sealing, which is random: digests of letters, and so of records."""
    record = entry.record.model_dump(mode="json", exclude={"previous"})
    for letter in record["data"]["letters"]:
        del letter["sealed"], letter["content"], letter["previous"]
    return record | {"position": entry.stamp.position, "logged_at": entry.stamp.logged_at}


@pytest.mark.timeout(180)
async def test_every_type_travels_through_real_adapters_and_nothing_is_refused_lost_or_parked(tmp_path: Path) -> None:
    """A small year in which everything is said that an agency can say of its own accord."""
    found = await simulate.run(Settings(home=tmp_path, nats_url=None), cases=8, of_year=YEAR, seed=WHOLE)
    assert set(found["types"]) >= {COMMANDS[verb].type for verb in ALL_VERBS}
    assert (found["lost"], found["parked"], found["chains_verified"], found["unsigned"]) == (0, 0, True, False)
    plan = list(year(cases=8, year=YEAR, seed=WHOLE))
    assert found["events"] == len(plan)
    crossing = [planned for planned in plan if planned.crosses]
    assert len(crossing) == 2 * sum(found["void"].values()) == 8, "of two that cross the second is void, and no other"


@pytest.mark.timeout(120)
async def test_the_same_seed_gives_the_same_records_and_the_same_state(first: list[Logged], tmp_path: Path) -> None:
    again = await played(tmp_path / "again")
    assert [said(entry) for entry in first] == [said(entry) for entry in again]
    assert summary.of_log(first) == summary.of_log(again)
    assert [entry.digest for entry in first] != [entry.digest for entry in again], "sealing is random"
    assert all(entry.stamp.synthetic for entry in first)
    assert first[0].stamp.logged_at.year == YEAR, "the clock is the year's own"
    for case_ref, entries in cases_of(first).items():
        assert case_state.document(case_log(entries), case_ref) == worked_out(entries, case_ref)
    # were all states alike, the comparison above would say nothing
    assert summary.of_log(first)["state"] != summary.of_log(first[:-20])["state"]
    assert list(year(cases=CASES, year=YEAR, seed=SEED + 1)) != list(year(cases=CASES, year=YEAR, seed=SEED))


def test_a_recipient_signs_within_a_second_by_the_years_own_clock(first: list[Logged]) -> None:
    received = {
        (receipt["sender"], entry.record.sender, letter["number"]): (letter["received_at"], entry.stamp.logged_at)
        for entry in first
        if entry.record.type == "receipt" and (receipt := entry.record.data.content)
        for letter in receipt["letters"]
    }
    letters = [
        (entry.record.sender, letter.to.value, letter.number) for entry in first for letter in entry.record.data.letters
    ]
    assert set(letters) == set(received)
    for received_at, signed_at in received.values():
        assert 0 <= (signed_at - datetime.fromisoformat(received_at)).total_seconds() < 2


@pytest.mark.timeout(120)
async def test_a_machine_that_is_busy_ends_no_year(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 0.0)
    found = await simulate.run(Settings(home=tmp_path, nats_url=None), cases=1, of_year=YEAR, seed=SEED)
    assert found["events"] == len(list(year(cases=1, year=YEAR, seed=SEED)))


async def test_what_an_adapter_refuses_is_named_and_ends_the_year(tmp_path: Path) -> None:
    first, second, *_ = year(cases=CASES, year=YEAR, seed=SEED)
    wrong = replace(second, command={**second.command, "legal_basis": "because"})
    settings = Settings(home=tmp_path, nats_url=None)
    async with driving.at_work(settings, first.at) as driver:
        with pytest.raises(BarnabusError, match=f"{wrong.command['id']}.*field.invalid at legal_basis") as raised:
            await driver.drive([first, wrong], lambda planned: None)
    assert raised.value.code == "year.refused"


async def test_made_up_and_real_cases_never_stand_in_one_log(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, nats_url=None)
    await simulate.run(settings, cases=1, of_year=YEAR, seed=SEED)
    async with node.embedded(settings), node.gateway(settings) as service:
        with pytest.raises(BarnabusError) as raised:
            await service.until_ended()
    assert raised.value.code == "log.other-kind"
    with pytest.raises(BarnabusError) as raised:
        await simulate.run(settings, cases=1, of_year=YEAR, seed=SEED)
    assert raised.value.code == "home.not-new"
