"""A made-up year of cases, as a plan: which agency's own system would hand in which command, and when.

It is shaped after what is published about real delays (docs/field.md 7), and pure: the same seed gives the same plan.
All people and offices are made up. `plan.year` is all that others need; `cli/simulate.py` plays it.
"""
