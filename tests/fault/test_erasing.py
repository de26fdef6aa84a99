"""A process dies in the middle of erasing, or a store comes back that knows nothing of it: what is gone stays gone."""

import json
import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from bus.settings import Settings
from cli.agencies import opened
from tests.builders import NAME, POLICE, SOCIAL, command, refer
from tests.fault.drill import Picture, at_hand
from tests.fault.drill import command as command_of
from tests.fault.house import House
from tests.fault.test_reconcile import WRITE
from tests.fault.waiting import until
from tests.living import eventually, whole
from tests.searching import in_base64

pytestmark = [pytest.mark.fault, pytest.mark.timeout(180)]
SUPERVISOR = {"role": "supervisor", "office": "an-office"}


def erase(case: str, person: Any) -> dict[str, Any]:
    said = {"authority": "court-order", "person": person}
    return command(POLICE, "content.erase", said, case_ref=case, post=SUPERVISOR, legal_basis="court-order")


def _copy(settings: Settings, to: Path) -> None:
    to.mkdir()
    for path in settings.home.glob("stores/social.db*"):
        shutil.copy(path, to)


async def test_a_store_from_a_backup_forgets_again_what_was_erased_since(
    settings: Settings, quick: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also a letter that had come after the backup, is erased in the log, and is sent once more by who keeps it."""
    at_hand(settings, monkeypatch)
    async with whole(settings) as bus:
        first, later = refer(SOCIAL, to=POLICE), refer()
        case = (await bus.social.do(first))["case_ref"]
        child = first["data"]["concerns"]
        kept = await bus.social.do(refer(SOCIAL, to=POLICE))
        await bus.settled()
        _copy(settings, tmp_path / "copy")
        later["data"]["concerns"], later["case_ref"] = child, case
        await bus.police.do(later)
        await bus.social.hears(later["id"])
        await bus.settled()
        said = {"authority": "court-order", "person": child}
        post = {"post": SUPERVISOR, "legal_basis": "court-order"}
        await bus.social.do(command(SOCIAL, "content.erase", said, case_ref=case, **post))
        assert bus.app(SOCIAL).contents(case) == []
        await bus.living.stop_adapter(SOCIAL)
        for path in settings.home.glob("stores/social.db*"):
            path.unlink()
        for path in (tmp_path / "copy").iterdir():
            shutil.copy(path, settings.home / "stores")
        done = await command_of("recover", "social", "--write", "--json")
        assert done.exit_code == 0, done.stderr
        await bus.living.start_adapter(SOCIAL)
        back = bus.app(SOCIAL)
        await eventually(lambda: back.inbox.said_by(POLICE, later["id"]))
        row = back.inbox.said_by(POLICE, later["id"])
        assert row
        assert (row["state"], row["vault_item"]) == ("heard", None)
        assert back.contents(case) == []
        assert [one.record_id for one in back.contents(kept["case_ref"])], "and nothing else"
        items = [item for item in back.told(0, limit=100).items if item["data"]["id"] == later["id"]]
        assert [item["type"] for item in items] == ["letter.erased"]


async def test_a_lost_log_comes_back_from_outboxes_that_were_emptied(
    settings: Settings, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_hand(settings, monkeypatch)
    async with whole(settings) as bus:
        made = refer()
        case = (await bus.police.do(made))["case_ref"]
        await bus.social.hears(made["id"])
        await bus.settled()
        await bus.police.do(erase(case, made["data"]["concerns"]))
        assert bus.app(POLICE).outbox.holding(SOCIAL, [1]) == []
        await bus.settled()
        before = await Picture.of(bus)
    shutil.rmtree(settings.home / "nats")
    done = await command_of(*WRITE, "--json")
    assert done.exit_code == 0, done.stderr
    async with whole(settings) as bus:
        after = await Picture.of(bus)
        assert (after.log[: len(before.log)], after.standings) == (before.log, before.standings)
        assert json.loads((await command_of("erasures", "list", "--json")).stdout)["erasures"][0]["items"] == 1


@pytest.mark.asyncio(loop_scope="module")
async def test_an_adapter_that_dies_in_the_middle_has_erased_all_of_it_and_says_so_or_nothing(house: House) -> None:
    """Nothing is settled when it dies: the bytes go as it starts again, and the same command is answered as done."""
    police = house.systems[POLICE]
    made = refer()
    answer = await police.asks(made)
    assert answer
    case = answer["case_ref"]
    await until("the letter is signed for", lambda: _signed_for(house))
    said = erase(case, made["data"]["concerns"])
    await house.replace("police", kill_at="erasing.saved:1")
    await house.ready("police")
    assert await police.asks(said) is None
    await house.dies("police")
    with opened(POLICE, house.settings) as application:
        assert application.contents(case) == []
        assert application.knows(UUID(said["id"])), "what the log will be told is saved with it"
    await house.start("police")
    await house.ready("police")
    again = await police.asks(said)
    assert again
    assert (again["repeated"], again["case_ref"]) == (True, case)
    log = await house.verdict.log()
    assert said["id"] in log.ids(POLICE, receipts=False)
    store = {path: path.read_bytes() for path in house.home.glob("stores/police.db*")}
    assert not [path for path, raw in store.items() for one in in_base64(NAME.encode()) if one in raw]
    assert case in str(store), "what stays is there"


async def _signed_for(house: House) -> bool:
    with opened(POLICE, house.settings) as application:
        rows = application.store.read("SELECT received_at FROM outbox_letters")
    return bool(rows) and all(row["received_at"] for row in rows)
