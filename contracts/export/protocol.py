"""docs/protocol.md: every rule of the shipped protocol in words, with its authority, and whether it was verified."""

from collections.abc import Iterator, Sequence

from contracts.durations import Unit
from contracts.export.pages import GENERATED, code_list, table
from contracts.protocol import read
from contracts.protocol.records import Answers, Records
from contracts.protocol.rules import Rule
from contracts.protocol.terms import UNVERIFIED, NoLimit, Start, Tag
from contracts.protocol.version import Version

MARK = "**UNVERIFIED**"
TAGS = {
    Tag.V: "read in the source",
    Tag.V2: "read in a secondary source",
    Tag.K: "general knowledge, unchecked: not to be taken for law",
    Tag.D: "a decision of Barnabus’s own",
}
STARTS = {
    Start.INCIDENT: "from what its trigger tells of",
    Start.KNOWLEDGE: "from when its sender learned of it",
    Start.RECEIPT: "from when its owner’s system had it",
    Start.STAMP: "from when it was logged",
}
_UNITS = {
    Unit.HOURS: ("hour", "hours", "day and night"),
    Unit.DAYS: ("calendar day", "calendar days", "to the end of the last"),
    Unit.WORKING_DAYS: ("working day", "working days", "to the end of the last"),
}
_INTRODUCTION = """\
What is owed, by whom and by when: the default protocol, as Barnabus judges by it. It is data
([`contracts/protocol/`](../contracts/protocol)): a folder of another country’s rules takes its place by one setting
([operate.md](operate.md)), and a new version stands beside the old one with the day from which it applies. A duty is
judged by the version that was in force when it began.

**No institution has reviewed any of this.** A rule says how far its authority was looked up, and who has verified it;
“source” means that we read it there ourselves. What is good practice abroad binds nobody here. An unverified rule works
like any other, and says that it is unverified wherever it is shown."""
_STATES = """\
## How a duty is judged

One rule and the record that sets it off are a duty. It is *open*; *due soon* from so long before its limit, and at once
where the law says “at once”; *breached*, and still owed, once its limit has passed. Exactly at the limit is inside. It
ends *met*, in time or late; *excused*, by its owner’s word or a reasoned not-done; or *withdrawn*, with its cause.
What was done in time and typed in late is breached until it is known, and then met in time. A limit in days ends with
its last day. What is void meets nothing. A correction moves a due time, and both are kept. The law of it is one
function: [`contracts/duties/`](../contracts/duties)."""
_WRITING = """\
## Writing a protocol

One TOML file a version. Its head says `jurisdiction`, `version`, `applies_from` (a date), `zone`, and where they differ
`holidays` (a country’s ISO code), `weekdays` (those that are worked, Monday 0) and `taken_for_received_hours` (where a
limit counts from a receipt: so long after its logging a letter that nobody has signed for is taken for received; 4).
Each `[[rule]]` says:

- `id`, `says`: its name, and one sentence for people
- `trigger`: which records set it off: `types` of the catalogue or `moves` of the handoff’s law; `by` whom, if not
  everybody; `when` codes stand at dotted paths (what was not given is `unknown`; `service` is what the handoff asks
  for); `at`, the field that says when it was
- `concerns`: what an answer must share with it: `child`, `suspect`, `handoff` or `case`
- `acts`: which records meet it, said in the same way; also `on`, if they share something else; `same`, fields that must
  be equal; `by_owner`, if only who owes the duty can say it, or whom a bypass names instead; `at = "logged"`, where the
  log’s clock judges; or `received_by`, where the trigger’s own letter is the act
- `owner`: an agency, or `sender`, `receiver`, `case-manager`, `named`
- `start`: `incident`, `knowledge`, `receipt` or `stamp`
- `limit` (`count`, and `unit`: `hours`, `days` or `working-days`; the same day is 0 days) with `due_soon_hours`; or
  `no_limit`, `at-once` or `no-limit-in-law`, with `alarm_hours`
- `tell` and `tell_of_breach`: who is told; `escalate`: to whom it goes after how many hours without an answer
- `excused_by`, `withdrawn_by`: which records excuse it, and which end its cause
- `authority`, `taken_as` (how it is read here), `tag`, `verified_by` (`none`, `source`, or who has verified it)

`[defaults]` holds what every rule says that does not say it itself. What the catalogue does not know is refused, with
file, line, rule and field."""


