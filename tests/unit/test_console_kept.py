"""What the console keeps for a moment, how it tells open pages that something changed, and what it says of a duty."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from cli.duty_rows import standing as in_the_terminal
from console import live, telling
from console.accounts import Account
from console.kept import Kept, Shared
from console.live import Live
from console.roles import Role
from console.words import Language, words
from contracts.errors import BarnabusError

ANA, BEN = (Account(name, Role.OPERATOR, "hash") for name in ("ana", "ben"))
REQUEST = Request({"type": "http", "headers": []})


class Looks:
    """Counts looks; each ends when the test says so, with what it says."""

    def __init__(self) -> None:
        self.begun = 0
        self.end = asyncio.Event()
        self.fails = False

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        await self.end.wait()
        if self.fails:
            raise BarnabusError("projections.missing")
        return number


async def test_many_who_ask_at_once_cost_one_look() -> None:
    looks = Looks()
    kept = Kept(looks, fresh_s=60, old_s=60)
    asking = [asyncio.create_task(kept.found(5)) for _ in range(20)]
    await asyncio.sleep(0)
    looks.end.set()
    assert await asyncio.gather(*asking) == [1] * 20
    assert (await kept.found(5), looks.begun) == (1, 1)


async def test_what_is_no_longer_fresh_is_shown_until_the_next_look_is_done() -> None:
    looks = Looks()
    looks.end.set()
    kept = Kept(looks, fresh_s=0, old_s=60)
    assert await kept.found(5) == 1
    looks.end.clear()
    assert await kept.found(5) == 1
    await asyncio.sleep(0)
    assert looks.begun == 2
    looks.end.set()
    await asyncio.sleep(0.01)
    assert await kept.found(5) == 2


async def test_what_is_old_is_waited_for() -> None:
    looks = Looks()
    looks.end.set()
    kept = Kept(looks, fresh_s=0, old_s=0)
    assert [await kept.found(5) for _ in range(3)] == [1, 2, 3]


async def test_what_is_old_is_shown_all_the_same_when_the_next_look_takes_too_long() -> None:
    looks = Looks()
    looks.end.set()
    kept = Kept(looks, fresh_s=0, old_s=0)
    assert await kept.found(5) == 1
    looks.end.clear()
    assert (await kept.found(0.01), looks.begun) == (1, 2)


async def test_who_does_not_wait_is_told_nothing_and_the_look_goes_on() -> None:
    looks = Looks()
    kept = Kept(looks, fresh_s=60, old_s=60)
    assert await kept.found(0) is None
    looks.end.set()
    assert (await kept.found(5), looks.begun) == (1, 1)


async def test_a_look_that_failed_is_said_and_tried_again() -> None:
    looks = Looks()
    looks.end.set()
    looks.fails = True
    kept = Kept(looks, fresh_s=60, old_s=60)
    for _ in range(2):
        with pytest.raises(BarnabusError, match=r"projections\.missing"):
            await kept.found(5)
    looks.fails = False
    assert await kept.found(5) == 3


async def test_ending_ends_the_look_that_is_under_way() -> None:
    looks = Looks()
    kept = Kept(looks, fresh_s=60, old_s=60)
    assert await kept.found(0) is None
    await asyncio.wait_for(kept.end(), 1)


# --- live pages -----------------------------------------------------------------------------------------------------


class Told:
    """What one open page is told, while the test changes what there is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(live, "LOOK_EVERY_S", 0.001)
        self.mark: str | BarnabusError = "1"
        self.account: Account | None = ANA
        self.live = Live(self._mark, lambda request: self.account)

    async def _mark(self) -> str:
        if isinstance(self.mark, BarnabusError):
            raise self.mark
        return self.mark

    async def until(self, ends: str) -> str:
        said = ""
        async for text in self.live.told(REQUEST, ANA).body_iterator:
            said += str(text)
            if said.endswith(ends):
                break
        return said


