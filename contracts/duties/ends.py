"""By what a duty ended: met, excused or withdrawn; pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Self

from contracts.agencies import Agency
from contracts.catalogue.accounting import EXCUSED
from contracts.dated import Dated, Word
from contracts.duties.duty import Ending, State
from contracts.duties.parties import Parties
from contracts.protocol import matching
from contracts.protocol.matching import Words
from contracts.protocol.rules import Rule

IsOwners = Callable[[Word], bool]


@dataclass(frozen=True, slots=True)
class Ends:
    """`state` and `ending` are None while it is owed; `excuse` stays beside what was done after it."""

    state: State | None
    ending: Ending | None
    excuse: Ending | None

    @classmethod
    def of(
        cls, rule: Rule, trigger: Word, said: Words, parties: Parties, owner: Agency, put_away: Dated | None
    ) -> Self:
        """What is done ends it, or what withdraws it, whichever the log has first; an excuse what neither did before.

        `put_away` is the correction after which its trigger would set off nothing.
        """
        is_owners = partial(parties.is_owners, owner=owner)
        met = _met(rule, trigger, said, parties, is_owners)
        gone = _withdrawn(rule, trigger, said, is_owners, put_away)
        excuse = _excuse(rule, trigger, said, is_owners)
        if met and (gone is None or _place(met) <= _place(gone)):
            return cls(State.MET, met, excuse)
        if excuse and (gone is None or _place(excuse) < _place(gone)):
            return cls(State.EXCUSED, excuse, excuse)
        return cls(State.WITHDRAWN if gone else None, gone, excuse)


def put_away(trigger: Word, last: Word) -> Dated | None:
    """The correction that came after a record's last wording that set its duty off; None if it still does."""
    wordings = (*trigger.before, trigger)
    after = wordings[wordings.index(last) + 1 :]
    return after[0].corrected_by if after else None


def _met(rule: Rule, trigger: Word, said: Words, parties: Parties, is_owners: IsOwners) -> Ending | None:
    found = list[Ending]()
    if act := matching.first(rule.acts, rule, trigger, said, is_owners):
        found.append(_ending(*act))
    for kind in rule.acts:
        for receiver in _receivers(kind.received_by, trigger, parties):
            if receipt := trigger.received_by(receiver):
                place = (receipt.position, receipt.logged_at, receipt.at)
                found.append(Ending(receiver, trigger.said.id, *place))
    return min(found, key=_place, default=None)


def _receivers(named: Agency | None, trigger: Word, parties: Parties) -> tuple[Agency, ...]:
    """Whose receipt counts: oversight's too, to which what is told goes where a bypass keeps the named one out."""
    if named is None:
        return ()
    return (named, Agency.OVERSIGHT) if parties.is_kept_out(named, trigger.said.position) else (named,)


def _withdrawn(rule: Rule, trigger: Word, said: Words, is_owners: IsOwners, put_away: Dated | None) -> Ending | None:
    found = list[Ending]()
    if cause := matching.first(rule.withdrawn_by, rule, trigger, said.not_undone, is_owners):
        found.append(_ending(*cause, reason=cause[0].said.type))
    if put_away:
        found.append(_ending(put_away, put_away.at, reason=put_away.said.type))
    return min(found, key=_place, default=None)


def _excuse(rule: Rule, trigger: Word, said: Words, is_owners: IsOwners) -> Ending | None:
    """Its owner's own word on this duty, or a reasoned not-done that the rule takes for one; the first of them."""
    own = (one for one in said.of(EXCUSED) if is_owners(one) and _about(one, rule, trigger))
    found = [_ending(one, one.at) for one in islice(own, 1)]
    if reasoned := matching.first(rule.excused_by, rule, trigger, said, is_owners):
        found.append(_ending(*reasoned))
    return min(found, key=_place, default=None)


def _about(excuse: Word, rule: Rule, trigger: Word) -> bool:
    codes = excuse.said.codes
    of_it = (rule.id, str(trigger.said.id), trigger.said.by)
    return (codes["rule"], codes["trigger_id"], codes["trigger_by"]) == of_it


def _ending(one: Dated, done_at: datetime, reason: str | None = None) -> Ending:
    return Ending(one.by, one.said.id, one.said.position, one.at, done_at, reason or one.said.codes.get("reason"))


def _place(ending: Ending) -> tuple[int, datetime]:
    return ending.position, ending.logged_at