def page() -> str:
    parts = [GENERATED, "# The protocol: duties and time limits", _INTRODUCTION]
    parts.append(table(("tag", "means"), ((tag, TAGS[tag]) for tag in Tag)))
    for version in reversed(read().versions):
        parts += list(_version(version))
    return "\n\n".join(part.strip() for part in (*parts, _STATES, _WRITING)) + "\n"


def _version(version: Version) -> Iterator[str]:
    days = f"the public holidays of `{version.holidays}` are free" if version.holidays else "no public holidays"
    yield (
        f"## `{version.jurisdiction}`, version {version.version}\n\n"
        f"Applies from {version.applies_from.isoformat()}. Days end at midnight in `{version.zone}`; {days}."
    )
    head = ("rule", "what is owed", "by", "limit", "tag", "verified")
    yield table(head, (_row(rule) for rule in version.rules))
    yield from (_rule(rule) for rule in version.rules)


def _row(rule: Rule) -> tuple[str, ...]:
    return (f"[`{rule.id}`](#{rule.id})", rule.says, rule.owner, limit(rule), rule.tag, _verified(rule))


def _verified(rule: Rule) -> str:
    return MARK if rule.verified_by == UNVERIFIED else rule.verified_by


def limit(rule: Rule) -> str:
    """By when, in words."""
    if rule.limit is None:
        at_once = rule.no_limit is NoLimit.AT_ONCE
        return f"at once; missed after {rule.alarm_hours} h" if at_once else f"none in law; alarm {rule.alarm_hours} h"
    if rule.limit.count == 0:
        return "the same day"
    one, several, _ = _UNITS[rule.limit.unit]
    return f"{rule.limit.count} {one if rule.limit.count == 1 else several}"


def _rule(rule: Rule) -> str:
    how = f" ({_UNITS[rule.limit.unit][2]})" if rule.limit and rule.limit.count else ""
    lines = [
        f"- set off by {_records(rule.trigger)}",
        f"- met by {_records(rule.acts)}, on the same {rule.concerns}",
        f"- owed by **{rule.owner}**, {limit(rule)}{how}, {STARTS[rule.start]}",
        *([f"- excused by {_records(rule.excused_by)}"] if rule.excused_by else []),
        *([f"- withdrawn by {_records(rule.withdrawn_by)}"] if rule.withdrawn_by else []),
        f"- told: {', '.join(rule.tell)}; of a breach: {', '.join(rule.tell_of_breach)}",
        *([f"- unanswered: {_ladder(rule)}"] if rule.escalate else []),
        f"- authority: {rule.authority} ({rule.tag}: {TAGS[rule.tag]}) {_mark(rule)}",
        *([f"- taken here as: {rule.taken_as}"] if rule.taken_as else []),
    ]
    return f"### {rule.id}\n\n{rule.says}\n\n" + "\n".join(line.strip() for line in lines)


def _mark(rule: Rule) -> str:
    return f"Verified by: {rule.verified_by}." if rule.verified else f"{MARK}."


def _ladder(rule: Rule) -> str:
    return ", ".join(f"{step.to} after {step.after_hours} h" for step in rule.escalate)


def _records(several: Sequence[Records]) -> str:
    return "; or ".join(_one(records) for records in several)


def _one(records: Records) -> str:
    if isinstance(records, Answers) and records.received_by:
        return f"the receipt of {records.received_by} for its letter"
    named = code_list(records.types) if records.types else f"the moves {code_list(records.moves)} of a handoff"
    more = [f"by {' or '.join(records.by)}"] if records.by else []
    more += [f"{path}: {code_list(str(code).lower() for code in codes)}" for path, codes in records.when.items()]
    if isinstance(records, Answers):
        more += [f"of the same {records.on}"] if records.on else []
        more += ["by who owes it, or acts in its place"] if records.by_owner else []
        more += [f"its `{own}` is the trigger’s `{its}`" for own, its in records.same.items()]
    more += [f"at its `{records.at}`"] if records.at and records.at != "logged" else []
    more += ["by the log’s clock"] if records.at == "logged" else []
    return f"{named} ({'; '.join(more)})" if more else named
