"""Tallies beside the rows, kept in the transaction in which the rows change.

What a row adds is a sum, so neither the order of entries nor the size of chunks plays a part; and what it added before
is taken away when it changes (docs/adr/0024). Each is kept in three cuts, so that no question reads many: of all time
by way, of each month by way, and of each month alone.

A leg's tally in a cut is one whole number: a bucket has 64 bits of it, 32 for how many ended in it and 32 for how many
were cut off. So tallies are added by adding numbers, thousands of them in a few milliseconds.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from struct import unpack

from sqlalchemy import Connection, bindparam, insert, select, update

from bus import seal
from projections.readmodel import COUNTS, Cell, ReadModel, State, Way
from projections.tallies import Tally

BY_WAY, BY_WAY_AND_PERIOD, BY_PERIOD = "way", "way-period", "period"
_BUCKET_BITS = 64
_BUCKET_BYTES = _BUCKET_BITS // 8
_CUT_OFF = 1 << 32
KEYS_AT_ONCE = 400
"""So many tallies at most are asked for in one statement."""
Place = tuple[str, str, str, str, str, str, str]
"""Where a leg's tally lies: its cut, of what (as in `Way`), the leg."""
_COLUMNS = ("cut", *Way._fields, "leg")


def move(connection: Connection, model: ReadModel, before: Mapping[str, State], after: Mapping[str, State]) -> None:
    """Change the tallies by what rows have become."""
    cells = Counter[Cell]()
    for key, state in after.items():
        cells.update(model.cells(state))
        if key in before:
            cells.subtract(model.cells(before[key]))
    by = defaultdict[Place, int](int)
    for (way, leg, ended, bucket), n in cells.items():
        if n:
            number = n * (1 if ended else _CUT_OFF) << bucket * _BUCKET_BITS
            service, opener, receiver, urgency, period = way
            by[BY_WAY, service, opener, receiver, urgency, "", leg] += number
            by[BY_WAY_AND_PERIOD, service, opener, receiver, urgency, period, leg] += number
            by[BY_PERIOD, "", "", "", "", period, leg] += number
    _write(connection, {" ".join(place): place for place, number in by.items() if number}, by)


def _write(connection: Connection, places: Mapping[str, Place], by: Mapping[Place, int]) -> None:
    there = _there(connection, list(places))
    moved = {key: _packed(there.get(key, 0) + by[place]) for key, place in places.items()}
    known = [{"known": key, "first": first, "packed": packed} for key, (first, packed) in moved.items() if key in there]
    new = [
        {"key": key, "first": first, "packed": packed, **dict(zip(_COLUMNS, places[key], strict=True))}
        for key, (first, packed) in moved.items()
        if key not in there
    ]
    if known:
        there_now = update(COUNTS).where(COUNTS.c.key == bindparam("known"))
        connection.execute(there_now.values(first=bindparam("first"), packed=bindparam("packed")), known)
    if new:
        connection.execute(insert(COUNTS), new)


def _there(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    found = dict[str, int]()
    for start in range(0, len(keys), KEYS_AT_ONCE):
        some = COUNTS.c.key.in_(keys[start : start + KEYS_AT_ONCE])
        rows = connection.execute(select(COUNTS.c.key, COUNTS.c.first, COUNTS.c.packed).where(some))
        found |= {key: unpacked(first, packed) for key, first, packed in rows}
    return found


def _packed(number: int) -> tuple[int, bytes]:
    """Its first bucket that is not empty, and the bytes of all from there to the last."""
    first = ((number & -number).bit_length() - 1) // _BUCKET_BITS if number else 0
    number >>= first * _BUCKET_BITS
    return first, number.to_bytes(-(-number.bit_length() // _BUCKET_BITS) * _BUCKET_BYTES, "little")


def unpacked(first: int, packed: bytes) -> int:
    return int.from_bytes(packed, "little") << first * _BUCKET_BITS


def tally_of(number: int) -> Tally:
    """A sum of what rows hold."""
    first, packed = _packed(number)
    counts = unpack(f"<{len(packed) // 4}I", packed)
    return Tally(_counter(counts[::2], first), _counter(counts[1::2], first))


def _counter(counts: Sequence[int], first: int) -> Counter[int]:
    return Counter({place: n for place, n in enumerate(counts, first) if n} if any(counts) else ())


def digest(connection: Connection) -> str:
    """What the table itself holds, in whatever order. A tally of nothing is as if it were not there."""
    rows = connection.execute(select(COUNTS.c.key, COUNTS.c.first, COUNTS.c.packed))
    found = (seal.dump([key, first, packed.hex()]) for key, first, packed in rows if packed)
    total = sum(int.from_bytes(sha256(one).digest(), "big") for one in found)
    return f"{total % 2**256:064x}"
