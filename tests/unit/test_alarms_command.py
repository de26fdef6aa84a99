"""`barnabus alarms list|retry|try` as an operator meets them."""

import asyncio
import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from bus.settings import Settings
from bus.store import Store, opened
from cli.main import app
from services.keeper.alarms import TRIES, Alarms, Kind, alarm_id, wanted
from tests.builders import POLICE, SOCIAL
from tests.receivers import HOST, hooks

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)
NOTICE, DUTY = UUID(int=1), UUID(int=2)
PARKED = str(alarm_id(NOTICE, POLICE, "mail/desk"))


pytestmark = pytest.mark.usefixtures("wide_terminal")


@pytest.fixture
def kept(settings: Settings) -> Iterator[Store]:
    """The keeper's store, with one alarm parked and one that waits."""
    store = opened(settings.home / "stores" / "keeper.db")
    store.write(*wanted(NOTICE, DUTY, Kind.OVERDUE, {POLICE: ("mail/desk",)}, NOW))
    alarms, now = Alarms(store), NOW
    for _ in range(TRIES):
        begun = alarms.begun(alarms.due(now)[0], now)
        alarms.failed(begun, "alarm.refused")
        now = begun.next_at
    store.write(*wanted(NOTICE, DUTY, Kind.OVERDUE, {SOCIAL: ("webhook/records",)}, NOW))
    yield store
    store.close()


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["alarms", *words])


def test_a_list_shows_what_is_parked_and_what_waits(kept: Store) -> None:
    assert run("list").exit_code == 0
    parked, waiting = json.loads(run("list", "--json").stdout)["alarms"]
    assert parked == {
        "id": PARKED,
        "duty_id": str(DUTY),
        "kind": "duty.breached",
        "agency": "police",
        "way": "mail/desk",
        "state": "parked",
        "made": NOW.isoformat(),
        "tries": TRIES,
        "next": None,
        "code": "alarm.refused",
    }
    assert (waiting["way"], waiting["state"], waiting["next"]) == ("webhook/records", "waiting", NOW.isoformat())
    for shown in ("parked", "alarm.refused", "mail/desk", "waiting", "2026-03-12 09:00", PARKED):
        assert shown in run("list").stdout


def test_where_no_alarm_is_the_list_says_so(settings: Settings) -> None:
    assert "No alarm waits" in run("list").stdout
    assert json.loads(run("list", "--json").stdout) == {"alarms": []}


def test_a_parked_alarm_is_retried_once(kept: Store) -> None:
    assert json.loads(run("retry", PARKED, "--json").stdout) == {"retried": PARKED}
    assert Alarms(kept).parked() == []
    again = run("retry", PARKED)
    assert (again.exit_code, "alarm.not-found" in again.stderr) == (1, True)


@pytest.mark.parametrize("wrong", ["nonsense", "b2c552ed-ae21-418c-814d-9543f11ec30e"])
def test_what_is_no_parked_alarms_id_is_refused(kept: Store, wrong: str) -> None:
    refused = run("retry", wrong)
    assert (refused.exit_code, "alarm.not-found" in refused.stderr) == (1, True)


def test_without_a_home_no_store_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARNABUS_HOME", str(tmp_path / "nowhere"))
    assert run("list").exit_code == 1
    assert not (tmp_path / "nowhere").exists()


async def test_a_trial_says_of_each_way_what_came_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").touch(0o600)
    (tmp_path / "secret").write_text(f"whsec_{base64.b64encode(bytes(32)).decode()}")
    monkeypatch.setenv("BARNABUS_ALARMS", str(tmp_path / "alarms.toml"))
    async with hooks() as well, hooks() as ill:
        ill.answer = "500 Oh"
        parts = ['link = "https://console.example/duties/{duty}"']
        for agency, name, hook in (("police", "a", well), ("police", "b", ill), ("social", "a", well)):
            url = f"http://{HOST}:{hook.port}/"
            parts.append(f'[agencies.{agency}.webhook.{name}]\nurl = "{url}"\nsecret_file = "secret"')
        (tmp_path / "alarms.toml").write_text("\n".join(parts))
        some = await asyncio.to_thread(run, "try", "police", "--json")
        shown = await asyncio.to_thread(run, "try", "police")
        all_ = await asyncio.to_thread(run, "try", "social", "--json")
        nobody = await asyncio.to_thread(run, "try", "health")
    assert some.exit_code == shown.exit_code == 1
    first, second = json.loads(some.stdout)["tried"]
    assert (first["way"], first["sent"]) == ("webhook/a", True)
    assert (second["way"], second["sent"], second["code"]) == ("webhook/b", False, "alarm.refused")
    assert "It answers 500." in shown.stdout
    assert all_.exit_code == 0
    assert "alarm.nobody" in nobody.stderr
    assert json.loads(well.requests[0].body)["type"] == "alarm.tried"


def test_a_trial_without_a_file_says_which_setting_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BARNABUS_ALARMS", raising=False)
    refused = run("try", "police")
    assert refused.exit_code == 1
    assert "alarms.invalid" in refused.stderr
    assert "BARNABUS_ALARMS" in refused.stderr
