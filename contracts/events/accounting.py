"""Duties and who failed them, and who looked into a case: what institutions answer for."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, PositiveInt, StringConstraints

from contracts.agencies import Agency, Answerable
from contracts.credential import PersonLabel
from contracts.shapes import Post
from contracts.tiers import Frozen, Tier
from contracts.vocabulary.accounting import AccessPurpose, EmergencyGround, Excuse, FailureKind, Replay

RuleId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,29}$")]
"""Of a jurisdiction, or of a version of its protocol."""
OPENED_LIMIT = 50
OPEN_LIMIT = 50


class OnDuty(Frozen):
    """A duty is one rule, and the record of one sender that set it off. `owner` has to do it now."""

    rule: Annotated[RuleId, Tier.E]
    trigger_id: Annotated[UUID, Tier.E]
    trigger_by: Annotated[Agency, Tier.E]
    owner: Annotated[Answerable, Tier.E]


class Decided(Frozen):
    """What the keeper says, with what it went by: the log up to a position, at the moment of the clock `occurred`.

    So anybody who has the log can reckon it again.
    """

    position: Annotated[PositiveInt, Tier.E]


class DutyNotice(OnDuty, Decided):
    """The keeper's word on a duty, by one version of the protocol."""

    version: Annotated[Label, Tier.E]


class DutyOpened(DutyNotice):
    """Something is owed, by whom, and until when; without a limit in law, no `due_at`."""

    due_at: Annotated[AwareDatetime | None, Tier.E] = None


class DutyDueSoon(DutyNotice):
    """What is owed is soon due, or, where the law names no limit, was expected by now."""

    due_at: Annotated[AwareDatetime | None, Tier.E] = None


class DutyBreached(DutyNotice):
    """What was owed was not done in time: its owner does it or says why not, or it goes up."""

    due_at: Annotated[AwareDatetime, Tier.E]


class DutyEscalated(DutyNotice):
    """What was expected was neither done nor excused, and goes up to whoever gets this."""

    expected_by: Annotated[AwareDatetime, Tier.E]
    after_hours: Annotated[PositiveInt, Tier.E]


class DutyMet(DutyNotice):
    """What was owed was done; `on_time` is left out where the law names no limit."""

    met_by: Annotated[UUID, Tier.E]
    on_time: Annotated[bool | None, Tier.O] = None


class DutyWithdrawn(DutyNotice):
    """Nothing is owed any more: the cause is gone, by this record."""

    withdrawn_by: Annotated[UUID, Tier.E]


class OpenDuty(OnDuty):
    """One duty that kept a case open."""


class CaseKeptOpen(Decided):
    """The closing of a case is void: so many duties were open. Which, is said to who closed it, and to oversight."""

    closing_id: Annotated[UUID, Tier.E]
    open: Annotated[PositiveInt, Tier.E]
    duties: Annotated[tuple[OpenDuty, ...], Field(max_length=OPEN_LIMIT), Tier.E] = ()


class DutyExcused(OnDuty):
    """Why a duty of one's own was not met; a person reviews it."""

    reason: Annotated[Excuse, Tier.O]


class DutyFailureAlleged(Frozen):
    """Somebody says that an agency failed its duty; oversight looks into it."""

    against: Annotated[Answerable, Tier.E]
    failure: Annotated[FailureKind, Tier.O]
    about_id: Annotated[UUID | None, Tier.E] = None  # a record that shows it


class Bearer(Frozen):
    """Whoever looks, by the credential that oversight gave them: a label, never a name."""

    credential: UUID
    person: PersonLabel


class Voucher(Bearer):
    """Who vouches for somebody else, of whichever agency."""

    agency: Answerable


class Replayed(Frozen):
    """What of the case was shown, and as of when, or of which place in the log, or as which agency knew it."""

    what: Replay
    as_known_to: Agency | None = None
    as_of: AwareDatetime | None = None
    position: PositiveInt | None = None


class AccessRecorded(Frozen):
    """Somebody looks into the case, and for what. It is logged before anything is shown."""

    purpose: Annotated[AccessPurpose, Tier.O]
    opened: Annotated[tuple[UUID, ...], Field(max_length=OPENED_LIMIT), Tier.E] = ()  # whose content, beyond codes
    by: Annotated[Bearer | None, Tier.E] = None  # without one, as an agency's own system knows
    replayed: Annotated[Replayed | None, Tier.E] = None
    emergency: Annotated[UUID | None, Tier.E] = None  # the emergency access by which, where no leave names the case


class EmergencyAccess(Frozen):
    """Somebody looks without the usual leave, because there is no time; a second post vouches for it."""

    ground: Annotated[EmergencyGround, Tier.O]
    vouched_by: Annotated[Post, Tier.E]
    opened: Annotated[tuple[UUID, ...], Field(max_length=OPENED_LIMIT), Tier.E] = ()
    by: Annotated[Bearer | None, Tier.E] = None
    voucher: Annotated[Voucher | None, Tier.E] = None
    until: Annotated[AwareDatetime | None, Tier.E] = None


class CredentialWithdrawn(Frozen):
    """From here on this credential opens the case no more."""

    credential: Annotated[UUID, Tier.E]
