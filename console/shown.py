"""What stands on each page of operators and oversight, out of the read models: codes alone, and nothing by person."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Engine, select

from console import drawing, flow, municipality, paging
from console.asked import Asked
from console.kept import Kept, Shared
from console.owing import PRESSING, Reckoner
from console.pages import Page
from console.sources import Sources
from contracts.agencies import FIELD
from contracts.errors import BarnabusError
from contracts.vocabulary.asking import Service, Urgency
from projections import choosing, listing, municipal, owed
from projections.choice import Choice
from projections.lag import LogEnd
from projections.legs import LEGS
from projections.owed import STANDINGS
from projections.readmodel import PROGRESS

CHOICE = ("period", "service", "urgency")
WAYS = ("from", "to", "agency", "since", "until")
AT_HAND_S, PATIENCE_S = 0.2, 10.0
"""How long a page waits for what is owed: one that shows much else, and one that shows nothing else."""
FLOWS_KEPT = 32
"""Choices of what the flow shows, each as of one position: whoever asks for the same gets the same."""
T = TypeVar("T")


class Shown:
    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._reckoner = Reckoner(sources)
        self._examined: Kept[dict[str, Any]] = Kept(sources.examined, fresh_s=10, old_s=120)
        self._position: Kept[int] = Kept(lambda: self._read(_position), fresh_s=0.5, old_s=0)
        self._flows: Shared[tuple[Choice, int | None], dict[str, Any]] = Shared(FLOWS_KEPT)

    async def end(self) -> None:
        await self._reckoner.end()
        await self._examined.end()
        await self._position.end()
        await self._flows.end()

    async def mark(self) -> str:
        """Changes when the flow's page would."""
        position = await self._position.found(PATIENCE_S)
        owing = await self._reckoner.found(closed=False, wait_s=0)
        return f"{position} {owing.stand.at.isoformat() if owing else ''}"

    async def flow(self, asked: Asked) -> Page:
        said = asked.query(*CHOICE, municipal.MUNICIPALITY, "leg")
        if municipal.MUNICIPALITY in said:
            return await self._municipality(asked, said)
        choice = choosing.chosen(said)
        leg = choosing.one_of(list(LEGS), said.get("leg", flow.LEG), "leg")
        position = await self._position.found(PATIENCE_S)
        found, proof, known = await asyncio.gather(
            self._flows.found((choice, position), lambda: self._read(lambda view: flow.read(view, choice))),
            self._proof(),
            self._choices(asked),
        )
        owing = await self._reckoner.found(closed=False, wait_s=AT_HAND_S)
        duties = await asyncio.to_thread(owing.pressing) if owing else None  # None while it is being reckoned
        document = {**found, "leg": leg, "duties": duties, "projections": proof}
        more = {
            "said": said,
            "known": known,
            "choice": {name: said[name] for name in CHOICE if name in said},
            "leg": leg,
            "matrix": flow.matrix(found["groups"], leg),
            "weeks": drawing.weeks(found["weeks"]),
            "services": [*Service],
            "urgencies": [*Urgency],
            "periods": _periods(found["weeks"]),
            "holders_bar": drawing.shares({one["agency"]: one["waiting_s"] for one in found["holders"]}),
            "pressing": PRESSING,
            "field": [agency.value for agency in FIELD],
        }
        return Page("flow.html", document, more)

    async def _municipality(self, asked: Asked, said: Mapping[str, str]) -> Page:
        places = self._sources.places
        found, proof, known = await asyncio.gather(
            self._read(lambda view: municipality.read(view, said, places)), self._proof(), self._choices(asked)
        )
        return municipality.page(found | {"projections": proof}, known)

    async def _choices(self, asked: Asked) -> municipality.Choices:
        return await self._read(lambda view: municipality.choices(view, self._sources.places, asked.words))

    async def duties(self, asked: Asked) -> Page:
        said = asked.query("standing", "agency", "rule", "closed", "after", "limit")
        rules = self._sources.rules
        standing = choosing.one_of(list(STANDINGS), said["standing"], "standing") if "standing" in said else None
        holder = choosing.agency(said.get("agency"))
        rule = choosing.one_of(rules.rule_ids, said["rule"], "rule") if "rule" in said else None
        closed, limit = paging.yes(said, "closed"), paging.limit(said)
        owing = await self._reckoner.found(closed=closed, wait_s=PATIENCE_S)
        if owing is None:
            return Page("reckoning.html", {"reckoning": True}, status=503)
        choice = owed.Choice((standing,) if standing else (), next((a for a in FIELD if a.value == holder), None), rule)
        document = await asyncio.to_thread(owing.listed, choice, said.get("after", ""), limit)
        more = {
            "said": said,
            "kept": {name: said[name] for name in ("agency", "closed") if name in said},
            "standing": standing,
            "standings": list(STANDINGS),
            "field": [agency.value for agency in FIELD],
            "rules": {rule.id: rule for version in rules.versions for rule in version.rules},
            "next": paging.following(asked, said, document["duties"], limit, "id"),
        }
        return Page("duties.html", document, more)

    async def handoffs(self, asked: Asked) -> Page:
        said = asked.query(*CHOICE, *WAYS, "open", "oldest", "whose_move", "after", "limit")
        choice, limit = choosing.chosen(said), paging.limit(said)
        move = choosing.agency(said.get("whose_move"))
        page = listing.Page(said.get("after", ""), limit, paging.yes(said, "oldest"), paging.yes(said, "open"), move)
        found = await self._read(lambda view: listing.listed(view, choice, page))
        more = {
            "said": said,
            "services": [*Service],
            "urgencies": [*Urgency],
            "field": [agency.value for agency in FIELD],
            "next": paging.following(asked, said, found, limit, "id"),
        }
        return Page("handoffs.html", {"handoffs": found, "limit": limit}, more)

    async def handoff(self, asked: Asked) -> Page:
        """Raises `handoff.not-found`."""
        asked.query()
        named = asked.request.path_params["id"]
        found = await self._read(lambda view: listing.one(view, named))
        held = {agency: of["wall_s"] for agency, of in found["holders"].items()}
        return Page("handoff.html", found, {"bar": drawing.shares(held)})

    async def health(self, asked: Asked) -> Page:
        asked.query()
        proof, examined = await asyncio.gather(self._proof(), self._examined.found(PATIENCE_S))
        found = examined or {"ok": None, "findings": []}
        return Page("health.html", {"projections": proof, **found}, {"groups": _grouped(found["findings"])})

    async def _proof(self) -> dict[str, Any]:
        """With how far the log is, where it can be asked."""
        found = await self._read(flow.proof)
        try:
            end: LogEnd | None = await self._sources.log_end(found["position"])
        except BarnabusError:
            end = None
        lag_s = round(end.lag_s(self._sources.clock()), 3) if end else None
        current = end is not None and end.position == found["position"] and not found["parked"]
        position = end.position if end else None
        made_up = end.synthetic_now is not None if end else None
        return found | {"log_position": position, "lag_s": lag_s, "current": current, "made_up": made_up}

    async def _read(self, read: Callable[[Engine], T]) -> T:
        return await self._sources.read(read)


def _grouped(findings: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """What fails first, then what is to be looked at, and what ends soonest; within the groups as they come."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in sorted(findings, key=lambda one: (_WORST.index(one["state"]), one["until"] or _NEVER)):
        found.setdefault(one["group"], []).append(one)
    return {group: found[group] for group in dict.fromkeys(one["group"] for one in findings)}


_WORST = ("fail", "warn", "ok")
_NEVER = "9999"


def _position(view: Engine) -> int:
    with view.connect() as connection:
        return connection.execute(select(PROGRESS.c.position)).scalar() or 0


def _periods(weeks: list[dict[str, Any]]) -> list[str]:
    """What can be chosen: the years, quarters and months of these weeks."""
    months = sorted({week["week"][:7] for week in weeks}, reverse=True)
    quarters = sorted({f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}" for month in months}, reverse=True)
    return [*sorted({month[:4] for month in months}, reverse=True), *quarters, *months]
