"""The catalogue: every type passes and is refused as it says, and every field knows who may see it."""

import json
from typing import Any

import pytest

from contracts import check, documents
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE, COMMANDS, entry_of, words
from contracts.catalogue.accounting import EXCUSED
from contracts.entry import Entry
from contracts.envelope import COMMAND_LIMIT_BYTES, About
from contracts.errors import CODES, Refused
from contracts.export import examples
from contracts.standing import Course, Move
from contracts.tiers import LOGGED, Frozen, Tier, tiers_of
from contracts.vocabulary.asking import Service

ENTRIES = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=CATALOGUE)


def sender_of(entry: Entry) -> Agency:
    """An agency that may send the example: those whom it is addressed to may not, and only its owner excuses a duty."""
    if entry.type == EXCUSED:
        return Agency(entry.example["owner"])
    return min(entry.senders - {entry.example.get("to"), *entry.example.get("notified", ())})


def refusal(entry: Entry, document: dict[str, Any]) -> Refused:
    with pytest.raises(Refused) as raised:
        take(entry, document)
    return raised.value


def take(entry: Entry, document: dict[str, Any]) -> Frozen:
    """As an adapter takes a command, and a gateway the content of one of the bus's own types."""
    if entry.command is None:
        return documents.read(entry.content, document)
    found, _, content = check.command(json.dumps(document).encode(), sender_of(entry))
    assert found is entry
    return content


@ENTRIES
def test_every_type_has_an_example_that_passes(entry: Entry) -> None:
    content = take(entry, examples.document(entry, entry.example))
    assert json.loads(content.model_dump_json(exclude_unset=True)) == _as_moments(content, dict(entry.example))


def _as_moments(content: Frozen, values: dict[str, Any]) -> dict[str, Any]:
    """The example in the one way in which moments are written out."""
    found: dict[str, Any] = json.loads(type(content).model_validate(values).model_dump_json(exclude_unset=True))
    return found


@ENTRIES
def test_every_type_has_an_example_that_is_refused_with_its_code_and_names_the_field(entry: Entry) -> None:
    error = refusal(entry, examples.document(entry, entry.counterexample))
    assert error.code == entry.counterexample_code
    assert error.code in CODES
    if entry.command:
        assert (error.field or "").startswith("data")


@ENTRIES
def test_each_field_of_every_content_bears_exactly_one_tier(entry: Entry) -> None:
    assert set(tiers_of(entry.content)) == set(entry.content.model_fields)


def test_a_field_without_a_tier_is_an_error_and_not_a_default() -> None:
    class Untiered(Frozen):
        name: str

    with pytest.raises(TypeError, match="bears 0 tiers"):
        tiers_of(Untiered)


def test_all_that_an_act_says_besides_its_content_is_envelope() -> None:
    assert set(tiers_of(About).values()) == {Tier.E}


@ENTRIES
def test_a_receiver_sees_at_least_what_the_log_holds_and_nobody_receives_own_letters_only(entry: Entry) -> None:
    for receiver in entry.receivers:
        assert entry.seen_by(receiver) >= LOGGED
        assert entry.senders - {receiver}, "somebody else can send it"


@ENTRIES
def test_who_is_no_receiver_sees_no_tier_of_a_type(entry: Entry) -> None:
    for agency in set(Agency) - entry.receivers:
        assert entry.seen_by(agency) == frozenset()


@pytest.mark.parametrize("service", Service)
def test_every_act_of_the_law_can_be_said_in_exactly_one_type_on_each_handoff(service: Service) -> None:
    acts = {entry.move: entry for entry in CATALOGUE.values() if entry.move and entry.move is not Move.MAKE}
    assert set(acts) == set(Move) - {Move.MAKE}
    for move, entry in acts.items():
        two_ends = move is Move.COMPLETE and service in (Service.FORENSIC_EXAM, Service.CONTENT_OPENING)
        assert len(words(entry, service)) == (2 if two_ends else 1), "done, or not done with its reason"


def test_each_act_that_makes_a_handoff_says_what_is_handed_over_and_nothing_else_does() -> None:
    for entry in CATALOGUE.values():
        assert (entry.course is not None) is (entry.move is Move.MAKE)
    assert {entry.course for entry in CATALOGUE.values() if entry.course} == set(Course)


def test_every_command_has_a_name_of_its_own() -> None:
    assert len(COMMANDS) == sum(entry.command is not None for entry in CATALOGUE.values())
    assert not set(COMMANDS) & set(CATALOGUE), "a command is in the imperative, a type in the past tense"


def test_every_agency_that_may_receive_letters_may_sign_for_them() -> None:
    receivers = {receiver for entry in CATALOGUE.values() for receiver in entry.receivers}
    assert receivers <= entry_of("receipt").senders


@pytest.mark.parametrize(
    ("type_name", "version", "code", "field"),
    [("referral.lost", None, "type.unknown", "type"), ("referral.made", "9.0", "version.unknown", "dataschema")],
)
def test_an_unknown_type_or_version_is_named_as_such(
    type_name: str, version: str | None, code: str, field: str
) -> None:
    with pytest.raises(Refused) as raised:
        entry_of(type_name, version)
    assert (raised.value.code, raised.value.field) == (code, field)


def test_examples_fit_into_a_command() -> None:
    assert all(len(json.dumps(document)) < COMMAND_LIMIT_BYTES for document in examples.examples().values())


def test_the_examples_of_all_commands_have_ids_of_their_own() -> None:
    commands = [found for name, found in examples.examples().items() if name.endswith(".valid") and "command" in found]
    assert len({found["id"] for found in commands}) == len(commands) == len(COMMANDS)
