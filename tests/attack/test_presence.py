"""Nothing that the gateway answers an agency says whether there is a case, or that a bypass leads around it."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bus.examining import allow
from contracts.agencies import Agency
from contracts.bypass import INVOKED
from contracts.catalogue import CATALOGUE
from contracts.entry import Entry
from contracts.envelope import LetterEntry, Record, RecordData, dataschema
from contracts.errors import BarnabusError
from contracts.ids import NOTHING_BEFORE
from contracts.tiers import LOGGED, cut
from tests.builders import (
    HEALTH,
    OVERSIGHT,
    POLICE,
    PROSECUTION,
    SOCIAL,
    ByHand,
    about,
    bypass,
    new_case,
    now,
    refer,
)
from tests.carried import Carried

ASKERS = (HEALTH, POLICE)
ASKED = (POLICE, SOCIAL, HEALTH, OVERSIGHT)
"""To whom letters go that are tried, and whom contents name."""


@dataclass(frozen=True, slots=True)
class Cases:
    """By what there is to know of each: nothing was ever said in one, and in three the police asked the Centre."""

    none: str
    others: str
    around_health: str
    around_police: str


@pytest.fixture
def agencies(by_hand: ByHand, tmp_path: Path) -> Iterator[Carried]:
    found = Carried(by_hand, tmp_path)
    yield found
    found.close()


@pytest.fixture
async def cases(agencies: Carried) -> Cases:
    found = Cases(*(new_case() for _ in range(4)))
    for case in (found.others, found.around_health, found.around_police):
        await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=case))
    await agencies.says(SOCIAL, bypass(SOCIAL, found.around_health, "health", "prosecution"))
    await agencies.says(SOCIAL, bypass(SOCIAL, found.around_police, "police", "prosecution"))
    await agencies.says(SOCIAL, refer(SOCIAL, HEALTH, case_ref=found.around_police))  # it goes on without them
    return found


def answer(agencies: Carried, record: Record) -> tuple[str, dict[str, str]]:
    """What the gateway says of a record that is signed and next in all its chains."""
    try:
        allow(record, agencies.ledger)
    except BarnabusError as error:
        return "refused", error.problem()
    return "taken", {}


def subsets(agencies: Sequence[Agency]) -> Iterator[tuple[Agency, ...]]:
    return chain.from_iterable(combinations(agencies, size) for size in range(len(agencies) + 1))


def everything(sender: Agency, case: str, tied_to: str | None = None) -> Iterator[Record]:
    """Each type, with letters to whomever, itself too, and with whomever its content can ask or lead around."""
    for entry in CATALOGUE.values():
        for codes in _contents(entry, tied_to or new_case()):
            for receivers in subsets(ASKED):
                yield _record(entry, sender, case, codes, receivers)


def _contents(entry: Entry, other: str) -> Iterator[dict[str, Any]]:
    example = dict(entry.example)
    if "other" in example:
        example["other"] = other
    names = [name for name in ("to", "conflicted", "alternate") if name in example]
    yield example
    yield from (example | {name: agency.value} for name in names for agency in ASKED)


def _record(entry: Entry, sender: Agency, case: str, codes: dict[str, Any], receivers: Sequence[Agency]) -> Record:
    letters = tuple(
        LetterEntry(
            to=to, tiers=tuple(sorted(entry.seen_by(to))), number=1,
            previous=NOTHING_BEFORE, sealed=NOTHING_BEFORE, content=NOTHING_BEFORE,
        )
        for to in receivers
    )  # fmt: skip
    return Record(
        id=uuid4(),
        source=f"/agencies/{sender}",
        type=entry.type,
        subject=case,
        time=now(),
        dataschema=dataschema(entry.type, entry.version),
        number=1,
        previous=NOTHING_BEFORE,
        data=RecordData(
            about=None if entry.by_the_bus else about(sender),
            content=cut(entry.content, codes, LOGGED),
            letters=letters,
        ),
    )


async def test_who_has_no_part_in_a_case_gets_the_answers_that_it_gets_where_there_is_none(
    agencies: Carried, cases: Cases
) -> None:
    """The one exception needs the reference, and is said in guarantees.md: a bypass opens a case that is not there."""
    told, refusals = [], set()
    for there in (cases.others, cases.around_health):
        for one, other in zip(everything(HEALTH, cases.none), everything(HEALTH, there), strict=True):
            without, within = answer(agencies, one), answer(agencies, other)
            refusals.add(within[1].get("code"))
            if without != within and one.type != INVOKED:
                told.append((one.type, [letter.to.value for letter in one.data.letters], without, within))
    assert told == []
    assert {None, "case.not-held", "receiver.not-allowed", "sender.not-allowed", "receiver.none"} <= refusals


async def test_a_case_of_its_own_that_it_ties_to_another_says_nothing_of_that_one(
    agencies: Carried, cases: Cases
) -> None:
    own = new_case()
    await agencies.says(HEALTH, refer(HEALTH, SOCIAL, case_ref=own))
    for there in (cases.others, cases.around_health, cases.around_police):
        for one, other in zip(everything(HEALTH, own, new_case()), everything(HEALTH, own, there), strict=True):
            if one.type == "case.linked" and there != cases.around_police:
                assert answer(agencies, one) == answer(agencies, other), (one.data, other.data)


async def test_whom_a_bypass_leads_around_gets_the_answers_that_it_got_before(agencies: Carried, cases: Cases) -> None:
    """The police hold both cases, and of the second they hear no more; the answers are to the last letter the same."""
    told = [
        (one.type, [letter.to.value for letter in one.data.letters], before, after)
        for one, other in zip(everything(POLICE, cases.others), everything(POLICE, cases.around_police), strict=True)
        if (before := answer(agencies, one)) != (after := answer(agencies, other))
    ]
    assert told == []


async def test_whom_it_has_told_itself_it_goes_on_telling(agencies: Carried, cases: Cases) -> None:
    """A refusal would say that its letters no longer count."""
    for case in (cases.others, cases.around_police):
        await agencies.says(POLICE, refer(POLICE, HEALTH, case_ref=case))
    told = [
        (one.type, before, after)
        for one, other in zip(everything(POLICE, cases.others), everything(POLICE, cases.around_police), strict=True)
        if (before := answer(agencies, one)) != (after := answer(agencies, other))
    ]
    assert told == []


async def test_a_bypass_is_held_to_all_the_same(agencies: Carried, cases: Cases) -> None:
    """Others are told by the refusal whose letter it was; that is how they leave it out."""
    entry = CATALOGUE["immediate-protection.taken"]
    record = _record(entry, SOCIAL, cases.around_police, dict(entry.example), (POLICE, PROSECUTION))
    said, problem = answer(agencies, record)
    assert (said, problem["code"], problem["field"]) == ("refused", "route.bypassed", "data.letters.police")


async def test_for_any_case_the_same_is_asked_of_the_ledger_as_for_one_that_is_not_there(
    agencies: Carried, cases: Cases
) -> None:
    """What is looked up for some cases alone would show in the time that a refusal takes."""
    asked: list[str] = []
    db: sqlite3.Connection = agencies.ledger._db

    def questions(record: Record) -> list[str]:
        asked.clear()
        answer(agencies, record)
        return [statement.partition("'")[0] for statement in asked]

    db.set_trace_callback(asked.append)
    for asker in ASKERS:
        for there in (cases.others, cases.around_health, cases.around_police):
            pairs = zip(everything(asker, cases.none), everything(asker, there), strict=True)
            numbers = [(questions(one), questions(other)) for one, other in pairs]
            assert [pair for pair in numbers if pair[0] != pair[1]] == []
            assert any(one for one, _ in numbers)
