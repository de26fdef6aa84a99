"""The post: what is missing or altered is asked for again; what cannot be opened is parked, and nothing is skipped."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from eventsourcing.persistence import OperationalError

from bus import keys, node, seal
from bus.sqlite_store import SQLiteStore
from bus.vault import Vault
from contracts import subjects
from services.agency import AgencyApplication
from services.incoming_post import TRIES
from services.letters import Heard
from tests.builders import POLICE, SOCIAL, new_case, now, refer
from tests.conftest import Said
from tests.fault.waiting import until
from tests.living import Bus, eventually, letters_sent


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is asked for again sooner."""
    monkeypatch.setattr("bus.resending.LOOK_EVERY_S", 0.2)


async def _without_the_first_letter(bus: Bus) -> list[str]:
    """Two letters go to the Centre while it is away; the first is taken out of its post by somebody privileged."""
    await bus.living.stop_adapter(SOCIAL)
    ids = [(await bus.police.do(refer()))["id"] for _ in range(2)]
    await (await bus.living.privileged()).delete_msg(subjects.post_stream(SOCIAL), 1)
    return ids


async def test_a_missing_letter_never_withholds_the_later_ones_and_comes_again(bus: Bus, impatient: None) -> None:
    first, second = await _without_the_first_letter(bus)
    await bus.living.start_adapter(SOCIAL)
    await bus.social.hears(second)
    await bus.social.hears(first)
    rows = {row["record_id"]: row for row in bus.app(SOCIAL).inbox.letters()}
    assert (rows[first]["after_gap"], rows[second]["after_gap"]) == (0, 1)
    await bus.settled()


async def test_the_last_letter_of_a_link_is_missed_too_if_the_post_has_lost_it(bus: Bus, impatient: None) -> None:
    """No later letter shows the gap: the log's own count does."""
    await bus.living.stop_adapter(SOCIAL)
    referral = (await bus.police.do(refer()))["id"]
    await (await bus.living.privileged()).delete_msg(subjects.post_stream(SOCIAL), 1)
    await bus.living.start_adapter(SOCIAL)
    await bus.social.hears(referral)
    await bus.settled()


async def test_what_still_waits_in_the_post_is_not_asked_for(
    bus: Bus, impatient: None, monkeypatch: pytest.MonkeyPatch, events: Callable[[], set[str]]
) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr("services.incoming_post.RETRY_AFTER_S", 0.3)
    with monkeypatch.context() as failing:
        failing.setattr(AgencyApplication, "hear", fails)
        referral = (await bus.police.do(refer()))["id"]
        await asyncio.sleep(1.0)  # several looks
    await bus.social.hears(referral)
    assert not {"letters.missing", "letter.repeated"} & events()


