"""`content.erased`, `erasure.*`: content is destroyed, and whoever got it is asked to do the same, and answers.

Whose it was is in no record: a letter alone names the person, and the store forgets it with the content.
"""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, Field, NonNegativeInt, StringConstraints

from contracts.agencies import Answerable
from contracts.envelope import TypeName
from contracts.events.handoff import OnHandoff
from contracts.shapes import Person
from contracts.tiers import Frozen, Tier
from contracts.vocabulary.erasing import ErasureAuthority, KeptGround

MARKS_LIMIT = 2000
"""So many records' content at most is erased at once: a record of them has to fit into the log."""
TYPES_LIMIT = 100
Mark = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{22}$")]
"""By which one agency knows a record again, and nobody else: a digest under its vault's key."""
Types = Annotated[tuple[TypeName, ...], Field(max_length=TYPES_LIMIT)]


class OfContent(Frozen):
    """Which content is meant: that of one person of the case, or of all; of these types, or of all."""

    authority: Annotated[ErasureAuthority, Tier.O]
    types: Annotated[Types, Tier.E] = ()
    person: Annotated[Person | None, Tier.S] = None


class ContentErased(OfContent):
    """Content was destroyed in its agency's store: by what right, of how many records; never whose it was."""

    items: Annotated[NonNegativeInt, Tier.E] = 0  # of how many records; the adapter says it
    marks: Annotated[tuple[Mark, ...], Field(max_length=MARKS_LIMIT), Tier.E] = ()  # likewise: so a backup forgets too


class ErasureAsked(OfContent):
    """Somebody who sent content has erased it, and asks one who got it to do the same."""

    to: Annotated[Answerable, Tier.E]
    notified: Annotated[tuple[Answerable, ...], Field(max_length=0), Tier.E] = ()  # it is between these two
    expires_at: Annotated[AwareDatetime | None, Tier.E] = None


class ErasureDone(OnHandoff):
    """The content is erased here too."""

    items: Annotated[NonNegativeInt, Tier.E] = 0  # of how many records; the adapter says it


class ErasureKept(OnHandoff):
    """The content is kept: by what right, and until when, where that is known."""

    ground: Annotated[KeptGround, Tier.O]
    until: Annotated[date | None, Tier.E] = None
