"""Credentials as oversight gives them out, for tests that look into cases."""

from datetime import datetime, timedelta
from pathlib import Path

from bus.settings import Settings
from cli import granting
from contracts.agencies import Agency
from contracts.vocabulary.people import Role
from tests.builders import SOCIAL, now


def given(
    settings: Settings,
    *cases: str,
    person: str = "inspector-17",
    agency: Agency = SOCIAL,
    at: datetime | None = None,
    lasting: timedelta = timedelta(days=30),
    folder: Path | None = None,
) -> Path:
    """The file of a credential for these cases, its person's keys beside it."""
    where = folder or settings.home / "investigators" / person
    _, path = granting.give(settings, where, person, agency, Role.INSPECTOR, cases, at or now(), lasting)
    return path
