"""What a Prometheus server reads at one scrape, sample by sample."""

from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from contracts import protocol
from contracts.errors import BarnabusError
from projections.lag import LogEnd
from projections.metrics import Collector
from projections.view import Place

RULES = protocol.read().rule_ids
"""Of the protocol that is shipped."""
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def exported(place: Place, end: LogEnd | BarnabusError | None = None, now: datetime | None = None) -> Samples:
    """Every sample, through the text that a server reads; the keeper's signs lie beside the view."""

    def log_end(position: int) -> LogEnd:
        if isinstance(end, BarnabusError):
            raise end
        return end or LogEnd(position, None, None)

    registry = CollectorRegistry()
    registry.register(Collector(place, place.folder / "keeper", RULES, log_end, lambda: now or datetime.now(UTC)))
    return samples(generate_latest(registry).decode())


def samples(said: str) -> Samples:
    families = text_string_to_metric_families(said)
    found = [
        (sample.name, tuple(sorted(sample.labels.items())), sample.value) for f in families for sample in f.samples
    ]
    assert len(found) == len({one[:2] for one in found}), "a series stands once"
    return {(name, labels): value for name, labels, value in found}


def of(found: Samples, name: str, *labels: str) -> dict[Any, float]:
    """The samples of a metric, by the values of these labels."""
    return {
        tuple(dict(said)[label] for label in labels): value
        for (sample, said), value in found.items()
        if sample == f"barnabus_{name}"
    }


def value(found: Samples, name: str) -> float:
    (only,) = of(found, name).values()
    return only
