"""Two gateways and one log: one writes, one stands by, and a log that does not hold together is not written to."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from nats.js.api import DiscardPolicy
from nats.js.errors import APIError

from bus import node
from contracts import subjects
from contracts.errors import BarnabusError
from tests.builders import POLICE, refer
from tests.living import Bus, Living, eventually


async def test_one_is_active_and_the_other_takes_over_when_it_ends(bus: Bus) -> None:
    standby = await bus.living.start_gateway("b", active=False)
    await bus.police.do(refer())
    assert not standby.active
    await bus.living.stop_gateway("a")
    await eventually(lambda: standby.active)
    await bus.police.do(refer())
    assert [entry.record.number for entry in await bus.living.log() if entry.record.sender == POLICE] == [1, 2]


async def test_two_that_believe_themselves_active_cannot_fork_the_log_and_the_younger_steps_back(
    bus: Bus, events: Callable[[], set[str]]
) -> None:
    younger = await bus.living.start_gateway("b", active=False)
    await younger._take_over()
    for _ in range(6):
        await bus.police.do(refer())
    await eventually(lambda: not younger.active)
    assert bus.living.gateways["a"].active
    assert "gateway.stepped-back" in events()
    acts = [entry for entry in await bus.living.log() if entry.record.type == "referral.made"]
    assert [entry.record.number for entry in acts] == sorted({entry.record.number for entry in acts})
    assert len(acts) == 6


async def test_a_log_with_an_entry_that_does_not_hold_is_not_written_to(bus: Bus) -> None:
    await bus.police.do(refer())
    await bus.settled()
    await bus.living.stop_gateway()
    writer = (await bus.living.connect("gateway", "gateway")).jetstream()
    position = (await writer.publish("case.7k3q-9m2x-w4td-h6r2.police.referral.made", b"{}")).seq
    shutil.rmtree(bus.settings.home / "gateway")
    service = await bus.living.start_gateway("b")
    with pytest.raises(BarnabusError, match=r"log\.damaged") as damaged:
        await service.ended
    assert f"Position {position}:" in str(damaged.value)
    assert not service.active


WEAKENED: dict[str, dict[str, Any]] = {
    "max_msgs": {"max_msgs": 5},
    "max_bytes": {"max_bytes": 1024},
    "max_age": {"max_age": 3600.0},
    "max_msgs_per_subject": {"max_msgs_per_subject": 1},
    "discard": {"discard": DiscardPolicy.OLD},
    "subjects": {"subjects": ["case.>", "link.>", "other.>"]},
}


@pytest.mark.parametrize("setting", WEAKENED)
async def test_a_stream_that_was_changed_is_an_alarm_and_is_not_written_to(home: Living, setting: str) -> None:
    js = await home.privileged()
    config = (await js.stream_info(subjects.CASES)).config
    await js.update_stream(replace(config, **WEAKENED[setting]))
    service = await home.start_gateway()
    with pytest.raises(BarnabusError, match=r"log\.misconfigured") as changed:
        await service.ended
    assert setting in str(changed.value)


async def test_deletion_and_purge_of_the_log_are_denied_to_its_operator_too(bus: Bus) -> None:
    await bus.police.do(refer())
    js = await bus.living.privileged()
    with pytest.raises(APIError, match="message delete not permitted"):
        await js.delete_msg(subjects.CASES, 1)
    with pytest.raises(APIError, match="purge not permitted"):
        await js.purge_stream(subjects.CASES)
    assert len(await bus.living.log()) >= 1


async def test_a_store_that_is_behind_the_log_takes_no_commands(bus: Bus) -> None:
    """It was put back from a backup that is older than what its agency said."""
    await bus.police.do(refer())
    await bus.settled()
    await bus.living.stop_adapter(POLICE)
    store, backup = bus.settings.store(POLICE), bus.settings.home / "backup.db"
    shutil.copy(store, backup)
    await bus.living.start_adapter(POLICE)
    await bus.police.do(refer())
    await bus.settled()
    await bus.living.stop_adapter(POLICE)
    for leftover in store.parent.glob("police.db*"):
        leftover.unlink()
    shutil.copy(backup, store)
    adapter = await bus.living.start_adapter(POLICE)
    await eventually(lambda: adapter.behind)
    answer = await bus.police.ask(refer())
    assert answer["error"]["code"] == "adapter.behind"


async def test_provisioning_again_changes_nothing(bus: Bus) -> None:
    await bus.police.do(refer())
    before = len(await bus.living.log())
    await node.prepare(bus.settings)
    assert len(await bus.living.log()) >= before
