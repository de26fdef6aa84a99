"""What may be put right of what was said, and what it may be put right to."""

from collections.abc import Mapping
from typing import Any

from pydantic import AwareDatetime, create_model

from contracts.catalogue import entry_of
from contracts.documents import read
from contracts.errors import Refused
from contracts.events.correction import RecordCorrected
from contracts.standing import Move
from contracts.tiers import LOGGED, Frozen, Tier, tiers_of

MOMENTS = (AwareDatetime, AwareDatetime | None)
"""How the type of a field reads that is a moment."""
OF_THE_LAW = frozenset({"expires_at"})
"""The moments of an act that makes a handoff by which its law goes: nothing said later moves them."""


def in_record(codes: Mapping[str, Any], *, at: str) -> None:
    """What is put right is a field of its type that the log may hold, and fits that field."""
    entry = entry_of(codes["of_type"])
    of, makes = entry.content, entry.move is Move.MAKE
    for place, code in enumerate(codes["codes"]):
        name = code["field"]
        field = of.model_fields.get(name)
        tier = tiers_of(of)[name] if field else None
        moment = field is not None and tier is Tier.E and field.annotation in MOMENTS
        if field is None or not (tier is Tier.O or moment) or (makes and name in OF_THE_LAW):
            raise Refused("correction.not-possible", field=f"{at}.codes.{place}.field")
        shape: Any = (field.annotation, field)
        one = create_model("OneField", __base__=Frozen, value=shape)
        read(one, {"value": code["value"]}, at=f"{at}.codes.{place}")


def in_letters(content: RecordCorrected) -> None:
    """What lies in letters alone is put right where the first has such a field: else it would reach nobody."""
    own = tiers_of(entry_of(content.of_type).content)
    for name, tier in tiers_of(RecordCorrected).items():
        if tier not in LOGGED and getattr(content, name) is not None and own.get(name) is not tier:
            raise Refused("correction.not-possible", field=f"data.{name}")
    if content.says_of_somebody and not content.concerns:
        raise Refused("field.missing", field="data.concerns", detail="What is said of a person lies under its key.")
