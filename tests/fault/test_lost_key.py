"""A sealing key is lost for good: its agency gets a new one, and its partners say again what it could not open."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from bus.settings import Settings
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from tests.builders import POLICE, SOCIAL, bypass, new_case, on, refer
from tests.fault.drill import Picture, at_hand, command, goes_on, lost
from tests.living import Bus, eventually, letters_sent, whole

pytestmark = pytest.mark.fault
ASKED: dict[str, Any] = {"priority": "red", "questions": ["safe-contact"]}
REKEY = ("recover", "social", "--new-sealing-key", "--json")


LOOKS = "bus.directory.LOOK_EVERY_S"


@pytest.fixture(autouse=True)
def _of_this_home(settings: Settings, quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new directory reaches those that run when a test says so."""
    at_hand(settings, monkeypatch)
    monkeypatch.setattr(LOOKS, 3600.0)


def sealing_keys(settings: Settings) -> list[Path]:
    return sorted(settings.keys(SOCIAL).glob("sealing*.jwk"))


async def starts_anew(bus: Bus, agency: Agency) -> None:
    await bus.living.stop_adapter(agency)
    await bus.living.start_adapter(agency)


async def test_what_was_sealed_to_a_lost_key_is_said_again_and_everybody_agrees(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = new_case()
    async with whole(settings) as bus:
        made = await goes_on(bus)
        refused = await command(*REKEY, "--write")
        assert "home.in-use" in refused.stderr
        assert len(sealing_keys(settings)) == 1, "its adapter would park what is sealed to a key that it does not know"
        await bus.living.stop_adapter(SOCIAL)
        sealing_keys(settings)[0].unlink()
        said = [str((await bus.police.do(refer(case_ref=case)))["id"]) for _ in range(2)]
        said.append(str((await bus.police.do(on(POLICE, "information.ask", made, **ASKED)))["id"]))
        with pytest.raises(BarnabusError, match=r"key\.lost"):
            await bus.living.start_adapter(SOCIAL)

        before = settings.directory.read_bytes()
        looked = await command(*REKEY)
        assert looked.exit_code == 1, looked.stderr
        found = {
            "agency": "social",
            "written": False,
            "ended": "social-enc-1",
            "still_held": False,
            "new": "social-enc-2",
        }
        assert json.loads(looked.stdout) == found
        assert (settings.directory.read_bytes(), sealing_keys(settings)) == (before, [])
        done = await command(*REKEY, "--write")
        assert (done.exit_code, json.loads(done.stdout)) == (0, found | {"written": True}), done.stderr

        await bus.living.start_adapter(SOCIAL)
        await eventually(lambda: len(bus.app(SOCIAL).inbox.parked()) == len(said))
        said.append(str((await bus.police.do(refer(case_ref=case)))["id"]))  # sealed to the old key still
        await eventually(lambda: len(bus.app(SOCIAL).inbox.parked()) == len(said))
        monkeypatch.setattr(LOOKS, 0.0)  # now it is with the police, who run on
        for letter in said:
            await bus.social.hears(letter)
        await eventually(lambda: bus.app(SOCIAL).inbox.parked() == [])
        await goes_on(bus)
        after = await Picture.of(bus)
        assert after.standings[POLICE] == after.standings[SOCIAL]
        for agency in (SOCIAL, POLICE):
            await starts_anew(bus, agency)
        await goes_on(bus)
        log = await bus.living.log()
    assert [entry.record.type for entry in log].count("letter.said-again") == len(said)
    assert lost(settings, log) == []


async def test_a_bypass_keeps_a_sender_from_saying_again_and_from_nothing_else(settings: Settings) -> None:
    """The gateway alone knows whether it holds: its refusal takes the number, no act is void, the relay goes on."""
    async with whole(settings) as bus:
        await bus.living.stop_adapter(SOCIAL)
        made = await bus.police.do(refer())
        for path in sealing_keys(settings):
            path.unlink()
        assert (await command(*REKEY, "--write")).exit_code == 0
        await bus.living.start_adapter(SOCIAL)
        await eventually(bus.app(SOCIAL).inbox.parked)
        await bus.police.do(bypass(POLICE, made["case_ref"], "social", "prosecution"))
        await eventually(lambda: letters_sent(bus.app(POLICE))[-1]["opened"] == 0)
        await starts_anew(bus, POLICE)
        await bus.social.hears((await bus.police.do(refer()))["id"])
        log = await bus.living.log()
        refusals = [entry.record for entry in log if entry.record.type == "submission.refused"]
        assert [record.data.content["refused_type"] for record in refusals] == ["letter.said-again"]
        assert refusals[0].data.content["code"] == "route.bypassed"
        assert bus.police.voided == []
        assert bus.app(POLICE).void_of(UUID(made["id"])) is None
        assert [row["reason"] for row in bus.app(SOCIAL).inbox.parked()] == ["content.unreadable"]
