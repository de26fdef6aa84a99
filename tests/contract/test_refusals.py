"""What an adapter refuses before it records anything: each with its code, its place, and nothing of what was typed."""

import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import check, documents
from contracts.agencies import EVERYBODY, SPONSORS, Agency, Institution
from contracts.catalogue import CATALOGUE
from contracts.errors import Refused
from contracts.export import examples
from contracts.vocabulary.asking import NEEDS_CONSENT, OFFERED_BY, Service
from contracts.vocabulary.people import LegalBasis
from tests.contract.commands import TYPED, make, refusal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def test_the_command_that_the_others_here_are_made_from_passes() -> None:
    entry, command, content = check.command(json.dumps(make()).encode(), Agency.POLICE)
    assert (entry.type, command.command) == ("referral.made", "referral.make")
    assert isinstance(content, entry.content)


# fields


@given(place=st.sampled_from(sorted(make())), value=JSON)
def test_whatever_stands_in_a_field_the_answer_is_a_code(place: str, value: Any) -> None:
    with contextlib.suppress(Refused):  # any other error fails
        check.command(json.dumps(make() | {place: value}).encode(), Agency.POLICE)


@given(place=st.sampled_from(sorted(CATALOGUE["referral.made"].content.model_fields)), value=JSON)
def test_whatever_stands_in_a_field_of_the_content_the_answer_is_a_code_at_that_field(place: str, value: Any) -> None:
    refused: Refused | None = None
    try:
        check.command(json.dumps(make(**{place: value})).encode(), Agency.POLICE)
    except Refused as error:
        refused = error
    assert refused is None or (refused.field or "").startswith("data.")


@pytest.mark.parametrize("name", ["command", "id", "clocks", "legal_basis", "post", "data"])
def test_a_required_field_that_is_missing_is_named(name: str) -> None:
    document = make()
    del document[name]
    assert refusal(document) == ("field.missing", name)


@pytest.mark.parametrize("name", ["to", "service", "urgency", "concerns"])
def test_a_required_field_of_the_content_that_is_missing_is_named_by_its_path(name: str) -> None:
    document = make()
    del document["data"][name]
    assert refusal(document) == ("field.missing", f"data.{name}")


def test_a_field_that_nobody_named_is_refused_wherever_it_stands() -> None:
    assert refusal(make() | {"priority": TYPED}) == ("field.unknown", "priority")
    assert refusal(make(nickname=TYPED)) == ("field.unknown", "data.nickname")
    safety = dict(make()["data"]["safety"]) | {"colour": TYPED}
    assert refusal(make(safety=safety)) == ("field.unknown", "data.safety.colour")
    document = make()
    document["post"] = document["post"] | {"name": TYPED}
    assert refusal(document) == ("field.unknown", "post.name")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("id", TYPED),
        ("id", 7),
        ("command", 7),
        ("command", TYPED),
        ("clocks", TYPED),
        ("legal_basis", TYPED),
        ("legal_basis", None),
        ("post", []),
        ("case_ref", "7k3q-9m2x-w4td-h6r3"),
        ("case_ref", 7),
        ("on_behalf_of", TYPED),
        ("data", [TYPED]),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_at_its_field(place: str, value: Any) -> None:
    assert refusal(make() | {place: value}) == ("field.invalid", place)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", TYPED),
        ("to", ["social"]),
        ("urgency", True),
        ("concerns.ref", TYPED),
        ("concerns.role", None),
        ("safety.dangers", "threats"),
        ("safety.dangers", ["threats"] * 8),
        ("allegation.window.earliest", 1_741_680_000),
        ("allegation.window.earliest", "2026-03-01T00:00:00"),
        ("allegation.window.earliest", "2026-02-30T00:00:00Z"),
        ("identity.full_name", ""),
        ("identity.full_name", "x" * 121),
        ("identity.date_of_birth", "17.5.2015"),
        ("identity.date_of_birth", 16_572),
    ],
)
def test_a_value_of_the_wrong_type_in_the_content_is_refused_at_its_path(field: str, value: Any) -> None:
    document = json.loads(json.dumps(make()))
    *groups, last = field.split(".")
    group = document["data"]
    for name in groups:
        group = group[name]
    group[last] = value
    code, place = refusal(document)
    assert code == "field.invalid"
    assert place is not None
    assert place.startswith(f"data.{field}")


