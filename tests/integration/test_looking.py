"""Looking into a case, over the real thing: nothing is shown until the log has it who looks."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bus.log import Logged
from cli import case as case_room
from cli import looking, recording
from cli.main import app
from contracts.agencies import FIELD, Agency
from contracts.errors import CODES
from tests.builders import HEALTH, OVERSIGHT, POLICE, PROSECUTION, SOCIAL, bypass, command, new_case, now, refer
from tests.credentials import given
from tests.living import Everybody

pytestmark = pytest.mark.usefixtures("commands_at_hand", "said")
LOOKED, EMERGENCY = "access.recorded", "access.emergency"
Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def run(everybody: Everybody, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command line over this home, with a purpose if it looks."""
    monkeypatch.setenv("BARNABUS_HOME", str(everybody.living.settings.home))
    for name in ("BARNABUS_NATS_URL", "BARNABUS_CREDENTIAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("cli.show.err._width", 400)

    async def run_it(*words: str | Path) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, [str(word) for word in words])

    return run_it


def look(case: str, credential: Path, *more: str | Path, verb: tuple[str, ...] = ("case", "log")) -> list[str | Path]:
    why: tuple[str, ...] = ("--for", "inspection", "--purpose", "Përgatitje për seancë")
    return [*verb, case, "--credential", credential, *why, *more]


def refused(found: Result, code: str) -> str:
    assert (found.exit_code, found.stdout) == (CODES[code].exit, ""), found.output
    assert code in found.stderr
    return found.stderr


async def logged(everybody: Everybody, *types: str) -> list[Logged]:
    return [one for one in await everybody.living.log() if one.record.type in types]


async def made(everybody: Everybody, **more: Any) -> str:
    """A case between police and social services."""
    return str((await everybody.systems[POLICE].do(refer(**more)))["case_ref"])


# recorded first


@pytest.mark.parametrize("verb", [("case", "log"), ("case", "show"), ("case", "timeline"), ("access", "list")])
async def test_a_look_is_logged_once_with_who_by_what_and_what_for(
    everybody: Everybody, run: Run, verb: tuple[str, ...]
) -> None:
    case = await made(everybody)
    credential = given(everybody.living.settings, case)
    found = await run(*look(case, credential, "--json", verb=verb))
    assert found.exit_code == 0, found.output
    assert "These are codes only" in found.stderr
    (one,) = await logged(everybody, LOOKED)
    said = one.record.data.content
    whole = json.loads((await run("access", "show", credential, "--json")).stdout)
    assert (one.record.sender, one.record.subject) == (SOCIAL, case)
    assert (said["purpose"], said["emergency"], said["opened"]) == ("inspection", None, [])
    assert said["by"] == {"credential": whole["id"], "person": "inspector-17"}
    what = {"log": "log", "show": "state", "timeline": "timeline", "list": "accesses"}[verb[1]]
    assert said["replayed"] == {"what": what, "as_known_to": None, "as_of": None, "position": None}
    assert one.record.data.about
    assert one.record.data.about.post.role == "inspector"
    assert "seanc" not in json.dumps([str(one.record) for one in await everybody.living.log()], ensure_ascii=False)
    journal = (everybody.living.settings.home / "reader" / "access.jsonl").read_text()
    assert "Përgatitje për seancë" in journal
    assert (await everybody.systems[OVERSIGHT].hears(one.record.id))["type"] == LOOKED


@pytest.mark.parametrize("agency", FIELD)
async def test_the_people_of_every_agency_can_look_and_it_answers_for_them(
    everybody: Everybody, run: Run, agency: Agency
) -> None:
    """Also in a case of which it knows nothing."""
    case = await made(everybody)
    found = await run(*look(case, given(everybody.living.settings, case, agency=agency)))
    assert found.exit_code == 0, found.output
    (one,) = await logged(everybody, LOOKED)
    assert one.record.sender == agency
    assert [letter.to for letter in one.record.data.letters] == [OVERSIGHT] * (agency is not OVERSIGHT)


