"""The command `barnabus`: what it answers to wrong input, and the documents that scripts rely on."""

import asyncio
import contextlib
import json
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bus import keys, signs, store, tasks
from bus.settings import STORE, Settings
from cli import following, keeper
from cli.main import app
from contracts.errors import CODES
from tests.builders import HEALTH, OVERSIGHT, POLICE, PROSECUTION, SOCIAL, ByHand, encoded, new_case, now, refer
from tests.conftest import Said
from tests.credentials import given
from tests.living import Bus, eventually

Run = Callable[..., Result]
ROOT = Path(__file__).resolve().parents[2]
REFERRAL = "contracts/examples/referral.made.valid.json"


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command line over this test's home."""
    monkeypatch.setenv("BARNABUS_HOME", str(settings.home))
    monkeypatch.delenv("BARNABUS_NATS_URL", raising=False)
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("cli.show.err._width", 400)

    def run_it(*words: str, given: bytes | str | None = None) -> Result:
        return CliRunner().invoke(app, words, input=given)

    return run_it


def refused(found: Result, code: str) -> str:
    """What was said of a refusal: coded, on standard error, with the next step, and no traceback."""
    assert found.exit_code == CODES[code].exit, found.output
    assert found.stdout == ""
    assert code in found.stderr
    assert f"Next: {CODES[code].hint}" in found.stderr
    assert "Traceback" not in found.stderr
    return found.stderr


def document(found: Result) -> Any:
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


# wrong input


