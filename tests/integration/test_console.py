"""The console over HTTP, as a browser without JavaScript meets it: who comes in, and what each role sees."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from structlog.testing import capture_logs
from typer.testing import CliRunner

from bus.provisioning import provision
from bus.settings import Settings
from cli.main import app
from console import gate, tries
from console.accounts import Accounts, argon2id
from console.app import Console
from console.roles import SEES, Part, Role
from console.words import Language
from contracts.catalogue import CATALOGUE
from contracts.errors import BarnabusError
from tests.builders import now
from tests.consoles import PASSWORD, PLACES, accounts, console, form_of, of_home, read_models, sign_in, visited

pytestmark = pytest.mark.usefixtures("commands_at_hand")
PAGES = (
    "/flow",
    "/duties",
    "/handoffs",
    "/parked",
    "/health",
    "/contracts",
    "/contracts/changes",
    "/contracts/referral.made",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("console") / "home"
    settings = Settings(home=found, nats_url=None)
    provision(settings, now())
    read_models(settings)
    accounts(found)
    return found


@pytest.fixture
def known(home: Path) -> Accounts:
    return of_home(home)


@pytest.fixture
async def served(home: Path, known: Accounts) -> AsyncIterator[Console]:
    found = console(Settings(home=home, nats_url=None), known)
    yield found
    await found.close()


@pytest.fixture
async def browser(served: Console) -> AsyncIterator[httpx.AsyncClient]:
    async with visited(served) as found:
        yield found


@pytest.fixture
async def operator(browser: httpx.AsyncClient) -> httpx.AsyncClient:
    assert (await sign_in(browser)).status_code == 303
    return browser


async def said_by_the_command(home: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:
    """In a thread, for some commands run a loop of their own."""
    monkeypatch.setenv("BARNABUS_HOME", str(home))
    monkeypatch.delenv("BARNABUS_NATS_URL", raising=False)
    found = await asyncio.to_thread(CliRunner().invoke, app, words)
    assert found.stdout, found.stderr
    return json.loads(found.stdout)


# --- who comes in ---------------------------------------------------------------------------------------------------


async def test_without_signing_in_nothing_is_shown(browser: httpx.AsyncClient) -> None:
    for path in (*PAGES, "/handoffs/x", "/"):
        page = await browser.get(path)
        assert page.status_code == 303
        assert page.headers["location"].startswith("/sign-in")
    for path in (*PAGES, "/handoffs/x"):
        assert (await browser.get(f"{path}.json")).json()["code"] == "session.missing"
    assert (await browser.get("/live")).status_code == 401


async def test_who_signs_in_comes_to_the_page_that_was_asked_for(browser: httpx.AsyncClient) -> None:
    asked = await browser.get("/handoffs?open=yes")
    page = await browser.get(asked.headers["location"])
    said = {"form": form_of(page.text), "name": "operator", "password": PASSWORD, "next": "/handoffs?open=yes"}
    assert 'name="next" value="/handoffs?open=yes"' in page.text
    answer = await browser.post("/sign-in", data=said)
    assert answer.headers["location"] == "/handoffs?open=yes"
    assert (await browser.get(answer.headers["location"])).status_code == 200


async def test_signing_in_leads_nowhere_else(browser: httpx.AsyncClient) -> None:
    for after in ("//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "flow"):
        assert (await sign_in(browser, after=after)).headers["location"] == "/flow"
        browser.cookies.clear()


async def test_an_unknown_name_and_a_wrong_password_are_refused_alike(browser: httpx.AsyncClient) -> None:
    wrong, unknown = await sign_in(browser, password="not this one!"), await sign_in(browser, name="nobody-here")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text == unknown.text


async def test_an_unknown_name_takes_as_much_work_as_a_known_one(
    known: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified, verify = list[str](), PasswordHasher.verify

    def noted(hasher: PasswordHasher, hashed: str, password: str) -> bool:
        verified.append(hashed)
        return bool(verify(hasher, hashed, password))

    monkeypatch.setattr(PasswordHasher, "verify", noted)
    for name in ("operator", "nobody-here", ""):
        with pytest.raises(BarnabusError, match=r"sign-in\.refused"):
            known.verified(name, "not this one!")
    assert [extract_parameters(hashed) for hashed in verified] == [extract_parameters(verified[0])] * 3


def test_passwords_are_hashed_as_rfc_9106_has_it() -> None:
    found = argon2id()
    assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (Type.ID, 64 * 1024, 3, 4)


async def test_who_guesses_is_stopped_and_nobody_else_is(served: Console) -> None:
    async with visited(served) as browser, visited(served, client=("192.0.2.8", 1)) as other:
        for _ in range(tries.OF_BOTH):
            assert (await sign_in(browser, name="oversight", password="guess after guess")).status_code == 401
        stopped = await sign_in(browser, name="oversight")
        assert (stopped.status_code, "Too many tries" in stopped.text) == (429, True)
        assert (await sign_in(other, name="oversight")).status_code == 303
        assert (await sign_in(browser)).status_code == 303


async def test_a_session_has_a_cookie_that_no_script_and_no_other_site_gets(
    served: Console, home: Path, known: Accounts
) -> None:
    async with visited(served) as browser:
        cookie = (await sign_in(browser)).headers["set-cookie"]
    assert re.fullmatch(r"barnabus=[\w-]{43}; HttpOnly; Max-Age=\d+; Path=/; SameSite=strict", cookie)
    behind_tls = console(Settings(home=home, nats_url=None), known, behind_tls=True)
    async with visited(behind_tls, "https://console.test") as browser:
        answer = await sign_in(browser)
        assert re.fullmatch(r"__Host-barnabus=.*; SameSite=strict; Secure", answer.headers["set-cookie"])
        assert answer.headers["strict-transport-security"].startswith("max-age=")
    await behind_tls.close()


async def test_signing_in_begins_a_session_that_nobody_had_before(browser: httpx.AsyncClient) -> None:
    await sign_in(browser)
    first = browser.cookies["barnabus"]
    page = await browser.get("/flow")
    said = {"form": form_of(page.text), "name": "oversight", "password": PASSWORD}
    await browser.post("/sign-in", data=said)
    assert browser.cookies["barnabus"] != first
    browser.cookies.set("barnabus", first)
    assert (await browser.get("/flow")).status_code == 303


async def test_who_signs_out_is_out(operator: httpx.AsyncClient) -> None:
    session, page = operator.cookies["barnabus"], await operator.get("/flow")
    assert (await operator.post("/sign-out", data={"form": form_of(page.text)})).headers["location"] == "/sign-in"
    operator.cookies.set("barnabus", session)
    assert (await operator.get("/flow")).status_code == 303


async def test_whom_somebody_removed_is_out_with_the_next_click(home: Path, tmp_path: Path) -> None:
    own = of_home(tmp_path)
    own.add("ana", Role.OPERATOR, PASSWORD)
    found = console(Settings(home=home, nats_url=None), own)
    async with visited(found) as browser:
        await sign_in(browser, "ana")
        assert (await browser.get("/contracts")).status_code == 200
        own.remove("ana")
        own.add("ana", Role.OPERATOR, "another long password")
        assert (await browser.get("/contracts")).status_code == 303
    await found.close()


async def test_a_form_that_another_site_sends_changes_nothing(operator: httpx.AsyncClient) -> None:
    form = form_of((await operator.get("/contracts")).text)
    for path in ("/sign-in", "/sign-out", "/language"):
        for said, headers in (
            ({}, {}),
            ({"form": "0" * 64}, {}),
            ({"form": form}, {"sec-fetch-site": "cross-site"}),
            ({"form": form}, {"sec-fetch-site": "same-site"}),
        ):
            answer = await operator.post(path, data=said | {"name": "operator", "password": PASSWORD}, headers=headers)
            assert (answer.status_code, "form.stale" in answer.text) == (403, True)
    assert (await operator.get("/contracts")).status_code == 200


async def test_a_form_that_is_too_long_is_not_read(operator: httpx.AsyncClient) -> None:
    answer = await operator.post("/language", content=b"x" * (gate.FORM_LIMIT_BYTES + 1))
    assert "document.too-large" in answer.text


@pytest.mark.parametrize("role", Role)
async def test_a_role_sees_its_parts_and_no_others(browser: httpx.AsyncClient, role: Role) -> None:
    await sign_in(browser, role.value)
    for part in Part:
        page, twin = await browser.get(f"/{part}"), await browser.get(f"/{part}.json")
        if part in SEES[role]:
            assert (page.status_code, twin.status_code) == (200, 200), part
        else:
            assert (page.status_code, twin.json()["code"]) == (403, "role.not-allowed")
    named = set(re.findall(r'<li><a href="/(\w+)"', (await browser.get("/contracts")).text))
    assert named == set(SEES[role])


# --- every answer ---------------------------------------------------------------------------------------------------


async def test_every_answer_keeps_other_sites_out_and_is_kept_by_nobody(browser: httpx.AsyncClient) -> None:
    answers = [await browser.get("/sign-in"), await sign_in(browser)]
    answers += [await browser.get(path) for path in (*PAGES, "/nowhere", "/flow.json", "/static/console.css")]
    for answer in answers:
        headers = answer.headers
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert "unsafe" not in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
        kept = "no-cache" if "/static/" in str(answer.url) else "no-store"
        assert headers["cache-control"] == kept, answer.url


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "action", "data-live", "formaction", "srcset"):
                self.found.append(value or "")
            if name == "style" or name.startswith("on") or (tag == "script" and "src" not in dict(attrs)):
                self.inline.append(f"{tag} {name}")


async def test_no_page_names_another_machine_or_holds_a_script_or_a_style(browser: httpx.AsyncClient) -> None:
    pages = [await browser.get("/sign-in")]
    await sign_in(browser)
    pages += [await browser.get(path) for path in (*PAGES, "/nowhere")]
    for page in pages:
        read = _Addresses()
        read.feed(page.text)
        assert read.found, page.url
        assert [address for address in read.found if not re.match(r"/(?!/)|#", address)] == []
        assert read.inline == []


async def test_nothing_personal_is_in_an_address_or_in_the_log(browser: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        await sign_in(browser, password="not this one!")
        await sign_in(browser)
        listed = (await browser.get("/handoffs.json?open=yes")).json()["handoffs"]
        pages = [await browser.get(path) for path in (*PAGES, f"/handoffs/{listed[0]['id']}", "/nowhere")]
    cases = {one["case_ref"] for one in listed}
    for page in pages:
        read = _Addresses()
        read.feed(page.text)
        assert not [address for address in read.found for case in cases if case in address]
        assert not [address for address in read.found if "operator" in address]
    assert logs
    said = json.dumps(logs).replace('"role": "operator"', "")
    assert not [word for word in ("192.0.2.7", PASSWORD, "not this one!", '"operator"', *cases) if word in said]


async def test_no_page_shows_a_person(operator: httpx.AsyncClient) -> None:
    listed = (await operator.get("/handoffs.json?limit=1000")).json()["handoffs"]
    persons = {str(one["concerns"]) for one in listed}
    paths = ("/flow", "/duties", "/handoffs", f"/handoffs/{listed[0]['id']}")
    shown = "".join([(await operator.get(path)).text for path in paths])
    assert persons
    assert not [person for person in persons if person in shown]


# --- what the pages show --------------------------------------------------------------------------------------------


async def test_a_twin_has_the_figures_of_the_command(
    operator: httpx.AsyncClient, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is made up, so both speak of the same moment."""
    flow_ = (await operator.get("/flow.json?period=2025-Q4&urgency=urgent")).json()
    told = await said_by_the_command(
        home, monkeypatch, "handoffs", "summary", "--by", "pair", "--period", "2025-Q4", "--urgency", "urgent", "--json"
    )
    assert told["groups"]
    assert (flow_["groups"], flow_["as_of"]) == (told["groups"], told["as_of"])

    listed = (await operator.get("/handoffs.json?open=yes&oldest=yes&from=police&limit=7")).json()
    words: tuple[str, ...] = ("--open", "--oldest", "--from", "police", "--limit", "7", "--json")
    told = await said_by_the_command(home, monkeypatch, "handoffs", "list", *words)
    assert listed["handoffs"]
    assert listed == told

    one = listed["handoffs"][0]["id"]
    assert (await operator.get(f"/handoffs/{one}.json")).json() == await said_by_the_command(
        home, monkeypatch, "handoffs", "show", one, "--json"
    )

    for query, words in (
        ("standing=overdue&agency=police", ("--overdue", "--agency", "police")),
        ("standing=met&closed=yes&limit=20", ("--met", "--closed", "--limit", "20")),
        ("limit=5", ("--limit", "5")),
    ):
        found = (await operator.get(f"/duties.json?{query}")).json()
        limit = () if "--limit" in words else ("--limit", "50")
        told = await said_by_the_command(home, monkeypatch, "duties", "list", *words, *limit, "--json")
        assert told["duties"]
        assert {name: found[name] for name in told} == told

    found = (await operator.get("/health.json")).json()
    told = await said_by_the_command(home, monkeypatch, "doctor", "--json")
    assert {name: found[name] for name in told} == told


