"""Each page by axe's rules, in each language, light and dark; and whether a window of 320 pixels is enough."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from console.words import Language
from tests.browser.conftest import context, sign_in
from tests.browser.test_console import PAGES
from tests.consoles import PASSWORD

RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
AXE = Axe()
pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]


def findings(page: Page, only: Any = RULES, *, colours: bool = True) -> list[str]:
    rules = {"color-contrast": {"enabled": colours}}
    found = AXE.run(page, options={"resultTypes": ["violations"], "runOnly": only, "rules": rules})
    return [f"{one['id']}: {node['html'][:120]}" for one in found.response["violations"] for node in one["nodes"]]


@pytest.mark.parametrize("language", Language)
def test_axe_finds_nothing_on_any_page_light_or_dark_and_320_pixels_are_enough(
    browser: Browser, address: str, language: Language
) -> None:
    with context(browser, address, locale=language.value, viewport={"width": 320, "height": 800}) as visit:
        page = visit.new_page()
        page.goto("/sign-in")
        found = {"/sign-in": all_of(page)}
        page.close()
        page = sign_in(visit)
        page.goto("/handoffs")
        one = page.locator("tbody th a").first.get_attribute("href")
        for path in (*PAGES, str(one)):
            page.goto(path)
            assert page.locator("html").get_attribute("lang") == language.value
            found[path] = all_of(page)
    assert {path: said for path, said in found.items() if said} == {}


def all_of(page: Page) -> list[str]:
    """Colours in the dark as well; and whether the page is wider than its window."""
    colours = page.locator("html").get_attribute("lang") == Language.ENGLISH  # they are the same in every language
    said = findings(page, colours=colours)
    if colours:
        page.emulate_media(color_scheme="dark")
        said += [f"dark, {one}" for one in findings(page, {"type": "rule", "values": ["color-contrast"]})]
        page.emulate_media(color_scheme="light")
    width = page.evaluate("document.documentElement.scrollWidth")
    return said + ([f"{width} pixels wide"] if width > 320 else [])


def test_a_wrong_password_is_said_where_a_reader_hears_it(browser: Browser, address: str) -> None:
    with context(browser, address, locale="sq-XK") as visit:
        page = visit.new_page()
        page.goto("/sign-in")
        page.fill("#name", "operator")
        page.fill("#password", f"{PASSWORD}!")
        page.click("button.main")
        expect(page.get_by_role("alert")).to_contain_text("nuk përputhen")
        assert findings(page) == []