@pytest.mark.parametrize("words", [("simulate", "--cases", "0"), ("demo", "--once", "--cases", "0")])
@pytest.mark.parametrize("there", ["a file", "a home", "somebody's files"])
def test_what_is_played_begins_only_where_nothing_is(
    settings: Settings, tmp_path: Path, words: tuple[str, ...], there: str
) -> None:
    """Before anything of it is shown or written. In a process of its own, as both set up logging and stores."""
    home = settings.home if there == "a home" else tmp_path / "somewhere"
    if there == "a file":
        home.write_text("mine")
    elif there == "somebody's files":
        home.mkdir()
        (home / "mine").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    played = [sys.executable, "-m", "cli", *words, "--home", str(home)]
    found = subprocess.run(played, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (found.returncode, found.stdout) == (CODES["home.not-new"].exit, "")
    assert "home.not-new" in found.stderr
    assert "Traceback" not in found.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    missing = tmp_path / "no [such] file.json"
    assert f"{missing}: No such file or directory." in refused(run("submit", "police", str(missing)), "file.unreadable")
    refused(run("submit", "police", str(tmp_path)), "file.unreadable")


@pytest.mark.parametrize(
    "words",
    [
        ("submit", "fire-brigade", REFERRAL),
        ("adapter", "fire-brigade"),
        ("inbox", "fire-brigade", "list"),
        ("inbox", "[red]", "show", "x"),
        ("parked", "list", "fire-brigade"),
        ("parked", "retry", "Police"),
    ],
)
def test_an_agency_without_an_adapter_is_refused_with_those_that_have_one(run: Run, words: Sequence[str]) -> None:
    assert "There are: health, oversight, police, prosecution, social." in refused(run(*words), "agency.unknown")


@pytest.mark.usefixtures("commands_at_hand")
@pytest.mark.parametrize(
    "words",
    [
        ("inbox", "police", "list"),
        ("parked", "list", "police"),
        ("parked", "retry", "police"),
        ("case", "log", new_case(), "--purpose", "to see"),
        ("handoffs", "list"),
        ("cases", "summary"),
        ("projections", "status"),
        ("projections", "rebuild"),
        ("figures", "publish", "--period", "2021"),
    ],
)
def test_a_folder_that_is_no_home_is_said_to_be_none(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: Sequence[str]
) -> None:
    monkeypatch.setenv("BARNABUS_HOME", str(tmp_path / "nowhere"))
    assert "nowhere" in refused(run(*words), "home.missing")
    assert not (tmp_path / "nowhere").exists(), "looking makes no home"


@pytest.mark.usefixtures("commands_at_hand")
@pytest.mark.parametrize("words", [("up",), ("provision",)])
def test_a_home_that_cannot_be_made_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: Sequence[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BARNABUS_HOME", str(tmp_path / "file" / "home"))
    assert "home" in refused(run(*words), "file.unwritable")


@pytest.mark.parametrize("words", [("submit", "police", REFERRAL), ("case", "log", new_case(), "--purpose", "to see")])
def test_when_no_server_runs_it_is_said_at_once(run: Run, words: Sequence[str]) -> None:
    refused(run(*words), "nats.unreachable")


def test_a_home_is_provisioned_once(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refused(run("provision"), "home.provisioned")
    monkeypatch.setenv("BARNABUS_HOME", str(tmp_path / "new"))
    made = run("provision")
    assert made.exit_code == 0
    assert str(tmp_path / "new") in made.stdout


@pytest.mark.parametrize("purpose", [(), ("--purpose", ""), ("--purpose", " \t ")])
def test_a_case_is_shown_to_nobody_who_gives_no_purpose(run: Run, settings: Settings, purpose: Sequence[str]) -> None:
    assert "--purpose" in refused(run("case", "log", new_case(), *purpose), "purpose.missing")
    assert not (settings.home / "reader" / "access.jsonl").exists()


@pytest.mark.parametrize("case_ref", ["7k3q-9m2x-w4td-h6rw", "7K3Q-9M2X-W4TD-H6RV", "x", "", "*", ">"])
def test_a_mistyped_case_reference_is_no_missing_case(run: Run, settings: Settings, case_ref: str) -> None:
    assert "case_ref" in refused(run("case", "log", case_ref, "--purpose", "to see"), "field.invalid")
    assert not (settings.home / "reader" / "access.jsonl").exists()


def test_a_purpose_that_cannot_be_written_down_shows_nothing(run: Run, settings: Settings) -> None:
    (settings.home / "reader").write_text("in the way")
    refused(run("case", "log", new_case(), "--purpose", "to see"), "purpose.unrecorded")


@pytest.mark.parametrize("verb", ["log", "show", "timeline"])
def test_a_purpose_is_written_down_before_anything_is_read(run: Run, settings: Settings, verb: str) -> None:
    case = new_case()
    run("case", verb, case, "--purpose", "Përgatitje për seancë", "--json")
    journal = settings.home / "reader" / "access.jsonl"
    (line,) = [json.loads(line) for line in journal.read_text().splitlines()]
    assert list(line) == ["at", "who", "case_ref", "purpose"]
    assert (line["case_ref"], line["purpose"]) == (case, "Përgatitje për seancë")
    assert journal.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--as-of", "Tuesday"), "--as-of"),
        (("--as-of", "2019-02-30T14:00"), "--as-of"),
        (("--position", "3", "--as-of", "2019-03-12"), "--position"),
        (("--position", "3", "--as-known-to", "social"), "--position"),
    ],
)
def test_a_moment_that_is_none_is_refused_before_anybody_looks(
    run: Run, settings: Settings, words: Sequence[str], field: str
) -> None:
    assert field in refused(run("case", "show", new_case(), "--purpose", "to see", *words), "option.invalid")
    assert not (settings.home / "reader" / "access.jsonl").exists()


def test_as_known_to_names_an_agency(run: Run, settings: Settings) -> None:
    words = ("case", "show", new_case(), "--purpose", "to see", "--as-known-to", "the-court")
    refused(run(*words), "agency.unknown")


@pytest.mark.parametrize("words", [("inbox", "social", "show", "x"), ("parked", "show", "social", "x")])
def test_a_letter_that_is_not_there_is_not_found(run: Run, words: Sequence[str]) -> None:
    refused(run(*words), "letter.not-found")


@pytest.mark.parametrize(
    "words", [(), ("submit",), ("submit", "police"), ("inbox", "social", "list", "--limit", "0"), ("fly",), ("case",)]
)
def test_a_command_line_that_is_none_is_answered_with_how_it_goes(run: Run, words: Sequence[str]) -> None:
    found = run(*words)
    assert found.exit_code == 2
    assert "Usage" in found.output
    assert "Traceback" not in found.output


def test_a_new_sealing_key_needs_the_root_key_here_and_says_so(run: Run, settings: Settings) -> None:
    (settings.keys("root") / "root.jwk").rename(settings.home / "taken-away.jwk")
    before = settings.directory.read_bytes()
    for more in ((), ("--write",)):
        refused(run("recover", "social", "--new-sealing-key", *more), "root.missing")
    assert settings.directory.read_bytes() == before


def test_a_new_sealing_key_is_reported_first_and_then_made(run: Run) -> None:
    looked = run("recover", "social", "--new-sealing-key")
    assert (looked.exit_code, looked.stdout) == (
        0,
        "To be ended: social-enc-1 (kept, for letters that are sealed to it); to be made: social-enc-2.\n"
        "Stop its adapter, then: barnabus recover social --new-sealing-key --write\n",
    )
    assert document(run("recover", "social", "--new-sealing-key", "--write", "--json")) == {
        "agency": "social", "written": True, "ended": "social-enc-1", "still_held": True, "new": "social-enc-2",
    }  # fmt: skip
    assert "directory.jws" in run("recover", "social", "--new-sealing-key", "--write").stdout


def test_keys_are_listed_with_whose_they_are_and_whether_they_are_here(run: Run, settings: Settings) -> None:
    (settings.keys("social") / "sealing.jwk").unlink()
    rows = {row["id"]: row for row in document(run("keys", "list", "--json"))["keys"]}
    assert len(rows) == 13, "two of each agency and of the keeper, one of the gateway"
    assert (rows["social-sig-1"]["here"], rows["social-enc-1"]["here"]) == (True, False)
    assert (rows["gateway-sig-1"]["use"], rows["police-enc-1"]["use"]) == ("signing", "sealing")
    assert "social-sig-1" in run("keys", "list").stdout
    assert '"d"' not in run("keys", "list", "--json").stdout, "no private half"


def test_a_new_signing_key_is_reported_first_and_then_made_and_the_old_one_revoked(run: Run) -> None:
    assert "To be made: police-sig-2. police-sig-1 counts until 20" in run("keys", "rotate", "police").stdout
    refused(run("keys", "revoke", "police-sig-1", "--write"), "key.only")
    made = document(run("keys", "rotate", "police", "--write", "--json"))
    assert (made["old"], made["new"], made["written"]) == ("police-sig-1", "police-sig-2", True)
    assert "would end now" in run("keys", "revoke", "police-sig-1").stdout
    assert "has ended" in run("keys", "revoke", "police-sig-1", "--write").stdout
    assert "police-sig-1" not in run("keys", "list").stdout
    ended = [row for row in document(run("keys", "list", "--all", "--json"))["keys"] if not row["counts"]]
    assert [row["id"] for row in ended] == ["police-sig-1"]


def test_nats_users_are_listed_by_their_public_halves(run: Run, settings: Settings) -> None:
    (settings.keys("social") / "system.nk").unlink()
    rows = {(row["owner"], row["use"]): row for row in document(run("keys", "list", "--json"))["nats"]}
    assert len(rows) == 15, "gateway and provisioner, reader, monitor, two of each agency, the keeper's adapter"
    assert (rows["police", "nats adapter"]["here"], rows["social", "nats system"]["here"]) == (True, False)
    shown = run("keys", "list").stdout
    assert all(row["id"] in shown for row in rows.values())
    assert not [path for path in settings.home.rglob("*.nk") if path.read_text() in shown]


def test_a_nats_key_is_reported_first_and_needs_no_root_key(run: Run, settings: Settings) -> None:
    (settings.keys("root") / "root.jwk").unlink()
    words = ("keys", "rotate", "police", "--nats", "adapter")
    seed = settings.keys(POLICE) / "adapter.nk"
    before = seed.read_bytes()
    assert "To be made: a key by which police's adapter connects to NATS" in run(*words).stdout
    assert seed.read_bytes() == before
    made = document(run(*words, "--write", "--json"))
    assert made["taken"] is False, "no server runs"
    assert made["line"] == f'POLICE_ADAPTER: "{made["new"]}"'
    assert made["line"] in settings.nats_config.read_text()
    assert made["line"].split()[0] in run(*words, "--write").stdout
    assert stat.S_IMODE(seed.stat().st_mode) == 0o600


async def test_a_new_nats_key_is_tried_at_the_server_that_runs(run: Run, bus: Bus, said: Said) -> None:
    words = ("keys", "rotate", "social", "--nats", "adapter", "--write")
    assert document(await asyncio.to_thread(run, *words, "--json"))["taken"] is True
    assert "takes it, and the old one no more" in (await asyncio.to_thread(run, *words)).stdout


def test_whoever_ends_a_gateways_key_is_told_of_its_nats_key(run: Run) -> None:
    for owner, told in (("gateway", True), ("police", False)):
        run("keys", "rotate", owner, "--write")
        for more in ((), ("--write",)):
            said = run("keys", "revoke", f"{owner}-sig-1", *more).stdout
            assert ("barnabus keys rotate gateway --nats gateway --write" in said) is told


async def test_the_log_says_which_directory_each_agency_has_gone_by(run: Run, bus: Bus) -> None:
    assert document(await asyncio.to_thread(run, "keys", "history", "--json")) == []
    await asyncio.to_thread(run, "keys", "rotate", "police", "--write")
    adopted = "SELECT 1 FROM outbox WHERE type = 'directory.adopted' AND stamp IS NOT NULL"
    await eventually(lambda: bus.app(SOCIAL).store.read(adopted) and bus.app(POLICE).store.read(adopted))
    rows = document(await asyncio.to_thread(run, "keys", "history", "--json"))
    assert sorted(row["agency"] for row in rows) == ["police", "social"]
    assert {(row["new"], row["ended"], row["by the root"]) for row in rows} == {("police-sig-2", "police-sig-1", True)}
    assert "police-sig-2" in (await asyncio.to_thread(run, "keys", "history")).stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("rotate", "nobody"), "agency.unknown"),
        (("rotate", "gateway", "--sealing"), "option.invalid"),
        (("rotate", "police", "--nats", "gateway"), "option.invalid"),
        (("rotate", "nobody", "--nats", "adapter"), "option.invalid"),
        (("rotate", "police", "--nats", "adapter", "--sealing"), "option.invalid"),
        (("revoke", "police-sig-9"), "key.unknown"),
        (("revoke", "police-sig-9", "--write"), "key.unknown"),
    ],
)
def test_keys_that_there_are_not_are_refused(run: Run, words: Sequence[str], code: str) -> None:
    refused(run("keys", *words), code)


