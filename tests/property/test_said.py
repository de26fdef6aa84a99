"""What time limits read in the read models of a case is what they read in its log."""

import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bus.log import Logged
from contracts.agencies import FIELD, Agency
from contracts.dated import Dated
from projections import said
from projections.case_log import case_log
from projections.letters import Letters
from projections.readmodel import ReadModel, State
from projections.records import Records
from tests.benchmarks.entries import year
from tests.case_logs import DAY, FIRST, Log
from tests.property.test_case_fold import SAID, content

AGAIN = "letter.said-again"


def rows(model: ReadModel, entries: Sequence[Logged]) -> list[State]:
    """As a database gives them back."""
    found: dict[str, State] = {}
    for logged in entries:
        for key in model.keys(logged):
            found[key] = json.loads(json.dumps(model.fold(key, found.get(key), logged)))
    return list(found.values())


def read(entries: Sequence[Logged], *case_refs: str) -> list[list[Dated]]:
    records, letters = rows(Records(), entries), rows(Letters(), entries)
    return [
        said.dated(
            [row for row in records if row["case_ref"] == case_ref],
            [row for row in letters if row["case_ref"] == case_ref],
        )
        for case_ref in case_refs
    ]


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """Anything, said to some; signed for soon, late or twice, opened or not, and now and then said again."""
    log = Log()
    for _ in range(draw(st.integers(1, 15))):
        by = draw(st.sampled_from(FIELD))
        letters = [one for one in log.entries for _ in one.record.data.letters]
        kind = draw(st.sampled_from(("say", "say", "sign", "sign", "again")))
        if kind == "say" or not letters:
            entry = draw(st.sampled_from(SAID))
            to = draw(st.sets(st.sampled_from(FIELD), max_size=3)) - {by}
            known = FIRST - draw(st.timedeltas(timedelta(0), DAY))
            log.say(by, entry.type, content(draw, entry), sorted(to), known=known)
            continue
        lost = draw(st.sampled_from(letters)).record
        letter = draw(st.sampled_from(lost.data.letters))
        if kind == "sign":
            opened = draw(st.booleans())
            log.signs(
                letter.to, Agency(lost.sender), letter.number, at=FIRST + draw(st.integers(0, 9)) * DAY, opened=opened
            )
        else:
            first = lost if lost.type != AGAIN else next(one.record for one in log.entries if one.record.type != AGAIN)
            ids: dict[str, Any] = {"of_id": str(first.id), "lost_id": str(lost.id), "of_type": first.type}
            log.say(Agency(lost.sender), AGAIN, ids, [letter.to])
    return log


@settings(max_examples=150, deadline=None)
@given(log=logs())
def test_of_any_log_the_rows_come_to_what_the_log_comes_to(log: Log) -> None:
    assert read(log.entries, log.entries[0].record.subject) == [case_log(log.entries).dated()]


def test_what_was_said_again_of_a_letter_that_was_said_again_was_received_when_it_could_be_read() -> None:
    log = Log()
    made = log.make(Agency.POLICE, Agency.SOCIAL)
    lost = made
    for opened in (False, False, True):
        log.signs(Agency.SOCIAL, Agency.POLICE, len(log.entries), at=FIRST + len(log.entries) * DAY, opened=opened)
        if not opened:
            ids = {"of_id": str(made), "lost_id": str(lost), "of_type": "referral.made"}
            lost = log.say(Agency.POLICE, AGAIN, ids, [Agency.SOCIAL])
    (found,) = read(log.entries, log.entries[0].record.subject)
    assert [(one.said.id, one.received[Agency.SOCIAL].position) for one in found] == [(made, len(log.entries))]
    assert found == case_log(log.entries).dated()


def test_of_every_case_of_a_made_up_year_too() -> None:
    entries = [entry.logged() for entry in islice(year(800, 7).entries(), 800)]
    whose: dict[tuple[Any, ...], str] = {}
    cases: dict[str, list[Logged]] = {}
    for logged in entries:
        for letter in logged.record.data.letters:
            whose[logged.record.sender, letter.to, letter.number] = logged.record.subject
        if logged.receipt:
            signed = [(logged.receipt.sender, logged.record.sender, letter.number) for letter in logged.receipt.letters]
            for case_ref in {whose[one] for one in signed}:
                cases[case_ref].append(logged)
        else:
            cases.setdefault(logged.record.subject, []).append(logged)
    assert len(cases) > 10
    assert read(entries, *cases) == [case_log(those).dated() for those in cases.values()]
