"""The metrics that there are: each with its help, and the closed list of what each of its labels can say.

A value outside of its list is counted under `other`, and so is a way that is not in the contract. So no case, person,
office, handoff or single duty can ever be a label, and the number of series is bounded whatever the log holds:
`series_at_most`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from math import inf, prod
from types import MappingProxyType
from typing import Any

from prometheus_client.utils import floatToGoString

from contracts.agencies import FIELD
from contracts.catalogue import ASKED
from contracts.duties.duty import State
from contracts.standing import Stage
from contracts.vocabulary.asking import Service
from projections.legs import LEGS
from projections.models import MODELS
from projections.tallies import Tally

OTHER = "other"
Value = tuple[str, tuple[str, ...], Any]
"""A metric, what its labels say, and how much: a number, or the tally that a histogram shows."""


def known(value: str | None, among: Sequence[str]) -> str:
    """A label's value, or `other`."""
    return value if value is not None and value in among else OTHER


def _those(*values: StrEnum | str) -> tuple[str, ...]:
    return (*(str(value) for value in values), OTHER)


_FOR_A_CHILD = tuple(service for service in Service if service is not Service.ERASURE)
"""To be asked to erase something is nobody's service to a child: with its answer it is `other`."""
AGENCIES, SERVICES, STAGES = _those(*FIELD), _those(*_FOR_A_CHILD), _those(*Stage)
REASONS = _those("type.unknown", "version.unknown", "case.held-up")
STOPS = _those("projections.gap", "projections.stale", "log.damaged")
OWED = _those(State.OPEN, State.DUE_SOON, State.BREACHED)
WAITS = _those(
    *("projections.behind", "clock.behind", "projections.missing", "projections.stale", "projections.unavailable"),
    *("nats.unreachable", "log.unavailable", "log.damaged", "store.unavailable", "store.full", "internal"),
)
"""What keeps the keeper from deciding."""
MODEL_NAMES = tuple(model.name for model in MODELS)
WAYS = (*((agency.value, service.value) for service, agency in ASKED if service in _FOR_A_CHILD), (OTHER, OTHER))
"""Who can be asked, and for what."""
_WITHIN = (
    *(timedelta(hours=n) for n in (1, 2, 6, 24, 48, 72, 120)),
    *(timedelta(days=n) for n in (7, 14, 30, 90)),
)
"""Limits that the grid of tallies has as edges, so that counts by them are exact."""
BUCKETS = tuple(
    str(floatToGoString(seconds))  # type: ignore[no-untyped-call]
    for seconds in (*(limit.total_seconds() for limit in _WITHIN), inf)
)
"""As a server of any version writes them: `7.776e+06`."""


def known_way(receiver: str | None, service: str | None) -> tuple[str, str]:
    """Whom a handoff asks for what, or `other` for both."""
    return next((way for way in WAYS if way == (receiver, service)), (OTHER, OTHER))


def buckets(tally: Tally) -> list[tuple[str, float]]:
    """How many ended within each of BUCKETS, that limit included."""
    within = (*map(tally.within, _WITHIN), tally.ended.total())
    return list(zip(BUCKETS, within, strict=True))


@dataclass(frozen=True, slots=True)
class Metric:
    """`ways` are all that its first labels say together, where not everything goes with everything.

    One with the label `le` is a histogram: of each series there are as many as it has buckets.
    """

    help: str
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    counts_up: bool = False
    ways: Sequence[tuple[str, ...]] = ((),)

    @property
    def series_at_most(self) -> int:
        sizes = [len(values) for values in self.labels.values()]
        return len(self.ways) * prod(sizes[len(self.ways[0]) :])


_OF_A_LEG: Mapping[str, Sequence[str]] = {"receiver": AGENCIES, "service": SERVICES, "leg": tuple(LEGS)}
_OF_EVERY_PROTOCOL: Mapping[str, Metric] = MappingProxyType(
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
        "barnabus_handoffs_leg_seconds": Metric(
            "How long legs of handoffs took that have ended, by the log's clock; never begun is no series. Legs that "
            "are still open, or were cut off, are not in it, so alone it flatters: see "
            "barnabus_handoffs_legs_under_way. `barnabus handoffs summary` counts them too (Kaplan-Meier).",
            {**_OF_A_LEG, "le": BUCKETS},
            ways=WAYS,
        ),
        "barnabus_handoffs_legs_under_way": Metric(
            "Legs of handoffs that have begun and not ended; none of them is in barnabus_handoffs_leg_seconds.",
            _OF_A_LEG,
            ways=WAYS,
        ),
        "barnabus_letters_unreceived": Metric(
            "Letters logged, for which their recipient's system has not signed.", {"recipient": AGENCIES}
        ),
        "barnabus_letters_oldest_unreceived_seconds": Metric(
            "How long the oldest of these has been in the log; none is no series.", {"recipient": AGENCIES}
        ),
    }
)


def metrics(rules: Sequence[str]) -> Mapping[str, Metric]:
    """All that there are, where the protocol in use has these rules."""
    of_a_duty: Mapping[str, Sequence[str]] = {"rule": _those(*rules), "agency": AGENCIES}
    return MappingProxyType(
        {
            **_OF_EVERY_PROTOCOL,
            "barnabus_duties_owed": Metric(
                "Duties that are owed, by rule, who has to do it, and state; none is no series.",
                {**of_a_duty, "state": OWED},
            ),
            "barnabus_duties_oldest_overdue_seconds": Metric(
                "How far past the moment by which it was expected the oldest of these is, as of when the keeper last "
                "decided; also where the law names no limit and its alarm has passed; none is no series.",
                of_a_duty,
            ),
            "barnabus_keeper_alive_timestamp_seconds": Metric("When the keeper of duties was last heard of."),
            "barnabus_keeper_decided_timestamp_seconds": Metric(
                "Up to when the keeper has decided everything; no series until it has once since it began."
            ),
            "barnabus_keeper_position": Metric("Position up to which the keeper has decided everything."),
            "barnabus_keeper_waiting": Metric(
                "1 if this keeps the keeper from deciding, else 0; projections.behind for a moment is as it should be.",
                {"code": WAITS},
            ),
            "barnabus_keeper_notices": Metric("Notices given since the keeper began.", counts_up=True),
            "barnabus_keeper_disagreements": Metric(
                "Notices in the log that do not follow from it, found since the keeper began.", counts_up=True
            ),
        }
    )


def series_at_most(rules: Sequence[str]) -> int:
    return sum(metric.series_at_most for metric in metrics(rules).values())
