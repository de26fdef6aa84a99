"""Commands that pass or are refused, and how they are refused."""

import json
from typing import Any

import pytest

from contracts import check
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.errors import Refused
from contracts.export import examples

TYPED = "Filane Fisteku"
"""Stands for what a child's file says: no refusal may repeat it."""


def make(**data: Any) -> dict[str, Any]:
    """A referral of the police to social services; `data` sets fields of its content."""
    entry = CATALOGUE["referral.made"]
    return examples.document(entry, {**entry.example, **data})


def refusal(document: Any, sender: Agency = Agency.POLICE) -> tuple[str, str | None]:
    """The code and the place for which this command is refused; a text or bytes are taken as they are."""
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(Refused) as raised:
        check.command(raw, sender)
    assert TYPED not in str(raised.value)
    return raised.value.code, raised.value.field
