"""An agency's store in PostgreSQL, at work: with agencies that use SQLite, and while its server goes and comes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from bus.settings import STORE, Settings
from cli.agencies import opened
from contracts.agencies import Agency
from tests.builders import POLICE, SOCIAL, on, refer
from tests.living import Bus, System, eventually, whole
from tests.postgres import PostgresServer

AT_ONCE = 4
"""So many commands of each agency are under way at any time."""
AT_LEAST = 12
"""So many are recorded by each before its store goes away, and after it has come back."""
AWAY_FOR_S = 0.5
AGAIN_AFTER_S = 0.02


@pytest.fixture
async def mixed(
    settings: Settings, quick: None, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bus]:
    """Social services keep their store in PostgreSQL, everybody else in a file."""
    monkeypatch.setenv(f"{STORE}_SOCIAL", postgres.url())
    async with whole(settings) as found:
        yield found


@pytest.fixture
async def both(
    settings: Settings, quick: None, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bus]:
    """Both agencies keep their stores in one database."""
    monkeypatch.setattr("services.adapter.LOGGED_WITHIN_S", 0.2)
    monkeypatch.setattr("services.incoming_post.RETRY_AFTER_S", 0.05)
    monkeypatch.setattr("services.going_on.AGAIN_AFTER_S", 0.1)
    monkeypatch.setenv(STORE, postgres.url())
    async with whole(settings) as found:
        yield found


async def test_an_agency_on_postgres_and_one_on_sqlite_carry_a_handoff_between_them(mixed: Bus) -> None:
    made = (await mixed.police.do(refer()))["id"]
    await mixed.social.hears(made)
    accepted = await mixed.social.do(on(SOCIAL, "referral.accept", made))
    await mixed.police.hears(accepted["id"])
    await mixed.settled()
    assert (mixed.settings.home / "stores" / "police.db").exists()
    assert not (mixed.settings.home / "stores" / "social.db").exists()
    with opened(SOCIAL, mixed.settings) as beside:  # as `barnabus inbox` does while the adapter holds the store
        assert [row["record_id"] for row in beside.inbox.letters()] == [made]


@pytest.mark.fault
async def test_a_postgres_that_crashes_and_comes_back_in_the_middle_of_traffic_loses_and_doubles_nothing(
    both: Bus, postgres: PostgresServer
) -> None:
    """The adapters are not started again; what was not recorded is sent again with its own id."""
    sent: dict[Agency, list[str]] = {POLICE: [], SOCIAL: []}
    over = asyncio.Event()
    directions = ((both.police, SOCIAL), (both.social, POLICE))
    work = [
        asyncio.create_task(_traffic(system, to, sent[system.agency], over))
        for system, to in directions
        for _ in range(AT_ONCE)
    ]
    await _goes_on(sent)
    await asyncio.to_thread(postgres.stop)  # meanwhile the adapters are in the middle of things
    refused = await both.police.ask(refer())
    assert refused["error"]["code"] == "store.unavailable"
    await asyncio.sleep(AWAY_FOR_S)
    postgres.start()
    await _goes_on(sent)
    over.set()
    await asyncio.gather(*work)
    await eventually(lambda: all(_heard(both, to) == set(sent[system.agency]) for system, to in directions))
    await both.settled()
    logged = Counter(str(entry.record.id) for entry in await both.living.log() if entry.record.data.letters)
    assert logged == Counter(sent[POLICE] + sent[SOCIAL])


async def _goes_on(sent: dict[Agency, list[str]]) -> None:
    enough = {agency: len(acts) + AT_LEAST for agency, acts in sent.items()}
    await eventually(lambda: all(len(acts) >= enough[agency] for agency, acts in sent.items()))


def _heard(bus: Bus, agency: Agency) -> set[str]:
    return {row["record_id"] for row in bus.app(agency).inbox.letters(limit=10_000)}


async def _traffic(system: System, to: Agency, sent: list[str], over: asyncio.Event) -> None:
    """Referrals one after another until it is over; each is sent until it is answered as recorded."""
    while not over.is_set():
        command = refer(system.agency, to=to)
        while "error" in (answer := await system.ask(command)):
            assert answer["error"]["code"] == "store.unavailable", answer
            await asyncio.sleep(AGAIN_AFTER_S)
        sent.append(answer["id"])
