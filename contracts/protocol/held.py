"""What a rule's data is held to: the catalogue's types, senders, fields and codes. Each raises ValueError in words.

A rule that names what nobody can say would never come true, and would look as if nothing were owed.
"""

from collections.abc import Iterable
from enum import StrEnum
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from contracts.agencies import EVERYBODY, Agency
from contracts.catalogue import CATALOGUE
from contracts.catalogue.accounting import BREACHED
from contracts.correcting import MOMENTS
from contracts.dated import ABSENT
from contracts.entry import Entry
from contracts.protocol.terms import Concerns, Role
from contracts.tiers import Frozen
from contracts.vocabulary.asking import Service


def _entry(name: str) -> Entry:
    entry = CATALOGUE.get(name)
    if entry is None or not entry.word:
        raise ValueError(f"no type `{name}` in the catalogue that an agency says")
    return entry


def type_is_known(name: str) -> None:
    _entry(name)


def is_no_echo(name: str, *, limited: bool) -> None:
    """What the keeper says of one duty sets off no other, of which it would speak again: but for a breach, once."""
    if _entry(name).senders == {Agency.KEEPER} and (name != BREACHED or limited):
        raise ValueError(f"trigger: of `{name}` the keeper would speak again and again")


def senders_are(name: str, agencies: Iterable[Agency]) -> None:
    for agency in agencies:
        if agency not in _entry(name).senders:
            raise ValueError(f"by: `{name}` is never said by {agency}")


def field_is_known(name: str, field: str) -> None:
    if field not in _entry(name).logged.model_fields:
        raise ValueError(f"`{name}` has no field `{field}` that the log may hold")


def fields_of_triggers(names: Iterable[str], field: str) -> None:
    for name in names if field != "id" else ():
        field_is_known(name, field)


def moment_is_known(name: str, field: str) -> None:
    field_is_known(name, field)
    if _entry(name).logged.model_fields[field].annotation not in MOMENTS:
        raise ValueError(f"at: `{field}` of `{name}` is no moment")


def codes_are_known(names: Iterable[str], path: str, codes: Iterable[Any]) -> None:
    """Of moves, the service that their handoff asks for is all that can be asked."""
    known = [set(Service)] if path == "service" else [_choices(name, path) for name in names]
    if not known:
        raise ValueError(f"when: of a move `service` alone can be asked, and not `{path}`")
    for code in codes:
        if any(code not in choices for choices in known):
            raise ValueError(f"when: no code `{code}` at `{path}`")


def _choices(name: str, path: str) -> set[Any]:
    """The codes that can stand at a dotted path; `ABSENT` too where it may be left out."""
    content: Any = _entry(name).logged
    choices: set[Any] = set()
    for part in path.split("."):
        fields = content.model_fields if isinstance(content, type) and issubclass(content, Frozen) else {}
        if part not in fields:
            raise ValueError(f"when: `{name}` has no `{path}` that the log may hold")
        annotation = fields[part].annotation
        kinds = (annotation,) if get_origin(annotation) in (None, Literal) else get_args(annotation)
        choices |= {ABSENT} if NoneType in kinds else set()
        content = next(kind for kind in kinds if kind is not NoneType)
    if content is bool:
        return choices | {True, False}
    if get_origin(content) is Literal:
        return choices | set(get_args(content))
    if not (isinstance(content, type) and issubclass(content, StrEnum)):
        raise ValueError(f"when: `{path}` of `{name}` is no code")
    return choices | set(content)


def party_can_be(name: str, party: str) -> None:
    """Can whoever owes a duty hear of what sets it off? Else nobody would know that it owes anything."""
    entry = _entry(name)
    if party in EVERYBODY and party not in entry.senders | entry.receivers:
        raise ValueError(f"owner: {party} never hears of `{name}`")
    role_is_there(name, party, "owner")


def role_is_there(name: str, party: str, place: str) -> None:
    """Is there somebody in that role, by what sets a duty off? Else it would be told to nobody."""
    entry = _entry(name)
    if party == Role.RECEIVER and entry.move is None:
        raise ValueError(f"{place}: `{name}` is on no handoff, and has no other party")
    if party == Role.NAMED and "owner" not in entry.logged.model_fields:
        raise ValueError(f"{place}: `{name}` names none")


def can_be_received(name: str, by: Agency) -> None:
    """Does an agency ever get its letter? Else nobody would ever be told."""
    if by not in _entry(name).receivers:
        raise ValueError(f"received_by: {by} never receives `{name}`")


def concerns_can_be(name: str, concerns: Concerns) -> None:
    entry = _entry(name)
    fields = entry.logged.model_fields
    says = {
        Concerns.CHILD: "concerns" in fields or entry.move is not None,
        Concerns.SUSPECT: "suspect" in fields,
        Concerns.HANDOFF: entry.move is not None,
        Concerns.CASE: True,
    }
    if not says[concerns]:
        raise ValueError(f"concerns: `{name}` says nothing of a {concerns}")
