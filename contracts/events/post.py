"""The bus's own types: what was received, what was refused, what a store lacks, what is said again."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, NonNegativeInt, PositiveInt, model_validator

from contracts.agencies import Agency
from contracts.envelope import RECEIPT_LIMIT_LETTERS, TypeName
from contracts.ids import Digest
from contracts.tiers import Frozen, Tier

DIRECTORY_LIMIT = 48 * 1024
"""So many symbols: about a hundred and fifty keys."""


class LetterReceived(Frozen):
    """One letter: when the recipient's store had it, by its clock, and whether it could be opened."""

    number: PositiveInt
    received_at: AwareDatetime
    opened: bool


class Receipt(Frozen):
    """Signed by a recipient for one link: each letter since its last receipt, without a gap."""

    sender: Annotated[Agency, Tier.E]
    letters: Annotated[tuple[LetterReceived, ...], Field(min_length=1, max_length=RECEIPT_LIMIT_LETTERS), Tier.E]

    @model_validator(mode="after")
    def _without_a_gap(self) -> Self:
        numbers = [letter.number for letter in self.letters]
        if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            raise ValueError("the letters' numbers do not follow on")
        return self


class SubmissionRefused(Frozen):
    """An act that the gateway can never log; its number is used by this record, and the act is void."""

    refused_id: Annotated[UUID, Tier.E]
    refused_type: Annotated[TypeName, Tier.E]
    code: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$", max_length=60), Tier.O]
    handoff_id: Annotated[UUID | None, Tier.E] = None


class LinkHeld(Frozen):
    """Up to which number a store holds every letter of one link."""

    sender: Agency
    number: NonNegativeInt


class StoreRestored(Frozen):
    """An agency's store was put back to an older state: it held its own records up to `number`.

    `links` are those whose letters it had signed for and holds no more: they are sent and signed for once again.
    """

    number: Annotated[NonNegativeInt, Tier.E]
    links: Annotated[tuple[LinkHeld, ...], Field(max_length=len(Agency)), Tier.E]

    @model_validator(mode="after")
    def _each_link_once(self) -> Self:
        if len({link.sender for link in self.links}) != len(self.links):
            raise ValueError("a link is named twice")
        return self


class DirectoryAdopted(Frozen):
    """From here on this agency goes by another directory of public keys: by this one, as the root signed it.

    `before` is the digest of the one that it went by until then.
    """

    before: Annotated[Digest, Tier.E]
    directory: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$", max_length=DIRECTORY_LIMIT), Tier.E
    ]


class LetterSaidAgain(Frozen):
    """What a letter said that its recipient could not open is said again, in a letter sealed to its newest key.

    `of_id` is the record that said it first; `lost_id` the one whose letter could not be opened: the same, or one that
    had said it again before. The letter itself is the first one's: its type, its id, what its recipient may see of it.
    """

    of_id: Annotated[UUID, Tier.E]
    of_type: Annotated[TypeName, Tier.E]
    lost_id: Annotated[UUID, Tier.E]
