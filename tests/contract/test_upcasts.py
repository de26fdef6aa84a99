"""What was said in an older version is read by today's, and meets no less of a check than it met then."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

import pytest
from pydantic import AwareDatetime

from contracts import check, documents, upcasts
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.envelope import Letter, Record
from contracts.errors import Refused
from contracts.releasing import recorded
from contracts.shapes import Child, Identity, Safety
from contracts.tiers import LOGGED, Frozen, Tier, cut
from contracts.upcasts import Upcast
from tests.versions import FIRST, SAID_AT_FIRST, SECOND, TYPE, UPCAST, MissingAtFirst, as_of, at_first, lift, today

SINCE = CATALOGUE[TYPE].example["missing_since"]
SAFETY = CATALOGUE[TYPE].example["safety"]


def said_at_first() -> dict[str, Any]:
    with at_first():
        return recorded.submission(FIRST)


def record(content: Mapping[str, Any] | None = None) -> Record:
    found = said_at_first()["record"]
    if content is not None:
        found["data"]["content"] = dict(content)
    return documents.read(Record, found)


def letter(to: Agency = Agency.POLICE, **content: Any) -> Letter:
    found = said_at_first()["letters"][to]
    return documents.read(Letter, found | {"content": found["content"] | content})


def refused(reads: Any, *args: Any) -> tuple[str, str | None]:
    with pytest.raises(Refused) as raised:
        reads(*args)
    return raised.value.code, raised.value.field


# read


def test_a_record_of_the_first_version_is_read_in_todays_words() -> None:
    first = record()
    assert set(first.data.content) == {"concerns", "gone_since"}
    with today():
        assert check.record(first).version == "2.0"
        assert set(check.codes_of(first)) == {"concerns", "missing_since"}
        read = check.current(first)
    assert (read.version, read.id, read.previous) == ("2.0", first.id, first.previous)
    assert set(read.data.content) == {"concerns", "missing_since"}
    assert first.version == "1.0", "what was read first is what it was"


def test_a_letter_is_read_in_todays_words_by_what_its_reader_sees() -> None:
    with today():
        entry, content = check.letter(letter(), Agency.POLICE)
    assert isinstance(content, entry.content)
    shown = content.model_dump(mode="json", exclude_unset=True)
    assert shown["safety"]["whereabouts"] == SAFETY["whereabouts"]
    assert shown["identity"]["full_name"] == CATALOGUE[TYPE].example["identity"]["full_name"]


def test_of_a_letter_whose_content_was_erased_what_the_log_holds_is_read() -> None:
    found = said_at_first()["letters"]["police"]
    erased = found | {"withheld": "erased", "content": cut(MissingAtFirst, found["content"], LOGGED)}
    with today():
        _, content = check.letter(documents.read(Letter, erased), Agency.POLICE)
    assert set(content.model_dump()) == {"concerns", "missing_since"}


def test_a_command_of_a_system_that_says_its_version_goes_on_being_understood() -> None:
    command = said_at_first()["command"]
    assert command["version"] == "1.0"
    with today():
        entry, _, content = check.command(json.dumps(command).encode(), Agency.SOCIAL)
        assert entry.version == "2.0"
        assert content.model_dump(mode="json")["safety"]["whereabouts"] == SAFETY["whereabouts"]
        unsaid = {name: value for name, value in command.items() if name != "version"}
        code, field = refused(check.command, json.dumps(unsaid).encode(), Agency.SOCIAL)
    assert code in ("field.unknown", "field.missing"), "without a version it is today's"
    assert (field or "").startswith("data.")


def test_what_a_minor_step_added_may_be_absent_and_needs_no_upcast() -> None:
    with as_of(replace(CATALOGUE[TYPE], version="1.1")):
        for reads in ("command", "record", "letters"):
            found = recorded.submission(replace(CATALOGUE[TYPE], version="1.0"))
            assert reads in found
            assert list(recorded.refusals(found)) == []


class MissingThen(Frozen):
    """In a version between the first and today's."""

    concerns: Annotated[Child, Tier.E]
    lost_since: Annotated[AwareDatetime, Tier.E]
    dangers: Annotated[Safety | None, Tier.S] = None
    identity: Annotated[Identity | None, Tier.I] = None