def test_a_number_written_as_text_is_no_number() -> None:
    receipt = CATALOGUE["receipt"]
    with pytest.raises(Refused) as raised:
        documents.read(
            receipt.content, {"sender": "police", "letters": [{**receipt.example["letters"][0], "number": "1"}]}
        )
    assert (raised.value.code, raised.value.field) == ("field.invalid", "letters.0.number")


def test_a_case_reference_with_a_slip_says_that_a_symbol_is_mistyped() -> None:
    with pytest.raises(Refused, match="a symbol is mistyped"):
        check.command(json.dumps(make() | {"case_ref": "7k3q-9m2x-w4td-h6r3"}).encode(), Agency.POLICE)


def test_a_command_that_nobody_catalogued_is_refused() -> None:
    assert refusal(make() | {"command": "referral.forget"}) == ("type.unknown", "command")
    assert refusal(make() | {"command": "referral.made"}) == ("type.unknown", "command"), "an event is no command"
    assert refusal(make() | {"command": "receipt"}) == ("type.unknown", "command"), (
        "the bus's own types are not for systems"
    )


# clocks


@pytest.mark.parametrize("clock", ["occurred", "known", "received", "recorded"])
def test_a_clock_without_its_offset_is_refused(clock: str) -> None:
    document = make()
    document["clocks"] = document["clocks"] | {clock: "2026-03-11T09:00:00"}
    assert refusal(document) == ("field.invalid", f"clocks.{clock}")


@pytest.mark.parametrize(
    "clocks",
    [
        {"occurred": "2026-03-11T10:00:00Z", "known": "2026-03-11T09:00:00Z", "recorded": "2026-03-11T11:00:00Z"},
        {"occurred": "2026-03-11T09:00:00Z", "known": "2026-03-11T09:00:00Z", "recorded": "2026-03-11T08:59:59Z"},
        {"occurred": "2026-03-11T09:00:00Z", "known": "2026-03-11T12:00:00Z", "recorded": "2026-03-11T11:00:00Z"},
        {
            "occurred": "2026-03-11T09:00:00Z",
            "known": "2026-03-11T09:00:00Z",
            "received": "2026-03-11T11:00:01Z",
            "recorded": "2026-03-11T11:00:00Z",
        },
        {"occurred": "2026-03-11T09:00:00Z", "known": "2026-03-11T09:30:00+01:00", "recorded": "2026-03-11T11:00:00Z"},
    ],
    ids=["known before it occurred", "recorded before", "known later", "received later", "in another zone"],
)
def test_clocks_out_of_order_are_refused(clocks: dict[str, str]) -> None:
    assert refusal(make() | {"clocks": clocks}) == ("field.invalid", "clocks")


def test_a_late_disclosure_is_no_error() -> None:
    """What happened years ago and is known today passes: nothing is refused because time has passed."""
    clocks = {"occurred": "2014-06-01T00:00:00Z", "known": "2026-03-11T09:00:00Z", "recorded": "2026-03-11T11:00:00Z"}
    assert check.command(json.dumps(make() | {"clocks": clocks}).encode(), Agency.POLICE)


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    window = {"earliest": "2026-03-09T00:00:00Z", "latest": "2026-03-01T00:00:00Z"}
    allegation = {"kind": "neglect", "window": window, "ongoing": "no"}
    assert refusal(make(allegation=allegation)) == ("field.invalid", "data.allegation.window")


# rules


