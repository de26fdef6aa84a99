"""The long log for benchmarks, written past adapters and gateway, is valid in every way that a log can show."""

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from subprocess import PIPE
from typing import IO, Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from bus import directory, examining, keys, seal, tasks
from bus.audit import audit
from bus.chains import RECEIPT, receipt_of
from bus.clock import wall_clock
from bus.gateway import Gateway
from bus.gateway_service import GatewayService
from bus.ledger import Ledger
from bus.log import STAMP_TYP, Entry, Logged, LogReader, verify
from bus.settings import Settings
from bus.submission import RECORD_TYP
from cli.main import app
from contracts import check, subjects
from contracts.agencies import EVERYBODY
from contracts.catalogue import CATALOGUE
from contracts.envelope import Record
from contracts.errors import CODES, BarnabusError
from contracts.export.schemas import schemas
from contracts.standing import Move, Stage, Standing
from projections.case_log import case_log
from tests.benchmarks import long_log
from tests.benchmarks.entries import EPOCH, YEAR, year
from tests.benchmarks.signing import Signers
from tests.builders import POLICE, SOCIAL, refer
from tests.conftest import Said
from tests.living import Living, eventually, living

EVENTS, SEED = 2_000, 7


@dataclass(frozen=True, slots=True)
class Long:
    settings: Settings
    written: long_log.Written
    told: list[int]
    entries: list[Entry]
    log: list[Logged]


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Long:
    """A home with such a log, for reading; and its entries as its reader sees them, each verified."""
    settings = Settings(home=tmp_path_factory.mktemp("long") / "home", nats_url=None)

    async def made() -> Long:
        told: list[int] = []
        written = await long_log.write(settings, EVENTS, SEED, told.append)
        keyring = directory.load(settings)
        async with living(settings) as home:
            reader = LogReader(await home.connect("reader", "reader"), api=subjects.API)
            entries = [entry async for entry in reader.entries(1, await reader.last())]
        return Long(settings, written, told, entries, [verify(entry, keyring) for entry in entries])

    return asyncio.run(made())


@pytest.fixture
async def home(long: Long, quick: None, tmp_path: Path) -> AsyncIterator[Living]:
    """A copy of it with its server, for going on."""
    shutil.copytree(long.settings.home, tmp_path / "home")
    async with living(Settings(home=tmp_path / "home", nats_url=None)) as found:
        yield found


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with contextlib.closing(Ledger(tmp_path / "ledger.db")) as found:
        yield found


def standings(long: Long) -> list[Standing]:
    return list(case_log(long.log).standings().values())


def test_every_event_that_was_asked_for_is_there_and_each_one_verifies(long: Long) -> None:
    assert [logged.stamp.position for logged in long.log] == list(range(1, EVENTS + 1))
    assert all(logged.stamp.synthetic for logged in long.log)
    assert long.told == [500, 1000, 1500, 2000]
    assert long.written.events == EVENTS
    assert long.written.cases >= len(
        {entry.subject.split(".")[1] for entry in long.entries if "case." in entry.subject}
    )


def test_every_record_passes_the_contract_and_its_types_schema(long: Long) -> None:
    shapes = {name: Draft202012Validator(shape, format_checker=Draft202012Validator.FORMAT_CHECKER) for name, shape in
              schemas().items()}  # fmt: skip
    for entry, logged in zip(long.entries, long.log, strict=True):
        assert check.record(logged.record) is CATALOGUE[logged.record.type]
        shapes[f"{logged.record.type}.record"].validate(json.loads(entry.text))


def test_every_record_is_spelled_as_a_relay_spells_it(long: Long) -> None:
    for entry in long.entries:
        assert Record.model_validate_json(entry.text).model_dump_json(exclude_none=True) == entry.text


async def test_a_ledger_catches_up_over_all_of_it(long: Long, home: Living, ledger: Ledger) -> None:
    reader = LogReader(await home.connect("gateway", "gateway"))
    await ledger.catch_up(reader, directory.load(home.settings))
    assert ledger.heads.position == EVENTS
    for sender in EVERYBODY:
        numbers = [logged.record.number for logged in long.log if logged.record.sender == sender]
        assert ledger.heads.of_sender(sender).number == len(numbers) > EVENTS / 20


def test_a_gateway_would_have_allowed_every_record_in_its_place(long: Long, ledger: Ledger) -> None:
    for logged in long.log:
        ledger.check(logged.record)
        examining.allow(logged.record, ledger)
        ledger.apply(logged.stamp.position, logged.record, logged.digest, logged.stamp.logged_at)


