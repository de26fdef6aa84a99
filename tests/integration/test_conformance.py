"""The conformance kit: systems that keep to the contract pass it, and each way of breaking it is named by its check."""

import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from cli.conformance import running
from cli.conformance.outcome import State
from cli.conformance.running import CHECKS, Tried
from cli.conformance.stand import Way
from contracts.agencies import Agency
from contracts.errors import Refused
from contracts.releasing import consumers, document
from services.systems import Hook
from tests.builders import HEALTH, OVERSIGHT, POLICE, PROSECUTION, SOCIAL
from tests.docs.pages import ROOT
from tests.integration.test_integrators import LANGUAGES, InLanguage, in_node
from tests.receivers import HOST
from tests.ways import secret_file

pytestmark = pytest.mark.timeout(150)
WITHIN_S = 15.0
FAULT_WITHIN_S = 6.0
"""A test that waits for what never comes waits so long."""
Found = list[tuple[str, str, State]]


async def tried(
    home: Path,
    agency: Agency,
    target: Sequence[str] = (),
    *checks: str,
    asks: Sequence[str] = (),
    declares: str | None = None,
    way: Way = Way.NATS,
    within_s: float = WITHIN_S,
) -> Found:
    """What came of each check, by its name and what it was about."""
    path = ROOT / "contracts" / "consumers" / f"{declares}.toml"
    declared = consumers.read(path, document.now()).consumer if declares else None
    system = Tried(agency, " ".join(target) or None, " ".join(asks) or None, declared, way, within_s)
    found = running.run(system, running.named(checks), home / "home", home / "output")
    return [(check.name, outcome.about, outcome.state) async for check, outcome in found]


def of(state: State, found: Found) -> set[str]:
    return {f"{check} {about}".strip() for check, about, was in found if was is state}


def program(name: str, *words: str) -> tuple[str, ...]:
    return sys.executable, str(ROOT / "tests" / "systems" / f"{name}.py"), *words


@pytest.fixture(autouse=True)
def _programs_find_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


async def test_the_example_of_social_services_in_javascript_keeps_to_the_contract(tmp_path: Path, quick: None) -> None:
    """As the one in Python does: tests/docs/test_conformance.py."""
    found = await tried(tmp_path, SOCIAL, in_node("social"), declares="example-social")
    assert of(State.FAILED, found) == set()
    assert of(State.NOT_SEEN, found) == {"told", "asks"}, "it declares nothing but what asks, and asks for nothing"
    assert {name for name, _, _ in found} == {check.name for check in CHECKS}


@LANGUAGES
async def test_the_example_of_the_police_asks_and_takes_what_is_answered(
    tmp_path: Path, quick: None, language: InLanguage
) -> None:
    wanted = ("asks", "hears", "sends", "refusals")
    asks = language("police")
    found = await tried(tmp_path, POLICE, (), *wanted, asks=asks, declares="example-police")
    assert of(State.FAILED, found) == set()
    assert of(State.NOT_SEEN, found) == {"caught-up", "asks asked back"}, "it does not say that it reads questions"
    assert {"asks accepted", "asks declined", "sends referral.make"} <= of(State.PASSED, found)


async def test_a_system_over_http_keeps_to_the_contract(tmp_path: Path, quick: None) -> None:
    found = await tried(tmp_path, HEALTH, program("over_http", HEALTH), way=Way.HTTP)
    assert of(State.FAILED, found) == set()
    assert of(State.NOT_SEEN, found) == {"twice", "out-of-order", "asks"}, "over HTTP nothing comes out of order"


async def test_a_system_that_is_told_by_webhook_keeps_to_the_contract(tmp_path: Path, quick: None) -> None:
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    hook = Hook(f"http://{HOST}:{port}/told", secret_file(tmp_path))
    system = Tried(
        HEALTH, " ".join(program("by_webhook", HEALTH, str(port))), None, None, Way.WEBHOOK, WITHIN_S, hook=hook
    )
    checks = running.named(["twice", "newer-version", "power-cut"])
    found = running.run(system, checks, tmp_path / "home", tmp_path / "output")
    assert {outcome.state async for _, outcome in found} == {State.PASSED}


@pytest.mark.parametrize("agency", [POLICE, PROSECUTION, OVERSIGHT])
async def test_every_other_agencys_adapter_brings_all_that_its_system_is_asked_and_told(
    tmp_path: Path, quick: None, agency: Agency
) -> None:
    found = await tried(tmp_path, agency, program("over_http", agency), "asked", "told", "refusals", way=Way.HTTP)
    assert {state for _, _, state in found} == {State.PASSED}
    assert len([name for name, _, _ in found if name == "told"]) > 3


@pytest.mark.parametrize(
    ("faults", "failing"),
    [
        ("deaf small", ["caught-up", "largest-letter", "line-cut"]),
        ("forgetful", ["lost-answer", "power-cut", "twice"]),
        ("hasty", ["lost-answer", "power-cut"]),
        ("strict", ["newer-major-version", "newer-version", "unknown-type"]),
        ("wrong", ["refusals referral.accept"]),
    ],
)
async def test_a_system_that_breaks_the_contract_fails_the_check_that_says_how(
    tmp_path: Path, quick: None, faults: str, failing: list[str]
) -> None:
    checks = ("twice", *(name.partition(" ")[0] for name in failing))
    system = program("faulty", *faults.split())
    found = await tried(tmp_path, SOCIAL, system, *checks, declares="example-social", within_s=FAULT_WITHIN_S)
    assert sorted(of(State.FAILED, found)) == failing


async def test_what_does_nothing_passes_nothing(tmp_path: Path, quick: None) -> None:
    found = await tried(tmp_path, SOCIAL, ("sleep", "60"), within_s=1)
    assert {state for _, _, state in found} == {State.NOT_SEEN}


async def test_what_ends_at_once_fails_and_says_how_it_ended(tmp_path: Path, quick: None) -> None:
    system = Tried(SOCIAL, "ls /nowhere", None, None, Way.NATS, 1)
    found = running.run(system, running.named(["twice"]), tmp_path / "home", tmp_path / "output")
    (first, ended), *_ = [(check.name, outcome) async for check, outcome in found]
    assert (first, ended.state) == ("caught-up", State.FAILED)
    assert ended.seen.startswith("it ended with exit status 2; its last line: ls: ")


async def test_nothing_of_a_system_is_left_running(tmp_path: Path, quick: None) -> None:
    grandchild = "import os, time; os.fork(); time.sleep(60)"
    script = tmp_path / "system.py"
    script.write_text(grandchild)
    await tried(tmp_path, SOCIAL, (sys.executable, str(script)), "twice", within_s=1)
    assert not [one for one in Path("/proc").glob("[0-9]*/cmdline") if str(script) in _read(one)]


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


async def test_a_program_that_is_not_there_is_refused(tmp_path: Path, quick: None) -> None:
    with pytest.raises(Refused, match=r"option\.invalid"):
        await tried(tmp_path, SOCIAL, ("no-such-program",))


def test_a_check_that_there_is_not_is_refused_and_all_are_listed() -> None:
    with pytest.raises(Refused) as refused:
        running.named(["twice", "thrice"])
    assert "out-of-order" in str(refused.value.detail)


def test_each_check_says_what_it_expects_and_what_to_do_and_where_it_is_written() -> None:
    for check in CHECKS:
        assert check.expects.endswith(".")
        assert check.next.endswith(".")
        assert (ROOT / check.see.partition("#")[0]).is_file()
