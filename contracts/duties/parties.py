"""Who is who to a duty: its owner, who holds it where a bypass leads around that one, and who is told; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from contracts.agencies import EVERYBODY, Agency
from contracts.bypass import INVOKED, LIFTED
from contracts.casefile import UNLOGGED
from contracts.dated import Word
from contracts.protocol.terms import Role

MANAGER = "case-manager.assigned"
PAST_ALL = UNLOGGED + 1


@dataclass(frozen=True, slots=True)
class _Bypass:
    """Of a whole agency: from its place in the log on, until it is lifted."""

    conflicted: Agency
    alternate: Agency
    invoked: int
    lifted: int | None

    def in_force(self, before: int) -> bool:
        return self.invoked < before and (self.lifted is None or self.lifted >= before)


@dataclass(frozen=True, slots=True)
class Parties:
    """By what was said in a case."""

    managers: tuple[Word, ...]
    bypasses: tuple[_Bypass, ...]
    kept_out: frozenset[Agency]  # by a bypass that is in force now; and the keeper, whom nobody tells anything

    @classmethod
    def of(cls, said: Iterable[Word]) -> Self:
        known = tuple(said)
        lifted = {one.said.codes["bypass_id"]: one.said.position for one in reversed(known) if one.said.type == LIFTED}
        invoked = (one for one in known if one.said.type == INVOKED and _of_a_whole_agency(one))
        bypasses = tuple(
            _Bypass(
                Agency(one.said.codes["conflicted"]),
                Agency(one.said.codes["alternate"]),
                one.said.position,
                lifted.get(str(one.said.id)),
            )
            for one in invoked
        )
        return cls(
            managers=tuple(one for one in known if one.said.type == MANAGER),
            bypasses=bypasses,
            kept_out=frozenset({one.conflicted for one in bypasses if one.in_force(PAST_ALL)} | {Agency.KEEPER}),
        )

    def owner(self, party: str, trigger: Word) -> Agency | None:
        """Whom a rule's `owner` means for this trigger; None if nobody, where an act has no other party."""
        match party:
            case Role.SENDER:
                return trigger.by
            case Role.RECEIVER:
                return trigger.other
            case Role.NAMED:
                named = trigger.said.codes.get("owner")
                return Agency(named) if named else None
            case Role.CASE_MANAGER:
                return self._manager(trigger) or trigger.by
            case _:
                return Agency(party)

    def holder(self, owner: Agency, before: int = PAST_ALL) -> Agency:
        """Who has to do it: its owner, or whom a bypass in force names instead, by what stands before a position."""
        around = {one.conflicted: one.alternate for one in self.bypasses if one.in_force(before)}
        holder, left = owner, len(around)
        while holder in around and left:
            holder, left = around[holder], left - 1
        return holder

    def is_kept_out(self, agency: Agency, before: int) -> bool:
        """Did a bypass in force lead around it, by what stands before a position?"""
        return any(one.conflicted is agency and one.in_force(before) for one in self.bypasses)

    def is_owners(self, word: Word, owner: Agency) -> bool:
        """Is it said by who owes it, or by who had to do it then?"""
        return word.by in (owner, self.holder(owner, word.said.position))

    def told(self, parties: Iterable[str], trigger: Word, holder: Agency) -> tuple[Agency, ...]:
        """Who is told of a duty, each once: in place of whom a bypass keeps out now, whoever it names instead."""
        found = (holder if party == Role.OWNER else self._named(party, trigger) for party in parties)
        return self.let_in(self.holder(agency) for agency in found if agency)

    def let_in(self, agencies: Iterable[Agency]) -> tuple[Agency, ...]:
        """Each once, without those whom a bypass keeps out now; nor is the keeper told anything."""
        return tuple(dict.fromkeys(agency for agency in agencies if agency not in self.kept_out))

    def _named(self, party: str, trigger: Word) -> Agency | None:
        """Nobody stands in for a case manager that there is not."""
        return self._manager(trigger) if party == Role.CASE_MANAGER else self.owner(party, trigger)

    def _manager(self, trigger: Word) -> Agency | None:
        found = [one.by for one in self.managers if trigger.child in (None, one.child)]
        return found[-1] if found else None


def _of_a_whole_agency(one: Word) -> bool:
    """Around an office leads another one of the same agency; an institution owes nothing; at oversight all ends."""
    codes = one.said.codes
    return codes.get("office") is None and codes["conflicted"] in EVERYBODY - {Agency.OVERSIGHT}
