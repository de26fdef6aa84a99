"""What several examples have in common."""

HANDOFF = "6f0c6f0e-6a4e-4d0a-9a55-0f6a3b6d7c11"
ASKED = "0d9a5c1e-3b52-4a35-8f0e-52c3f2a7b9d4"
TABLE = "b1c8a6d2-5f0e-4b67-9c1d-7e2f3a4b5c6d"
CHILD = {"ref": "p-7k3q9m2xw4", "role": "child"}
SAFETY = {
    "immediate_danger": "yes",
    "suspect_has_access": "unknown",
    "whereabouts": "relatives",
    "dangers": ["suspect-at-large"],
    "guardian_may_be_told": "unknown",
}
ALLEGATION = {
    "kind": "sexual-abuse",
    "window": {"earliest": "2026-03-01T00:00:00+01:00", "latest": "2026-03-09T18:00:00+01:00"},
    "ongoing": "no",
}
IDENTITY = {"full_name": "Example Child", "date_of_birth": "2015-05-17"}
BYPASS = "3f9d2c1b-8a7e-4d56-b0c3-1e2f3a4b5c6d"
SUSPECT = {"ref": "p-2m8r4t6v0z", "role": "suspect"}
LIMITS = {"incident": "within-72-hours", "child_age": "6-to-11", "suspect_age": "adult"}
POINTER = {
    "custodian": "prishtina-forensic-institute",
    "reference": "IFM-2026/0114",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
UNKNOWN, MISSING, BAD, NEVER = "field.unknown", "field.missing", "field.invalid", "content.never-travels"
