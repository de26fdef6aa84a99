"""Cases as time limits read them, out of the read models: the same as `CaseLog.dated` says from the log itself.

A receipt names a link and numbers, and no case. When a letter was received, its own row knows, which knows its record
too; so the two are put together when somebody asks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import Connection, select

from contracts import check
from contracts.agencies import Agency
from contracts.casefile import Said
from contracts.catalogue import entry_of
from contracts.catalogue.post import SAID_AGAIN
from contracts.dated import Dated, Received
from contracts.errors import BarnabusError
from contracts.shapes import Clocks
from projections.legs import moment_of
from projections.letters import Letters
from projections.readmodel import State
from projections.records import Records
from projections.rows import KEYS_AT_ONCE

Sent = Mapping[int, Mapping[str, State]]
"""Letters by the position of their record, and by recipient."""
Read = Callable[[], list[Dated]]
RECORDS_LIMIT = 5_000
"""Of a case: what is owed in a longer one is said to be unknown, for one that somebody blew up holds up all others."""
_RECORDS, _LETTERS = Records.table, Letters.table


def cases(connection: Connection, case_refs: Sequence[str]) -> Iterator[tuple[str, Read]]:
    """What was said in each of these cases, void or not; so many at once that memory does not grow with them.

    Each is read when it is called for, so that what is wrong with one is no matter of the next.
    """
    for start in range(0, len(case_refs), KEYS_AT_ONCE):
        some = case_refs[start : start + KEYS_AT_ONCE]
        records: dict[str, list[State]] = {case_ref: [] for case_ref in some}
        for row in connection.scalars(select(_RECORDS.c.state).where(_RECORDS.c.case_ref.in_(some))):
            records[row["case_ref"]].append(row)
        letters: dict[str, list[State]] = {case_ref: [] for case_ref in some}
        for row in connection.scalars(select(_LETTERS.c.state).where(_LETTERS.c.case_ref.in_(some))):
            letters[row["case_ref"]].append(row)
        for case_ref in some:
            yield case_ref, partial(dated, records[case_ref], letters[case_ref])


def dated(records: Iterable[State], letters: Iterable[State]) -> list[Dated]:
    """Out of a case's rows in any order, in the log's order. Raises `case.too-long`."""
    rows = list(records)
    if len(rows) > RECORDS_LIMIT:
        raise BarnabusError("case.too-long", detail=f"The limit is {RECORDS_LIMIT:,} records; it has {len(rows):,}.")
    ordered, sent = sorted(rows, key=lambda row: int(row["position"])), _by_record(letters)
    again = _said_again(ordered, sent)
    spoken = (row for row in ordered if "clocks" in row and entry_of(row["type"]).word)
    return [_dated(row, sent.get(row["position"], {}), again) for row in spoken]


def _by_record(letters: Iterable[State]) -> Sent:
    found: dict[int, dict[str, State]] = {}
    for letter in letters:
        found.setdefault(letter["position"], {})[letter["recipient"]] = letter
    return found


def _dated(row: State, letters: Mapping[str, State], again: Mapping[tuple[int, str], State]) -> Dated:
    codes = check.codes(entry_of(row["type"]), row["content"])
    said = Said(UUID(row["id"]), row["sender"], row["type"], codes, row["position"])
    received = {Agency(to): receipt for to, letter in letters.items() if (receipt := _received(letter, again))}
    clocks = dict(zip(Clocks.model_fields, row["clocks"], strict=True))
    to = frozenset(map(Agency, letters))
    return Dated(said, datetime.fromisoformat(row["logged_at"]), Clocks.model_validate(clocks), received, to)


def _received(letter: State, again: Mapping[tuple[int, str], State]) -> Received | None:
    """When its recipient had it so that it could be read, at the first or when it was said again."""
    while not letter["opened"]:
        later = again.get((letter["position"], letter["recipient"]))
        if later is None:
            return None
        letter = later
    return Received(datetime.fromisoformat(letter["received_at"]), letter["receipt"], moment_of(letter["signed_us"]))


def _said_again(records: Iterable[State], sent: Sent) -> Mapping[tuple[int, str], State]:
    """By a lost letter's record and recipient, the letter that says it once more."""
    found, last = dict[tuple[int, str], State](), dict[tuple[str, str, str], State]()
    for row in records:
        lost_id = str(UUID(row["content"]["lost_id"])) if row["type"] == SAID_AGAIN else None
        for to, letter in sent.get(row["position"], {}).items():
            lost = last.get((row["sender"], lost_id, to)) if lost_id else None
            if lost:
                found[lost["position"], to] = letter
            last[row["sender"], row["id"], to] = letter
    return found
