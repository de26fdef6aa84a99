"""What the catalogue says of one type, and how its lines are written."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

from contracts import examples as ex
from contracts.agencies import EVERYBODY, SPONSORS, Agency, Institution
from contracts.standing import Course, Move, course_of
from contracts.tiers import LOGGED, Content, Tier, view
from contracts.vocabulary.asking import Service

FIRST = "1.0"
"""The version of a type whose line in the catalogue names none: it has not changed since it was there."""
OVERSEEN = frozenset({Tier.E, Tier.O, Tier.S})
"""What oversight may see: it reviews what institutions did for a child's safety, and investigates nobody (D)."""


class Audience(StrEnum):
    """Who gets a letter of a type."""

    PARTIES = "parties"  # of an act: everybody who hears its handoff
    TOLD = "told"  # those whom the catalogue lists, always; oversight too where a bypass keeps one of them out
    NAMED = "named"  # those whom the content names
    KNOWN = "known"  # those whom the sender knows to be concerned, such as the agencies active in the case
    AGAIN = "again"  # the one to whom an earlier letter went, and who could not open it
    SAME = "same"  # those to whom an earlier record went, in the tiers that they saw of it
    OWED = "owed"  # those whom the protocol has the keeper tell of a duty
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
    told: frozenset[Agency] = frozenset()  # who must hear it; of what makes a handoff: as a party, or notified
    whom: str = ""  # with audience NAMED or KNOWN: who that is, in words
    names: Callable[[Mapping[str, Any]], frozenset[Agency]] | None = None  # with audience NAMED: by tiers E and O
    sponsors: Mapping[Institution, frozenset[Agency]] = field(default_factory=dict)  # who may say it for whom
    speaks_for: Institution | None = None  # it is this institution's word, and its sponsor says so
    command: str | None = None  # the imperative by which an agency's system asks for it; the bus's own types have none
    move: Move | None = None
    services: frozenset[Service] = frozenset()  # of an act: on whose handoffs it is the word; empty: on all others
    service: Service | None = None  # of the act that makes a handoff, where its content names none
    asked: frozenset[Agency] = EVERYBODY  # of the act that makes one: who can be asked
    shown: frozenset[Tier] = LOGGED  # of the act that makes one: what the notified see of it
    example: Mapping[str, Any]
    counterexample: Mapping[str, Any]  # the same content, wrong
    counterexample_code: str

    @property
    def by_the_bus(self) -> bool:
        """Does no post of an agency say it, but its adapter by itself?"""
        return self.command is None and self.audience is Audience.NOBODY

    @property
    def word(self) -> bool:
        """Is it somebody's word about a case: an agency's, or the keeper's?"""
        return self.command is not None or self.audience is Audience.OWED

    @property
    def course(self) -> Course | None:
        """Of the act that makes a handoff: what is handed over."""
        if self.move is not Move.MAKE:
            return None
        return course_of(self.service) if self.service else Course.SERVICE

    def service_of(self, codes: Mapping[str, Any]) -> Service | None:
        """Of the act that makes a handoff: the service asked for, by its content or by the type itself."""
        if self.move is not Move.MAKE:
            return None
        return self.service or Service(codes["service"])

    def acts(self, codes: Mapping[str, Any]) -> bool:
        """Is it an act on a handoff? What names none, though its type could, is a fact."""
        return self.move is Move.MAKE or (self.move is not None and codes.get("handoff_id") is not None)

    def lists(self, codes: Mapping[str, Any]) -> bool:
        """Is it a fact that goes to whom the catalogue has told, and to oversight in place of who is kept out?"""
        return not self.acts(codes) and self.audience in (Audience.TOLD, Audience.PARTIES)

    def only_notified(self, notified: Iterable[Agency]) -> frozenset[Agency]:
        """Those of the notified who hear the act alone; whom the catalogue has told of it sees what it says."""
        return frozenset(notified) - (frozenset() if self.move is Move.MAKE else self.told)

    def left_by(self, withheld: str | None, receiver: Agency) -> frozenset[Tier]:
        """What this receiver's letter holds if so much is withheld: it is only notified, or the rest was erased."""
        if withheld == "erased":
            return LOGGED
        return self.seen_by(receiver) & self.shown if withheld == "notified" else self.seen_by(receiver)

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


def seen(**by_tiers: Iterable[Agency]) -> Mapping[Agency, frozenset[Tier]]:
    """Which agency sees which tiers: `seen(EOP=(PROSECUTION,), EO=EVERYBODY)`; the first line that names one counts."""
    found: dict[Agency, frozenset[Tier]] = {}
    for tiers, agencies in by_tiers.items():
        for agency in sorted(agencies):
            found.setdefault(agency, frozenset(map(Tier, tiers)))
    return MappingProxyType(found)


def letters(tiers: str, receivers: frozenset[Agency], senders: frozenset[Agency]) -> Mapping[Agency, frozenset[Tier]]:
    """The same tiers for all of these, but that oversight sees no more than it may."""
    wanted = frozenset(map(Tier, tiers))
    others = receivers - senders if len(senders) == 1 else receivers
    return MappingProxyType({to: wanted & OVERSEEN if to is Agency.OVERSIGHT else wanted for to in sorted(others)})


def _entry(type_name: str, content: Content, version: str = FIRST, **more: Any) -> Entry:
    code, wrong = ex.INVALID[type_name]
    return Entry(
        type=type_name,
        version=version,
        meaning=(content.__doc__ or "").strip().partition("\n")[0],
        content=content,
        example=ex.VALID[type_name],
        counterexample=wrong,
        counterexample_code=code,
        **more,
    )


def act(
    type_name: str, content: Content, move: Move, tiers: str | Mapping[Agency, frozenset[Tier]], **more: Any
) -> Entry:
    """An act on a handoff; of most, any agency may say it to any other."""
    subject, _, _ = type_name.partition(".")
    defaults: dict[str, Any] = {
        "senders": EVERYBODY,
        "tiers": letters(tiers, EVERYBODY, more.get("senders", EVERYBODY)) if isinstance(tiers, str) else tiers,
        "command": f"{subject}.{move}",
        "sponsors": SPONSORS,
        "audience": Audience.PARTIES,
    }
    return _entry(type_name, content, move=move, **defaults | more)


def fact(
    type_name: str,
    content: Content,
    command: str,
    tiers: str | Mapping[Agency, frozenset[Tier]],
    *senders: Agency,
    **more: Any,
) -> Entry:
    """What is said about a case, and no handoff waits for."""
    told = frozenset(more.pop("told", ()))
    audience = more.pop("audience", Audience.TOLD)
    # a bypass must end at somebody: oversight stands in for whom it keeps out
    receivers = more.pop("receivers", told | {Agency.OVERSIGHT} if audience is Audience.TOLD else EVERYBODY)
    return _entry(
        type_name,
        content,
        command=command,
        senders=frozenset(senders),
        tiers=letters(tiers, receivers, frozenset(senders)) if isinstance(tiers, str) else tiers,
        told=told,
        audience=audience,
        **more,
    )


def notice(type_name: str, content: Content) -> Entry:
    """What the keeper says by itself."""
    return _entry(
        type_name,
        content,
        senders=frozenset({Agency.KEEPER}),
        tiers=letters("EO", EVERYBODY, frozenset({Agency.KEEPER})),
        audience=Audience.OWED,
        whom="those whom the protocol has told of it",
    )


def of_the_bus(type_name: str, content: Content, **more: Any) -> Entry:
    return _entry(type_name, content, **{"senders": frozenset(Agency), "audience": Audience.NOBODY} | more)
