"""Duties and who failed them, and who looked into a case: what institutions answer for."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.agencies import Agency
from contracts.shapes import Post
from contracts.tiers import Frozen, Tier
from contracts.vocabulary.accounting import AccessPurpose, EmergencyGround, Excuse, FailureKind

RuleId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
OPENED_LIMIT = 50


class OnDuty(Frozen):
    """A duty is one rule, and the record that set it off."""

    rule: Annotated[RuleId, Tier.E]
    trigger_id: Annotated[UUID, Tier.E]
    owner: Annotated[Agency, Tier.E]


class DutyOpened(OnDuty):
    """Something is owed, by whom, and until when; without a limit in law, no `due_at`."""

    due_at: Annotated[AwareDatetime | None, Tier.E] = None


class DutyMet(OnDuty):
    """What was owed was done."""

    met_by: Annotated[UUID, Tier.E]
    on_time: Annotated[bool, Tier.O]


class DutyBreached(OnDuty):
    """What was owed was not done in time."""

    due_at: Annotated[AwareDatetime, Tier.E]


class DutyExcused(OnDuty):
    """Why a duty of one's own was not met; a person reviews it."""

    reason: Annotated[Excuse, Tier.O]


def duty_owner(codes: Mapping[str, Any]) -> frozenset[Agency]:
    return frozenset({Agency(codes["owner"])})


class DutyFailureAlleged(Frozen):
    """Somebody says that an agency failed its duty; oversight looks into it."""

    against: Annotated[Agency, Tier.E]
    failure: Annotated[FailureKind, Tier.O]
    about_id: Annotated[UUID | None, Tier.E] = None  # a record that shows it


class AccessRecorded(Frozen):
    """Somebody looked into the case, and for what."""

    purpose: Annotated[AccessPurpose, Tier.O]
    opened: Annotated[tuple[UUID, ...], Field(max_length=OPENED_LIMIT), Tier.E] = ()  # whose content, beyond codes


class EmergencyAccess(Frozen):
    """Somebody looked without the usual leave, because there was no time; a second post vouches for it."""

    ground: Annotated[EmergencyGround, Tier.O]
    vouched_by: Annotated[Post, Tier.E]
    opened: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=OPENED_LIMIT), Tier.E]
