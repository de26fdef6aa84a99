"""What institutions answer for: why duties were not met, failures alleged, accesses, and what is put right."""

from datetime import datetime, timedelta
from typing import Any

from cli.year.casebook import Casebook, Said
from cli.year.intervention import Report
from cli.year.turns import Lot, Turn
from contracts.agencies import Agency
from contracts.catalogue.parties import OVERSIGHT, POLICE, SOCIAL


def answered_for(book: Casebook, rule: str, trigger: Said, owner: Agency, due: datetime, met: Said | None) -> None:
    """Why a duty was not met in time, its owner says; or nobody does."""
    if (met is None or met.at > due) and book.rng.random() < 0.7:
        why = book.rng.choice(("no-capacity", "waiting-for-another", "child-not-found"))
        duty = {"rule": rule, "trigger_id": trigger.id, "trigger_by": trigger.agency, "owner": owner, "reason": why}
        book.says(owner, "duty.excuse", due + timedelta(hours=1 + book.rng.uniform(2, 90)), duty)


def looked_into(book: Casebook, told: Report, lot: Lot) -> None:
    rng, concern = book.rng, told.concern
    by = rng.choice((POLICE, SOCIAL))
    if Turn.LOOKED_INTO in lot.turns:
        why = rng.choice(("case-work", "supervision", "inspection", "complaint"))
        data = {"purpose": why, "opened": [concern.id]}
        book.says(by, "access.record", concern.after(days=rng.uniform(1, 200)), data)
    if Turn.EMERGENCY in lot.turns:
        why = rng.choice(("danger-to-life", "child-missing", "suspect-at-large"))
        at = concern.after(hours=rng.uniform(1, 60))
        vouches = {"role": "supervisor", "office": book.office(by, at)}
        book.says(by, "access.state-emergency", at, {"ground": why, "vouched_by": vouches, "opened": [concern.id]})
        # what was a way in for an hour is none after it
        book.says(OVERSIGHT, "credential.withdraw", at + timedelta(days=1), {"credential": book.new_id()})
    if Turn.ALLEGED in lot.turns:
        why = rng.choice(("not-taken-on", "not-protected", "not-examined", "not-told", "too-late"))
        alleged: dict[str, Any] = {
            "against": POLICE if by is SOCIAL else SOCIAL,
            "failure": why,
            "about_id": concern.id,
        }
        book.says(by, "duty-failure.allege", concern.after(days=rng.uniform(2, 120)), alleged)


def put_right(book: Casebook, told: Report, lot: Lot) -> None:
    """The concern was typed wrong, or rests on another basis than was said."""
    concern = told.concern
    of: dict[str, Any] = {"of_id": concern.id, "of_type": "concern.reported"}
    if Turn.CORRECTED in lot.turns:
        limits = {"incident": "unknown", "child_age": told.child.band(concern.at), "suspect_age": "unknown"}
        data = of | {"reason": book.rng.choice(("typed-wrong", "learned-since"))}
        data |= {"concerns": told.child.person, "codes": [{"field": "limits", "value": limits}]}
        data |= {"clocks": None, "safety": None, "allegation": None, "identity": told.child.identity}
        book.says(concern.agency, "record.correct", concern.after(days=book.rng.uniform(1, 30)), data)
    if Turn.BASIS in lot.turns:
        at = concern.after(days=book.rng.uniform(1, 60))
        book.says(concern.agency, "basis.record", at, of | {"basis": "protection-duty"})
