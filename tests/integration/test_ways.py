"""Every way into an adapter and out of it comes to the same: NATS, HTTP in three forms, pages, a stream, webhooks."""

import socket
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from bus.settings import STORE, Settings
from services.systems import Hook
from services.web import tries
from services.web.address import ANYWHERE
from tests.builders import POLICE, SOCIAL, on, refer
from tests.living import Living, eventually, kept_back, living
from tests.receivers import HOST
from tests.ways import OverHttp, hears, let_in, secret_file, way_in, way_out

IN = ("nats", "plain", "structured", "binary")
OUT = ("nats", "asking", "pages", "stream", "webhook")
LATER = ("asking", "pages", "stream", "webhook")
"""By these a system that was away hears what it missed."""


def over(ways: Sequence[str], *also_in_postgres: str) -> pytest.MarkDecorator:
    """Each of these ways with the stores in SQLite, and some in PostgreSQL too."""
    pairs = [*(("sqlite", way) for way in ways), *(("postgres", way) for way in also_in_postgres)]
    return pytest.mark.parametrize(("joined", "way"), pairs, indirect=["joined"])


def unused_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture
async def joined(
    request: pytest.FixtureRequest, settings: Settings, quick: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Living]:
    """Police and the Centre at work, each over HTTP too, their stores in SQLite or in PostgreSQL."""
    kind = str(request.param)
    monkeypatch.setenv(STORE, request.getfixturevalue("postgres").url() if kind == "postgres" else kind)
    async with living(settings) as found:
        await found.start_gateway()
        for agency in (POLICE, SOCIAL):
            await found.start_adapter(agency, listen=ANYWHERE)
        yield found


@over(IN, "structured")
async def test_a_command_is_logged_once_however_often_and_by_whatever_way_it_comes(joined: Living, way: str) -> None:
    command, police = refer(), way_in(way, joined, POLICE)
    first = await police.ask(command)
    assert (first["status"], first["id"], first["repeated"], first["void"]) == ("logged", command["id"], False, None)
    if isinstance(police, OverHttp):
        assert police.status == 201
    again = await police.ask(command)
    assert again == first | {"repeated": True}
    if isinstance(police, OverHttp):
        assert police.status == 200
    for other in (name for name in IN if name != way):
        assert await way_in(other, joined, POLICE).ask(command) == again
    assert [str(entry.record.id) for entry in await joined.log() if entry.record.type == "referral.made"] == [
        command["id"]
    ]


@over(IN, "structured")
async def test_a_wrong_field_is_refused_and_named_and_nothing_is_recorded(joined: Living, way: str) -> None:
    command, police = refer(data={"urgency": "soon"}), way_in(way, joined, POLICE)
    error = (await police.ask(command))["error"]
    assert (error["code"], error["field"]) == ("field.invalid", "data.urgency")
    assert error["hint"]
    assert not joined.application(POLICE).knows(UUID(command["id"]))


@over(OUT, "stream", "webhook")
async def test_what_the_other_party_did_is_heard(joined: Living, tmp_path: Path, way: str) -> None:
    police = way_in("nats", joined, POLICE)
    async with way_out(way, joined, SOCIAL, tmp_path) as centre:
        command = refer()
        await police.ask(command)
        told = await hears(centre, lambda one: one["id"] == command["id"])
    assert (told["type"], told["sender"], told["content"]["urgency"]) == ("referral.made", "police", "urgent")
    assert told["content"]["identity"] == command["data"]["identity"]
    assert (told["standing"]["whose_move"], told["standing"]["stage"]) == ("social", "made")


@over(LATER, "pages", "webhook")
async def test_what_was_missed_while_away_is_heard_after(
    joined: Living, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(tries, "PAUSES", (timedelta(seconds=0.1),) * 60)
    monkeypatch.setattr(tries, "TRIES", 61)
    missed, then = refer(), refer()
    port = unused_port()
    if way == "webhook":  # it is known, and its server is down
        let_in(joined, SOCIAL, hook=Hook(f"http://{HOST}:{port}/in", secret_file(tmp_path)))
    police = way_in("nats", joined, POLICE)
    await police.ask(missed)
    await eventually(lambda: joined.application(SOCIAL).feed.end() == 1)
    await joined.stop_adapter(SOCIAL)
    await police.ask(then)
    await joined.start_adapter(SOCIAL, listen=ANYWHERE)
    async with way_out(way, joined, SOCIAL, tmp_path, port) as centre:
        await hears(centre, lambda one: one["id"] == then["id"])
        assert [one["id"] for one in await centre.told()] == [missed["id"], then["id"]]


@over(OUT, "stream", "webhook")
async def test_an_own_act_that_is_void_is_told(
    joined: Living, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    police, centre = way_in("nats", joined, POLICE), way_in("nats", joined, SOCIAL)
    handoff = (await police.ask(refer()))["id"]
    await eventually(lambda: joined.application(SOCIAL).standing(UUID(handoff)))
    async with way_out(way, joined, POLICE, tmp_path) as out:
        with kept_back(joined.adapters[POLICE], monkeypatch):
            late = await police.ask(on(POLICE, "referral.ask-withdrawal", handoff, reason="made-in-error"))
            no = on(SOCIAL, "referral.decline", handoff, reason="not-our-area", next_step="refer-elsewhere")
            declined = await centre.ask(no)
            await hears(out, lambda one: one["id"] == declined["id"])
        void = await hears(out, lambda one: one["id"] == late["id"])
    assert void == {
        "id": late["id"], "case_ref": late["case_ref"], "handoff_id": handoff, "move": "ask-withdrawal",
        "reason": "already-declined",
    }  # fmt: skip
