"""Which handoffs somebody asks for, and by what a summary of them is divided."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, FromClause, or_


class By(StrEnum):
    """What each row of a summary is of."""

    WAY = "way"  # a service, from whom to whom
    SERVICE = "service"
    PAIR = "pair"
    URGENCY = "urgency"
    PERIOD = "period"


DIVIDED: Mapping[By, tuple[str, ...]] = {
    By.WAY: ("service", "opener", "receiver"),
    By.SERVICE: ("service",),
    By.PAIR: ("opener", "receiver"),
    By.URGENCY: ("urgency",),
    By.PERIOD: ("period",),
}
"""The columns by which a summary is divided."""


@dataclass(frozen=True, slots=True)
class Choice:
    """All that is said has to hold; `agency` is either party. Periods are months in Kosovo, such as 2021-03."""

    service: str | None = None
    urgency: str | None = None
    opener: str | None = None
    receiver: str | None = None
    agency: str | None = None
    since: str | None = None
    until: str | None = None

    @property
    def of_parties(self) -> bool:
        """Does it ask for more than periods?"""
        return any((self.service, self.urgency, self.opener, self.receiver, self.agency))

    @property
    def of_periods(self) -> bool:
        return bool(self.since or self.until)

    def among(
        self, table: FromClause, opener: str = "opener", receiver: str = "receiver"
    ) -> Iterator[ColumnElement[bool]]:
        """As conditions on a table that has these columns."""
        columns = table.c
        for name, wanted in (("service", self.service), ("urgency", self.urgency)):
            if wanted:
                yield columns[name] == wanted
        if self.opener:
            yield columns[opener] == self.opener
        if self.receiver:
            yield columns[receiver] == self.receiver
        if self.agency:
            yield or_(columns[opener] == self.agency, columns[receiver] == self.agency)
        if self.since:
            yield columns["period"] >= self.since
        if self.until:
            yield columns["period"] <= self.until
