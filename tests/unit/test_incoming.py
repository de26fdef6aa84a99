"""A body that comes over HTTP: one command, in any of three forms, and nothing else."""

import json
from typing import Any

import pytest

from contracts import web
from contracts.cloudevents import command_schema
from contracts.envelope import COMMAND_LIMIT_BYTES
from contracts.errors import Refused
from services.web.incoming import incoming
from tests.builders import new_case, refer
from tests.ways import spoken

STRUCTURED = {"content-type": web.STRUCTURED}
PLAIN = {"content-type": web.JSON}


def event(command: dict[str, Any], **changed: Any) -> dict[str, Any]:
    whole = {"specversion": "1.0", "id": command["id"], "source": "/records", "type": command["command"]}
    return {**whole, "data": command, **changed}


def refused(headers: dict[str, str], document: Any) -> tuple[str, str | None]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(Refused) as found:
        incoming(headers, body)
    return found.value.code, found.value.field


@pytest.mark.parametrize("form", ["plain", "structured", "binary"])
def test_each_form_comes_to_the_same_command(form: str) -> None:
    command = refer()
    body, headers = spoken(command, form)
    found = incoming(headers, body)
    assert json.loads(found.raw) == command
    assert found.command == command
    assert found.at == ("data." if form == "structured" else "")


def test_what_others_on_the_way_add_to_an_event_is_ignored() -> None:
    command = refer()
    traced = event(command, traceparent="00-4bf92f", time="2026-03-11T09:00:00Z", datacontenttype="application/json")
    assert incoming(STRUCTURED, json.dumps(traced).encode()).command == command


def test_the_subject_is_the_case() -> None:
    case = new_case()
    command = refer(case_ref=case)
    assert incoming(STRUCTURED, json.dumps(event(command, subject=case)).encode()).command == command
    assert refused(STRUCTURED, event(command, subject=new_case())) == ("field.invalid", "subject")
    assert refused(STRUCTURED, event(refer(), subject=case)) == ("field.invalid", "subject"), "it would open a new one"


def test_the_schema_may_be_named_and_is_then_the_commands_own() -> None:
    named = command_schema("referral.made", "1.0")
    incoming(STRUCTURED, json.dumps(event(refer(), dataschema=named)).encode())
    other = command_schema("referral.made", "9.0")
    assert refused(STRUCTURED, event(refer(), dataschema=other)) == ("version.unknown", "dataschema")


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"specversion": "0.3"}, "field.invalid", "specversion"),
        ({"specversion": 1.0}, "field.invalid", "specversion"),
        ({"id": "another"}, "field.invalid", "id"),
        ({"type": "referral.accept"}, "field.invalid", "type"),
        ({"source": ""}, "field.invalid", "source"),
        ({"time": "yesterday"}, "field.invalid", "time"),
        ({"datacontenttype": "text/xml"}, "field.invalid", "datacontenttype"),
        ({"data": "text"}, "field.invalid", "data"),
        ({"data": None}, "field.invalid", "data"),
        ({"data_base64": "e30="}, "field.unknown", "data_base64"),
    ],
)
def test_an_event_that_is_none_or_says_otherwise_than_its_command_is_refused_at_its_attribute(
    changed: dict[str, Any], code: str, field: str
) -> None:
    assert refused(STRUCTURED, event(refer(), **changed)) == (code, field)


@pytest.mark.parametrize("attribute", ["specversion", "id", "source", "type", "data"])
def test_an_event_without_an_attribute_that_it_must_have_is_refused(attribute: str) -> None:
    whole = event(refer())
    del whole[attribute]
    assert refused(STRUCTURED, whole) == ("field.missing", attribute)


def test_in_binary_form_the_header_is_named() -> None:
    command = refer()
    body, headers = spoken(command, "binary")
    assert refused({**headers, "ce-id": "another"}, body) == ("field.invalid", "ce-id")
    assert refused({name: value for name, value in headers.items() if name != "ce-source"}, body) == (
        "field.missing",
        "ce-source",
    )
    assert incoming({**headers, "ce-source": "/dosja%20e%20re"}, body).command == command


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/cloudevents-batch+json", "application/json; charset=utf-16", "application/xml"],
)
def test_any_other_kind_of_body_is_refused(content_type: str) -> None:
    assert refused({"content-type": content_type}, refer()) == ("media.unsupported", "Content-Type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'])
def test_a_media_type_is_read_as_the_standard_says(content_type: str) -> None:
    command = refer()
    assert incoming({"content-type": content_type}, json.dumps(command).encode()).command == command


@pytest.mark.parametrize("headers", [PLAIN, STRUCTURED])
def test_what_is_not_one_json_object_is_refused(headers: dict[str, str]) -> None:
    assert refused(headers, b"[]") == ("document.not-json", None)
    assert refused(headers, b'{"id": 1, "id": 2}')[0] == "document.duplicate-key"


def test_a_command_has_the_same_limit_in_every_form() -> None:
    command = refer(data={"identity": {"full_name": "x" * COMMAND_LIMIT_BYTES, "date_of_birth": None}})
    assert refused(PLAIN, command) == ("document.too-large", None)
    assert len(incoming(STRUCTURED, json.dumps(event(command)).encode()).raw) > COMMAND_LIMIT_BYTES, (
        "its adapter refuses"
    )


def test_an_idempotency_key_is_the_commands_id_or_refused() -> None:
    command = refer()
    body = json.dumps(command).encode()
    for key in (command["id"], command["id"].upper(), f'"{command["id"]}"'):
        assert incoming({**PLAIN, "idempotency-key": key}, body).command == command
    assert refused({**PLAIN, "idempotency-key": "another"}, body) == ("field.invalid", web.IDEMPOTENCY_KEY)
    assert refused({**PLAIN, "idempotency-key": refer()["id"]}, body) == ("field.invalid", web.IDEMPOTENCY_KEY)


def test_letters_outside_ascii_come_through_and_half_a_one_is_refused() -> None:
    command = refer(data={"identity": {"full_name": "Шћепан Çela", "date_of_birth": None}})
    body = json.dumps(event(command)).encode()
    assert json.loads(incoming(STRUCTURED, body).raw) == command
    assert refused(STRUCTURED, body.replace(b"\\u00c7", b"\\ud800"))[0] == "field.invalid"
