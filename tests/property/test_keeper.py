"""Laws of what the keeper says, over cases that say anything in any order, whenever and however often it looks."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.agencies import Agency
from contracts.bypass import INVOKED, LIFTED, Bypass, conflicted, kept_out
from contracts.catalogue.accounting import BREACHED, ESCALATED, OPENED
from contracts.dated import Dated, words
from contracts.duties import fold
from contracts.duties.agreement import disagreements
from contracts.duties.duty import Duty, State
from contracts.duties.notices import ENDED, OF_DUTIES, WITHIN, Told, same
from contracts.duties.parties import Parties
from contracts.protocol import Protocol
from tests.dated_cases import XK, Case
from tests.keeper_log import KeptCase
from tests.property.test_duties import BEGINS, MOMENTS, cases

RULES = (
    "handoff-decided", "concern-screened", "suspicion-to-prosecutor", "hiv-prophylaxis", "sampling-before-puberty",
    "examined-anyway", "information-amber", "arrested-before-judge", "release-told-to-social", "reason-recorded",
)  # fmt: skip
"""One of each kind."""
SOME = Protocol(
    tuple(
        version.model_copy(update={"rules": tuple(rule for rule in version.rules if rule.id in RULES)})
        for version in XK.versions
    )
)
END = BEGINS + timedelta(days=500)
FEW = settings(max_examples=20)
"""A case is looked at a hundred times."""
LOOKS = st.lists(MOMENTS, max_size=6)
ROUNDS = 4
"""Each answers what the one before has changed; a correction after an end takes three."""


def looked(case: Case, moments: Iterable[datetime]) -> KeptCase:
    """The keeper looked at these moments and then until it had no more to say."""
    kept = KeptCase.of(case.said, SOME)
    for at in sorted(moments):
        kept.look(at)
    return to_the_end(kept)


def watched(case: Case, also: Iterable[datetime] = ()) -> KeptCase:
    """It looked at all that changed anything, and at these moments besides."""
    kept = KeptCase.of(case.said, SOME)
    kept.watch(END, also)
    return to_the_end(kept)


def to_the_end(kept: KeptCase) -> KeptCase:
    at = END
    for _ in range(ROUNDS):
        at += WITHIN + timedelta(minutes=1)
        if not kept.look(at):
            return kept
    raise AssertionError(f"it goes on and on: {kept.wanted(at)}")


def duties(kept: KeptCase) -> tuple[Duty, ...]:
    return fold(kept.all, SOME, END)


def breaches(kept: KeptCase, duty: Duty) -> Counter[Agency]:
    """How often a breach of a duty's due time as it is now was said to whom."""
    due_at = duty.due_at.isoformat() if duty.due_at else None
    told = Told.of(duty, kept.notices).said
    said = [one for one in told if one.said.type == BREACHED and same(one.said.codes["due_at"], due_at)]
    return Counter(agency for one in said for agency in one.to)


@FEW
@given(case=cases(), looks=LOOKS)
def test_whenever_it_looks_it_says_nothing_twice_and_nothing_that_does_not_follow_from_the_log(
    case: Case, looks: list[datetime]
) -> None:
    for kept in (looked(case, looks), watched(case, looks)):
        ids = Counter(notice.id for notice in kept.given)
        assert not [one for one, times in ids.items() if times > 1]
        assert list(disagreements(kept.all, SOME)) == []


@FEW
@given(case=cases(), looks=LOOKS)
def test_every_breach_is_told_and_nobody_twice(case: Case, looks: list[datetime]) -> None:
    """What was done in time and typed in late was one, until that was known; of what is excused the reason is told."""
    for kept in (looked(case, looks), watched(case)):
        for duty in duties(kept):
            told = breaches(kept, duty)
            assert set(told.values()) <= {1}, duty
            if _is_told(duty):
                assert told, duty
                assert not duty.owed or told.keys() >= set(duty.tell_of_breach), duty


