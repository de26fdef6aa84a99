"""What is owed over all cases, reckoned so that a look costs what has changed since the last one.

Only a case that has grown, or of which a turn has come, is reckoned anew (projections/lasting.py). All together comes
to what `projections/owed.py` reckons of all of them at once.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from contracts.protocol import Protocol
from projections import owed, owed_file, said
from projections.lasting import lasting
from projections.owed import Among
from projections.owed_file import Stand, Writer
from projections.snapshot import snapshot
from projections.watched import Watched

CASES_AT_ONCE = 50
WITHIN_S = 3600.0
"""So long one look takes at most."""


def look(
    view: Engine, path: Path, protocol: Protocol, now: datetime, *, closed: bool, most: int | None = None
) -> Stand | None:
    """Bring the file up to the view and this moment; `closed`: closed cases too. Where that is, it says.

    None, and nothing is changed, if more cases than `most` have to be reckoned anew. Raises what a database raises.
    """
    with snapshot(view, WITHIN_S) as connection, owed_file.writing(path) as file:
        folded = owed.folded(connection)
        among = Among(folded.present(now), closed)
        before = file.stand()
        turn = _whose_turn(connection, file, among, before, folded.position)
        if most is not None and len(turn) > most:
            return None
        for some in _some(turn):
            there = among.case_refs(connection, some)
            for case_ref in set(some).difference(there):
                file.drop(case_ref)
            for case_ref, read in said.cases(connection, there):
                file.put(case_ref, lasting(read, protocol, among))
        held_up = frozenset(owed.held_up(connection))
        stand = Stand(among.at, folded.position, folded.logged_at, folded.synthetic, held_up)
        if stand != before:
            file.reached(stand)
        return stand


def _whose_turn(
    connection: Connection, file: Writer, among: Among, before: Stand | None, position: int
) -> Sequence[str]:
    """A view that ends before where it was is another one: then everybody's."""
    if before is None or position < before.position:
        return list(dict.fromkeys((*among.case_refs(connection), *file.case_refs())))
    return list(dict.fromkeys((*file.turned(among.at), *Watched.of(connection).changed(before.position))))


def _some(turn: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(turn), CASES_AT_ONCE):
        yield turn[start : start + CASES_AT_ONCE]
