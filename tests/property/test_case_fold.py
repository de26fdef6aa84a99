"""What is kept of a case from entry to entry tells the same as all that was said in it, at every place in its log."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from bus.log import Logged
from contracts.agencies import FIELD, Agency
from contracts.bypass import LIFTED
from contracts.catalogue import CATALOGUE
from contracts.entry import Entry
from contracts.standing import Move
from projections import case_fold, case_state
from tests.benchmarks.entries import year
from tests.case_logs import CASE, DAY, FIRST, Log
from tests.casework import worked_out

CHILDREN = tuple({"ref": f"p-7k3q9m2xw{n}", "role": "child"} for n in range(2))
SUSPECTS = tuple({"ref": f"p-2m8r4t6v0{n}", "role": "suspect"} for n in range(2))
SAID = [entry for entry in CATALOGUE.values() if entry.command]
MAKES = [entry for entry in SAID if entry.move is Move.MAKE]
ACTS = [entry for entry in SAID if entry.move and entry.move is not Move.MAKE]
FACTS = [entry for entry in SAID if not entry.move]
READ = [CATALOGUE[name] for name in case_fold.READ]
EXPIRE = [(FIRST + n * DAY).isoformat() for n in (2, 30)]
RIGHT: dict[str, tuple[str, Any]] = {
    "safe-contact.set": ("found", False),
    "child.missing": ("missing_since", "2026-02-01T10:00:00Z"),
    "protective-measure.changed": ("change", "breached"),
    "forensic-exam.not-done": ("reason", "consent-refused"),
    "case.linked": ("reason", "same-suspect"),
}
"""Of what is read here, a code that another can take the place of."""


def content(draw: st.DrawFn, entry: Entry, **codes: Any) -> dict[str, Any]:
    """The catalogue's example as the log may hold it, about one of these persons."""
    found = {name: entry.example[name] for name in entry.logged.model_fields if name in entry.example}
    persons = {"concerns": draw(st.sampled_from(CHILDREN)), "suspect": draw(st.sampled_from(SUSPECTS))}
    fits = (name for name, person in persons.items() if (found.get(name) or {}).get("role") == person["role"])
    return found | {name: persons[name] for name in fits} | codes


@st.composite
def logs(draw: st.DrawFn) -> Sequence[Logged]:
    """One case's log in any order: acts of parties and of others, questions, facts, corrections, bypasses."""
    log, made, asked = Log(), list[tuple[UUID, Agency, Agency]](), list[UUID]()
    for _ in range(draw(st.integers(1, 25))):
        by, to = draw(st.sampled_from(FIELD)), draw(st.sampled_from(FIELD))
        kind = draw(st.sampled_from(("make", "act", "act", "act", "act", "fact", "fact", "right")))
        if kind == "make" or not made:
            entry, expires_at = draw(st.sampled_from(MAKES)), draw(st.sampled_from((None, *EXPIRE)))
            parties: dict[str, Any] = {"to": to.value, "notified": [], "expires_at": expires_at}
            made.append((log.say(by, entry.type, content(draw, entry, **parties)), by, to))
        elif kind == "act":
            entry = draw(st.sampled_from(ACTS))
            handoff, opener, receiver = draw(st.sampled_from(made))
            codes = {"handoff_id": str(handoff)}
            if entry.move in (Move.GIVE, Move.REFUSE):
                codes["asked_id"] = str(draw(st.sampled_from(asked or [handoff])))
            party = draw(st.sampled_from((opener, receiver, receiver, by)))
            said = log.say(party, entry.type, content(draw, entry, **codes))
            asked += [said] if entry.move is Move.ASK else []
        elif kind == "fact":
            entry = draw(st.sampled_from(draw(st.sampled_from((FACTS, READ)))))
            more: dict[str, Any] = {"handoff_id": None} if entry.move else {}
            if entry.type == LIFTED:
                more["bypass_id"] = str(draw(st.sampled_from(log.entries)).record.id)
            log.say(by, entry.type, content(draw, entry, **more))
        else:
            puts_right(draw, log)
    return draw(st.permutations(log.entries)) if draw(st.booleans()) else log.entries


def puts_right(draw: st.DrawFn, log: Log) -> None:
    """Somebody's earlier word: a code of it, whom it was about, or both."""
    wrong = draw(st.sampled_from(log.entries)).record
    code = RIGHT.get(wrong.type)
    whom = draw(st.sampled_from((None, *CHILDREN, *SUSPECTS)))
    log.say(
        Agency(wrong.sender),
        "record.corrected",
        {
            "of_id": str(wrong.id),
            "of_type": wrong.type,
            "reason": "typed-wrong",
            "concerns": whom,
            "clocks": None,
            "codes": [{"field": code[0], "value": code[1]}] if code and draw(st.booleans()) else [],
        },
    )


def at_its_place(entries: Sequence[Logged]) -> list[Logged]:
    return [
        replace(logged, stamp=logged.stamp.model_copy(update={"position": position}))
        for position, logged in enumerate(entries, 1)
    ]


def comes_to_the_same(entries: Sequence[Logged], case_ref: str) -> None:
    state = case_fold.NOTHING
    for logged in entries:
        before = json.dumps(dict(state))
        after = case_fold.after(state, logged)
        assert json.dumps(dict(state)) == before, "a fold changes nothing of what it was given"
        state = json.loads(json.dumps(after))
        assert state == after, "as a database gives it back"
    assert case_state.document_of(case_ref, state) == worked_out(entries, case_ref)


@settings(max_examples=200, deadline=None)
@given(entries=logs())
def test_of_any_log_the_fold_comes_to_what_the_laws_come_to(entries: Sequence[Logged]) -> None:
    comes_to_the_same(at_its_place(entries), CASE)


def test_of_every_case_of_a_made_up_year_too() -> None:
    cases: dict[str, list[Logged]] = {}
    for entry in islice(year(2_000, 7).entries(), 2_000):
        if not entry.subject.startswith("link."):
            logged = entry.logged()
            cases.setdefault(logged.record.subject, []).append(logged)
    assert len(cases) > 20
    for case_ref, entries in cases.items():
        comes_to_the_same(entries, case_ref)
