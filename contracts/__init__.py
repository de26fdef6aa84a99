"""The contract between agencies: what may be said, by whom, to whom, and what it comes to.

Imports pydantic and the standard library, nothing of ours.
"""
