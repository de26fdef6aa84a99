"""What is said of clocks that differ: what can be told, and no more."""

from datetime import UTC, datetime, timedelta

import pytest

from cli import clocks

ASKED = datetime(2026, 3, 2, 9, tzinfo=UTC)
S = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("said", "state", "words"),
    [
        (ASKED, "ok", "agrees"),
        (ASKED + 2 * S, "ok", "agrees"),
        (ASKED + 3 * S, "ok", "agrees"),
        (ASKED - S, "ok", "agrees"),
        (ASKED + 4 * S, "warn", "2.0 s ahead of this machine's"),
        (ASKED - 3 * S, "warn", "3.0 s behind this machine's"),
        (ASKED + 63 * S, "fail", "61.0 s ahead of"),
        (ASKED - 61 * S, "fail", "61.0 s behind"),
    ],
)
def test_a_server_answers_at_some_moment_between_question_and_answer(said: datetime, state: str, words: str) -> None:
    """The answer came two seconds after the question: so much cannot be told."""
    found = clocks.server(said, ASKED, ASKED + 2 * S)
    assert (found.state, words in found.said, found.group) == (state, True, "clocks")
    assert bool(found.next) is (state != "ok")


def test_a_gateways_clock_can_be_told_only_if_it_is_ahead() -> None:
    assert clocks.gateway(ASKED - 365 * 24 * 3600 * S, ASKED).state == "ok"
    assert clocks.gateway(ASKED + 2 * S, ASKED).state == "warn"
    assert clocks.gateway(ASKED + 61 * S, ASKED).state == "fail"


def test_an_agencys_clock_is_ahead_if_its_last_record_was_made_after_the_log_had_it() -> None:
    found = list(clocks.agencies([("police", -5 * S), ("social", 1.5 * S), ("health", 90 * S)]))
    assert [(one.check, one.state) for one in found] == [
        ("police: clock", "ok"),
        ("social: clock", "warn"),
        ("health: clock", "fail"),
    ]
    assert "90.0 s ahead of the log" in found[2].said
