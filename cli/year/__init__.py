"""A synthetic year: made-up cases whose delays, absences and endings follow the published figures (docs/field.md 7)."""
