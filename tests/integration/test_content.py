"""What letters said, from the asking to the proof: by command line, over the real thing."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from contracts.agencies import Agency
from tests.builders import (
    BORN,
    CHILD,
    HEALTH,
    NAME,
    OVERSIGHT,
    POLICE,
    PROSECUTION,
    SOCIAL,
    bypass,
    new_case,
    on,
    refer,
)
from tests.conftest import Said
from tests.credentials import given
from tests.integration.test_privacy import found_in
from tests.living import Everybody, eventually
from tests.openings import ask, investigator, letter, open_

Barnabus = Callable[..., Awaitable[Result]]


@pytest.fixture
def barnabus(everybody: Everybody, said: Said, commands_at_hand: None, monkeypatch: pytest.MonkeyPatch) -> Barnabus:
    """Runs a command line; what the processes log meanwhile is kept apart from what it says."""
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("cli.show.err._width", 400)
    env = {"BARNABUS_HOME": str(everybody.living.settings.home), "BARNABUS_NATS_URL": None}

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner(env=env).invoke, app, list(words))

    return run


class Matter:
    """A referral from police to social services, and the files of an investigator."""

    def __init__(self, everybody: Everybody, barnabus: Barnabus, folder: Path, agency: Agency = OVERSIGHT) -> None:
        self.everybody, self.run, self.folder, self.agency = everybody, barnabus, folder, agency
        self.case = new_case()

    async def begun(self) -> "Matter":
        said = refer(case_ref=self.case, data={"concerns": CHILD})
        self.referral = (await self.everybody.systems[POLICE].do(said))["id"]
        await self.everybody.systems[SOCIAL].hears(self.referral)
        self.mine = self.credential_of("inspector-17", self.case)
        return self

    def credential_of(self, person: str, case: str) -> tuple[str, ...]:
        """The options by which a person shows who they are, and says why they look."""
        settings, folder = self.everybody.living.settings, self.folder / person
        credential = given(settings, case, person=person, agency=self.agency, folder=folder)
        return "--credential", str(credential), "--purpose", "a test"

    async def asked(self, *fields: str) -> str:
        named = [word for field in fields for word in ("--field", field)]
        wanted = ("--to", "social", "--record", self.referral, "--for", "inspection")
        found = await self.run("content", "ask", self.case, *self.mine, *wanted, *named, "--json")
        assert found.exit_code == 0, found.output
        return str(json.loads(found.stdout)["id"])

    async def opened(self, asking: str, *fields: str) -> str:
        social = self.everybody.systems[SOCIAL]
        await social.hears(asking)
        await social.do(on(SOCIAL, "referral.accept", asking))
        done = await social.do(open_(SOCIAL, asking, letter(self.referral, *fields)))
        await self.everybody.systems[self.agency].hears(done["id"])
        return str(done["id"])

    async def shows(self, asking: str, mine: tuple[str, ...] | None = None) -> Result:
        return await self.run("content", "show", asking, *(mine or self.mine), "--json")

    async def looked(self) -> list[dict[str, Any]]:
        log = await self.everybody.living.log()
        return [
            {name: one.codes[name] for name in ("purpose", "opened")}
            for one in log
            if one.record.type == "access.recorded"
        ]


@pytest.fixture
async def matter(everybody: Everybody, barnabus: Barnabus, tmp_path: Path) -> Matter:
    return await Matter(everybody, barnabus, tmp_path).begun()


async def test_an_investigator_asks_is_opened_to_and_is_shown_what_proves_itself(matter: Matter) -> None:
    asking = await matter.asked("identity", "safety")
    told = await matter.everybody.systems[SOCIAL].hears(asking)
    assert told["opening"]["holds"]
    assert told["opening"]["letters"][0]["fields"] == ["safety", "identity"]
    await matter.opened(asking, "identity")
    listed = json.loads((await matter.run("content", "list", *matter.mine[:2], "--json")).stdout)["askings"]
    assert [(one["id"], one["stage"], one["opened"]) for one in listed] == [
        (asking, "completed", [letter(matter.referral, "identity")])
    ]
    found = await matter.shows(asking)
    assert found.exit_code == 0, found.output
    (shown,) = json.loads(found.stdout)["letters"]
    assert shown["fields"] == {"identity": {"full_name": NAME, "date_of_birth": BORN}}
    assert (shown["sender"], shown["holder"], shown["position"], shown["proven"]) == ("police", "social", 1, True)
    plain = await matter.run("content", "show", asking, *matter.mine)
    assert "proven" in plain.stdout
    assert NAME in plain.stdout


async def test_that_somebody_looks_is_in_the_log_first_and_else_nothing_is_shown(
    matter: Matter, everybody: Everybody
) -> None:
    asking = await matter.asked()
    await matter.opened(asking, "identity")
    assert [one["opened"] for one in await matter.looked()] == [[]], "being opened to is not looking, but asking is"
    assert (await matter.shows(asking)).exit_code == 0
    assert (await matter.looked())[1:] == [{"purpose": "inspection", "opened": [matter.referral]}]
    await everybody.living.stop_gateway()
    found = await matter.shows(asking)
    assert (found.exit_code, found.stdout) == (1, "")
    assert "access.unrecorded" in found.stderr


async def test_a_refusal_says_why_and_shows_nothing(matter: Matter, everybody: Everybody) -> None:
    asking = await matter.asked()
    social = everybody.systems[SOCIAL]
    await social.hears(asking)
    await social.do(on(SOCIAL, "referral.accept", asking))
    said = await social.do(on(SOCIAL, "content.refuse", asking, reason="would-endanger"))
    await everybody.systems[OVERSIGHT].hears(said["id"])
    listed = await matter.run("content", "list", *matter.mine[:2])
    assert "would-endanger" in listed.stdout
    found = await matter.shows(asking)
    assert (found.exit_code, found.stdout) == (1, "")
    assert "content.not-opened" in found.stderr


async def test_nobody_else_is_shown_it(matter: Matter, everybody: Everybody) -> None:
    """Another of the same agency, with a credential of its own for the same case."""
    asking = await matter.asked()
    await matter.opened(asking, "identity")
    other = matter.credential_of("inspector-18", matter.case)
    found = await matter.shows(asking, other)
    assert (found.exit_code, found.stdout) == (2, "")
    assert "content.unreadable" in found.stderr
    before = len(await matter.looked())
    elsewhere = matter.credential_of("inspector-19", new_case())
    found = await matter.shows(asking, elsewhere)
    assert "credential.not-for-case" in found.stderr
    assert len(await matter.looked()) == before, "what nobody is let into is not looked at"


async def test_a_record_that_the_holder_never_got_a_letter_of_is_not_asked_for(matter: Matter) -> None:
    options = ("--to", "health", "--record", matter.referral, "--for", "inspection")
    found = await matter.run("content", "ask", matter.case, *matter.mine, *options)
    assert "content.not-held" in found.stderr
    assert found.exit_code != 0


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--record", "the one of Tuesday"), "option.invalid"),
        (("--credential", "no/such/file"), "file.unreadable"),
    ],
)
async def test_what_is_typed_wrong_is_named(matter: Matter, options: tuple[str, ...], code: str) -> None:
    wanted = ("--to", "social", "--record", matter.referral, "--for", "inspection")
    found = await matter.run("content", "ask", matter.case, *matter.mine, *wanted, *options)
    assert code in found.stderr


async def test_nothing_that_is_opened_lies_anywhere_in_clear(matter: Matter, everybody: Everybody, said: Said) -> None:
    """It lies in the vault of the investigator's agency, as ciphertext within ciphertext, and nowhere else."""
    asking = await matter.asked()
    await matter.opened(asking, "identity", "safety", "allegation")
    assert NAME in (await matter.shows(asking)).stdout
    assert found_in(everybody.living.settings.home) == []
    token = Path(matter.mine[1]).read_text().strip()
    assert not [line for line in said if NAME in str(line) or token in str(line)]
    told = [line["data"] for line in everybody.app(OVERSIGHT).told(0).items]
    assert NAME not in str(told)
    assert any(one["type"] == "content.opened" for one in told), "what is searched is there"