async def test_what_was_lost_with_the_post_itself_comes_again_while_the_adapter_runs_on(
    impatient: None, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The post is made anew and begins at one again: nobody waits for the sequences of the old one."""

    def fails(*_: Any) -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr("services.incoming_post.RETRY_AFTER_S", 5.0)
    with monkeypatch.context() as failing:
        failing.setattr(AgencyApplication, "hear", fails)
        referral = (await bus.police.do(refer()))["id"]
        await asyncio.sleep(0.5)  # it has looked: one letter waits
        js = await bus.living.privileged()
        await js.delete_stream(subjects.post_stream(SOCIAL))
        await node.prepare(bus.settings)
    await bus.social.hears(referral)


async def test_a_receipt_whose_notice_was_lost_is_told_again(impatient: None, bus: Bus) -> None:
    """The log has it, and the sender asks for what the log has."""
    await bus.police.do(refer())
    await bus.living.stop_adapter(POLICE)
    js, post = await bus.living.privileged(), subjects.post_stream(POLICE)

    async def taken_out() -> bool:
        state = (await js.stream_info(post)).state
        return bool(state.messages) and await js.delete_msg(post, state.last_seq)

    await until("the notice is taken out of the post", taken_out)
    await bus.living.start_adapter(POLICE)
    await bus.settled()


async def test_a_receipt_stays_below_a_gap(bus: Bus) -> None:
    """Nobody can resend: the police's adapter is away."""
    _, second = await _without_the_first_letter(bus)
    await bus.living.stop_adapter(bus.police.agency)
    await bus.living.start_adapter(SOCIAL)
    await bus.social.hears(second)
    assert bus.app(SOCIAL).inbox.unreceipted(since=now()) is None
    assert bus.app(SOCIAL).inbox.gaps() == {bus.police.agency: (1,)}


async def test_a_receipt_signs_for_what_lies_below_the_gap_and_catches_up_when_the_gap_is_closed(
    bus: Bus, impatient: None
) -> None:
    await bus.living.stop_adapter(SOCIAL)
    ids = [(await bus.police.do(refer()))["id"] for _ in range(4)]
    await (await bus.living.privileged()).delete_msg(subjects.post_stream(SOCIAL), 2)
    await bus.living.stop_adapter(POLICE)
    await bus.living.start_adapter(SOCIAL)
    await bus.social.hears(ids[3])
    outbox = bus.app(SOCIAL).outbox
    await eventually(lambda: outbox.head().number == 1 and outbox.waiting() is None)
    assert await _signed_for(bus) == [[1]]
    assert [row["after_gap"] for row in bus.app(SOCIAL).inbox.letters()] == [0, 1, 1]
    await bus.living.start_adapter(POLICE)
    await bus.social.hears(ids[1])
    await bus.settled()
    assert await _signed_for(bus) == [[1], [2, 3, 4]]
    assert bus.app(SOCIAL).inbox.gaps() == {}


async def _signed_for(bus: Bus) -> list[list[int]]:
    """The letters that the Centre has signed for, a receipt each."""
    log = [entry.record for entry in await bus.living.log()]
    return [[letter["number"] for letter in rec.data.content["letters"]] for rec in log if rec.type == "receipt"]


async def test_a_letter_whose_bytes_were_altered_is_never_recorded_and_comes_again(
    bus: Bus, impatient: None, events: Callable[[], set[str]]
) -> None:
    await bus.living.stop_adapter(SOCIAL)
    referral = (await bus.police.do(refer()))["id"]
    js = await bus.living.privileged()
    stream = subjects.post_stream(SOCIAL)
    real = await js.get_msg(stream, 1)
    await js.delete_msg(stream, 1)
    assert real.data
    assert real.headers
    gateway = await bus.living.connect("gateway", "gateway")
    altered = real.data[:-4] + b"AAAA"
    await gateway.jetstream().publish(subjects.post_letters(SOCIAL), altered, headers=real.headers)
    await bus.living.start_adapter(SOCIAL)
    await bus.social.hears(referral)
    (row,) = bus.app(SOCIAL).inbox.letters()
    assert (row["state"], row["sealed_digest"]) == ("heard", seal.digest(real.data))
    assert "letter.altered" in events()
    await bus.settled()


async def test_a_letter_that_cannot_be_opened_is_received_and_parked_with_the_later_ones_of_its_case(bus: Bus) -> None:
    case, other = new_case(), new_case()
    app = bus.app(SOCIAL)
    key, app._sealing_keys = app._sealing_keys, [keys.new_sealing_key("social")]
    unreadable = await bus.police.do(refer(case_ref=case))
    await eventually(app.inbox.parked)
    app._sealing_keys = key
    behind = await bus.police.do(refer(case_ref=case))
    free = await bus.police.do(refer(case_ref=other))
    await bus.social.hears(free["id"])
    parked = {row["record_id"]: row["reason"] for row in app.inbox.parked()}
    assert parked == {unreadable["id"]: "content.unreadable", behind["id"]: "letter.after-parked"}
    await bus.settled()
    assert [row["opened"] for row in letters_sent(bus.app(bus.police.agency))] == [0, 1, 1]
    taken = app.retry_parked()
    assert [heard.told["id"] for heard in taken if heard.told] == [unreadable["id"], behind["id"]]
    assert app.inbox.parked() == []


async def test_a_letter_that_cannot_be_handled_is_tried_again_and_then_parked(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, events: Callable[[], set[str]]
) -> None:
    tries = 0

    def fails(*_: Any) -> None:
        nonlocal tries
        tries += 1
        raise RuntimeError("no such thing")

    monkeypatch.setattr("services.incoming_post.RETRY_AFTER_S", 0.02)
    monkeypatch.setattr(AgencyApplication, "hear", fails)
    await bus.police.do(refer())
    (row,) = await eventually(bus.app(SOCIAL).inbox.parked)
    assert (row["reason"], tries) == ("letter.failed", 5)
    monkeypatch.undo()
    assert [heard.state for heard in bus.app(SOCIAL).retry_parked()] == ["heard"]


async def test_a_failure_that_passes_leaves_no_trace_but_a_log_line(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, events: Callable[[], set[str]]
) -> None:
    real, tries = AgencyApplication.hear, 0

    def fails_twice(*given: Any) -> Heard:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise RuntimeError("no such thing")
        return real(*given)

    monkeypatch.setattr("services.incoming_post.RETRY_AFTER_S", 0.02)
    monkeypatch.setattr(AgencyApplication, "hear", fails_twice)
    await bus.social.hears((await bus.police.do(refer()))["id"])
    assert (tries, bus.app(SOCIAL).inbox.parked()) == (3, [])
    assert "letter.failed" in events()


async def test_a_letter_waits_in_the_post_while_the_store_cannot_be_written(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    """A full disk: beyond the bound of tries too, for a parked letter needs room as well."""
    monkeypatch.setattr("services.incoming_post.RETRY_AFTER_S", 0.01)
    store, tries = bus.app(SOCIAL).store, 0
    insert = SQLiteStore._insert_events

    def full(self: SQLiteStore, *given: Any, **more: Any) -> Any:
        nonlocal tries
        if self is store:
            tries += 1
            raise OperationalError("database or disk is full")
        return insert(self, *given, **more)

    with monkeypatch.context() as patched:
        patched.setattr(SQLiteStore, "_insert_events", full)
        referral = (await bus.police.do(refer()))["id"]
        await eventually(lambda: tries > TRIES + 2)
        assert bus.app(SOCIAL).inbox.letters() == []
    await bus.social.hears(referral)
    (row,) = bus.app(SOCIAL).inbox.letters()
    assert row["state"] == "heard"
    await bus.settled()


async def test_a_letter_that_the_vault_cannot_take_is_parked_and_not_lost(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    """The vault's key does not fit the store: the person's key cannot be unlocked."""
    monkeypatch.setattr("services.incoming_post.RETRY_AFTER_S", 0.01)
    child = refer(case_ref=new_case())
    await bus.social.hears((await bus.police.do(child))["id"])
    app = bus.app(SOCIAL)
    real, app.vault = app.vault, Vault(app.store, keys.new_vault_key())
    again = await bus.police.do(refer(case_ref=child["case_ref"], data={"concerns": child["data"]["concerns"]}))
    (row,) = await eventually(app.inbox.parked)
    assert (row["record_id"], row["reason"]) == (again["id"], "letter.failed")
    app.vault = real
    assert [heard.state for heard in app.retry_parked()] == ["heard"]


async def test_content_that_was_erased_before_it_was_sealed_goes_out_as_withheld(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 0.1)
    await bus.living.stop_gateway()
    police = bus.app(bus.police.agency)
    blocked = await bus.police.ask(refer())  # built, and waiting for the gateway
    erased = refer()
    answer = await bus.police.ask(erased)
    assert (blocked["status"], answer["status"]) == ("recorded", "recorded")
    person = f"{answer['case_ref']}/{erased['data']['concerns']['ref']}"
    police.vault.erase(person)
    await bus.living.start_gateway("b")
    told = await bus.social.hears(answer["id"])
    assert told["withheld"] == "erased"
    assert "identity" not in told["content"] or told["content"]["identity"] is None
