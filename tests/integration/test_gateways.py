"""Two gateways and one log: one writes, one stands by, and a log that does not hold together is not written to."""

import asyncio
import contextlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from nats.js.errors import APIError

from bus import node, streams
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from tests.builders import POLICE, SOCIAL, now, refer
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


BOGUS = ("not a record", "a copy of an entry", "a record without a stamp", "an entry under another subject")


@pytest.mark.parametrize("bogus", BOGUS)
async def test_a_log_with_an_entry_that_does_not_hold_is_not_written_to(
    bus: Bus, bogus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody with the gateway's own account wrote it there."""
    await bus.police.do(refer())
    await bus.settled()
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 0.1)
    await bus.living.stop_gateway()
    js = await bus.living.privileged()
    real = await js.get_msg(subjects.CASES, 1)
    assert real.subject
    subject = "case.7k3q-9m2x-w4td-h6r2.police.referral.made" if bogus == BOGUS[3] else real.subject
    headers = None if bogus == BOGUS[2] else real.headers
    writer = (await bus.living.connect("gateway", "gateway")).jetstream()
    raw = b"{}" if bogus == BOGUS[0] else real.data or b""
    headers = {k: v for k, v in (headers or {}).items() if k.startswith("Barnabus")} or None
    position = (await writer.publish(subject, raw, headers=headers)).seq
    shutil.rmtree(bus.settings.home / "gateway")
    service = await bus.living.start_gateway("b")
    with pytest.raises(BarnabusError, match=r"log\.damaged") as damaged:
        await service.ended
    assert f"Position {position}:" in str(damaged.value)
    assert not service.active
    assert (await bus.police.ask(refer()))["status"] == "recorded"


async def test_an_active_gateway_never_writes_behind_an_entry_that_it_did_not_write(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bus.police.do(refer())
    await bus.settled()
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 0.1)
    writer = (await bus.living.connect("gateway", "gateway")).jetstream()
    position = (await writer.publish("case.7k3q-9m2x-w4td-h6r2.police.referral.made", b"{}")).seq
    relay = bus.living.adapters[POLICE].relay
    assert (await bus.police.ask(refer()))["status"] == "recorded"
    await eventually(lambda: relay.halted == "log.damaged")
    assert (await (await bus.living.privileged()).stream_info(subjects.CASES)).state.last_seq == position


async def test_a_ledger_that_does_not_fit_the_log_stops_the_gateway_and_taken_away_it_is_made_anew(bus: Bus) -> None:
    for _ in range(2):
        await bus.police.do(refer())
    await bus.settled()
    await bus.living.stop_gateway()
    path = bus.settings.home / "gateway" / "a.db"
    with contextlib.closing(sqlite3.connect(path)) as ledger, ledger:
        ledger.execute("UPDATE places SET digest = 'x'")
        ledger.execute("UPDATE heads SET number = number + 1")
    service = await bus.living.start_gateway()
    with pytest.raises(BarnabusError, match=r"log\.damaged"):
        await service.ended
    await bus.living.stop_gateway()
    path.unlink()
    await bus.living.start_gateway()
    await bus.social.hears((await bus.police.do(refer()))["id"])


WEAKENED: dict[str, Any] = {
    "max_msgs": 5,
    "max_bytes": 1024,
    "max_age": 3600 * 10**9,
    "max_msgs_per_subject": 1,
    "max_msg_size": 100,
    "discard": "old",
    "subjects": ["case.>", "link.>", "other.>"],
    "allow_msg_ttl": True,
    "allow_atomic": True,
    "no_ack": True,
    "republish": {"src": "case.>", "dest": "leak.>"},
    "subject_transform": {"src": "case.>", "dest": "link.>"},
    "sources": [{"name": "POST_police"}],
    "consumer_limits": {"max_ack_pending": 1},
    "sealed": True,  # last: a sealed stream is changed no more
}
"""Every setting that JetStream lets the operator of a stream like ours change, but those that change no entry."""
DENIED: dict[str, Any] = {
    "allow_msg_schedules": True,
    "deny_purge": False,
    "deny_delete": False,
    "storage": "memory",
    "mirror": {"name": "X"},
}
"""What it does not."""


async def _update(home: Living, stream: str, changes: dict[str, Any]) -> dict[str, Any]:
    """The configuration after an update, or the server's error."""
    nats = await home.connect("gateway", "provisioner")
    config = json.loads((await nats.request(f"$JS.API.STREAM.INFO.{stream}", b"", timeout=5)).data)["config"]
    raw = json.dumps(config | changes).encode()
    answer = json.loads((await nats.request(f"$JS.API.STREAM.UPDATE.{stream}", raw, timeout=5)).data)
    return dict(answer.get("config") or answer["error"])


async def test_every_change_of_the_logs_stream_is_named(home: Living) -> None:
    nats = await home.connect("gateway", "provisioner")
    for setting, value in WEAKENED.items():
        changed = await _update(home, subjects.CASES, {setting: value})
        assert changed.get(setting), changed
        with pytest.raises(BarnabusError, match=r"log\.misconfigured") as error:
            await streams.compare(nats)
        assert setting in str(error.value)
        await _update(home, subjects.CASES, dict.fromkeys(WEAKENED) | streams.cases().as_dict())


@pytest.mark.parametrize("setting", ["max_age", "sealed"])
async def test_a_stream_that_was_changed_is_an_alarm_and_is_not_written_to(home: Living, setting: str) -> None:
    await _update(home, subjects.CASES, {setting: WEAKENED[setting]})
    service = await home.start_gateway()
    with pytest.raises(BarnabusError, match=r"log\.misconfigured") as error:
        await service.ended
    assert "Stream CASES:" in str(error.value)
    assert setting in str(error.value)
    assert not service.active


