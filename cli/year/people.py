"""Made-up people, whose names nobody can take for real ones."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from contracts.ids import person_ref_from
from contracts.vocabulary.limit_facts import AgeBand, SuspectAge

BANDS = ((6, AgeBand.UNDER_6), (12, AgeBand.FROM_6), (14, AgeBand.FROM_12), (16, AgeBand.FROM_14))


@dataclass(frozen=True, slots=True)
class Human:
    """Somebody, as one case knows them: another case has another `ref` for the same person."""

    ref: str
    role: str
    name: str
    born: date

    @property
    def person(self) -> dict[str, str]:
        return {"ref": self.ref, "role": self.role}

    @property
    def identity(self) -> dict[str, str]:
        return {"full_name": self.name, "date_of_birth": self.born.isoformat()}

    def age(self, moment: datetime) -> int:
        before = (moment.month, moment.day) < (self.born.month, self.born.day)
        return moment.year - self.born.year - before

    def band(self, moment: datetime) -> AgeBand:
        return next((band for until, band in BANDS if self.age(moment) < until), AgeBand.FROM_16)

    def suspect_age(self, moment: datetime) -> SuspectAge:
        age = self.age(moment)
        return SuspectAge.UNDER_CRIMINAL_AGE if age < 14 else SuspectAge.UNDER_18 if age < 18 else SuspectAge.ADULT

    def known_anew(self, rng: Random, role: str | None = None) -> "Human":
        """The same person in another case, or in another part."""
        return replace(self, ref=person_ref_from(rng.randbytes(16)), role=role or self.role)


def child(rng: Random, moment: datetime) -> Human:
    return _human(rng, "child", "Child", moment, rng.triangular(3, 17.5, 14))


def adult(rng: Random, moment: datetime, role: str = "suspect") -> Human:
    return _human(rng, role, role.title(), moment, rng.triangular(19, 70, 32))


def young(rng: Random, moment: datetime, from_age: float) -> Human:
    """A suspect who is a child; in years, from 14 on one who can be tried."""
    return _human(rng, "suspect", "Young Suspect", moment, rng.triangular(from_age, 17.5, 15.5))


def _human(rng: Random, role: str, kind: str, moment: datetime, years: float) -> Human:
    born = (moment - timedelta(days=365.25 * years)).date()
    return Human(person_ref_from(rng.randbytes(16)), role, f"Example {kind} {rng.randrange(10**6):06}", born)


def facts(child: Human, incident: str, moment: datetime, suspect: Human | None) -> Mapping[str, Any]:
    """What time limits need to know."""
    age = suspect.suspect_age(moment) if suspect else SuspectAge.UNKNOWN
    return {"incident": incident, "child_age": child.band(moment), "suspect_age": age}


def pointer(rng: Random, custodian: str) -> dict[str, str]:
    """Where something lies that never travels."""
    digest = rng.randbytes(32).hex()
    return {"custodian": custodian, "reference": f"MADE-UP/{digest[:8]}", "sha256": digest}
