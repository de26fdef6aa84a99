"""Cases as time limits read them: each word with the log's time and its clocks, and receipts where a test says so."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from contracts import documents
from contracts.agencies import Agency
from contracts.casefile import Said
from contracts.catalogue import CATALOGUE, COMMANDS
from contracts.dated import Dated, Received
from contracts.duties import fold
from contracts.duties.duty import Duty
from contracts.examples import parts
from contracts.protocol import Protocol, read
from contracts.shapes import Clocks
from contracts.tiers import LOGGED, cut

XK = read()
CHILD, SUSPECT = parts.CHILD, parts.SUSPECT
SCENARIOS = Path(__file__).parents[1] / "examples" / "scenarios"


@dataclass(slots=True)
class Case:
    """One case. What a test does not say of content stands as in the catalogue's example of the type."""

    said: list[Dated] = field(default_factory=list)

    def say(
        self,
        by: Agency,
        type_name: str,
        at: datetime,
        *,
        occurred: datetime | None = None,
        known: datetime | None = None,
        **data: Any,
    ) -> UUID:
        """Logged at `at`; its other clocks too, unless the test says when it occurred or was known.

        Whom it asks and whom it notifies get its letters.
        """
        entry = CATALOGUE[type_name]
        whole = documents.read(entry.content, dict(entry.example) | data)
        codes = cut(entry.content, whole.model_dump(mode="json"), LOGGED)
        happened = occurred or known or at
        to = (Agency(one) for one in (codes.get("to"), *codes.get("notified", ())) if one)
        return self.add(by, type_name, codes, at, Clocks(occurred=happened, known=known or happened, recorded=at), to)

    def add(
        self,
        by: Agency,
        type_name: str,
        codes: dict[str, Any],
        at: datetime,
        clocks: Clocks,
        to: Iterable[Agency] = (),
    ) -> UUID:
        position = len(self.said) + 1
        said = Said(uuid5(NAMESPACE_URL, f"word {position}"), by, type_name, codes, position)
        self.said.append(Dated(said, at, clocks, to=frozenset(to)))
        return said.id

    def concern(self, at: datetime, *, by: Agency = Agency.SOCIAL, to: Agency = Agency.POLICE, **more: Any) -> UUID:
        """Reported, and at once received by whoever is asked."""
        told = {Agency.POLICE, Agency.SOCIAL} - {by, to}
        found = self.say(by, "concern.reported", at, to=to, notified=sorted(told), **more)
        for agency in (to, *told):
            self.receives(agency, found, at)
        return found

    def bypass(self, by: Agency, around: Agency, alternate: Agency, at: datetime) -> UUID:
        """A way around a whole agency."""
        codes: dict[str, Any] = {
            "conflicted": around.value,
            "office": None,
            "alternate": alternate.value,
            "alternate_office": None,
        }
        return self.say(by, "route.bypass-invoked", at, **codes)

    def receives(self, agency: Agency, record: UUID, at: datetime, logged_at: datetime | None = None) -> None:
        place = next(n for n, one in enumerate(self.said) if one.said.id == record)
        receipt = Received(at, 1000 + place, logged_at or at)
        self.said[place] = replace(self.said[place], received={**self.said[place].received, agency: receipt})

    def corrected(self, first: UUID, at: datetime, *, clocks: Clocks | None = None, **codes: Any) -> UUID:
        one = next(one for one in self.said if one.said.id == first)
        return self.say(
            Agency(one.said.by),
            "record.corrected",
            at,
            of_id=str(first),
            of_type=one.said.type,
            concerns=None,
            clocks=json.loads(clocks.model_dump_json()) if clocks else None,
            codes=[{"field": name, "value": value} for name, value in codes.items()],
            safety=None,
            allegation=None,
            identity=None,
        )

    def duties(self, at: datetime, protocol: Protocol = XK) -> tuple[Duty, ...]:
        return fold(self.said, protocol, at)

    def duty(self, rule: str, at: datetime, protocol: Protocol = XK) -> Duty:
        """The one duty by this rule."""
        (found,) = self.all(rule, at, protocol)
        return found

    def all(self, rule: str, at: datetime, protocol: Protocol = XK) -> list[Duty]:
        return [one for one in self.duties(at, protocol) if one.rule.id == rule]


def scenario(name: str) -> Case:
    """What is sent in a scenario, logged as it is recorded and received a minute later."""
    case, ids = Case(), dict[str, str]()
    for step in json.loads((SCENARIOS / f"{name}.json").read_text())["steps"]:
        if not (sent := step.get("send")):
            continue
        command, by = sent["command"], Agency(sent["agency"])
        entry = COMMANDS[command["command"]]
        data = {k: ids.get(v, v) if isinstance(v, str) else v for k, v in command["data"].items()}
        whole = documents.read(entry.content, data).model_dump(mode="json")
        clocks = Clocks.model_validate(command["clocks"])
        made = case.add(by, entry.type, cut(entry.content, whole, LOGGED), clocks.recorded, clocks)
        ids[command["id"]] = str(made)
        for agency in set(Agency) - {by}:
            case.receives(agency, made, clocks.recorded + timedelta(minutes=1))
    return case
