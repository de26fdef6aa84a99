"""What came after an installation reaches it: it is set aside or parked, shown, and other cases go on."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from bus.aside import AGAIN_AFTER_S, Aside
from bus.ledger import Ledger
from bus.log import verify
from cli.doctor import _store
from cli.main import app
from contracts import bypass
from contracts.catalogue import CATALOGUE
from contracts.envelope import Record, Stamp
from contracts.errors import BarnabusError, Refused
from projections.case_log import case_log
from tests.builders import POLICE, SAFETY, SOCIAL, act, fact, now, protection, refer
from tests.builders import bypass as around
from tests.carried import Carried, Carrying
from tests.unit.test_older_versions import entries
from tests.versions import TYPE, as_of, at_first, today, without

OLDER = [
    pytest.param(at_first, "version.unknown", id="version"),
    pytest.param(lambda: without(TYPE), "type.unknown", id="type"),
]


async def opens(agencies: Carried) -> str:
    await agencies.says(POLICE, refer(POLICE, SOCIAL))
    return Record.model_validate_json(entries(agencies)[-1].text).subject


def missing(case: str) -> dict[str, Any]:
    return fact(SOCIAL, "child.report-missing", case, missing_since=now().isoformat(), safety=SAFETY)


@contextmanager
def gateway_as(agencies: Carried, older: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The gateway has an older catalogue than everybody else."""
    real = agencies.gateway

    async def gateway(*asked: Any) -> tuple[str, Stamp]:
        with older():
            return await real(*asked)

    with monkeypatch.context() as patched:
        patched.setattr(agencies, "gateway", gateway)
        yield


def logged(agencies: Carried, *, after: int = 0) -> list[UUID]:
    return [Record.model_validate_json(one.text).id for one in entries(agencies) if one.position > after]


