"""An emergency: somebody asks to look into a case that their credential does not name, and a second person vouches.

Each signs with the key of their own credential (docs/adr/0038).
"""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, StringConstraints

from contracts.ids import CaseRef
from contracts.tiers import Frozen
from contracts.vocabulary.accounting import EmergencyGround

VOUCHED_WITHIN = timedelta(minutes=15)
"""So long after it was asked somebody can vouch for it (D)."""
OPEN_FOR = timedelta(hours=1)
"""So long after it was vouched for the case can be looked at (D)."""
TOKEN_LIMIT = 16_384
Token = Annotated[str, StringConstraints(max_length=TOKEN_LIMIT)]


class EmergencyAsked(Frozen):
    """By whoever holds `credential`."""

    id: UUID
    credential: Token
    case_ref: CaseRef
    ground: EmergencyGround
    asked_at: AwareDatetime


class EmergencyVouched(Frozen):
    """By whoever holds `credential`: of `asked`, as the other signed it."""

    asked: Token
    credential: Token
    vouched_at: AwareDatetime