def test_keys_are_changed_where_the_root_key_is_and_nowhere_else(run: Run, settings: Settings) -> None:
    (settings.keys("root") / "root.jwk").rename(settings.home / "taken-away.jwk")
    before = settings.directory.read_bytes()
    for words in (("rotate", "police", "--write"), ("rotate", "police", "--sealing", "--write")):
        refused(run("keys", *words), "root.missing")
    assert settings.directory.read_bytes() == before


def test_a_new_sealing_key_is_not_made_beside_a_running_adapter(run: Run, settings: Settings) -> None:
    with contextlib.closing(store.opened(settings.store(SOCIAL), alone="The adapter of social")):
        refused(run("keys", "rotate", "social", "--sealing", "--write"), "home.in-use")
    assert "Made: social-enc-2" in run("keys", "rotate", "social", "--sealing", "--write").stdout


# documents, out of an agency's own store


@pytest.fixture
def letters(by_hand: ByHand) -> dict[str, str]:
    """The Centre has heard one letter of the police, and could not open another: their ids by their state."""
    police, social = by_hand.application(POLICE), by_hand.application(SOCIAL)
    with contextlib.closing(police), contextlib.closing(social):
        for _ in range(2):
            police.take(encoded(refer()), now())
        heard, parked = (by_hand.log_next(police)[0] for _ in range(2))
        by_hand.deliver(social, heard)
        social._sealing_keys = [keys.new_sealing_key("social")]
        by_hand.deliver(social, parked)
    return {"heard": str(heard.record.id), "parked": str(parked.record.id)}