async def test_a_municipality_has_the_figures_of_the_command_none_of_them_small(
    operator: httpx.AsyncClient, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BARNABUS_PLACES", str(PLACES))
    some = set[int | None]()
    for name in ("north", "south", "elsewhere"):
        twin = (await operator.get(f"/flow.json?municipality={name}&period=2025")).json()
        words = ("--municipality", name, "--period", "2025", "--json")
        told = await said_by_the_command(home, monkeypatch, "handoffs", "summary", *words)
        assert {key: twin[key] for key in told} == told
        assert set(twin) - set(told) == {"projections"}
        some |= {group[count] for group in twin["groups"] for count in ("count", "open")}
    assert None in some
    assert {count for count in some if count is not None}
    assert all(count is None or count >= 10 for count in some)


async def test_nothing_leads_from_a_municipality_to_its_handoffs_and_its_page_keeps_no_account_of_moments(
    operator: httpx.AsyncClient,
) -> None:
    page = (await operator.get("/flow?municipality=south&period=2025")).text
    named = set(re.findall(r"<b>(\d+)</b>", page))
    twin = (await operator.get("/flow.json?municipality=south&period=2025")).json()
    assert named == {str(group["count"]) for group in twin["groups"] if group["count"] is not None}
    assert named
    main = page.partition("<main")[2].partition("</main>")[0]
    assert set(re.findall(r'href="([^"]*)"', main)) == {"/flow"}
    assert "data-live" not in page
    assert '<option value="south" selected>Jugu / Jug</option>' in page


async def test_where_everything_is_withheld_the_page_says_so(operator: httpx.AsyncClient) -> None:
    page = (await operator.get("/flow?municipality=elsewhere")).text
    assert "No count of this year can be shown here" in page
    assert "<b>" not in page


async def test_each_number_leads_to_as_many_handoffs(operator: httpx.AsyncClient) -> None:
    page = (await operator.get("/flow?period=2025-Q4")).text
    cells = re.findall(r'href="(/handoffs\?[^"]*)"[^>]*>(?:<b>)?(\d+)<', page)
    assert len(cells) > 10
    assert any(int(count) > 1 for _, count in cells)
    for address, count in cells:
        path, _, query = address.replace("&amp;", "&").partition("?")
        listed = (await operator.get(f"{path}.json?{query}&limit=1000")).json()["handoffs"]
        assert len(listed) == int(count), address


async def test_each_count_of_duties_leads_to_as_many(operator: httpx.AsyncClient) -> None:
    by_agency = (await operator.get("/duties.json")).json()  # waits until it is reckoned
    assert by_agency["rules"]
    page = (await operator.get("/flow")).text
    cells = re.findall(r'href="(/duties\?[^"#]*)#list"[^>]*>([\d,]+)<', page)
    assert len(cells) >= 9
    for address, count in cells:
        path, _, query = address.replace("&amp;", "&").partition("?")
        listed = (await operator.get(f"{path}.json?{query}&limit=1000")).json()["duties"]
        assert len(listed) == int(count.replace(",", "")), address


async def test_a_page_follows_on_where_the_last_one_ended(operator: httpx.AsyncClient) -> None:
    every = (await operator.get("/handoffs.json?oldest=yes&limit=1000")).json()["handoffs"]
    page = (await operator.get("/handoffs?oldest=yes&limit=20")).text
    address = re.search(r'rel="next" href="([^"]*)"', page)
    assert address
    path, _, query = address[1].replace("&amp;", "&").partition("?")
    assert (await operator.get(f"{path}.json?{query}")).json()["handoffs"] == every[20:40]
    assert [one["acts"][0]["at"] for one in every] == sorted(one["acts"][0]["at"] for one in every)


async def test_every_rule_that_nobody_verified_says_so(operator: httpx.AsyncClient) -> None:
    page = (await operator.get("/duties")).text
    rows = re.findall(r'<code>([\w-]+)</code></a>\s*(?:<strong class="mark unverified">(\w+)</strong>)?', page)
    duties = (await operator.get("/duties.json?limit=1000")).json()["duties"]
    unverified = {one["rule"] for one in duties if not one["verified"]}
    assert unverified
    assert unverified <= {rule for rule, mark in rows if mark == "UNVERIFIED"}


async def test_every_type_has_its_page(operator: httpx.AsyncClient) -> None:
    for name, entry in CATALOGUE.items():
        page, twin = await operator.get(f"/contracts/{name}"), (await operator.get(f"/contracts/{name}.json")).json()
        assert (page.status_code, twin["meaning"]) == (200, entry.meaning)
        assert {to: set(tiers) for to, tiers in twin["receivers"].items()} == {
            to.value: {tier.value for tier in entry.seen_by(to)} for to in entry.receivers
        }
        assert twin["schemas"]


WRONG = [
    ("/flow?service=exam", "option.invalid"),
    ("/flow?leg=soon", "option.invalid"),
    ("/flow?period=2025-13", "option.invalid"),
    ("/flow?what=ever", "field.unknown"),
    ("/flow?municipality=atlantis", "option.invalid"),
    ("/flow?municipality=north&period=2025-Q1", "option.invalid"),
    ("/flow?municipality=north&period=2025-03", "option.invalid"),
    ("/flow?municipality=north&service=screening", "option.invalid"),
    ("/flow?municipality=north&urgency=urgent", "option.invalid"),
    ("/flow?municipality=north&leg=decided", "option.invalid"),
    ("/handoffs?municipality=north", "field.unknown"),
    ("/duties?municipality=north", "field.unknown"),
    ("/handoffs?from=court", "agency.unknown"),
    ("/handoffs?open=no", "option.invalid"),
    ("/handoffs?limit=0", "option.invalid"),
    ("/handoffs?limit=9999999999999999999999", "option.invalid"),
    ("/handoffs?after=" + "x" * 300, "field.invalid"),
    ("/handoffs?oldest=yes&after=x", "handoff.not-found"),
    ("/handoffs/%3Cscript%3E", "handoff.not-found"),
    ("/duties?standing=late", "option.invalid"),
    ("/duties?rule=no-such", "option.invalid"),
    ("/duties?after=x", "duty.not-found"),
    ("/contracts/no.such", "path.unknown"),
    ("/contracts/changes?from=3.0.0", "option.invalid"),
    ("/static/..%2faccounts.py", "path.unknown"),
    ("/static/accounts.py", "path.unknown"),
]


async def test_what_is_asked_for_wrongly_is_refused_with_its_code(operator: httpx.AsyncClient) -> None:
    for path, code in WRONG:
        page = await operator.get(path)
        assert f"<code>{code}</code>" in page.text, path
        assert 400 <= page.status_code < 500
        assert "<script>" not in page.text
        where, _, query = path.partition("?")
        twin = await operator.get(f"{where}.json?{query}")
        assert twin.json()["code"] == code
        assert twin.headers["content-type"] == "application/problem+json"


async def test_without_read_models_a_page_says_what_to_do(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", nats_url=None)
    provision(settings, now())
    found = console(settings, accounts(settings.home))
    async with visited(found) as browser:
        await sign_in(browser)
        for path in ("/flow", "/duties", "/handoffs", "/health"):
            page, twin = await browser.get(path), await browser.get(f"{path}.json")
            assert "There are no figures here yet" in page.text
            assert twin.json()["code"] == "projections.missing"
        assert (await browser.get("/contracts")).status_code == 200
    await found.close()


async def test_an_empty_log_is_said_to_be_empty(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", nats_url=None)
    provision(settings, now())
    read_models(settings, entries=0)
    found = console(settings, accounts(settings.home))
    async with visited(found) as browser:
        await sign_in(browser)
        assert "nothing has been handed over yet" in (await browser.get("/flow")).text
        assert "No duty was set off." in (await browser.get("/duties")).text
        assert "There are none." in (await browser.get("/handoffs")).text
    await found.close()


async def test_where_the_log_cannot_be_asked_the_figures_say_that(operator: httpx.AsyncClient) -> None:
    """No server runs in this home."""
    page, twin = (await operator.get("/flow")).text, (await operator.get("/flow.json")).json()
    assert "the log cannot be asked where it ends" in page
    assert (twin["projections"]["log_position"], twin["projections"]["current"]) == (None, False)


async def test_the_accounts_file_that_others_can_read_lets_nobody_in(home: Path, tmp_path: Path) -> None:
    own = of_home(tmp_path)
    own.add("ana", Role.OPERATOR, PASSWORD)
    found = console(Settings(home=home, nats_url=None), own)
    async with visited(found) as browser:
        await sign_in(browser, "ana")
        own.path.chmod(0o640)
        answer = await browser.get("/flow")
        assert (answer.status_code, "accounts.exposed" in answer.text) == (503, True)
    await found.close()


async def test_a_language_that_was_chosen_stays(operator: httpx.AsyncClient) -> None:
    for language in Language:
        page = await operator.get("/handoffs?open=yes")
        said = {"form": form_of(page.text), "language": language.value, "next": "/handoffs?open=yes"}
        answer = await operator.post("/language", data=said)
        assert answer.headers["location"] == "/handoffs?open=yes"
        assert f'<html lang="{language.value}">' in (await operator.get("/contracts")).text


async def test_pages_are_light(operator: httpx.AsyncClient) -> None:
    """With style and script."""
    beside = 0
    for name in ("console.css", "console.js", "icon.svg"):
        beside += len((await operator.get(f"/static/{name}")).content)
    for path in PAGES:
        assert len((await operator.get(path)).content) + beside < 150_000, path
