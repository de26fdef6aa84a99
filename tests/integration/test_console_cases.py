"""A case in the console, over the real thing: nothing is shown before the log has it who looks, and then the case."""

import asyncio
import contextlib
import itertools
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from bus.log import Entry, LogReader
from bus.settings import Settings
from cli import following
from cli.main import app
from console.accounts import Accounts
from console.roles import Role
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from projections.view import LIVE, Place
from tests.builders import OVERSIGHT, POLICE, PROSECUTION, SOCIAL, bypass, new_case, now, on, refer, safe_contact
from tests.consoles import PASSWORD, console, look_into, of_home, sign_in, visited
from tests.credentials import given
from tests.living import Everybody, eventually, letters_sent

pytestmark = pytest.mark.usefixtures("commands_at_hand", "said")
LOOKED = "access.recorded"
VIEWS = ("handoffs", "lanes", "records", "causes", "duties", "accesses")


@pytest.fixture
def settings_(everybody: Everybody) -> Settings:
    return everybody.living.settings


@pytest.fixture
async def _read_models(settings_: Settings) -> AsyncIterator[None]:
    Place.of(settings_).begin(LIVE)
    following_it = asyncio.create_task(following.follow(settings_))
    yield
    following_it.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await following_it


@pytest.fixture
def known(settings_: Settings) -> Accounts:
    found = of_home(settings_.home)
    found.add("ana", Role.INVESTIGATOR, PASSWORD)
    return found


@pytest.fixture
async def browser(settings_: Settings, known: Accounts, _read_models: None) -> AsyncIterator[httpx.AsyncClient]:
    found = console(settings_, known)
    async with visited(found) as browser:
        yield browser
    await found.close()


async def made(everybody: Everybody, **more: Any) -> str:
    return str((await everybody.systems[POLICE].do(refer(**more)))["case_ref"])


def entrust(known: Accounts, credential: Path) -> None:
    """As the command does, which holds the key against it first."""
    known.give("ana", credential.read_text().strip())


async def looks_logged(everybody: Everybody) -> list[dict[str, Any]]:
    return [one.codes for one in await everybody.living.log() if one.record.type == LOOKED]


async def command(monkeypatch: pytest.MonkeyPatch, settings: Settings, *words: str | Path) -> Result:
    monkeypatch.setenv("BARNABUS_HOME", str(settings.home))
    monkeypatch.delenv("BARNABUS_NATS_URL", raising=False)
    return await asyncio.to_thread(CliRunner().invoke, app, [str(word) for word in words])


# recorded first


async def test_the_log_has_the_look_before_the_case_is_shown_and_once_for_all_its_pages(
    everybody: Everybody, browser: httpx.AsyncClient, known: Accounts, settings_: Settings
) -> None:
    case = await made(everybody)
    entrust(known, given(settings_, case))
    await sign_in(browser, "ana")
    answer = await look_into(browser, case)
    assert answer.status_code == 303
    home = answer.headers["location"]
    (one,) = await looks_logged(everybody)
    assert (one["purpose"], one["by"]["person"], one["opened"]) == ("inspection", "inspector-17", [])
    assert one["replayed"] == {"what": "log", "as_known_to": None, "as_of": None, "position": None}
    for view in VIEWS:
        assert (await browser.get(f"{home}?view={view}&as_known_to=social")).status_code == 200
        assert (await browser.get(f"{home}.json?view={view}&event=1")).status_code == 200
    assert len(await looks_logged(everybody)) == 1, "every page is a reading of what was disclosed at once"
    assert (await browser.get(f"{home}.json")).json()["look"]["person"] == "inspector-17"
    journal = (settings_.home / "reader" / "access.jsonl").read_text().splitlines()
    line = json.loads(journal[-1])
    assert (line["who"], line["purpose"], line["case_ref"]) == ("console: ana", "review of March", case)
    assert (await browser.get(f"{home}.json?view=accesses")).json()["rows"][0]["person"] == "inspector-17"


REFUSED = [
    ({"purpose": ""}, "purpose.missing"),
    ({"purpose": "curiosity"}, "purpose.missing"),
    ({"words": "   "}, "purpose.missing"),
    ({"case_ref": "7k3q-9m2x-w4td-h6rw"}, "field.invalid"),
    ({"case_ref": "<script>alert(1)</script>"}, "field.invalid"),
    ({"emergency": "x.y.z"}, "vouching.invalid"),
]