def test_no_act_is_void_and_handoffs_come_to_every_kind_of_end(long: Long) -> None:
    found = standings(long)
    assert not [standing.voids for standing in found if standing.voids]
    stages = Counter(standing.stage for standing in found)
    ends = {Stage.COMPLETED, Stage.DECLINED, Stage.WITHDRAWN, Stage.EXPIRED, Stage.TRANSFERRED}
    assert ends | {Stage.MADE, Stage.ACKNOWLEDGED, Stage.ACCEPTED} <= set(stages)
    assert {standing.whose_move for standing in found} == {None, *EVERYBODY}


def test_who_is_only_notified_of_a_handoff_sees_no_more_of_an_act_than_the_log(long: Long) -> None:
    seen = Counter[bool]()
    for step in (step for history in case_log(long.log).histories() for step in history):
        record, entry = step.logged.record, CATALOGUE[step.logged.record.type]
        due = entry.told if entry.move is not Move.MAKE else frozenset()
        for letter in record.data.letters:
            if letter.to in set(step.standing.notified) - due:
                assert set(letter.tiers) <= entry.shown
                seen[set(letter.tiers) == entry.seen_by(letter.to)] += 1
    assert seen[True] > seen[False] > 0  # of most acts nobody sees more


def test_every_agency_asks_every_other_and_most_of_the_catalogue_of_handoffs_is_said(long: Long) -> None:
    pairs = {(standing.opener, standing.receiver) for standing in standings(long)}
    assert pairs == {(opener, to) for opener in EVERYBODY for to in EVERYBODY if opener is not to}
    types = {logged.record.type for logged in long.log}
    assert {"referral.made", "concern.reported", "crime-report.filed", "therapy.referred", "transfer.offered"} <= types
    assert {"information.asked", "information.given", "information.refused", "referral.closed"} <= types
    assert {"suspect.identified", "safe-contact.set", "needs.assessed", "case.closed", RECEIPT} <= types


def test_its_time_is_a_simulated_year_in_which_nothing_is_received_before_it_is_logged(long: Long) -> None:
    times = [logged.stamp.logged_at.replace(tzinfo=None) for logged in long.log]
    assert times == sorted(times)
    assert EPOCH <= times[0] < times[-1]
    assert abs(times[-1] - EPOCH - YEAR) < YEAR / 4
    sent: dict[tuple[str, str, int], datetime] = {}
    for logged in long.log:
        record, at = logged.record, logged.stamp.logged_at
        assert timedelta(0) < at - record.time < timedelta(seconds=1)
        sent |= {(record.sender, letter.to.value, letter.number): at for letter in record.data.letters}
        if record.type == RECEIPT:
            receipt = receipt_of(record)
            for letter in receipt.letters:
                assert sent.pop((receipt.sender, record.sender, letter.number)) < letter.received_at <= record.time
    assert all(long.log[-1].stamp.logged_at - at < timedelta(seconds=2.5) for at in sent.values())


def test_some_receipts_cover_several_letters(long: Long) -> None:
    covered = Counter(len(receipt_of(logged.record).letters) for logged in long.log if logged.record.type == RECEIPT)
    assert covered[1]
    assert sum(covered.values()) > covered[1]


def test_the_audit_finds_it_whole(long: Long) -> None:
    found = audit({}, long.log)
    assert (found.position, found.chains_verified, found.lost, found.broken) == (EVENTS, True, [], None)


def test_the_same_seed_gives_the_same_log_whatever_the_keys_and_another_seed_another(long: Long) -> None:
    again = list(islice(year(EVENTS, SEED).entries(), EVENTS))
    assert [entry.record.decode() for entry in again] == [entry.text for entry in long.entries]
    assert [seal.unb64(entry.stamp.split(".")[1]) for entry in long.entries] == [entry.stamp for entry in again]
    other = next(year(EVENTS, SEED + 1).entries())
    assert other.record != again[0].record


def test_a_signature_is_byte_for_byte_the_one_that_the_bus_would_make(long: Long) -> None:
    entry = next(year(EVENTS, SEED).entries())
    ((record, stamp),) = Signers(long.settings).of([entry])
    own, gateway = (keys.read_jwk(long.settings.keys(owner) / "signing.jwk") for owner in (entry.sender, "gateway"))
    assert record == seal.sign_detached(entry.record, own, typ=RECORD_TYP) == long.entries[0].signature
    assert stamp == seal.sign(entry.stamp, gateway, typ=STAMP_TYP) == long.entries[0].stamp


def test_what_is_kept_while_it_is_made_does_not_grow_with_it() -> None:
    """Cases that are over are forgotten: from early in the year on about as many are going on at any time."""
    entries = (simulated := year(40_000, SEED)).entries()
    planned = []
    for _ in range(4):
        next(islice(entries, 9_999, None))
        planned.append(len(simulated._agenda))
    assert simulated.position == 40_000
    assert max(planned) < 1.5 * planned[0] < simulated.cases / 2
    assert len(simulated.links) == 20


