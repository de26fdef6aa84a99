"""A process dies in the middle of erasing, or a store comes back that knows nothing of it: what is gone stays gone."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from bus.settings import Settings
from tests.builders import POLICE, SOCIAL, command, refer
from tests.fault.drill import at_hand
from tests.fault.drill import command as command_of
from tests.living import eventually, whole

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
