"""Webhooks of an agency's own systems: real servers take what is told, refuse it, or are not there."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import signal
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from bus.clock import wall_clock
from contracts import web
from contracts.agencies import Agency
from services.systems import Hook, Systems
from services.web import carrying, tries
from services.web.tries import Tries
from tests.builders import NAME, POLICE, SOCIAL, new_case, protection, refer
from tests.conftest import Said
from tests.living import Living, eventually
from tests.receivers import HOST, Hooks, Request, hooks
from tests.ways import SECRET, OverNats, let_in, secret_file

SOON = timedelta(seconds=0.02)


@pytest.fixture
async def joined(home: Living, monkeypatch: pytest.MonkeyPatch) -> Living:
    """Police and the Centre at work. A failed try is made again soon, and twice at most."""
    monkeypatch.setattr(tries, "PAUSES", (SOON, SOON))
    monkeypatch.setattr(tries, "TRIES", 3)
    monkeypatch.setattr(carrying, "LOOK_EVERY_S", 0.05)
    await home.start_gateway()
    for agency in (POLICE, SOCIAL):
        await home.start_adapter(agency)
    return home


@contextlib.asynccontextmanager
async def wanting(
    home: Living, folder: Path, name: str = "records", hears: str = "all", answer: str = "204 No Content"
) -> AsyncIterator[Hooks]:
    """A system of the Centre's with a webhook."""
    async with hooks() as found:
        found.answer = answer
        hook = Hook(f"http://{HOST}:{found.port}/in", secret_file(folder))
        let_in(home, SOCIAL, name, sends="", hears=hears, hook=hook)
        yield found


async def refers(home: Living, *commands: dict[str, Any]) -> list[str]:
    police = OverNats(home, POLICE)
    for command in commands:
        assert (await police.ask(command))["status"] == "logged"
    return [command["id"] for command in commands]


def told(found: Hooks) -> list[str]:
    return [json.loads(request.body)["data"]["id"] for request in found.requests]


def tries_of(home: Living, agency: Agency = SOCIAL) -> Tries:
    app = home.application(agency)
    return Tries(app.store, app.feed)


def proven(request: Request) -> None:
    """As a receiver does by the Standard Webhooks specification."""
    said = request.headers
    signed = f"{said['webhook-id']}.{said['webhook-timestamp']}.".encode() + request.body
    right = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    assert said["webhook-signature"] == f"v1,{right}"


async def test_each_item_is_one_signed_event_in_order(joined: Living, tmp_path: Path) -> None:
    async with wanting(joined, tmp_path) as found:
        sent = await refers(joined, *(refer() for _ in range(3)))
        await eventually(lambda: len(found.requests) == 3)
    assert told(found) == sent
    for request in found.requests:
        proven(request)
        event = json.loads(request.body)
        assert request.line.startswith("POST /in ")
        assert request.headers["content-type"] == web.STRUCTURED
        assert request.headers["webhook-id"] == event["id"]
        assert event == joined.application(SOCIAL).told(event["feed"] - 1, limit=1).items[0]
    await eventually(lambda: Systems(joined.application(SOCIAL).store).named("records").told == 3)


async def test_only_what_is_in_its_scope_and_came_after_it_was_added_is_sent(joined: Living, tmp_path: Path) -> None:
    await refers(joined, refer())
    await eventually(lambda: joined.application(SOCIAL).feed.end() == 1)
    async with wanting(joined, tmp_path, hears="immediate-protection.taken") as found:
        _, wanted, _ = await refers(joined, refer(), protection(POLICE, new_case()), refer())
        await eventually(lambda: Systems(joined.application(SOCIAL).store).named("records").told == 4)
    assert told(found) == [wanted]


async def test_a_refused_item_is_tried_again_under_the_same_id_and_keeps_its_place(
    joined: Living, tmp_path: Path
) -> None:
    async with wanting(joined, tmp_path, answer="503 Service Unavailable") as found:
        sent = await refers(joined, refer(), refer())
        await eventually(lambda: len(found.requests) >= 2)
        found.answer = "200 OK"
        await eventually(lambda: told(found)[-1] == sent[1])
    ids = [request.headers["webhook-id"] for request in found.requests]
    assert len(set(ids)) == 2
    assert told(found) == [sent[0]] * (len(ids) - 1) + [sent[1]]
    for request in found.requests:
        proven(request)


