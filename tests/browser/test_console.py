"""Each page as people meet it: with a keyboard, a reader, a small or a dark screen, on paper, without JavaScript."""

import json
import re
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import WITHIN_MS, context, serving, sign_in
from tests.consoles import accounts
from tests.docs.test_commands import Up

PAGES = (
    "/flow", "/duties?standing=overdue&closed=yes&limit=8", "/handoffs?open=yes&oldest=yes&limit=8", "/parked",
    "/health", "/contracts", "/contracts/changes?from=now&to=1.0.0", "/contracts/referral.made", "/handoffs/none-such",
    "/flow?service=clearance&period=2019", "/flow?municipality=south&period=2025",
)  # fmt: skip
REFERRAL = "contracts/examples/referral.made.valid.json"
pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]


def test_an_operator_finds_what_waits_longest_from_sign_in_to_the_handoff(browser: Browser, address: str) -> None:
    with context(browser, address, locale="en-GB") as visit:
        page = sign_in(visit)
        expect(page.get_by_role("heading", level=1)).to_have_text("Flow")
        worst = page.locator("td.worst", has_text="most open").first
        count = int(worst.locator("b").inner_text())
        worst.locator("a").click()
        rows = page.locator("tbody tr")
        expect(rows).to_have_count(min(count, 50))
        rows.first.locator("a").click()
        expect(page.get_by_role("heading", name="Who held it")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        page.goto("/flow")
        assert "/sign-in?next=" in page.url


def test_oversight_finds_what_is_overdue_and_by_whose_authority(browser: Browser, address: str) -> None:
    with context(browser, address, locale="en-GB") as visit:
        page = sign_in(visit, "oversight")
        page.goto("/duties")
        page.goto("/flow")
        page.locator("td.bad a").first.click()
        expect(page.locator("#list")).to_have_text("Overdue")
        expect(page.locator("td.bad", has_text="overdue by").first).to_be_visible()
        expect(page.locator("strong.unverified").first).to_have_text("UNVERIFIED")
        assert page.goto("/health").status == 403  # type: ignore[union-attr]


def test_an_integrator_finds_a_type_with_its_example(browser: Browser, address: str) -> None:
    with context(browser, address, locale="en-GB") as visit:
        page = sign_in(visit, "integrator")
        page.get_by_role("link", name="referral.made").click()
        expect(page.locator("pre").first).to_contain_text('"command": "referral.make"')


def test_everything_is_reached_by_the_keyboard_and_shows_where_it_is(signed_in: Page) -> None:
    signed_in.goto("/flow")
    signed_in.keyboard.press("Tab")
    expect(signed_in.locator(":focus")).to_have_text("Skip to the content")
    expect(signed_in.locator(":focus")).to_be_in_viewport()
    signed_in.keyboard.press("Enter")
    assert signed_in.evaluate("document.activeElement.id") == "content"
    for _ in range(30):
        signed_in.keyboard.press("Tab")
        if signed_in.evaluate("document.activeElement.matches('.matrix .open')"):
            break
    assert signed_in.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    signed_in.keyboard.press("Enter")
    signed_in.wait_for_url("**/handoffs?**")


def test_without_javascript_every_page_works(browser: Browser, address: str) -> None:
    with context(browser, address, locale="en-GB", java_script_enabled=False) as visit:
        page = sign_in(visit)
        expect(page.locator(".live")).to_be_hidden()
        page.select_option("select[name=service]", "screening")
        page.get_by_role("button", name="Show").click()
        assert "service=screening" in page.url
        page.locator("summary").click()
        expect(page.locator("details tbody tr").first).to_be_visible()
        page.get_by_role("button", name="Shqip").click()
        expect(page.locator("h1")).to_have_text("Rrjedha")
        assert "service=screening" in page.url, "the same view, in another language"


def test_on_paper_stands_what_is_read_and_nothing_to_press(signed_in: Page) -> None:
    signed_in.goto("/flow")
    signed_in.emulate_media(media="print")
    expect(signed_in.locator(".matrix")).to_be_visible()
    for nothing in ("nav", ".choices", ".languages", ".live"):
        expect(signed_in.locator(nothing).first).to_be_hidden()


def test_nothing_is_fetched_from_elsewhere_and_no_policy_is_broken(signed_in: Page, address: str) -> None:
    asked, said = list[str](), list[str]()
    signed_in.on("request", lambda request: asked.append(request.url))
    signed_in.on("console", lambda message: said.append(message.text))
    for path in PAGES:
        signed_in.goto(path)
    assert asked
    assert [url for url in asked if not url.startswith(f"{address}/")] == []
    assert [text for text in said if "404" not in text] == []


def test_an_open_page_is_kept_up_to_date_until_it_is_paused(browser: Browser, tmp_path: Path) -> None:
    """Over a bus at work: what is logged is seen, without anybody asking."""
    up = Up(tmp_path / "home")
    try:
        assert up.run("submit", "police", REFERRAL).returncode == 0
        accounts(tmp_path / "home")
        with serving(tmp_path / "home") as address, context(browser, address, locale="en-GB") as visit:
            page = sign_in(visit)
            count = page.locator("td", has_text=re.compile("open")).locator("b")
            expect(count).to_have_text("1", timeout=WITHIN_MS)
            expect(page.locator(".live .state")).to_have_text("Live")
            page.locator(".matrix .open").focus()
            page.evaluate("window.theSame = true")

            another(up, tmp_path)
            expect(count).to_have_text("2", timeout=WITHIN_MS)
            assert page.evaluate("window.theSame"), "the page was not loaded anew"
            assert page.evaluate("document.activeElement.matches('.matrix .open')"), "the focus stays"
            expect(page.locator(".live .state")).to_contain_text("Updated at")
            expect(page.locator("#proof + dl")).to_contain_text("current", timeout=WITHIN_MS)

            page.get_by_role("button", name="Pause").click()
            another(up, tmp_path)
            page.wait_for_timeout(3_000)
            expect(count).to_have_text("2")
            page.get_by_role("button", name="Go on").click()
            another(up, tmp_path)
            expect(count).to_have_text("4", timeout=WITHIN_MS)
    finally:
        up.end()


def another(up: Up, folder: Path) -> None:
    """One more referral, in a case of its own."""
    said = json.loads((Path(__file__).parents[2] / REFERRAL).read_text()) | {"id": str(uuid4())}
    said.pop("case_ref", None)
    (folder / "again.json").write_text(json.dumps(said))
    found = up.run("submit", "police", str(folder / "again.json"))
    assert found.returncode == 0, found.stderr
