"""A hostile client of an adapter, over HTTP and NATS: an agency's own system that was taken over, or a stranger."""

import asyncio
import gzip
import io
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import structlog
from pydantic import ValidationError

from bus import logging
from contracts import web
from contracts.errors import CODES, Refused
from services.systems import Hook
from services.web.address import ANYWHERE
from services.webhook import url
from tests.builders import POLICE, SOCIAL, encoded, new_case, on, protection, refer
from tests.living import Living
from tests.ways import client, let_in, spoken

EVIL = {
    "a line of its own": 'x\n{"event":"log.damaged","level":"error"}\r\n',
    "colours and a cleared screen": "\x1b[2J\x1b[31mx\x07",
    "turned around": "\u202egnp.exe\u2066",
    "NUL": "x\x00y",
    "markup": "[red]x[/]<script>alert(1)</script>",
    "a format": "%s%n{0.__class__}${jndi:ldap://x}",
    "another encoding's": "\u2028\u0085\ufeff",
}


@pytest.fixture
async def joined(home: Living) -> Living:
    await home.start_gateway()
    for agency in (POLICE, SOCIAL):
        await home.start_adapter(agency, listen=ANYWHERE)
    return home


@pytest.fixture
def http(joined: Living) -> httpx.AsyncClient:
    return client(joined, POLICE, let_in(joined, POLICE))


async def says(http: httpx.AsyncClient, body: bytes, **headers: str) -> httpx.Response:
    named = {"content-type": web.JSON} | {name.replace("_", "-"): value for name, value in headers.items()}
    return await http.post(web.EVENTS, content=body, headers=named)


def code(answer: httpx.Response) -> str:
    found = str(answer.json()["code"])
    assert found in CODES
    return found


def recorded(home: Living) -> int:
    return len(home.application(POLICE).store.read("SELECT id FROM commands"))


async def raw(home: Living, text: bytes, *, within_s: float = 5.0) -> bytes:
    """What comes back until the server closes, or says no more."""
    where = httpx.URL(home.adapters[POLICE].url or "")
    reader, writer = await asyncio.open_connection(where.host, where.port)
    writer.write(text)
    found = b""
    try:
        async with asyncio.timeout(within_s):
            while part := await reader.read(65536):
                found += part
                if b"\r\n\r\n" in found and b"content-length: 0" not in found:
                    break
    except (TimeoutError, ConnectionResetError):
        pass
    writer.close()
    return found


# documents


DOCUMENTS: Mapping[str, tuple[bytes, str]] = {
    "deep": (b'{"data":' * 3000 + b"1" + b"}" * 3000, "document.too-deep"),
    "a deep list": (b"[" * 20_000, "document.too-deep"),
    "a key twice": (b'{"command":"concern.report","command":"referral.make"}', "document.duplicate-key"),
    "NaN": (b'{"command":NaN}', "document.not-json"),
    "Infinity": (b'{"command":-Infinity}', "document.not-json"),
    "a huge integer": (b'{"command":' + b"9" * 5000 + b"}", "document.not-json"),
    "another encoding": ('{"command":"x"}'.encode("utf-16"), "document.not-json"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "document.not-json"),
    "not UTF-8": (b'{"command":"\xc0\xaf"}', "document.not-json"),
    "two documents": (b"{}{}", "document.not-json"),
    "too large": (b'{"data":"' + b"x" * 36_000 + b'"}', "document.too-large"),
}


async def test_no_document_is_read_that_two_readers_could_read_differently_or_that_is_too_much(
    joined: Living, http: httpx.AsyncClient
) -> None:
    system = await joined.system(POLICE)
    async with http:
        for name, (body, wanted) in DOCUMENTS.items():
            assert code(await says(http, body)) == wanted, name
            assert (await system.ask(body))["error"]["code"] == wanted, name
    assert recorded(joined) == 0


async def test_a_number_where_words_belong_is_refused(joined: Living) -> None:
    """Infinity, what no database holds, and what one reader takes for another."""
    system = await joined.system(POLICE)
    for number in [1e308 * 10, 2**63, -(2**70), 1.5, True, "7"]:
        raw = json.dumps(refer(data={"urgency": number})).encode()
        assert (await system.ask(raw))["error"]["code"] in ("field.invalid", "document.not-json"), number
    assert recorded(joined) == 0


async def test_half_a_character_is_refused_and_stops_nobody(joined: Living) -> None:
    system = await joined.system(POLICE)
    for text in ("\ud800", "x\udfffy"):
        command = refer(data={"identity": {"full_name": text, "date_of_birth": None}})
        answer = await system.ask(json.dumps(command).encode())
        assert answer["error"]["code"] in ("field.invalid", "document.not-json")
    await system.do(refer())


