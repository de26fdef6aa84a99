"""What tests start from: a home of its own for each, and the bus at work in it."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog
from structlog.testing import capture_logs

from bus import gateway_service
from bus.provisioning import provision
from bus.settings import Settings, stores_in_home
from tests import personal
from tests.builders import ByHand, now
from tests.living import Bus, Everybody, Living, all_agencies, living, whole
from tests.postgres import PostgresServer

Said = list[MutableMapping[str, Any]]


hypothesis.settings.register_profile("barnabus", deadline=None)  # how fast an example is says how busy a machine is
hypothesis.settings.load_profile("barnabus")


@pytest.fixture(scope="session")
def _watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[personal.Watch]:
    """Of everything that is logged in this process, and at the end of what other processes have left in files."""
    watch = personal.Watch()
    with pytest.MonkeyPatch.context() as patch:
        watch.install(patch)
        yield watch
    assert personal.in_files(tmp_path_factory.getbasetemp()) == [], "a process has logged personal data"


@pytest.fixture(autouse=True)
def _nothing_personal_is_logged(_watch: personal.Watch, request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    assert _watch.taken() == [], f"{request.node.name} has had personal data logged"


@pytest.fixture(scope="session", autouse=True)
def _stores_in_home() -> None:
    stores_in_home()


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("template") / "home"
    provision(Settings(home=home, nats_url=None), now())
    return home


@pytest.fixture
def settings(_template: Path, tmp_path: Path) -> Settings:
    """A provisioned home, of this test alone."""
    home = tmp_path / "home"
    shutil.copytree(_template, home)
    return Settings(home=home, nats_url=None)


@pytest.fixture(scope="session")
def _postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture
def postgres(_postgres: PostgresServer) -> Iterator[PostgresServer]:
    """A real PostgreSQL, empty for each test."""
    yield _postgres
    _postgres.empty()


@pytest.fixture
def by_hand(settings: Settings) -> ByHand:
    """Letters are carried by the test: no broker."""
    return ByHand(settings)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway says more often that it is alive, so that a first one is active at once."""
    monkeypatch.setattr(gateway_service, "ALIVE_EVERY_S", 0.05)


@pytest.fixture
async def home(settings: Settings, quick: None) -> AsyncIterator[Living]:
    """A real server with the bus's streams; a test starts what else it needs."""
    async with living(settings) as found:
        yield found


@pytest.fixture
async def bus(settings: Settings, quick: None) -> AsyncIterator[Bus]:
    """Everything at work: server, gateway, both adapters, both agencies' own systems."""
    async with whole(settings) as found:
        yield found


@pytest.fixture
async def everybody(settings: Settings, quick: None) -> AsyncIterator[Everybody]:
    """All five agencies at work, and their own systems."""
    async with all_agencies(settings) as found:
        yield found


@pytest.fixture
def commands_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that run inside this process leave its logging as it is."""
    monkeypatch.setattr("bus.logging.configure", lambda *_, **__: None)


@pytest.fixture
def said() -> Iterator[Said]:
    """What the processes log while the test runs."""
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        yield lines


@pytest.fixture
def events(said: Said) -> Callable[[], set[str]]:
    """The names of what was logged so far."""
    return lambda: {str(line["event"]) for line in said}
