"""What a change of the contracts breaks, and for whom: every rule of the table, both ways."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from random import Random
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.catalogue import CATALOGUE
from contracts.errors import Refused
from contracts.releasing import document
from contracts.releasing.change import Change, asked
from contracts.releasing.changes import changes
from contracts.releasing.document import Step
from contracts.releasing.rules import RULES, For
from contracts.tiers import LOGGED

State = dict[str, Any]
NOW = json.loads(document.text(document.now()))
CRIME, MADE, MISSING, DECLINED = "crime-report.filed", "referral.made", "child.missing", "referral.declined"


def changed(change: Callable[[State], object]) -> State:
    found = cast(State, deepcopy(NOW))
    change(found)
    return found


def of_type(name: str, **values: Any) -> Callable[[State], object]:
    """These parts of a type are others; None: there is none any more."""

    def change(state: State) -> None:
        for part, value in values.items():
            state["types"][name].pop(part, None)
            state["types"][name].update({part: value} if value is not None else {})

    return change


def of_field(name: str, path: str, **values: Any) -> Callable[[State], object]:
    return lambda state: state["types"][name]["fields"][path].update(values)


def without(*path: str) -> Callable[[State], object]:
    def change(state: State) -> None:
        *groups, last = path
        inside: Any = state
        for group in groups:
            inside = inside[group]
        if isinstance(inside, list):
            inside.remove(last)
        else:
            del inside[last]

    return change


FIELDS = ("types", MISSING, "fields")
BOTH_WAYS: tuple[tuple[str, str, Callable[[State], object]], ...] = (
    # what the change is; what it is the other way round; the change
    ("type-removed", "type-added", without("types", DECLINED)),
    ("meaning-changed", "meaning-changed", of_type(DECLINED, meaning="Said in other words.")),
    ("command-removed", "command-removed", of_type(DECLINED, command="referral.refuse")),
    ("command-removed", "command-added", of_type(DECLINED, command=None)),
    ("course-changed", "course-changed", of_type(DECLINED, move="complete")),
    ("audience-changed", "audience-changed", of_type(MISSING, audience="known")),
    ("speaker-changed", "speaker-changed", of_type(MISSING, speaks_for="shelter")),
    ("sender-removed", "sender-added", without("types", CRIME, "senders", "police")),
    ("receiver-removed", "receiver-added", without("types", MISSING, "receivers", "police")),
    ("tier-taken", "tier-given", lambda state: state["types"][MISSING]["receivers"].update(police="EO")),
    ("told-removed", "told-added", without("types", MISSING, "told", "police")),
    ("asked-removed", "asked-added", without("types", MADE, "asked", "health")),
    ("shown-taken", "shown-given", of_type("child-interview.scheduled", shown="EO")),
    ("sponsor-removed", "sponsor-added", without("types", MISSING, "sponsors", "shelter")),
    ("rule-removed", "rule-added", without("types", MADE, "rules", "notified once and not asked")),
    ("field-removed", "field-added", without(*FIELDS, "identity.date_of_birth")),
    ("field-removed", "field-required", without(*FIELDS, "missing_since")),
    ("field-optional", "field-required", of_field(MISSING, "missing_since", required=False)),
    ("field-not-null", "field-optional", of_field(MISSING, "safety", null=False)),
    ("default-changed", "default-changed", of_field(MADE, "allegation.ongoing", default="no")),
    ("kind-changed", "kind-changed", of_field(MISSING, "missing_since", kind="date")),
    ("tier-changed", "tier-changed", of_field(MISSING, "missing_since", tier="S")),
    ("code-removed", "code-added", without("types", DECLINED, "fields", "reason", "codes", "no-capacity")),
    ("limit-narrowed", "limit-widened", of_field(MADE, "notified", maxItems=4)),
    ("limit-narrowed", "limit-widened", of_field(MISSING, "identity.full_name", minLength=2)),
    ("limit-narrowed", "limit-widened", of_field(MISSING, "missing_since", maxLength=40)),
    ("pattern-changed", "pattern-changed", of_field(MISSING, "concerns.ref", pattern="^p")),
    ("service-removed", "service-added", without("services", "accompaniment", "offered_by", "social")),
    ("service-removed", "service-added", without("services", "accompaniment")),
    ("consent-changed", "consent-changed", lambda state: state["services"]["accompaniment"].update(consent="other")),
    ("sponsor-removed", "sponsor-added", without("sponsors", "court", "prosecution")),
    ("error-removed", "error-added", without("errors", "route.bypassed")),
    ("error-changed", "error-changed", lambda state: state["errors"]["route.bypassed"].update(http=409)),
    ("subject-changed", "subject-added", without("subjects", "voided")),
    ("subject-changed", "subject-changed", lambda state: state["subjects"].update(voided="adapter.void")),
    ("envelope-removed", "envelope-added", without("envelopes", "told")),
    ("field-removed", "field-required", without("envelopes", "told", "fields", "position")),
    ("rule-removed", "rule-added", lambda state: state["envelopes"]["command"].pop("rules")),
    ("limit-narrowed", "limit-widened", lambda state: state["limits_bytes"].update(command=1024)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "back", "change"), BOTH_WAYS, ids=[f"{one[0]}-{n}" for n, one in enumerate(BOTH_WAYS)]
)
def test_each_change_is_known_by_its_rule_both_ways(rule: str, back: str, change: Callable[[State], object]) -> None:
    other = changed(change)
    assert {found.rule for found in changes(NOW, other)} == {rule}
    assert {found.rule for found in changes(other, NOW)} == {back}


def test_every_rule_of_the_table_is_shown_above() -> None:
    assert {name for one in BOTH_WAYS for name in one[:2]} == set(RULES)


def test_what_is_added_is_minor_what_is_taken_is_major_and_other_words_are_a_patch() -> None:
    for name, rule in RULES.items():
        if name.endswith(("-added", "-given", "-widened")) and name not in ("told-added", "rule-added"):
            assert rule.step is Step.MINOR, name
        if name.endswith(("-removed", "-taken", "-narrowed")):
            assert rule.step is Step.MAJOR, name
    assert [name for name, rule in RULES.items() if rule.step is Step.PATCH] == ["meaning-changed"]


def only(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    (found,) = changes(before, after)
    return found


# for whom


def test_a_field_that_is_taken_away_breaks_who_fills_it_and_who_sees_its_tier_and_nobody_else() -> None:
    identity = only(NOW, changed(without(*FIELDS, "identity.date_of_birth")))
    assert identity.broken_for == ("police", "prosecution", "social"), "oversight sees no identity"
    since = only(NOW, changed(without(*FIELDS, "missing_since")))
    assert set(since.broken_for) == {"log", "oversight", "police", "prosecution", "social"}


def test_a_new_required_field_breaks_its_senders_and_no_receiver() -> None:
    added = changed(
        lambda state: state["types"][MISSING]["fields"].update(alone={"tier": "O", "kind": "code", "required": True})
    )
    found = only(NOW, added)
    assert (found.rule, found.step, found.broken_for) == ("field-required", Step.MAJOR, ("social",))


def test_a_required_field_inside_a_new_optional_group_breaks_nobody() -> None:
    group = {"tier": "S", "kind": "group", "required": False, "null": True}
    inside = {"tier": "S", "kind": "text", "required": True}
    added = changed(lambda state: state["types"][MISSING]["fields"].update({"seen": group, "seen.where": inside}))
    assert {found.rule for found in changes(NOW, added)} == {"field-added"}
    inside_old = changed(lambda state: state["types"][MISSING]["fields"].update({"safety.seen": inside}))
    assert only(NOW, inside_old).rule == "field-required"


def test_a_code_that_is_taken_away_breaks_who_says_it_and_one_that_is_added_breaks_nobody() -> None:
    fewer = changed(without("types", DECLINED, "fields", "reason", "codes", "no-capacity"))
    taken, added = only(NOW, fewer), only(fewer, NOW)
    assert set(taken.broken_for) == set(NOW["types"][DECLINED]["senders"])
    assert (added.step, added.broken_for, added.detail) == (Step.MINOR, (), "no-capacity")


def test_a_tier_that_is_taken_away_breaks_that_receiver_alone() -> None:
    found = changes(NOW, changed(lambda state: state["types"][MISSING]["receivers"].update(police="EO")))
    assert {change.broken_for for change in found} == {("police",)}
    assert {change.detail for change in found} == {"S", "I"}


def test_a_command_that_is_renamed_breaks_who_sends_it_and_nobody_who_hears_the_type() -> None:
    assert only(NOW, changed(of_type(MISSING, command="child.miss"))).broken_for == ("social",)


def test_a_renamed_field_is_one_that_is_gone_and_one_that_is_new() -> None:
    def rename(state: State) -> None:
        fields = state["types"][MISSING]["fields"]
        fields["gone_since"] = fields.pop("missing_since")

    found = [(change.rule, change.at) for change in changes(NOW, changed(rename))]
    assert found == [("field-required", "gone_since"), ("field-removed", "missing_since")]


def test_a_field_that_only_a_told_letter_has_breaks_who_hears_and_one_of_a_command_who_says() -> None:
    told = only(NOW, changed(lambda state: state["envelopes"]["told"]["fields"]["id"].update(required=False)))
    assert (told.says, told.hears, told.breaking) == ((), ("system",), True)
    sent = only(NOW, changed(lambda state: state["envelopes"]["command"]["fields"]["id"].update(required=False)))
    assert (sent.says, sent.hears) == (("system",), ())
    assert sent.broken_for == ()


def test_the_step_that_is_asked_for_is_the_largest() -> None:
    both = changed(of_type(DECLINED, meaning="Said in other words."))
    assert asked(changes(NOW, both)) is Step.PATCH
    del both["errors"]["route.bypassed"]
    assert asked(changes(NOW, both)) is Step.MAJOR
    assert asked([]) is Step.NONE


# whatever changes


def at_random(dice: Random) -> State:
    """The contracts with a few things taken out, put in or changed, anywhere in their parts."""
    found = cast(State, deepcopy(NOW))
    for _ in range(dice.randint(1, 5)):
        part = found[dice.choice(["types", "errors", "services", "envelopes"])]
        name = dice.choice(sorted(part))
        fields = part[name].get("fields")
        if not fields or dice.random() < 0.2:
            del part[name]
            continue
        at = dice.choice(sorted(fields))
        match dice.randrange(4):
            case 0:
                del fields[at]
            case 1:
                fields[f"{at}_too"] = fields[at] | {"required": dice.random() < 0.5}
            case 2:
                fields[at]["maxLength"] = dice.randint(1, 99)
            case _:
                fields[at]["codes"] = [*fields[at].get("codes", ()), f"code-{dice.randint(1, 9)}"]
    return found


@settings(max_examples=40)
@given(st.integers(0))
def test_a_difference_is_found_exactly_where_there_is_one_and_is_the_same_in_any_order(seed: int) -> None:
    dice = Random(seed)
    state = at_random(dice)
    found = changes(NOW, state)
    assert bool(found) is (state != NOW)
    assert changes(state, state) == changes(NOW, NOW) == []
    assert changes(shuffled(NOW, dice), shuffled(state, dice)) == found
    back = changes(state, NOW)
    assert {(change.of, change.at) for change in back} == {(change.of, change.at) for change in found}


def shuffled(value: Any, dice: Any) -> Any:
    """The same document with its keys in another order."""
    if not isinstance(value, dict):
        return value
    names = list(value)
    dice.shuffle(names)
    return {name: shuffled(value[name], dice) for name in names}


# the document


def test_a_release_reads_back_as_it_was_written_and_one_that_was_altered_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "1.0.0.json"
    path.write_text(document.text(document.now()))
    assert changes(document.now(), document.read(str(path))) == []
    path.write_text(path.read_text().replace('"required": true', '"required": false', 1))
    with pytest.raises(Refused) as altered:
        document.read(str(path))
    assert altered.value.code == "release.altered"
    for missing in ("9.9.9", str(tmp_path / "none.json")):
        with pytest.raises(Refused) as unknown:
            document.read(missing)
        assert unknown.value.code == "release.not-found"


def test_all_that_the_catalogue_says_of_a_type_is_in_the_document() -> None:
    """Else a change of it would pass in silence."""
    changed_parts: dict[str, Any] = {
        "version": "7.0", "meaning": "Other.", "command": "other.say", "senders": frozenset(), "told": {"social"},
        "whom": "others",
        "tiers": {}, "sponsors": {}, "asked": frozenset(), "shown": LOGGED | set("S"), "move": None,
        "content": CATALOGUE[MISSING].content, "services": {"other"}, "service": "other", "speaks_for": "court",
        "audience": "known",
    }  # fmt: skip
    entry = CATALOGUE[MADE]
    for part, value in changed_parts.items():
        assert document.of_type(replace(entry, **{part: value})) != document.of_type(entry), part
    beside = {"type", "names", "example", "counterexample", "counterexample_code"}
    assert set(changed_parts) | beside == set(vars(entry)) - {"logged"}, (
        "a new part of a type belongs into a release too"
    )


@pytest.mark.parametrize(
    ("old", "new", "step"),
    [("1.0.0", "1.0.0", "none"), ("1.0.0", "1.0.1", "patch"), ("1.0.9", "1.1.0", "minor"), ("1.9.9", "2.0.0", "major"),
     ("2.0.0", "1.9.9", "none"), ("1.9.0", "1.10.0", "minor")],
)  # fmt: skip
def test_a_step_is_read_off_two_versions(old: str, new: str, step: str) -> None:
    assert document.step(old, new) == step


@pytest.mark.parametrize("version", ["1", "1.0", "1.0.0-beta", "v1.0.0", "1.0.0.0", ""])
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(Refused, match=r"release\.refused"):
        document.numbers(version)


def test_for_each_side_the_table_says_breaking_or_compatible_and_why() -> None:
    for rule in RULES.values():
        assert {rule.says, rule.hears} <= set(For)
        assert rule.why.endswith(".")
