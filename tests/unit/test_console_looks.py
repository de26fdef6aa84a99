"""Looks that are under way in the console: whose they are, for how long, and how many there are."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from console import looks
from console.looks import Asking, Look, Looks, Seen
from contracts.errors import BarnabusError
from projections.case_log import CaseLog
from tests.builders import POLICE, SOCIAL
from tests.case_logs import Log

BEGUN = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def case_at(position: int) -> CaseLog:
    """A case whose first record stands there."""
    log = Log()
    for _ in range(position):
        log.make(POLICE, SOCIAL)
    found = CaseLog()
    found.apply(log.entries[-1])
    return found


@dataclass
class Given:
    """A clock that goes when it is told to, and a log in which cases can be closed to people."""

    now: datetime = BEGUN
    until: datetime | None = None
    shut: set[str] = field(default_factory=set)
    reading: int = 0
    most: int = 0

    async def look(self, asking: Asking) -> Seen:
        self.reading += 1
        self.most = max(self.most, self.reading)
        await asyncio.sleep(0)
        self.reading -= 1
        if asking.case_ref == "none":
            raise BarnabusError("case.not-found")
        return Seen(case_at(int(asking.case_ref)), "inspector-17", "inspection", 99, self.until)

    async def may_be_shut(self, case_ref: str, since: int) -> bool:
        return case_ref in self.shut

    @property
    def looks(self) -> Looks:
        return Looks(self.look, self.may_be_shut, lambda: self.now)


def asking(case_ref: str) -> Asking:
    return Asking(case_ref, "a review", "inspection", "ana", "a token")


@pytest.fixture
def given() -> Given:
    return Given()


async def missing(found: Looks, session: str, number: int) -> None:
    with pytest.raises(BarnabusError, match=r"look\.missing"):
        await found.of(session, number)


async def test_a_look_is_its_sessions_own(given: Given) -> None:
    found = given.looks
    look = await found.begin("hers", asking("3"))
    assert (look.number, await found.of("hers", 3)) == (3, look)
    await missing(found, "his", 3)
    await missing(found, "hers", 2)
    found.end("his")
    assert found.all("hers") == [look]
    found.end("hers")
    await missing(found, "hers", 3)


async def test_a_look_is_over_after_half_an_hour_or_when_the_credential_ends(given: Given) -> None:
    found = given.looks
    await found.begin("hers", asking("1"))
    given.until = BEGUN + 10 * MINUTE
    await found.begin("hers", asking("2"))
    given.now = BEGUN + 10 * MINUTE
    await missing(found, "hers", 2)
    given.now = BEGUN + looks.FOR - timedelta(seconds=1)
    assert (await found.of("hers", 1)).until == BEGUN + looks.FOR
    given.now = BEGUN + looks.FOR
    await missing(found, "hers", 1)
    assert found.all("hers") == []


async def test_what_may_have_closed_the_case_ends_the_look_for_good(given: Given) -> None:
    found = given.looks
    await found.begin("hers", asking("1"))
    await found.begin("hers", asking("2"))
    given.shut = {"1"}
    await missing(found, "hers", 1)
    given.shut = set()
    await missing(found, "hers", 1)
    assert (await found.of("hers", 2)).case_ref == "2"


async def test_looking_again_takes_the_place_of_the_look_before(given: Given) -> None:
    found = given.looks
    first = await found.begin("hers", asking("1"))
    given.now += 20 * MINUTE
    second = await found.begin("hers", asking("1"))
    assert found.all("hers") == [second]
    assert second.until > first.until


async def test_the_oldest_gives_way_to_more_looks_than_are_kept(given: Given) -> None:
    found = given.looks
    for number in range(1, looks.OF_ONE + 2):
        await found.begin("hers", asking(str(number)))
    assert [look.number for look in found.all("hers")] == list(range(2, looks.OF_ONE + 2))
    for other in range(looks.AT_MOST):
        await found.begin(f"session {other}", asking("1"))
    kept: list[Look] = [look for other in range(looks.AT_MOST) for look in found.all(f"session {other}")]
    assert len(kept) + len(found.all("hers")) == looks.AT_MOST


async def test_long_cases_give_way_sooner(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "RECORDS_AT_MOST", 2)
    found = given.looks
    for session in ("first", "second", "third", "fourth"):
        await found.begin(session, asking("1"))
    assert [bool(found.all(session)) for session in ("first", "second", "third", "fourth")] == [False, True, True, True]


async def test_few_cases_are_read_at_one_time_and_a_refused_look_is_none(given: Given) -> None:
    found = given.looks
    with pytest.raises(BarnabusError, match=r"case\.not-found"):
        await found.begin("hers", asking("none"))
    await asyncio.gather(*(found.begin(f"session {n}", asking("1")) for n in range(10)))
    assert given.most == looks.AT_ONCE
    assert found.all("hers") == []
