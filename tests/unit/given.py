"""Given what was said in a case, when an agency's system asks for this, then it is recorded, or refused with a code.

Contracts, post rules and policies are the agency's real ones; only the case is written down here. What a test does not
say stands as in the catalogue's example of the type.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from cli.agencies import APPLICATIONS
from contracts import check, documents
from contracts.agencies import Agency
from contracts.casefile import Asked, CaseFile, Said
from contracts.catalogue import CATALOGUE
from contracts.errors import Refused
from contracts.examples import parts
from contracts.ids import person_ref_from
from contracts.standing import Stage, Standing
from contracts.tiers import LOGGED, cut
from contracts.vocabulary.asking import Service
from services import translate
from services.posts import any_post
from services.proposals import Case
from services.taking import OTHER_CASE
from tests.builders import HEALTH, PROSECUTION, command, encoded, new_case, now

CHILD, SUSPECT = parts.CHILD, parts.SUSPECT
"""Whom everything is about, unless a test says otherwise."""
SIBLING = CHILD | {"ref": person_ref_from(b"another child of the same case")}
ACCOMPLICE = SUSPECT | {"ref": person_ref_from(b"another suspect of the same case")}
HERE, ELSEWHERE = new_case(), new_case()


def said(by: Agency, type_name: str, **data: Any) -> Said:
    """One act or fact of the case."""
    entry = CATALOGUE[type_name]
    content = documents.read(entry.content, dict(entry.example) | data)
    return Said(uuid4(), by, type_name, cut(entry.content, content.model_dump(mode="json"), LOGGED))


def corrected(first: Said, **right: Any) -> Said:
    """What its sender put right in what it said first: codes, or whom it concerns."""
    whom = right.pop("concerns", None)
    codes = [{"field": name, "value": value} for name, value in right.items()]
    about = {"of_id": str(first.id), "of_type": first.type, "codes": codes, "concerns": whom}
    return said(Agency(first.by), "record.corrected", **about)


def asked(
    service: str,
    to: Agency = HEALTH,
    stage: str = "made",
    *,
    of: Mapping[str, Any] = CHILD,
    opener: Agency = PROSECUTION,
    closed: bool = False,
) -> Asked:
    """One handoff of the case."""
    standing = Standing(stage=Stage(stage), opener=opener, receiver=to, closed=closed)
    return Asked(uuid4(), Service(service), of["ref"], standing)


@dataclass(frozen=True, slots=True)
class Then:
    refusal: Refused | None

    def then_recorded(self) -> None:
        assert self.refusal is None, f"refused: {self.refusal}"

    def then_refused(self, code: str, at: str | None, *saying: str) -> None:
        """With the field, and a detail that says all of this."""
        assert self.refusal is not None, "it was recorded"
        assert (self.refusal.code, self.refusal.field) == (code, at)
        assert [words for words in saying if words not in (self.refusal.detail or "")] == []


@dataclass(frozen=True, slots=True)
class Given:
    """Cases by their reference, in the log's order."""

    cases: Mapping[str, tuple[Said | Asked, ...]] = field(default_factory=dict)

    def and_elsewhere(self, *things: Said | Asked) -> "Given":
        """What the agency knows of another case."""
        return Given({**self.cases, ELSEWHERE: things})

    def when(
        self,
        agency: Agency,
        type_name: str,
        *,
        on: Asked | None = None,
        post: Mapping[str, Any] | None = None,
        on_behalf_of: str | None = None,
        **data: Any,
    ) -> Then:
        """An agency's own system asks for this: a fact, or with `on` an act on a handoff."""
        entry = CATALOGUE[type_name]
        if "handoff_id" in entry.content.model_fields:
            data["handoff_id"] = str(on.id) if on else None
        content = dict(entry.example) | data
        if entry.told and "notified" in content:  # everybody who must hear it
            content["notified"] = sorted(entry.told - {agency, content["to"]})
        made = command(agency, str(entry.command), content, on_behalf_of=on_behalf_of)
        try:
            self._decide(agency, made | ({"post": dict(post)} if post else {}), on)
        except Refused as refused:
            return Then(refused)
        return Then(None)

    def _decide(self, agency: Agency, made: Mapping[str, Any], on: Asked | None) -> None:
        """What the adapter does before it records anything."""
        entry, sent, content = check.command(encoded(made), agency)
        act = translate.proposal(entry, sent, content, agency, HERE, now())
        standing = on.standing if on else Standing()
        application = APPLICATIONS[agency]
        rule = application.may_say.get(entry.type) or (application.rules[act.move] if act.move else any_post)
        rule(act, standing)
        if policy := application.policies.get(entry.type):
            other = self._file(act.codes.get(OTHER_CASE))
            on_handoff = (on.service, on.concerns) if on else (None, None)
            policy(act, Case(self._file(HERE), standing, *on_handoff, other))

    def _file(self, case_ref: str | None) -> CaseFile:
        things = self.cases.get(case_ref or "", ())
        told = [replace(one, position=place) for place, one in enumerate(things, 1) if isinstance(one, Said)]
        return CaseFile.of(told, [one for one in things if isinstance(one, Asked)])


def given(*things: Said | Asked) -> Given:
    """What the agency knows of the case."""
    return Given({HERE: things})


def nothing() -> Given:
    return Given()


def by(role: str, office: str | None = "an-office") -> dict[str, Any]:
    """A post of the agency that acts."""
    return {"role": role, "office": office}


def id_of(one: Said) -> str:
    return str(one.id)
