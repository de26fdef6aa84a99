"""What a Prometheus server is told: what the read models hold, in closed words, whatever a client does."""

import http.client
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_text
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from bus.settings import Settings
from cli import metrics as command
from contracts.agencies import Agency
from contracts.errors import BarnabusError, Refused
from projections import latency
from projections.case_log import case_log
from projections.engine import Projector
from projections.handoffs import Handoffs
from projections.lag import LogEnd
from projections.legs import COMPLETED, DECIDED, STARTED, moment_of
from projections.letters import Letters
from projections.measured import BUCKETS, OTHER, WAYS, metrics, series_at_most
from projections.models import MODELS
from projections.pulse import Pulse, last
from projections.readmodel import PARKED, PROGRESS
from projections.rows import Rows
from projections.snapshot import snapshot
from projections.view import Place
from services.web.address import Address
from tests.case_logs import FIRST, Log
from tests.scrapes import RULES, exported, of, value
from tests.views import fold, made_up_log

ENTRIES = 600
DAY, HOUR, MICROSECOND = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
POLICE, SOCIAL = Agency.POLICE, Agency.SOCIAL
METRICS = metrics(RULES)


# what it says


def test_it_says_what_the_law_and_the_receipts_come_to(place: Place) -> None:
    log = made_up_log(ENTRIES)
    fold(place, log)
    now = log[-1].stamp.logged_at + DAY
    samples = exported(place, now=now)
    assert (value(samples, "view_readable"), value(samples, "log_readable")) == (1, 1)
    assert value(samples, "projections_position") == value(samples, "projections_folded_entries_total") == ENTRIES
    case = case_log(log)
    open_ = Counter(
        (standing.whose_move.value, standing.stage.value)
        for standing in case.standings().values()
        if standing.whose_move and not standing.closed
    )
    found = Counter[tuple[str, str]]()
    for (whose, stage, _), count in of(samples, "handoffs_open", "whose_move", "stage", "service").items():
        found[whose, stage] += int(count)
    assert found == open_
    assert open_, "something is open in this log"
    oldest = of(samples, "handoffs_oldest_seconds", "whose_move", "stage")
    assert set(oldest) == set(open_)
    assert all(seconds >= DAY.total_seconds() for seconds in oldest.values())
    unsigned = Counter(
        (recipient,) for (_, recipient, _), letter in case.deliveries.items() if letter.received_at is None
    )
    unreceived = of(samples, "letters_unreceived", "recipient")
    assert Counter({key: int(count) for key, count in unreceived.items()}) == unsigned
    assert of(samples, "projections_rows", "model")["letters",] == len(case.deliveries)


def test_the_oldest_is_as_old_as_it_is(place: Place) -> None:
    log = made_up_log(ENTRIES)
    fold(place, log)
    now = log[-1].stamp.logged_at + DAY
    with place.opened() as opened, opened.begin() as connection:
        names = (Handoffs.table.c.whose_move, Handoffs.table.c.stage, Handoffs.table.c.made_us)
        rows = list(connection.execute(select(*names).where(Handoffs.table.c.open.is_(True))))
        letter = Letters.table.c
        first = connection.execute(select(letter.key).where(letter.recipient == "police")).scalars().first()
        long_ago = {"received_at": None, "logged_at": (now - 2 * DAY).isoformat()}
        connection.execute(update(Letters.table).where(letter.key == first).values(long_ago))
    expected = {
        (row.whose_move, row.stage): (now - min(moment_of(r.made_us) for r in rows if r[:2] == row[:2])).total_seconds()
        for row in rows
    }
    samples = exported(place, now=now)
    assert of(samples, "handoffs_oldest_seconds", "whose_move", "stage") == pytest.approx(expected)
    assert of(samples, "letters_oldest_unreceived_seconds", "recipient")["police",] >= 2 * DAY.total_seconds()


