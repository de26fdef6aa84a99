"""A browser, and the console as a process of its own over a home with a made-up log."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bus.provisioning import server_config
from bus.server import EmbeddedServer
from bus.settings import Settings
from tests.consoles import ENTRIES, PASSWORD, PLACES, accounts, read_models

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
WITHIN_MS = 20_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For a module, as Playwright keeps a loop going meanwhile: the next module of a worker may want one of its own."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on the PATH: on Debian, apt install chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield found
        found.close()


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """`barnabus console` in this home, and its address."""
    words = [sys.executable, "-m", "cli", "console", "--listen", "0"]
    environment = os.environ | {"BARNABUS_HOME": str(home), "BARNABUS_PLACES": str(PLACES)}
    environment.pop("BARNABUS_NATS_URL", None)
    with subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            said = process.stdout.readline()
            yield said.partition(" is at ")[2].partition(". ")[0]
        finally:
            process.terminate()
            assert process.wait(20) == 0


@pytest.fixture(scope="module")
def address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Over a made-up log of ENTRIES, which a server holds: the same that the read models are made of."""
    home = tmp_path_factory.mktemp("browser") / "home"
    settings = Settings(home=home, nats_url=None)
    words = ("-m", "tests.benchmarks.long_log", "--events", str(ENTRIES), "--seed", "7", "--home", str(home))
    subprocess.run((sys.executable, *words), cwd=ROOT, check=True, capture_output=True)
    read_models(settings)
    accounts(home)
    with EmbeddedServer(home / "nats", server_config(settings)) as server:
        settings.address.write_text(server.url + "\n")
        with serving(home) as found:
            yield found


@pytest.fixture
def signed_in(browser: Browser, address: str) -> Iterator[Page]:
    """The operator, in English, on a light screen."""
    with context(browser, address, locale="en-GB") as found:
        yield sign_in(found)


@contextmanager
def context(browser: Browser, at: str, **more: object) -> Iterator[BrowserContext]:
    found = browser.new_context(base_url=at, **more)  # type: ignore[arg-type]  # as Playwright has them
    found.set_default_timeout(WITHIN_MS)
    try:
        yield found
    finally:
        found.close()


def sign_in(of: BrowserContext, name: str = "operator") -> Page:
    page = of.new_page()
    page.goto("/sign-in")
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("button.main")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page
