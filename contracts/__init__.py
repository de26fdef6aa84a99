"""The contract between agencies: what may be said, by whom, to whom, and what it comes to.

Imports pydantic and the standard library, nothing of ours.
"""

VERSION = "1.0.0"
"""Of the contracts as a whole, by SemVer: the last release, or the next one once anything has changed since."""
