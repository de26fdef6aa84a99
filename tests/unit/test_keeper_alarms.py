"""Whom an alarm of the keeper's goes to: those whom the log has its notice for, and nobody whom a bypass kept out."""

from collections.abc import Iterable, Mapping
from uuid import UUID, uuid5

from contracts.agencies import Agency
from contracts.duties import duty_id
from contracts.duties.notices import Notice
from services.keeper.alarms import Alarm, Alarms, Kind
from services.keeper.application import Judged, Keeper
from tests.builders import HEALTH, POLICE, PROSECUTION, SOCIAL, bypass, concern, new_case
from tests.carried import Carried

RULE = "suspicion-to-prosecutor"


class Everybody:
    """Each agency by one way."""

    def ways(self, agencies: Iterable[Agency]) -> Mapping[Agency, tuple[str, ...]]:
        return dict.fromkeys(agencies, ("mail/desk",))


def keeper_of(agencies: Carried) -> Keeper:
    keeper = agencies.apps[Agency.KEEPER]
    assert isinstance(keeper, Keeper)
    keeper.reach = Everybody()  # type: ignore[assignment]  # as much of it as is asked here
    return keeper


def gives(agencies: Carried, case_ref: str, trigger: UUID, *tell: Agency) -> UUID:
    """The keeper records that a duty is unanswered; the duty's id."""
    keeper, at = keeper_of(agencies), agencies.by_hand.clock()
    duty = duty_id(RULE, "health", trigger)
    codes = {
        "rule": RULE, "trigger_id": str(trigger), "trigger_by": "health", "owner": "police", "position": 1,
        "version": "1", "expected_by": at.isoformat(), "after_hours": 24,
    }  # fmt: skip
    notice = Notice(uuid5(duty, "duty.escalated"), "duty.escalated", codes, tell, trigger, duty)
    assert keeper.give([Judged(case_ref, [notice], ())], at, at) == 1
    return duty


def alarms(agencies: Carried) -> list[Alarm]:
    return Alarms(keeper_of(agencies).store).waiting()


async def test_it_is_saved_with_the_logs_answer_to_its_notice_and_not_before(agencies: Carried) -> None:
    case = new_case()
    made = await agencies.says(HEALTH, concern(HEALTH, SOCIAL, POLICE, case_ref=case))
    duty = gives(agencies, case, UUID(str(made)), SOCIAL, POLICE)
    assert alarms(agencies) == []
    await agencies.sends(Agency.KEEPER)
    found = {(one.agency, one.kind, one.duty_id) for one in alarms(agencies)}
    assert found == {(SOCIAL, Kind.UNANSWERED, duty), (POLICE, Kind.UNANSWERED, duty)}


async def test_whom_a_bypass_keeps_out_by_the_time_its_notice_is_logged_gets_none(agencies: Carried) -> None:
    case = new_case()
    made = await agencies.says(HEALTH, concern(HEALTH, SOCIAL, POLICE, case_ref=case))
    gives(agencies, case, UUID(str(made)), SOCIAL, POLICE)
    await agencies.says(POLICE, bypass(POLICE, case, SOCIAL.value, PROSECUTION.value))
    await agencies.sends(Agency.KEEPER)
    assert [one.agency for one in alarms(agencies)] == [POLICE]
