"""Erasing: what an agency destroys of its own, and what it asks of whoever got it."""

from contracts.agencies import EVERYBODY
from contracts.entry import Audience, act, fact
from contracts.events import erasing
from contracts.standing import Move
from contracts.vocabulary.asking import Service

ERASED, ASKED, DONE = "content.erased", "erasure.asked", "erasure.done"
OF_ERASING = frozenset({ERASED, ASKED, DONE, "erasure.kept"})
"""They hold no content of a person that could be erased in turn."""
_ERASURE = frozenset({Service.ERASURE})

ENTRIES = (
    fact(ERASED, erasing.ContentErased, "content.erase", {}, *EVERYBODY, audience=Audience.NOBODY),
    act(ASKED, erasing.ErasureAsked, Move.MAKE, "EOS", command="erasure.ask", service=Service.ERASURE),
    act(DONE, erasing.ErasureDone, Move.COMPLETE, "EO", command="erasure.carry-out", services=_ERASURE),
    act("erasure.kept", erasing.ErasureKept, Move.DECLINE, "EO", command="erasure.keep", services=_ERASURE),
)
