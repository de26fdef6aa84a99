"""A hostile administrator of the message server: it has the server's files and all rights, and no key of an agency.

It can stop everything, and it can lose what it holds. What it changes is noticed: by whom and how stands in each name,
and the log comes back from what the agencies hold.
"""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from nats.aio.msg import Msg
from nats.js.api import StreamConfig
from nats.js.errors import APIError

from bus import gateway_service, seal
from bus.gateway_service import GatewayService
from bus.settings import Settings
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from tests.builders import POLICE, SOCIAL, now, on, refer
from tests.fault.drill import at_hand, command
from tests.living import Bus, eventually, living, whole

Files = Callable[[Path], None]


async def a_referral_taken(bus: Bus) -> str:
    """Three entries in the log, and receipts."""
    handoff = str((await bus.police.do(refer()))["id"])
    await bus.social.hears(handoff)
    await bus.social.do(on(SOCIAL, "referral.accept", handoff))
    await bus.settled()
    await eventually(lambda: not bus.app(SOCIAL).inbox.unreceipted(since=now()))
    return handoff


def log_files(settings: Settings) -> Path:
    (found,) = (settings.home / "nats").rglob("streams/CASES")
    return found


async def refuses_the_log(settings: Settings, *, without_ledger: bool = False) -> BarnabusError:
    """What a gateway says that is to write on: nothing is written by it."""
    if without_ledger:
        shutil.rmtree(settings.home / "gateway")
    async with living(settings) as home:
        service = await home.start_gateway()
        assert service.ended.done()
        with pytest.raises(BarnabusError) as refused:
            await service.ended
        return refused.value


# with the server's files