async def test_what_keeps_a_case_from_being_shown_is_said_and_nothing_is_logged(
    everybody: Everybody, browser: httpx.AsyncClient, known: Accounts, settings_: Settings
) -> None:
    case, other = await made(everybody), await made(everybody)
    await sign_in(browser, "ana")
    answer = await look_into(browser, case)
    assert (answer.status_code, "credential.missing" in answer.text) == (403, True)
    entrust(known, given(settings_, case))
    await sign_in(browser, "ana")
    for said, code in REFUSED:
        answer = await look_into(browser, **{"case_ref": case} | said)
        assert f"<code>{code}</code>" in answer.text, code
        assert 400 <= answer.status_code < 500
        assert "<script>alert" not in answer.text
    not_named, absent = await look_into(browser, other), await look_into(browser, gone := new_case())
    assert not_named.status_code == absent.status_code == 403
    assert "credential.not-for-case" in not_named.text
    assert not_named.text.replace(other, gone) == absent.text, "whether there is such a case is not told"
    entrust(known, given(settings_, case, at=now() - timedelta(days=31), person="inspector-18"))
    await sign_in(browser, "ana")
    assert "credential.ended" in (await look_into(browser, case)).text
    assert await looks_logged(everybody) == []


async def test_nothing_is_shown_while_the_persons_agency_cannot_record_it(
    everybody: Everybody, browser: httpx.AsyncClient, known: Accounts, settings_: Settings
) -> None:
    case = await made(everybody)
    entrust(known, given(settings_, case))
    await sign_in(browser, "ana")
    await everybody.living.stop_adapter(SOCIAL)
    answer = await look_into(browser, case)
    assert (answer.status_code, "access.unrecorded" in answer.text) == (503, True)
    assert await looks_logged(everybody) == []


async def test_a_look_is_of_one_session_and_one_case(
    everybody: Everybody, browser: httpx.AsyncClient, known: Accounts, settings_: Settings
) -> None:
    case, other = await made(everybody), await made(everybody)
    entrust(known, given(settings_, case, other))
    await sign_in(browser, "ana")
    home = (await look_into(browser, case)).headers["location"]
    session = browser.cookies["barnabus"]
    for elsewhere in ("/cases/999999", "/cases/0", f"/cases/{int(home.rpartition('/')[2]) + 1}"):
        page, twin = await browser.get(elsewhere), await browser.get(f"{elsewhere}.json")
        assert page.headers["location"].startswith("/cases?next=")
        assert (twin.status_code, twin.json()["code"]) == (403, "look.missing")
    browser.cookies.clear()
    await sign_in(browser, "ana")
    assert (await browser.get(f"{home}.json")).json()["code"] == "look.missing"
    asked = await browser.get(f"{home}?view=lanes")
    form = (await browser.get(asked.headers["location"])).text
    assert f'name="next" value="{home}?view=lanes"' in form
    again = await look_into(browser, case, next=f"{home}?view=lanes")
    assert again.headers["location"] == f"{home}?view=lanes"
    assert (await look_into(browser, other, next=f"{home}?view=lanes")).headers["location"] != f"{home}?view=lanes"
    page = await browser.get("/cases")
    await browser.post("/sign-out", data={"form": form_of_page(page.text)})
    browser.cookies.set("barnabus", session)
    assert (await browser.get(f"{home}.json")).status_code == 200, "the first session is another one"


def form_of_page(page: str) -> str:
    found = re.search(r'name="form" value="(\w+)"', page)
    assert found
    return found[1]


