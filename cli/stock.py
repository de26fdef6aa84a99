"""Taking stock: the whole log, verified, and what each agency's store holds."""

from bus import directory
from bus.audit import StoreFacts
from bus.log import Logged, verify
from bus.settings import Settings
from cli.agencies import APPLICATIONS, opened
from cli.log import reader
from contracts.agencies import Agency


async def read_log(settings: Settings) -> list[Logged]:
    """The whole log, each entry verified."""
    keyring = directory.load(settings)
    async with reader(settings) as log:
        return [verify(entry, keyring) async for entry in log.entries(1, await log.last())]


def stores(settings: Settings) -> dict[Agency, StoreFacts]:
    found = {}
    for agency in APPLICATIONS:
        with opened(agency, settings) as application:
            found[agency] = application.facts()
    return found
