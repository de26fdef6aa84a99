"""Taking stock: the whole log, verified, and what each agency's store holds."""

from bus import connection, directory
from bus.audit import StoreFacts
from bus.log import Logged, LogReader, verify
from bus.settings import Settings
from cli.agencies import APPLICATIONS, opened
from contracts import subjects
from contracts.agencies import Agency


async def read_log(settings: Settings) -> list[Logged]:
    """The whole log, each entry verified."""
    keyring = directory.load(settings)
    nats = await connection.connect(settings, "reader", "reader", patient=False)
    try:
        reader = LogReader(nats, api=subjects.API)
        return [verify(entry, keyring) async for entry in reader.entries(1, await reader.last())]
    finally:
        await connection.close(nats)


def stores(settings: Settings) -> dict[Agency, StoreFacts]:
    found = {}
    for agency in APPLICATIONS:
        with opened(agency, settings) as application:
            found[agency] = application.facts()
    return found
