"""The events of one case as cause and effect: what each answered, what is void, and what was put right since."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from bus.log import Logged
from contracts.agencies import Agency
from contracts.catalogue import entry_of
from contracts.catalogue.accounting import OF_A_RECORD
from projections.case_log import CaseLog


@dataclass(slots=True)
class Node:
    """One event, what it led to, and what was put right of it since. `depth` counts the causes above it."""

    logged: Logged
    void: str | None = None
    cause: "Node | None" = None
    depth: int = 0
    put_right: list[Logged] = field(default_factory=list)
    led_to: "list[Node]" = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        record = self.logged.record
        return {
            "position": self.logged.stamp.position,
            "logged_at": self.logged.stamp.logged_at.isoformat(),
            "sender": record.sender,
            "type": record.type,
            "id": str(record.id),
            "codes": record.data.content,
            "void": self.void,
            "put_right": [one.stamp.position for one in self.put_right],
            "cause": self.cause.logged.stamp.position if self.cause else None,
            "depth": self.depth,
        }


def tree(case: CaseLog) -> list[Node]:
    """The events that nothing in the case caused, in the log's order, each with what followed from it.

    An act names as its cause the last act that counted on its handoff, as its sender knew it; a fact names none. What
    speaks of an earlier record stands at that record.
    """
    nodes: dict[tuple[str, UUID], Node] = {}
    roots, voids = list[Node](), case.voids()
    for logged in case.records:
        record = logged.record
        if not entry_of(record.type).word:
            continue
        cause = _cause(nodes, record.causationid)
        node = Node(logged, voids.get((record.sender, record.id)), cause, cause.depth + 1 if cause else 0)
        nodes[record.sender, record.id] = node
        if record.type in OF_A_RECORD and (of := nodes.get((record.sender, UUID(record.data.content["of_id"])))):
            of.put_right.append(logged)
        else:
            (cause.led_to if cause else roots).append(node)
    return roots


def downwards(roots: list[Node]) -> Iterator[Node]:
    """Each event right below what it answered; a chain of causes is as long as its agencies made it."""
    waiting = roots[::-1]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.led_to[::-1]


def _cause(nodes: dict[tuple[str, UUID], Node], record_id: UUID | None) -> Node | None:
    """Whoever has said it: an id is its sender's own choice."""
    if record_id is None:
        return None
    return next((node for agency in Agency if (node := nodes.get((agency.value, record_id)))), None)
