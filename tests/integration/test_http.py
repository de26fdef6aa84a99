"""An adapter over HTTP: who may come in and how far, what it answers, how much it takes, how a stream is kept up."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest

from contracts import web
from contracts.agencies import Agency
from contracts.envelope import COMMAND_LIMIT_BYTES
from contracts.errors import BarnabusError
from services.systems import Systems
from services.telling import Page
from services.web import gate, listening
from services.web.address import ANYWHERE, Address
from services.web.door import Door
from tests.builders import NAME, POLICE, SOCIAL, concerned, new_case, on, protection, refer
from tests.conftest import Said
from tests.contract.test_schemas import accepts
from tests.living import Living, eventually
from tests.ways import OverHttp, client, has_heard, let_in, read_on, spoken
from tests.ways import listening as listener_on


@pytest.fixture
async def joined(home: Living) -> Living:
    await home.start_gateway()
    for agency in (POLICE, SOCIAL):
        await home.start_adapter(agency, listen=ANYWHERE)
    return home


async def refers(home: Living, *commands: dict[str, Any]) -> list[str]:
    """The police refer, and the Centre has heard all of it."""
    police, before = OverHttp(home, POLICE, "plain", let_in(home, POLICE)), home.application(SOCIAL).feed.end()
    for command in commands:
        assert (await police.ask(command))["status"] == "logged"
    await eventually(lambda: home.application(SOCIAL).feed.end() == before + len(commands))
    Systems(home.application(POLICE).store).remove("records")
    return [command["id"] for command in commands]


def code(answer: httpx.Response) -> tuple[int, str, str | None]:
    assert answer.headers["content-type"] == web.PROBLEM
    assert accepts("http-problem", answer.json()), answer.text
    found = answer.json()
    assert found["status"] == answer.status_code
    return found["status"], found["code"], found.get("field")


# who may come in, and how far


async def test_whoever_has_no_token_is_told_nothing(joined: Living, said: Said) -> None:
    body, headers = spoken(refer(), "plain")
    for token in (None, "x", "barnabus.records.x"):
        async with client(joined, POLICE, token) as http:
            for answer in (
                await http.post(web.EVENTS, content=body, headers=headers),
                await http.get(web.LETTERS),
                await http.get(web.STREAM),
            ):
                assert code(answer) == (401, "token.invalid", None)
                assert answer.headers["www-authenticate"].startswith("Bearer")
    assert joined.application(POLICE).store.read("SELECT * FROM commands") == []
    assert "barnabus.records.x" not in str(said)


async def test_one_agencys_token_opens_no_other_agencys_door(joined: Living) -> None:
    token = let_in(joined, POLICE)
    async with client(joined, SOCIAL, token) as http:
        assert code(await http.get(web.LETTERS))[1] == "token.invalid"


async def test_health_and_description_ask_for_no_token(joined: Living) -> None:
    async with client(joined, POLICE, None) as http:
        health = await http.get(web.HEALTH)
        assert (health.status_code, health.json()) == (200, {"status": "ok", "agency": "police", "feed": 0})
        document = (await http.get(web.DESCRIPTION)).json()
        assert document["x-limits"]["page_items"] == web.PAGE_LIMIT
        schema = await http.get(f"{web.SCHEMAS}/referral.made.command.json")
        jsonschema.Draft202012Validator(schema.json()).validate(refer())
        for nothing in ("/", "/x", f"{web.SCHEMAS}/x.json", f"{web.SCHEMAS}/..%2Fopenapi.json"):
            assert code(await http.get(nothing)) == (404, "path.unknown", None)
        for wrong in (await http.put(web.EVENTS), await http.post(web.LETTERS), await http.post(web.STREAM)):
            assert code(wrong) == (405, "method.not-allowed", None)
            assert wrong.headers["allow"]


async def test_an_adapter_whose_store_is_behind_says_so(joined: Living) -> None:
    await refers(joined, refer())  # by then it has asked the log where it stands
    joined.adapters[POLICE].behind = True
    async with client(joined, POLICE, let_in(joined, POLICE)) as http:
        assert code(await http.get(web.HEALTH))[:2] == (503, "adapter.behind")
        body, headers = spoken(refer(), "plain")
        assert code(await http.post(web.EVENTS, content=body, headers=headers))[:2] == (503, "adapter.behind")


@pytest.mark.parametrize(("form", "field"), [("plain", "command"), ("structured", "data.command")])
async def test_a_system_sends_only_what_its_token_is_for(joined: Living, form: str, field: str) -> None:
    token = let_in(joined, POLICE, sends="concern.reported")
    async with client(joined, POLICE, token) as http:
        body, headers = spoken(refer(), form)
        answer = await http.post(web.EVENTS, content=body, headers=headers)
        assert code(answer) == (403, "token.out-of-scope", field)
        body, headers = spoken({"command": "child.search"}, "plain")
        assert code(await http.post(web.EVENTS, content=body, headers=headers))[1] != "token.out-of-scope"
    assert joined.application(POLICE).store.read("SELECT * FROM commands") == []


async def test_a_system_hears_only_what_its_token_is_for_and_its_cursor_goes_on(joined: Living) -> None:
    case = new_case()
    await refers(joined, refer(), protection(POLICE, case), refer())
    only = let_in(joined, SOCIAL, hears="immediate-protection.taken")
    async with client(joined, SOCIAL, only) as http, listener_on(http) as listener:
        page = (await http.get(web.LETTERS)).json()
        assert ([item["type"] for item in page["items"]], page["next"]) == (["immediate-protection.taken"], 3)
        await eventually(lambda: listener.heard)
        await refers(joined, refer(), protection(POLICE, case))
        await eventually(lambda: len(listener.heard) == 2)
        assert [item["feed"] for item in listener.heard] == [2, 5]


async def test_a_system_that_is_removed_is_shut_out_at_once(joined: Living) -> None:
    token = let_in(joined, SOCIAL)
    async with client(joined, SOCIAL, token) as http, listener_on(http) as listener:
        await refers(joined, refer())
        await eventually(lambda: listener.heard)
        async with http.stream("GET", web.STREAM) as other:
            Systems(joined.application(SOCIAL).store).remove("records")
            async for _ in other.aiter_bytes():  # it ends
                pass
        assert code(await http.get(web.LETTERS))[1] == "token.invalid"


# what is answered


@pytest.mark.parametrize("form", ["plain", "structured", "binary"])
async def test_answers_pass_their_schemas(joined: Living, form: str) -> None:
    await refers(joined, refer())
    token = let_in(joined, SOCIAL)
    async with client(joined, SOCIAL, token) as http:
        page = (await http.get(web.LETTERS)).json()
        assert accepts("letters-page", page)
        assert accepts("referral.made.told", page["items"][0]["data"])
        body, headers = spoken(on(SOCIAL, "referral.accept", page["items"][0]["data"]["id"]), form)
        answer = await http.post(web.EVENTS, content=body, headers=headers)
        assert accepts("command-taken", answer.json())
        assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")


async def test_an_act_that_the_log_has_not_stamped_yet_is_answered_202(
    joined: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 0.05)
    await joined.stop_gateway()
    police = OverHttp(joined, POLICE, "structured", let_in(joined, POLICE))
    command = refer()
    assert ((await police.ask(command))["status"], police.status) == ("recorded", 202)
    await joined.start_gateway()
    await eventually(lambda: joined.application(POLICE).outbox.waiting() is None)
    assert ((await police.ask(command))["status"], police.status) == ("logged", 200)


async def test_an_idempotency_key_that_is_not_the_commands_id_is_refused(joined: Living) -> None:
    police, command = OverHttp(joined, POLICE, "plain", let_in(joined, POLICE)), refer()
    error = (await police.ask(command, {web.IDEMPOTENCY_KEY: refer()["id"]}))["error"]
    assert (error["status"], error["field"]) == (422, web.IDEMPOTENCY_KEY)
    assert (await police.ask(command, {web.IDEMPOTENCY_KEY: command["id"]}))["status"] == "logged"


async def test_pages_are_as_long_as_asked_for_and_never_longer_than_the_limit(joined: Living) -> None:
    sent = await refers(joined, *(refer() for _ in range(5)))
    async with client(joined, SOCIAL, let_in(joined, SOCIAL)) as http:
        page = (await http.get(web.LETTERS, params={"after": 1, "limit": 2})).json()
        assert ([item["feed"] for item in page["items"]], page["next"]) == ([2, 3], 3)
        assert [item["data"]["id"] for item in await read_on(http)] == sent
        for wrong in ({"limit": 0}, {"limit": web.PAGE_LIMIT + 1}, {"limit": "x"}, {"after": -1}, {"after": "1.5"}):
            (field,) = wrong
            assert code(await http.get(web.LETTERS, params=wrong)) == (422, "field.invalid", field)
        assert code(await http.get(web.LETTERS, params={"since": 1})) == (422, "field.unknown", "since")
        assert code(await http.get(web.LETTERS, params={"after": 6})) == (409, "feed.ahead", "after")
        assert code(await http.get(web.STREAM, params={"after": 6})) == (409, "feed.ahead", "after")


async def test_a_letter_whose_person_was_erased_is_told_as_such(joined: Living) -> None:
    command = refer()
    await refers(joined, command)
    app = joined.application(SOCIAL)
    app.vault.erase(concerned(command, app.inbox.letters()[0]["case_ref"]))
    async with client(joined, SOCIAL, let_in(joined, SOCIAL)) as http:
        (item,) = (await http.get(web.LETTERS)).json()["items"]
    assert (item["type"], item["data"]["type"], item["data"]["id"]) == (web.ERASED, "referral.made", command["id"])
    assert accepts("letter-erased", item["data"])
    assert NAME not in str(item)


# how much is taken


async def test_a_body_that_is_too_large_is_refused_before_all_of_it_has_come(joined: Living) -> None:
    async with client(joined, POLICE, let_in(joined, POLICE)) as http:
        command = refer(data={"identity": {"full_name": "x" * COMMAND_LIMIT_BYTES, "date_of_birth": None}})
        for form in ("plain", "structured"):
            body, headers = spoken(command, form)
            assert code(await http.post(web.EVENTS, content=body, headers=headers))[:2] == (413, "document.too-large")

        reader, writer = await _asks(http, "transfer-encoding: chunked")
        chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
        writer.write(chunk * 2)
        assert b" 413 " in await asyncio.wait_for(reader.readline(), 10), "there is no end to it yet"
        writer.close()


async def _asks(http: httpx.AsyncClient, *headers: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Begins to hand in a command, and goes no further."""
    reader, writer = await asyncio.open_connection(http.base_url.host, http.base_url.port)
    lines = (f"POST {web.EVENTS} HTTP/1.1", "host: x", f"authorization: {http.headers['authorization']}")
    writer.write("\r\n".join((*lines, f"content-type: {web.JSON}", *headers, "", "")).encode())
    return reader, writer