LISTED = [
    "position", "logged_at", "received_at", "id", "case_ref", "sender", "number", "type", "state", "reason",
    "after_gap", "receipted", "letter",
]  # fmt: skip
PARKED = ["id", "case_ref", "sender", "number", "position", "received_at", "code", "message", "next"]


def test_the_inbox_as_json_has_stable_keys(run: Run, letters: dict[str, str]) -> None:
    found = document(run("inbox", "social", "list", "--json"))
    assert list(found) == ["agency", "letters"]
    assert [list(letter) for letter in found["letters"]] == [LISTED, LISTED]
    heard, parked = found["letters"]
    assert (heard["id"], heard["state"], parked["id"], parked["state"]) == (
        letters["heard"], "heard", letters["parked"], "parked",
    )  # fmt: skip
    assert heard["letter"]["content"]["urgency"] == "urgent"
    assert (parked["letter"], parked["reason"]) == (None, "content.unreadable")
    assert document(run("inbox", "social", "list", "--json", "--after", "1"))["letters"] == [parked]
    assert document(run("inbox", "police", "list", "--json")) == {"agency": "police", "letters": []}


def test_one_letter_as_json_has_its_handoffs_standing(run: Run, letters: dict[str, str]) -> None:
    found = document(run("inbox", "social", "show", letters["heard"], "--json"))
    assert list(found) == [*LISTED, "standing"]
    assert found["standing"]["whose_move"] == "social"
    assert document(run("inbox", "social", "show", letters["parked"], "--json"))["standing"] is None


