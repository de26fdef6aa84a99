"""Which records a rule means: what sets a duty off, and what answers it; pure."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property

from contracts.catalogue.reintegration import CLOSED, REOPENED
from contracts.dated import Word
from contracts.protocol.records import Answers, Records
from contracts.protocol.rules import Rule
from contracts.protocol.terms import LOGGED, Concerns, Start


def set_off(rule: Rule, word: Word) -> Records | None:
    """By which of its triggers a record sets this rule off; None if by none."""
    return next((records for records in rule.trigger if _meant(records, word)), None)


class Words:
    """What was said in a case and counts, in the log's order: a rule looks only at what it can mean."""

    def __init__(self, said: Iterable[Word]) -> None:
        self.all = tuple(said)
        self._places: dict[str, list[int]] = {}
        self._tied: dict[tuple[str, Concerns, object], list[int]] = {}
        for place, word in enumerate(self.all):
            for name in (word.said.type, word.move) if word.move else (word.said.type,):
                self._places.setdefault(name, []).append(place)
                for tie in Concerns:
                    if (of := _of(tie, word)) is not None:
                        self._tied.setdefault((name, tie, of), []).append(place)

    def of(self, *names: str) -> Iterator[Word]:
        """Those of these types or moves."""
        found = [places for name in names if (places := self._places.get(name))]
        places = found[0] if len(found) == 1 else sorted({place for some in found for place in some})
        return (self.all[place] for place in places)

    def tied(self, kind: Answers, tie: Concerns, trigger: Word) -> Iterable[int]:
        """The places of those that this kind names and that share with the trigger what it is tied by, in order."""
        of = _of(tie, trigger)
        named = ((name, tie, of) for name in (*kind.types, *kind.moves))
        found = [places for one in named if (places := self._tied.get(one))]
        return found[0] if len(found) == 1 else heapq.merge(*found)

    @cached_property
    def not_undone(self) -> "Words":
        """Without the closings of a case that was reopened since: whoever reopens it takes up again what was owed."""
        reopened = max((one.said.position for one in self.of(REOPENED)), default=0)
        if not any(one.said.position < reopened for one in self.of(CLOSED)):
            return self
        return Words(one for one in self.all if one.said.type != CLOSED or one.said.position > reopened)


def first(
    kinds: Sequence[Answers], rule: Rule, trigger: Word, words: Words, is_owners: Callable[[Word], bool]
) -> tuple[Word, datetime] | None:
    """The first word that answers the trigger in one of these ways, and when that was done."""

    def of(n: int) -> Iterator[tuple[int, int]]:
        return ((place, n) for place in words.tied(kinds[n], kinds[n].tie(rule.concerns), trigger))

    for place, n in heapq.merge(*map(of, range(len(kinds)))):
        word, kind = words.all[place], kinds[n]
        if _answers(kind, rule, word, trigger) and (not kind.by_owner or is_owners(word)):
            return word, done(kind, word)
    return None


def done(kind: Records, word: Word) -> datetime:
    """When it was done: as the rule says, else a move by the log's clock and everything else by its own."""
    if kind.at == LOGGED or (kind.moves and not kind.at):
        return word.at
    return word.moment(kind.at)


def _meant(records: Records, word: Word) -> bool:
    if word.said.type not in records.types and word.move not in records.moves:
        return False
    if records.by and word.by not in records.by:
        return False
    return all(word.value(path) in codes for path, codes in records.when.items())


def _answers(kind: Answers, rule: Rule, word: Word, trigger: Word) -> bool:
    """Does it, which is tied to this trigger, answer it and not another? Which acts count, `contracts.duties` says."""
    if not _meant(kind, word):
        return False
    if any(word.value(own) != _of_trigger(trigger, its) for own, its in kind.same.items()):
        return False
    tie = kind.tie(rule.concerns)
    after = word.said.position > trigger.said.position
    if tie is Concerns.CASE and not kind.same:
        return after
    since = done(kind, word) >= trigger.moment()  # what the trigger tells of
    return since or (after and rule.start is not Start.INCIDENT)


def _of(tie: Concerns, word: Word) -> object:
    """Whose it is: the child, the suspect, the handoff. What names none is of nobody's: None."""
    match tie:
        case Concerns.CHILD:
            return word.child
        case Concerns.SUSPECT:
            return word.suspect
        case Concerns.HANDOFF:
            return word.handoff
        case Concerns.CASE:
            return True


def _of_trigger(trigger: Word, field: str) -> object:
    return str(trigger.said.id) if field == "id" else trigger.value(field)