async def test_a_bypassed_agency_never_hears_that_content_was_asked_or_opened(
    matter: Matter, everybody: Everybody
) -> None:
    systems = everybody.systems
    done = await systems[SOCIAL].do(bypass(SOCIAL, matter.case, "police", "prosecution"))
    await systems[OVERSIGHT].hears(done["id"])
    before = len(systems[POLICE].told)
    asking = await matter.asked()
    await matter.opened(asking, "identity")
    assert (await matter.shows(asking)).exit_code == 0
    log = await everybody.living.log()
    about = [one for one in log if one.record.type.startswith(("content.", "access."))]
    assert {one.record.type for one in about} == {"content.asked", "content.opened", "access.recorded"}
    assert all(one.to is not POLICE for entry in about for one in entry.record.data.letters)
    assert len(systems[POLICE].told) == before


async def test_nothing_is_opened_to_an_agency_that_a_bypass_keeps_out(everybody: Everybody) -> None:
    """It asks, and by that learns nothing; who holds the letters opens them, and no letter of it reaches the asker."""
    case, systems = new_case(), everybody.systems
    referral = (await systems[SOCIAL].do(refer(SOCIAL, HEALTH, case_ref=case, data={"concerns": CHILD})))["id"]
    await systems[HEALTH].hears(referral)
    await systems[SOCIAL].do(bypass(SOCIAL, case, "police", "prosecution"))
    who = investigator(everybody.living.settings, case, agency=POLICE)
    asked = await systems[POLICE].do(ask(who, HEALTH, case, [letter(referral, by=SOCIAL)]))
    assert asked["void"] is None
    await systems[HEALTH].hears(asked["id"])
    await systems[HEALTH].do(on(HEALTH, "referral.accept", asked["id"]))
    done = await systems[HEALTH].do(open_(HEALTH, asked["id"], letter(referral, "identity", by=SOCIAL)))
    (record,) = [one.record for one in await everybody.living.log() if str(one.record.id) == done["id"]]
    assert {one.to for one in record.data.letters} == {OVERSIGHT}
    await eventually(lambda: any(told["id"] == done["id"] for told in systems[OVERSIGHT].told))
    assert systems[POLICE].told == []


async def test_an_agencys_investigator_is_opened_to_like_oversights(
    everybody: Everybody, barnabus: Barnabus, tmp_path: Path
) -> None:
    found = await Matter(everybody, barnabus, tmp_path, PROSECUTION).begun()
    asking = await found.asked()
    await found.opened(asking, "safety")
    assert (await found.shows(asking)).exit_code == 0
    (told,) = [one for one in everybody.systems[OVERSIGHT].told if one["type"] == "content.opened"]
    assert "sealed" not in told["content"]
