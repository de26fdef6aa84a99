"""What a case has come to: computed from the log's codes alone, as of any moment."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from bus.log import Logged
from contracts.agencies import Agency
from projections import case_state
from projections.case_fold import case_file, folded
from tests.builders import HEALTH, POLICE, PROSECUTION, SOCIAL
from tests.case_logs import CASE, DAY, FIRST, Log

CHILD = {"ref": "p-7k3q9m2xw4", "role": "child"}
SUSPECT = {"ref": "p-2m8r4t6v0z", "role": "suspect"}


def state(log: Log, **until: Any) -> dict[str, Any]:
    return case_state.document(log.case.until(**until), CASE)


def of_child(log: Log) -> dict[str, Any]:
    found: dict[str, Any] = state(log)["children"][CHILD["ref"]]
    return found


def of_suspect(log: Log) -> dict[str, Any]:
    found: dict[str, Any] = state(log)["suspects"][SUSPECT["ref"]]
    return found


def says(log: Log, by: Agency, type_name: str, **content: Any) -> UUID:
    return log.say(by, type_name, {"concerns": CHILD, **content})


def test_a_phase_begins_with_its_first_word_and_none_ends_another() -> None:
    log = Log()
    log.make(HEALTH, SOCIAL, "concern.reported")
    assert (state(log)["phase"], set(state(log)["phases"])) == ("intervention", {"intervention"})
    log.make(POLICE, PROSECUTION, "crime-report.filed")
    says(log, SOCIAL, "needs.assessed", needs=["therapy"])
    says(log, POLICE, "immediate-protection.taken", began_at=FIRST.isoformat())
    found = state(log)
    assert found["phase"] == "reintegration", "the phase that began last"
    assert found["phases"] == {
        "intervention": FIRST.isoformat(),
        "investigation": (FIRST + DAY).isoformat(),
        "reintegration": (FIRST + 2 * DAY).isoformat(),
    }


def test_whose_the_case_is_moves_on_acceptance_alone() -> None:
    log = Log()
    concern = log.make(HEALTH, POLICE, "concern.reported")
    log.on(POLICE, "concern.received", concern)
    assert state(log)["responsible"] == "health", "seen is not taken on"
    log.on(POLICE, "responsibility.accepted", concern)
    assert state(log)["responsible"] == "police"
    offer = log.make(POLICE, SOCIAL, "transfer.offered")
    assert state(log)["responsible"] == "police", "offered is not given"
    log.on(SOCIAL, "transfer.accepted", offer)
    assert state(log)["responsible"] == "social"
    later = log.make(HEALTH, POLICE, "concern.reported")
    log.on(POLICE, "responsibility.accepted", later)
    assert state(log)["responsible"] == "social", "a later concern is a matter of its own"


def test_as_of_any_place_or_moment_it_is_what_it_was_then() -> None:
    log = Log()
    concern = log.make(HEALTH, POLICE, "concern.reported")
    log.on(POLICE, "responsibility.accepted", concern)
    log.on(POLICE, "concern.screened", concern, outcome="assessment")
    then = state(log, position=1)
    assert (then["position"], then["responsible"], then["open"][0]["stage"]) == (1, "health", "made")
    assert state(log, at=FIRST + DAY)["open"][0]["stage"] == "accepted", "exactly then is by then"
    assert state(log, at=FIRST)["open"][0]["stage"] == "made"
    assert state(log)["open"] == []
    before = state(log, at=FIRST - DAY)
    assert (before["position"], before["phase"], before["responsible"], before["open"]) == (0, None, None, [])


def test_a_void_act_counts_for_nothing() -> None:
    log = Log()
    report = log.make(POLICE, PROSECUTION, "crime-report.filed")
    log.on(PROSECUTION, "referral.declined", report, reason="no-capacity", next_step="sender-keeps")
    log.say(
        PROSECUTION, "case.registered", {"handoff_id": str(report), "concerns": CHILD, "outcome": "preliminary-inquiry"}
    )
    assert log.case.voids(), "it was declined before"
    assert "case.registered" not in {said.type for said in case_file(folded(log.entries)).said}
    assert state(log)["responsible"] == "police"


def test_of_an_exam_nobody_has_said_a_word_until_somebody_does() -> None:
    log = Log()
    log.make(HEALTH, SOCIAL, "concern.reported")
    assert of_child(log)["exam"] is None, "that nobody ordered one is to be seen"
    order = log.make(PROSECUTION, HEALTH, "forensic-exam.ordered")
    assert of_child(log)["exam"] == "ordered, made"
    log.on(HEALTH, "referral.accepted", order)
    log.say(
        HEALTH, "forensic-exam.not-done", {"handoff_id": str(order), "concerns": CHILD, "reason": "consent-refused"}
    )
    assert of_child(log)["exam"] == "not-done, consent-refused"


def test_what_was_put_right_counts_as_put_right() -> None:
    log = Log()
    said = says(log, SOCIAL, "safe-contact.set", found=True)
    codes = [{"field": "found", "value": False}]
    about = {"of_id": str(said), "of_type": "safe-contact.set", "reason": "typed-wrong"}
    assert of_child(log)["safe_contact"] is True
    log.say(SOCIAL, "record.corrected", about | {"codes": codes, "concerns": None, "clocks": None})
    assert of_child(log)["safe_contact"] is False


def test_a_suspect_stands_where_the_last_word_puts_him() -> None:
    log = Log()
    says(log, POLICE, "suspect.identified", suspect=SUSPECT, age="adult")
    assert of_suspect(log)["custody"] is None
    says(log, POLICE, "suspect.arrested", suspect=SUSPECT, arrested_at=FIRST.isoformat(), custody="held")
    assert (of_suspect(log)["custody"], of_suspect(log)["custody_since"]) == ("in-custody", (FIRST + DAY).isoformat())
    for change in ("requested", "ordered"):
        since = FIRST.isoformat()
        says(
            log, PROSECUTION, "protective-measure.changed",
            suspect=SUSPECT, measure="keep-away-order", change=change, since=since,
        )  # fmt: skip
    says(log, POLICE, "suspect.released", suspect=SUSPECT, released_at=FIRST.isoformat(), conditions=[])
    found = of_suspect(log)
    assert found["custody"] == "released"
    assert {name: one["change"] for name, one in found["measures"].items()} == {"keep-away-order": "ordered"}


def test_a_child_that_is_missing_is_so_until_somebody_says_where_it_lives() -> None:
    log = Log()
    since = FIRST.isoformat()
    says(log, SOCIAL, "child.missing", missing_since=since)
    assert of_child(log)["missing_since"] is not None
    says(log, SOCIAL, "placement.changed", since=since)
    assert of_child(log)["missing_since"] is None


@pytest.mark.parametrize("times", [0, 1, 3])
def test_how_often_a_child_was_heard_is_counted(times: int) -> None:
    log = Log()
    log.make(HEALTH, SOCIAL, "concern.reported")
    for ordinal in range(1, times + 1):
        says(
            log, PROSECUTION, "child-interview.completed",
            handoff_id=None, held_at=FIRST.isoformat(), ordinal=ordinal, recorded="yes",
        )  # fmt: skip
    assert of_child(log)["interviews"] == times


def test_a_closed_case_is_closed_until_it_is_reopened() -> None:
    log = Log()
    log.make(HEALTH, SOCIAL, "concern.reported")
    log.say(SOCIAL, "case.closed", {"reason": "unfounded"})
    assert state(log)["closed"] is True
    log.say(SOCIAL, "case.reopened", {"reason": "new-concern"})
    assert state(log)["closed"] is False


@pytest.mark.parametrize(("office", "out"), [(None, ["police"]), ("drenas-station", [])])
def test_an_office_that_is_kept_out_does_not_keep_out_its_agency(office: str | None, out: list[str]) -> None:
    log = Log()
    log.make(SOCIAL, POLICE)
    around = {"conflicted": "police", "office": office, "reason": "person-suspected"}
    another = {"alternate": "police", "alternate_office": "peja-station"} if office else {"alternate": "prosecution"}
    says(log, HEALTH, "route.bypass-invoked", **around, **another)
    assert state(log)["kept_out"] == out


def test_an_act_that_stands_before_its_making_does_not_hide_whose_the_case_is() -> None:
    log = Log()
    concern = log.make(HEALTH, POLICE, "concern.reported")
    log.on(POLICE, "concern.received", concern)
    made, seen = log.entries
    log.entries[:] = [_at(1, seen), _at(2, made)]
    log.on(POLICE, "responsibility.accepted", concern)
    assert set(log.case.voids().values()) == {"not-made"}
    assert state(log)["responsible"] == "police"


def _at(position: int, logged: Logged) -> Logged:
    return replace(logged, stamp=logged.stamp.model_copy(update={"position": position}))
