"""What metrics say of the keeper of duties and of what is owed: its last sign, in closed words.

Its counts stand as it left them once it is silent, and so does how long something is overdue: what has been done since
then nobody has looked at.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from bus.signs import Owed, Sign
from projections.measured import AGENCIES, OWED, WAITS, Value, known


def of_keeper(sign: Sign | None, rules: Sequence[str]) -> Iterator[Value]:
    """Nothing where no keeper was heard of."""
    if sign is None:
        return
    yield "barnabus_keeper_alive_timestamp_seconds", (), sign.alive_at.timestamp()
    if sign.decided_at:
        yield "barnabus_keeper_decided_timestamp_seconds", (), sign.decided_at.timestamp()
        yield "barnabus_keeper_position", (), sign.position
    waiting = known(sign.waiting, WAITS) if sign.waiting else None
    yield from (("barnabus_keeper_waiting", (code,), code == waiting) for code in WAITS)
    yield "barnabus_keeper_notices", (), sign.notices
    yield "barnabus_keeper_disagreements", (), sign.disagreements
    yield from _of_duties(sign.owed, sign.decided_at or sign.alive_at, rules)


def _of_duties(owed: Sequence[Owed], at: datetime, rules: Sequence[str]) -> Iterator[Value]:
    """A duty is overdue once the moment by which it was expected has passed; exactly then it is not."""
    counts, expected = Counter[tuple[str, str, str]](), dict[tuple[str, str], datetime]()
    for one in owed:
        rule, agency = known(one.rule, rules), known(one.agency, AGENCIES)
        counts[rule, agency, known(one.state, OWED)] += one.n
        if one.expected_by and one.expected_by < at:
            expected[rule, agency] = min(expected.get((rule, agency), one.expected_by), one.expected_by)
    yield from (("barnabus_duties_owed", labels, n) for labels, n in counts.items())
    for labels, expected_by in expected.items():
        yield "barnabus_duties_oldest_overdue_seconds", labels, (at - expected_by).total_seconds()
