from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.agencies import Agency


@dataclass(frozen=True, slots=True)
class Planned:
    at: datetime
    agency: Agency
    command: Mapping[str, Any]
    crosses: UUID | None = None


def year(*, cases: int, year: int, seed: int) -> Iterator[Planned]:
    raise NotImplementedError