async def test_after_the_last_try_it_is_parked_and_what_follows_goes_on(
    joined: Living, tmp_path: Path, said: Said
) -> None:
    async with wanting(joined, tmp_path, answer="400 Bad Request") as found:
        (first,) = await refers(joined, refer())
        await eventually(lambda: tries_of(joined).parked())
        assert told(found) == [first] * 3
        found.answer = "200 OK"
        (second,) = await refers(joined, refer())
        await eventually(lambda: told(found)[-1] == second)
        (row,) = tries_of(joined).parked()
        assert (row["system"], row["error"], row["tries"], row["type"]) == (
            "records", "webhook.refused", 3, "referral.made",
        )  # fmt: skip
        tries_of(joined).send_again(UUID(row["id"]), wall_clock())
        await eventually(lambda: told(found)[-1] == first)
        assert found.requests[-1].headers["webhook-id"] == row["id"] == found.requests[0].headers["webhook-id"]
        await eventually(lambda: not joined.application(SOCIAL).store.read("SELECT * FROM webhook_tries"))
    parked = [line for line in said if line["event"] == "webhook.parked"]
    assert [(line["code"], line["detail"]) for line in parked] == [("webhook.refused", "It answers 400.")]
    assert NAME not in str(said)
    assert HOST not in str(said)


async def test_one_that_hangs_holds_up_nobody_else(joined: Living, tmp_path: Path) -> None:
    async with wanting(joined, tmp_path) as hanging, wanting(joined, tmp_path, "other") as other:
        hanging.answers.clear()
        sent = await refers(joined, refer(), refer())
        await eventually(lambda: told(other) == sent)
        assert told(hanging) == sent[:1]
        hanging.answers.set()
        await eventually(lambda: told(hanging) == sent)


@pytest.mark.parametrize("answer", ["302 Found\r\nlocation: /other", "199 x", "500 Oh"])
async def test_any_answer_but_success_is_a_refusal(joined: Living, tmp_path: Path, answer: str) -> None:
    async with wanting(joined, tmp_path, answer=answer) as found:
        await refers(joined, refer())
        await eventually(lambda: tries_of(joined).parked())
    assert {request.line for request in found.requests} == {"POST /in HTTP/1.1"}


async def test_nobody_there_and_a_secret_that_is_gone_are_said_by_their_codes(joined: Living, tmp_path: Path) -> None:
    async with wanting(joined, tmp_path):
        pass  # and its server is gone
    apart = tmp_path / "apart"
    apart.mkdir()
    async with wanting(joined, apart, "other") as other:
        (apart / "hook.secret").unlink()
        await refers(joined, refer())
        await eventually(lambda: len(tries_of(joined).parked()) == 2)
    assert {row["system"]: row["error"] for row in tries_of(joined).parked()} == {
        "records": "webhook.unreachable",
        "other": "webhook.invalid",
    }
    assert other.requests == []


async def test_nothing_more_is_sent_to_a_system_that_is_removed(joined: Living, tmp_path: Path) -> None:
    async with wanting(joined, tmp_path, answer="503 x") as found:
        await refers(joined, refer())
        await eventually(lambda: found.requests)
        Systems(joined.application(SOCIAL).store).remove("records")
        async with wanting(joined, tmp_path, "other") as other:
            await refers(joined, refer())
            await eventually(lambda: other.requests)
            count = len(found.requests)
            await refers(joined, refer())
            await eventually(lambda: len(other.requests) == 2)
    assert len(found.requests) == count


@contextlib.asynccontextmanager
async def adapter(home: Living, kill_at: str = "") -> AsyncIterator[Process]:
    """The Centre's adapter as a process of its own."""
    environment = os.environ | {"BARNABUS_HOME": str(home.settings.home), "BARNABUS_KILL_AT": kill_at}
    words = ("-m", "cli", "adapter", SOCIAL, "--http", "0")
    process = await create_subprocess_exec(sys.executable, *words, env=environment, stdout=DEVNULL, stderr=DEVNULL)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@pytest.mark.parametrize(("point", "times"), [("inbox.saved", 1), ("webhook.sent", 2)])
async def test_an_adapter_that_is_killed_between_hearing_and_telling_tells_it_after(
    joined: Living, tmp_path: Path, point: str, times: int
) -> None:
    """`times` is how often the item comes: killed when it was sent and that was not noted, it is sent again."""
    async with wanting(joined, tmp_path) as found:
        await joined.stop_adapter(SOCIAL)
        sent = await refers(joined, refer())
        async with adapter(joined, point) as killed:
            assert await killed.wait() == -signal.SIGKILL
        assert len(found.requests) == times - 1
        async with adapter(joined):
            await eventually(lambda: len(found.requests) == times, within_s=20)
    assert told(found) == sent * times
    assert len({request.headers["webhook-id"] for request in found.requests}) == 1
