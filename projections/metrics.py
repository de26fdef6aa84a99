"""What a Prometheus server is told: read from the view at every scrape, in one reading, and counted nowhere else.

So it cannot drift from what `barnabus handoffs` shows. A histogram of legs has no sum: tallies know in which bucket a
length lies and not the length, and a sum out of edges would be taken for a true one.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector as Told
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from bus import signs
from bus.clock import Clock
from contracts.agencies import FIELD, Agency
from contracts.errors import BarnabusError
from projections import latency, pulse
from projections.handoffs import Handoffs
from projections.keeper_metrics import of_keeper
from projections.lag import LogEnd, age_s
from projections.legs import moment_of
from projections.letters import Letters
from projections.measured import (
    AGENCIES,
    MODEL_NAMES,
    REASONS,
    SERVICES,
    STAGES,
    STOPS,
    Metric,
    Value,
    buckets,
    known,
    known_way,
    metrics,
)
from projections.readmodel import META, PARKED, PROGRESS
from projections.snapshot import snapshot
from projections.tallies import Tally
from projections.view import Place

READ_LIMIT_S = 3.0
Family = GaugeMetricFamily | CounterMetricFamily | HistogramMetricFamily


@dataclass(frozen=True, slots=True)
class Reading:
    """What the view says at one moment; times are those of the log's stamps."""

    position: int
    parked: Mapping[str, int]
    models: Mapping[str, tuple[int, int]]  # rows, and the version of the fold
    open: Mapping[tuple[str, str, str], int]  # by whose move, service, stage
    oldest: Mapping[tuple[str, str], datetime]  # made, by whose move, stage
    legs: Mapping[tuple[str, str, str], tuple[Tally, int]]  # of a receiver, service and leg; and how many are under way
    unreceived: Mapping[str, tuple[int, datetime | None]]  # letters of a recipient, and when the oldest was logged


def read(connection: Connection) -> Reading:
    """Its cost goes with what is open, what is unreceived, and how many ways there are, and not with all that was."""
    parked, open_, oldest = Counter[str](), Counter[tuple[str, str, str]](), dict[tuple[str, str], datetime]()
    for row in connection.execute(select(PARKED.c.reason, func.count().label("n")).group_by(PARKED.c.reason)):
        parked[known(row.reason, REASONS)] += row.n
    t = Handoffs.table.c
    by = (t.whose_move, t.service, t.stage)
    asked = select(*by, func.count().label("n"), func.min(t.made_us).label("made_us")).where(t.open.is_(True))
    for row in connection.execute(asked.group_by(*by)):
        whose, service, stage = known(row.whose_move, AGENCIES), known(row.service, SERVICES), known(row.stage, STAGES)
        made_at = moment_of(row.made_us)
        open_[whose, service, stage] += row.n
        oldest[whose, stage] = min(oldest.get((whose, stage), made_at), made_at)
    return Reading(
        position=connection.execute(select(PROGRESS.c.position)).scalar() or 0,
        parked=parked,
        models={row.model: (row.row_count, row.version) for row in connection.execute(select(META))},
        open=open_,
        oldest=oldest,
        legs=_legs(connection),
        unreceived={agency.value: _unreceived(connection, agency) for agency in FIELD},
    )


def _legs(connection: Connection) -> dict[tuple[str, str, str], tuple[Tally, int]]:
    found = defaultdict[tuple[str, str, str], tuple[Tally, int]](lambda: (Tally(), 0))
    for (service, _, receiver), way in latency.summed(connection).groups.items():
        for leg, tally in way.legs.items():
            if tally.count:
                key = (*known_way(receiver, service), leg)
                before, under_way = found[key]
                found[key] = before + tally, under_way + way.under_way.get(leg, 0)
    return found


def _unreceived(connection: Connection, agency: Agency) -> tuple[int, datetime | None]:
    t = Letters.table.c
    waits = t.recipient == agency.value, t.received_at.is_(None), t.logged_at.is_not(None)
    row = connection.execute(select(func.count(), func.min(t.logged_at)).where(*waits)).one()
    return row[0], datetime.fromisoformat(row[1]) if row[1] else None