async def test_an_entry_that_the_server_has_not_taken_is_noticed_by_all_behind_it(settings: Settings) -> None:
    """Though only the last of many is acknowledged."""

    async def with_one_lost() -> AsyncIterator[list[long_log.Signed]]:
        entries = list(islice(year(EVENTS, SEED).entries(), 9))
        yield [(entry, ("a signature", "a stamp")) for entry in entries if entry.position != 4]

    told: list[int] = []
    async with living(settings) as home:
        nats = await home.connect("gateway", "gateway")
        with pytest.raises(BarnabusError, match=r"log\.unavailable.*wrong last sequence: 3"):
            await long_log._publish_all(nats, with_one_lost(), told.append)
        assert await LogReader(nats).last() == 3
    assert not told


async def test_a_home_that_is_there_already_is_left_as_it_is(settings: Settings) -> None:
    before = settings.directory.read_bytes()
    with pytest.raises(BarnabusError, match=r"home\.provisioned"):
        await long_log.write(settings, 10, SEED)
    assert settings.directory.read_bytes() == before


def test_people_get_a_home_a_rate_on_standard_output_and_progress_on_standard_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.long_log", "--events", "120", "--home", str(tmp_path / "home")]
    with subprocess.Popen([*command, "--stay"], stdout=PIPE, stderr=PIPE, text=True) as made:
        assert made.stdout
        assert made.stderr
        said = _until(made.stderr, "Its server is up")
        assert (tmp_path / "home" / "run" / "nats.url").exists()
        made.terminate()
        written = json.loads(made.stdout.read())
    assert made.returncode == 0
    assert "120/120" in said
    assert (written["events"], written["seed"]) == (120, 1)
    assert written["events_per_s"] > 0
    again = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert "home.provisioned" in again.stderr
    assert (again.returncode, again.stdout) == (CODES["home.provisioned"].exit, "")


def _until(lines: IO[str], words: str) -> str:
    """What is said up to a line with these words."""
    said = ""
    while words not in said:
        line = lines.readline()
        assert line, said
        said += line
    return said


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(home: Living, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command line over this home, and the document that it answers."""
    monkeypatch.setenv("BARNABUS_HOME", str(home.settings.home))
    monkeypatch.delenv("BARNABUS_NATS_URL", raising=False)
    monkeypatch.setattr("bus.logging.configure", lambda _: None)

    def run_it(*words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
        return found

    return run_it


@pytest.fixture
async def gateway(home: Living) -> AsyncIterator[GatewayService]:
    """One for made-up cases, as this log says of itself that it holds."""
    keyring, key = directory.load(home.settings), keys.read_jwk(home.settings.keys("gateway") / "signing.jwk")
    nats = await home.connect("gateway", "gateway")
    with contextlib.closing(Ledger(home.settings.home / "gateway" / "a.db")) as ledger:
        await ledger.catch_up(LogReader(nats), keyring)  # which takes as long as it takes
        deciding = Gateway(nats, keyring, lambda: key, ledger, wall_clock, synthetic=True)
        service = GatewayService(nats, deciding, "a", wall_clock)
        service.ended = asyncio.create_task(service.run())
        await eventually(lambda: service.active or service.ended.done())
        yield service
        await tasks.end(service.ended)
        await service.finish()


async def test_commands_that_people_have_work_on_it(
    long: Long, home: Living, gateway: GatewayService, run: Run, said: Said
) -> None:
    case_ref = long.written.first_case
    shown = await asyncio.to_thread(run, "case", "log", case_ref, "--purpose", "a test")
    logged = [one for one in long.log if one.record.subject == case_ref]
    assert [event["id"] for event in shown["events"]] == [str(one.record.id) for one in logged]
    assert all(letter["received_at"] for event in shown["events"] for letter in event["letters"])
    found = await asyncio.to_thread(run, "doctor")
    states = {finding["check"]: finding["state"] for finding in found["findings"]}
    assert (states["streams"], states["posts"], states["home and directory"]) == ("ok", "ok", "ok")
    assert states["made-up cases"] == "ok", "nobody has to write here"
    assert not [check for check in states if check.endswith((": gateway", ": adapter"))]


async def test_an_agency_that_has_adopted_its_chain_goes_on_behind_it(
    home: Living, gateway: GatewayService, run: Run, said: Said
) -> None:
    adopted = await asyncio.to_thread(run, "recover", "police", "--write")
    assert adopted["written"]
    await home.start_adapter(POLICE)
    answer = await (await home.system(POLICE)).do(refer(POLICE, SOCIAL))
    assert answer["void"] is None
    entry = (await home.log())[-1]
    assert str(entry.record.id) == answer["id"]
    assert entry.stamp.synthetic
    assert entry.record.number == adopted["adopted"] + 2  # between them it said that its store was restored
