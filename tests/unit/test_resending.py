"""Asking for missing letters: at once, and then ever more rarely, for their sender may be away for days."""

from bus.resending import LOOKS_BETWEEN, Asked


def test_the_same_letters_are_asked_for_ever_more_rarely() -> None:
    asked = Asked(frozenset({1}))
    times = [look for look in range(1, 200) if asked.is_time()]
    assert times == [1, 3, 7, 15, 31, 63, 127, 191]
    assert [after - before - 1 for before, after in zip([0, *times], times, strict=False)][:7] == list(LOOKS_BETWEEN)
