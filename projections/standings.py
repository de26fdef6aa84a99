"""A handoff's standing as JSON values, as far as its law reads it, and back.

By hand, for it happens at every act: a library that checks what we ourselves have written takes five times as long.
Voids and what is provisional are no part of it, nor is the last act's id; what is as it was at first is left out.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.agencies import Agency
from contracts.standing import Course, Stage, Standing

_STAGES = {stage.value: stage for stage in Stage}
_COURSES = {course.value: course for course in Course}
_AGENCIES = {agency.value: agency for agency in Agency}


def dump(standing: Standing) -> dict[str, Any]:
    found: dict[str, Any] = {"stage": standing.stage.value}
    if standing.opener and standing.receiver:
        found |= {"opener": standing.opener.value, "receiver": standing.receiver.value}
    if standing.course is not Course.SERVICE:
        found["course"] = standing.course.value
    if standing.notified:
        found["notified"] = [agency.value for agency in standing.notified]
    if standing.offices:
        found["offices"] = {party.value: office for party, office in standing.offices}
    if standing.expires_at:
        found["expires_at"] = standing.expires_at.isoformat()
    if standing.questions:
        found["questions"] = [[str(question), asked.value] for question, asked in standing.questions]
    for name in ("moved", "withdrawal_asked", "closed"):
        if getattr(standing, name):
            found[name] = True
    return found


def load(said: Mapping[str, Any]) -> Standing:
    get = said.get
    opener, receiver, expires_at = get("opener"), get("receiver"), get("expires_at")
    notified, offices, questions = get("notified"), get("offices"), get("questions")
    return Standing(
        stage=_STAGES[said["stage"]],
        course=_COURSES[said["course"]] if "course" in said else Course.SERVICE,
        opener=_AGENCIES[opener] if opener else None,
        receiver=_AGENCIES[receiver] if receiver else None,
        notified=tuple([_AGENCIES[name] for name in notified]) if notified else (),
        offices=tuple([(_AGENCIES[name], office) for name, office in offices.items()]) if offices else (),
        expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
        moved="moved" in said,
        withdrawal_asked="withdrawal_asked" in said,
        closed="closed" in said,
        questions=tuple([(UUID(question), _AGENCIES[asked]) for question, asked in questions]) if questions else (),
    )
