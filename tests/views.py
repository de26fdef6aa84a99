"""Views to read: a made-up log, folded into a place."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from sqlalchemy import insert

from bus.log import Logged
from projections.engine import Projector
from projections.models import MODELS
from projections.readmodel import PROGRESS
from projections.rows import Rows
from projections.view import LIVE, Place
from tests.benchmarks.entries import year


@lru_cache
def made_up_log(entries: int) -> Sequence[Logged]:
    """So many entries of a year, as a log has them."""
    return [entry.logged() for entry in islice(year(entries, 7).entries(), entries)]


def fold(place: Place, log: Sequence[Logged]) -> None:
    with place.opened() as opened:
        projector = Projector(opened, MODELS)
        if log:
            projector.apply(log)


def by_hand(place: Place, log: Sequence[Logged]) -> None:
    """A new view of a log that was made by hand, whose chains are none."""
    place.begin(LIVE)
    with place.opened() as opened:
        Projector(opened, MODELS)
        with opened.begin() as connection:
            for model in MODELS:
                Rows(model).fold(connection, log)
            last = log[-1].stamp
            row = {"one": 1, "position": last.position, "logged_at": last.logged_at.isoformat()}
            connection.execute(insert(PROGRESS).values(row))
