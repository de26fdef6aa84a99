import asyncio, signal, time, pytest
from tests.fault.conftest import *
from tests.fault.house import House
from tests.fault.traffic import traffic

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(500)]


async def test_x(house: House) -> None:
    async with traffic(house.systems) as running:
        for i in range(14):
            name = ("police", "social")[i % 2]
            await running.goes_on(2)
            t = time.monotonic()
            house.signal(name, signal.SIGTERM)
            try:
                print(name, await house.children.end_of(name, 8.0), time.monotonic() - t)
            except TimeoutError:
                print(name, "HANGS")
                house.signal(name, signal.SIGUSR1)
                await asyncio.sleep(1)
                open("/tmp/dbg/dump.txt", "a").write("=====\n" + house.log_of(name)[-40000:])
                await house.kill(name)
            await house.start(name)
