"""An investigator with a browser: from signing in to who knew what, on each reading of a case."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from console.words import Language
from tests.browser.conftest import context, sign_in
from tests.browser.test_accessibility import all_of
from tests.consoles import ENTRIES
from tests.views import made_up_log

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]
VIEWS = ("handoffs", "lanes", "records", "causes", "duties", "accesses")


@pytest.fixture(scope="module")
def case_ref() -> str:
    """The longest of the log, which has something of everything."""
    records = [one.record for one in made_up_log(ENTRIES) if one.record.type != "receipt"]
    by_case: dict[str, int] = {}
    for record in records:
        by_case[record.subject] = by_case.get(record.subject, 0) + 1
    return max(by_case, key=lambda ref: by_case[ref])


def look(of: BrowserContext, case_ref: str) -> Page:
    """By the form, in whichever language it is."""
    page = sign_in(of, "investigator")
    assert page.url.endswith("/cases")
    page.fill("#case_ref", case_ref)
    page.select_option("#purpose", "inspection")
    page.fill("#words", "a review")
    page.locator("form[action='/cases'] button.main").click()
    page.wait_for_url("**/cases/*")
    return page


@pytest.mark.parametrize("language", Language)
def test_axe_finds_nothing_on_any_page_of_a_case(
    browser: Browser, address: str, case_ref: str, language: Language
) -> None:
    with context(browser, address, locale=language.value, viewport={"width": 320, "height": 800}) as visit:
        page = look(visit, case_ref)
        home, found = page.url, dict[str, list[str]]()
        record = f"{home}/records/{home.rpartition('/')[2]}"
        paths = ["/cases", "/cases?next=/cases/1", *(f"{home}?view={view}" for view in VIEWS)]
        paths += [f"{home}?view=knowledge&as_known_to=social&event=9", f"{record}?verify=yes", f"{home}?event=0"]
        for path in paths:
            page.goto(path)
            assert page.locator("html").get_attribute("lang") == language.value
            found[path] = all_of(page)
        page.goto(home)
        page.locator("[data-help]").click()
        expect(page.locator("dialog")).to_be_visible()
        found["the help"] = all_of(page)
    assert {path: said for path, said in found.items() if said} == {}


def test_an_investigator_finds_what_an_agency_knew_at_a_moment(browser: Browser, address: str, case_ref: str) -> None:
    with context(browser, address, locale="en-GB") as visit:
        page = look(visit, case_ref)
        expect(page.get_by_role("heading", level=1)).to_have_text(case_ref)
        page.get_by_role("link", name="The first event").click()
        expect(page.locator(".steps output")).to_contain_text("1 of ")
        page.get_by_role("link", name="One event later").click()
        expect(page.locator(".steps output")).to_contain_text("2 of ")
        moment = page.locator("input[name=as_of]").input_value()
        page.select_option("select[name=as_known_to]", "health")
        page.get_by_role("button", name="Replay").click()
        expect(page.locator("input[name=as_of]")).to_have_value(moment)
        expect(page.locator(".replay [role=status]")).to_contain_text("As Health knew it on")
        page.locator(".replay [role=status] a").click()
        expect(
            page.locator("table.list tbody tr", has_text="not sent to it").or_(page.get_by_text("its own")).first
        ).to_be_visible()
        page.get_by_role("link", name="As it is now").first.click()
        page.get_by_role("link", name="Lanes").click()
        page.locator("svg a").first.click()
        page.get_by_role("button", name="Verify now").click()
        expect(page.get_by_text("All of it holds.")).to_be_visible()
        page.get_by_role("link", name="The case as of this record").click()
        expect(page.locator(".steps output")).to_contain_text("1 of ")


def test_a_case_is_read_by_single_keys_until_somebody_switches_them_off(
    browser: Browser, address: str, case_ref: str
) -> None:
    with context(browser, address, locale="en-GB") as visit:
        page = look(visit, case_ref)
        home = page.url
        page.keyboard.press("4")
        page.wait_for_url("**view=causes")
        page.keyboard.press("j")
        page.keyboard.press("j")
        assert page.evaluate("[...document.querySelectorAll('[data-row]')].indexOf(document.activeElement)") == 1
        page.keyboard.press("k")
        page.keyboard.press("Enter")
        page.wait_for_url("**/records/*")
        page.goto(home)
        page.keyboard.press("[")
        page.wait_for_url("**event=*")
        page.keyboard.press("e")
        assert page.evaluate("document.activeElement.type") == "range"
        page.keyboard.press("Home")
        page.wait_for_url("**event=1")
        page.keyboard.press("t")
        page.keyboard.press("4")
        page.keyboard.press("Escape")
        assert "view=causes" not in page.url, "in a field, keys write"
        page.locator("h1").click()
        page.keyboard.press("?")
        expect(page.locator("dialog")).to_be_visible()
        page.locator("[data-keys-on]").uncheck()
        page.get_by_role("button", name="Close").click()
        page.keyboard.press("4")
        page.keyboard.press("?")
        expect(page.locator("dialog")).to_be_hidden()
        assert "view=causes" not in page.url


def test_a_case_works_without_javascript(browser: Browser, address: str, case_ref: str) -> None:
    with context(browser, address, locale="en-GB", java_script_enabled=False) as visit:
        page = look(visit, case_ref)
        expect(page.locator("[data-help]")).to_be_hidden()
        expect(page.locator("dialog")).to_be_hidden()
        page.get_by_role("link", name="One event earlier").click()
        page.get_by_role("button", name="Go there").click()
        assert "event=" in page.url
        page.select_option("select[name=as_known_to]", "police")
        page.get_by_role("button", name="Replay").click()
        expect(page.locator(".replay [role=status]")).to_contain_text("As Police knew it on")


def test_a_look_that_is_over_leads_back_to_the_same_page(browser: Browser, address: str, case_ref: str) -> None:
    with context(browser, address, locale="en-GB") as visit:
        page = look(visit, case_ref)
        page.goto(f"{page.url}?view=lanes")
        home = page.url
        page.get_by_role("button", name="Sign out").click()
        page = sign_in(visit, "investigator")
        page.goto(home)
        expect(page.locator(".problem")).to_contain_text("is over")
        page.fill("#case_ref", case_ref)
        page.select_option("#purpose", "complaint")
        page.fill("#words", "again")
        page.get_by_role("button", name="Look into it").click()
        page.wait_for_url("**view=lanes")