def renamed(old: str, new: str) -> Callable[[dict[str, Any], frozenset[Tier]], Mapping[str, Any]]:
    return lambda content, tiers: {new if name == old else name: value for name, value in content.items()}


def test_several_upcasts_lead_from_the_first_version_to_todays() -> None:
    two = replace(UPCAST, lift=renamed("gone_since", "lost_since"))
    third = Upcast(
        type=TYPE,
        last="2.3",
        next="3.0",
        content=MissingThen,
        lift=lambda content, tiers: lift(dict(renamed("lost_since", "gone_since")(content, tiers)), tiers),
    )
    with as_of(replace(SECOND, version="3.1"), two, third):
        entry = check.known(TYPE, "1.0")
        assert upcasts.steps(entry, "1.0") == (two, third)
        assert upcasts.steps(entry, "2.2") == (third,)
        assert upcasts.steps(entry, "3.0") == ()
        for unknown in ("3.2", "2.4", "4.0", "0.9"):
            assert refused(upcasts.steps, entry, unknown) == ("version.unknown", "dataschema")
        assert set(check.codes_of(record())) == {"concerns", "missing_since"}
        _, content = check.letter(letter(), Agency.POLICE)
        assert content.model_dump(mode="json")["safety"]["whereabouts"] == SAFETY["whereabouts"]


# checked


def test_a_version_that_is_newer_or_that_no_upcast_begins_with_is_unknown() -> None:
    for version in ("1.1", "2.1", "3.0", "0.1"):
        other = record().model_copy(update={"dataschema": f"urn:barnabus:{TYPE}:{version}"})
        with today():
            assert refused(check.record, other) == ("version.unknown", "dataschema")
            assert check.current(other) is other, "it stays as it is, to be parked"


def test_an_older_record_that_holds_what_the_log_may_not_is_refused_though_todays_words_would_not_show_it() -> None:
    hostile = record({name: value for name, value in SAID_AT_FIRST.items() if name != "identity"})
    with today():
        assert refused(check.record, hostile) == ("tier.in-record", "data.content.dangers")


@pytest.mark.parametrize(
    ("content", "code", "field"),
    [
        ({"concerns": SAID_AT_FIRST["concerns"]}, "field.missing", "data.content.gone_since"),
        (
            {"concerns": SAID_AT_FIRST["concerns"], "gone_since": "yesterday"},
            "field.invalid",
            "data.content.gone_since",
        ),
        ({"concerns": SAID_AT_FIRST["concerns"], "missing_since": SINCE}, "field.missing", "data.content.gone_since"),
        (
            {"concerns": SAID_AT_FIRST["concerns"], "gone_since": SINCE, "narrative": "x"},
            "content.never-travels",
            "data.content.narrative",
        ),
    ],
)
def test_an_older_record_is_held_to_its_own_version_first(content: dict[str, Any], code: str, field: str) -> None:
    with today():
        assert refused(check.record, record(content)) == (code, field)


def test_an_older_letter_is_held_to_its_own_version_first() -> None:
    with today():
        assert refused(check.letter, letter(missing_since=SINCE), Agency.POLICE) == (
            "field.unknown",
            "content.missing_since",
        )
        assert refused(check.letter, letter(dangers={"immediate_danger": "perhaps"}), Agency.POLICE)[0] in (
            "field.missing",
            "field.invalid",
        )


def test_of_an_older_letter_nothing_is_read_that_its_reader_may_see_no_longer() -> None:
    less = replace(SECOND, tiers={**SECOND.tiers, Agency.POLICE: LOGGED})
    with as_of(less, UPCAST):
        _, content = check.letter(letter(), Agency.POLICE)
    assert set(content.model_dump()) == {"concerns", "missing_since"}


def test_what_an_upcast_makes_is_held_to_todays_contract() -> None:
    def wrong(content: dict[str, Any], tiers: frozenset[Tier]) -> Mapping[str, Any]:
        return {"concerns": content["concerns"]}

    with as_of(SECOND, Upcast(type=TYPE, last="1.0", next="2.0", content=MissingAtFirst, lift=wrong)):
        assert refused(check.record, record()) == ("field.missing", "data.content.missing_since")
