"""The protocol as data: what a file may say, and what it is told where it errs."""

from datetime import date
from pathlib import Path

import pytest

from contracts.catalogue import CATALOGUE
from contracts.errors import BarnabusError
from contracts.protocol import SHIPPED, read
from contracts.protocol.terms import UNVERIFIED, Tag

XK = read()
HEAD = """\
jurisdiction = "here"
version = "1"
applies_from = 2026-01-01
zone = "Europe/Belgrade"
"""
RULE = """\
[[rule]]
id = "seen"
says = "A child is seen within a day."
trigger = [{ types = ["concern.reported"] }]
concerns = "child"
acts = [{ types = ["urgent-care.given"] }]
owner = "receiver"
start = "stamp"
limit = { count = 24, unit = "hours" }
tell = ["owner"]
tell_of_breach = ["owner"]
authority = "Made up."
tag = "D"
verified_by = "none"
"""


BEGINS = 5
"""The line of the rule in a file of head and rule."""


def written(folder: Path, text: str, name: str = "1.toml") -> Path:
    (folder / name).write_text(text)
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(BarnabusError) as caught:
        read(folder)
    assert caught.value.code == "protocol.invalid"
    return str(caught.value.detail)


# the shipped one


def test_nothing_that_was_not_read_in_its_source_passes_for_verified() -> None:
    rules = [rule for version in XK.versions for rule in version.rules]
    assert {rule.tag for rule in rules} == set(Tag)
    assert [rule.id for rule in rules if rule.tag is not Tag.V and rule.verified_by != UNVERIFIED] == []
    assert not any(rule.verified for rule in rules if rule.tag in (Tag.K, Tag.D))


def test_the_shipped_protocol_is_kosovos_and_counts_by_its_days() -> None:
    (version,) = XK.versions
    assert version.jurisdiction == "xk"
    assert not version.office.days.includes(date(2026, 2, 17)), "Independence Day"


# mistakes


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    assert read(written(tmp_path, HEAD + RULE)).rule_ids == ("seen",)


@pytest.mark.parametrize("type_name", ["duty.opened", "duty.breached", "duty.escalated", "case.kept-open"])
def test_what_the_keeper_says_sets_off_nothing_of_which_it_would_speak_again(tmp_path: Path, type_name: str) -> None:
    """But for a breach, and without a limit: else its own breach would set it off once more, for ever."""
    named = RULE.replace('"receiver"', '"police"').replace('concerns = "child"', 'concerns = "case"')
    echo = named.replace('"concern.reported"', f'"{type_name}"').replace('"urgent-care.given"', '"duty.excused"')
    told = refusal(written(tmp_path, HEAD + echo))
    assert f"of `{type_name}` the keeper would speak again and again" in told


