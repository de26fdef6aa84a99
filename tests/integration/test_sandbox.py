"""A sandbox as health: a system from outside without a key, counterparts by script, a clock that is moved."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from nats.errors import Error as NatsError
from typer.testing import CliRunner

from bus import connection
from bus.clock import wall_clock
from bus.settings import STORE, Settings
from cli.log import synthetic
from cli.main import app
from cli.sandbox import control
from cli.sandbox.running import FIRST
from contracts import subjects, web
from contracts.errors import BarnabusError
from contracts.standing import Move
from contracts.vocabulary.asking import Service
from services.systems import Hook
from tests.builders import HEALTH, POLICE
from tests.conftest import Said
from tests.living import eventually, kept_back
from tests.receivers import HOST, hooks
from tests.sandboxed import Tried, tried
from tests.ways import secret_file

CARE = Service.URGENT_MEDICAL_CARE.value


@pytest.fixture
async def as_health(tmp_path: Path, quick: None) -> AsyncIterator[Tried]:
    async with tried(tmp_path / "home") as found:
        yield found


async def test_a_system_without_a_key_is_asked_serves_and_is_told_what_was_wrong(as_health: Tried) -> None:
    await as_health.system.do(json.loads((as_health.sandbox.settings.home / FIRST).read_text()))
    on = await as_health.asked("police", CARE)
    heard = await as_health.said("heard", id=str(on.handoff_id))
    assert heard["expected"] == ["referral.acknowledge", "referral.accept", "referral.decline", "information.ask"]

    wrong = as_health.says(Move.ACCEPT, on) | {"post": {"role": "clinician", "office": None}}
    assert (await as_health.system.ask(wrong))["error"]["code"] == "post.not-named"
    refused = await as_health.said("refused", code="post.not-named")
    assert (refused["field"], refused["see"]) == ("post.office", "docs/catalogue.md#referralaccepted")
    await as_health.system.ask(b"not json")
    assert not [one for one in as_health.entries if one["what"] == "unanswerable"]
    await as_health.system.nats.publish(subjects.COMMAND, b"{}")
    await as_health.said("unanswerable", asked=False)
    await as_health.system.nats.publish(subjects.COMMAND, b"{}", reply="_INBOX.elsewhere.1")
    await as_health.said("unanswerable", asked=True)
    await as_health.said("refused", code="document.not-json")

    for move in (Move.ACKNOWLEDGE, Move.ACCEPT, Move.START, Move.COMPLETE):
        await as_health.system.do(as_health.says(move, on))
    done = await as_health.said("sent", type="referral.completed")
    assert (done["stage"], done["whose_move"], done["void"]) == ("completed", None, None)
    counts = as_health.sandbox.status()
    assert counts["refused"] == {"post.not-named": 1, "document.not-json": 1, "field.missing": 2}
    assert counts["sent"]["referral.completed"] == 1
    assert all(one["handoff_id"] != str(on.handoff_id) for one in counts["open"])


async def test_a_command_repeated_is_counted_once_and_a_refusal_of_ours_ends_it(as_health: Tried) -> None:
    on = await as_health.asked("social", Service.PSYCHOLOGICAL_SUPPORT.value)
    declines = as_health.says(Move.DECLINE, on)
    await as_health.system.do(declines)
    assert (await as_health.system.do(declines))["repeated"]
    assert as_health.sandbox.status()["sent"] == {"referral.declined": 1}


async def test_over_http_with_its_token_it_asks_hears_and_is_watched_as_over_nats(as_health: Tried) -> None:
    sandbox = as_health.sandbox
    headers = {"authorization": f"Bearer {sandbox.token}"}
    async with httpx.AsyncClient(base_url=sandbox.http, headers=headers, trust_env=False) as http:
        first = json.loads((sandbox.settings.home / FIRST).read_text())
        assert (await http.post(web.EVENTS, json=first)).status_code == 201
        assert (await http.post(web.EVENTS, json=first)).json()["repeated"]
        on = await as_health.asked("police", CARE)
        page = (await http.get(web.LETTERS, params={"after": 0})).json()
        assert str(on.handoff_id) in [item["data"]["id"] for item in page["items"]]
        wrong = as_health.says(Move.ACCEPT, on) | {"post": {"role": "clinician", "office": None}}
        assert (await http.post(web.EVENTS, json=wrong)).json()["code"] == "post.not-named"
        await as_health.said("refused", code="post.not-named", field="post.office")
        assert (await http.post(web.EVENTS, json=as_health.says(Move.ACCEPT, on))).status_code == 201
    assert sandbox.status()["sent"] == {"referral.made": 1, "referral.accepted": 1}
    assert sandbox.token not in repr(sandbox)


async def test_its_webhook_is_told_all_and_signed_by_the_receivers_own_clock(tmp_path: Path, quick: None) -> None:
    async with hooks() as received:
        hook = Hook(f"http://{HOST}:{received.port}/in", secret_file(tmp_path))
        async with tried(tmp_path / "home", hook=hook) as found:
            await found.sandbox.do({"do": "forward", "span": "25h"})
            on = await found.asked("police", CARE)
            (request,) = await eventually(lambda: list(received.requests))
    assert json.loads(request.body)["data"]["id"] == str(on.handoff_id)
    assert abs(int(request.headers["webhook-timestamp"]) - wall_clock().timestamp()) < 3600, "not 25 hours ahead"


async def test_doctor_says_that_a_sandbox_runs_and_how_all_of_it_is(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("BARNABUS_HOME", str(home))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async def doctor() -> tuple[int, list[dict[str, str]]]:
        found = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", "--json"])
        return found.exit_code, json.loads(found.stdout)["findings"]

    with control.folder(home) as place:
        async with tried(home) as found, control.served(place, found.sandbox.do):
            await found.sandbox.do({"do": "forward", "span": "25h"})
            await found.asked("police", CARE)
            monkeypatch.setenv(STORE, "postgresql://nobody@127.0.0.1:1/a-real-store")  # its stores lie in its home
            exit_code, findings = await doctor()
            assert (exit_code, [one for one in findings if one["state"] == "fail"]) == (0, [])
            checks = {one["check"]: one["said"] for one in findings}
            assert "health's own system is yours" in checks["sandbox"]
            assert checks["health: adapter"] == checks["police: adapter"] == "answers"
            assert "duties are owed" in checks["keeper: watch"]
            assert found.sandbox.status()["refused"] == {}, "what a doctor asks is nothing that the system said"
    exit_code, findings = await doctor()
    assert (exit_code, findings[-1]["check"], findings[-1]["state"]) == (1, "NATS", "fail")
    assert findings[-1]["said"].startswith("nats.unreachable")


async def test_each_counterpart_does_as_its_script_says_and_can_be_told_otherwise(as_health: Tried) -> None:
    accepted = await as_health.asks("social")
    await as_health.hears("referral.completed")
    assert _stage(as_health, accepted.handoff_id) == "completed"

    await as_health.sandbox.do({"do": "behave", "agency": "social", "behaviour": "decline"})
    declined = await as_health.asks("social")
    letter = await as_health.hears("referral.declined")
    assert letter["content"]["handoff_id"] == str(declined.handoff_id)
    assert letter["content"]["reason"]

    await as_health.sandbox.do({"do": "behave", "agency": "social", "behaviour": "ask"})
    asked = await as_health.asks("social")
    question = await as_health.hears("information.asked")
    assert as_health.sandbox.status()["open"][0]["expected"] == ["information.give", "information.refuse"]
    gives = as_health.says(Move.REFUSE, asked)
    gives["data"] |= {"asked_id": question["id"]}
    await as_health.system.do(gives)
    await eventually(lambda: _stage(as_health, asked.handoff_id) == "completed")

    await as_health.sandbox.do({"do": "behave", "agency": "social", "behaviour": "silent"})
    silent = await as_health.asks("social")
    await as_health.asks("prosecution", Service.VICTIM_ADVOCACY)
    await as_health.said("heard", type="referral.completed", **{"from": "prosecution"})
    assert _stage(as_health, silent.handoff_id) == "made"
    await as_health.sandbox.do({"do": "behave", "agency": "social", "behaviour": "accept"})
    await eventually(lambda: _stage(as_health, silent.handoff_id) == "completed")


async def test_what_a_counterpart_has_asked_for_it_withdraws_just_as_we_accept(tmp_path: Path, quick: None) -> None:
    async with tried(tmp_path / "home", police="cross") as found:
        on = await found.asked("police", CARE)
        await found.system.do(found.says(Move.ACCEPT, on))
        await found.hears("referral.withdrawal-asked")
        standing = found.sandbox.report.standing(on.handoff_id)
        assert standing
        assert (standing.stage.value, standing.withdrawal_asked) == ("accepted", True)
        await found.system.do(found.says(Move.CONFIRM_WITHDRAWAL, on))

        await found.sandbox.do({"do": "behave", "agency": "social", "behaviour": "cross"})
        mine = await found.asks("social")
        await found.hears("referral.acknowledged")
        await found.system.do(found.says(Move.ASK_WITHDRAWAL, mine))
        accepted = await found.hears("referral.accepted")
        assert accepted["content"]["handoff_id"] == str(mine.handoff_id)
        await found.hears("referral.withdrawal-confirmed")


async def test_of_two_acts_that_cannot_both_count_one_is_void_and_who_made_it_is_told(
    tmp_path: Path, quick: None
) -> None:
    async with tried(tmp_path / "home", social="cross") as found:
        mine, anew = await found.asks("social"), await found.asks("social")
        await found.hears("referral.acknowledged")
        supersedes = found.says(Move.SUPERSEDE, mine)
        supersedes["data"] |= {"by_id": str(anew.handoff_id)}
        await found.system.do(supersedes)
        letter = await found.hears("referral.accepted")
        standing = found.sandbox.report.standing(mine.handoff_id)
        assert standing
        (void,) = standing.voids
        assert letter["content"]["handoff_id"] == str(mine.handoff_id)
        assert void.reason.value in ("already-accepted", "already-superseded")
        if void.act.by is HEALTH:
            await found.said("void", reason="already-accepted")


async def test_an_act_that_is_void_as_soon_as_it_is_logged_is_told_like_any_other(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tried(tmp_path / "home", social="cross") as found:
        mine, anew = await found.asks("social"), await found.asks("social")
        supersedes = found.says(Move.SUPERSEDE, mine)
        supersedes["data"] |= {"by_id": str(anew.handoff_id)}
        with kept_back(found.sandbox.own, monkeypatch):
            answer = await found.system.ask(supersedes)
            assert (answer["status"], answer["void"]) == ("recorded", None)
            await found.hears("referral.accepted")
        found.sandbox.own.relay.nudge()
        void = await found.said("void", reason="already-accepted")
        assert (void["id"], found.sandbox.report.voids) == (answer["id"], {"already-accepted": 1})
        (told,) = await eventually(lambda: found.system.voided)
        assert told["id"] == answer["id"]


async def test_time_moved_forward_makes_duties_due_and_the_keeper_says_so(tmp_path: Path, quick: None) -> None:
    async with tried(tmp_path / "home", me=POLICE) as found:
        await found.system.do(json.loads((tmp_path / "home" / FIRST).read_text()))
        on = await found.asked("social", Service.SCREENING.value)
        for rule in ("handoff-acknowledged", "handoff-decided", "suspicion-to-prosecutor"):
            assert (await found.said("owed", rule=rule))["case_ref"] == on.case_ref
        await eventually(lambda: "suspicion-to-prosecutor" in _told_of(found, "duty.opened"))

        assert (await found.sandbox.do({"do": "forward", "span": "21h"}))["decided"]
        assert found.sandbox.status()["missed"] == {"handoff-acknowledged": 1}
        await found.said("due-soon", rule="handoff-decided")
        await eventually(lambda: "suspicion-to-prosecutor" in _told_of(found, "duty.due-soon"))

        await found.sandbox.do({"do": "forward", "span": "4h"})
        await found.said("missed", rule="suspicion-to-prosecutor")
        await eventually(lambda: {"handoff-decided", "suspicion-to-prosecutor"} <= {*_told_of(found, "duty.breached")})

        await found.system.do(found.says(Move.DECLINE, on))
        await found.said("done", rule="handoff-decided", on_time=False)
        assert await synthetic(found.sandbox.settings)


async def test_without_a_key_one_is_this_agencys_system_and_nobody_else(as_health: Tried) -> None:
    nats = as_health.system.nats
    await as_health.asks("social")
    for subject in (subjects.SUBMIT, "case.x.health.referral.made", subjects.heard("referral.made")):
        await nats.publish(subject, b"{}")
    for subject in (subjects.COMMAND, "post.>", "case.>", "_INBOX.adapter.>", ">"):
        await nats.subscribe(subject)
    await nats.flush()
    await eventually(lambda: len(as_health.denied) >= 8)
    with pytest.raises(NatsError):
        await nats.request("$JS.API.STREAM.INFO.CASES", timeout=0.5)
    # others show their keys as ever, and no other server of this home would let anybody in without
    settings = as_health.sandbox.settings
    await (await connection.connect(settings, POLICE, "system", patient=False)).close()
    assert "no_auth_user" not in (settings.home / "nats.conf").read_text()
    # what others hear stays with them
    police = await as_health.asked("police", CARE)
    await as_health.system.do(as_health.says(Move.DECLINE, police))
    assert {letter["type"] for letter in as_health.system.told} <= set(as_health.sandbox.status()["heard"])


async def test_what_it_is_told_wrongly_on_its_socket_changes_nothing(as_health: Tried, tmp_path: Path) -> None:
    for wanted in (
        {"do": "behave", "agency": "health", "behaviour": "accept"},
        {"do": "behave", "agency": "social", "behaviour": "loud"},
        {"do": "ask", "by": "police", "service": "clearance"},
        {"do": "ask", "by": "police", "service": 7},
        {"do": "forward", "span": "-1h"},
        {"do": "end"},
        ["status"],
    ):
        with pytest.raises(BarnabusError) as refused:
            await as_health.sandbox.do(wanted)  # type: ignore[arg-type]
        assert refused.value.code in ("agency.unknown", "option.invalid", "service.not-offered")
    assert set(as_health.sandbox.status()["behaves"].values()) == {"accept"}


async def test_commands_find_the_sandbox_of_a_home_or_the_last_one(
    as_health: Tried, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: Said
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.delenv("BARNABUS_HOME", raising=False)
    home = as_health.sandbox.settings.home

    async def barnabus(*words: str) -> Any:
        found = await asyncio.to_thread(CliRunner().invoke, app, ["sandbox", *words])
        return json.loads(found.stdout) if found.exit_code == 0 else found

    assert (await barnabus("status")).exit_code == 1
    with control.folder(home) as place:
        async with control.served(place, as_health.sandbox.do):
            assert (await barnabus("status", "--json"))["agency"] == "health"
            assert (await barnabus("behave", "police", "silent", "--json"))["behaves"]["police"] == "silent"
            made = await barnabus("ask", "--from", "police", "--home", str(home), "--json")
            assert (await as_health.system.hears(made["id"]))["type"] == "referral.made"
            assert (await barnabus("status", "--home", str(tmp_path / "other"))).exit_code == 1
            assert "Yours" not in (await barnabus("behave", "police", "loud")).stdout
    assert not place.exists()


async def test_a_home_that_is_in_use_is_left_alone(settings: Settings) -> None:
    with pytest.raises(BarnabusError, match=r"home\.not-new"):
        async with tried(settings.home):
            pass


def _stage(found: Tried, handoff_id: Any) -> str:
    standing = found.sandbox.report.standing(handoff_id)
    assert standing
    return standing.stage.value


def _told_of(found: Tried, type_name: str) -> list[str]:
    return [letter["content"]["rule"] for letter in found.system.told if letter["type"] == type_name]
