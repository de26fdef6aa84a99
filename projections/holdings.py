"""Who holds what of one case, from the log alone: each open handoff, whose move it is and since when, who answers.

What was declined or has expired stands beside the open ones until its file is closed: it was asked for, and nobody
has it. Times are the agencies' own word about when they acted; `known` of who reported a concern is where that begins.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from bus.log import Logged
from bus.mending import REFUSED
from contracts import bypass
from contracts.agencies import Agency, Institution
from contracts.casefile import Said
from contracts.catalogue import entry_of
from contracts.catalogue.post import SAID_AGAIN
from contracts.standing import ENDED, Course, Move, Stage, Standing
from projections.case_fold import case_file, folded
from projections.case_log import CaseLog, Step

OVER = ENDED - {Stage.DECLINED, Stage.EXPIRED} | {Stage.UNOPENED}
"""Nobody has it, and nobody need: all other stages are open, or were asked for and not taken on."""


@dataclass(frozen=True, slots=True)
class Spell:
    """From when to when one agency answered; `until` is None while it does."""

    agency: Agency
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """One handoff that is open, or was not taken on. `since` is when it came to whoever it waits for, or to nobody."""

    id: UUID
    service: str
    standing: Standing
    since: datetime
    answered: tuple[Spell, ...]
    kept_out: bool  # it waits for an agency that a bypass keeps from the case

    def document(self) -> dict[str, Any]:
        move, answers = self.standing.whose_move, self.standing.responsible
        return {
            "id": str(self.id),
            "service": self.service,
            "course": self.standing.course.value,
            "from": self.standing.opener,
            "to": self.standing.receiver,
            "stage": self.standing.stage.value,
            "whose_move": move.value if move else None,
            "kept_out": self.kept_out,
            "since": self.since.isoformat(),
            "responsible": answers.value if answers else None,
            "answered": [
                {
                    "agency": spell.agency.value,
                    "since": spell.since.isoformat(),
                    "until": spell.until.isoformat() if spell.until else None,
                }
                for spell in self.answered
            ],
        }


@dataclass(frozen=True, slots=True)
class KeptOut:
    """One bypass in force, and how many letters of the case the log has to whom it keeps out, before it and after."""

    conflicted: Agency | Institution
    office: str | None
    invoked_by: Agency
    alternate: Agency
    reason: str
    position: int
    letters_before: int
    letters_since: int
    acts_refused: int  # that would have reached it all the same

    def document(self) -> dict[str, Any]:
        return {
            "conflicted": self.conflicted.value,
            "office": self.office,
            "invoked_by": self.invoked_by.value,
            "alternate": self.alternate.value,
            "reason": self.reason,
            "position": self.position,
            "letters_before": self.letters_before,
            "letters_since": self.letters_since,
            "acts_refused": self.acts_refused,
        }


def holdings(case: CaseLog) -> list[Holding]:
    """What is open or was never taken on, in the order in which it was asked for."""
    out = {kept.conflicted for kept in kept_out(case) if kept.office is None}
    return [held for steps in case.histories() if (held := _held(steps, out))]


def _held(steps: list[Step], out: set[Agency | Institution]) -> Holding | None:
    standing = steps[-1].standing
    if standing.closed or standing.stage in OVER:
        return None
    steps = [step for step in steps if step.standing.parties]  # before it was made nobody had it
    first = steps[0].logged
    move = standing.whose_move
    service = entry_of(first.record.type).service_of(first.record.data.content)
    return Holding(first.record.id, str(service), standing, _since(steps), tuple(_spells(steps)), move in out)


def _since(steps: list[Step]) -> datetime:
    """When the handoff came to be with whom it waits for now, or with nobody."""
    begun = steps[-1]
    for step in reversed(steps):
        if step.standing.whose_move is not begun.standing.whose_move:
            break
        begun = step
    return acted(begun.logged)


def _spells(steps: list[Step]) -> Iterator[Spell]:
    """Who answered, one after the other. Who reports a concern answers from when it knew."""
    first = steps[0]
    begins = acted(first.logged)
    if first.standing.course is Course.CONCERN and (about := first.logged.record.data.about):
        begins = about.clocks.known
    who = first.standing.responsible
    for step in steps:
        now = step.standing.responsible
        if who and now is not who:
            yield Spell(who, begins, acted(step.logged))
            begins, who = acted(step.logged), now
    if who:
        yield Spell(who, begins)


def acted(logged: Logged) -> datetime:
    """When an agency acted, by its own word; by the log's where it gave none.

    `occurred` of an act that asks for something may be the incident: it is asked for when it is recorded.
    """
    about = logged.record.data.about
    if about is None:
        return logged.stamp.logged_at
    return about.clocks.recorded if entry_of(logged.record.type).move is Move.MAKE else about.clocks.occurred


def kept_out(case: CaseLog) -> list[KeptOut]:
    """The bypasses in force, in the log's order."""
    return [_kept_out(case, invoked) for invoked in case_file(folded(case.records)).bypasses]


def _kept_out(case: CaseLog, invoked: Said) -> KeptOut:
    codes, position = invoked.codes, invoked.position
    whom = codes["conflicted"]
    letters = [r.stamp.position for r in case.records for letter in r.record.data.letters if letter.to == whom]
    after = (r.record for r in case.records if r.record.type == REFUSED and r.stamp.position > position)
    refused = [record.data.content for record in after if record.data.content["refused_type"] != SAID_AGAIN]
    return KeptOut(
        conflicted=bypass.conflicted(whom),
        office=codes["office"],
        invoked_by=Agency(invoked.by),
        alternate=Agency(codes["alternate"]),
        reason=codes["reason"],
        position=position,
        letters_before=sum(at < position for at in letters),
        letters_since=sum(at > position for at in letters),
        acts_refused=sum(one["code"] == "route.bypassed" for one in refused),
    )


def last_word(case: CaseLog) -> datetime | None:
    """The latest moment that any agency speaks of having recorded; None for a case that nobody spoke of."""
    return max((r.record.data.about.clocks.recorded for r in case.records if r.record.data.about), default=None)


def document(case: CaseLog, case_ref: str) -> dict[str, Any]:
    """Who holds what, with stable keys. `as_of` is the agencies' last word: how long something waits counts to it."""
    as_of, letters = last_word(case), case.deliveries.values()
    return {
        "case_ref": case_ref,
        "as_of": as_of.isoformat() if as_of else None,
        "letters": {"sent": len(letters), "received": sum(letter.received_at is not None for letter in letters)},
        "holdings": [held.document() for held in holdings(case)],
        "kept_out": [kept.document() for kept in kept_out(case)],
    }
