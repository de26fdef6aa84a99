"""How one case unfolds, from the first report to what is left of it."""

from cli.year.casebook import Casebook
from cli.year.intervention import Opening, accepted, made_safe, report, screened


def unfolds(book: Casebook, opening: Opening) -> None:
    told = report(book, opening)
    taken = accepted(book, told.concern)
    screened(book, told.concern, taken, "criminal-investigation")
    made_safe(book, told, taken)