class Collector(Told):
    """`keeper` is the folder of its signs, `rules` are the protocol's in use.

    `log_end` is asked where the log ends, seen from a position; it may raise any code, and must end in time.
    """

    def __init__(
        self, place: Place, keeper: Path, rules: Sequence[str], log_end: Callable[[int], LogEnd], clock: Clock
    ) -> None:
        self._place, self._keeper, self._rules, self._log_end, self._clock = place, keeper, rules, log_end, clock
        self._metrics = metrics(rules)

    def describe(self) -> Iterator[Family]:
        return (_family(name, metric) for name, metric in self._metrics.items())

    def collect(self) -> Iterator[Family]:
        families = {name: _family(name, metric) for name, metric in self._metrics.items()}
        for name, labels, value in self._values():
            family = families[name]
            if isinstance(family, HistogramMetricFamily):
                family.add_metric(labels, buckets(value), sum_value=None)
            else:
                family.add_metric(labels, value)
        yield from (family for family in families.values() if family.samples)

    def _values(self) -> Iterator[Value]:
        reading = self._reading()
        try:
            end = self._log_end(reading.position if reading else 0)
        except BarnabusError:
            end = None
        now = self._clock()
        yield "barnabus_view_readable", (), reading is not None
        yield "barnabus_log_readable", (), end is not None
        yield from _of_run(pulse.last(self._place.folder))
        yield from of_keeper(signs.last(self._keeper), self._rules)
        if end:
            yield from _of_log(end)
        if reading:
            yield from _of_view(reading, end.synthetic_now or now if end else now)
        if end and reading:
            yield "barnabus_projections_lag_seconds", (), end.lag_s(now)

    def _reading(self) -> Reading | None:
        """None if there is no view, or none that can be read now."""
        try:
            if not self._place.exists():
                return None
            with self._place.opened() as view, snapshot(view, READ_LIMIT_S) as connection:
                return read(connection)
        except (BarnabusError, SQLAlchemyError):
            return None


def _of_run(sign: pulse.Sign | None) -> Iterator[Value]:
    if sign:
        yield "barnabus_projections_alive_timestamp_seconds", (), sign.alive_at.timestamp()
    stopped = known(sign.stopped, STOPS) if sign and sign.stopped else None
    yield from (("barnabus_projections_stopped", (code,), code == stopped) for code in STOPS)


def _of_log(end: LogEnd) -> Iterator[Value]:
    yield "barnabus_log_position", (), end.position
    yield "barnabus_log_synthetic", (), end.synthetic_now is not None


def _of_view(reading: Reading, now: datetime) -> Iterator[Value]:
    yield "barnabus_projections_position", (), reading.position
    yield "barnabus_projections_folded_entries", (), reading.position - sum(reading.parked.values())
    yield from (("barnabus_projections_parked_entries", (why,), reading.parked.get(why, 0)) for why in REASONS)
    for model, (rows, version) in reading.models.items():
        if model in MODEL_NAMES:
            yield "barnabus_projections_rows", (model,), rows
            yield "barnabus_projections_fold_version", (model,), version
    yield from (("barnabus_handoffs_open", labels, count) for labels, count in reading.open.items())
    for labels, made_at in reading.oldest.items():
        yield "barnabus_handoffs_oldest_seconds", labels, age_s(made_at, now)
    for leg, (tally, under_way) in reading.legs.items():
        yield "barnabus_handoffs_leg_seconds", leg, tally
        yield "barnabus_handoffs_legs_under_way", leg, under_way
    for agency, (count, since) in reading.unreceived.items():
        yield "barnabus_letters_unreceived", (agency,), count
        if since:
            yield "barnabus_letters_oldest_unreceived_seconds", (agency,), age_s(since, now)


def _family(name: str, metric: Metric) -> Family:
    if "le" in metric.labels:
        return HistogramMetricFamily(name, metric.help, labels=[label for label in metric.labels if label != "le"])
    kind = CounterMetricFamily if metric.counts_up else GaugeMetricFamily
    return kind(name, metric.help, labels=list(metric.labels))