def test_what_is_parked_as_json_says_what_to_do_next(run: Run, letters: dict[str, str]) -> None:
    (found,) = document(run("parked", "list", "social", "--json"))["parked"]
    assert list(found) == PARKED
    assert (found["id"], found["code"]) == (letters["parked"], "content.unreadable")
    assert document(run("parked", "show", "social", letters["parked"], "--json")) == found


def test_a_retry_that_takes_everything_in_ends_well(run: Run, letters: dict[str, str]) -> None:
    """The command opens the store with the right key."""
    assert document(run("parked", "retry", "social", "--json")) == {
        "agency": "social",
        "taken_in": 1,
        "still_parked": 0,
    }
    assert document(run("parked", "retry", "social", "--json"))["taken_in"] == 0
    assert "Nothing is parked." in run("parked", "list", "social").stdout


def test_a_letter_is_set_aside_by_its_id_and_only_once(run: Run, letters: dict[str, str]) -> None:
    assert "letter.not-found" in run("parked", "set-aside", "social", letters["heard"]).stderr
    assert document(run("parked", "set-aside", "social", letters["parked"], "--json")) == {
        "agency": "social", "set_aside": letters["parked"], "still_parked": 0,
    }  # fmt: skip
    assert run("parked", "set-aside", "social", letters["parked"]).exit_code == 1


def test_a_retry_after_which_something_stays_parked_ends_with_1(
    run: Run, letters: dict[str, str], settings: Settings
) -> None:
    other = settings.keys(SOCIAL) / "sealing.jwk"
    other.unlink()
    keys.write_jwk(other, keys.new_sealing_key("social"))
    found = run("parked", "retry", "social")
    assert (found.exit_code, found.stdout) == (1, "Taken in: 0. Still parked: 1.\n")
    found = run("parked", "retry", "social", "--json")
    assert (found.exit_code, json.loads(found.stdout)["still_parked"]) == (1, 1)


def test_for_people_ids_stay_whole_and_names_are_not_in_the_list(run: Run, letters: dict[str, str]) -> None:
    shown = run("inbox", "social", "list").stdout
    assert all(letter in shown for letter in letters.values())
    assert "Fisteku" not in shown
    assert "Filane Fisteku" in run("inbox", "social", "show", letters["heard"]).stdout


# with everything at work: what the processes log is kept apart (`said`)


