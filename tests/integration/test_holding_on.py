"""What an adapter does when its own store, its keys or the gateway fail it: it holds on, and loses nothing."""

import asyncio
from collections.abc import Callable

import pytest
from eventsourcing.persistence import OperationalError

from bus.sqlite_store import SQLiteStore
from bus.store import Statement
from contracts import check, subjects
from contracts.envelope import Record
from contracts.errors import Refused
from services.agency import AgencyApplication
from tests.builders import POLICE, SOCIAL, refer
from tests.conftest import Said
from tests.living import Bus, eventually, letters_sent

Events = Callable[[], set[str]]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.incoming_post.RETRY_AFTER_S", 0.02)
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 1.0)
    monkeypatch.setattr("bus.resending.LOOK_EVERY_S", 0.2)


def fill(app: AgencyApplication, table: str, *, on: str = "INSERT") -> Callable[[], None]:
    """Make a store refuse writes to one of its tables, as a full disk would; what is returned makes room again."""
    app.store.write(
        Statement(f"CREATE TRIGGER full BEFORE {on} ON {table} BEGIN SELECT RAISE(FAIL, 'disk full'); END", ())
    )
    return lambda: app.store.write(Statement("DROP TRIGGER full", ()))


async def test_a_notice_stays_in_the_post_until_it_can_be_noted(bus: Bus, said: Said) -> None:
    police = bus.app(POLICE)
    make_room = fill(police, "outbox_letters", on="UPDATE")
    await bus.police.do(refer())
    await eventually(lambda: sum(line["event"] == "notice.failed" for line in said) > 2)
    assert letters_sent(police)[0]["received_at"] is None
    make_room()
    await bus.settled()


async def test_a_relay_whose_store_cannot_be_written_goes_on_by_itself(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, events: Events
) -> None:
    make_room = fill(bus.app(POLICE), "outbox")
    referral = await bus.police.ask(refer())
    assert referral["status"] == "recorded"
    await eventually(lambda: "relay.failed" in events())
    make_room()
    await bus.social.hears(referral["id"])


async def test_an_answer_of_the_gateway_that_could_not_be_stored_is_asked_for_again(bus: Bus, events: Events) -> None:
    make_room = fill(bus.app(POLICE), "outbox", on="UPDATE")
    referral = await bus.police.ask(refer())
    await eventually(lambda: "relay.failed" in events())
    make_room()
    await eventually(lambda: bus.app(POLICE).outbox.waiting() is None)
    assert [str(entry.record.id) for entry in await bus.living.log() if entry.record.sender == POLICE] == [
        referral["id"]
    ]


async def test_a_command_that_cannot_be_recorded_is_answered_so_and_taken_once_it_can_be(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OperationalError("database or disk is full")

    command = refer()
    with monkeypatch.context() as filled:
        filled.setattr(SQLiteStore, "_insert_events", full)
        assert (await bus.police.ask(command))["error"]["code"] == "store.full"
    assert not (await bus.police.do(command))["repeated"]


async def test_an_altered_letter_is_asked_for_until_somebody_takes_the_request(bus: Bus, events: Events) -> None:
    """It is the last on its link: no gap would ever remind anybody of it."""
    await bus.living.stop_adapter(SOCIAL)
    referral = (await bus.police.do(refer()))["id"]
    js, stream = await bus.living.privileged(), subjects.post_stream(SOCIAL)
    real = await js.get_msg(stream, 1)
    await js.delete_msg(stream, 1)
    gateway = await bus.living.connect("gateway", "gateway")
    await gateway.jetstream().publish(subjects.post_letters(SOCIAL), b"altered", headers=real.headers)
    await bus.living.stop_gateway()
    await bus.living.start_adapter(SOCIAL)
    await eventually(lambda: "resend.unanswered" in events())
    assert bus.app(SOCIAL).inbox.gaps() == {}
    await bus.living.start_gateway("b")
    assert (await bus.social.hears(referral))["id"] == referral
    await bus.settled()


async def test_a_command_sent_several_times_at_once_is_answered_alike_each_time(bus: Bus) -> None:
    command = refer()
    answers = await asyncio.gather(*(bus.police.ask(command) for _ in range(8)))
    assert sorted(answer["repeated"] for answer in answers) == [False] + [True] * 7
    assert {answer["status"] for answer in answers} == {"logged"}
    assert len({str(answer["stamp"]) for answer in answers}) == 1


async def test_a_command_that_the_gateway_refuses_for_good_is_answered_without_delay(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 30.0)
    real = check.in_any_case

    def stricter(record: Record) -> object:
        if record.type == "referral.made":
            raise Refused("receiver.not-allowed", field="data.letters")
        return real(record)

    monkeypatch.setattr("contracts.check.in_any_case", stricter)
    answer = await asyncio.wait_for(bus.police.ask(refer(), timeout_s=10), 8)
    assert (answer["stamp"], answer["void"]) == (None, "refused-by-gateway")
    again = await bus.police.ask(refer())
    assert again["void"] == "refused-by-gateway"


async def test_what_arrives_the_moment_an_adapter_starts_is_handled(bus: Bus, said: Said) -> None:
    """Letters that waited in the post, and a command that was sent before anybody listened."""
    await bus.living.stop_adapter(SOCIAL)
    ids = [(await bus.police.do(refer()))["id"] for _ in range(5)]
    await bus.living.start_adapter(SOCIAL)
    answer = await bus.social.ask(refer(SOCIAL, to=POLICE))
    assert "stamp" in answer
    for referral in ids:
        await bus.social.hears(referral)
    assert [line for line in said if line["log_level"] == "error"] == []