def test_ages_of_made_up_cases_are_as_of_their_logs_last_entry(place: Place) -> None:
    log = made_up_log(ENTRIES)
    fold(place, log)
    then = log[-1].stamp.logged_at
    samples = exported(place, LogEnd(ENTRIES, None, then), now=then + 4_000 * DAY)
    assert value(samples, "log_synthetic") == 1
    assert max(of(samples, "handoffs_oldest_seconds", "whose_move", "stage").values()) < (1_000 * DAY).total_seconds()


def test_what_waits_to_be_folded_is_a_lag(place: Place) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    samples = exported(place, LogEnd(7, now - DAY, None), now)
    assert (value(samples, "log_position"), value(samples, "projections_position")) == (7, 0)
    assert value(samples, "projections_lag_seconds") == DAY.total_seconds()
    assert value(exported(place, LogEnd(0, None, None), now), "projections_lag_seconds") == 0


# how long legs take


def keep(place: Place, log: Log) -> None:
    """What a log of one case comes to; it has no chains that an engine could check."""
    with place.opened() as opened:
        Projector(opened, MODELS)
        with opened.begin() as connection:
            for model in (Handoffs(), Letters()):
                Rows(model).fold(connection, log.entries)
            last = log.entries[-1].stamp
            there = {"one": 1, "position": last.position, "logged_at": last.logged_at.isoformat()}
            connection.execute(insert(PROGRESS).values(there))


def test_what_took_as_long_as_a_limit_is_within_it_and_what_is_open_or_was_cut_off_is_in_no_bucket(
    place: Place,
) -> None:
    log = Log()
    lasted = HOUR, HOUR + MICROSECOND, 24 * HOUR, 72 * HOUR + MICROSECOND, 90 * DAY, 90 * DAY + MICROSECOND
    handoffs = [log.make(POLICE, SOCIAL, logged=FIRST) for _ in lasted]
    for handoff, length in zip(handoffs, lasted, strict=True):
        log.on(SOCIAL, "referral.accepted", handoff, {"logged": FIRST + length})
    log.on(SOCIAL, "referral.started", handoffs[-1], {"logged": FIRST + 90 * DAY + MICROSECOND})
    log.make(POLICE, SOCIAL, logged=FIRST)
    cut_off = log.make(POLICE, SOCIAL, logged=FIRST)
    log.on(POLICE, "referral.superseded", cut_off, {"logged": FIRST + DAY})
    keep(place, log)
    samples = exported(place)
    found = of(samples, "handoffs_leg_seconds_bucket", "leg", "le")
    assert [found[DECIDED, le] for le in BUCKETS] == [1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 6]
    assert [found[STARTED, le] for le in BUCKETS] == [1] * len(BUCKETS)
    assert [found[COMPLETED, le] for le in BUCKETS] == [0] * len(BUCKETS)
    assert of(samples, "handoffs_legs_under_way", "leg") == {
        ("received",): 8,
        ("acknowledged",): 1,
        ("decided",): 1,
        ("started",): 5,
        ("completed",): 6,
    }
    ways = of(samples, "handoffs_leg_seconds_bucket", "receiver", "service")
    assert set(ways) == {("social", "child-protection-assessment")}
    assert not [name for name, _ in samples if name.startswith("barnabus_handoffs_leg_seconds_sum")], "nobody knows it"


def test_of_each_leg_it_says_what_a_summary_says(place: Place) -> None:
    fold(place, made_up_log(ENTRIES))
    ended, under_way = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]]()
    with place.opened() as opened:
        for (service, _, receiver), way in latency.summary(opened).groups.items():
            for leg, tally in way.legs.items():
                ended[str(receiver), str(service), leg] += tally.ended.total()
                under_way[str(receiver), str(service), leg] += way.under_way.get(leg, 0)
    assert ended.total() > under_way.total() > 0
    samples = exported(place)
    labels = ("receiver", "service", "leg")
    every = of(samples, "handoffs_leg_seconds_bucket", *labels, "le")
    assert Counter({key[:3]: int(n) for key, n in every.items() if key[3] == "+Inf"}) == ended
    assert Counter({key: int(n) for key, n in of(samples, "handoffs_legs_under_way", *labels).items()}) == under_way
    assert {key[:2] for key in every} <= set(WAYS[:-1])