@pytest.mark.parametrize(("older", "code"), OLDER)
async def test_what_an_older_gateway_does_not_know_waits_with_its_case_and_other_cases_go_on(
    agencies: Carried, older: Any, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, other = await opens(agencies), await opens(agencies)
    end = agencies.by_hand.position
    with today():
        said = agencies.takes(SOCIAL, missing(case))
        behind = agencies.takes(SOCIAL, protection(SOCIAL, case))
        elsewhere = agencies.takes(SOCIAL, protection(SOCIAL, other))
        again = agencies.takes(SOCIAL, missing(other))
        with gateway_as(agencies, older, monkeypatch):
            await agencies.sends(SOCIAL)
        assert logged(agencies, after=end) == [elsewhere]
        assert agencies.voided == []
        kept = Aside(agencies.apps[SOCIAL].store).all()
        assert [(UUID(one.record_id), one.code) for one in kept] == [(said, code), (behind, code), (again, code)]
        assert agencies.refusals == [(code, "type" if code == "type.unknown" else "dataschema")], "asked once"

        await agencies.sends(SOCIAL)
        assert logged(agencies, after=end) == [elsewhere], "not at once again"
        agencies.relays[SOCIAL] = Carrying(SOCIAL, agencies)  # as after a restart
        await agencies.sends(SOCIAL)
        assert logged(agencies, after=end) == [elsewhere, said, behind, again]
        assert Aside(agencies.apps[SOCIAL].store).all() == []
        assert {heard.state for heard in agencies.hears()} == {"heard"}


async def test_a_store_restored_from_a_backup_sends_nothing_twice_that_it_had_set_aside(agencies: Carried) -> None:
    case = await opens(agencies)
    said = agencies.takes(SOCIAL, protection(SOCIAL, case))
    await agencies.sends(SOCIAL)
    store, sent = agencies.apps[SOCIAL].store, agencies.by_hand.position
    place = store.read("SELECT notification_id AS at FROM outbox WHERE record_id = ?", str(said))[0]["at"]
    store.write(Aside(store).put(place, str(said), "immediate-protection.taken", case, "version.unknown", now()))
    await agencies.sends(SOCIAL)
    assert (agencies.by_hand.position, agencies.refusals, Aside(store).all()) == (sent, [], [])


def test_a_type_is_tried_again_after_a_while_by_the_first_of_a_case_alone(agencies: Carried) -> None:
    elapsed, store = [100.0], agencies.apps[SOCIAL].store
    aside = Aside(store, lambda: elapsed[0])
    cases = ("case-a", "case-a", "case-b")
    for place, case in enumerate(cases, start=1):
        store.write(aside.put(place, str(UUID(int=place)), TYPE, case, "version.unknown", now()))
    assert aside.refused(TYPE)
    assert aside.due() is None
    assert aside.holds_up(replace(act(), subject="case-a"))
    assert not aside.holds_up(replace(act(), subject="case-c"))
    elapsed[0] += AGAIN_AFTER_S
    first = aside.due()
    assert first
    assert first.notification_id == 1
    store.write(aside.taken(first))
    assert [one.notification_id for one in aside.all()] == [2, 3]
    assert not aside.refused(TYPE), "it was said before"


@pytest.mark.parametrize(("older", "code"), OLDER)
async def test_an_older_adapter_parks_such_a_letter_with_its_case_and_hears_other_cases(
    agencies: Carried, older: Any, code: str
) -> None:
    case, other = await opens(agencies), await opens(agencies)
    with today():
        for made in (missing(case), protection(SOCIAL, case), protection(SOCIAL, other)):
            agencies.takes(SOCIAL, made)
        await agencies.sends(SOCIAL)
    with older():
        heard = agencies.hears(POLICE)
    assert [(one.state, one.reason) for one in heard] == [
        ("parked", code),
        ("parked", "letter.after-parked"),
        ("heard", None),
    ]
    with today():
        assert [one.state for one in agencies.apps[POLICE].retry_parked()] == ["heard", "heard"]


async def test_an_older_gateway_takes_the_log_over_but_not_with_a_way_around_somebody_that_it_cannot_read(
    agencies: Carried,
) -> None:
    case = await opens(agencies)
    with today():
        await agencies.says(SOCIAL, missing(case))
    with as_of(replace(CATALOGUE[bypass.INVOKED], version="2.0")):
        await agencies.says(SOCIAL, around(SOCIAL, case))
    *readable, last = (verify(entry, agencies.by_hand.directory) for entry in entries(agencies))
    ledger = Ledger(agencies.folder / "older.db")
    with at_first():
        for one in readable:
            ledger.apply(one.stamp.position, one.record, one.digest, one.stamp.logged_at)
        with pytest.raises(Refused) as refused:
            ledger.apply(last.stamp.position, last.record, last.digest, last.stamp.logged_at)
    assert refused.value.code == "version.unknown"
    assert ledger.heads.position == last.stamp.position - 1
    ledger.close()


async def test_a_case_log_shows_an_unknown_version_as_it_was_said_and_refuses_a_case_of_an_unknown_type(
    agencies: Carried,
) -> None:
    """Whether a type that nobody knows here moves a handoff, nobody can say; what a fact says, its bytes do."""
    case = await opens(agencies)
    with today():
        await agencies.says(SOCIAL, missing(case))
    log = [verify(one, agencies.by_hand.directory) for one in entries(agencies)]
    with at_first():
        assert case_log(log).document(case)["events"][-1]["codes"].keys() == {"concerns", "missing_since"}
    with without(TYPE), pytest.raises(BarnabusError) as refused:
        case_log(log)
    assert refused.value.code == "type.unknown"


async def test_what_is_set_aside_is_shown_to_who_runs_it(agencies: Carried, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await opens(agencies)
    monkeypatch.setenv("BARNABUS_HOME", str(agencies.by_hand.settings.home))
    with today():
        said = agencies.takes(SOCIAL, missing(case))
        with gateway_as(agencies, at_first, monkeypatch):
            await agencies.sends(SOCIAL)
    shown = json.loads(CliRunner().invoke(app, ["parked", "list", "social", "--json"]).stdout)
    assert [(one["id"], one["type"], one["code"]) for one in shown["own"]] == [(str(said), TYPE, "version.unknown")]
    assert TYPE in CliRunner().invoke(app, ["parked", "list", "social"]).stdout
    (found,) = _store(agencies.by_hand.settings, SOCIAL)
    assert (found.check, found.state) == ("social: set aside", "warn")
    assert TYPE in found.said
