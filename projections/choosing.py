"""Which handoffs somebody asks for, out of the words that they typed; a wrong one is refused with those there are."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from contracts.agencies import EVERYBODY, Agency
from contracts.errors import Refused
from contracts.vocabulary.asking import Service, Urgency
from projections.choice import Choice
from projections.periods import Period

Word = TypeVar("Word", bound=StrEnum)


def chosen(said: Mapping[str, str | None], before: str = "") -> Choice:
    """By service, urgency, from, to, agency, period, since, until. `before` stands before a field's name in a refusal.

    Raises Refused `option.invalid`, `agency.unknown`.
    """
    period, since, until = (said.get(name) for name in ("period", "since", "until"))
    if period and (since or until):
        raise _invalid(f"{before}period", "Either a period, or since when and until when.")
    begins = span(period or since, f"{before}{'period' if period else 'since'}")
    ends = span(period or until, f"{before}{'period' if period else 'until'}")
    first, last = begins.months[0] if begins else None, ends.months[-1] if ends else None
    if first and last and first > last:
        raise _invalid(f"{before}until", "It ends before it begins.")
    opener, receiver, either = (agency(said.get(name)) for name in ("from", "to", "agency"))
    return Choice(
        service=word(Service, said.get("service"), f"{before}service"),
        urgency=word(Urgency, said.get("urgency"), f"{before}urgency"),
        opener=opener,
        receiver=receiver,
        agency=either,
        since=first,
        until=last,
    )


def agency(name: str | None) -> str | None:
    """Raises `agency.unknown`, listing those that there are."""
    if name is None:
        return None
    names = sorted(agency.value for agency in EVERYBODY)
    if name not in names:
        raise Refused("agency.unknown", detail=f"There are: {', '.join(names)}.")
    return Agency(name).value


def word(words: type[Word], said: str | None, field: str) -> Word | None:
    """Raises Refused `option.invalid`, naming all that there are."""
    return None if said is None else words(one_of(sorted(words), said, field))


def one_of(known: Sequence[str], said: str, field: str) -> str:
    """Raises Refused `option.invalid`, naming all that there are."""
    if said not in known:
        raise _invalid(field, f"There are: {', '.join(known)}.")
    return said


def span(said: str | None, field: str) -> Period | None:
    """Raises Refused `option.invalid`."""
    try:
        return Period.of(said) if said is not None else None
    except ValueError:
        raise _invalid(field, "A year is written 2021, a quarter 2021-Q3, a month 2021-03.") from None


def _invalid(field: str, detail: str) -> Refused:
    return Refused("option.invalid", field=field, detail=detail)
