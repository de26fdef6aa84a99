"""Scenarios over the real thing: what a step says must come about is seen to, and what must not is seen to as well."""

import pytest

from cli.player import Player
from cli.processes import Processes
from cli.scenario import Awaited, Scenario, Sent, Step
from contracts.agencies import EVERYBODY, Agency
from contracts.errors import BarnabusError
from tests.builders import HEALTH, OVERSIGHT, POLICE, PROSECUTION, SOCIAL, bypass, new_case, on, protection, refer
from tests.living import Everybody


class Played:
    """A player over agencies that run in this test's process, and what it says."""

    def __init__(self, everybody: Everybody) -> None:
        self.said: list[tuple[str, str]] = []
        settings = everybody.living.settings
        self.player = Player(settings, Processes(settings), lambda *line: self.said.append(line), self.settled)
        self.everybody = everybody
        self.last: tuple[Agency, str] | None = None

    async def settled(self) -> None:
        if self.last:
            agency, letter = self.last
            await self.everybody.systems[agency].hears(letter)

    async def play(self, *steps: Step) -> None:
        await self.player.open(tuple(sorted(EVERYBODY)))
        try:
            await self.player.play(Scenario(title="Title", story="Story", steps=steps))
        finally:
            await self.player.close()


async def test_a_fact_is_heard_without_a_standing_and_by_nobody_whom_a_bypass_keeps_out(everybody: Everybody) -> None:
    case, played = new_case(), Played(everybody)
    asked = refer(SOCIAL, HEALTH, case_ref=case)
    around, given = bypass(HEALTH, case), protection(SOCIAL, case)
    to_police = refer(SOCIAL, POLICE, case_ref=case)
    played.last = (PROSECUTION, given["id"])
    await played.play(
        Step(say="", send=Sent(agency=SOCIAL, command=asked)),
        Step(say="", heard=Awaited(agency=HEALTH, id=asked["id"])),
        Step(say="", send=Sent(agency=HEALTH, command=around)),
        Step(say="", send=Sent(agency=SOCIAL, command=given)),
        Step(say="", heard=Awaited(agency=OVERSIGHT, id=given["id"])),
        Step(say="", not_heard=Awaited(agency=POLICE, id=given["id"])),
        Step(say="", send=Sent(agency=SOCIAL, command=to_police, expect="refused-by-gateway")),
    )
    assert ("police", "has heard nothing of it") in played.said
    (heard,) = [what for who, what in played.said if who == "oversight" and "immediate-protection.taken" in what]
    assert heard.startswith("hears immediate-protection.taken from social (")
    (made,) = [what for who, what in played.said if who == "social" and "VOID" in what]
    assert made == "referral.make: recorded, not logged; VOID, refused-by-gateway"


async def test_what_an_agency_hears_is_shown_after_the_act_that_it_hears_of(everybody: Everybody) -> None:
    asked, played = refer(POLICE, SOCIAL), Played(everybody)
    seen = on(SOCIAL, "referral.acknowledge", asked["id"])
    await played.play(
        Step(say="", send=Sent(agency=POLICE, command=asked)),
        Step(say="", heard=Awaited(agency=SOCIAL, id=asked["id"])),
        Step(say="", send=Sent(agency=SOCIAL, command=seen)),
        Step(say="", heard=Awaited(agency=POLICE, id=seen["id"])),
    )
    told = [f"{who} {what.split(' ')[0]}" for who, what in played.said if who in EVERYBODY]
    assert told == ["police referral.make:", "social hears", "social referral.acknowledge:", "police hears"]


async def test_a_scenario_ends_where_an_agency_hears_what_it_must_not(everybody: Everybody) -> None:
    asked, played = refer(POLICE, SOCIAL), Played(everybody)
    played.last = (SOCIAL, asked["id"])
    with pytest.raises(BarnabusError) as failed:
        await played.play(
            Step(say="", send=Sent(agency=POLICE, command=asked)),
            Step(say="", heard=Awaited(agency=SOCIAL, id=asked["id"])),
            Step(say="", not_heard=Awaited(agency=SOCIAL, id=asked["id"])),
        )
    assert (failed.value.code, failed.value.detail) == ("scenario.failed", f"social heard {asked['id']}.")


NO_HANDOFF = "6f0c6f0e-6a4e-4d0a-9a55-0f6a3b6d7c11"


@pytest.mark.parametrize(
    ("expect", "handoff", "code"),
    [
        ("already-declined", None, "scenario.failed"),  # it is taken
        (None, NO_HANDOFF, "handoff.unknown"),  # refused, and nothing of the kind was the point
        ("handoff.void", NO_HANDOFF, "handoff.unknown"),  # refused, for another reason
    ],
)
async def test_a_scenario_ends_where_an_act_comes_to_something_else_than_it_says(
    everybody: Everybody, expect: str | None, handoff: str | None, code: str
) -> None:
    played, made = Played(everybody), refer(POLICE, SOCIAL)
    act = on(POLICE, "referral.ask-withdrawal", handoff or made["id"], reason="need-met")
    with pytest.raises(BarnabusError) as failed:
        await played.play(
            Step(say="", send=Sent(agency=POLICE, command=made)),
            Step(say="", send=Sent(agency=POLICE, command=act, expect=expect)),
        )
    assert failed.value.code == code
