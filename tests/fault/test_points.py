"""A process dies at each named point of its work, and its work goes on as if it had not."""

import asyncio

import pytest

from bus import faults
from bus.chains import RECEIPT, receipt_of
from contracts.agencies import Agency
from contracts.envelope import Record
from tests.fault.house import House
from tests.fault.test_keeper import POINTS as KEEPER_POINTS
from tests.fault.traffic import referral, traffic
from tests.fault.waiting import until

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

ADAPTER_POINTS = {"relay.built": 3, "relay.built-receipt": 2, "relay.answered": 4, "inbox.taken": 3, "inbox.saved": 2}
GATEWAY_POINTS = {"gateway.appended": 4, "gateway.posted": 5}
"""Each with how often it is passed before the process dies there."""
ALARM_POINT = "alarm.sent"
"""Of what carries alarms: tried in tests/integration/test_alarms.py."""


ERASING_POINT = "erasing.saved"
"""Tried in tests/fault/test_erasing.py."""
WEBHOOK_POINT = "webhook.sent"
"""Of what carries the feed to webhooks: tried in tests/integration/test_webhooks.py."""


async def test_every_named_point_is_tried() -> None:
    assert {*ADAPTER_POINTS, *GATEWAY_POINTS, *KEEPER_POINTS, ALARM_POINT, ERASING_POINT, WEBHOOK_POINT} == set(
        faults.POINTS
    )


@pytest.mark.parametrize("point", ADAPTER_POINTS)
async def test_adapters_that_die_at_a_point_go_on_where_they_were(house: House, point: str) -> None:
    """Each dies once, whichever comes to the point first."""

    async def dies_and_comes_back(agency: Agency) -> None:
        await house.dies(agency)
        await _lies_as_the_point_says(house, point, agency)
        await house.start(agency)

    await house.replace(*house.systems, kill_at=f"{point}:{ADAPTER_POINTS[point]}")
    async with traffic(house.systems) as running:
        await asyncio.gather(*map(dies_and_comes_back, house.systems))
        await running.goes_on()
    await house.verdict.settles()


async def _lies_as_the_point_says(house: House, point: str, agency: Agency) -> None:
    """What the dead adapter left on its disk, and what the log has of it."""
    store, log = house.verdict.store(agency), await house.verdict.log()
    acts, receipts = log.ids(agency, receipts=False), log.ids(agency, receipts=True)
    match point:
        case "relay.built":
            assert store.waiting in store.facts.acts
            assert store.waiting not in acts
        case "relay.built-receipt":
            assert store.waiting not in {None, *store.facts.acts, *receipts}
        case "relay.answered":
            assert store.waiting in {*acts, *receipts}
        case "inbox.taken":
            assert await house.unacknowledged(agency)  # new, or come again because another one died
        case "inbox.saved":
            assert await house.unacknowledged(agency) & set(store.letters)


async def test_the_last_letter_is_not_lost_with_the_adapter_that_had_it_in_hand(house: House) -> None:
    """Nothing follows that would show that one is missing: the post itself brings it again."""
    await house.verdict.everything_is_told(systems_too=False)  # else it may die of one that comes once more
    await house.replace(Agency.SOCIAL, kill_at="inbox.taken")
    made = await house.systems[Agency.POLICE].do("referral.make", referral(Agency.SOCIAL))
    await house.dies(Agency.SOCIAL)
    assert str(made) not in house.verdict.store(Agency.SOCIAL).letters.values()
    await house.start(Agency.SOCIAL)
    await house.verdict.settles()


@pytest.mark.parametrize("point", GATEWAY_POINTS)
async def test_a_gateway_that_dies_at_a_point_goes_on_once_it_is_started_again(house: House, point: str) -> None:
    # else a letter that is sent once more, on which nobody waits, may be what it dies of
    await house.verdict.everything_is_told(systems_too=False)
    await house.kill("gateway-a", "gateway-b")
    await house.start("gateway-a", kill_at=f"{point}:{GATEWAY_POINTS[point]}")
    async with traffic(house.systems) as running:
        await house.dies("gateway-a")
        await _lies_as_the_gateway_left_it(house, point)
        await house.start("gateway-a")
        await running.goes_on()
    await house.verdict.settles()


async def _lies_as_the_gateway_left_it(house: House, point: str) -> None:
    """A record is in the log whose sender has no answer; its letters are posted or not, as the point says."""
    entries = (await house.verdict.log()).entries
    unanswered = {house.verdict.store(agency).waiting for agency in house.systems}
    left = [entry.record for entry in entries if str(entry.record.id) in unanswered]
    if point == "gateway.appended":
        assert left[-1] is entries[-1].record
        assert not any(_arrived(house, left[-1]))
    else:
        # while one was posted, the other agency's may have been appended
        await until("what was posted has arrived", lambda: any(all(_arrived(house, record)) for record in left))


def _arrived(house: House, record: Record) -> list[bool]:
    """Of each letter of a record, whether its recipient has it; of a receipt, whether its sender knows of it."""
    if record.type == RECEIPT:
        receipt = receipt_of(record)
        unsigned = house.verdict.store(receipt.sender).unsigned
        return [(record.sender, letter.number) not in unsigned for letter in receipt.letters]
    return [(record.sender, letter.number) in house.verdict.store(letter.to).letters for letter in record.data.letters]


@pytest.mark.parametrize("point", GATEWAY_POINTS)
async def test_another_gateway_takes_over_from_one_that_dies_at_a_point(house: House, point: str) -> None:
    await house.kill("gateway-a", "gateway-b")
    await house.start("gateway-a", kill_at=f"{point}:{GATEWAY_POINTS[point]}")
    await until("it is active", lambda: house.active == "gateway-a")
    await house.start("gateway-b")
    await house.ready("gateway-b")
    async with traffic(house.systems) as running:
        await house.dies("gateway-a")
        await until("the other is active", lambda: house.active == "gateway-b")
        await running.goes_on()
    await house.verdict.settles()


async def test_everybody_is_told_in_the_end(house: House) -> None:
    """Also of what was on its way to an adapter that died: the post brings it again."""
    await house.verdict.everything_is_told(systems_too=True)
