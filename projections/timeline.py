"""The events of one case as cause and effect: what each answered, and how long handoffs lasted."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from bus.log import Logged
from contracts.agencies import Agency
from contracts.catalogue import entry_of
from contracts.catalogue.accounting import OF_A_RECORD
from contracts.standing import ENDED
from projections.case_log import CaseLog


@dataclass(slots=True)
class Node:
    """One event, what it led to, and what was put right of it since."""

    logged: Logged
    void: str | None = None
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
            "led_to": [node.document() for node in self.led_to],
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
        node = Node(logged, voids.get((record.sender, record.id)))
        nodes[record.sender, record.id] = node
        if record.type in OF_A_RECORD and (of := nodes.get((record.sender, UUID(record.data.content["of_id"])))):
            of.put_right.append(logged)
            continue
        cause = _cause(nodes, record.causationid)
        (cause.led_to if cause else roots).append(node)
    return roots


def _cause(nodes: dict[tuple[str, UUID], Node], record_id: UUID | None) -> Node | None:
    """Whoever has said it: an id is its sender's own choice."""
    if record_id is None:
        return None
    return next((node for agency in Agency if (node := nodes.get((agency.value, record_id)))), None)


def spans(case: CaseLog) -> list[dict[str, Any]]:
    """Each handoff from its making to its end, or open; by the log's clock."""
    found = []
    for steps in case.histories():
        made = next((step for step in steps if step.standing.parties), None)
        if made is None:
            continue
        ended = next((step for step in steps if step.standing.stage in ENDED), None)
        last = steps[-1].standing
        found.append(
            {
                "id": str(made.logged.record.id),
                "service": _service(made.logged),
                "from": last.opener.value if last.opener else None,
                "to": last.receiver.value if last.receiver else None,
                "made_at": made.logged.stamp.logged_at.isoformat(),
                "ended_at": ended.logged.stamp.logged_at.isoformat() if ended else None,
                "stage": last.stage.value,
            }
        )
    return found


def _service(logged: Logged) -> str | None:
    service = entry_of(logged.record.type).service_of(logged.record.data.content)
    return service.value if service else None