async def test_what_may_have_closed_the_case_ends_every_look_into_it(
    everybody: Everybody,
    browser: httpx.AsyncClient,
    known: Accounts,
    settings_: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = await made(everybody)
    credential = given(settings_, case, agency=POLICE)
    entrust(known, credential)
    await sign_in(browser, "ana")
    home = (await look_into(browser, case)).headers["location"]
    assert (await browser.get(home)).status_code == 200
    await everybody.systems[SOCIAL].do(bypass(SOCIAL, case))

    async def it_ends() -> None:
        async with asyncio.timeout(15):
            for _ in itertools.count():
                if (await browser.get(f"{home}.json")).status_code == 403:
                    return
                await asyncio.sleep(0.05)

    await it_ends()
    assert "credential.not-for-case" in (await look_into(browser, case)).text, "police are led around now"
    entrust(known, inspectors := given(settings_, case, person="inspector-4"))
    await sign_in(browser, "ana")
    home = (await look_into(browser, case)).headers["location"]
    assert (await browser.get(f"{home}.json")).status_code == 200, "and nobody else is"
    assert (await command(monkeypatch, settings_, "access", "withdraw", inspectors)).exit_code == 0
    await it_ends()


async def test_no_case_is_named_in_an_address_or_in_what_is_logged_and_no_reason_either(
    everybody: Everybody, browser: httpx.AsyncClient, known: Accounts, settings_: Settings
) -> None:
    case = await made(everybody)
    entrust(known, given(settings_, case))
    with capture_logs() as logs:
        await sign_in(browser, "ana")
        home = (await look_into(browser, case)).headers["location"]
        await look_into(browser, new_case(), words="a reason of mine")
        pages = [(await browser.get(f"{home}?view={view}")).text for view in VIEWS]
        pages.append((await browser.get(f"{home}/records/{home.rpartition('/')[2]}")).text)
    assert case not in home
    for page in pages:
        assert case in page, "it stands on the page"
        assert not [link for link in re.findall(r'(?:href|action|src)="([^"]*)"', page) if case in link]
    said = json.dumps(logs, default=str)
    own = [line for line in logs if str(line["event"]).startswith("console.")]
    assert own
    assert not [word for word in (case, "ana", "review of March", "a reason of mine") if word in json.dumps(own)]
    assert "a reason of mine" not in said


# an account's credential


async def test_an_account_gets_a_credential_whose_key_is_at_hand_and_keeps_no_key(
    everybody: Everybody, settings_: Settings, monkeypatch: pytest.MonkeyPatch, known: Accounts
) -> None:
    credential = given(settings_, await made(everybody))
    said = await command(monkeypatch, settings_, "console", "accounts", "credential", "ana", credential)
    assert said.exit_code == 0, said.output
    assert of_home(settings_.home).all()["ana"].credential == credential.read_text().strip()
    assert '"d"' not in (settings_.home / "console" / "accounts.json").read_text()
    away = settings_.home / "elsewhere" / credential.name
    away.parent.mkdir()
    away.write_text(credential.read_text())
    said = await command(monkeypatch, settings_, "console", "accounts", "credential", "ana", away)
    assert "credential.without-key" in said.stderr
    known.add("op", Role.OPERATOR, PASSWORD)
    with pytest.raises(BarnabusError, match=r"account\.without-cases"):
        known.give("op", "x")
    with pytest.raises(BarnabusError, match=r"account\.unknown"):
        known.give("nobody", "x")
    with pytest.raises(BarnabusError, match=r"account\.without-cases"):
        known.add("op2", Role.INTEGRATOR, PASSWORD, "x")


async def test_in_an_emergency_two_people_open_a_case_here_too(
    everybody: Everybody,
    browser: httpx.AsyncClient,
    known: Accounts,
    settings_: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = await made(everybody)
    asker = given(settings_, await made(everybody))
    voucher = given(settings_, await made(everybody), person="supervisor-3", agency=PROSECUTION)
    asked, by = tmp_path / "asked", tmp_path / "vouched"
    ask = ("access", "emergency", case, "--credential", asker, "--ground", "child-missing", "--out", asked)
    assert (await command(monkeypatch, settings_, *ask)).exit_code == 0
    vouch = ("access", "vouch", asked, "--credential", voucher, "--out", by)
    assert (await command(monkeypatch, settings_, *vouch)).exit_code == 0
    entrust(known, asker)
    await sign_in(browser, "ana")
    home = (await look_into(browser, case, emergency=by.read_text())).headers["location"]
    rows = (await browser.get(f"{home}.json?view=accesses")).json()["rows"]
    assert [(row["type"], row["ground"]) for row in rows] == [("access.emergency", "child-missing"), (LOOKED, None)]
    assert "Emergency" in (await browser.get(f"{home}?view=accesses")).text


# what the pages show


async def story(everybody: Everybody) -> str:
    """Social gets a referral and takes it on; another waits in its post, for its adapter has stopped since."""
    police, social = everybody.systems[POLICE], everybody.systems[SOCIAL]
    first = await police.do(refer())
    case = str(first["case_ref"])
    await social.hears(first["id"])
    await social.do(on(SOCIAL, "referral.accept", first["id"], {"case_ref": case}))
    await social.do(safe_contact(case))
    await signed_by(everybody, SOCIAL, 1)
    await everybody.living.stop_adapter(SOCIAL)
    await police.do(refer(case_ref=case))
    await police.do(refer(POLICE, PROSECUTION, case_ref=case))
    await signed_by(everybody, PROSECUTION, 1)
    return case


async def signed_by(everybody: Everybody, recipient: Agency, letters: int) -> None:
    """Wait until the log has this recipient's word for so many of the police's letters."""

    def signed() -> bool:
        rows = letters_sent(everybody.app(POLICE))
        return len([row for row in rows if row["recipient"] == recipient and row["received_at"]]) == letters

    await eventually(signed)


async def test_each_twin_has_what_the_command_shows(
    everybody: Everybody,
    browser: httpx.AsyncClient,
    known: Accounts,
    settings_: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = await story(everybody)
    credential = given(settings_, case, agency=OVERSIGHT)
    entrust(known, credential)
    await sign_in(browser, "ana")
    home = (await look_into(browser, case)).headers["location"]
    why = ("--credential", credential, "--for", "inspection", "--purpose", "to compare", "--json")

    async def told(*words: str) -> Any:
        found = await command(monkeypatch, settings_, *words, *why)
        assert found.exit_code == 0, found.stderr
        return json.loads(found.stdout)

    async def twin(query: str = "") -> Any:
        return (await browser.get(f"{home}.json?{query}")).json()

    whole = await twin("view=records")
    log = await told("case", "log", case)
    rows = [{name: row[name] for name in row if name != "put_right"} for row in whole["rows"]]
    assert rows == log["events"][: len(rows)], "what came since is the command's own look"
    assert whole["events"] == len(rows)
    at = rows[2]["logged_at"]
    asked = (await twin(f"as_of={at.replace('+', '%2B')}"))["state"]
    assert asked == await told("case", "show", case, "--as-of", at)
    found = await twin(f"as_of={at.replace('+', '%2B')}&as_known_to=social&view=knowledge")
    knew = await told("case", "show", case, "--as-of", at, "--as-known-to", "social")
    assert found["knew"] == {name: len(knew[name]) for name in ("known", "waiting", "unsent")}
    by_list = {name: [row["id"] for row in found["rows"] if row["is"] == name] for name in found["knew"]}
    assert by_list == {name: [one["id"] for one in knew[name]] for name in found["knew"]}
    assert found["state"] == {name: value for name, value in knew.items() if name not in found["knew"]}
    line = await told("case", "timeline", case)
    causes = (await twin("view=causes"))["rows"]
    assert causes == line["events"][: len(causes)]
    handoffs = [row for row in (await twin("view=handoffs"))["rows"] if row["kind"] == "handoff"]
    assert [{name: row[name] for name in row if name != "kind"} for row in handoffs] == line["handoffs"]
    one = (await browser.get(f"{home}/records/{rows[0]['position']}.json")).json()
    assert {name: one[name] for name in rows[0]} == rows[0]


async def test_as_known_to_shows_what_an_agency_had_and_what_waited_for_it(
    everybody: Everybody, browser: httpx.AsyncClient, known: Accounts, settings_: Settings
) -> None:
    """Known answers: of six events social said two, had one, one waits in its post, and one never went to it."""
    case = await story(everybody)
    entrust(known, given(settings_, case, agency=OVERSIGHT))
    await sign_in(browser, "ana")
    home = (await look_into(browser, case)).headers["location"]
    found = (await browser.get(f"{home}.json?as_known_to=social&view=knowledge")).json()
    assert [(row["is"], row["type"]) for row in found["rows"]] == [
        ("known", "referral.made"),
        ("known", "referral.accepted"),
        ("known", "safe-contact.set"),
        ("waiting", "referral.made"),
        ("unsent", "referral.made"),
        ("unsent", LOOKED),
    ]
    page = (await browser.get(f"{home}?as_known_to=social")).text
    assert "As Centre for Social Work knew it on" in page
    assert "1 was sent to it and not picked up." in page
    assert "2 were there and not sent to it." in page
    then = (await browser.get(f"{home}.json?event=1")).json()
    assert (then["event"], [row["stage"] for row in then["rows"]]) == (1, ["made"])
    lanes = (await browser.get(f"{home}?view=lanes")).text
    assert lanes.count('class="letter lost"') == 2, "the letter that waits, and the sample in the legend"


async def test_a_record_is_proven_anew_when_somebody_asks_and_what_was_altered_shows(
    everybody: Everybody,
    browser: httpx.AsyncClient,
    known: Accounts,
    settings_: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = await story(everybody)
    credential = given(settings_, case, agency=OVERSIGHT)
    entrust(known, credential)
    await sign_in(browser, "ana")
    home = (await look_into(browser, case)).headers["location"]
    rows = (await browser.get(f"{home}.json?view=records")).json()["rows"]
    contact = next(row for row in rows if row["type"] == "safe-contact.set")
    where = f"{home}/records/{contact['position']}"
    assert (await browser.get(f"{where}.json")).json()["proof"] is None
    found = (await browser.get(f"{where}.json?verify=yes")).json()["proof"]
    held = {check["check"]: check["ok"] for check in found["checks"]}
    assert held == dict.fromkeys(("there", "record", "stamp", "place", "chain", "receipt"), True)
    assert "All of it holds." in (await browser.get(f"{where}?verify=yes")).text
    words = ("case", "prove", case, "--position", str(contact["position"]), "--json")
    why = ("--for", "inspection", "--purpose", "to compare", "--credential", credential)
    told = await command(monkeypatch, settings_, *words, *why)
    assert (told.exit_code, json.loads(told.stdout)) == (0, found)
    before, here = await _own_before(everybody, contact["position"]), contact["position"]
    for at, change, broken in (
        (before, lambda entry: replace(entry, text=f"{entry.text} "), {"chain"}),
        (before, lambda _: None, {"chain"}),
        (here, lambda entry: replace(entry, signature=entry.signature[:-4] + "AAAA"), {"record", "place"}),
        (here, lambda entry: replace(entry, stamp=entry.stamp[:-4] + "AAAA"), {"stamp", "place"}),
        (here, lambda entry: replace(entry, text=f"{entry.text} "), {"record", "place"}),
        (here, lambda _: None, {"there"}),
    ):
        with monkeypatch.context() as patched:
            _altered(patched, at, change)
            found = (await browser.get(f"{where}.json?verify=yes")).json()["proof"]
            page = (await browser.get(f"{where}?verify=yes")).text
        assert {check["check"] for check in found["checks"] if check["ok"] is False} == broken
        assert not found["held"]
        assert "It does not hold." in page


def _altered(monkeypatch: pytest.MonkeyPatch, position: int, change: Callable[[Entry], Entry | None]) -> None:
    """The server lets nobody alter or delete an entry; one that did would give something else, or nothing."""
    real = LogReader.get

    async def get(reader: LogReader, at: int) -> Entry | None:
        entry = await real(reader, at)
        return change(entry) if entry and at == position else entry

    monkeypatch.setattr(LogReader, "get", get)


async def _own_before(everybody: Everybody, position: int) -> int:
    """The position of the record that the sender of this one had logged before it."""
    log = await everybody.living.log()
    one = next(logged for logged in log if logged.stamp.position == position)
    return next(logged.stamp.position for logged in log if logged.digest == one.record.previous)


WRONG = [
    ("?view=film", "option.invalid"),
    ("?event=0", "option.invalid"),
    ("?event=99", "option.invalid"),
    ("?event=1&as_of=2019-03-12T14:00", "option.invalid"),
    ("?as_of=yesterday", "option.invalid"),
    ("?as_of=0001-01-01T00:00", "option.invalid"),
    ("?as_known_to=court", "agency.unknown"),
    ("?after=-1", "path.unknown"),
    ("?view=records&handoff=none", "handoff.not-found"),
    ("/records/999999", "record.not-found"),
    ("/records/x", "path.unknown"),
]


async def test_what_is_asked_for_wrongly_is_refused_with_its_code(
    everybody: Everybody, browser: httpx.AsyncClient, known: Accounts, settings_: Settings
) -> None:
    case = await made(everybody)
    entrust(known, given(settings_, case))
    await sign_in(browser, "ana")
    home = (await look_into(browser, case)).headers["location"]
    for where, code in WRONG:
        page = await browser.get(home + where)
        assert f"<code>{code}</code>" in page.text, where
        path, _, query = where.partition("?")
        assert (await browser.get(f"{home}{path}.json?{query}")).json()["code"] == code
    assert (await browser.get(f"{home}.json?view=knowledge")).json()["code"] == "option.invalid"
    assert (await browser.get(f"{home}?view=knowledge")).status_code == 200, "the form keeps its reading"
