"""Which fields can be named where content is asked for or opened: those that a letter can have, and no other word.

Names stand in the log for ever, and a word of one's own there could say anything.
"""

from collections.abc import Mapping
from typing import Any

from contracts import upcasts
from contracts.catalogue import CATALOGUE
from contracts.errors import Refused

NAMES = frozenset(
    name
    for content in (*(entry.content for entry in CATALOGUE.values()), *(step.content for step in upcasts.UPCASTS))
    for name in content.model_fields
)


def in_record(codes: Mapping[str, Any], *, at: str) -> None:
    """Raises Refused `content.no-such-field`."""
    for place, one in enumerate(codes["records"]):
        if not NAMES.issuperset(one["fields"]):
            raise Refused("content.no-such-field", field=f"{at}.records.{place}.fields")
