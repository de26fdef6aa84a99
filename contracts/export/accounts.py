"""Who may do what on NATS: one account an agency, and in each only what the catalogue gives it.

Agencies reach the bus through imports alone: the gateway's services, and their own post. JetStream's calls are
imported under the prefix `bus.`, because a client's own account has no JetStream. The public keys are variables,
which whoever includes this text defines beside it.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from contracts import subjects
from contracts.agencies import EVERYBODY, Agency
from contracts.catalogue import CATALOGUE

_API = "$JS.API"
_WIDTH = 116
CONNECTIONS, SUBSCRIPTIONS = 128, 1_024
"""Of one account, and of each of its connections: who opens more shuts out itself, and nobody else."""
_HEAD = "# Generated from the catalogue by `barnabus contracts export`; do not edit.\n"


_LIMITS = {"max_connections": CONNECTIONS, "max_subscriptions": SUBSCRIPTIONS}


class Variable(str):
    """A name that the server replaces by its value."""


def accounts() -> str:
    """The accounts and permissions, as a part of a nats-server's configuration."""
    found = {"SYS": _monitor(), "BUS": _bus(), "READER": _reader()} | {a.value: _agency(a) for a in Agency}
    return "\n".join([_HEAD, "system_account: SYS", f"accounts: {_dump(found)}", ""])


def users() -> tuple[str, ...]:
    """The variables that must hold the users' public keys."""
    fixed = ("SYS_MONITOR", "BUS_GATEWAY", "BUS_PROVISIONER", "READER_READER")
    return fixed + tuple(f"{agency}_{user}".upper() for agency in Agency for user in users_of(agency))


def users_of(agency: Agency) -> tuple[str, ...]:
    """The users of its account: its adapter, and its own system. The keeper has none: nobody tells it what to say."""
    return ("adapter", "system") if agency in EVERYBODY else ("adapter",)


def sends(agency: Agency) -> bool:
    """Whether the catalogue lets this agency send anything; a receipt counts."""
    return any(agency in entry.senders for entry in CATALOGUE.values())


def receives(agency: Agency) -> bool:
    """Whether anything comes into this agency's post: letters, or notices about letters of its own."""
    entries = [entry for entry in CATALOGUE.values() if entry.receivers]
    return any(agency in entry.receivers or agency in entry.senders for entry in entries)


def _user(name: str, subscribe: list[str], publish: list[str]) -> dict[str, Any]:
    return {
        "nkey": Variable(f"${name.upper()}"),
        "permissions": {"subscribe": {"allow": subscribe}, "publish": {"allow": publish}},
    }


def _monitor() -> dict[str, Any]:
    return {"users": [_user("SYS_MONITOR", ["_INBOX.monitor.>"], ["$SYS.REQ.SERVER.PING.>"])]}


def _bus() -> dict[str, Any]:
    log = subjects.CASES
    writes = [*subjects.CASES_SUBJECTS, "post.>", subjects.LOG_APPENDED, subjects.GATEWAY_ALIVE]
    looks = [f"{_API}.STREAM.INFO.>", f"{_API}.CONSUMER.INFO.>", f"{_API}.STREAM.MSG.GET.{log}"]
    looks.append(f"{_API}.DIRECT.GET.{log}")
    gateway = _user("BUS_GATEWAY", ["gateway.>", "_INBOX.gateway.>"], [*writes, *looks, "_R_.>"])
    provisioner = _user("BUS_PROVISIONER", ["_INBOX.provisioner.>"], [f"{_API}.>"])
    exports = [export for kind in (_gateway_exports(), _post_exports()) for export in kind]
    exports += [{"service": call, "accounts": ["READER"]} for call in _reading()[:2]]
    exports.append({"service": _reading()[2], "response_type": Variable("stream"), "accounts": ["READER"]})
    exports.append({"stream": subjects.LOG_APPENDED, "accounts": ["READER"]})
    return {"jetstream": Variable("enabled"), "users": [gateway, provisioner], "exports": exports}


