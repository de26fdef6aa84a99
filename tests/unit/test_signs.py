"""When a keeper is taken for silent, by what it said of itself last."""

from datetime import UTC, datetime, timedelta

import pytest

from bus.signs import FAILING, SILENT, Sign

NOW = datetime(2019, 1, 17, 9, tzinfo=UTC)


def sign(*, alive: timedelta, decided: timedelta | None, waiting: str | None = None) -> Sign:
    """So long ago was it alive, and decided."""
    decided_at = None if decided is None else NOW - decided
    return Sign(NOW - alive, decided_at, position=7, waiting=waiting, notices=0, disagreements=0, owed=())


SOON, LATE = SILENT, SILENT + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("said", "silence"),
    [
        (sign(alive=SOON, decided=SOON), None),
        (sign(alive=LATE, decided=LATE), f"Last heard of at {(NOW - LATE).isoformat()}."),
        (sign(alive=SOON, decided=SOON, waiting="projections.behind"), None),
        (
            sign(alive=SOON, decided=SOON, waiting=FAILING),
            "Some cases cannot be reckoned, or the keeper fails: its log says why.",
        ),
        (sign(alive=SOON, decided=LATE, waiting="projections.behind"), "projections.behind."),
        (sign(alive=SOON, decided=None, waiting="projections.behind"), "projections.behind."),
        (sign(alive=SOON, decided=LATE), None),  # one long look: it gives signs of life meanwhile
    ],
)
def test_a_keeper_is_silent_once_no_look_of_it_has_decided_anything_for_half_a_minute(
    said: Sign, silence: str | None
) -> None:
    assert said.silence(NOW) == silence
