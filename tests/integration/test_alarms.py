"""Alarms on their way to people: real servers for e-mail and webhooks take them, refuse them, or hang."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from bus import tasks
from bus.store import Statement, Store, opened
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from services.keeper.alarms import PAUSES, TRIES, Alarm, Alarms, Kind, State, alarm_id, wanted
from services.keeper.carrying import Carrier
from services.keeper.reach import Reach, read
from services.keeper.sending import send
from tests.builders import POLICE, SOCIAL
from tests.certificates import Authority
from tests.conftest import Said
from tests.living import eventually
from tests.receivers import HOST, PASSWORD, USER, hooks, post

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)
DUTY = UUID(int=7)
SECRET = b"a secret of thirty-two bytes long"
ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Time:
    """A clock that a test moves."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class File:
    """The operator's file, in a folder with its secrets."""

    folder: Path
    parts: list[str] = field(default_factory=lambda: ['link = "https://console.example/duties/{duty}"\n'])

    def secret(self, name: str, text: str) -> None:
        (self.folder / name).touch(0o600)
        (self.folder / name).write_text(text)

    def server(self, port: int, *more: str, tls: str = "none", host: str = HOST, timeout_s: float = 5) -> None:
        lines = (f'host = "{host}"', f"port = {port}", f'tls = "{tls}"', 'sender = "barnabus@ministry.example"')
        self.parts.append("\n".join(("[smtp]", *lines, f"timeout_s = {timeout_s}", *more, "")))

    def mail(self, agency: Agency, **to: str) -> None:
        self.parts.append("\n".join((f"[agencies.{agency}.mail]", *(f'{n} = "{one}"' for n, one in to.items()), "")))

    def hook(self, agency: Agency, name: str, port: int, *more: str, host: str = HOST, scheme: str = "http") -> None:
        self.secret("hook.secret", f"whsec_{base64.b64encode(SECRET).decode()}")
        url = f'url = "{scheme}://{host}:{port}/in"'
        lines = (f"[agencies.{agency}.webhook.{name}]", url, 'secret_file = "hook.secret"', *more, "")
        self.parts.append("\n".join(lines))

    @property
    def path(self) -> Path:
        path = self.folder / "alarms.toml"
        path.write_text("\n".join(self.parts))
        return path

    def read(self) -> Reach:
        return read(self.path)


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.new(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = opened(tmp_path / "keeper.db")
    yield found
    found.close()


@contextlib.asynccontextmanager
async def carried(store: Store, reach: Reach, clock: Callable[[], datetime]) -> AsyncIterator[None]:
    """While it lasts, alarms are carried."""
    running = asyncio.create_task(Carrier(Alarms(store), reach, clock, look_every_s=0.01).run())
    try:
        yield
        assert not running.done(), running.exception()
    finally:
        await tasks.end(running)


def want(store: Store, ways: Mapping[Agency, Sequence[str]], notice: UUID | None = None) -> None:
    store.write(*wanted(notice or uuid4(), DUTY, Kind.OVERDUE, ways, NOW))


def states(store: Store) -> dict[str, str]:
    return {row["way"]: row["state"] for row in store.read("SELECT way, state FROM alarms")}


def errors(store: Store) -> dict[str, tuple[int, str | None]]:
    return {row["way"]: (row["tries"], row["error"]) for row in store.read("SELECT way, tries, error FROM alarms")}


def trial(way: str, agency: Agency = POLICE) -> Alarm:
    return Alarm(uuid4(), DUTY, Kind.OVERDUE, agency, way, NOW, 1, NOW, State.WAITING, None)


async def failure(reach: Reach, way: str) -> BarnabusError:
    with pytest.raises(BarnabusError) as raised:
        await send(reach, trial(way), NOW)
    assert raised.value.__cause__ is None
    assert HOST not in str(raised.value)
    assert ".example" not in str(raised.value)
    return raised.value


# sent


async def test_an_alarm_reaches_all_who_are_named_by_e_mail_and_webhook(store: Store, file: File, said: Said) -> None:
    async with post() as box, hooks() as hook:
        file.server(box.port)
        file.mail(POLICE, desk="desk@police.example", head="head@police.example")
        file.hook(POLICE, "records", hook.port)
        reach, notice = file.read(), uuid4()
        want(store, reach.ways([POLICE]), notice)
        async with carried(store, reach, lambda: NOW):
            await eventually(lambda: set(states(store).values()) == {"sent"})
    assert {tuple(one.rcpt_tos) for one in box.taken} == {("desk@police.example",), ("head@police.example",)}
    assert {one.mail_from for one in box.taken} == {"barnabus@ministry.example"}
    assert len(hook.requests) == 1
    assert [line["event"] for line in said] == ["alarm.sent"] * 3


async def test_an_e_mail_says_what_waits_its_reference_the_time_and_where_to_look(file: File) -> None:
    async with post() as box:
        file.server(box.port)
        file.mail(POLICE, desk="desk@police.example")
        alarm = trial("mail/desk")
        await send(file.read(), alarm, NOW + timedelta(hours=3))
    (letter,) = box.letters()
    assert (letter["subject"], letter["to"]) == ("Barnabus: A duty is overdue", "desk@police.example")
    assert (letter["message-id"], letter["auto-submitted"]) == (f"<{alarm.id}@ministry.example>", "auto-generated")
    assert letter["date"].datetime == NOW
    body = letter.get_content()
    for stands in ("A duty is overdue.", str(DUTY), "2026-03-12 09:00 UTC", f"https://console.example/duties/{DUTY}"):
        assert stands in body


async def test_a_webhook_is_signed_as_its_receiver_checks_by_the_specification(file: File) -> None:
    async with hooks() as hook:
        file.hook(POLICE, "records", hook.port)
        alarm, later = trial("webhook/records"), NOW + timedelta(minutes=5)
        await send(file.read(), alarm, later)
    (request,) = hook.requests
    assert request.line == "POST /in HTTP/1.1"
    said = request.headers
    signed = b".".join((said["webhook-id"].encode(), said["webhook-timestamp"].encode(), request.body))
    expected = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    assert said["webhook-signature"] == f"v1,{expected}"
    assert (said["webhook-id"], int(said["webhook-timestamp"])) == (str(alarm.id), int(later.timestamp()))
    assert said["content-type"] == "application/json"
    assert json.loads(request.body) == {
        "type": "duty.breached",
        "timestamp": "2026-03-12T09:00:00+00:00",
        "data": {"agency": "police", "duty_id": str(DUTY), "link": f"https://console.example/duties/{DUTY}"},
    }


async def test_nothing_of_a_case_and_no_secret_is_in_what_is_sent_or_logged(
    store: Store, file: File, said: Said
) -> None:
    """All that goes out are the alarm's own codes, ids and moment, and what the operator's file says."""
    async with post(password=True) as box, hooks() as hook:
        file.secret("password", PASSWORD)
        file.server(box.port, f'user = "{USER}"', 'password_file = "password"')
        file.mail(POLICE, desk="desk@police.example")
        file.hook(POLICE, "records", hook.port)
        reach = file.read()
        want(store, reach.ways([POLICE]))
        async with carried(store, reach, lambda: NOW):
            await eventually(lambda: set(states(store).values()) == {"sent"})
    columns = set(store.read("SELECT * FROM alarms")[0])
    assert columns == {"id", "duty_id", "kind", "agency", "way", "created_at", "tries", "next_at", "state", "error"}
    out = str(box.taken[0].content) + hook.requests[0].body.decode() + str(hook.requests[0].headers)
    for secret in (PASSWORD, SECRET.decode(), base64.b64encode(SECRET).decode()):
        assert secret not in out + str(said)
    assert ".example" not in str(said)
    assert HOST not in str(said)
    assert all(set(line) == {"event", "log_level", "id", "agency", "way"} for line in said)


# refused, and tried again


@pytest.mark.parametrize("refusal", ["451 later", "550 never"])
async def test_an_e_mail_that_is_refused_is_tried_again_with_the_same_id(
    store: Store, file: File, said: Said, refusal: str
) -> None:
    time = Time()
    async with post() as box:
        box.refusal = refusal
        file.server(box.port)
        file.mail(POLICE, desk="desk@police.example")
        reach, notice = file.read(), uuid4()
        want(store, reach.ways([POLICE]), notice)
        async with carried(store, reach, time):
            await eventually(lambda: errors(store) == {"mail/desk": (1, "alarm.refused")})
            assert (box.asked, states(store)) == (1, {"mail/desk": "waiting"})
            box.refusal = None
            time.now += PAUSES[0]
            await eventually(lambda: states(store) == {"mail/desk": "sent"})
    assert box.letters()[0]["message-id"] == f"<{alarm_id(notice, POLICE, 'mail/desk')}@ministry.example>"
    failed = next(line for line in said if line["event"] == "alarm.failed")
    assert (failed["code"], failed["detail"], failed["way"]) == (
        "alarm.refused",
        f"It answers {refusal[:3]}.",
        "mail/desk",
    )


@pytest.mark.parametrize("answer", ["400 Bad Request", "410 Gone", "500 Oh", "503 Later"])
async def test_a_webhook_that_is_refused_is_tried_again_with_the_same_id_and_body(
    store: Store, file: File, answer: str
) -> None:
    time = Time()
    async with hooks() as hook:
        hook.answer = answer
        file.hook(POLICE, "records", hook.port)
        reach = file.read()
        want(store, reach.ways([POLICE]))
        async with carried(store, reach, time):
            await eventually(lambda: errors(store) == {"webhook/records": (1, "alarm.refused")})
            hook.answer = "200 OK"
            time.now += PAUSES[0]
            await eventually(lambda: states(store) == {"webhook/records": "sent"})
    first, second = hook.requests
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"], "the time of sending is signed"


async def test_what_fails_to_the_last_try_is_parked_and_said(store: Store, file: File, said: Said) -> None:
    time = Time()
    async with hooks() as hook:
        hook.answer = "403 No"
        file.hook(POLICE, "records", hook.port)
        reach = file.read()
        want(store, reach.ways([POLICE]))
        async with carried(store, reach, time):
            for nth in range(1, TRIES + 1):
                await eventually(lambda nth=nth: errors(store) == {"webhook/records": (nth, "alarm.refused")})  # type: ignore[misc]
                time.now += PAUSES[min(nth - 1, len(PAUSES) - 1)]
            await eventually(lambda: states(store) == {"webhook/records": "parked"})
    assert len(hook.requests) == TRIES
    assert [line["event"] for line in said] == ["alarm.failed"] * (TRIES - 1) + ["alarm.parked"]
    assert said[-1]["log_level"] == "error"


async def test_an_alarm_for_an_agency_in_which_nobody_is_named_fails_and_is_said(
    store: Store, file: File, said: Said
) -> None:
    file.hook(POLICE, "records", 1)
    reach = file.read()
    want(store, reach.ways([SOCIAL]))
    async with carried(store, reach, lambda: NOW):
        await eventually(lambda: errors(store) == {"nobody": (1, "alarm.nobody")})
    assert said[0]["event"] == "alarm.failed"


async def test_a_redirect_is_not_followed(file: File) -> None:
    async with hooks() as hook, hooks() as elsewhere:
        hook.answer = f"307 Elsewhere\r\nlocation: http://{HOST}:{elsewhere.port}/in"
        file.hook(POLICE, "records", hook.port)
        assert (await failure(file.read(), "webhook/records")).detail == "It answers 307."
        assert (len(hook.requests), elsewhere.requests) == (1, [])


async def test_a_proxy_that_the_environment_names_is_not_used(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hooks() as hook, hooks() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{HOST}:{proxy.port}")
        monkeypatch.setenv("no_proxy", "")
        file.hook(POLICE, "records", hook.port)
        await send(file.read(), trial("webhook/records"), NOW)
        assert (len(hook.requests), proxy.requests) == (1, [])


async def test_where_nobody_listens_it_is_said_and_no_address_with_it(file: File) -> None:
    async with hooks() as gone:
        pass
    file.server(gone.port)
    file.mail(POLICE, desk="desk@police.example")
    file.hook(POLICE, "records", gone.port)
    for way in ("mail/desk", "webhook/records"):
        assert (await failure(file.read(), way)).code == "alarm.unreachable"


# hanging


async def test_who_hangs_is_given_up_in_time_and_holds_up_nobody_else(store: Store, file: File) -> None:
    async with post() as box, hooks() as hanging, hooks() as hook:
        box.answers.clear()
        hanging.answers.clear()
        file.server(box.port, timeout_s=1)
        file.mail(POLICE, desk="desk@police.example", head="head@police.example")
        file.hook(POLICE, "hangs", hanging.port, "timeout_s = 1")
        file.hook(POLICE, "records", hook.port)
        reach = file.read()
        for _ in range(3):
            want(store, reach.ways([POLICE]))
        async with carried(store, reach, lambda: NOW):
            await eventually(lambda: len(hook.requests) == 3)
            assert errors(store)["mail/desk"][1] is None, "what hangs is still waited for"
            await eventually(lambda: sum(row["error"] == "alarm.unreachable" for row in _rows(store)) >= 3)


async def test_a_server_that_keeps_dripping_is_given_up_in_time_as_well(file: File) -> None:
    """Each of its words comes in time, and the last never does."""

    hung_up = list[bool]()

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"2")
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.close()
        hung_up.append(True)

    async with await asyncio.start_server(drip, HOST, 0) as server:
        port = server.sockets[0].getsockname()[1]
        file.server(port, timeout_s=1)
        file.mail(POLICE, desk="desk@police.example")
        file.hook(POLICE, "records", port, "timeout_s = 1")
        for way in ("mail/desk", "webhook/records"):
            assert (await failure(file.read(), way)).detail == "It did not answer within 1 s."
        await eventually(lambda: len(hung_up) == 2)


async def test_when_carrying_ends_a_server_that_hangs_holds_up_nothing(store: Store, file: File) -> None:
    async with post() as box:
        box.answers.clear()
        file.server(box.port, timeout_s=60)
        file.mail(POLICE, desk="desk@police.example")
        reach = file.read()
        want(store, reach.ways([POLICE]))
        async with asyncio.timeout(10), carried(store, reach, lambda: NOW):
            await eventually(lambda: box.asked)


# encrypted


async def test_with_starttls_a_password_and_a_letter_go_encrypted(file: File, authority: Authority) -> None:
    async with post(starttls=authority.server(HOST), password=True) as box:
        file.secret("password", f"{PASSWORD}\n")
        ours = f'ca_file = "{authority.file}"'
        file.server(box.port, ours, f'user = "{USER}"', 'password_file = "password"', tls="starttls")
        file.mail(POLICE, desk="desk@police.example")
        await send(file.read(), trial("mail/desk"), NOW)
    assert (len(box.taken), box.signed_in) == (1, [USER])


async def test_with_implicit_tls_all_of_it_is_encrypted(file: File, authority: Authority) -> None:
    async with post(implicit=authority.server("localhost")) as box:
        file.server(box.port, f'ca_file = "{authority.file}"', tls="implicit", host="localhost")
        file.mail(POLICE, desk="desk@police.example")
        await send(file.read(), trial("mail/desk"), NOW)
    assert len(box.taken) == 1


async def test_a_webhook_is_encrypted(file: File, authority: Authority) -> None:
    async with hooks(tls=authority.server(HOST)) as hook:
        file.hook(POLICE, "records", hook.port, f'ca_file = "{authority.file}"', scheme="https")
        await send(file.read(), trial("webhook/records"), NOW)
    assert len(hook.requests) == 1


@pytest.mark.parametrize("wrong", ["unknown to the system", "of another authority", "for another host"])
async def test_a_wrong_certificate_is_refused_and_nothing_is_said_to_it(
    file: File, authority: Authority, tmp_path: Path, wrong: str
) -> None:
    certified = authority.server("mail.elsewhere" if wrong == "for another host" else HOST)
    trusted = Authority.new(tmp_path, "another") if wrong == "of another authority" else authority
    more = () if wrong == "unknown to the system" else (f'ca_file = "{trusted.file}"',)
    async with post(starttls=certified) as box, post(implicit=certified) as box_within, hooks(tls=certified) as hook:
        file.hook(POLICE, "records", hook.port, *more, scheme="https")
        assert (await failure(file.read(), "webhook/records")).code == "alarm.untrusted"
        file.mail(POLICE, desk="desk@police.example")
        alike = list(file.parts)
        for tls, port in (("starttls", box.port), ("implicit", box_within.port)):
            file.parts = list(alike)
            file.server(port, *more, tls=tls)
            assert (await failure(file.read(), "mail/desk")).code == "alarm.untrusted"
    assert (box.taken, box_within.taken, hook.requests) == ([], [], [])


async def test_a_server_that_does_not_offer_to_encrypt_gets_neither_password_nor_letter(file: File) -> None:
    async with post(password=True) as box:
        file.secret("password", PASSWORD)
        file.server(box.port, f'user = "{USER}"', 'password_file = "password"', tls="starttls")
        file.mail(POLICE, desk="desk@police.example")
        found = await failure(file.read(), "mail/desk")
    assert (found.code, found.detail) == ("alarm.untrusted", "It offers no STARTTLS.")
    assert (box.taken, box.signed_in) == ([], [])


async def test_a_wrong_password_is_a_refusal_and_is_not_shown(file: File) -> None:
    async with post(password=True) as box:
        file.secret("password", "wr0ng")
        file.server(box.port, f'user = "{USER}"', 'password_file = "password"')
        file.mail(POLICE, desk="desk@police.example")
        found = await failure(file.read(), "mail/desk")
    assert (found.code, found.detail) == ("alarm.refused", "It answers 535.")
    assert "wr0ng" not in str(found)


# whatever goes wrong


async def test_a_failure_that_nobody_foresaw_is_a_try_that_failed_and_the_others_go_on(
    store: Store, file: File, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("desk@police.example")

    async with post() as box, hooks() as hook:
        file.server(box.port)
        file.mail(POLICE, desk="desk@police.example")
        file.hook(POLICE, "records", hook.port)
        reach = file.read()
        want(store, reach.ways([POLICE]))
        monkeypatch.setattr("services.keeper.wording.letter", broken)
        async with carried(store, reach, lambda: NOW):
            await eventually(lambda: errors(store)["mail/desk"] == (1, "internal"))
            await eventually(lambda: states(store)["webhook/records"] == "sent")
    failed = next(line for line in said if line["event"] == "alarm.failed")
    assert (failed["code"], failed["error"]) == ("internal", "ZeroDivisionError")
    assert ".example" not in str(said)


async def test_nothing_is_sent_while_no_try_can_be_noted_and_all_is_once_it_can(
    store: Store, file: File, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a full disk would send the same alarm every second."""
    monkeypatch.setattr("services.keeper.carrying.FAILED_AGAIN_S", 0.01)
    full = "CREATE TRIGGER full BEFORE UPDATE ON alarms BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    async with hooks() as hook:
        file.hook(POLICE, "records", hook.port)
        reach = file.read()
        want(store, reach.ways([POLICE]))
        store.write(Statement(full, ()))
        async with carried(store, reach, lambda: NOW):
            await eventually(lambda: sum(line["event"] == "alarm.unnoted" for line in said) > 3)
            assert hook.requests == []
            store.write(Statement("DROP TRIGGER full", ()))
            await eventually(lambda: states(store) == {"webhook/records": "sent"})
    assert len(hook.requests) == 1


async def test_a_process_that_is_killed_between_sending_and_noting_sends_again_with_the_same_id(
    store: Store, file: File
) -> None:
    time = Time()
    async with post() as box, hooks() as hook:
        file.server(box.port)
        file.mail(POLICE, desk="desk@police.example")
        file.hook(SOCIAL, "records", hook.port)
        reach = file.read()
        for agency in (POLICE, SOCIAL):
            want(store, reach.ways([agency]))
            assert await killed_after_sending(store, file) == -signal.SIGKILL
            assert set(states(store).values()) <= {"waiting", "sent"}
            async with carried(store, reach, time):
                time.now = datetime.now(UTC) + PAUSES[0]
                await eventually(lambda: set(states(store).values()) == {"sent"})
    first, second = (letter["message-id"] for letter in box.letters())
    assert first == second
    once, again = hook.requests
    assert (once.headers["webhook-id"], once.body) == (again.headers["webhook-id"], again.body)


KILLED = """
import asyncio, sys
from pathlib import Path
from bus.store import opened
from services.keeper.alarms import Alarms
from services.keeper.carrying import Carrier
from services.keeper.reach import read
asyncio.run(Carrier(Alarms(opened(Path(sys.argv[1]))), read(Path(sys.argv[2]))).run())
"""


async def killed_after_sending(store: Store, file: File) -> int:
    """A process of its own that dies as soon as the first alarm is sent: its exit code."""
    where = str(file.folder / "keeper.db"), str(file.path)
    environment = os.environ | {"BARNABUS_KILL_AT": "alarm.sent:1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, *where, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL
    )
    return await process.wait()


def _rows(store: Store) -> list[dict[str, object]]:
    return store.read("SELECT * FROM alarms")
