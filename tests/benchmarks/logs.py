"""Long logs that more than one benchmark reads: made when they are missing, and kept where that is asked for."""

import shutil
from pathlib import Path

from bus.settings import Settings
from tests.benchmarks import long_log
from tests.benchmarks.report import tell

SEED = 1


async def home(folder: Path, events: int) -> Settings:
    """A home with a log of so many events, of which no server runs."""
    place = folder / f"log-{events}"
    if not place.exists():
        tell(f"log: writing {events:,} events")
        coming = folder / f"log-{events}.part"
        shutil.rmtree(coming, ignore_errors=True)  # of a run that was broken off
        await long_log.write(Settings(home=coming, nats_url=None), events, SEED)
        coming.rename(place)  # so what is there is whole
    return Settings(home=place, nats_url=None)
