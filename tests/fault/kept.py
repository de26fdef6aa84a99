"""Is every notice of the keeper's in the log exactly once, and none lacking? By the log alone."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from bus.log import Logged
from contracts.agencies import Agency
from contracts.duties import fold, kept_open, notices
from contracts.duties.agreement import disagreements
from contracts.protocol import Protocol
from projections.case_log import case_log
from tests.fault.verdict import Findings


def amiss(entries: Sequence[Logged], protocol: Protocol, at: datetime) -> Findings:
    return [*_twice(entries), *_unlike_the_log(entries, protocol, at)]


def given(entries: Sequence[Logged]) -> Counter[str]:
    """How many notices there are of each type."""
    return Counter(entry.record.type for entry in entries if entry.record.sender == Agency.KEEPER and _is_word(entry))


def _twice(entries: Sequence[Logged]) -> Iterator[str]:
    ids = Counter(str(entry.record.id) for entry in entries)
    yield from (f"{times} times {one}" for one, times in ids.items() if times > 1)
    said = Counter(_content(entry) for entry in entries if entry.record.sender == Agency.KEEPER and _is_word(entry))
    yield from (f"{times} times {one}" for one, times in said.items() if times > 1)


def _is_word(entry: Logged) -> bool:
    return entry.record.data.about is not None


def _content(entry: Logged) -> tuple[object, ...]:
    codes = {name: str(code) for name, code in entry.codes.items() if name != "position"}
    return (
        entry.record.subject,
        entry.record.type,
        *sorted(codes.items()),
        *sorted(letter.to for letter in entry.record.data.letters),
    )


def _unlike_the_log(entries: Sequence[Logged], protocol: Protocol, at: datetime) -> Iterator[str]:
    whole, cases = case_log(entries), defaultdict[str, list[Logged]](list)
    for entry in whole.records:
        cases[entry.record.subject].append(entry)
    for case_ref, records in cases.items():
        dated = whole.of(records).dated()
        duties, void = fold(dated, protocol, at), kept_open(dated, protocol, at)
        position = records[-1].stamp.position
        lacking = (*notices.wanted(duties, dated, position), *notices.kept_open(void, position))
        yield from (f"{case_ref} lacks {one.type} of {one.codes.get('rule')} to {one.tell}" for one in lacking)
        yield from (f"{case_ref}: {one.said.type} is not so" for one in disagreements(dated, protocol))