def _gateway_exports() -> Iterator[dict[str, Any]]:
    for service in subjects.GATEWAY_SERVICES:
        yield {"service": service, "accounts": [agency for agency in Agency if service in _services(agency)]}


def _post_exports() -> Iterator[dict[str, Any]]:
    for agency in filter(receives, Agency):
        take, look, acknowledge = _post_calls(agency)
        yield {"service": take, "response_type": Variable("stream"), "accounts": [agency]}
        yield {"service": look, "accounts": [agency]}
        yield {"service": acknowledge, "accounts": [agency]}


def _reading() -> tuple[str, str, str]:
    """One entry from the leader, the log's state, and many entries at once: an answer in many messages."""
    log = subjects.CASES
    return f"{_API}.STREAM.MSG.GET.{log}", f"{_API}.STREAM.INFO.{log}", f"{_API}.DIRECT.GET.{log}"


def _reader() -> dict[str, Any]:
    heard = subjects.LOG_APPENDED
    user = _user("READER_READER", [heard, "_INBOX.reader.>"], [_mapped(call) for call in _reading()])
    imports = [*map(_import_mapped, _reading()), {"stream": {"account": "BUS", "subject": heard}}]
    return {"limits": _LIMITS, "users": [user], "imports": imports}


def _agency(agency: Agency) -> dict[str, Any]:
    services, post = _services(agency), _post_calls(agency) if receives(agency) else ()
    asked, told = [subjects.COMMAND, subjects.FEED], [f"{subjects.LETTERS}.>", subjects.VOIDED]
    calls = [*map(_mapped, post[:2]), *post[2:]]
    adapter = _user(f"{agency}_adapter", [*asked, "_INBOX.adapter.>"], [*told, *services, *calls, "_INBOX.system.>"])
    users = [adapter]
    if "system" in users_of(agency):
        users.append(_user(f"{agency}_system", [*told, "_INBOX.system.>"], asked))
    # `share` makes the server itself tell the gateway which account asked
    imports = [{"service": {"account": "BUS", "subject": service}, "share": True} for service in services]
    imports += map(_import_mapped, post[:2])
    imports += [{"service": {"account": "BUS", "subject": call}} for call in post[2:]]
    return {"limits": _LIMITS, "users": users, "imports": imports}


def _services(agency: Agency) -> list[str]:
    says = dict.fromkeys((subjects.SUBMIT, subjects.HEADS, subjects.OWN, subjects.RECEIPTS), sends(agency))
    wanted = says | {subjects.RESEND: receives(agency)}
    return [service for service in subjects.GATEWAY_SERVICES if wanted[service]]


def _post_calls(agency: Agency) -> tuple[str, str, str]:
    """Take the next letters, look at the consumer, acknowledge: of this agency's own post."""
    durable = f"{subjects.post_stream(agency)}.{subjects.ADAPTER}"
    return f"{_API}.CONSUMER.MSG.NEXT.{durable}", f"{_API}.CONSUMER.INFO.{durable}", f"$JS.ACK.{durable}.>"


def _mapped(call: str) -> str:
    return call.replace(_API, subjects.API, 1)


def _import_mapped(call: str) -> dict[str, Any]:
    return {"service": {"account": "BUS", "subject": call}, "to": _mapped(call)}


def _dump(value: Any, indent: str = "") -> str:
    """In the server's own syntax, which is JSON's but for variables and keywords; on one line where it fits."""
    line = _line(value)
    if isinstance(value, str | bool) or len(indent + line) <= _WIDTH:
        return line
    deeper = indent + "  "
    named = value.items() if isinstance(value, Mapping) else (("", inner) for inner in value)
    lines = [f"{deeper}{name}{': ' if name else ''}{_dump(inner, deeper)}\n" for name, inner in named]
    opening, closing = "{}" if isinstance(value, Mapping) else "[]"
    return f"{opening}\n{''.join(lines)}{indent}{closing}"


def _line(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name}: {_line(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_line, value))}]"
    return value if isinstance(value, Variable) else json.dumps(value)
