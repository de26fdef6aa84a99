"""Another set of letters for an act that the gateway refuses for one: a bypass leads around somebody, or is lifted."""

from collections.abc import Callable, Collection

from contracts.agencies import Agency
from contracts.errors import BarnabusError

TOO_MANY = frozenset({"route.bypassed", "case.not-held"})
LEFT_OUT = frozenset({"receiver.left-out", "receiver.none", "receiver.not-allowed"})
WAYS_LIMIT = 20
"""So often at most is one act built anew for other letters; gateway and relay disagree if that is not enough."""
LETTER_AT = "data.letters."
"""Where a refusal names a letter by its receiver."""


def another_way(error: BarnabusError, without: set[Agency], left_out: Callable[[], Collection[Agency]]) -> bool:
    """Is there another set of letters to try? Adds to `without` whose letter was one too many.

    What was `left_out` for a bypass that is lifted since is put back, once.
    """
    one_too_many = _one_too_many(error)
    if one_too_many and one_too_many not in without:
        without.add(one_too_many)
        return True
    without.clear()
    return error.code in LEFT_OUT and bool(left_out())


def _one_too_many(error: BarnabusError) -> Agency | None:
    """Whose letter it was, if a submission was refused for one: a bypass leads around it, or it holds no such case."""
    place = error.field or ""
    to = place.removeprefix(LETTER_AT)
    return Agency(to) if error.code in TOO_MANY and place != to and to in set(Agency) else None