def flip(block: Path) -> None:
    data = bytearray(block.read_bytes())
    data[data.index(b"referral.accepted", len(data) // 3)] ^= 1
    block.write_bytes(data)


def flip_and_forget(block: Path) -> None:
    """As after a kill: the server itself reads its files again, and goes on at the damage."""
    flip(block)
    (block.parent / "index.db").unlink()


def cut_off(block: Path) -> None:
    data = block.read_bytes()
    block.write_bytes(data[: len(data) // 2])
    (block.parent / "index.db").unlink()


async def test_a_bit_flipped_on_disk_is_noticed_by_whoever_reads_the_log(settings: Settings) -> None:
    """The server skips that one entry in silence, and a gateway that has read it does not read it again."""
    async with whole(settings) as bus:
        await a_referral_taken(bus)
    (block,) = log_files(settings).glob("msgs/*.blk")
    flip(block)
    async with living(settings) as home:
        with pytest.raises(BarnabusError, match=r"log\.damaged"):
            await home.log()
    assert (await refuses_the_log(settings, without_ledger=True)).code == "log.damaged"


@pytest.mark.parametrize("harm", [flip_and_forget, cut_off])
async def test_a_tail_that_is_gone_after_damage_on_disk_is_noticed_by_the_gateway(
    settings: Settings, harm: Files
) -> None:
    async with whole(settings) as bus:
        await a_referral_taken(bus)
    (block,) = log_files(settings).glob("msgs/*.blk")
    harm(block)
    assert (await refuses_the_log(settings)).code == "log.damaged"


@pytest.mark.parametrize("without_ledger", [False, True])
async def test_a_store_put_back_to_an_older_copy_is_noticed_by_gateway_or_adapter(
    settings: Settings, without_ledger: bool, events: Any
) -> None:
    """The gateway's ledger knows more than the log; and if that is put back too, each sender shows its last stamp."""
    async with whole(settings) as bus:
        await a_referral_taken(bus)
    shutil.copytree(settings.home / "nats", settings.home / "older")
    async with whole(settings) as bus:
        await a_referral_taken(bus)
    shutil.rmtree(settings.home / "nats")
    (settings.home / "older").rename(settings.home / "nats")
    if not without_ledger:
        assert (await refuses_the_log(settings)).code == "log.damaged"
        return
    shutil.rmtree(settings.home / "gateway")
    async with living(settings) as home:
        service = await home.start_gateway()
        await home.start_adapter(POLICE)
        system = await home.system(POLICE)
        await eventually(lambda: service.gateway._shortened)
        assert (await system.ask(refer()))["status"] == "recorded", "its own store has it, and nothing is written"
        assert {"log.damaged", "relay.waiting"} <= events()


# with all rights in JetStream


@asynccontextmanager
async def log_made_anew(bus: Bus, order: Callable[[list[Any]], list[Any]]) -> AsyncIterator[None]:
    """The log's stream is deleted, and made again with the same entries in another order, or fewer, or more."""
    js = await bus.living.privileged()
    last = (await js.stream_info(subjects.CASES)).state.last_seq
    entries = [await js.get_msg(subjects.CASES, position) for position in range(1, last + 1)]
    config = (await js.stream_info(subjects.CASES)).config
    await bus.living.stop_gateway()
    await js.delete_stream(subjects.CASES)
    await js.add_stream(StreamConfig(**{k: v for k, v in vars(config).items() if v is not None}))
    writer = (await bus.living.connect("gateway", "gateway")).jetstream()
    for entry in order(entries):
        headers = {k: v for k, v in (entry.headers or {}).items() if k.startswith("Barnabus")}
        await writer.publish(entry.subject, entry.data or b"", headers=headers)
    shutil.rmtree(bus.settings.home / "gateway")  # nor does a ledger help
    yield


@pytest.mark.parametrize(
    "order",
    [
        lambda entries: [entries[1], entries[0], *entries[2:]],
        lambda entries: entries[1:],
        lambda entries: [*entries[:1], *entries[2:]],
        lambda entries: [*entries, entries[0]],
    ],
    ids=["two-change-places", "the-first-is-dropped", "one-in-the-middle-is-dropped", "one-stands-twice"],
)
async def test_a_log_made_anew_in_another_order_is_noticed_by_the_stamps(
    bus: Bus, order: Callable[[list[Any]], list[Any]]
) -> None:
    await a_referral_taken(bus)
    async with log_made_anew(bus, order):
        service = await bus.living.start_gateway("b")
        with pytest.raises(BarnabusError, match=r"log\.damaged"):
            await service.ended


async def test_the_signatures_of_two_entries_cannot_be_swapped(bus: Bus) -> None:
    await a_referral_taken(bus)

    def swapped(entries: list[Any]) -> list[Any]:
        first, second = entries[:2]
        first.headers, second.headers = second.headers, first.headers
        return entries

    async with log_made_anew(bus, swapped):
        service = await bus.living.start_gateway("b")
        with pytest.raises(BarnabusError, match=r"log\.damaged"):
            await service.ended


async def test_neither_deletes_nor_purges_it_an_entry_of_the_log(bus: Bus) -> None:
    await a_referral_taken(bus)
    js = await bus.living.privileged()
    with pytest.raises(APIError):
        await js.delete_msg(subjects.CASES, 1)
    with pytest.raises(APIError):
        await js.purge_stream(subjects.CASES)
    assert [entry.stamp.position for entry in await bus.living.log()][:3] == [1, 2, 3]


@pytest.mark.parametrize("changes", [{"max_msgs": 3}, {"max_age": 3600.0}, {"subjects": ["case.>", "link.>", "x.>"]}])
async def test_a_log_that_is_set_to_forget_is_noticed_by_the_running_gateway(
    bus: Bus, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_service, "COMPARE_EVERY_S", 0.1)
    service: GatewayService = bus.living.gateways["a"]
    js = await bus.living.privileged()
    config = (await js.stream_info(subjects.CASES)).config
    await js.update_stream(StreamConfig(**(vars(config) | changes)))
    await eventually(service.ended.done)
    with pytest.raises(BarnabusError, match=r"log\.misconfigured"):
        await service.ended


async def test_a_deleted_post_is_noticed_and_what_was_in_it_comes_again(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bus.resending.LOOK_EVERY_S", 0.2)
    await bus.living.stop_adapter(SOCIAL)
    referral = (await bus.police.do(refer()))["id"]
    js = await bus.living.privileged()
    await js.purge_stream(subjects.post_stream(SOCIAL))
    await bus.living.start_adapter(SOCIAL)
    await bus.social.hears(referral)


async def _in_the_post(bus: Bus, n: int = 1) -> list[Any]:
    """The police's letters to the Centre, which is away."""
    await bus.living.stop_adapter(SOCIAL)
    for _ in range(n):
        await bus.police.do(refer())
    js = await bus.living.privileged()
    return [await js.get_msg(subjects.post_stream(SOCIAL), number) for number in range(1, n + 1)]


async def _puts(bus: Bus, agency: Agency, letter: Any, postmark: str | None = None) -> None:
    js = (await bus.living.connect("gateway", "gateway")).jetstream()
    headers = {subjects.POSTMARK: postmark or letter.headers[subjects.POSTMARK]}
    await js.publish(subjects.post_letters(agency), letter.data, headers=headers)


async def test_a_letter_put_into_anothers_post_is_rejected_by_that_one(bus: Bus, events: Any) -> None:
    (letter,) = await _in_the_post(bus)
    await _puts(bus, POLICE, letter)
    await eventually(lambda: "letter.rejected" in events())
    assert bus.app(POLICE).inbox.letters() == []


async def test_an_old_letter_that_is_delivered_again_is_a_repeat_and_said_once(bus: Bus, events: Any) -> None:
    (letter,) = await _in_the_post(bus)
    await bus.living.start_adapter(SOCIAL)
    await bus.settled()
    for _ in range(3):
        await _puts(bus, SOCIAL, letter)
    await eventually(lambda: "letter.repeated" in events())
    await bus.social.hears((await bus.police.do(refer()))["id"])
    assert bus.app(SOCIAL).feed.end() == len(bus.app(SOCIAL).inbox.letters()) == 2, "each of the two once"


async def test_two_letters_whose_postmarks_were_swapped_are_altered_and_come_again(
    bus: Bus, events: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bus.resending.LOOK_EVERY_S", 0.2)
    first, second = await _in_the_post(bus, 2)
    js = await bus.living.privileged()
    await js.purge_stream(subjects.post_stream(SOCIAL))
    await _puts(bus, SOCIAL, first, second.headers[subjects.POSTMARK])
    await _puts(bus, SOCIAL, second, first.headers[subjects.POSTMARK])
    await bus.living.start_adapter(SOCIAL)
    await eventually(lambda: len(bus.app(SOCIAL).inbox.letters()) == 2)
    assert "letter.altered" in events()
    await bus.settled()


async def test_two_letters_in_the_other_order_are_flagged_and_both_are_taken_in(bus: Bus) -> None:
    first, second = await _in_the_post(bus, 2)
    js = await bus.living.privileged()
    await js.purge_stream(subjects.post_stream(SOCIAL))
    for letter in (second, first):
        await _puts(bus, SOCIAL, letter)
    await bus.living.start_adapter(SOCIAL)
    await eventually(lambda: len(bus.app(SOCIAL).inbox.letters()) == 2)
    assert sum(row["after_gap"] for row in bus.app(SOCIAL).inbox.letters()) == 1
    await bus.settled()


async def test_a_letter_with_a_changed_bit_is_altered_and_comes_again(
    bus: Bus, events: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bus.resending.LOOK_EVERY_S", 0.2)
    (letter,) = await _in_the_post(bus)
    js = await bus.living.privileged()
    await js.purge_stream(subjects.post_stream(SOCIAL))
    letter.data = letter.data[:-1] + bytes([letter.data[-1] ^ 1])
    await _puts(bus, SOCIAL, letter)
    await bus.living.start_adapter(SOCIAL)
    await eventually(bus.app(SOCIAL).inbox.letters)
    assert "letter.altered" in events()


async def test_a_postmark_with_another_position_or_time_is_none(bus: Bus, events: Any) -> None:
    """It would move the letter in the log's order, by which everything is decided."""
    (letter,) = await _in_the_post(bus)
    js = await bus.living.privileged()
    await js.purge_stream(subjects.post_stream(SOCIAL))
    head, payload, signature = letter.headers[subjects.POSTMARK].split(".")
    for old, new in ((b'"position":', b'"position":9'), (b'"logged_at":"2', b'"logged_at":"1')):
        changed = seal.unb64(payload).replace(old, new, 1)
        assert changed != seal.unb64(payload)
        await _puts(bus, SOCIAL, letter, f"{head}.{seal.b64(changed)}.{signature}")
    await bus.living.start_adapter(SOCIAL)
    await eventually(lambda: "letter.rejected" in events())
    assert bus.app(SOCIAL).inbox.letters() == []


async def test_receipts_that_are_held_back_leave_their_letters_unreceived_until_they_are_told(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender sees no receipt; the log has it, and the sender asks for it."""
    monkeypatch.setattr("bus.resending.LOOK_EVERY_S", 0.2)
    await bus.police.do(refer())
    await bus.living.stop_adapter(POLICE)
    js, post = await bus.living.privileged(), subjects.post_stream(POLICE)
    for _ in range(300):
        if (await js.stream_info(post)).state.messages:
            break
    await js.purge_stream(post)
    (row,) = bus_rows(bus.settings)
    assert row == (None,)
    await bus.living.start_adapter(POLICE)
    await bus.settled()


def bus_rows(settings: Settings) -> list[tuple[Any, ...]]:
    store = settings.store(POLICE)
    assert isinstance(store, Path)
    with closing(sqlite3.connect(store)) as db:
        return db.execute("SELECT received_at FROM outbox_letters").fetchall()


async def test_a_request_that_names_another_account_by_hand_is_not_answered(bus: Bus, events: Any) -> None:
    """Somebody inside the bus's own account writes the header that the server writes for agencies."""
    nats = await bus.living.connect("gateway", "gateway")
    service = bus.living.gateways["a"]
    await bus.police.do(refer())
    (body,) = bus.app(POLICE).outbox.holding(SOCIAL, [1])
    said = {subjects.ASKED_BY: '{"acc":"police","user":"U"}'}
    msg = Msg(nats, subject=subjects.SUBMIT, reply="_INBOX.gateway.x", data=body, headers=said)
    await service._serve(service._submit)(msg)
    assert "gateway.ignored" in events()


# and afterwards


async def test_after_all_of_it_the_log_comes_back_from_what_the_agencies_hold(
    settings: Settings, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_hand(settings, monkeypatch)
    async with whole(settings) as bus:
        await a_referral_taken(bus)
        before = [(one.stamp.position, one.digest) for one in await bus.living.log()]
    (block,) = log_files(settings).glob("msgs/*.blk")
    flip_and_forget(block)
    spared = [word for agency in ("health", "keeper", "oversight", "prosecution") for word in ("--without", agency)]
    done = await command("reconcile", "--write", *spared)
    assert done.exit_code == 0, done.stderr
    async with whole(settings) as bus:
        assert [(one.stamp.position, one.digest) for one in await bus.living.log()] == before
        await bus.social.hears((await bus.police.do(refer()))["id"])
