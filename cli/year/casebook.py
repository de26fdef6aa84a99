"""One case as it is written down: each command of the agencies' own systems with its moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from cli.year.distributions import recording
from cli.year.offices import Town
from contracts.agencies import Agency, Institution
from contracts.ids import case_ref_from
from contracts.vocabulary.people import LegalBasis, Role

ROLES: Mapping[Agency, Role] = {
    Agency.POLICE: Role.INVESTIGATOR,
    Agency.SOCIAL: Role.CASE_MANAGER,
    Agency.PROSECUTION: Role.PROSECUTOR,
    Agency.HEALTH: Role.CLINICIAN,
    Agency.OVERSIGHT: Role.INSPECTOR,
}
BASES: Mapping[Agency, LegalBasis] = {
    Agency.POLICE: LegalBasis.CRIMINAL_PROCEDURE,
    Agency.PROSECUTION: LegalBasis.CRIMINAL_PROCEDURE,
    Agency.SOCIAL: LegalBasis.PROTECTION_DUTY,
    Agency.HEALTH: LegalBasis.PROTECTION_DUTY,
    Agency.OVERSIGHT: LegalBasis.PROTECTION_DUTY,
}


@dataclass(frozen=True, slots=True)
class Planned:
    """One command: `at` its agency's system hands it in (UTC; it is `clocks.recorded`), as a whole document.

    Two that cross have the same `crosses`: each agency acts before it has heard of the other, and the log has the one
    that is planned first before the other.
    """

    at: datetime
    agency: Agency
    command: Mapping[str, Any]
    crosses: UUID | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A command that was planned: an act names it by its id."""

    id: UUID
    at: datetime
    agency: Agency
    verb: str

    def after(self, **span: float) -> datetime:
        return self.at + timedelta(**span)


@dataclass(frozen=True, slots=True)
class Asked(Said):
    """One that makes a handoff."""

    to: Agency


@dataclass(slots=True)
class Casebook:
    """`rng` is this case's own, so that what happens in one case never changes another."""

    rng: Random
    town: Town
    ref: str = ""
    planned: list[Planned] = field(default_factory=list)
    open: set[UUID] = field(default_factory=set)
    """Handoffs that have not ended."""
    latest: datetime | None = None
    """Of what was done on the bus; paper that is typed in later holds up nobody."""
    others: list["Casebook"] = field(default_factory=list)
    """Cases that this one gave rise to: of suspects who are children."""
    _moved: list[tuple[Agency, datetime, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ref = self.ref or case_ref_from(self.rng.randbytes(16))

    def says(
        self,
        agency: Agency,
        verb: str,
        at: datetime,
        data: Mapping[str, Any],
        *,
        happened: datetime | None = None,
        received: datetime | None = None,
        basis: LegalBasis | None = None,
        role: Role | None = None,
        behalf: Institution | None = None,
        crosses: UUID | None = None,
    ) -> Said:
        """`happened` is when it was done, if not just now; `received` when it reached the agency on paper."""
        at = at.replace(microsecond=0)
        occurred = min(at, happened or at)
        known = max(occurred, received or occurred)
        clocks = {"occurred": occurred, "known": known, "received": received, "recorded": at}
        command = {
            "command": verb,
            "id": str(self.new_id()),
            "case_ref": self.ref,
            "clocks": {name: moment.isoformat() for name, moment in clocks.items() if moment},
            "legal_basis": (basis or BASES[agency]).value,
            "post": {"role": (role or ROLES[agency]).value, "office": self.office(agency, at)},
            "on_behalf_of": behalf.value if behalf else None,
            "data": coded(data),
        }
        self.planned.append(Planned(at, agency, command, crosses))
        if received is None:
            self.latest = max(at, self.latest or at)
        return Said(UUID(command["id"]), at, agency, verb)

    def asks(self, agency: Agency, to: Agency, verb: str, at: datetime, data: Mapping[str, Any], **more: Any) -> Asked:
        """What makes a handoff."""
        said = self.says(agency, verb, at, {"to": to, **data}, **more)
        self.open.add(said.id)
        return Asked(said.id, said.at, agency, verb, to)

    def acts(self, agency: Agency, verb: str, on: Asked, at: datetime, **data: Any) -> Said:
        """An act on a handoff; anything of its envelope is in `more`."""
        more = data.pop("more", {})
        return self.says(agency, verb, at, {"handoff_id": on.id, **data}, **more)

    def ends(self, agency: Agency, verb: str, on: Asked, at: datetime, **data: Any) -> Said:
        """The act by which a handoff ends."""
        self.open.discard(on.id)
        return self.acts(agency, verb, on, at, **data)

    def types_in(
        self,
        agency: Agency,
        verb: str,
        happened: datetime,
        data: Mapping[str, Any],
        *,
        not_before: datetime,
        **more: Any,
    ) -> Said:
        """What was done away from the bus and is typed in from paper, often long after."""
        lag = recording(self.rng)
        at = max(not_before, happened + lag).replace(microsecond=0)
        return self.says(agency, verb, at, data, happened=happened, received=at - lag, **more)

    def office(self, agency: Agency, at: datetime) -> str:
        """On whose desk the case lies with an agency."""
        moved = [office for who, since, office in self._moved if who is agency and since <= at]
        return moved[-1] if moved else self.town.desks[agency]

    def moves(self, agency: Agency, since: datetime, office: str) -> None:
        """From now on it is another office's: before anything later of that agency is planned."""
        self._moved.append((agency, since, office))

    def beside(self) -> "Casebook":
        """A case of its own that this one gives rise to, in the same town."""
        other = Casebook(Random(self.rng.getrandbits(128)), self.town)
        self.others.append(other)
        return other

    def new_id(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)


def coded(value: Any) -> Any:
    """As JSON holds it."""
    if isinstance(value, Mapping):
        return {name: coded(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [coded(inner) for inner in value]
    if isinstance(value, datetime):
        return value.replace(microsecond=0).isoformat()
    return str(value) if isinstance(value, UUID | str) else value