# closed words


def test_no_label_says_what_stands_in_no_closed_list_whatever_the_log_held(place: Place) -> None:
    """Also if a row had a case, a person or an office where a code should be."""
    fold(place, made_up_log(ENTRIES))
    secret = "7k3q-9m2x-w4td-h6rv"
    hostile = {"case_ref": secret, "stage": secret, "open": True, "made_us": 0, "state": {}}
    with place.opened() as opened, opened.begin() as connection:
        for n, who in enumerate(("social", secret, None)):
            row = {"key": f"{secret}{n}", "service": secret, "whose_move": who, "receiver": who, "asked_us": "0"}
            connection.execute(insert(Handoffs.table).values(hostile | row))
        for n in (1, 2):
            parked = {"position": n, "case_ref": secret, "type": secret, "reason": f"{secret}{n}"}
            connection.execute(insert(PARKED).values(parked))
    Pulse(place.folder, lambda: datetime.now(UTC)).stop(secret)
    samples = exported(place)
    assert of(samples, "handoffs_open", "whose_move", "service", "stage")[OTHER, OTHER, OTHER] == 2
    assert of(samples, "handoffs_legs_under_way", "receiver", "service", "leg")[OTHER, OTHER, "information"] == 3
    assert of(samples, "projections_parked_entries", "reason")[OTHER,] == 2
    assert of(samples, "projections_stopped", "code")[OTHER,] == 1
    for name, labels in samples:
        vocabulary = METRICS[name.removesuffix("_total").removesuffix("_bucket")].labels
        assert dict(labels).keys() == vocabulary.keys()
        assert all(said in vocabulary[label] for label, said in labels)
    assert len(samples) <= series_at_most(RULES)
    words = {word for metric in METRICS.values() for label in metric.labels.values() for word in label}
    assert secret not in words
    assert not {"case_ref", "concerns", "office", "handoff_id", "duty_id", "trigger_id"} & {
        n for m in METRICS.values() for n in m.labels
    }


# what cannot be read, and what stopped


def test_a_view_or_a_log_that_cannot_be_read_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    samples = exported(Place(tmp_path, None), LogEnd(3, None, None))
    assert (value(samples, "view_readable"), value(samples, "log_readable"), value(samples, "log_position")) == (
        0,
        1,
        3,
    )
    assert not list(tmp_path.iterdir()), "looking makes no view"
    samples = exported(Place(tmp_path, "postgresql://nobody@127.0.0.1:1/x"), BarnabusError("log.unavailable"))
    assert (value(samples, "view_readable"), value(samples, "log_readable")) == (0, 0)
    assert not of(samples, "projections_lag_seconds"), "nobody knows"


def test_what_stopped_a_run_stands_until_a_run_has_come_past_it(tmp_path: Path) -> None:
    place, now = Place(tmp_path, None), datetime(2026, 3, 2, tzinfo=UTC)

    def stopped() -> set[str]:
        return {code for (code,), on in of(exported(place), "projections_stopped", "code").items() if on}

    assert last(tmp_path) is None
    assert stopped() == set()
    Pulse(tmp_path, lambda: now).stop("projections.gap")
    assert stopped() == {"projections.gap"}
    again = Pulse(tmp_path, lambda: now + DAY)
    again.beat()
    assert stopped() == {"projections.gap"}, "it has only begun"
    assert value(exported(place), "projections_alive_timestamp_seconds") == (now + DAY).timestamp()
    again.caught_up()
    assert stopped() == set()


@pytest.mark.parametrize("left", ["", "{", "[]", '{"alive_at": "2026"}'])
def test_a_sign_that_a_power_cut_left_half_written_keeps_no_run_from_its_work(tmp_path: Path, left: str) -> None:
    (tmp_path / "run.json").write_text(left)
    assert last(tmp_path) is None
    Pulse(tmp_path, lambda: datetime(2026, 3, 2, tzinfo=UTC)).beat()
    assert last(tmp_path)