@pytest.mark.parametrize("service", sorted(set(OFFERED_BY) - NEEDS_CONSENT))
def test_consent_is_no_legal_basis_for_a_protective_service(service: Service) -> None:
    to = min(OFFERED_BY[service])
    sender = min({Agency.POLICE, Agency.HEALTH} - {to})
    document = make(to=to, service=service) | {"legal_basis": LegalBasis.CONSENT}
    assert refusal(document, sender) == ("basis.consent", "legal_basis")


@pytest.mark.parametrize("service", sorted(NEEDS_CONSENT & set(OFFERED_BY)))
def test_consent_is_the_basis_of_a_service_that_rests_on_it(service: Service) -> None:
    document = make(to=max(OFFERED_BY[service]), service=service) | {"legal_basis": LegalBasis.CONSENT}
    assert check.command(json.dumps(document).encode(), Agency.POLICE)


@pytest.mark.parametrize("service", Service)
def test_a_service_is_asked_only_of_who_offers_it(service: Service) -> None:
    for to in EVERYBODY - OFFERED_BY.get(service, frozenset()):
        sender = min({Agency.POLICE, Agency.HEALTH} - {to})
        assert refusal(make(to=to, service=service), sender) == ("service.not-offered", "data.service")


def test_nothing_is_asked_of_the_keeper() -> None:
    assert refusal(make(to="keeper"), Agency.POLICE) == ("field.invalid", "data.to")
    with pytest.raises(Refused, match="Input should be 'police', 'prosecution', 'social', 'health' or 'oversight'"):
        check.command(json.dumps(make(to="keeper")).encode(), Agency.POLICE)


def test_an_immediate_referral_says_what_the_danger_is() -> None:
    assert refusal(make(urgency="immediate", safety=None)) == ("danger.unstated", "data.safety")
    assert check.command(json.dumps(make(urgency="immediate")).encode(), Agency.POLICE)


@pytest.mark.parametrize("institution", Institution)
def test_an_agency_speaks_only_for_institutions_that_it_sponsors(institution: Institution) -> None:
    for sender in sorted(CATALOGUE["referral.made"].senders - {Agency.SOCIAL}):
        document = make() | {"on_behalf_of": institution}
        if sender in SPONSORS[institution]:
            assert check.command(json.dumps(document).encode(), sender)[1].on_behalf_of is institution
        else:
            assert refusal(document, sender) == ("sponsor.not-allowed", "on_behalf_of")


@pytest.mark.parametrize(
    ("notified", "code", "field"),
    [
        (["police"], "receiver.not-allowed", "data.notified"),
        (["social"], "field.invalid", "data"),
        (["health", "health"], "field.invalid", "data"),
        (["court"], "field.invalid", "data.notified.0"),
    ],
)
def test_who_is_notified_is_somebody_else_and_named_once(notified: list[str], code: str, field: str) -> None:
    assert refusal(make(notified=notified)) == (code, field)
    assert check.command(json.dumps(make(notified=["health", "oversight"])).encode(), Agency.POLICE)


def test_who_may_not_send_a_type_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    kept_to_police = replace(CATALOGUE["referral.made"], senders=frozenset({Agency.POLICE}))
    monkeypatch.setattr(check, "COMMANDS", {"referral.make": kept_to_police})
    assert refusal(make(), Agency.OVERSIGHT)[0] == "sender.not-allowed"
    assert check.command(json.dumps(make()).encode(), Agency.POLICE)


def test_what_was_done_needs_no_reason_and_what_was_not_done_needs_one() -> None:
    completed = CATALOGUE["referral.completed"]
    for content in (
        {"outcome": "not-done"},
        {"outcome": "partly-done"},
        {"outcome": "done", "not_done_reason": "no-capacity"},
    ):
        whole = examples.document(completed, {**completed.example, "not_done_reason": None, **content})
        assert refusal(whole) == ("field.invalid", "data")