async def test_a_page_is_told_that_something_changed_and_not_what(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(monkeypatch)
    hearing = asyncio.create_task(told.until("changed\ndata: {}\n\n"))
    await asyncio.sleep(0.02)
    assert not hearing.done(), "nothing has changed yet"
    told.mark = BarnabusError("projections.unavailable")
    await asyncio.sleep(0.02)
    assert not hearing.done(), "what cannot be read has not changed"
    told.mark = "2"
    assert (await asyncio.wait_for(hearing, 5)).count("event:") == 1


async def test_who_may_look_no_more_is_told_so_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(monkeypatch)
    hearing = asyncio.create_task(told.until("ended\ndata: {}\n\n"))
    await asyncio.sleep(0.01)
    told.account, told.mark = BEN, "2"
    assert "changed" not in await asyncio.wait_for(hearing, 5)


async def test_open_pages_end_with_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(monkeypatch)
    hearing = asyncio.create_task(told.until("never"))
    await asyncio.sleep(0.01)
    told.live.closing.set()
    await asyncio.wait_for(hearing, 5)


async def test_one_account_has_so_many_live_pages_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(monkeypatch)
    hearing = [asyncio.create_task(told.until("never")) for _ in range(live.OF_ONE)]
    await asyncio.sleep(0.02)
    with pytest.raises(BarnabusError, match=r"requests\.too-many"):
        told.live.told(REQUEST, ANA)
    told.live.told(REQUEST, BEN)
    told.live.closing.set()
    await asyncio.gather(*hearing)
    told.live.told(REQUEST, ANA)


# --- what is said of a duty -----------------------------------------------------------------------------------------


def duty(**more: Any) -> dict[str, Any]:
    plain = {"state": "open", "past_s": -7_200.0, "due_at": "2025-01-01", "no_limit": None, "missed": False}
    return {**plain, "on_time": None, **more}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (duty(), "due in 120 minutes"),
        (duty(past_s=None), "its clock has not begun"),
        (duty(state="breached", past_s=90_000.0), "overdue by 25 hours"),
        (duty(past_s=90_000.0, due_at=None, no_limit="no-limit-in-law"), "absent by 25 hours"),
        (duty(due_at=None, no_limit="no-limit-in-law"), "no limit in law; shown as absent in 120 minutes"),
        (duty(no_limit="at-once"), "at once; taken for missed in 120 minutes"),
        (duty(state="met", on_time=True), "met in time"),
        (duty(state="met", on_time=False, past_s=3_600.0, missed=True), "met, 60 minutes late"),
        (duty(state="excused"), "excused"),
        (duty(state="withdrawn", missed=True, past_s=3_600.0), "withdrawn, 60 minutes late"),
    ],
)
def test_what_a_duty_has_come_to_is_said_as_the_command_says_it(found: dict[str, Any], said: str) -> None:
    shown = telling.standing(words(Language.ENGLISH), found)
    assert shown == said.replace("120 minutes", "2 hours")
    first = in_the_terminal(found).split(",")[0].split(" by ")[0].split(" in ")[0].split(";")[0]
    assert first in shown or first == "alarm"


async def test_who_asks_for_the_same_shares_one_look_and_for_another_state_has_a_look_of_its_own() -> None:
    asked, shared = list[int](), Shared[int, int](2)

    async def look(position: int) -> int:
        asked.append(position)
        await asyncio.sleep(0)
        return position * 10

    found = await asyncio.gather(
        *(shared.found(1, lambda: look(1)) for _ in range(5)), shared.found(2, lambda: look(2))
    )
    assert (found, asked) == ([10] * 5 + [20], [1, 2])
    assert await shared.found(1, lambda: look(1)) == 10
    assert asked == [1, 2]
    await shared.found(3, lambda: look(3))
    await shared.found(1, lambda: look(1))
    assert asked == [1, 2, 3, 1], "the oldest gave way"
    await shared.end()


async def test_a_shared_look_that_fails_is_done_again_and_one_that_nobody_waits_for_goes_on() -> None:
    shared, tries = Shared[str, int](2), list[int]()

    async def look() -> int:
        tries.append(len(tries))
        await asyncio.sleep(0.01)
        if len(tries) == 1:
            raise BarnabusError("projections.unavailable")
        return 7

    with pytest.raises(BarnabusError):
        await shared.found("a", look)
    waiting = asyncio.create_task(shared.found("a", look))
    await asyncio.sleep(0)
    waiting.cancel()
    assert await shared.found("a", look) == 7
    assert len(tries) == 2
    await shared.end()
