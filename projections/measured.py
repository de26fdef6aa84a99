"""The metrics that there are: each with its help, and the closed list of what each of its labels can say.

A value outside of its list is counted under `other`. So no case, person, office or handoff can ever be a label, and the
number of series is bounded whatever the log holds: `SERIES_AT_MOST`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import prod
from types import MappingProxyType

from contracts.agencies import Agency
from contracts.standing import Stage
from contracts.vocabulary.asking import Service
from projections.models import MODELS

OTHER = "other"


def known(value: str | None, among: Sequence[str]) -> str:
    """A label's value, or `other`."""
    return value if value is not None and value in among else OTHER


def _those(*values: StrEnum | str) -> tuple[str, ...]:
    return (*(str(value) for value in values), OTHER)


AGENCIES, SERVICES, STAGES = _those(*Agency), _those(*Service), _those(*Stage)
REASONS = _those("type.unknown", "version.unknown", "case.held-up")
STOPS = _those("projections.gap", "projections.stale", "log.damaged")
MODEL_NAMES = tuple(model.name for model in MODELS)


@dataclass(frozen=True, slots=True)
class Metric:
    help: str
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    counts_up: bool = False


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "barnabus_view_readable": Metric("1 if the read models can be read, else 0."),
        "barnabus_log_readable": Metric("1 if the end of the log can be read and verified, else 0."),
        "barnabus_log_synthetic": Metric("1 if the log holds made-up cases: then ages are as of its last entry."),
        "barnabus_log_position": Metric("Position of the last entry in the log."),
        "barnabus_projections_position": Metric("Position up to which the read models have folded the log."),
        "barnabus_projections_lag_seconds": Metric("How long the first entry that is not folded has been in the log."),
        "barnabus_projections_alive_timestamp_seconds": Metric("When a run of the read models was last heard of."),
        "barnabus_projections_stopped": Metric(
            "1 if a run stopped by this code and none has come past it since, else 0. With projections.gap or "
            "log.damaged the chains do not hold.",
            {"code": STOPS},
        ),
        "barnabus_projections_folded_entries": Metric("Entries folded, without those parked.", counts_up=True),
        "barnabus_projections_parked_entries": Metric("Entries parked, by why.", {"reason": REASONS}),
        "barnabus_projections_rows": Metric("Rows of a read model.", {"model": MODEL_NAMES}),
        "barnabus_projections_fold_version": Metric(
            "Version of the fold by which a read model was built.", {"model": MODEL_NAMES}
        ),
        "barnabus_handoffs_open": Metric(
            "Open handoffs, by whose move it is, the service asked for, and the stage; none is no series.",
            {"whose_move": AGENCIES, "service": SERVICES, "stage": STAGES},
        ),
        "barnabus_handoffs_oldest_seconds": Metric(
            "How long ago the oldest open handoff was made, by whose move it is and the stage; none is no series.",
            {"whose_move": AGENCIES, "stage": STAGES},
        ),
        "barnabus_letters_unreceived": Metric(
            "Letters logged, for which their recipient's system has not signed.", {"recipient": AGENCIES}
        ),
        "barnabus_letters_oldest_unreceived_seconds": Metric(
            "How long the oldest of these has been in the log; none is no series.", {"recipient": AGENCIES}
        ),
    }
)
SERIES_AT_MOST = sum(prod(map(len, metric.labels.values())) for metric in METRICS.values())
