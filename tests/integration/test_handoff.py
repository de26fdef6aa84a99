"""A whole handoff over the real thing."""

from tests.builders import POLICE, SOCIAL, on, refer
from tests.living import Bus


async def test_a_handoff_goes_from_referral_to_completion(bus: Bus) -> None:
    referral = await bus.police.do(refer())
    handoff = referral["id"]
    heard = await bus.social.hears(handoff)
    assert heard["standing"]["stage"] == "made"
    await bus.social.do(on(SOCIAL, "referral.acknowledge", handoff))
    await bus.settled()
    assert len(await bus.living.log()) > 2
    assert POLICE
