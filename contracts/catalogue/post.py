"""The bus's own types."""

from contracts.agencies import EVERYBODY, SPONSORS, Agency
from contracts.entry import Audience, letters, of_the_bus
from contracts.events import post
from contracts.tiers import Tier

SAID_AGAIN = "letter.said-again"
"""Its letter is an earlier one's, and so are who may receive it and which tiers (`contracts/again.py`)."""

ENTRIES = (
    of_the_bus("receipt", post.Receipt),
    of_the_bus("submission.refused", post.SubmissionRefused),
    of_the_bus("store.restored", post.StoreRestored),
    of_the_bus("directory.adopted", post.DirectoryAdopted),
    of_the_bus(
        SAID_AGAIN, post.LetterSaidAgain, tiers=letters("".join(Tier), EVERYBODY, frozenset(Agency)), sponsors=SPONSORS,
        audience=Audience.AGAIN, whom="the one to whom the earlier letter went, in the tiers that it held",
    ),
)  # fmt: skip
