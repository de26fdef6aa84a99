"""A NATS user's key is changed under everything that runs: the old one is cut off, and its owner goes on by the new."""

import asyncio
from typing import Any

import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError

from bus import nats_users, node, rekeying
from bus.settings import Settings
from contracts.agencies import Agency
from tests.builders import POLICE, SOCIAL, refer
from tests.conftest import Said
from tests.living import Bus, eventually

REFERRALS = "SELECT record_id FROM outbox WHERE type = 'referral.made'"


@pytest.fixture(autouse=True)
def _the_home_is_looked_at_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "WATCH_EVERY_S", 0.02)


class Standing:
    """A connection by a copy of a user's seed, and whether the server has cut it off."""

    def __init__(self, settings: Settings, owner: str, user: str) -> None:
        self._url = settings.url()
        self._seed = nats_users.seed_file(settings, owner, user).read_text()
        self._nats = Client()
        self.cut_off = False

    async def open(self) -> "Standing":
        async def cut() -> None:
            self.cut_off = True

        how: dict[str, Any] = {"allow_reconnect": False, "disconnected_cb": cut, "closed_cb": cut}
        await self._nats.connect(self._url, nkeys_seed_str=self._seed, **how)
        return self

    async def close(self) -> None:
        await self._nats.close()

    async def is_refused(self) -> None:
        """Nor does the key open a new one."""
        again = Client()
        with pytest.raises(NatsError, match="Authorization Violation"):
            await again.connect(self._url, nkeys_seed_str=self._seed, allow_reconnect=False, connect_timeout=2)
        await again.close()


async def goes_on(bus: Bus) -> None:
    referral = await bus.police.do(refer())
    await bus.social.hears(referral["id"])
    await bus.settled()


@pytest.mark.parametrize(
    ("owner", "user"), [(POLICE, "adapter"), (POLICE, "system"), (SOCIAL, "adapter"), ("gateway", "gateway")]
)
async def test_a_key_is_changed_under_its_owner_who_goes_on_and_whoever_has_the_old_one_is_cut_off(
    bus: Bus, owner: str, user: str
) -> None:
    await goes_on(bus)
    thief = await Standing(bus.settings, owner, user).open()
    other = await Standing(bus.settings, "health", "adapter").open()
    rekeying.new_nats_key(bus.settings, owner, user)
    await eventually(lambda: thief.cut_off)
    await thief.is_refused()
    await goes_on(bus)
    assert not other.cut_off, "nobody else's connection falls"
    await thief.close()
    await other.close()


async def test_what_was_handed_in_while_the_key_was_changed_is_in_the_log_once(bus: Bus) -> None:
    asked = [asyncio.create_task(bus.police.ask(refer())) for _ in range(20)]
    for owner, user in ((POLICE, "adapter"), ("gateway", "gateway"), (SOCIAL, "adapter")):
        rekeying.new_nats_key(bus.settings, owner, user)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    await goes_on(bus)
    known = {str(row["record_id"]) for row in bus.app(POLICE).store.read(REFERRALS)}
    logged = [str(one.record.id) for one in await bus.living.log() if one.record.type == "referral.made"]
    assert len(logged) == len(set(logged))
    assert known == set(logged)
    assert {answer["id"] for answer in answers if isinstance(answer, dict)} <= known


async def test_an_adapter_waits_for_the_server_to_know_its_key(bus: Bus, said: Said) -> None:
    """On an agency's own machine the seed is there first, and the server is told of it later."""
    await bus.living.stop_adapter(SOCIAL)
    config = bus.settings.nats_config
    before = config.read_text()
    rekeying.new_nats_key(bus.settings, SOCIAL, "adapter")
    after = config.read_text()
    config.write_text(before)
    starting = asyncio.create_task(bus.living.start_adapter(SOCIAL))
    await eventually(lambda: [line for line in said if line["event"] == "nats.refused"])
    config.write_text(after)
    await starting
    await goes_on(bus)


async def test_an_adapter_that_was_cut_off_goes_on_once_it_is_given_the_key_that_the_server_knows(
    bus: Bus, said: Said
) -> None:
    seed = nats_users.seed_file(bus.settings, SOCIAL, "adapter")
    old = seed.read_bytes()
    rekeying.new_nats_key(bus.settings, SOCIAL, "adapter")
    new = seed.read_bytes()
    seed.write_bytes(old)
    await eventually(lambda: [line for line in said if line["event"] == "nats.refused"])
    seed.write_bytes(new)
    await goes_on(bus)


async def test_the_configuration_holds_the_new_public_half_and_never_a_seed(settings: Settings) -> None:
    before = nats_users.public_halves(settings)
    public = rekeying.new_nats_key(settings, POLICE, "adapter")
    after = nats_users.public_halves(settings)
    assert {user for user in after if after[user] != before[user]} == {(POLICE, "adapter")}
    assert after[POLICE, "adapter"] == public
    config = settings.nats_config.read_text()
    assert before[POLICE, "adapter"] not in config
    assert not [seed for seed in settings.home.rglob("*.nk") if seed.read_text() in config]


async def test_a_server_is_told_of_users_whose_seeds_are_elsewhere(settings: Settings) -> None:
    """In production each agency has its own seeds alone."""
    before = nats_users.public_halves(settings)
    for agency in Agency:
        for seed in settings.keys(agency).glob("*.nk"):
            seed.unlink()
    rekeying.new_nats_key(settings, "gateway", "gateway")
    after = nats_users.public_halves(settings)
    assert {user for user in before if after[user] != before[user]} == {("gateway", "gateway")}