async def test_a_packed_body_is_not_unpacked(joined: Living, http: httpx.AsyncClient) -> None:
    """Ten megabytes in ten kilobytes: no decompression is done at all, whatever the header says."""
    bomb = gzip.compress(b" " * 10_000_000 + encoded(refer()))
    assert len(bomb) < web.BODY_LIMIT_BYTES
    async with http:
        for how in ("gzip", "deflate", "br", "gzip, gzip"):
            assert code(await says(http, bomb, content_encoding=how)) == "document.not-json"
    assert recorded(joined) == 0


# what it may


async def test_a_token_counts_in_its_header_alone(joined: Living) -> None:
    token = let_in(joined, POLICE)
    async with client(joined, POLICE, None) as http:
        for headers in (
            {"authorization": f"Basic {token}"},
            {"authorization": token},
            {"x-authorization": f"Bearer {token}"},
            {"cookie": f"token={token}"},
            {"authorization": f"Bearer {token[:-1]}"},
            {"authorization": f"Bearer {token}x"},
            {"authorization": "Bearer barnabus.records."},
            {"authorization": "Bearer " + "." * 10_000},
        ):
            assert code(await http.get(web.LETTERS, headers=headers)) == "token.invalid"
        assert code(await http.get(f"{web.LETTERS}?access_token={token}")) == "token.invalid"


async def test_no_spelling_gets_a_command_past_its_tokens_scope(joined: Living) -> None:
    """It may report concerns, and asks for a referral."""
    token = let_in(joined, POLICE, sends="concern.reported")
    async with client(joined, POLICE, token) as http:
        for command in ("referral.make", "Referral.Make", " referral.make", "referral.make\x00", "referral\u2024make"):
            answer = await says(http, json.dumps(refer() | {"command": command}).encode())
            assert code(answer) in ("token.out-of-scope", "type.unknown", "field.invalid")
        body, headers = spoken(refer(), "structured")
        outer = json.loads(body) | {"type": "concern.report"}  # the event says one thing, its data another
        answer = await http.post(web.EVENTS, content=json.dumps(outer), headers=headers)
        assert answer.status_code >= 400
    assert recorded(joined) == 0


async def test_an_idempotency_key_that_another_command_has_used_records_nothing(
    joined: Living, http: httpx.AsyncClient
) -> None:
    first = refer()
    async with http:
        assert (await says(http, encoded(first))).status_code == 201
        other = refer(id=first["id"], data={"urgency": "routine"})
        assert code(await says(http, encoded(other), idempotency_key=first["id"])) == "command.id-reused"
    assert recorded(joined) == 1


async def test_another_agencys_handoff_and_case_are_not_there_for_it(joined: Living) -> None:
    """It learned an id: what its own agency has not heard of is unknown, whether it exists or not."""
    theirs = await (await joined.system(SOCIAL)).do(refer(SOCIAL, to=SOCIAL.__class__("health")))
    police = await joined.system(POLICE)
    made_up = await police.ask(on(POLICE, "referral.accept", "00000000-0000-4000-8000-000000000000"))
    real = await police.ask(on(POLICE, "referral.accept", theirs["id"]))
    assert made_up["error"] == real["error"]
    assert real["error"]["code"] == "handoff.unknown"


# paths and headers


PATHS = (
    "/schemas/../openapi.json", "/schemas/..%2fopenapi.json", "/schemas/%2e%2e/%2e%2e/bus/keys.py",
    "/schemas/....//x", "/schemas/%00", "/schemas/referral.made.command.json%00.txt", "//etc/passwd",
    "/letters/../../keys/police/signing.jwk", "/schemas/%252e%252e%252fx", "/\\..\\x", "/letters;x", "/letters/",
    "/schemas/", "/.env", "/%0d%0aSet-Cookie:%20a=b", "/events?x=%0d%0aLocation:%20http://x",
)  # fmt: skip


