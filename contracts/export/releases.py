"""docs/contracts.md: what a change of the contracts breaks and for whom, and how one is made."""

from contracts.export.pages import GENERATED, table
from contracts.releasing.rules import RULES

_INTRODUCTION = """\
# Contracts and their versions

What agencies can rely on is written down at every release, in one file
([`contracts/released/`](../contracts/released)): every type with who says and who hears it, every field with its tier,
kind, codes and limits, the documents around them, and every error code. A release is never edited.

- **The contracts as a whole** have a version by SemVer (`VERSION` in `contracts/__init__.py`): *major* if anything
  breaks for anybody, *minor* if something is added, *patch* if only words differ. It is not the version of the
  software.
- **Each type** has a version of its own, `MAJOR.MINOR`, raised by the same rules in its line of the catalogue
  (`version="1.1"`; without one it is 1.0). Records, letters and commands say it. The documents around contents share
  `ENVELOPE_VERSION`.
- **What was said stays readable.** The log is never rewritten: an older record, letter or command is lifted to today’s
  version while it is read ([ADR 0032](adr/0032-what-was-said-is-lifted-while-it-is-read.md)). A newer version than is
  known is `version.unknown`: it is parked, and read after the update.

```console
$ barnabus contracts diff 1.0.0 now
$ barnabus contracts diff 1.0.0 now --json
$ barnabus contracts gate
```

`diff` names every change, for whom it is breaking, and which declared consumers it hurts. It ends with 1 if something
breaks, or a consumer is hurt, without a major step. `gate` is a part of `make check`."""
_RULES = """\
## What a change is, and for whom

*Says*: the system that hands in a command, and its adapter. *Hears*: the system to which a letter is told, and who
reads the log. Where it is breaking for one of them, or older records need an upcast, the step is major."""
_CONSUMERS = """\
## What a consumer declares

A small TOML file. For those of this repository it lies in [`contracts/consumers/`](../contracts/consumers); anybody
else keeps it beside their own system, and asks before every update:

```console
$ barnabus contracts diff 1.0.0 now --consumer contracts/consumers/police-records.toml
```

```toml
name = "Records system of the police"
agency = "police"                      # whose it is; "log" for what reads the log itself
errors = ["command.id-reused"]         # codes that it acts upon

[reads."referral.declined"]            # a type that it hears
fields = ["handoff_id", "reason", "next_step"]

[reads."referral.declined".codes]      # only of fields that it switches on: every code that it knows
next_step = ["ask-again-with-more", "refer-elsewhere", "sender-keeps", "supervisor-decides"]

[sends."referral.make"]                # a command that it hands in, with the fields that it fills
fields = ["to", "service", "urgency", "concerns.ref", "concerns.role"]
```

What names nothing that there is, or what that agency never sees, is refused with file, line and key.

Three things make a system hard to break: it **says the `version`** for which it was written in every command, so that
the adapter goes on understanding it; it **passes over fields that it does not know**; and it **shows a code that it
does not know as it stands**, for in a child’s case a letter that is dropped is worse than a word that nobody has
translated."""
_CHANGING = """\
## How a type is changed

1. Change its fields (`contracts/events/`), codes (`contracts/vocabulary/`) or line (`contracts/catalogue/`).
2. `barnabus contracts diff 1.0.0 now` (the last release) says what that is, and for whom.
3. Raise the type’s version in its line of the catalogue: `version="1.1"` for what is added, `version="2.0"` for what
   breaks. Raise `VERSION` by the largest step, once for each release. A closed list that many types share raises each.
4. Let its example (`contracts/examples/`) hold every new or changed field.
5. For a major step write an `Upcast` (`contracts/upcasts.py`): keep the fields as they were as a class of their own
   (the gate compares them with the release), and say in a pure function how they are read now. It sees the tiers that
   its reader sees and no others: of a new required field it gives a value that says “not known then”. Where others
   name the field (`record.corrected` names fields of what it corrects), they need an upcast too.
6. Write a line into CHANGELOG.md under `### Contracts VERSION` that names the type in backticks, or the code of a list.
7. Adapt the consumers in `contracts/consumers/` that are hurt, and say so in their files.
8. `make docs && make check`. When it is to go out: `barnabus contracts release VERSION`, and commit what that writes.
   It also records one submission of each new version, which every later state of the contracts has to read.

**In which order to update.** Who reads first: gateways, the keeper and the read models; then the agencies that hear a
type; then those that say it. Where the order is another one nothing is lost: a gateway refuses a version that it does
not know yet, the sender’s relay sets that act aside, with the later ones of its case, and sends them once the gateway
knows it (`submission.set-aside`); an adapter parks such a letter. Before a major
step, let every relay send what is recorded (`barnabus doctor`): what an agency’s own store holds stays in the form of
its day. After one, `barnabus projections rebuild`: read models ask for it by themselves.

## What is not seen

The gate compares what can be written down as data. Rules between fields it knows by their names, not by what they do;
checks in code (`contracts/check.py`, the agencies’ policies) not at all, but for what the recorded submissions try. A
field whose meaning changes under the same name and kind breaks everybody, and only a reviewer sees it."""


def page() -> str:
    """The whole page; its table is the one by which `barnabus contracts diff` judges."""
    rows = (
        (
            f"`{name}`",
            rule.what,
            str(rule.says),
            str(rule.hears),
            str(rule.step),
            "yes" if rule.older else "no",
            rule.why,
        )
        for name, rule in RULES.items()
    )
    head = (
        "rule",
        "what changes",
        "for who says it",
        "for who hears it",
        "step",
        "older records need an upcast",
        "why",
    )
    parts = [GENERATED, _INTRODUCTION, _RULES, table(head, rows), _CONSUMERS, _CHANGING]
    return "\n\n".join(part.strip() for part in parts) + "\n"
