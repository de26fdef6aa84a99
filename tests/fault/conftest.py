"""One house a module: started once, and whole again before each test."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.fault.house import House, open_house


@pytest.fixture(scope="session", autouse=True)
def _processes_start_quickly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Dozens of processes are started: they share what Python compiles, also where it is told to keep nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("compiled")))
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(tmp_path_factory.mktemp("home")) as house:
        yield house


@pytest_asyncio.fixture(loop_scope="module")
async def house(running: House) -> House:
    """Everything runs, whatever the test before has left."""
    await running.all_up()
    return running
