"""Views to read: a made-up log, folded into a place."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from bus import seal
from bus.log import Logged
from contracts.envelope import Record, Stamp
from projections.engine import Projector
from projections.models import MODELS
from projections.view import Place
from tests.benchmarks.entries import year


@lru_cache
def made_up_log(entries: int) -> Sequence[Logged]:
    """So many entries of a year, as a log has them."""
    return [
        Logged(
            Record.model_validate_json(entry.record),
            seal.digest(entry.record),
            Stamp.model_validate_json(entry.stamp),
            entry.subject,
        )
        for entry in islice(year(entries, 7).entries(), entries)
    ]


def fold(place: Place, log: Sequence[Logged]) -> None:
    with place.opened() as opened:
        Projector(opened, MODELS).apply(log)
