"""What a counterpart says: whole commands out of the catalogue's own examples, at this moment and of this case. Pure.

An id, a case and a child are made here from random bytes, which mean nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Any
from uuid import UUID, uuid4

from cli.year.casebook import BASES, ROLES
from contracts.agencies import SPONSORS, Agency, Institution
from contracts.catalogue import CATALOGUE, words
from contracts.catalogue.erasing import OF_ERASING
from contracts.catalogue.handoffs import CONTENT_ASKED, CONTENT_REFUSED
from contracts.entry import Entry
from contracts.errors import Refused
from contracts.export import examples
from contracts.ids import case_ref_from, person_ref_from
from contracts.standing import Move
from contracts.vocabulary.asking import NEEDS_CONSENT, OFFERED_BY, Service
from contracts.vocabulary.people import LegalBasis, Role

HELD_IN = timedelta(days=2)
"""What is set down for later: an interview, a roundtable."""
HOLDS = timedelta(days=90)
"""So long what says until when it can be relied on."""
BEFORE_ASKING = {"therapy.referred": "safe-contact.set"}
BEFORE_STARTING = {Service.FORENSIC_EXAM: "exam-consent.recorded"}
"""What the agency's own rules want said first."""
ENDS_WITH = {Service.CONTENT_OPENING: CONTENT_REFUSED}
"""Of two words for an end, the one that a script can say: which content is opened, a person decides."""
_JUST_NOW = frozenset({"began_at", "examined_at", "as_of"})
_LATER = {"expires_at": HOLDS}

Command = dict[str, Any]


@dataclass(frozen=True, slots=True)
class On:
    """The handoff that is acted on: whom it concerns, and what was asked on it, by the question's id."""

    handoff_id: UUID
    case_ref: str
    service: Service
    concerns: str | None
    asked: tuple[UUID, tuple[str, ...]] | None = None


def offers(by: Agency, to: Agency) -> Iterator[tuple[Service, Entry]]:
    """What one agency can ask another for, and by which type. Nobody asks for content: oversight lets nobody look."""
    for entry in (entry for entry in CATALOGUE.values() if entry.type != CONTENT_ASKED):
        if entry.move is Move.MAKE and by is not to and by in entry.senders and to in entry.asked:
            services = [entry.service] if entry.service else [one for one in OFFERED_BY if to in OFFERED_BY[one]]
            yield from ((service, entry) for service in services)


def request(by: Agency, to: Agency, service: Service | None, now: datetime) -> list[Command]:
    """The commands by which one agency asks another for this, or for what it can ask first; the last one is the asking.

    Raises Refused `service.not-offered`, and says what can be asked.
    """
    offered = dict(offers(by, to))
    if not offered or (service and service not in offered):
        there = f"{by} can ask {to} for: {', '.join(offered) or 'nothing'}."
        raise Refused("service.not-offered", field="--service", detail=there)
    wanted = service or next(iter(offered))
    entry, case_ref, person = offered[wanted], case_ref_from(token_bytes(16)), person_ref_from(token_bytes(16))
    asking = {
        "to": to.value,
        "concerns": {**entry.example.get("concerns", {}), "ref": person},
        "person": {**(entry.example.get("person") or {}), "ref": person},
        "notified": sorted(entry.told - {by, to}),
        "expires_at": None,
        "service": wanted.value,
        "for_institution": _for_institution(entry, to),
    }
    data = {name: asking.get(name, value) for name, value in _moved(entry, now).items()}
    basis = LegalBasis.CONSENT if wanted in NEEDS_CONSENT else None
    first = BEFORE_ASKING.get(entry.type)
    before = [fact(CATALOGUE[first], by, case_ref, person, now)] if first else []
    return [*before, command(entry, by, data, case_ref, now, basis)]


def act(move: Move, on: On, by: Agency, now: datetime) -> list[Command]:
    """The commands by which an agency makes a move on a handoff; the last one is the move."""
    any_word = next(entry for entry in CATALOGUE.values() if entry.move is move)
    first_word, *_ = words(any_word, on.service)
    entry = CATALOGUE[ENDS_WITH.get(on.service, first_word) if move is Move.COMPLETE else first_word]
    said: dict[str, Any] = {"handoff_id": str(on.handoff_id), "next_step": "sender-keeps"}
    if "concerns" in entry.example:
        said["concerns"] = {**entry.example["concerns"], "ref": on.concerns}
    if move is Move.GIVE:
        assert on.asked, "only what was asked is answered"
        asked_id, questions = on.asked
        answers = [{"question": question, "answer": "unknown", "ask_office": None} for question in questions]
        said |= {"asked_id": str(asked_id), "answers": answers}
    data = {name: said.get(name, value) for name, value in _moved(entry, now).items()}
    first = BEFORE_STARTING.get(on.service) if move is Move.START else None
    before = [fact(CATALOGUE[first], by, on.case_ref, on.concerns, now)] if first else []
    return [*before, command(entry, by, data, on.case_ref, now)]


def command(
    entry: Entry, by: Agency, data: Mapping[str, Any], case_ref: str, now: datetime, basis: LegalBasis | None = None
) -> Command:
    """This content as its agency's own system hands it in, by a post that may."""
    at = now.isoformat()
    return examples.document(entry, data) | {
        "id": str(uuid4()),
        "case_ref": case_ref,
        "clocks": {"occurred": at, "known": at, "recorded": at},
        "legal_basis": (basis or BASES[by]).value,
        "post": {"role": Role.SUPERVISOR if entry.type in OF_ERASING else ROLES[by].value, "office": f"example-{by}"},
    }


def fact(entry: Entry, by: Agency, case_ref: str, person: str | None, now: datetime, **names: Any) -> Command:
    """What is said about a case, of this person; `names` are fields that have to name something that there is."""
    said: dict[str, Any] = dict(names)
    if "concerns" in entry.example:
        said["concerns"] = {**entry.example["concerns"], "ref": person}
    data = {name: said.get(name, value) for name, value in _moved(entry, now).items()}
    return command(entry, by, data, case_ref, now)


def _for_institution(entry: Entry, to: Agency) -> str | None:
    """The example's, where whom is asked speaks for it."""
    named = entry.example.get("for_institution")
    return named if named and to in SPONSORS[Institution(named)] else None


def _moved(entry: Entry, now: datetime) -> dict[str, Any]:
    """The example's content, as if it were said now: what it tells of lies as far back as there."""
    said_at = datetime.fromisoformat(examples.document(entry, entry.example)["clocks"]["recorded"])
    later = HELD_IN if entry.move is Move.MAKE else timedelta(0)

    def moved(name: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {inner: moved(inner, said) for inner, said in value.items()}
        if isinstance(value, list | tuple):
            return [moved(name, said) for said in value]
        if not isinstance(value, str) or not _is_moment(value):
            return value
        if name in _JUST_NOW:
            return now.isoformat()
        if name == "held_at":
            return (now + later).isoformat()
        return (now + _LATER[name] if name in _LATER else datetime.fromisoformat(value) + (now - said_at)).isoformat()

    return {name: moved(name, value) for name, value in entry.example.items()}


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
