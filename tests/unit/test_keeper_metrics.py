"""What a Prometheus server is told of duties and of their keeper: what it last said, in closed words, and no more."""

import http.client
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bus import signs
from bus.settings import Settings
from bus.signs import Owed, Sign
from bus.store import Statement, Store
from cli import metrics as command
from contracts import protocol
from contracts.agencies import Agency
from contracts.dated import Dated
from contracts.errors import BarnabusError
from projections.measured import OTHER, OWED, WAITS, metrics, series_at_most
from projections.view import Place
from services.keeper.application import Keeper
from services.keeper.signs import Signs
from services.keeper.watching import CASES_AT_ONCE, Watching
from tests.carried import Carried
from tests.docs.pages import ROOT
from tests.scrapes import RULES, Samples, exported, of, samples, value

NOW = datetime(2026, 3, 12, 9, tzinfo=UTC)
HOUR, MICROSECOND = timedelta(hours=1), timedelta(microseconds=1)
ACKNOWLEDGED, EXAMINED = "handoff-acknowledged", "examined-anyway"
SIGN = Sign(NOW, NOW - HOUR, position=7, waiting=None, notices=3, disagreements=0, owed=())
FAMILIES = ("barnabus_duties", "barnabus_keeper")


def told(folder: Path, sign: Sign | None = None, now: datetime = NOW) -> Samples:
    """What is exported where the keeper has last said this."""
    if sign:
        signs.write(folder / "keeper", sign)
    return exported(Place(folder, None), now=now)


def overdue(found: Samples) -> dict[tuple[str, str], float]:
    return of(found, "duties_oldest_overdue_seconds", "rule", "agency")


def keeps_silent(found: Samples) -> bool:
    return not any(name.startswith(FAMILIES) for name, _ in found)


# what it says


def test_what_the_keeper_counts_in_its_store_is_what_is_told(store: Store, tmp_path: Path) -> None:
    """Through the keeper's own counting, in either database."""

    def owed(n: int, rule: str, agency: str, state: str, expected_by: datetime | None) -> Statement:
        text = expected_by.isoformat(timespec="microseconds") if expected_by else None
        row = (str(n), f"case {n}", rule, agency, state, text)
        return Statement("INSERT INTO keeper_owed VALUES (?,?,?,?,?,?)", row)

    store.write(
        owed(1, ACKNOWLEDGED, "social", "breached", NOW - 2 * HOUR),
        owed(2, ACKNOWLEDGED, "social", "breached", NOW - 5 * HOUR),
        owed(3, ACKNOWLEDGED, "social", "open", NOW + HOUR),
        owed(4, EXAMINED, "police", "due-soon", NOW - 30 * HOUR),
        owed(5, "conference", "social", "open", None),
    )
    keeper = Signs(tmp_path / "keeper", store, lambda: NOW + HOUR, decided_at=NOW, position=42, notices=6)
    keeper.write(counted_anew=True)
    found = told(tmp_path)
    assert of(found, "duties_owed", "rule", "agency", "state") == {
        (ACKNOWLEDGED, "social", "breached"): 2,
        (ACKNOWLEDGED, "social", "open"): 1,
        (EXAMINED, "police", "due-soon"): 1,
        ("conference", "social", "open"): 1,
    }
    assert overdue(found) == {
        (ACKNOWLEDGED, "social"): (5 * HOUR).total_seconds(),
        (EXAMINED, "police"): (30 * HOUR).total_seconds(),
    }
    assert value(found, "keeper_alive_timestamp_seconds") == (NOW + HOUR).timestamp()
    assert value(found, "keeper_decided_timestamp_seconds") == NOW.timestamp()
    assert (value(found, "keeper_position"), value(found, "keeper_notices_total")) == (42, 6)
    assert value(found, "keeper_disagreements_total") == 0


def test_exactly_when_it_was_expected_a_duty_is_not_overdue_and_a_microsecond_later_it_is(tmp_path: Path) -> None:
    one = Owed(ACKNOWLEDGED, "social", "breached", 1, NOW)
    assert overdue(told(tmp_path, replace(SIGN, decided_at=NOW, owed=(one,)))) == {}
    later = told(tmp_path, replace(SIGN, decided_at=NOW + MICROSECOND, owed=(one,)))
    assert overdue(later) == {(ACKNOWLEDGED, "social"): pytest.approx(MICROSECOND.total_seconds())}


def test_what_is_overdue_gets_no_older_while_nobody_looks_whether_it_was_done(tmp_path: Path) -> None:
    one = Owed(ACKNOWLEDGED, "social", "breached", 1, NOW - 3 * HOUR)
    signs.write(tmp_path / "keeper", replace(SIGN, decided_at=NOW - HOUR, owed=(one,)))
    for now in (NOW, NOW + 100 * HOUR):
        assert overdue(told(tmp_path, now=now)) == {(ACKNOWLEDGED, "social"): (2 * HOUR).total_seconds()}


def test_until_it_has_decided_once_since_it_began_it_is_said_to_live_and_to_have_decided_nothing(
    tmp_path: Path,
) -> None:
    one = Owed(ACKNOWLEDGED, "social", "breached", 1, NOW - HOUR)
    begun = replace(SIGN, decided_at=None, position=0, waiting="projections.missing", owed=(one,))
    found = told(tmp_path, begun)
    assert value(found, "keeper_alive_timestamp_seconds") == NOW.timestamp()
    assert not of(found, "keeper_decided_timestamp_seconds")
    assert not of(found, "keeper_position")
    assert overdue(found) == {(ACKNOWLEDGED, "social"): HOUR.total_seconds()}, "as its store has it"