@pytest.fixture
async def others(bus: Bus) -> AsyncIterator[None]:
    """The adapters of the other agencies too, the read models, and the keeper of duties."""
    for agency in (PROSECUTION, HEALTH, OVERSIGHT):
        await bus.living.start_adapter(agency)
    folding = asyncio.create_task(following.follow(bus.settings))
    async with keeper.at_work(bus.settings):
        await eventually(lambda: (sign := signs.last(bus.settings.keeper)) and sign.decided_at)
        yield
    await tasks.end(folding)


async def test_submit_case_log_and_doctor_as_json_have_stable_keys(
    said: Said, bus: Bus, run: Run, others: None
) -> None:
    command = refer()
    answer = document(await asyncio.to_thread(run, "submit", "police", "-", "--json", given=encoded(command)))
    assert list(answer) == ["status", "id", "case_ref", "repeated", "stamp", "void", "left_out"]
    assert (answer["status"], answer["id"], answer["void"]) == ("logged", command["id"], None)
    again = await asyncio.to_thread(run, "submit", "police", "-", given=encoded(command))
    assert "the same command was taken before" in again.stdout
    await bus.settled()

    unlogged = new_case()
    credential = str(given(bus.settings, answer["case_ref"], unlogged))
    why = ("--credential", credential, "--for", "inspection", "--purpose", "a test")
    log = document(await asyncio.to_thread(run, "case", "log", answer["case_ref"], *why, "--json"))
    assert list(log) == ["case_ref", "position", "events", "handoffs"]
    event, look = log["events"]
    assert (look["type"], look["codes"]["replayed"]["what"]) == ("access.recorded", "log")
    assert list(event) == [
        "position", "logged_at", "synthetic", "id", "type", "sender", "about", "codes", "causation_id",
        "correlation_id", "void", "letters",
    ]  # fmt: skip
    assert [list(letter) for letter in event["letters"]] == [
        ["to", "number", "tiers", "received_at", "opened", "said_again"]
    ]
    assert event["letters"][0]["received_at"]
    refused(await asyncio.to_thread(run, "case", "log", unlogged, *why), "credential.not-for-case")

    shown = document(await asyncio.to_thread(run, "case", "show", answer["case_ref"], *why, "--json"))
    assert list(shown) == [
        "case_ref", "position", "logged_at", "phase", "phases", "responsible", "closed", "active", "kept_out", "open",
        "children", "suspects", "linked",
    ]  # fmt: skip
    assert [one["stage"] for one in shown["open"]] == ["made"]
    words = ("case", "show", answer["case_ref"], *why, "--as-known-to")
    knew = document(await asyncio.to_thread(run, *words, "social", "--json"))
    assert list(knew)[len(shown) :] == ["as_known_to", "as_of", "known", "waiting", "unsent"]
    assert [one["type"] for one in knew["known"]] == ["referral.made", *["access.recorded"] * 3]
    for one in knew["known"]:
        assert list(one) == [
            "position", "logged_at", "sender", "type", "id", "recorded", "own", "held_at", "opened", "tiers", "seen_at",
        ]  # fmt: skip
    nobody = document(await asyncio.to_thread(run, *words, "health", "--as-of", "2019-03-12T14:00", "--json"))
    assert (nobody["known"], nobody["waiting"], nobody["unsent"]) == ([], [], []), "it did not exist then"
    assert nobody["as_of"] == "2019-03-12T14:00:00+01:00", "a moment without an offset is Kosovo's time"
    words = ("case", "timeline", answer["case_ref"], *why, "--json")
    told = document(await asyncio.to_thread(run, *words))
    assert list(told) == ["case_ref", "events", "handoffs"]
    assert [one["type"] for one in told["events"]] == ["referral.made", *["access.recorded"] * 5]
    assert [(one["from"], one["to"], one["ended_at"]) for one in told["handoffs"]] == [("police", "social", None)]

    found = document(await asyncio.to_thread(run, "doctor", "--json"))
    assert list(found) == ["ok", "findings"]
    assert found["ok"]
    assert all(list(finding) == ["check", "state", "said", "next", "group", "until"] for finding in found["findings"])


