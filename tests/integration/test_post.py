"""The post: what is missing or altered is asked for again; what cannot be opened is parked, and nothing is skipped."""

from collections.abc import Callable
from typing import Any

import pytest

from bus import keys
from contracts import subjects
from contracts.envelope import Submission
from services.agency import AgencyApplication
from tests.builders import SOCIAL, new_case, now, refer
from tests.living import Bus, eventually, letters_sent


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is asked for again sooner."""
    monkeypatch.setattr("services.adapter.RESEND_EVERY_S", 0.2)


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


async def test_a_receipt_stays_below_a_gap(bus: Bus) -> None:
    """Nobody can resend: the police's adapter is away."""
    _, second = await _without_the_first_letter(bus)
    await bus.living.stop_adapter(bus.police.agency)
    await bus.living.start_adapter(SOCIAL)
    await bus.social.hears(second)
    assert bus.app(SOCIAL).inbox.unreceipted(since=now()) is None
    assert bus.app(SOCIAL).inbox.gaps() == {bus.police.agency: (1,)}


async def test_a_letter_whose_bytes_were_altered_is_never_recorded_and_comes_again(bus: Bus, impatient: None) -> None:
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
    assert row["state"] == "heard"
    await bus.settled()


async def test_a_letter_that_cannot_be_opened_is_received_and_parked_with_the_later_ones_of_its_case(bus: Bus) -> None:
    case, other = new_case(), new_case()
    app = bus.app(SOCIAL)
    key, app._sealing_key = app._sealing_key, keys.new_sealing_key("social")
    unreadable = await bus.police.do(refer(case_ref=case))
    await eventually(app.inbox.parked)
    app._sealing_key = key
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

    monkeypatch.setattr("services.adapter.RETRY_AFTER_S", 0.02)
    monkeypatch.setattr(AgencyApplication, "hear", fails)
    await bus.police.do(refer())
    (row,) = await eventually(bus.app(SOCIAL).inbox.parked)
    assert (row["reason"], tries) == ("letter.failed", 5)
    monkeypatch.undo()
    assert [heard.state for heard in bus.app(SOCIAL).retry_parked()] == ["heard"]


async def test_a_letter_is_told_again_when_the_post_brings_it_again(bus: Bus) -> None:
    """After a crash between recording and telling, the agency's system still hears of it."""
    referral = (await bus.police.do(refer()))["id"]
    await bus.social.hears(referral)
    (body,) = bus.app(bus.police.agency).outbox.holding(SOCIAL, [1])
    raw, postmark = await _posted(bus, body)
    heard = bus.app(SOCIAL).hear(raw, postmark, now())
    assert heard.state == "repeated"
    assert heard.told
    assert heard.told["id"] == referral


async def _posted(bus: Bus, body: bytes) -> tuple[bytes, str]:
    (letter,) = Submission.model_validate_json(body).letters
    row = bus.app(SOCIAL).inbox.letters()[0]
    return letter.jwe.encode(), row["postmark"]


async def test_content_that_was_erased_before_it_was_sealed_goes_out_as_withheld(bus: Bus) -> None:
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
