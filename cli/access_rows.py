"""Looks as tables: those into one case, and those into all."""

from collections.abc import Mapping, Sequence
from typing import Any

from cli import show


def print_list(rows: Sequence[Mapping[str, Any]]) -> None:
    """Into one case."""
    show.table(
        ("position", "logged (UTC)", "agency", "person", "what for", "shown", "credential"),
        (
            (
                row["position"],
                show.minute(row["logged_at"]),
                row["agency"],
                _who(row),
                _what_for(row),
                _shown(row),
                row["credential"],
            )
            for row in rows
        ),
        empty="Nobody has looked.",
    )


def print_log(rows: Sequence[Mapping[str, Any]]) -> None:
    """Over all cases."""
    show.table(
        ("position", "logged (UTC)", "agency", "person", "what for", "shown", "case"),
        (
            (
                row["position"],
                show.minute(row["logged_at"]),
                row["agency"],
                _who(row),
                _what_for(row),
                _shown(row),
                row["case_ref"],
            )
            for row in rows
        ),
        empty="",
    )


def _who(row: Mapping[str, Any]) -> str:
    return row["person"] or f"{row['role']}, by its own system"


def _what_for(row: Mapping[str, Any]) -> str:
    if row["ground"]:
        vouched = f", {row['vouched_by']} vouches" if row["vouched_by"] else ""
        return f"EMERGENCY: {row['ground']}{vouched}"
    return f"{row['purpose']}, by emergency" if row["emergency"] else str(row["purpose"])


def _shown(row: Mapping[str, Any]) -> str:
    replayed = row["replayed"]
    if replayed is None:
        return f"content of {len(row['opened'])}" if row["opened"] else ""
    known = f", as {replayed['as_known_to']} knew it" if replayed["as_known_to"] else ""
    at = f", as of {show.minute(replayed['as_of'])}" if replayed["as_of"] else ""
    return f"{replayed['what']}{known}{at}" + (f", at {replayed['position']}" if replayed["position"] else "")