async def test_a_command_that_is_refused_ends_with_2_and_its_code(said: Said, bus: Bus, run: Run) -> None:
    wrong = encoded(refer(data={"urgency": "soon"}))
    assert "data.urgency" in refused(
        await asyncio.to_thread(run, "submit", "police", "-", given=wrong), "field.invalid"
    )
    found = await asyncio.to_thread(run, "submit", "police", "-", "--json", given=b"{")
    assert found.exit_code == 2
    assert json.loads(found.stdout)["error"]["code"] == "document.not-json"


async def test_an_adapter_that_is_away_is_said(said: Said, bus: Bus, run: Run, others: None) -> None:
    await bus.living.stop_adapter(POLICE)
    refused(await asyncio.to_thread(run, "submit", "police", "-", given=encoded(refer())), "adapter.unreachable")
    found = await asyncio.to_thread(run, "doctor", "--json")
    assert found.exit_code == 1
    failed = [finding for finding in json.loads(found.stdout)["findings"] if finding["state"] == "fail"]
    assert [finding["check"] for finding in failed] == ["police: adapter"]
    assert failed[0]["next"] == CODES["adapter.unreachable"].hint


async def test_doctor_names_the_store_that_cannot_be_reached(
    said: Said, bus: Bus, run: Run, others: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{STORE}_POLICE", "postgresql://police:s3cret@127.0.0.1:1/police")
    found = await asyncio.to_thread(run, "doctor", "--json")
    failed = [finding for finding in json.loads(found.stdout)["findings"] if finding["state"] == "fail"]
    assert [finding["check"] for finding in failed] == ["police: gateway", "police: store"]
    assert all(finding["said"].startswith("store.unavailable") for finding in failed)
    assert "s3cret" not in found.output


async def test_doctor_names_the_agency_whose_sealing_key_is_not_here(said: Said, bus: Bus, run: Run) -> None:
    (bus.settings.keys(SOCIAL) / "sealing.jwk").rename(bus.settings.keys(SOCIAL) / "elsewhere.jwk")
    keys.write_jwk(bus.settings.keys(SOCIAL) / "sealing-2.jwk", keys.new_sealing_key("social", 2))
    findings = json.loads((await asyncio.to_thread(run, "doctor", "--json")).stdout)["findings"]
    (failed,) = [finding for finding in findings if finding["check"] == "social: sealing key"]
    assert (failed["state"], failed["next"]) == ("fail", CODES["key.lost"].hint)
    assert "social-enc-1" in failed["said"]


async def test_doctor_names_the_agency_that_has_no_key_to_sign_with(said: Said, bus: Bus, run: Run) -> None:
    (bus.settings.keys(POLICE) / "signing.jwk").rename(bus.settings.keys(POLICE) / "elsewhere.jwk")
    findings = json.loads((await asyncio.to_thread(run, "doctor", "--json")).stdout)["findings"]
    by_check = {finding["check"]: finding for finding in findings}
    assert by_check["police: signing key"]["said"].startswith("key.ended")
    assert by_check["gateway: signing key"]["said"] == "gateway-sig-1 signs"


async def test_doctor_counts_what_waits_in_the_posts_and_warns_of_a_full_one(
    said: Said, bus: Bus, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def posts() -> dict[str, str]:
        findings = json.loads((await asyncio.to_thread(run, "doctor", "--json")).stdout)["findings"]
        (found,) = [finding for finding in findings if finding["check"] == "posts"]
        return dict(found)

    await bus.living.stop_adapter(SOCIAL)
    await bus.police.do(refer())
    assert (await posts())["said"] == "waiting: 1 for social"
    monkeypatch.setattr("cli.log_health.NEARLY_FULL", 0)
    assert ((await posts())["state"], (await posts())["said"]) == ("warn", "nearly full: social")


def test_doctor_names_key_files_that_others_can_read(run: Run, settings: Settings) -> None:
    exposed = settings.keys(POLICE) / "signing.jwk"
    exposed.chmod(0o644)
    found = run("doctor", "--json")
    assert found.exit_code == 1
    (failed,) = [finding for finding in json.loads(found.stdout)["findings"] if finding["state"] == "fail"]
    assert (failed["check"], failed["next"]) == ("private keys", CODES["home.exposed"].hint)
    assert str(exposed) in failed["said"]
