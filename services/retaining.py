"""What an agency keeps no longer: cases that have ended here, and those of which nothing may be erased."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bus.store import Statement
from contracts.agencies import Agency
from contracts.casefile import CaseFile
from contracts.catalogue import entry_of
from contracts.catalogue.erasing import ERASED
from contracts.catalogue.reintegration import CLOSED
from contracts.retention import Ending, Periods
from contracts.tiers import LOGGED, tiers_of
from contracts.vocabulary.asking import Service
from services.alike import open_duties
from services.facts import Fact
from services.forgetting import Forgetting
from services.handoffs import Handoff


@dataclass(frozen=True, slots=True)
class Due:
    """Content of a case that may be kept no longer: its types, each with how many records, and since when."""

    case_ref: str
    since: datetime
    types: dict[str, int]


class Retaining(Forgetting):
    def ending(self, case_ref: str) -> Ending | None:
        """None while the case is open, or anything is owed or asked in it, as far as this agency knows."""
        file = self.file(case_ref)
        if not file.closed or any(one.open for one in file.asked) or open_duties(file):
            return None
        closed_at, last = self._closed_at(file), self._last_act_at(case_ref)
        return Ending(closed_at, max(last, closed_at))

    def due(self, periods: Periods, now: datetime) -> Iterator[Due]:
        """What may be kept no longer, case by case; nothing of a case under a hold."""
        for row in self.store.read("SELECT DISTINCT case_ref FROM case_parts ORDER BY case_ref"):
            case_ref = row["case_ref"]
            if self.held_since(case_ref) or (ending := self.ending(case_ref)) is None:
                continue
            types = [one.type for one in self.contents(case_ref) if _says_more_than_codes(one.type)]
            if over := periods.due(types, ending, now):
                yield Due(case_ref, min(over.values()), {name: types.count(name) for name in over})

    def _closed_at(self, file: CaseFile) -> datetime:
        closing = file.last(CLOSED)
        assert closing
        return self._said_at(closing.by, closing.id)

    def _said_at(self, by: str, record_id: UUID) -> datetime:
        heard = "SELECT logged_at AS at FROM inbox WHERE sender = ? AND record_id = ?"
        rows = self.store.read(heard, by, str(record_id))
        rows = rows or self.store.read("SELECT recorded_at AS at FROM commands WHERE id = ?", str(record_id))
        return datetime.fromisoformat(rows[0]["at"])

    def _last_act_at(self, case_ref: str) -> datetime:
        """Of what was said in the case by who works on it: neither erasing nor the keeper makes it last longer."""
        heard = self.store.read(
            "SELECT record_id AS id, logged_at AS at FROM inbox WHERE case_ref = ? AND sender != ?",
            case_ref,
            Agency.KEEPER,
        )
        said = self.store.read("SELECT id, recorded_at AS at FROM commands WHERE case_ref = ?", case_ref)
        erasing = {str(act) for part in self._parts(case_ref) for act in _of_erasing(part)}
        return max(datetime.fromisoformat(row["at"]) for row in (*heard, *said) if row["id"] not in erasing)

    # holds

    def held_since(self, case_ref: str) -> str | None:
        """Since when nothing of a case may be erased; None if it may."""
        rows = self.store.read("SELECT since FROM holds WHERE case_ref = ?", case_ref)
        return str(rows[0]["since"]) if rows else None

    def holds(self) -> list[tuple[str, str]]:
        return [(row["case_ref"], row["since"]) for row in self.store.read("SELECT * FROM holds ORDER BY case_ref")]

    def hold(self, case_ref: str, now: datetime) -> None:
        """From here on nothing of it is erased. Safe to repeat."""
        row = (case_ref, now.isoformat())
        insert = "INSERT INTO holds (case_ref, since) VALUES (?,?) ON CONFLICT (case_ref) DO NOTHING"
        self.store.write(Statement(insert, row))

    def lift(self, case_ref: str) -> None:
        self.store.write(Statement("DELETE FROM holds WHERE case_ref = ?", (case_ref,)))


def _of_erasing(part: Handoff | Fact) -> list[UUID]:
    """The acts that it holds, if erasing is what it is about."""
    if isinstance(part, Handoff):
        return [act.id for act in part.acts] if part.service is Service.ERASURE else []
    return [part.record_id] if part.record_id and part.type == ERASED else []


def _says_more_than_codes(type_name: str) -> bool:
    return bool(set(tiers_of(entry_of(type_name).content).values()) - LOGGED)
