"""Tiers: what the log can hold, and what each receiver can see, for any values at all."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import addressing, check, documents
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.entry import Entry
from contracts.envelope import LetterEntry, Record, RecordData, dataschema
from contracts.errors import Refused
from contracts.ids import NOTHING_BEFORE
from contracts.tiers import LOGGED, Tier, cut, tiers_of, view

SECRET = sorted(set(Tier) - LOGGED)
entries = st.sampled_from(list(CATALOGUE.values()))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def record(entry: Entry, content: dict[str, Any]) -> Record:
    sender = min(entry.senders)
    letters = tuple(
        LetterEntry(
            to=to, tiers=tuple(sorted(LOGGED)), number=1, previous=NOTHING_BEFORE, sealed="x" * 43, content="y" * 43
        )
        for to in sorted(entry.receivers - {sender})
    )
    return Record.model_validate(
        {
            "id": "00000000-0000-4000-8000-000000000001",
            "source": f"/agencies/{sender}",
            "type": entry.type,
            "subject": "7k3q-9m2x-w4td-h6r2",
            "time": datetime(2026, 3, 11, tzinfo=UTC),
            "dataschema": dataschema(entry.type, entry.version),
            "number": 1,
            "previous": NOTHING_BEFORE,
            "data": RecordData(content=content, letters=letters),
        }
    )


@given(
    entry=entries,
    name=st.sampled_from(sorted({n for e in CATALOGUE.values() for n in e.content.model_fields})),
    value=values,
)
def test_no_record_can_hold_a_field_above_tier_o_whatever_its_value(entry: Entry, name: str, value: Any) -> None:
    """S, A, I, P and L never pass into the log: not with an empty value, and not from another type."""
    tiers = tiers_of(entry.content)
    if tiers.get(name) in LOGGED:
        return
    content = cut(entry.content, dict(entry.example), LOGGED) | {name: value}
    with pytest.raises(Refused) as raised:
        check.record(record(entry, content))
    assert raised.value.code == ("tier.in-record" if name in tiers else "field.unknown")
    assert raised.value.field == f"data.content.{name}"


@given(entry=entries, extra=st.dictionaries(st.text(max_size=12), values, min_size=1, max_size=3))
def test_no_record_can_hold_a_field_that_its_type_does_not_name(entry: Entry, extra: dict[str, Any]) -> None:
    extra = {name: value for name, value in extra.items() if name not in entry.content.model_fields}
    if extra:
        with pytest.raises(Refused):
            check.record(record(entry, cut(entry.content, dict(entry.example), LOGGED) | extra))


@given(entry=entries, tiers=st.frozensets(st.sampled_from(list(Tier))))
def test_a_view_holds_exactly_the_fields_of_its_tiers(entry: Entry, tiers: frozenset[Tier]) -> None:
    seen = view(entry.content, tiers)
    own = tiers_of(entry.content)
    assert set(seen.model_fields) == {name for name, tier in own.items() if tier in tiers}
    assert tiers_of(seen) == {name: tier for name, tier in own.items() if tier in tiers}
    assert set(cut(entry.content, dict(entry.example), tiers)) <= set(seen.model_fields)


@settings(max_examples=50)
@given(entry=entries, tiers=st.frozensets(st.sampled_from(list(Tier))))
def test_a_view_takes_what_was_cut_for_it_and_refuses_the_whole(entry: Entry, tiers: frozenset[Tier]) -> None:
    whole = dict(entry.example)
    mine = cut(entry.content, whole, tiers)
    documents.read(view(entry.content, tiers), mine)
    if mine != whole:
        with pytest.raises(Refused, match=r"^field\.unknown"):
            documents.read(view(entry.content, tiers), whole)


def test_the_logged_view_of_every_type_bears_tiers_e_and_o_alone() -> None:
    for entry in CATALOGUE.values():
        assert set(tiers_of(entry.logged).values()) <= LOGGED


@pytest.mark.parametrize("tier", SECRET)
def test_a_letter_may_not_hold_a_tier_that_its_receiver_may_not_see(tier: Tier) -> None:
    for entry in CATALOGUE.values():
        for receiver in entry.receivers:
            if tier not in entry.seen_by(receiver):
                sender = min(entry.senders - {receiver})
                with pytest.raises(Refused, match=r"^tier\.not-allowed"):
                    addressing.receiving(entry, sender, [(receiver, [Tier.E, tier])], entry.example)


@pytest.mark.parametrize("code", ["receiver.twice", "receiver.not-allowed", "receiver.none"])
def test_receivers_are_named_once_are_allowed_and_are_somebody_else(code: str) -> None:
    entry = CATALOGUE["referral.made"]
    entry = replace(
        entry, tiers={agency: entry.seen_by(agency) for agency in entry.tiers if agency != Agency.OVERSIGHT}
    )
    wrong: dict[str, list[list[Agency]]] = {
        "receiver.twice": [[Agency.SOCIAL, Agency.SOCIAL]],
        "receiver.not-allowed": [[Agency.POLICE], [Agency.OVERSIGHT]],
        "receiver.none": [[]],
    }
    for receivers in wrong[code]:
        with pytest.raises(Refused) as raised:
            addressing.receiving(entry, Agency.POLICE, [(receiver, [Tier.E]) for receiver in receivers], entry.example)
        assert (raised.value.code, raised.value.field) == (code, "data.letters")
