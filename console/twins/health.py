"""What `/health.json` shows."""

from typing import Literal

from pydantic import AwareDatetime

from console.roles import Part
from console.twins.flow import Proof
from console.twins.twin import Shape, Twin


class Finding(Shape):
    """`until` is when by itself something ends that has to be renewed before."""

    check: str
    state: Literal["ok", "warn", "fail"]
    said: str
    next: str
    group: Literal["home", "processes", "log", "clocks", "keys", "stores"]
    until: AwareDatetime | None


class Health(Shape):
    """As `barnabus doctor --json` has it, and the read models. `ok` is null until it was looked at once."""

    projections: Proof
    ok: bool | None
    findings: list[Finding]


TWIN = Twin("/health", Part.HEALTH, "How far the read models are, and what `barnabus doctor` finds.", Health)
