"""Is anything lost? Every agency's store is compared with the log, and every letter in the log with its receipt.

Nothing is taken from who drove the traffic: what counts is what lies on disk and in the log.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bus.chains import RECEIPT, Heads, receipt_of
from bus.log import Logged
from contracts.agencies import Agency
from contracts.errors import BarnabusError


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What one agency's store holds, by itself."""

    acts: frozenset[str]  # ids of its own acts
    refused: frozenset[str]  # of those, the ones the gateway could never log
    letters: frozenset[tuple[str, int]]  # received: sender, number
    parked: int


@dataclass(slots=True)
class Audit:
    position: int = 0
    chains_verified: bool = False
    lost: list[str] = field(default_factory=list)  # one line each, saying what is where it should not be missing
    broken: str | None = None


def audit(stores: Mapping[Agency, StoreFacts], log: Iterable[Logged]) -> Audit:
    """Compare. `log` is the whole log in order; letters to agencies without a store here are waiting, not lost."""
    found, heads = Audit(), Heads()
    logged_acts: set[tuple[str, str]] = set()
    letters: set[tuple[str, str, int]] = set()
    signed_for: set[tuple[str, str, int]] = set()
    try:
        for entry in log:
            record = entry.record
            heads.check(record)
            heads.apply(entry.stamp.position, record, entry.digest)
            logged_acts.add((record.sender, str(record.id)))
            letters |= {(record.sender, letter.to, letter.number) for letter in record.data.letters}
            if record.type == RECEIPT:
                receipt = receipt_of(record)
                signed_for |= {(receipt.sender, record.sender, letter.number) for letter in receipt.letters}
        found.chains_verified = True
    except BarnabusError as error:
        found.broken = f"{error.code} after position {heads.position}"
    found.position = heads.position
    for agency, store in stores.items():
        for act in sorted(store.acts - store.refused):
            if (agency, act) not in logged_acts:
                found.lost.append(f"{agency}: act {act} is in its store and not in the log")
    for sender, recipient, number in sorted(letters):
        if Agency(recipient) not in stores:
            continue
        if (sender, number) not in stores[Agency(recipient)].letters:
            found.lost.append(f"{recipient}: letter {number} of {sender} is in the log and not in its store")
        elif (sender, recipient, number) not in signed_for:
            found.lost.append(f"{recipient}: letter {number} of {sender} has no receipt in the log")
    return found