@pytest.mark.parametrize("code", [*WAITS[:-1], None])
def test_what_keeps_it_from_deciding_is_the_one_code_that_is_1(tmp_path: Path, code: str | None) -> None:
    found = of(told(tmp_path, replace(SIGN, waiting=code)), "keeper_waiting", "code")
    assert found == {(one,): one == code for one in WAITS}


@dataclass
class ManyCases:
    """A view with open cases in which nothing was said; `seen` is the sign that was there at each part of them."""

    folder: Path
    count: int
    position: int = 1
    logged_at: datetime | None = None
    seen: list[Sign | None] = field(default_factory=list)

    def changed(self, after: int) -> list[str]:
        return []

    def open(self) -> list[str]:
        return [f"case {n}" for n in range(self.count)]

    def first_word(self) -> int | None:
        return None

    def held_up(self) -> list[str]:
        return []

    def cases(self, case_refs: Sequence[str]) -> Iterator[tuple[str, Callable[[], list[Dated]]]]:
        self.seen.append(signs.last(self.folder))
        return ((case_ref, list) for case_ref in case_refs)


async def test_a_keeper_that_looks_through_many_cases_is_heard_of_meanwhile(agencies: Carried, tmp_path: Path) -> None:
    view, moments = ManyCases(tmp_path, 3 * CASES_AT_ONCE), (NOW + n * HOUR for n in range(1_000))

    async def log_end() -> int:
        return view.position

    keeper = agencies.apps[Agency.KEEPER]
    assert isinstance(keeper, Keeper)
    own, clock = Signs(tmp_path, keeper.store, lambda: next(moments)), lambda: NOW
    watching = Watching(keeper, protocol.read(), lambda: nullcontext(view), log_end, lambda: None, own, clock)
    assert (await watching.look()).cases == view.count
    heard = [sign.alive_at if sign else None for sign in view.seen]
    assert heard == [None, NOW, NOW + HOUR]


# closed words


def test_no_label_says_what_stands_in_no_closed_list_whatever_the_sign_held(tmp_path: Path) -> None:
    """Also if it had a case, a person or an office where a code should be; and what is alike then is one series."""
    secret = "7k3q-9m2x-w4td-h6rv"
    hostile = [
        Owed(f"{secret}{n}", who, state, 2, NOW - n * HOUR)
        for n, (who, state) in enumerate([(secret, secret), ("keeper", "met"), (f"{secret}9", "")], start=2)
    ]
    found = told(tmp_path, replace(SIGN, waiting=secret, owed=tuple(hostile)))
    assert of(found, "duties_owed", "rule", "agency", "state") == {(OTHER, OTHER, OTHER): 6}
    assert overdue(found) == {(OTHER, OTHER): (3 * HOUR).total_seconds()}
    assert of(found, "keeper_waiting", "code")[OTHER,] == 1
    for name, labels in found:
        vocabulary = metrics(RULES)[name.removesuffix("_total")].labels
        assert dict(labels).keys() == vocabulary.keys()
        assert all(said in vocabulary[label] for label, said in labels)


def test_there_are_no_more_series_than_is_said_if_everybody_owes_everything(tmp_path: Path) -> None:
    agencies = ("police", "prosecution", "social", "health", "oversight", "school")
    owed = tuple(
        Owed(rule, agency, state, 1, NOW - 2 * HOUR) for rule in (*RULES, "x") for agency in agencies for state in OWED
    )
    found = told(tmp_path, replace(SIGN, owed=owed))
    of_duties = {name: metric for name, metric in metrics(RULES).items() if name.startswith(FAMILIES)}
    there = [one for one in found if one[0].startswith(FAMILIES)]
    assert len(there) == sum(metric.series_at_most for metric in of_duties.values())
    assert len(found) <= series_at_most(RULES)


# no keeper, and one of another country


@pytest.mark.parametrize("left", [None, "", "{", "[]", '{"alive_at": "2026-03-12T09:00:00"}'])
def test_where_no_keeper_was_heard_of_nothing_is_told_of_duties_and_the_rest_goes_on(
    tmp_path: Path, left: str | None
) -> None:
    """Nor where a power cut left its sign half written."""
    if left is not None:
        (tmp_path / "keeper").mkdir()
        (tmp_path / "keeper" / "signs.json").write_text(left)
    found = told(tmp_path)
    assert keeps_silent(found)
    assert value(found, "log_readable") == 1


def test_the_rules_that_are_told_apart_are_those_of_the_protocol_in_use(settings: Settings) -> None:
    elsewhere = replace(settings, protocol=ROOT / "tests" / "protocols" / "elsewhere")
    rule = next(rule for rule in protocol.read(elsewhere.protocol).rule_ids if rule not in RULES)
    owed = tuple(Owed(name, "social", "open", 1, None) for name in (rule, EXAMINED))
    signs.write(settings.keeper, replace(SIGN, owed=owed))
    with command.served(elsewhere, command.HOST, 0) as url:
        client = http.client.HTTPConnection(url.split("/")[2], timeout=20)
        client.request("GET", "/metrics")
        found = samples(client.getresponse().read().decode())
        client.close()
    assert of(found, "duties_owed", "rule") == {(rule,): 1, (OTHER,): 1}


def test_a_protocol_that_cannot_be_used_is_refused_at_the_start(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BarnabusError) as raised, command.served(replace(settings, protocol=tmp_path), "127.0.0.1", 0):
        pass
    assert raised.value.code == "protocol.invalid"
