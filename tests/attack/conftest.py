"""What an attack begins with."""

from collections.abc import AsyncIterator

import pytest

from tests.attack.intruder import Enter, Intruder
from tests.living import Bus


@pytest.fixture
async def intrude(bus: Bus) -> AsyncIterator[Enter]:
    made: list[Intruder] = []

    async def enter(owner: str, user: str) -> Intruder:
        made.append(await Intruder().connect(bus, owner, user))
        return made[-1]

    yield enter
    for intruder in made:
        await intruder.nats.close()
