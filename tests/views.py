"""Views to read: a made-up log, folded into a place."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from bus.log import Logged
from projections.engine import Projector
from projections.models import MODELS
from projections.view import Place
from tests.benchmarks.entries import year


@lru_cache
def made_up_log(entries: int) -> Sequence[Logged]:
    """So many entries of a year, as a log has them."""
    return [entry.logged() for entry in islice(year(entries, 7).entries(), entries)]


def fold(place: Place, log: Sequence[Logged]) -> None:
    with place.opened() as opened:
        Projector(opened, MODELS).apply(log)