@pytest.mark.parametrize(
    ("right", "wrong", "line", "field", "says"),
    [
        ('"concern.reported"', '"concern.shouted"', 8, "trigger.0", "no type `concern.shouted`"),
        ('["concern.reported"]', '["receipt"]', 8, "trigger.0", "that an agency says"),
        ('{ types = ["concern.reported"] }', '{ moves = ["shove"] }', 8, "trigger.0.moves.0", "'make'"),
        (
            '{ types = ["concern.reported"] }',
            '{ types = ["case.closed"], by = ["police"] }',
            8,
            "trigger.0",
            "never said",
        ),
        ('{ types = ["urgent-care.given"] }', "{ }", 10, "acts.0", "either `types` or `moves`"),
        ('["urgent-care.given"] }', '["urgent-care.given"], at = "window" }', 10, "acts.0", "is no moment"),
        ('["urgent-care.given"] }', '["urgent-care.given"], same = { x = "id" } }', 10, "acts.0", "no field `x`"),
        ('["urgent-care.given"] }', '["urgent-care.given"], on = "suspect" }', None, None, "nothing of a suspect"),
        (
            '{ types = ["urgent-care.given"] }',
            '{ received_by = "police", at = "logged" }',
            10,
            "acts.0",
            "stands alone",
        ),
        ('{ types = ["urgent-care.given"] }', '{ received_by = "keeper" }', None, None, "keeper never receives"),
        (
            'tell = ["owner"]',
            'excused_by = [{ received_by = "police" }]\ntell = ["owner"]',
            None,
            None,
            "in `acts` alone",
        ),
        ('tell = ["owner"]', 'due_soon_hours = 100001\ntell = ["owner"]', 14, "due_soon_hours", "less than or equal"),
        (
            'tell = ["owner"]',
            'escalate = [{ after_hours = 1e12, to = "oversight" }]\ntell = ["owner"]',
            14,
            "escalate.0.after_hours",
            "integer",
        ),
        ('"receiver"', '"polise"', 11, "owner", "no agency, and none of the roles"),
        ('"receiver"', '"owner"', None, None, "another role"),
        ('"stamp"', '"birthday"', 12, "start", "'incident'"),
        ("count = 24", "count = 0", 13, "limit", "no limit: 0 hours"),
        ("count = 24", 'count = "24"', 13, "limit.count", "integer"),
        ('"hours"', '"moons"', 13, "limit.unit", "'working-days'"),
        ("limit =", "limits =", 13, "limits", "Extra inputs"),
        ('tag = "D"', 'tag = "law"', 17, "tag", "'V2'"),
        ('verified_by = "none"', 'verified_by = "source"', None, None, "was not read in its source"),
        ('tell = ["owner"]', 'no_limit = "at-once"', None, "tell", "required"),
        ('authority = "Made up."\n', "", None, "authority", "required"),
    ],
)
def test_a_mistake_is_told_with_file_line_rule_and_field(
    tmp_path: Path, right: str, wrong: str, line: int | None, field: str | None, says: str
) -> None:
    assert right in RULE
    told = refusal(written(tmp_path, HEAD + RULE.replace(right, wrong, 1)))
    # what is amiss with a rule as a whole, or is missing in it, is told where the rule begins
    assert f"1.toml, line {line or BEGINS}, rule seen" in told
    assert field is None or f"field {field}:" in told
    assert says in told


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ('{ "limits.incident" = ["yesterday"] }', "no code `yesterday`"),
        ('{ "limits.weather" = ["rain"] }', "has no `limits.weather`"),
        ('{ allegation = ["neglect"] }', "that the log may hold"),
        ('{ to = ["fire-brigade"] }', "no code `fire-brigade`"),
        ('{ expires_at = ["unknown"] }', "is no code"),
        ("{ urgency = [] }", "at least 1"),
    ],
)
def test_a_condition_asks_for_codes_that_can_stand_in_the_log(tmp_path: Path, when: str, says: str) -> None:
    trigger = f'trigger = [{{ types = ["concern.reported"], when = {when} }}]'
    told = refusal(written(tmp_path, HEAD + RULE.replace('trigger = [{ types = ["concern.reported"] }]', trigger)))
    assert "line 8, rule seen, field trigger.0" in told
    assert says in told


def test_an_owner_can_have_heard_of_what_sets_its_duty_off(tmp_path: Path) -> None:
    assert "health" not in CATALOGUE["victim-advocate.assigned"].receivers
    deaf = RULE.replace("concern.reported", "victim-advocate.assigned").replace('"receiver"', '"health"')
    assert "health never hears of" in refusal(written(tmp_path, HEAD + deaf))
    alone = RULE.replace("concern.reported", "victim-advocate.assigned")
    assert "has no other party" in refusal(written(tmp_path, HEAD + alone))


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ('tell = ["owner"]', 'tell = ["owner", "receiver"]', "tell"),
        ('tell_of_breach = ["owner"]', 'tell_of_breach = ["receiver"]', "tell_of_breach"),
        ("authority", 'escalate = [{ after_hours = 24, to = "receiver" }]\nauthority', "escalate"),
    ],
)
def test_nothing_goes_to_a_role_that_nobody_has_in_what_sets_the_duty_off(
    tmp_path: Path, right: str, wrong: str, place: str
) -> None:
    alone = RULE.replace("concern.reported", "victim-advocate.assigned").replace(
        'owner = "receiver"', 'owner = "police"'
    )
    said = refusal(written(tmp_path, HEAD + alone.replace(right, wrong, 1)))
    assert f"{place}: `victim-advocate.assigned` is on no handoff, and has no other party" in said


