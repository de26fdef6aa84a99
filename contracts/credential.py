"""Who may look into a case: an investigator's credential, as oversight vouches for it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from contracts.agencies import Answerable
from contracts.ids import CaseRef
from contracts.tiers import Frozen
from contracts.vocabulary.people import Role

CASES_LIMIT = 50
LONGEST = timedelta(days=90)
"""How long a credential can be good for: what cannot be called back soon has to end by itself (D)."""
PersonLabel = Annotated[str, StringConstraints(pattern=rf"^({'|'.join(Role)})-[0-9]{{1,6}}$")]
"""Of whoever looks, such as `inspector-17`: a role's code and a number, so that no name can stand in the log."""


class Credential(Frozen):
    """It names a person, whose agency answers for them, their role, the cases and an end; and their two public keys.

    Content is sealed to `sealing`; what the person agrees to is signed by `signing`.
    """

    id: UUID
    person: PersonLabel
    agency: Answerable
    role: Role
    cases: Annotated[tuple[CaseRef, ...], Field(min_length=1, max_length=CASES_LIMIT)]
    issued_at: AwareDatetime
    valid_until: AwareDatetime
    sealing: Mapping[str, Any]
    signing: Mapping[str, Any]

    @model_validator(mode="after")
    def _ends_soon(self) -> Self:
        if not self.issued_at < self.valid_until <= self.issued_at + LONGEST:
            raise ValueError(f"it ends after it was issued, and {LONGEST.days} days later at most")
        return self