async def test_a_body_that_does_not_come_is_not_waited_for(joined: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "BODY_WITHIN_S", 0.2)

    async with client(joined, POLICE, let_in(joined, POLICE)) as http:
        reader, writer = await _asks(http, "content-length: 10")
        writer.write(b"{")
        assert b" 408 " in await asyncio.wait_for(reader.readline(), 10)
        writer.close()


async def test_a_connection_that_asks_for_nothing_is_cut_off(joined: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "BODY_WITHIN_S", 0.2)
    url = httpx.URL(joined.adapters[POLICE].url or "")
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"GET /health HTTP/1.1\r\nhost: ")
    with contextlib.suppress(ConnectionResetError):
        assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()


async def test_only_so_many_requests_are_answered_at_once(joined: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "REQUESTS_AT_ONCE", 2)
    await joined.stop_gateway()  # each waits two seconds for its stamp
    async with client(joined, POLICE, let_in(joined, POLICE)) as http:

        async def asks() -> httpx.Response:
            body, headers = spoken(refer(), "plain")
            return await http.post(web.EVENTS, content=body, headers=headers)

        answers = await asyncio.gather(*(asks() for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [202, 202, 429, 429]
        many = next(answer for answer in answers if answer.status_code == 429)
        assert code(many)[1] == "requests.too-many"
        assert many.headers["retry-after"]
        assert (await http.get(web.HEALTH)).status_code == 200, "they are done"


async def test_only_so_many_streams_are_open_of_one_system_and_of_all(
    joined: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "STREAMS_OF_ONE", 2)
    monkeypatch.setattr(web, "STREAMS_AT_ONCE", 3)
    first, second = (client(joined, SOCIAL, let_in(joined, SOCIAL, name)) for name in ("a", "b"))
    async with first, second, contextlib.AsyncExitStack() as streams:
        for http in (first, first):
            await streams.enter_async_context(http.stream("GET", web.STREAM))
        assert code(await first.get(web.STREAM))[:2] == (429, "requests.too-many")
        async with second.stream("GET", web.STREAM) as open_one:
            assert open_one.status_code == 200
            assert code(await second.get(web.STREAM))[1] == "requests.too-many"
            assert (await second.get(web.LETTERS)).status_code == 200, "a stream takes no request's place"
        await eventually(lambda: sum(routes_of(joined)._streams._open.values()) == 2)
        async with second.stream("GET", web.STREAM) as again:
            assert again.status_code == 200


def routes_of(home: Living, agency: Agency = SOCIAL) -> Any:
    return home.adapters[agency]._door._routes  # type: ignore[union-attr]


async def test_what_fails_unforeseen_is_answered_and_logged_without_a_word_of_what_was_sent(
    joined: Living, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    def fails(*_: object) -> None:
        raise ValueError(NAME)

    monkeypatch.setattr(gate.Streams, "one_of", fails)
    monkeypatch.setattr("services.web.routes.incoming", fails)
    async with client(joined, POLICE, let_in(joined, POLICE)) as http:
        body, headers = spoken(refer(), "plain")
        assert code(await http.post(web.EVENTS, content=body, headers=headers))[:2] == (500, "internal")
        assert code(await http.get(web.STREAM))[:2] == (500, "internal")
    failed = [line for line in said if line["event"] == "http.failed"]
    assert [line["error"] for line in failed] == ["ValueError", "ValueError"]
    assert NAME not in str(said)


async def test_an_address_that_is_taken_is_refused_with_what_to_do(joined: Living) -> None:
    port = httpx.URL(joined.adapters[POLICE].url or "").port
    assert port
    with pytest.raises(BarnabusError) as refused:
        Door(Address("127.0.0.1", port))
    assert refused.value.code == "address.unusable"


# the stream


async def test_a_listener_that_comes_back_goes_on_where_it_was(joined: Living) -> None:
    sent = await refers(joined, refer(), refer())
    async with client(joined, SOCIAL, let_in(joined, SOCIAL)) as http:
        async with listener_on(http) as listener:
            await has_heard(listener, sent[1])
        sent += await refers(joined, refer())
        last = str(listener.heard[-1]["feed"])
        async with listener_on(http, last_event_id=last) as again:
            await has_heard(again, sent[2])
            sent += await refers(joined, refer())
            await has_heard(again, sent[3])
    assert [item["data"]["id"] for item in (*listener.heard, *again.heard)] == sent


async def test_what_another_process_writes_is_heard_too(joined: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    """`barnabus parked retry` rings no bell."""
    monkeypatch.setattr("services.web.bell.Bell.ring", lambda _: None)
    async with client(joined, SOCIAL, let_in(joined, SOCIAL)) as http, listener_on(http) as listener:
        (sent,) = await refers(joined, refer())
        await has_heard(listener, sent)


async def test_a_stream_is_not_begun_for_who_asks_for_its_headers_alone(joined: Living) -> None:
    async with client(joined, SOCIAL, let_in(joined, SOCIAL)) as http:
        answer = await http.head(web.STREAM)
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, web.SSE)


async def test_a_stream_says_that_it_is_alive(joined: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "HEARTBEAT_EVERY_S", 0.05)
    monkeypatch.setattr(listening, "LOOK_EVERY_S", 0.02)
    async with client(joined, SOCIAL, let_in(joined, SOCIAL)) as http, listener_on(http) as listener:
        await eventually(lambda: listener.comments >= 2)


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "²", "9" * 30])
async def test_a_last_event_id_that_is_none_is_refused(joined: Living, last: str) -> None:
    async with client(joined, SOCIAL, let_in(joined, SOCIAL)) as http:
        answer = await http.get(web.STREAM, headers={b"last-event-id": last.encode()})
        assert code(answer) == (422, "field.invalid", "Last-Event-ID")


@contextlib.contextmanager
def deaf(home: Living, token: str) -> Iterator[socket.socket]:
    """A listener that asks for the stream and takes nothing of it."""
    url = httpx.URL(home.adapters[SOCIAL].url or "")
    with socket.socket() as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        found.connect((url.host, url.port))
        found.sendall(f"GET {web.STREAM} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n".encode())
        yield found


async def test_a_listener_that_takes_nothing_costs_no_memory_and_is_let_go(
    joined: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "SENT_WITHIN_S", 0.5)
    await refers(joined, refer())
    app, asked = joined.application(SOCIAL), 0
    page = Page(app.told(0).items * 40, 0)

    def without_end(*_: object, **__: object) -> Page:
        nonlocal asked
        asked += 1
        return page

    monkeypatch.setattr(app, "told", without_end)
    with deaf(joined, let_in(joined, SOCIAL)):
        streams = routes_of(joined)._streams
        await eventually(lambda: streams._open["records"] == 1)
        await eventually(lambda: streams._open["records"] == 0)
    assert asked < 200, "what it does not take is not read either"


async def test_streams_end_with_their_adapter(joined: Living) -> None:
    async with client(joined, SOCIAL, let_in(joined, SOCIAL)) as http, listener_on(http) as listener:
        (sent,) = await refers(joined, refer())
        await has_heard(listener, sent)
        began = asyncio.get_running_loop().time()
        await joined.stop_adapter(SOCIAL)
        assert asyncio.get_running_loop().time() - began < 5
        with pytest.raises(httpx.ConnectError):
            await http.get(web.HEALTH)
