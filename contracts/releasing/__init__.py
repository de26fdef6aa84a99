"""Releases of the contracts: what each holds, what differs, whom that hurts, and what a change must bring with it."""