@FEW
@given(case=cases(), looks=LOOKS)
def test_looking_often_or_seldom_ends_with_the_same_breaches_ends_and_escalations(
    case: Case, looks: list[datetime]
) -> None:
    """Who looks seldom tells fewer agencies, and no others but those that stand in after a bypass."""
    stand_in = {Agency(one.said.codes["alternate"]) for one in case.said if one.said.type == INVOKED}
    often, seldom, now_and_then = watched(case, looks), looked(case, ()), looked(case, looks)
    assert said(often) == said(watched(case)), "a look more says nothing more"
    for duty in (one for one in duties(often) if one.trigger_by is not Agency.KEEPER):
        for kept in (seldom, now_and_then):
            if duty.missed and duty.excuse is None:
                assert fewer(breaches(kept, duty), breaches(often, duty), stand_in)
            assert end(kept, duty) in (None, end(often, duty)), "None: it never was said to be owed"
            if duty.owed:
                steps, others = escalations(kept, duty), escalations(often, duty)
                assert steps.keys() == others.keys()
                assert all(fewer(told, others[step], stand_in) for step, told in steps.items())


def fewer(told: Collection[Agency], others: Collection[Agency], stand_in: set[Agency]) -> bool:
    return set(told) <= stand_in.union(others) and bool(told) == bool(others)


def _is_told(duty: Duty) -> bool:
    return duty.missed and duty.excuse is None and bool(duty.tell_of_breach)


def said(kept: KeptCase) -> set[tuple[object, ...]]:
    return {(notice.type, notice.id) for notice in kept.given}


def end(kept: KeptCase, duty: Duty) -> tuple[object, ...] | None:
    """The last word on a duty, if that is its end."""
    told = Told.of(duty, kept.notices).said
    if not told or told[-1].said.type not in ENDED:
        return None
    codes = told[-1].said.codes
    return told[-1].said.type, codes.get("met_by"), codes.get("on_time"), codes.get("withdrawn_by")


def escalations(kept: KeptCase, duty: Duty) -> dict[int, set[Agency]]:
    """By step, who was told."""
    found = dict[int, set[Agency]]()
    for one in Told.of(duty, kept.notices).since_end:
        if one.said.type == ESCALATED:
            found.setdefault(one.said.codes["after_hours"], set()).update(one.to)
    return found


@FEW
@given(case=cases(), looks=LOOKS)
def test_whoever_has_to_do_it_was_told_and_whoever_was_told_hears_of_the_end(case: Case, looks: list[datetime]) -> None:
    """But for those whom a bypass keeps out now."""
    for kept in (looked(case, looks), watched(case)):
        for duty in duties(kept):
            told = Told.of(duty, kept.notices)
            opened = {agency for one in told.since_end if one.said.type == OPENED for agency in one.to}
            if duty.owed and duty.tell:
                assert opened >= set(duty.tell)
            if told.said and duty.state in (State.MET, State.WITHDRAWN):
                assert told.said[-1].said.type in ENDED
                assert set(told.said[-1].to) == set(let_in(kept, told.said[-1]).let_in(sorted(owed_to(told))))


def let_in(kept: KeptCase, notice: Dated) -> Parties:
    """As of what a notice went by."""
    position = notice.said.codes["position"]
    return Parties.of(words((one for one in kept.all if one.said.position <= position), notice.clocks.occurred))


def owed_to(told: Told) -> set[Agency]:
    """Who heard, since the end before the last one, that it is owed."""
    before = Told(told.said[:-1])
    return {agency for one in before.since_end for agency in one.to}


@FEW
@given(case=cases(), looks=LOOKS)
def test_what_is_owed_was_last_told_with_the_time_by_which_it_is_due_now(case: Case, looks: list[datetime]) -> None:
    for kept in (looked(case, looks), watched(case)):
        for duty in duties(kept):
            opened = [one for one in Told.of(duty, kept.notices).since_end if one.said.type == OPENED]
            if duty.owed and duty.tell:
                due_at = duty.due_at.isoformat() if duty.due_at else None
                assert same(opened[-1].said.codes["due_at"], due_at)


@FEW
@given(case=cases(), looks=LOOKS)
def test_it_tells_no_one_whom_a_bypass_keeps_out_nor_names_them_as_owner(case: Case, looks: list[datetime]) -> None:
    kept = watched(case, looks)
    for notice in kept.notices:
        position = notice.said.codes["position"]
        until = words((one for one in kept.all if one.said.position <= position), notice.clocks.occurred)
        lifted = {one.said.codes["bypass_id"] for one in until if one.said.type == LIFTED}
        invoked = [one for one in until if one.said.type == INVOKED and str(one.said.id) not in lifted]
        around = {Bypass(conflicted(one.said.codes["conflicted"]), one.said.codes["office"]) for one in invoked}
        out = kept_out(around)
        assert not out & notice.to
        if notice.said.type in OF_DUTIES:
            assert notice.said.codes["owner"] not in out
        assert Agency.KEEPER not in notice.to
