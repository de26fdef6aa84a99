"""Which declared consumers a change hurts, by field; and how the file of one is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import Refused
from contracts.releasing import consumers, hurting
from contracts.releasing.changes import changes
from contracts.releasing.consumers import Declared
from projections.case_fold import READ
from tests.contract.test_changes import MADE, NOW, State, changed, of_field, of_type, without
from tests.scenarios import sent

SHIPPED = Path(__file__).parents[2] / consumers.FOLDER
POLICE_SYSTEM = """\
name = "A system of the police"
agency = "police"
errors = ["route.bypassed"]

[reads."child.missing"]
fields = ["missing_since", "safety.whereabouts", "identity"]

[reads."child.missing".codes]
"safety.whereabouts" = ["home", "relatives"]

[sends."referral.make"]
fields = ["to", "service", "urgency", "concerns.ref", "concerns.role"]

[sends."referral.make".codes]
urgency = ["urgent"]
"""


@pytest.fixture
def declared(tmp_path: Path) -> Declared:
    path = tmp_path / "police.toml"
    path.write_text(POLICE_SYSTEM)
    return consumers.read(path, NOW)


MISSING_FIELDS = ("types", "child.missing", "fields")


def hurts(declared: Declared, before: State, after: State) -> set[tuple[str, str]]:
    return {(one.rule, one.at) for one in changes(before, after) if hurting.whom(one, [declared], before)}


HURT: dict[str, tuple[Callable[[State], object], set[tuple[str, str]]]] = {
    "a field that it reads is gone": (without(*MISSING_FIELDS, "missing_since"), {("field-removed", "missing_since")}),
    "a field inside a group that it reads is gone": (
        without(*MISSING_FIELDS, "identity.full_name"), {("field-removed", "identity.full_name")}
    ),
    "a group of a field that it reads is gone": (without(*MISSING_FIELDS, "safety"), {("field-removed", "safety")}),
    "a tier of a field that it reads is taken": (
        lambda state: state["types"]["child.missing"]["receivers"].update(police="EOI"), {("tier-taken", "police")}
    ),
    "it receives the type no longer": (
        without("types", "child.missing", "receivers", "police"), {("receiver-removed", "police")}
    ),
    "the type is gone": (without("types", "child.missing"), {("type-removed", "")}),
    "a field that it fills is gone": (without("types", MADE, "fields", "urgency"), {("field-removed", "urgency")}),
    "a code that it says is gone": (
        without("types", MADE, "fields", "urgency", "codes", "urgent"), {("code-removed", "urgency")}
    ),
    "a field that it does not fill becomes required": (
        of_field(MADE, "allegation", required=True), {("field-required", "allegation")}
    ),
    "a field that it leaves out says something else": (
        of_field(MADE, "for_institution", default="court"), {("default-changed", "for_institution")}
    ),
    "its command has another name": (of_type(MADE, command="referral.ask"), {("command-removed", "")}),
    "it may send the type no longer": (
        without("types", MADE, "senders", "police"), {("sender-removed", "police")}
    ),
    "whom it can ask is fewer": (without("types", MADE, "asked", "health"), {("asked-removed", "health")}),
    "a rule between fields is new": (
        lambda state: state["types"][MADE]["rules"].append("none on sundays"), {("rule-added", "")}
    ),
    "a service that it may ask for is gone": (without("services", "accompaniment"), {("service-removed", "social")}),
    "an error that it acts on is gone": (without("errors", "route.bypassed"), {("error-removed", "")}),
    "a field of every told letter is gone": (
        without("envelopes", "told", "fields", "position"), {("field-removed", "position")}
    ),
    "commands must be shorter": (lambda state: state["limits_bytes"].update(command=99), {("limit-narrowed", "")}),
    "where letters are told is another place": (
        lambda state: state["subjects"].update(letters="post.<type>"), {("subject-changed", "")}
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", HURT)
def test_a_consumer_is_hurt_where(declared: Declared, what: str) -> None:
    change, expected = HURT[what]
    found = hurts(declared, NOW, changed(change))
    assert expected <= found
    assert {rule for rule, _ in found} == {rule for rule, _ in expected}


@pytest.mark.parametrize(
    "change",
    [
        without(*MISSING_FIELDS, "concerns.ref"),
        lambda state: state["types"]["child.missing"]["receivers"].update(prosecution="EO"),
        without("types", "referral.declined"),
        without("types", MADE, "fields", "allegation.kind"),
        without("types", MADE, "fields", "urgency", "codes", "routine"),
        of_field(MADE, "urgency", required=False),
        of_field(MADE, "urgency", default="urgent"),
        of_field(MADE, "allegation.ongoing", default="no"),
        without("types", MADE, "senders", "health"),
        without("errors", "field.missing"),
        without("envelopes", "stamp", "fields", "position"),
        lambda state: state["limits_bytes"].update(letter=99),
        of_type("child.missing", command="child.miss"),
        of_type(MADE, meaning="In other words."),
        without("sponsors", "court", "prosecution"),
    ],
)
def test_what_a_consumer_does_not_rely_on_does_not_hurt_it(declared: Declared, change: Any) -> None:
    state = changed(change)
    assert changes(NOW, state)
    assert hurts(declared, NOW, state) == set()


def test_a_new_code_hurts_who_says_which_codes_it_knows_and_nobody_else(declared: Declared) -> None:
    def with_code(path: str) -> State:
        return changed(lambda state: state["types"]["child.missing"]["fields"][path]["codes"].append("on-the-move"))

    assert hurts(declared, NOW, with_code("safety.whereabouts")) == {("code-added", "safety.whereabouts")}
    assert hurts(declared, NOW, with_code("safety.immediate_danger")) == set(), "that one it shows as it stands"


def test_a_required_field_that_it_fills_already_does_not_hurt_it(declared: Declared) -> None:
    before = changed(of_field(MADE, "urgency", required=False))
    assert {one.rule for one in changes(before, NOW)} == {"field-required"}
    assert hurts(declared, before, NOW) == set()


# the file


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('agency = "police"', 'agency = "court"', "line 2, agency:"),
        ('agency = "police"', "", "line 1, agency: Field required"),
        ('name = "A system of the police"', "name = 7", "line 1, name:"),
        ("errors =", "codes =", "line 3, codes:"),
        ('["route.bypassed"]', '["route.closed"]', "line 3, errors: there is no error code `route.closed`"),
        ('"child.missing"', '"child.lost"', 'line 5, reads."child.lost": there is no type `child.lost`'),
        ('"missing_since",', '"gone_since",', "`child.missing` has no field `gone_since`"),
        ('agency = "police"', 'agency = "oversight"', "oversight never sees `identity`, which is tier I"),
        ('agency = "police"', 'agency = "health"', "health never receives `child.missing`"),
        ('"relatives"]', '"on-the-moon"]', "`safety.whereabouts` has no code `on-the-moon`"),
        ('"safety.whereabouts" = [', '"safety.dangers" = [', "`safety.dangers` is not among its fields"),
        ('"referral.make"', '"referral.made"', 'line 11, sends."referral.made": there is no command `referral.made`'),
        ('"to", "service",', '"to", "serves",', "`referral.make` has no field `serves`"),
        ("errors = [", "errors = (", "line 3"),
    ],
)
def test_a_file_that_names_what_there_is_not_is_refused_with_its_line_and_key(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "police.toml"
    path.write_text(POLICE_SYSTEM.replace(old, new))
    with pytest.raises(Refused) as raised:
        consumers.read(path, NOW)
    assert raised.value.code == "consumer.invalid"
    assert str(path) in str(raised.value.detail)
    assert said in str(raised.value.detail)


def test_the_line_is_that_of_the_statement_that_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "police.toml"
    path.write_text(POLICE_SYSTEM.replace('["urgent"]', '[\n  "urgent",\n  "soon",\n]'))
    with pytest.raises(Refused, match=r'line 15, sends."referral.make".codes.urgency: `urgency` has no code `soon`'):
        consumers.read(path, NOW)


def test_what_one_of_the_two_states_has_may_be_named(tmp_path: Path) -> None:
    """Who reads what is to go must be able to say so, and who has followed already too."""
    path = tmp_path / "police.toml"
    path.write_text(POLICE_SYSTEM)
    gone = changed(without("types", "child.missing"))
    assert consumers.read(path, NOW, gone) == consumers.read(path, gone, NOW)
    with pytest.raises(Refused):
        consumers.read(path, gone)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"consumer\.invalid"):
        consumers.read(tmp_path / "none.toml", NOW)


# those of this repository


def shipped(name: str) -> consumers.Consumer:
    return next(one.consumer for one in consumers.all_of(SHIPPED, NOW) if one.consumer.name == name)


def test_the_read_model_of_cases_declares_what_it_reads() -> None:
    declared = {name: set(part.fields) for name, part in shipped("Read model of cases").reads.items()}
    assert declared == {name: set(fields) for name, fields in READ.items()}


def test_the_system_of_the_demos_police_declares_every_field_that_it_fills_there() -> None:
    declared = {name: set(part.fields) for name, part in shipped("Records system of the police").sends.items()}
    filled = sent("police")
    assert set(filled) == set(declared)
    for command, fields in filled.items():
        assert fields <= declared[command], command
