"""AsyncAPI 3.0 of what an agency's own system does inside its agency's account: hand in commands, hear letters.

Payloads are the JSON Schemas beside the document. They use only what draft 7 and 2020-12 read alike, so that tools
which know no newer draft can take them as they are.
"""

from typing import Any

from contracts import subjects
from contracts.catalogue import CATALOGUE, COMMANDS
from contracts.export import examples
from contracts.export.schemas import ENVELOPE_VERSION, ENVELOPES, audiences

_ANSWER = "answer"
_TAKEN, _REFUSED, _VOIDED = "command-taken", "command-refused", "act-voided"
_PAGE, _ASKED, _FEED = "page", "feed-asked", "letters-page"
_ABOUT = (
    "An agency's own system hands its adapter commands and hears from it, on NATS inside the agency's own account. "
    "Generated from the catalogue by `barnabus contracts export`; do not edit."
)


def document() -> dict[str, Any]:
    """The whole document."""
    letters = _letters()
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Barnabus, for an agency's own system", "version": ENVELOPE_VERSION, "description": _ABOUT},
        "defaultContentType": "application/json",
        "channels": {
            subjects.COMMAND: _channel(subjects.COMMAND, "Commands to this agency's adapter.", sorted(COMMANDS)),
            _ANSWER: _channel(None, "The reply to one command, on its reply subject.", [_TAKEN, _REFUSED]),
            subjects.FEED: _channel(subjects.FEED, "What was told, from a number of the feed on.", [_ASKED]),
            _PAGE: _channel(None, "A part of the feed, or why there is none, on its reply subject.", [_FEED, _REFUSED]),
            **{
                subjects.heard(name): _channel(subjects.heard(name), CATALOGUE[name].meaning, told)
                for name, told in letters.items()
            },
            subjects.VOIDED: _channel(subjects.VOIDED, "Own acts that the log's order has made void.", [_VOIDED]),
        },
        "operations": {
            "submit": _operation("send", subjects.COMMAND) | _replied(_ANSWER),
            "read-feed": _operation("send", subjects.FEED) | _replied(_PAGE),
            **{f"hear-{name}": _operation("receive", subjects.heard(name)) for name in letters},
            "hear-voided": _operation("receive", subjects.VOIDED),
        },
        "components": {"messages": _messages()},
    }


def _letters() -> dict[str, list[str]]:
    """The messages in which each type is told, by type."""
    return {
        entry.type: [f"{entry.type}.told{suffix}" for suffix, _ in audiences(entry)]
        for entry in CATALOGUE.values()
        if audiences(entry)
    }


def _messages() -> dict[str, Any]:
    commands = {
        name: _message(f"{entry.type}.command", entry.meaning)
        | {"examples": [{"payload": examples.document(entry, entry.example)}]}
        for name, entry in sorted(COMMANDS.items())
    }
    told = {
        name: _message(name, CATALOGUE[type_name].meaning) for type_name, names in _letters().items() for name in names
    }
    answers = {
        name: _message(name, ENVELOPES[name].__doc__ or "") for name in (_TAKEN, _REFUSED, _VOIDED, _ASKED, _FEED)
    }
    return commands | told | answers


def _message(schema: str, summary: str) -> dict[str, Any]:
    return {"summary": summary.partition("\n")[0], "payload": {"$ref": f"schemas/{schema}.json"}}


def _channel(address: str | None, description: str, messages: list[str]) -> dict[str, Any]:
    return {
        "address": address,
        "description": description,
        "messages": {name: _ref("components/messages", name) for name in messages},
    }


def _operation(action: str, channel: str) -> dict[str, Any]:
    return {"action": action, "channel": _ref("channels", channel)}


def _replied(channel: str) -> dict[str, Any]:
    return {"reply": {"address": {"location": "$message.header#/reply"}, "channel": _ref("channels", channel)}}


def _ref(where: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/{where}/{name}"}
