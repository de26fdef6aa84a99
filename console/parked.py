"""What could not be taken in, with its reason and the next step: by the adapters here, and by the read models."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, select

from console.asked import Asked
from console.kept import Kept
from console.pages import Page
from console.shown import PATIENCE_S
from console.sources import Sources
from contracts.errors import CODES
from projections import choosing
from projections.readmodel import PARKED
from projections.snapshot import snapshot

KINDS = ("letters", "own", "entries")
"""Letters that an adapter holds back, its own acts that wait for a gateway, entries of the log that no model knows."""
MOST = 500
"""Rows of each kind that a page shows; all of them are counted."""
Rows = Sequence[Mapping[str, Any]]


class Parked:
    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._kept: Kept[dict[str, Any]] = Kept(sources.parked, fresh_s=2, old_s=60)

    async def end(self) -> None:
        await self._kept.end()

    async def page(self, asked: Asked) -> Page:
        said = asked.query("agency", "code")
        agency = choosing.agency(said["agency"]) if "agency" in said else None
        found, entries = await asyncio.gather(self._kept.found(PATIENCE_S), self._sources.read(_entries))
        if found is None:
            return Page("reckoning.html", {"reckoning": True}, status=503)
        every: dict[str, Rows] = {"letters": found["parked"], "own": found["own"], "entries": entries}
        codes = Counter(row["code"] for rows in every.values() for row in rows)
        code = choosing.one_of(sorted(codes), said["code"], "code") if "code" in said else None
        chosen = {kind: _chosen(rows, agency, code) for kind, rows in every.items()}
        document = {
            "agencies": found["agencies"],
            "codes": dict(codes.most_common()),
            "counts": {kind: len(rows) for kind, rows in chosen.items()},
            "parked": chosen["letters"][:MOST],
            "own": chosen["own"][:MOST],
            "entries": chosen["entries"][:MOST],
        }
        here = [one["agency"] for one in found["agencies"] if one["here"]]
        return Page("parked.html", document, {"said": said, "here": here, "most": MOST})


def _chosen(rows: Rows, agency: str | None, code: str | None) -> Rows:
    """Of one agency; an entry of the log that read models do not know is of none."""
    return [row for row in rows if agency in (None, row.get("agency")) and code in (None, row["code"])]


def _entries(view: Engine) -> Rows:
    with snapshot(view) as connection:
        rows = connection.execute(select(PARKED).order_by(PARKED.c.position)).mappings()
        return [
            {
                "position": row["position"],
                "case_ref": row["case_ref"],
                "type": row["type"],
                "code": row["reason"],
                "message": CODES[row["reason"]].message,
                "next": CODES[row["reason"]].hint,
            }
            for row in rows
        ]
