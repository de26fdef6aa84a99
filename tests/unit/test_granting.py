"""Giving out credentials: files that their person alone can read, and keys that nothing prints."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bus import credential, directory, keys
from bus.settings import Settings
from cli.main import app
from contracts.errors import CODES
from tests.builders import OVERSIGHT, new_case, now

CASE = new_case()
WORDS = ("--agency", "prosecution", "--role", "inspector", "--case", CASE)
Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("BARNABUS_HOME", str(settings.home))
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("cli.show.err._width", 400)
    monkeypatch.delenv("BARNABUS_CREDENTIAL", raising=False)
    return lambda *words: CliRunner().invoke(app, list(words))


def granted(run: Run, *more: str, person: str = "inspector-17") -> Path:
    found = run("access", "grant", "--person", person, *WORDS, *more, "--json")
    assert found.exit_code == 0, found.output
    return Path(json.loads(found.stdout)["file"])


def refused(found: Result, code: str) -> str:
    assert (found.exit_code, found.stdout) == (CODES[code].exit, ""), found.output
    assert code in found.stderr
    return found.stderr


def test_a_credential_lies_with_its_keys_where_its_person_alone_can_read_them(run: Run, settings: Settings) -> None:
    file = granted(run)
    assert file == settings.home / "investigators" / "inspector-17" / "credential.jws"
    assert sorted(path.name for path in file.parent.iterdir()) == ["credential.jws", "sealing.jwk", "signing.jwk"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (file.parent, *file.parent.iterdir()))
    said = credential.read(file.read_text().strip(), directory.load(settings), now())
    assert (said.person, said.agency, said.role, said.cases) == ("inspector-17", "prosecution", "inspector", (CASE,))
    for name, public in (("sealing", said.sealing), ("signing", said.signing)):
        assert keys.read_jwk(file.parent / f"{name}.jwk").as_dict(private=False) == dict(public)


def test_no_key_is_printed(run: Run) -> None:
    given = run("access", "grant", "--person", "inspector-17", *WORDS)
    file = next(line for line in given.stdout.split() if line.endswith("credential.jws,")).rstrip(",")
    shown = run("access", "show", file).stdout + run("access", "show", file, "--json").stdout
    private = [json.loads(path.read_text()) for path in Path(file).parent.glob("*.jwk")]
    assert len(private) == 2
    assert not any(key[part] in given.output + shown for key in private for part in ("d", "x"))
    assert CASE in shown


def test_a_newer_credential_stands_beside_the_older_one_with_the_same_keys(run: Run) -> None:
    first = granted(run)
    before = {path.name: path.read_bytes() for path in first.parent.iterdir()}
    assert granted(run).name == "credential-2.jws"
    assert {name: (first.parent / name).read_bytes() for name in before} == before


def test_it_goes_into_another_folder_if_one_is_named(run: Run, tmp_path: Path) -> None:
    assert granted(run, "--out", str(tmp_path / "stick")).parent == tmp_path / "stick"


@pytest.mark.parametrize(
    ("words", "code", "place"),
    [
        (("--person", "Drita Hoxha", *WORDS), "field.invalid", "person"),
        (("--person", "inspector-17", *WORDS, "--case", "x"), "field.invalid", "cases"),
        (("--person", "inspector-17", *WORDS[:-1], "7k3q-9m2x-w4td-h6rw"), "field.invalid", "cases"),
        (("--person", "inspector-17", "--agency", "keeper", *WORDS[2:]), "agency.unknown", ""),
        (("--person", "inspector-17", *WORDS[:2], "--role", "boss", *WORDS[4:]), "option.invalid", "--role"),
        (("--person", "inspector-17", *WORDS, *["--case", CASE] * 50), "field.invalid", "cases"),
    ],
)
def test_what_cannot_be_said_is_given_to_nobody(
    run: Run, settings: Settings, words: tuple[str, ...], code: str, place: str
) -> None:
    assert place in refused(run("access", "grant", *words), code)
    assert not (settings.home / "investigators").exists()


@pytest.mark.parametrize("days", ["0", "91"])
def test_no_credential_is_good_for_longer_than_it_may_be(run: Run, settings: Settings, days: str) -> None:
    assert run("access", "grant", "--person", "inspector-17", *WORDS, "--days", days).exit_code == 2
    assert not (settings.home / "investigators").exists()


def test_where_oversights_key_is_not_nobody_is_given_anything(run: Run, settings: Settings) -> None:
    shutil.rmtree(settings.keys(OVERSIGHT))
    refused(run("access", "grant", "--person", "inspector-17", *WORDS), "oversight.missing")
    assert not (settings.home / "investigators").exists()


def test_a_case_that_a_credential_does_not_name_is_not_withdrawn_from_it(run: Run) -> None:
    refused(run("access", "withdraw", str(granted(run)), "--case", new_case()), "credential.not-for-case")


def test_an_emergency_names_its_ground_and_never_writes_over_a_file(run: Run, tmp_path: Path) -> None:
    words = ("access", "emergency", new_case(), "--out", str(tmp_path / "asked"))
    refused(run(*words, "--ground", "child-missing"), "credential.missing")
    mine = ("--credential", str(granted(run)))
    assert "--ground" in refused(run(*words, *mine), "option.invalid")
    assert "--ground" in refused(run(*words, *mine, "--ground", "hurry"), "option.invalid")
    assert not (tmp_path / "asked").exists()
    assert run(*words, *mine, "--ground", "child-missing").exit_code == 0
    before = (tmp_path / "asked").read_bytes()
    refused(run(*words, *mine, "--ground", "child-missing"), "file.unwritable")
    assert (tmp_path / "asked").read_bytes() == before


def test_vouching_says_for_whom_and_what_and_for_how_long(run: Run, tmp_path: Path) -> None:
    asked, case, other = str(tmp_path / "asked"), new_case(), str(granted(run, person="supervisor-3"))
    mine = ("--credential", str(granted(run)), "--ground", "danger-to-life")
    assert "vouch" in run("access", "emergency", case, *mine, "--out", asked).stdout
    said = run("access", "vouch", asked, "--credential", other, "--out", str(tmp_path / "vouched")).stdout
    for part in ("inspector-17 of prosecution", case, "60 minutes", "danger-to-life"):
        assert part in said
