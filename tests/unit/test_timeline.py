"""Cause and effect in one case, and how long its handoffs lasted."""

from uuid import UUID

from projections.groups import handoffs
from projections.timeline import Node, tree
from tests.builders import HEALTH, POLICE, SOCIAL
from tests.case_logs import DAY, FIRST, Log

CHILD = {"ref": "p-7k3q9m2xw4", "role": "child"}


def caused(log: Log, effect: UUID, cause: UUID) -> None:
    """The handmade record of `effect` names `cause`, as its sender's adapter would."""
    place = next(n for n, entry in enumerate(log.entries) if entry.record.id == effect)
    entry = log.entries[place]
    record = entry.record.model_copy(update={"causationid": cause})
    log.entries[place] = type(entry)(record, entry.digest, entry.stamp, entry.subject)


def shape(nodes: list[Node]) -> list[object]:
    return [(node.logged.record.type, shape(node.led_to)) for node in nodes]


def test_an_act_stands_below_what_it_answers_and_a_fact_by_itself() -> None:
    log = Log()
    made = log.make(POLICE, SOCIAL)
    fact = log.say(HEALTH, "urgent-care.given", {"concerns": CHILD, "began_at": FIRST.isoformat(), "window": "unknown"})
    taken = log.on(SOCIAL, "referral.accepted", made)
    started = log.on(SOCIAL, "referral.started", made, began_at=FIRST.isoformat())
    caused(log, taken, made)
    caused(log, started, taken)
    found = tree(log.case)
    assert shape(found) == [
        ("referral.made", [("referral.accepted", [("referral.started", [])])]),
        ("urgent-care.given", []),
    ]
    assert found[1].logged.record.id == fact


def test_what_is_void_says_why_and_what_was_put_right_says_where() -> None:
    log = Log()
    made = log.make(POLICE, SOCIAL)
    log.on(SOCIAL, "referral.declined", made, reason="no-capacity", next_step="sender-keeps")
    log.on(SOCIAL, "referral.accepted", made)
    about = {"of_id": str(made), "of_type": "referral.made", "reason": "typed-wrong"}
    log.say(POLICE, "record.corrected", about | {"codes": [], "concerns": None, "clocks": None})
    first, _, late = tree(log.case)
    assert late.void == "already-declined"
    assert [one.stamp.position for one in first.put_right] == [4], "it stands at what it speaks of, and not by itself"
    assert first.document()["put_right"] == [4]


def test_a_handoff_lasts_from_its_making_to_its_end_or_is_open() -> None:
    log = Log()
    done = log.make(POLICE, SOCIAL)
    log.make(SOCIAL, HEALTH)
    log.on(SOCIAL, "referral.accepted", done)
    log.on(SOCIAL, "referral.completed", done, outcome="done")
    ended, still = [handoff.document() for handoff in handoffs(log.case)]
    assert (ended["made_at"], ended["ended_at"]) == (FIRST.isoformat(), (FIRST + 3 * DAY).isoformat())
    assert (ended["from"], ended["to"], ended["stage"]) == ("police", "social", "completed")
    assert (still["stage"], still["ended_at"]) == ("made", None)
