"""No change of the contracts passes the gate without its version, its line, its example, its upcast, its consumers.

The last release is made up by changing what it held: what differs is then a change of today's.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import contracts
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.entry import Entry
from contracts.errors import Refused
from contracts.releasing import consumers, document, gate, recorded, release
from contracts.tiers import LOGGED
from contracts.upcasts import Upcast
from tests.contract.test_changes import State, without
from tests.versions import FIRST, SECOND, TYPE, UPCAST, MissingAtFirst, as_of

ROOT = Path(__file__).parents[2]
LAST = contracts.VERSION
MINOR, MAJOR = "1.1.0", "2.0.0"
FIELDS = ("types", TYPE, "fields")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout as far as the gate looks: its releases, its consumers, its changelog."""
    for folder in (document.FOLDER, consumers.FOLDER):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / gate.CHANGELOG).write_text("# Changelog\n\n## 0.1.0\n\n### Contracts 1.0.0\n- The first release.\n")
    return tmp_path


def released(root: Path, change: Callable[[State], object]) -> None:
    """As if the last release had been another one."""
    path = root / document.FOLDER / f"{LAST}.json"
    state = json.loads(path.read_text())
    change(state)
    path.write_text(document.text(state))


@contextmanager
def version(number: str, entry: Entry | None = None, *, lifted_by: tuple[Upcast, ...] = ()) -> Iterator[None]:
    """While it lasts, the contracts say this version, and the catalogue has this entry."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(contracts, "VERSION", number)
        with as_of(entry or CATALOGUE[TYPE], *lifted_by):
            yield


def logged(root: Path, number: str, *lines: str) -> None:
    path = root / gate.CHANGELOG
    path.write_text(path.read_text().replace("## 0.1.0", "\n".join(("## 0.1.0\n", f"### Contracts {number}", *lines))))


def problems(root: Path) -> list[tuple[str, str]]:
    return [(problem.code, problem.detail or "") for problem in gate.pass_through(root).problems]


def codes(root: Path) -> set[str]:
    return {code for code, _ in problems(root)}


# this repository


def test_this_repository_passes_the_gate() -> None:
    assert [str(problem) for problem in gate.pass_through(ROOT).problems] == []


def test_every_submission_that_was_ever_recorded_is_read_today() -> None:
    assert list(recorded.replay(ROOT)) == []
    first = document.read(document.released(ROOT)[0], ROOT)
    for name, of in first["types"].items():
        found = json.loads((ROOT / recorded.FOLDER / of["version"] / f"{name}.json").read_text())
        assert found["record"]["type"] == name
        assert set(found["letters"]) <= set(of.get("receivers", {}))
        assert ("command" in found) is ("command" in of)


def test_before_the_first_release_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    assert gate.pass_through(tmp_path) == gate.Found([], [])


# something is added


def added(state: State) -> None:
    """The last release had no `identity` in it: it is new today."""
    for path in [path for path in state["types"][TYPE]["fields"] if path.startswith("identity")]:
        del state["types"][TYPE]["fields"][path]


def test_an_optional_field_needs_a_minor_step_of_the_type_and_of_the_whole_and_a_line(root: Path) -> None:
    released(root, added)
    assert problems(root) == [
        ("contract.step-missing", "VERSION in contracts/__init__.py: it is 1.0.0; a minor step is asked for."),
        ("contract.step-missing", f"{TYPE} in contracts/catalogue: it is 1.0; a minor step is asked for."),
        ("contract.unsaid", f"`{TYPE}`, under `### Contracts 1.0.0`."),
    ]
    with version(MINOR, replace(CATALOGUE[TYPE], version="1.1")):
        assert problems(root) == [("contract.unsaid", f"`{TYPE}`, under `### Contracts 1.1.0`.")]
        logged(root, MINOR, f"- `{TYPE}` says who the child is.")
        assert problems(root) == []


def test_a_line_counts_under_the_coming_version_alone(root: Path) -> None:
    released(root, added)
    logged(root, "1.2.0", f"- `{TYPE}` says who the child is.")
    path = root / gate.CHANGELOG
    path.write_text(path.read_text() + f"\n## 0.0.1\n- `{TYPE}` is there.\n")
    with version(MINOR, replace(CATALOGUE[TYPE], version="1.1")):
        assert codes(root) == {"contract.unsaid"}


def test_a_new_field_that_no_example_shows_does_not_pass(root: Path) -> None:
    released(root, added)
    logged(root, MINOR, f"- `{TYPE}` says who the child is.")
    unshown = {name: value for name, value in CATALOGUE[TYPE].example.items() if name != "identity"}
    with version(MINOR, replace(CATALOGUE[TYPE], version="1.1", example=unshown)):
        assert [code for code, _ in problems(root)] == ["contract.unshown"] * 3
        assert problems(root)[0] == ("contract.unshown", f"{TYPE}, identity.")


def test_the_example_of_a_type_that_has_changed_has_to_pass(root: Path) -> None:
    released(root, added)
    logged(root, MINOR, f"- `{TYPE}` says who the child is.")
    wrong = {**CATALOGUE[TYPE].example, "missing_since": "yesterday"}
    with version(MINOR, replace(CATALOGUE[TYPE], version="1.1", example=wrong)):
        assert problems(root) == [
            ("contract.unshown", f"{TYPE}: its content is refused, field.invalid at missing_since.")
        ]
    left = {"gone_since" if name == "missing_since" else name: said for name, said in CATALOGUE[TYPE].example.items()}
    with version(MINOR, replace(CATALOGUE[TYPE], version="1.1", example=left)):
        assert codes(root) == {"contract.unshown"}, "a field was renamed, and the example was left as it was"


def test_a_new_code_may_be_named_itself_and_hurts_a_consumer_that_does_not_know_it(root: Path) -> None:
    reason = ("types", "referral.declined", "fields", "next_step", "codes")
    released(root, without(*reason, "sender-keeps"))
    police = root / consumers.FOLDER / "police-records.toml"
    police.write_text(police.read_text().replace('"sender-keeps", ', ""))
    logged(root, MINOR, "- A next step more: `sender-keeps`.")
    with version(MINOR, replace(CATALOGUE["referral.declined"], version="1.1")):
        ((code, detail),) = problems(root)
        assert code == "contract.consumer-hurt"
        assert "Records system of the police" in detail
        assert "next_step" in detail
        assert "sender-keeps" in detail
        shutil.copy(ROOT / consumers.FOLDER / police.name, police)
        assert problems(root) == [], "it knows the code, and says so"


def test_an_error_code_needs_a_line(root: Path) -> None:
    released(root, without("errors", "route.bypassed"))
    logged(root, MINOR)
    with version(MINOR):
        assert problems(root) == [("contract.unsaid", "`route.bypassed`, under `### Contracts 1.1.0`.")]
        logged(root, MINOR, "- Code `route.bypassed`.")
        assert problems(root) == []


def test_a_document_around_contents_has_a_version_of_its_own(root: Path) -> None:
    released(root, without("envelopes", "command", "fields", "version"))
    logged(root, MINOR, "- A `command` says its version.")
    with version(MINOR):
        ((code, detail),) = problems(root)
    assert code == "contract.step-missing"
    assert "ENVELOPE_VERSION in contracts/export/schemas.py: it is 1.0; a minor step is asked for." in detail


# something breaks


def first_version(root: Path) -> None:
    """As if the type had been released in its made-up first version."""
    with as_of(FIRST):
        of_first, said = document.of_type(FIRST), recorded.submission(FIRST)
    released(root, lambda state: state["types"].update({TYPE: of_first}))
    (root / recorded.FOLDER / "1.0" / f"{TYPE}.json").write_text(json.dumps(said))
    consumer = root / consumers.FOLDER / "police-records.toml"
    consumer.write_text(consumer.read_text().replace('"missing_since"', '"gone_since"'))


def test_a_change_that_breaks_needs_a_major_step_a_line_and_an_upcast(root: Path) -> None:
    first_version(root)
    assert codes(root) == {
        "contract.step-missing", "contract.unsaid", "contract.record-unread", "contract.consumer-hurt"
    }  # fmt: skip
    logged(root, MAJOR, f"- `{TYPE}` says `missing_since` in place of `gone_since`.")
    with version(MAJOR, SECOND):
        assert codes(root) == {"contract.upcast-missing", "contract.record-unread"}
    with version(MINOR, SECOND, lifted_by=(UPCAST,)):
        logged(root, MINOR, f"- `{TYPE}`.")
        assert codes(root) == {"contract.step-missing", "contract.consumer-hurt"}
    with version(MAJOR, replace(SECOND, version="1.1")):
        assert "contract.step-missing" in codes(root), "a minor step of the type is not enough"
    with version(MAJOR, SECOND, lifted_by=(UPCAST,)):
        assert problems(root) == []


def test_who_may_say_and_hear_a_type_may_become_fewer_by_a_major_step_and_what_was_said_is_still_read(
    root: Path,
) -> None:
    first_version(root)
    logged(root, MAJOR, f"- `{TYPE}` is said by health alone, and police hear its codes.")
    fewer = replace(
        SECOND,
        senders=frozenset({Agency.HEALTH}),
        told=frozenset({Agency.POLICE}),
        tiers={Agency.POLICE: LOGGED, Agency.OVERSIGHT: SECOND.seen_by(Agency.OVERSIGHT)},
    )
    with version(MAJOR, fewer, lifted_by=(UPCAST,)):
        assert {change.rule for change in gate.pass_through(root).changes} >= {
            "sender-removed", "receiver-removed", "told-removed", "tier-taken"
        }  # fmt: skip
        found = json.loads((root / recorded.FOLDER / "1.0" / f"{TYPE}.json").read_text())
        assert list(recorded.refusals(found)) == []


def test_an_upcast_that_reads_what_was_recorded_wrongly_does_not_pass(root: Path) -> None:
    first_version(root)
    logged(root, MAJOR, f"- `{TYPE}`.")
    wrong = replace(UPCAST, lift=lambda content, tiers: {"concerns": content["concerns"]})
    with version(MAJOR, SECOND, lifted_by=(wrong,)):
        found = [detail for code, detail in problems(root) if code == "contract.record-unread"]
    assert [detail.partition(": ")[0].rpartition(", ")[2] for detail in found] == [
        "command", "record", "letters.police", "letters.prosecution"
    ]  # fmt: skip
    assert found[1].endswith("record: field.missing at data.content.missing_since.")


def test_an_upcast_begins_with_the_very_fields_that_were_released(root: Path) -> None:
    first_version(root)
    logged(root, MAJOR, f"- `{TYPE}`.")

    class Otherwise(MissingAtFirst):
        """As somebody remembers it."""

        dangers: Any = CATALOGUE[TYPE].content.model_fields["missing_since"]

    for upcast in (replace(UPCAST, content=Otherwise), replace(UPCAST, last="1.4")):
        with version(MAJOR, SECOND, lifted_by=(upcast,)):
            assert "contract.upcast-missing" in codes(root)


def test_a_type_of_which_nothing_was_recorded_does_not_pass(root: Path) -> None:
    (root / recorded.FOLDER / "1.0" / f"{TYPE}.json").unlink()
    assert problems(root) == [("release.altered", f"Nothing is recorded of {TYPE} 1.0.")]


def test_a_release_that_was_altered_does_not_pass(root: Path) -> None:
    path = root / document.FOLDER / f"{LAST}.json"
    path.write_text(path.read_text().replace('"required": true', '"required": false', 1))
    with pytest.raises(Refused, match=r"release\.altered"):
        gate.pass_through(root)


@pytest.mark.parametrize(
    ("old", "new", "wanted", "is_so"),
    [("1.0", "1.1", "minor", True), ("1.0", "2.0", "minor", True), ("1.0", "1.2", "minor", False),
     ("1.0", "1.0", "minor", False), ("1.4", "2.0", "major", True), ("1.4", "1.5", "major", False),
     ("1.4", "2.1", "major", False), ("1.4", "3.0", "major", False), ("1.4", "1.4", "none", True),
     ("1.4", "1.3", "none", False), ("1.4", "1.4", "patch", True)],
)  # fmt: skip
def test_a_version_is_raised_by_one_step(old: str, new: str, wanted: str, *, is_so: bool) -> None:
    assert gate.raised(old, new, document.Step(wanted)) is is_so


@pytest.mark.parametrize(
    ("path", "is_so"),
    [("a", True), ("a.b", True), ("a.c", False), ("d[].e", True), ("d[].f", False), ("g", False), ("h", True)],
)
def test_an_example_shows_a_field_where_it_holds_something(path: str, *, is_so: bool) -> None:
    assert gate.shows({"a": {"b": 1}, "d": [{}, {"e": False}], "g": None, "h": False}, path) is is_so


# a release


def test_a_release_is_written_once_with_what_its_new_versions_say_and_nothing_older_is_touched(root: Path) -> None:
    released(root, added)
    logged(root, MINOR, f"- `{TYPE}` says who the child is.")
    before = {path: path.read_bytes() for path in (root / document.FOLDER).rglob("*.json")}
    with version(MINOR, replace(CATALOGUE[TYPE], version="1.1")):
        assert release.make(MINOR, root) == [
            "contracts/released/1.1.0.json", f"contracts/released/recorded/1.1/{TYPE}.json"
        ]  # fmt: skip
        assert problems(root) == []
        assert gate.pass_through(root).changes == []
        with pytest.raises(Refused, match=r"1\.1\.0 is released"):
            release.make(MINOR, root)
    assert {path: path.read_bytes() for path in before} == before
    assert document.released(root) == [LAST, MINOR]


@pytest.mark.parametrize(
    ("number", "says", "why"),
    [
        ("1.1.0", "1.2.0", "is 1.2.0"),
        ("1.0.0", "1.0.0", "1.0.0 is released"),
        ("0.9.0", "0.9.0", "1.0.0 is later"),
        ("1.1", "1.1", "is no version"),
    ],
)
def test_what_is_no_next_release_is_refused(root: Path, number: str, says: str, why: str) -> None:
    with version(says), pytest.raises(Refused) as raised:
        release.make(number, root)
    assert raised.value.code == "release.refused"
    assert why in str(raised.value.detail)


def test_what_does_not_pass_the_gate_is_not_released(root: Path) -> None:
    released(root, added)
    with version(MINOR), pytest.raises(Refused, match=r"release\.refused.*step-missing"):
        release.make(MINOR, root)
    assert document.released(root) == [LAST]
