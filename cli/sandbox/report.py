"""What became of one agency's own words, and what it was told: each on a line with stable keys, and counted.

A line repeats nothing of a document but codes and references: what was wrong is said by code and place.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from bus import connection
from bus.clock import Clock
from cli.sandbox.expecting import expected
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE, COMMANDS
from contracts.duties.duty import Duty, State
from contracts.entry import Entry
from contracts.standing import Standing
from contracts.vocabulary.asking import Service

UNKNOWN = "a command that no type has"
Line = dict[str, Any]


@dataclass(slots=True)
class Report:
    """`say` is given each line as it comes; `standing` asks the agency's own adapter what a handoff has come to."""

    me: Agency
    clock: Clock
    say: Callable[[Line], None]
    standing: Callable[[UUID], Standing | None]
    sent_types: Counter[str] = field(default_factory=Counter)
    heard_types: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    voids: Counter[str] = field(default_factory=Counter)
    handoffs: dict[UUID, tuple[str, Service]] = field(default_factory=dict)
    """By its id, the case and the service of each handoff that the agency has to do with."""
    duties: dict[UUID, State] = field(default_factory=dict)
    """As they were last seen."""
    missed: dict[UUID, str] = field(default_factory=dict)
    """By the duty's id, the rule of each that was not met in time."""
    _heard: set[tuple[str, int]] = field(default_factory=set)

    def line(self, what: str, **said: Any) -> None:
        self.say({"at": self.clock().isoformat(), "what": what, **said})

    def sent(self, body: bytes, answer: Mapping[str, Any]) -> None:
        """A command of the agency's own system, and what its adapter answered."""
        named, data = read_command(body)
        known = COMMANDS.get(named)
        if problem := answer.get("error"):
            self.refusals[problem["code"]] += 1
            self.line("refused", command=known.command if known else UNKNOWN, **problem, see=see(known))
            return
        assert known, "an adapter takes no other"
        self.sent_types[known.type] += not answer["repeated"]
        handoff_id = self._learned(known, answer["id"], answer["case_ref"], data)
        stamp = answer["stamp"]
        about = {"id": answer["id"], "case_ref": answer["case_ref"], "handoff_id": handoff_id}
        became = {name: answer[name] for name in ("status", "repeated", "void", "left_out")}
        became |= self.came_to(UUID(handoff_id)) if handoff_id else {}
        position = stamp["position"] if stamp else None
        self.line("sent", command=known.command, type=known.type, position=position, **became, **about)

    def asked(self, reply: str) -> None:
        """Where a command's answer is to go. The server brings it to its own system's inbox, and to no other."""
        if not reply.startswith(f"{connection.inbox_prefix('system')}."):
            self.line("unanswerable", asked=bool(reply))

    def heard(self, letter: Mapping[str, Any]) -> None:
        """A letter as the agency's own system is told it; one that is told again is no news."""
        place = (letter["id"], letter["position"])
        if place in self._heard:
            return
        self._heard.add(place)
        self.heard_types[letter["type"]] += 1
        about = {"type": letter["type"], "from": letter["sender"], "position": letter["position"]}
        about |= {"id": letter["id"], "case_ref": letter["case_ref"], "withheld": letter["withheld"]}
        if letter["standing"] is None:
            self.line("heard", **about, handoff_id=None, of_a_duty=letter["content"].get("rule"), expected=[])
            return
        known, content = CATALOGUE[letter["type"]], letter["content"]
        handoff_id = self._learned(known, letter["id"], letter["case_ref"], content)
        came_to = self.came_to(UUID(handoff_id)) if handoff_id else {}
        self.line("heard", **about, handoff_id=handoff_id, of_a_duty=None, **came_to)

    def voided(self, void: Mapping[str, Any]) -> None:
        self.voids[void["reason"]] += 1
        self.line("void", **{name: void[name] for name in ("id", "case_ref", "handoff_id", "move", "reason")})

    def failed(self, who: Agency, command: str, code: str) -> None:
        """A counterpart's command was refused: it does no more on that handoff."""
        self.line("counterpart-refused", who=who.value, command=command, code=code)

    def duty(self, duty: Duty, case_ref: str) -> None:
        """How a duty of the agency's own stands; said where that has changed."""
        if duty.owed and not duty.expected_by:
            return  # its clock has not begun
        before = self.duties.get(duty.id)
        self.duties[duty.id] = duty.state
        about = {
            "rule": duty.rule.id,
            "says": duty.rule.says,
            "due_at": duty.due_at.isoformat() if duty.due_at else None,
            "expected_by": duty.expected_by.isoformat() if duty.expected_by else None,
            "tag": duty.rule.tag.value,
            "case_ref": case_ref,
            "id": str(duty.id),
        }
        if duty.owed and before is None:
            self.line("owed", **about)
        if duty.state is State.DUE_SOON and before is State.OPEN and not duty.absent:
            self.line("due-soon", **about)
        if (duty.missed or (duty.owed and duty.absent)) and duty.id not in self.missed:
            self.missed[duty.id] = duty.rule.id
            self.line("missed", **about)
        if not duty.owed and before in (State.OPEN, State.DUE_SOON, State.BREACHED):
            self.line("done", state=duty.state.value, on_time=duty.on_time, **about)

    def came_to(self, handoff_id: UUID) -> Line:
        """What a handoff has come to, and what of it is the agency's to do."""
        standing, (_, service) = self.standing(handoff_id), self.handoffs[handoff_id]
        if standing is None:
            return {}
        move = standing.whose_move
        return {
            "service": service.value,
            "stage": standing.stage.value,
            "whose_move": move.value if move else None,
            "withdrawal_asked": standing.withdrawal_asked,
            "expected": list(expected(self.me, standing, service)),
        }

    def open(self) -> list[Line]:
        """The handoffs that have not ended, in the order in which they came up."""
        found = []
        for handoff_id, (case_ref, _) in self.handoffs.items():
            standing = self.standing(handoff_id)
            if standing and standing.open:
                parties = {"from": standing.opener, "to": standing.receiver}
                place = {"handoff_id": str(handoff_id), "case_ref": case_ref}
                found.append(place | parties | self.came_to(handoff_id))
        return found

    def counts(self) -> Line:
        return {
            "sent": dict(self.sent_types),
            "heard": dict(self.heard_types),
            "refused": dict(self.refusals),
            "void": dict(self.voids),
            "missed": dict(Counter(self.missed.values())),
        }

    def _learned(self, entry: Entry, said_id: str, case_ref: str, data: Mapping[str, Any]) -> str | None:
        """The handoff that an act makes, or acts on; what is asked for is said once, by the act that makes it."""
        if service := entry.service_of(data):
            self.handoffs[UUID(said_id)] = (case_ref, service)
            return said_id
        named = data.get("handoff_id")
        return str(UUID(named)) if entry.move and named and UUID(named) in self.handoffs else None


def see(entry: Entry | None) -> str:
    """Where it is written how it is said."""
    return f"docs/catalogue.md#{entry.type.replace('.', '')}" if entry else "docs/catalogue.md"


def read_command(body: bytes) -> tuple[str, Mapping[str, Any]]:
    """Which command somebody's document says it is, with its content; nothing of one that cannot be read."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return "", {}
    if not isinstance(found, dict):
        return "", {}
    data = found.get("data")
    return str(found.get("command")), data if isinstance(data, dict) else {}
