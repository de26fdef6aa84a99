"""Whatever is said on a handoff, and whenever: its row says what the law says, and holders' parts are the whole."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.agencies import Agency
from contracts.catalogue import entry_of
from contracts.handoff import step
from contracts.standing import Standing
from projections.account import account
from projections.case_log import act_of
from projections.handoffs import Handoffs
from projections.legs import UNDER_WAY, legs, us_of
from projections.readmodel import State
from tests.case_logs import FIRST, Log

POLICE, _, SOCIAL, HEALTH, _, _ = Agency
ACTS = (
    (SOCIAL, "referral.acknowledged"), (SOCIAL, "referral.accepted"), (SOCIAL, "referral.declined"),
    (SOCIAL, "referral.started"), (SOCIAL, "referral.completed"), (POLICE, "referral.superseded"),
    (POLICE, "referral.closed"), (POLICE, "referral.withdrawal-asked"), (SOCIAL, "referral.withdrawal-confirmed"),
    (SOCIAL, "information.asked"), (POLICE, "information.asked"), (POLICE, "information.given"),
    (SOCIAL, "information.refused"), (HEALTH, "referral.accepted"),
)  # fmt: skip
SAID = st.lists(
    st.tuples(st.sampled_from(ACTS), st.timedeltas(timedelta(hours=-3), timedelta(days=4))), min_size=1, max_size=14
)
"""Acts, each so long after the one before by the log's clock; it can have gone back."""


def log_of(said: list[tuple[tuple[Agency, str], timedelta]]) -> Log:
    log, moment, asked = Log(), FIRST, [UUID(int=1)]
    handoff = log.make(POLICE, SOCIAL, logged=moment)
    for (by, type_name), after in said:
        moment += after
        content = {"asked_id": str(asked[-1])} if type_name in ("information.given", "information.refused") else {}
        record_id = log.on(by, type_name, handoff, {"logged": moment}, **content)
        if type_name == "information.asked":
            asked.append(record_id)
    return log


def folded(log: Log) -> list[tuple[State, Standing]]:
    """Row and standing after each act."""
    state, standing, found = None, Standing(), list[tuple[State, Standing]]()
    for logged in log.entries:
        entry, codes = entry_of(logged.record.type), logged.record.data.content
        assert entry.move
        (key,) = Handoffs().keys(logged)
        state = Handoffs().fold(key, state, logged)
        standing = step(standing, act_of(logged, entry.move, codes, entry.service_of(codes)))
        found.append((state, standing))
    return found


@given(said=SAID)
def test_a_row_says_what_the_law_says(said: list[Any]) -> None:
    for state, standing in folded(log_of(said)):
        columns = Handoffs().columns(state)
        move, answers = standing.whose_move, standing.responsible
        shown = {name: columns[name] for name in ("stage", "whose_move", "responsible", "open")}
        assert shown == {
            "stage": standing.stage.value,
            "whose_move": move.value if move else None,
            "responsible": answers.value if answers else None,
            "open": standing.open,
        }
        assert state["void"] == len(standing.voids)


@given(said=SAID, later=st.timedeltas(timedelta(0), timedelta(days=9)))
def test_the_holders_parts_are_the_whole_by_the_wall_and_in_office_hours(said: list[Any], later: timedelta) -> None:
    log = log_of(said)
    state, _ = folded(log)[-1]
    found = account("x", state, None, us_of(max(entry.stamp.logged_at for entry in log.entries) + later))
    assert found["whole"]["wall_s"] is not None
    for name in ("wall_s", "working_s"):
        parts = sum(held[name] for held in found["holders"].values())
        assert parts == pytest.approx(found["whole"][name], abs=1e-6)
        assert all(held[name] >= 0 for held in found["holders"].values())
    assert all(one["until"] == other["since"] for one, other in pairwise(found["spells"])), "and there is no gap"


@given(said=SAID)
def test_what_has_ended_stays_ended_whatever_is_said_later(said: list[Any]) -> None:
    """So a histogram of it only ever counts up, as a Prometheus server takes it to do."""
    ended = [Counter(cell for cell in Handoffs().cells(state) if cell[2]) for state, _ in folded(log_of(said))]
    assert all(before <= after for before, after in pairwise(ended))


@given(said=SAID)
def test_what_an_open_row_waits_for_is_told_by_its_columns_and_what_is_over_waits_for_nothing(said: list[Any]) -> None:
    """The columns are all that a summary reads of it."""
    for state, _ in folded(log_of(said)):
        columns = Handoffs().columns(state)
        waits = sorted((leg.name, leg.begun[0]) for leg in legs(state) if leg.until_us is None)
        told = []
        if columns["open"]:
            begun = {
                "acknowledged": "made_us",
                "decided": "made_us",
                "started": "decided_us",
                "completed": "decided_us",
            }
            told = [(name, columns[begun[name]]) for name in UNDER_WAY[columns["stage"]]]
            told += [("information", int(us)) for us in (columns["asked_us"] or "").split()]
        assert sorted(told) == waits
        settled = [leg for leg in legs(state) if leg.until_us is not None]
        assert len(list(Handoffs().cells(state))) == 1 + len(settled)
        assert all(leg.lasted_us() >= 0 for leg in settled)