def test_a_mistake_in_a_statement_of_many_lines_is_told_where_that_begins(tmp_path: Path) -> None:
    acts = 'acts = [\n  { types = ["urgent-care.given"] },\n  # a comment\n  { types = ["nothing.such"] },\n]'
    text = HEAD + RULE.replace('acts = [{ types = ["urgent-care.given"] }]', acts) + RULE.replace("seen", "seen-again")
    assert "line 10, rule seen, field acts.1:" in refusal(written(tmp_path, text))
    second = HEAD + RULE + "\n# [[rule]]\n" + RULE.replace("seen", "again").replace('tag = "D"', 'tag = "X"')
    assert "line 33, rule again, field tag:" in refusal(written(tmp_path, second))


def test_a_mistake_in_a_default_is_told_where_the_default_stands(tmp_path: Path) -> None:
    defaults = HEAD + '[defaults]\ntell = ["owner"]\nescalate = [{ after_hours = 24, to = "king" }]\n' + RULE
    assert "line 7, rule seen, field escalate.0.to:" in refusal(written(tmp_path, defaults))


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("2026-01-01", '"soon"', "line 3, field applies_from"),
        ("2026-01-01", "0001-01-01", "line 3, field applies_from: no moment on that day"),
        ("Europe/Belgrade", "Atlantis/Town", "no time zone `Atlantis/Town`"),
        ("zone", 'holidays = "QQ"\nzone', "line 4, field holidays: those of `QQ` are not known"),
        ("2026-01-01", '2001-01-01\nholidays = "XK"', "in 2001 are not known"),
        ("zone", "zone = [", "line 4"),
        ("zone", "weekdays = [9]\nzone", "line 4, field weekdays"),
    ],
)
def test_a_mistake_in_the_head_of_a_file_is_told(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    assert says in refusal(written(tmp_path, HEAD.replace(right, wrong, 1) + RULE))


def test_a_rule_stands_once_and_versions_differ_in_name_and_first_day(tmp_path: Path) -> None:
    again = BEGINS + len(RULE.splitlines()) + 1
    told = refusal(written(tmp_path, HEAD + RULE + RULE))
    assert f"line {again}, rule seen, field id: a rule stands twice: seen" in told
    written(tmp_path, HEAD + RULE)
    assert "differ" in refusal(written(tmp_path, HEAD.replace("2026", "2027") + RULE, "2.toml"))
    assert "differ" in refusal(written(tmp_path, HEAD.replace('"1"', '"2"') + RULE, "2.toml"))
    other = HEAD.replace('"1"', '"2"').replace("2026", "2027").replace("here", "there")
    assert "several jurisdictions" in refusal(written(tmp_path, other + RULE, "2.toml"))


def test_an_empty_folder_and_a_file_without_rules_are_no_protocol(tmp_path: Path) -> None:
    assert "holds no file" in refusal(tmp_path)
    assert "no rule stands" in refusal(written(tmp_path, HEAD))
    assert "no rule stands" in refusal(written(tmp_path, HEAD + "rule = []\n"))
    assert "line 5, field rule" in refusal(written(tmp_path, HEAD + 'rule = "none"\n'))
    assert "line 5, rule number 1" in refusal(written(tmp_path, HEAD + "rule = [3]\n"))
    (tmp_path / "1.toml").write_bytes(b"\xff\xfe")
    assert "1.toml" in refusal(tmp_path)


def test_the_shipped_folder_is_where_the_package_is() -> None:
    assert {path.suffix for path in SHIPPED.iterdir()} == {".toml"}
