"""Oversight with a browser: who looked into which case, and what else that person looked at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from bus.provisioning import provision
from bus.settings import Settings
from console.words import Language
from projections.view import Place
from tests.browser.conftest import context, serving, sign_in
from tests.browser.test_accessibility import all_of
from tests.builders import now
from tests.consoles import accounts
from tests.looks import looks
from tests.views import by_hand

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]


@pytest.fixture(scope="module")
def looked_into(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The console over a log of looks; no server runs."""
    home: Path = tmp_path_factory.mktemp("looks") / "home"
    settings = Settings(home=home, nats_url=None)
    provision(settings, now())
    by_hand(Place.of(settings), looks())
    accounts(home)
    with serving(home) as found:
        yield found


@pytest.mark.parametrize("language", Language)
def test_axe_finds_nothing_on_the_access_log(browser: Browser, looked_into: str, language: Language) -> None:
    with context(browser, looked_into, locale=language.value, viewport={"width": 320, "height": 800}) as visit:
        page = sign_in(visit, "oversight")
        found = {}
        for path in ("/accesses", "/accesses?person_of=8"):
            page.goto(path)
            found[path] = all_of(page)
    assert {path: said for path, said in found.items() if said} == {}


def test_oversight_finds_each_emergency_and_what_else_that_person_looked_at(browser: Browser, looked_into: str) -> None:
    with context(browser, looked_into, locale="en-GB", java_script_enabled=False) as visit:
        page = sign_in(visit, "oversight")
        page.get_by_role("link", name="Access log").click()
        page.get_by_label("only emergencies").check()
        page.get_by_role("button", name="Show").click()
        rows = page.locator("table.looks tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.last).to_contain_text("supervisor-3 vouches for it")
        rows.last.get_by_role("link", name="inspector-17").click()
        expect(rows).to_have_count(5)
        assert page.url.partition("?")[2] == "person_of=6#list"
