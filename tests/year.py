"""How tests read a made-up year: by case, by type, and by the law of a handoff."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cli.year.plan import Planned
from contracts import check
from contracts.catalogue import COMMANDS
from contracts.catalogue.erasing import OF_ERASING
from contracts.handoff import fold
from contracts.standing import Act, Standing, course_of
from contracts.tiers import LOGGED, cut

DAY = timedelta(days=1)


def moment(planned: Planned, clock: str) -> datetime:
    return datetime.fromisoformat(planned.command["clocks"][clock])


def checked(plan: Iterable[Planned]) -> None:
    """Each is a command that its agency may say, as far as contracts go. Raises Refused."""
    for planned in plan:
        check.command(json.dumps(planned.command).encode(), planned.agency)


def by_case(plan: Iterable[Planned]) -> Mapping[str, Mapping[str, list[Planned]]]:
    """Of each case its commands, by their verbs."""
    found: dict[str, dict[str, list[Planned]]] = defaultdict(lambda: defaultdict(list))
    for planned in plan:
        found[planned.command["case_ref"]][planned.command["command"]].append(planned)
    return found


def standings(plan: Iterable[Planned]) -> Mapping[UUID, Standing]:
    """What each handoff of a plan comes to, by the one law, if the log has the plan's order."""
    acts: dict[UUID, list[Act]] = defaultdict(list)
    for position, planned in enumerate(plan, start=1):
        entry, command, content = check.command(json.dumps(planned.command).encode(), planned.agency)
        codes = cut(entry.content, content.model_dump(mode="json"), LOGGED)
        if entry.move and entry.acts(codes):
            service = entry.service_of(codes)
            where: dict[str, Any] = {"course": course_of(service)} if service else {}
            act = Act.of(command.id, entry.move, planned.agency, codes, position=position, at=planned.at, **where)
            acts[UUID(codes["handoff_id"]) if "handoff_id" in codes else command.id].append(act)
    return {handoff: fold(found) for handoff, found in acts.items()}


def verbs(plan: Iterable[Planned]) -> set[str]:
    return {planned.command["command"] for planned in plan}


BY_CREDENTIAL = frozenset({"content.ask", "content.open", "content.refuse"})
"""What rests on oversight's signature is in no plan: a made-up year has no investigators."""
TO_ERASE = frozenset(verb for verb, entry in COMMANDS.items() if entry.type in OF_ERASING)
"""In a year nothing is erased: every period is longer."""
ALL_VERBS = frozenset(COMMANDS) - BY_CREDENTIAL - TO_ERASE
