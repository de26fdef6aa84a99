"""What the catalogue says of one type, and how its lines are written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

from contracts import examples as ex
from contracts.agencies import SPONSORS, Agency, Institution
from contracts.standing import Course, Move
from contracts.tiers import LOGGED, Content, Tier, view
from contracts.vocabulary import Service

OVERSEEN = frozenset({Tier.E, Tier.O, Tier.S})
"""What oversight may see: it reviews what institutions did for a child's safety, and investigates nobody (D)."""
EVERYBODY = frozenset(Agency)


class Audience(StrEnum):
    """Who gets a letter of a type."""

    PARTIES = "parties"  # of an act: everybody who hears its handoff
    TOLD = "told"  # those whom the catalogue lists, always; oversight too where a bypass keeps one of them out
    NAMED = "named"  # those whom the content names
    KNOWN = "known"  # those whom the sender knows to be concerned, such as the agencies active in the case
    AGAIN = "again"  # the one to whom an earlier letter went, and who could not open it
    NOBODY = "nobody"  # the bus's own


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One type. `tiers` says for each agency that may receive it which tiers its letter may hold."""

    type: str
    version: str
    meaning: str
    content: Content
    senders: frozenset[Agency]
    audience: Audience
    tiers: Mapping[Agency, frozenset[Tier]] = field(default_factory=dict)
    told: frozenset[Agency] = frozenset()  # with audience TOLD: who must be told, the sender apart
    whom: str = ""  # with audience NAMED or KNOWN: who that is, in words
    names: Callable[[Mapping[str, Any]], frozenset[Agency]] | None = None  # with audience NAMED: by tiers E and O
    sponsors: Mapping[Institution, frozenset[Agency]] = field(default_factory=dict)  # who may say it for whom
    command: str | None = None  # the imperative by which an agency's system asks for it; the bus's own types have none
    move: Move | None = None
    courses: frozenset[Course] = frozenset(Course)  # of an act on a handoff: which ones it belongs to
    course: Course | None = None  # of the act that makes one
    asked: frozenset[Agency] = EVERYBODY  # of the act that makes one: who can be asked
    service: Service | None = None  # of the act that makes one, where its content names none
    example: Mapping[str, Any]
    counterexample: Mapping[str, Any]  # the same content, wrong
    counterexample_code: str

    @property
    def receivers(self) -> frozenset[Agency]:
        return frozenset(self.tiers)

    @cached_property
    def logged(self) -> Content:
        """The content as the log may hold it."""
        return view(self.content, LOGGED)

    def seen_by(self, receiver: Agency) -> frozenset[Tier]:
        """The tiers that this receiver's letter may hold; empty for who may not receive the type."""
        return self.tiers.get(receiver, frozenset())


def letters(tiers: str, receivers: frozenset[Agency], senders: frozenset[Agency]) -> Mapping[Agency, frozenset[Tier]]:
    """The same tiers for all of these, but that oversight sees no more than it may."""
    seen = frozenset(map(Tier, tiers))
    others = receivers - senders if len(senders) == 1 else receivers
    return MappingProxyType({to: seen & OVERSEEN if to is Agency.OVERSIGHT else seen for to in sorted(others)})


def _entry(type_name: str, content: Content, **more: Any) -> Entry:
    code, wrong = ex.INVALID[type_name]
    return Entry(
        type=type_name,
        version="1.0",
        meaning=(content.__doc__ or "").strip().partition("\n")[0],
        content=content,
        example=ex.VALID[type_name],
        counterexample=wrong,
        counterexample_code=code,
        **more,
    )


def act(type_name: str, content: Content, move: Move, tiers: str, **more: Any) -> Entry:
    """An act on a handoff; of most, any agency may say it to any other."""
    subject, _, _ = type_name.partition(".")
    defaults: dict[str, Any] = {
        "senders": EVERYBODY,
        "tiers": letters(tiers, EVERYBODY, more.get("senders", EVERYBODY)),
        "command": f"{subject}.{move}",
        "sponsors": SPONSORS,
        "audience": Audience.PARTIES,
    }
    return _entry(type_name, content, move=move, **defaults | more)


def fact(type_name: str, content: Content, command: str, tiers: str, *senders: Agency, **more: Any) -> Entry:
    """What is said about a case, and no handoff waits for."""
    told = frozenset(more.pop("told", ()))
    # a bypass must end at somebody: oversight stands in for whom it keeps out
    receivers = more.pop("receivers", told | {Agency.OVERSIGHT} if told else EVERYBODY)
    audience = more.pop("audience", Audience.TOLD)
    seen = letters(tiers, receivers, frozenset(senders))
    return _entry(
        type_name,
        content,
        command=command,
        senders=frozenset(senders),
        tiers=seen,
        told=told,
        audience=audience,
        **more,
    )


def of_the_bus(type_name: str, content: Content, **more: Any) -> Entry:
    return _entry(type_name, content, **{"senders": EVERYBODY, "audience": Audience.NOBODY} | more)
