"""What a look of the keeper records."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts import protocol
from contracts.agencies import Agency
from contracts.dated import Dated
from contracts.duties import fold
from contracts.errors import BarnabusError
from services.keeper.application import Keeper
from services.keeper.signs import Signs
from services.keeper.watching import BEHIND_THE_CLOCK, Watching
from tests.carried import Carried
from tests.dated_cases import Case

AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
WHOLE, BROKEN = "4d1t-7k3q-9m2x-w4td", "7k3q-9m2x-w4td-h6rv"


@dataclass(frozen=True)
class OneIsBroken:
    """A view with two open cases, of which the second cannot be read."""

    said: Sequence[Dated]
    position: int = 1
    logged_at: datetime | None = None

    def changed(self, after: int) -> list[str]:
        return []

    def open(self) -> list[str]:
        return [WHOLE, BROKEN]

    def first_word(self) -> int | None:
        return None

    def held_up(self) -> Sequence[str]:
        return []

    def cases(self, case_refs: Sequence[str]) -> Iterator[tuple[str, list[Dated]]]:
        yield WHOLE, list(self.said)
        raise BarnabusError("projections.unavailable")


async def test_what_was_judged_is_recorded_whatever_is_wrong_with_the_next_case(
    agencies: Carried, tmp_path: Path
) -> None:
    case = Case()
    case.concern(AT)
    keeper, woken = agencies.apps[Agency.KEEPER], list[str]()
    assert isinstance(keeper, Keeper)

    async def log_end() -> int:
        return 1

    view, clock = OneIsBroken(case.said), lambda: AT + timedelta(minutes=1) + BEHIND_THE_CLOCK
    signs = Signs(tmp_path, keeper.store, clock)
    watching = Watching(
        keeper, protocol.read(), lambda: nullcontext(view), log_end, lambda: woken.append("relay"), signs, clock
    )
    with pytest.raises(BarnabusError, match=r"projections\.unavailable"):
        await watching.look()
    assert keeper.store.read("SELECT case_ref FROM keeper_agenda") == [{"case_ref": WHOLE}]
    assert keeper.store.read("SELECT DISTINCT case_ref FROM commands") == [{"case_ref": WHOLE}]
    assert woken == ["relay"], "and what it says of that one waits for nothing"
    assert keeper.store.read("SELECT 1 FROM keeper_progress") == [], "so it looks through them all again"


async def test_what_is_wrong_with_one_case_holds_up_no_other(
    agencies: Carried, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case()
    case.concern(AT)

    class Both(OneIsBroken):
        def cases(self, case_refs: Sequence[str]) -> Iterator[tuple[str, list[Dated]]]:
            yield BROKEN, [*self.said, *self.said]
            yield WHOLE, list(self.said)

    def fails_of_one(dated: Sequence[Dated], *others: Any) -> Any:
        if len(dated) > 1:
            raise ArithmeticError
        return fold(dated, *others)

    monkeypatch.setattr("services.keeper.watching.fold", fails_of_one)
    keeper = agencies.apps[Agency.KEEPER]
    assert isinstance(keeper, Keeper)

    async def log_end() -> int:
        return 1

    view, clock = Both(case.said), lambda: AT + timedelta(minutes=1) + BEHIND_THE_CLOCK
    signs = Signs(tmp_path, keeper.store, clock)
    watching = Watching(keeper, protocol.read(), lambda: nullcontext(view), log_end, lambda: None, signs, clock)
    looked = await watching.look()
    assert looked.waiting == "internal", "and that is seen"
    assert keeper.store.read("SELECT DISTINCT case_ref FROM commands") == [{"case_ref": WHOLE}]
    assert {row["case_ref"] for row in keeper.store.read("SELECT case_ref FROM keeper_agenda")} == {WHOLE, BROKEN}
