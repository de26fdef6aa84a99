"""One house a module: started once, and whole again before each test."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.fault.house import House, open_house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(tmp_path_factory.mktemp("home")) as house:
        yield house


@pytest_asyncio.fixture(loop_scope="module")
async def house(running: House) -> House:
    """Everything runs, whatever the test before has left."""
    await running.all_up()
    return running