# one reading


def test_all_of_a_reading_is_of_one_moment(place: Place) -> None:
    log = made_up_log(ENTRIES)
    fold(place, log[:300])
    with place.opened() as opened, snapshot(opened, 5) as connection:
        assert connection.execute(select(PROGRESS.c.position)).scalar() == 300
        fold(place, log[300:])
        assert connection.execute(select(PROGRESS.c.position)).scalar() == 300
    with place.opened() as opened, snapshot(opened, 5) as connection:
        assert connection.execute(select(PROGRESS.c.position)).scalar() == ENTRIES


def test_a_reading_that_takes_too_long_is_broken_off(place: Place) -> None:
    """Counting to a thousand million takes minutes."""
    numbers = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000)"
    with place.opened() as opened, pytest.raises(SQLAlchemyError), snapshot(opened, 0.1) as connection:
        connection.execute(text(f"{numbers} SELECT max(x) FROM n"))


# over HTTP


@pytest.fixture
def port(settings: Settings) -> Iterator[int]:
    """Nothing else of this home runs: what it cannot reach it says."""
    with command.served(settings, command.HOST, 0) as url:
        yield int(url.rpartition(":")[2].partition("/")[0])


def scraped(port: int, **headers: str) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection(command.HOST, port, timeout=20)
    connection.request("GET", "/metrics", headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.getheader("Content-Type") or "", answer.read().decode()
    connection.close()
    return found


def test_it_answers_in_the_text_format_and_in_openmetrics_where_that_is_asked_for(port: int) -> None:
    status, kind, said = scraped(port)
    assert (status, kind.partition(";")[0]) == (200, "text/plain")
    assert {family.name for family in plain_text(said)} >= {"barnabus_view_readable", "barnabus_log_readable"}
    status, kind, said = scraped(port, Accept="application/openmetrics-text; version=1.0.0")
    assert (status, kind.partition(";")[0]) == (200, "application/openmetrics-text")
    families = list(open_metrics(said))  # type: ignore[no-untyped-call]
    assert {sample.value for family in families for sample in family.samples} == {0.0}


def silent(port: int) -> socket.socket:
    """A client that connects and says nothing."""
    return socket.create_connection((command.HOST, port), timeout=20)


def test_clients_that_take_their_time_are_cut_off_and_until_then_one_more_is_told_to_come_again(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "REQUEST_LIMIT_S", 0.5)
    with ExitStack() as open_:
        slow = [open_.enter_context(silent(port)) for _ in range(command.SCRAPES_AT_ONCE)]
        with silent(port) as one_more:
            assert one_more.recv(100).startswith(b"HTTP/1.0 503")
        for client in slow:
            assert client.recv(100) == b"", "cut off"
    assert scraped(port)[0] == 200


def test_an_address_that_is_taken_is_refused_with_what_to_do(settings: Settings, port: int) -> None:
    with pytest.raises(BarnabusError) as raised, command.served(settings, command.HOST, port):
        pass
    assert raised.value.code == "address.unusable"
    assert str(port) in str(raised.value)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("9464", ("127.0.0.1", 9464)),
        (":9464", ("127.0.0.1", 9464)),
        ("0.0.0.0:1", ("0.0.0.0", 1)),
        ("[::1]:9464", ("::1", 9464)),
        ("localhost:0", ("localhost", 0)),
    ],
)
def test_a_port_alone_is_this_machines(said: str, meant: tuple[str, int]) -> None:
    found = Address.of(said, "--listen")
    assert (found.host, found.port) == meant


@pytest.mark.parametrize("said", ["", "localhost", "127.0.0.1:", "127.0.0.1:x", "1:-1", "65536", "²"])
def test_what_is_no_address_is_refused(said: str) -> None:
    with pytest.raises(Refused) as raised:
        Address.of(said, "--listen")
    assert (raised.value.code, raised.value.field) == ("option.invalid", "--listen")
