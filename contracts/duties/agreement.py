"""Does what the keeper said follow from the log? Reckoned again from what each notice says it went by; pure.

Keeper and check use one fold, so what this finds is a notice that was forged or altered, a protocol that was changed
under its own name, or a keeper that runs another version of this code.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import groupby

from contracts.agencies import Agency
from contracts.dated import Dated
from contracts.duties import fold
from contracts.duties import kept_open as voided
from contracts.duties.notices import Notice, kept_open, says, wanted
from contracts.protocol import Protocol


def disagreements(dated: Collection[Dated], protocol: Protocol, after: int = 0) -> Iterator[Dated]:
    """The keeper's notices of a case behind a position in the log that it had not to say, or not to those.

    Nor had it to say anything as of a moment of which it did not know all yet.
    """
    own = (one for one in dated if one.by is Agency.KEEPER and one.said.position > after)
    for (position, at), notices in groupby(sorted(own, key=_went_by), _went_by):
        known = [one for one in dated if one.said.position <= position]
        in_the_dark = any(one.at < at and one.said.position > position for one in dated)
        duties, void = fold(known, protocol, at), voided(known, protocol, at)
        to_say = (*wanted(duties, known, position), *kept_open(void, position))
        yield from (one for one in notices if in_the_dark or not any(_is(one, notice) for notice in to_say))


def _went_by(notice: Dated) -> tuple[int, datetime]:
    return int(notice.said.codes["position"]), notice.clocks.occurred


def _is(said: Dated, notice: Notice) -> bool:
    """To whom it was to be said, and not to others; who was bypassed since may be missing."""
    given = {name for name, value in said.said.codes.items() if value is not None}
    alike = said.said.type == notice.type and given <= notice.codes.keys() and says(said, notice.codes)
    return alike and said.to <= set(notice.tell)