async def test_as_whom_and_of_when_it_was_shown_is_logged_too(everybody: Everybody, run: Run) -> None:
    case = await made(everybody)
    credential, verb = given(everybody.living.settings, case), ("case", "show")
    await run(*look(case, credential, "--as-known-to", "police", "--as-of", "2019-03-12T14:00", verb=verb))
    await run(*look(case, credential, "--position", "1", verb=verb))
    one, other = [found.codes["replayed"] for found in await logged(everybody, LOOKED)]
    assert one == {"what": "state", "as_known_to": "police", "as_of": "2019-03-12T14:00:00+01:00", "position": None}
    assert other == {"what": "state", "as_known_to": None, "as_of": None, "position": 1}


async def test_the_log_has_it_before_anything_is_printed(
    everybody: Everybody, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await made(everybody)
    credential = given(everybody.living.settings, case)
    journal = everybody.living.settings.home / "reader" / "access.jsonl"
    loop, order = asyncio.get_running_loop(), list[tuple[bool, bool]]()
    printed = case_room._print

    def first(shown: dict[str, Any]) -> None:
        there = asyncio.run_coroutine_threadsafe(logged(everybody, LOOKED), loop).result(10)
        order.append((journal.exists(), bool(there)))
        printed(shown)

    monkeypatch.setattr(case_room, "_print", first)
    found = await run(*look(case, credential))
    assert order == [(True, True)]
    assert "referral.made" in found.stdout


async def test_what_is_written_down_here_stands_before_what_is_logged(
    everybody: Everybody, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await made(everybody)
    (everybody.living.settings.home / "reader").write_text("in the way")
    refused(await run(*look(case, given(everybody.living.settings, case))), "purpose.unrecorded")
    assert await logged(everybody, LOOKED) == []


# nothing is shown


async def test_nothing_is_shown_without_a_credential_or_a_code_for_the_purpose(everybody: Everybody, run: Run) -> None:
    case = await made(everybody)
    credential = given(everybody.living.settings, case)
    why = ("--purpose", "to see")
    refused(await run("case", "log", case, *why), "credential.missing")
    assert "--for" in refused(await run("case", "log", case, *why, "--credential", credential), "purpose.missing")
    wrong = await run("case", "log", case, *why, "--credential", credential, "--for", "curiosity")
    assert "--for" in refused(wrong, "option.invalid")
    nowhere = await run("case", "log", case, *why, "--credential", credential.parent / "nowhere", "--for", "complaint")
    refused(nowhere, "file.unreadable")
    assert await logged(everybody, LOOKED) == []
    journal = (everybody.living.settings.home / "reader" / "access.jsonl").read_text().splitlines()
    assert [json.loads(line)["case_ref"] for line in journal] == [case] * 4, "who tried is written down all the same"


async def test_nothing_is_shown_by_a_credential_that_has_ended(everybody: Everybody, run: Run) -> None:
    case = await made(everybody)
    long_ago = now() - timedelta(days=31)
    refused(await run(*look(case, given(everybody.living.settings, case, at=long_ago))), "credential.ended")
    assert await logged(everybody, LOOKED) == []


async def test_nothing_is_shown_while_the_persons_agency_cannot_record_it(everybody: Everybody, run: Run) -> None:
    case = await made(everybody)
    credential = given(everybody.living.settings, case)
    await everybody.living.stop_adapter(SOCIAL)
    found = refused(await run(*look(case, credential)), "access.unrecorded")
    assert "adapter.unreachable" in found
    assert await logged(everybody, LOOKED) == []


async def test_recorded_and_not_yet_logged_shows_nothing(
    everybody: Everybody, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await made(everybody)
    credential = given(everybody.living.settings, case)
    await everybody.living.stop_gateway()
    with monkeypatch.context() as soon:
        soon.setattr(recording, "LOGGED_WITHIN_S", 0.5)
        assert "no gateway" in refused(await run(*look(case, credential)), "access.unrecorded")
    await everybody.living.start_gateway()
    assert (await run(*look(case, credential))).exit_code == 0
    assert len(await logged(everybody, LOOKED)) == 2, "the one that was recorded meanwhile is logged, too"


# whom a bypass keeps out


async def said_of(run: Run, words: list[str | Path]) -> tuple[int, str, str]:
    found = await run(*words)
    return found.exit_code, found.stdout, found.stderr


async def test_whom_a_bypass_keeps_out_is_answered_as_for_a_case_that_the_credential_lacks(
    everybody: Everybody, run: Run
) -> None:
    settings = everybody.living.settings
    led_around, other, withdrawn = [await made(everybody) for _ in range(3)]
    credential = given(settings, led_around, withdrawn, absent := new_case(), agency=POLICE)
    assert (await run(*look(led_around, credential))).exit_code == 0
    await everybody.systems[SOCIAL].do(bypass(SOCIAL, led_around))
    await run("access", "withdraw", credential, "--case", withdrawn)
    said = [await said_of(run, look(case, credential)) for case in (led_around, other, withdrawn, absent)]
    assert said[0][0] == CODES["credential.not-for-case"].exit
    assert len(set(said)) == 1, "neither what is said nor how it ends tells them apart"
    assert "credential.not-for-case" in said[0][2]
    assert [one.record.sender for one in await logged(everybody, LOOKED)] == [POLICE], "and nothing new is logged"
    assert (await run(*look(led_around, given(settings, led_around, person="inspector-4")))).exit_code == 0


async def test_a_bypass_that_comes_while_somebody_looks_is_held_to(
    everybody: Everybody, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await made(everybody)
    credential = given(everybody.living.settings, case, agency=POLICE)
    record, loop = recording.logged, asyncio.get_running_loop()

    async def and_then_a_bypass(*args: Any) -> int:
        position = await record(*args)
        around = everybody.systems[SOCIAL].do(bypass(SOCIAL, case))
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(around, loop))
        return position

    monkeypatch.setattr(recording, "logged", and_then_a_bypass)
    refused(await run(*look(case, credential)), "credential.not-for-case")


# emergencies


async def vouched(run: Run, case: str, asker: Path, voucher: Path, folder: Path) -> Path:
    asked, found = folder / f"asked-{case}", folder / f"vouched-{case}"
    said = await run("access", "emergency", case, "--credential", asker, "--ground", "child-missing", "--out", asked)
    assert said.exit_code == 0, said.output
    said = await run("access", "vouch", asked, "--credential", voucher, "--out", found)
    assert said.exit_code == 0, said.output
    return found


async def test_in_an_emergency_a_second_person_opens_a_case_and_oversight_hears_of_it(
    everybody: Everybody, run: Run, tmp_path: Path
) -> None:
    settings, case = everybody.living.settings, await made(everybody)
    asker = given(settings, await made(everybody))
    voucher = given(settings, await made(everybody), person="supervisor-3", agency=PROSECUTION)
    refused(await run(*look(case, asker)), "credential.not-for-case")
    by = await vouched(run, case, asker, voucher, tmp_path)
    assert "referral.made" in (await run(*look(case, asker, "--emergency", by))).stdout
    assert (await run(*look(case, asker, "--emergency", by))).exit_code == 0
    types = [one.record.type for one in await everybody.living.log() if one.record.subject == case]
    assert [one for one in types if one.startswith("access")] == [EMERGENCY, LOOKED, LOOKED]
    (stated,) = await logged(everybody, EMERGENCY)
    said = stated.record.data.content
    assert (said["ground"], said["by"]["person"]) == ("child-missing", "inspector-17")
    assert (said["voucher"]["person"], said["voucher"]["agency"]) == ("supervisor-3", PROSECUTION)
    looks = await logged(everybody, LOOKED)
    assert {one.record.data.content["emergency"] for one in looks} == {str(stated.record.id)}
    assert (await everybody.systems[OVERSIGHT].hears(stated.record.id))["type"] == EMERGENCY
    refused(await run(*look(case, voucher, "--emergency", by)), "vouching.invalid")
    refused(await run(*look(await made(everybody), asker, "--emergency", by)), "vouching.invalid")


async def test_oversights_own_people_need_a_second_person_too(everybody: Everybody, run: Run, tmp_path: Path) -> None:
    settings, case = everybody.living.settings, await made(everybody)
    asker = given(settings, await made(everybody), agency=OVERSIGHT)
    refused(await run(*look(case, asker)), "credential.not-for-case")
    by = await vouched(run, case, asker, given(settings, case, person="inspector-4", agency=OVERSIGHT), tmp_path)
    assert (await run(*look(case, asker, "--emergency", by))).exit_code == 0
    assert [one.record.sender for one in await logged(everybody, EMERGENCY, LOOKED)] == [OVERSIGHT] * 2


async def test_an_emergency_is_over_after_an_hour_and_opens_nothing_a_second_time(
    everybody: Everybody, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, case = everybody.living.settings, await made(everybody)
    asker = given(settings, await made(everybody))
    voucher = given(settings, await made(everybody), person="supervisor-3")
    by = await vouched(run, case, asker, voucher, tmp_path)
    assert (await run(*look(case, asker, "--emergency", by))).exit_code == 0
    monkeypatch.setattr(looking, "wall_clock", lambda: now() + timedelta(minutes=61))
    refused(await run(*look(case, asker, "--emergency", by)), "vouching.ended")
    assert len(await logged(everybody, EMERGENCY)) == 1


async def test_nothing_is_shown_of_an_emergency_that_cannot_be_logged(
    everybody: Everybody, run: Run, tmp_path: Path
) -> None:
    settings, case = everybody.living.settings, await made(everybody)
    asker = given(settings, await made(everybody), agency=HEALTH)
    voucher = given(settings, await made(everybody), person="supervisor-3")
    by = await vouched(run, case, asker, voucher, tmp_path)
    await everybody.living.stop_adapter(HEALTH)
    refused(await run(*look(case, asker, "--emergency", by)), "access.unrecorded")
    assert await logged(everybody, EMERGENCY, LOOKED) == []


async def test_by_emergency_whom_a_bypass_keeps_out_gets_what_anybody_gets_for_no_case_at_all(
    everybody: Everybody, run: Run, tmp_path: Path
) -> None:
    settings, case = everybody.living.settings, await made(everybody)
    await everybody.systems[SOCIAL].do(bypass(SOCIAL, case))
    asker = given(settings, await made(everybody), agency=POLICE)
    voucher = given(settings, await made(everybody), person="supervisor-3")
    said = []
    for one in (case, new_case()):
        by = await vouched(run, one, asker, voucher, tmp_path)
        said.append(await said_of(run, look(one, asker, "--emergency", by)))
    assert "credential.not-for-case" in said[0][2]
    assert said[0] == said[1]
    assert await logged(everybody, EMERGENCY, LOOKED) == []


async def test_a_withdrawn_credential_neither_asks_nor_vouches(everybody: Everybody, run: Run, tmp_path: Path) -> None:
    settings, case = everybody.living.settings, await made(everybody)
    asker = given(settings, await made(everybody))
    voucher = given(settings, await made(everybody), person="supervisor-3")
    by = await vouched(run, case, asker, voucher, tmp_path)
    assert (await run("access", "withdraw", voucher)).exit_code == 0
    refused(await run(*look(case, asker, "--emergency", by)), "credential.not-for-case")
    assert await logged(everybody, EMERGENCY) == []


# who has looked


async def test_who_has_looked_is_shown_and_that_is_a_look_itself(
    everybody: Everybody, run: Run, tmp_path: Path
) -> None:
    settings, case = everybody.living.settings, await made(everybody)
    one = given(settings, case)
    other = given(settings, await made(everybody), person="inspector-4", agency=PROSECUTION)
    by = await vouched(run, case, other, one, tmp_path)
    await run(*look(case, one))
    await run(*look(case, other, "--emergency", by, verb=("case", "timeline")))
    await everybody.systems[SOCIAL].do(command(SOCIAL, "access.record", {"purpose": "supervision"}, case_ref=case))
    verb = ("access", "list")
    shown = json.loads((await run(*look(case, one, "--json", verb=verb))).stdout)["accesses"]
    assert [(row["type"], row["agency"], row["person"], row["ground"] or row["purpose"]) for row in shown] == [
        (LOOKED, "social", "inspector-17", "inspection"),
        (EMERGENCY, "prosecution", "inspector-4", "child-missing"),
        (LOOKED, "prosecution", "inspector-4", "inspection"),
        (LOOKED, "social", None, "supervision"),
        (LOOKED, "social", "inspector-17", "inspection"),
    ]
    assert shown[1]["vouched_by"] == "inspector-17"
    assert shown[2]["emergency"] == shown[1]["id"]
    told = (await run(*look(case, one, "--agency", "prosecution", verb=verb))).stdout
    assert "EMERGENCY: child-missing, inspector-17 vouches" in told
    assert "supervision" not in told
    of = json.loads((await run(*look(case, one, "--person", "inspector-4", "--json", verb=verb))).stdout)["accesses"]
    assert {row["person"] for row in of} == {"inspector-4"}