async def test_what_makes_the_log_immutable_cannot_be_switched_off_at_all(home: Living) -> None:
    for setting, value in DENIED.items():
        assert "err_code" in await _update(home, subjects.CASES, {setting: value})
    assert (await home.start_gateway()).active


@pytest.mark.parametrize("changes", [{"max_msgs": 1, "discard": "old"}, {"max_age": 3600 * 10**9}])
async def test_a_post_that_would_lose_letters_is_an_alarm_too(home: Living, changes: dict[str, Any]) -> None:
    assert (await _update(home, subjects.post_stream(SOCIAL), changes)).items() >= changes.items()
    service = await home.start_gateway()
    with pytest.raises(BarnabusError, match=r"log\.misconfigured") as error:
        await service.ended
    assert "Stream POST_social:" in str(error.value)
    assert all(setting in str(error.value) for setting in changes)


WEAKENED_CONSUMER: dict[str, Any] = {
    "max_deliver": 1,
    "ack_wait": 1,
    "backoff": [10**9, 10**12],
    "filter_subject": "post.social.notice",
    "headers_only": True,
    "max_ack_pending": 1,
    "inactive_threshold": 10**9,
}
"""Settings by which letters would be skipped, emptied, or left lying."""


async def _redo(home: Living, changes: dict[str, Any]) -> dict[str, Any]:
    """The consumer of the Centre's post as it is after an update, or made anew where that is refused."""
    nats, stream = await home.connect("gateway", "provisioner"), subjects.post_stream(SOCIAL)
    call = f"$JS.API.CONSUMER.CREATE.{stream}.{subjects.ADAPTER}"
    config = streams.taker().as_dict() | changes
    raw = json.dumps({"stream_name": stream, "config": config}).encode()
    answer = json.loads((await nats.request(call, raw, timeout=5)).data)
    if "error" in answer:
        await nats.jetstream().delete_consumer(stream, subjects.ADAPTER)
        answer = json.loads((await nats.request(call, raw, timeout=5)).data)
    return dict(answer["config"])


async def test_every_change_of_how_a_post_is_taken_from_is_named(home: Living) -> None:
    nats = await home.connect("gateway", "provisioner")
    for setting, value in WEAKENED_CONSUMER.items():
        assert (await _redo(home, {setting: value})).get(setting)
        with pytest.raises(BarnabusError, match=r"log\.misconfigured") as error:
            await streams.compare(nats)
        assert f"Consumer POST_social.{subjects.ADAPTER}: " in str(error.value)
        assert setting in str(error.value)
        await nats.jetstream().delete_consumer(subjects.post_stream(SOCIAL), subjects.ADAPTER)
        with pytest.raises(BarnabusError, match="is missing"):
            await streams.compare(nats)
        await streams.provision(nats)


async def test_a_post_that_nobody_may_take_from_for_a_while_is_an_alarm(home: Living) -> None:
    nats = await home.connect("gateway", "provisioner")
    until = json.dumps({"pause_until": (now() + timedelta(days=1)).isoformat()}).encode()
    call = f"$JS.API.CONSUMER.PAUSE.{subjects.post_stream(SOCIAL)}.{subjects.ADAPTER}"
    assert json.loads((await nats.request(call, until, timeout=5)).data)["paused"]
    with pytest.raises(BarnabusError, match="pause_until"):
        await streams.compare(nats)


async def test_a_post_that_is_taken_from_in_another_way_is_an_alarm_and_is_left_as_it_is(home: Living) -> None:
    await _redo(home, {"max_deliver": 1})
    service = await home.start_gateway()
    with pytest.raises(BarnabusError, match=r"log\.misconfigured"):
        await service.ended
    with pytest.raises(BarnabusError, match=r"log\.misconfigured"):
        await node.prepare(home.settings)
    js = await home.privileged()
    assert (await js.consumer_info(subjects.post_stream(SOCIAL), subjects.ADAPTER)).config.max_deliver == 1


async def test_what_is_the_operators_own_may_be_changed(home: Living) -> None:
    await _update(home, subjects.CASES, {"description": "the log", "metadata": {"site": "Prishtina"}})
    assert (await home.start_gateway()).active


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
    store, backup = bus.settings.home / "stores" / "police.db", bus.settings.home / "backup.db"
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
    await bus.living.stop_adapter(SOCIAL)
    await bus.police.do(refer())
    js = await bus.living.privileged()

    async def everything() -> list[Any]:
        posts = [subjects.post_stream(agency) for agency in Agency]
        streams_ = [await js.stream_info(name) for name in (subjects.CASES, *posts)]
        takers = [await js.consumer_info(name, subjects.ADAPTER) for name in posts]
        return [(found.config, found.state) for found in streams_] + [(found.created, found.config) for found in takers]

    before = await everything()
    await node.prepare(bus.settings)
    assert await everything() == before


async def test_an_active_gateway_stops_writing_once_a_stream_is_changed(
    home: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bus.gateway_service.COMPARE_EVERY_S", 0.1)
    service = await home.start_gateway()
    assert service.active
    await _update(home, subjects.CASES, {"max_age": 3600 * 10**9})
    with pytest.raises(BarnabusError, match="max_age"):
        await asyncio.wait_for(asyncio.shield(service.ended), 10)
    assert not service.active