async def test_no_path_leads_to_anything_but_what_there_is(joined: Living) -> None:
    for path in PATHS:
        answer = await raw(joined, f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert head.split()[1] in (b"404", b"405", b"400"), (path, head)
        assert not [name for name in (b"set-cookie", b"location") if name in head], path
        assert b"signing" not in answer


BOTH = b"POST /events HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
NOT_ONE_PLAIN_REQUEST = {
    "two lengths of a kind": BOTH,
    "two lengths": b"POST /events HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\n{}{}",
    "a negative length": b"POST /events HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    "an unknown coding": b"POST /events HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n",
    "two hosts": b"GET /health HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n",
    "a long header": b"GET /health HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 200_000 + b"\r\n\r\n",
    "a folded header": b"GET /health HTTP/1.1\r\n x: folded\r\n\r\n",
    "http 0.9": b"GET /health\r\n\r\n",
    "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a tunnel": b"CONNECT 169.254.169.254:80 HTTP/1.1\r\nhost: x\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


async def test_what_is_not_one_plain_request_is_refused_and_others_are_answered(
    joined: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No second request hides behind a first, where a proxy in front reads lengths differently."""
    monkeypatch.setattr(web, "BODY_WITHIN_S", 0.3)
    async with client(joined, POLICE, None) as http:
        for name, request in NOT_ONE_PLAIN_REQUEST.items():
            assert b"HTTP/1.1 200" not in await raw(joined, request, within_s=2), name
            assert (await http.get(web.HEALTH)).status_code == 200, name


async def test_a_second_request_that_never_ends_is_cut_off_like_a_first(
    joined: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever holds connections open so holds them for a while, and not for ever."""
    monkeypatch.setattr(web, "BODY_WITHIN_S", 0.3)
    where = httpx.URL(joined.adapters[POLICE].url or "")
    reader, writer = await asyncio.open_connection(where.host, where.port)
    writer.write(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\nGET /health HTTP/1.1\r\nx")

    async def drips() -> None:
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drips())
    try:
        async with asyncio.timeout(8):
            while await reader.read(65536):
                pass
    except ConnectionResetError:
        pass
    finally:
        dripping.cancel()
        writer.close()


# what is written down of it


def strings(document: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where there is text in a document."""
    if isinstance(document, str):
        yield path
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for name, value in items:
        yield from strings(value, (*path, name))


def put(document: Any, path: tuple[str | int, ...], value: str) -> Any:
    if not path:
        return value
    copy: Any = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = put(copy[path[0]], path[1:], value)
    return copy


@pytest.fixture(params=["on a terminal", "in a file"])
def written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What this process writes down, as a process of ours would."""
    before, to = structlog.get_config(), io.StringIO()
    monkeypatch.setattr(to, "isatty", lambda: request.param == "on a terminal")
    monkeypatch.setattr(sys, "stderr", to)
    logging.configure("adapter")
    yield to
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()


async def test_whatever_is_typed_into_whatever_field_no_line_of_a_log_is_made_up(
    joined: Living, written: io.StringIO
) -> None:
    system = await joined.system(POLICE)
    async with client(joined, POLICE, let_in(joined, POLICE)) as http:
        for evil in EVIL.values():
            for command in (refer(), protection(POLICE, new_case())):
                for path in strings(command):
                    assert await system.ask(encoded(put(command, path, evil)))
            await says(http, encoded({"command": evil, evil: 1}))
            await http.get(f"/letters/{quote(evil)}")
            await http.get(web.LETTERS, params={evil: evil})
            structlog.get_logger().info("said", text=evil)  # as the worst of our own lines would
    text = written.getvalue()
    assert text.count("said") == len(EVIL)
    assert [line for line in text.splitlines() if not line.startswith(("{", "\x1b[2m20"))] == [], (
        "each begins as ours do"
    )
    assert not [line for line in text.splitlines() if line.startswith('{"event":"log.damaged"')]
    for sign in ("\x1b[2J", "\x07", "\u202e", "\u2028", "\x00"):
        assert sign not in text


# where it makes us go


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd", "gopher://x", "ftp://x/y", "dict://127.0.0.1:11211", "http://", "https://user:pass@x/",
        "http://169.254.169.254/latest/meta-data", "https://169.254.169.254/", "https://[fe80::1]/", "https://0.0.0.0/",
        "https://[::ffff:169.254.169.254]/", "https://224.0.0.1/", "javascript:alert(1)", "//x", "https://x/#y",
    ],
)  # fmt: skip
def test_no_webhook_leads_to_files_other_protocols_or_addresses_that_are_nobodys(address: str, tmp_path: Any) -> None:
    """Webhooks are set by the operator with a command, by no client; and even so."""
    with pytest.raises(ValueError, match=r"URL|address"):
        url(address)
    with pytest.raises((Refused, ValidationError)):
        Hook(address, tmp_path / "secret").opened()


def test_an_address_that_is_not_encrypted_is_on_this_machine() -> None:
    assert url("http://127.0.0.1:1/x")
    assert url("https://records.example/x")
