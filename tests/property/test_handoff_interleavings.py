"""The law of a handoff, visited exhaustively: every interleaving of both parties' acts to the stated depth."""

import pytest

from tests.property.interleavings import FIGURES, dump, figures


@pytest.mark.timeout(300)
def test_every_interleaving_leads_both_parties_to_one_standing_with_no_dead_end() -> None:
    """Duplicates, late letters, provisional and refused acts included; what is checked stands in `check`.

    The published figures are those of this very run: a change of the law that visits other states shows here.
    """
    assert dump(figures()) == FIGURES.read_text(), "run: python -m tests.property.interleavings --write"
