"""What a look of the keeper records."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts import protocol
from contracts.agencies import Agency
from contracts.dated import Dated
from contracts.duties import fold
from contracts.errors import BarnabusError
from contracts.shapes import Clocks
from services.keeper.application import Keeper
from services.keeper.signs import Signs
from services.keeper.watching import APART, BEHIND_THE_CLOCK, Watching
from tests.carried import Carried
from tests.conftest import Said
from tests.dated_cases import Case

AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
WHOLE, BROKEN, UNREADABLE = "4d1t-7k3q-9m2x-w4td", "7k3q-9m2x-w4td-h6rv", "9m2x-w4td-h6rv-7k3q"
Read = Callable[[], list[Dated]]


@dataclass(frozen=True)
class OneIsBroken:
    """A view with two open cases, of which the second cannot be read."""

    said: Sequence[Dated]
    position: int = 1
    logged_at: datetime | None = None
    held: Sequence[str] = ()

    def changed(self, after: int) -> list[str]:
        return [WHOLE] if after < self.position else []

    def open(self) -> list[str]:
        return [WHOLE, BROKEN]

    def first_word(self) -> int | None:
        return None

    def held_up(self) -> Sequence[str]:
        return self.held

    def cases(self, case_refs: Sequence[str]) -> Iterator[tuple[str, Read]]:
        yield WHOLE, lambda: list(self.said)
        raise BarnabusError("projections.unavailable")


@dataclass(frozen=True)
class OneIsWhole(OneIsBroken):
    """A view with one open case."""

    def open(self) -> list[str]:
        return [WHOLE]

    def cases(self, case_refs: Sequence[str]) -> Iterator[tuple[str, Read]]:
        yield WHOLE, lambda: list(self.said)


class InTurn:
    """Views that are opened one after the other."""

    def __init__(self, *views: OneIsBroken) -> None:
        self._views = list(views)

    def __call__(self) -> AbstractContextManager[OneIsBroken]:
        return nullcontext(self._views.pop(0))


def watching_over(agencies: Carried, folder: Path, views: InTurn, now: datetime) -> Watching:
    keeper = agencies.apps[Agency.KEEPER]
    assert isinstance(keeper, Keeper)

    async def log_end() -> int:
        return 1

    signs = Signs(folder, keeper.store, lambda: now)
    return Watching(keeper, protocol.read(), views, log_end, lambda: None, signs, lambda: now)


async def test_nothing_is_decided_by_a_view_that_went_back_during_a_look(agencies: Carried, tmp_path: Path) -> None:
    """The act was in the first one, and would look as if it had not been done."""
    case = Case()
    case.concern(AT)
    views = InTurn(OneIsBroken(case.said, position=9), OneIsBroken(case.said, position=1))
    with pytest.raises(BarnabusError, match=r"projections\.unavailable.* went back"):
        await watching_over(agencies, tmp_path, views, AT + timedelta(days=9)).look()
    assert agencies.apps[Agency.KEEPER].store.read("SELECT 1 FROM commands") == []


async def test_nothing_is_decided_while_the_logs_clock_is_far_ahead_of_its_own(
    agencies: Carried, tmp_path: Path
) -> None:
    """One stamp of a clock that jumped would make everything missed that is due by then."""
    case = Case()
    case.concern(AT)
    for ahead, waiting in ((APART, None), (APART + timedelta(microseconds=1), "clock.behind")):
        stamped = replace(OneIsWhole(case.said), logged_at=AT + ahead)
        looked = await watching_over(agencies, tmp_path, InTurn(stamped, stamped), AT).look()
        assert looked.waiting == waiting


@pytest.mark.parametrize("held_up", [False, True])
async def test_a_forged_notice_is_found_also_where_its_case_could_not_be_judged_at_first(
    agencies: Carried, tmp_path: Path, said: Said, held_up: bool
) -> None:
    case = Case()
    trigger = case.concern(AT)
    place, forged_at = len(case.said), AT + timedelta(minutes=1)
    codes = {
        "rule": "suspicion-to-prosecutor", "trigger_id": str(trigger), "trigger_by": "social", "owner": "police",
        "position": place, "version": "1", "due_at": AT.isoformat(),
    }  # fmt: skip
    clocks = Clocks(occurred=forged_at, known=forged_at, recorded=forged_at)
    case.add(Agency.KEEPER, "duty.breached", codes, forged_at, clocks, [Agency.POLICE])
    honest = OneIsWhole(case.said[:place], position=place)
    forged = OneIsWhole(case.said, position=place + 1)
    at_first = replace(forged, held=(WHOLE,)) if held_up else forged
    moment = AT + timedelta(hours=1)
    for view in (honest, at_first, forged):
        await watching_over(agencies, tmp_path, InTurn(view, view), moment).look()
        moment += timedelta(minutes=2)
    assert len([line for line in said if line["event"] == "keeper.disagrees"]) == 1


async def test_a_full_disk_under_its_sign_ends_no_watch(
    agencies: Carried, tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bus.signs.write", full)
    view = OneIsWhole(Case().said)
    await watching_over(agencies, tmp_path, InTurn(view, view), AT).look()
    assert [line["error"] for line in said if line["event"] == "keeper.unsigned"] == ["No space left on device"]


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
        def cases(self, case_refs: Sequence[str]) -> Iterator[tuple[str, Read]]:
            yield BROKEN, lambda: [*self.said, *self.said]
            yield UNREADABLE, unreadable
            yield WHOLE, lambda: list(self.said)

    def unreadable() -> list[Dated]:
        raise ArithmeticError

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
    looks_again = {row["case_ref"] for row in keeper.store.read("SELECT case_ref FROM keeper_agenda")}
    assert looks_again == {WHOLE, BROKEN, UNREADABLE}
