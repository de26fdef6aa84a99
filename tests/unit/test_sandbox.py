"""What counterparts do and say, what a handoff waits for, and how far a sandbox's clock goes: without a bus."""

import json
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest

from bus.clock import wall_clock
from cli.sandbox import clock, lines, speaking
from cli.sandbox.behaving import Behaviour, crossing, next_move
from cli.sandbox.expecting import expected
from cli.sandbox.report import Report
from contracts.agencies import FIELD, Agency
from contracts.catalogue import COMMANDS
from contracts.errors import Refused
from contracts.handoff import fold, judge
from contracts.standing import Act, Move, Stage, Standing
from contracts.vocabulary.asking import Service
from tests.builders import CHILD, HEALTH, OVERSIGHT, POLICE, SOCIAL
from tests.carried import Carried
from tests.openings import matter

ASSESSMENT = Service.CHILD_PROTECTION_ASSESSMENT
OWN_WORDS = {(HEALTH, Service.SCREENING), (POLICE, Service.CASE_RESPONSIBILITY), (POLICE, ASSESSMENT)}
AWAY = [Move.ACKNOWLEDGE, Move.ACCEPT, Move.START, Move.COMPLETE]


def after(*moves: Move, opener: Agency = HEALTH, receiver: Agency = SOCIAL) -> Standing:
    """What a handoff has come to: acts of the receiver, and of the opener those that are its own."""
    acts = [Act(uuid4(), Move.MAKE, opener, position=1, to=receiver)]
    for place, move in enumerate(moves, start=2):
        by = opener if move in (Move.ASK_WITHDRAWAL, Move.SUPERSEDE, Move.GIVE, Move.REFUSE) else receiver
        asked = next((act.id for act in reversed(acts) if act.move is Move.ASK), None)
        acts.append(Act(uuid4(), move, by, position=place, asked_id=asked))
    standing = fold(acts)
    assert not standing.voids
    return standing


def played(behaviour: Behaviour, *before: Move) -> list[Move]:
    """Every move that a counterpart makes by itself, one after another."""
    done = list[Move]()
    while move := next_move(behaviour, SOCIAL, after(*before, *done), set(done)):
        done.append(move)
    return done


def test_one_that_accepts_acknowledges_accepts_starts_and_completes() -> None:
    assert played(Behaviour.ACCEPT) == AWAY


def test_one_that_declines_does_so_at_once_and_ends_what_it_took_on_before() -> None:
    assert played(Behaviour.DECLINE) == [Move.DECLINE]
    assert played(Behaviour.DECLINE, Move.ACKNOWLEDGE) == [Move.DECLINE]
    assert played(Behaviour.DECLINE, Move.ACKNOWLEDGE, Move.ACCEPT) == [Move.START, Move.COMPLETE]


@pytest.mark.parametrize("answer", [Move.GIVE, Move.REFUSE])
def test_one_that_asks_waits_for_an_answer_and_then_goes_on(answer: Move) -> None:
    assert played(Behaviour.ASK) == [Move.ACKNOWLEDGE, Move.ASK]
    answered = after(Move.ACKNOWLEDGE, Move.ASK, answer)
    assert next_move(Behaviour.ASK, SOCIAL, answered, {Move.ACKNOWLEDGE, Move.ASK}) is Move.ACCEPT


def test_one_that_is_silent_does_nothing_whatever_comes() -> None:
    for moves in ((), (Move.ACKNOWLEDGE,), (Move.ACKNOWLEDGE, Move.ACCEPT), (Move.ASK_WITHDRAWAL,)):
        assert played(Behaviour.SILENT, *moves) == []


@pytest.mark.parametrize("behaviour", [Behaviour.ACCEPT, Behaviour.DECLINE, Behaviour.ASK, Behaviour.CROSS])
def test_whoever_is_asked_to_let_go_does(behaviour: Behaviour) -> None:
    assert played(behaviour, Move.ACKNOWLEDGE, Move.ACCEPT, Move.ASK_WITHDRAWAL) == [Move.CONFIRM_WITHDRAWAL]


def test_whoever_is_asked_a_question_answers_it_also_as_the_one_who_made_the_request() -> None:
    asked = after(Move.ACKNOWLEDGE, Move.ASK)
    assert next_move(Behaviour.ACCEPT, HEALTH, asked, {Move.MAKE}) is Move.GIVE
    assert next_move(Behaviour.SILENT, HEALTH, asked, {Move.MAKE}) is None


def test_whoever_is_only_notified_does_nothing() -> None:
    assert next_move(Behaviour.ACCEPT, OVERSIGHT, after(), set()) is None


def test_one_that_crosses_waits_for_the_other_and_moves_at_the_same_moment() -> None:
    assert played(Behaviour.CROSS) == [Move.ACKNOWLEDGE]
    waits = after(Move.ACKNOWLEDGE)
    for theirs in (Move.ASK_WITHDRAWAL, Move.SUPERSEDE, Move.EXPIRE):
        assert crossing(Behaviour.CROSS, SOCIAL, waits, theirs) is Move.ACCEPT
    assert crossing(Behaviour.CROSS, HEALTH, waits, Move.ACCEPT) is Move.ASK_WITHDRAWAL


def test_nobody_crosses_what_is_decided_or_what_was_not_asked_of_it() -> None:
    taken_on = after(Move.ACKNOWLEDGE, Move.ACCEPT)
    assert crossing(Behaviour.CROSS, SOCIAL, taken_on, Move.ASK_WITHDRAWAL) is None
    assert crossing(Behaviour.CROSS, HEALTH, after(Move.ASK_WITHDRAWAL), Move.ACCEPT) is None
    assert crossing(Behaviour.CROSS, OVERSIGHT, after(), Move.ACCEPT) is None
    assert crossing(Behaviour.ACCEPT, HEALTH, after(), Move.ACCEPT) is None


# what is said


def offered() -> list[tuple[Agency, Agency, Service]]:
    return [(by, to, service) for by, to in permutations(FIELD, 2) for service, _ in speaking.offers(by, to)]


async def test_all_that_agencies_can_ask_of_each_other_is_taken_served_and_logged_as_it_is_said(
    agencies: Carried,
) -> None:
    """Through every agency's own rules, the gateway's, and the law: each serves once what it offers."""
    served = dict[tuple[Agency, Service], Agency]()
    for by, to, service in offered():
        *before, command = speaking.request(by, to, service, agencies.by_hand.clock())
        for first in before:
            await agencies.says(by, first)
        made = agencies.takes(by, command)
        if served.setdefault((to, service), by) is not by:
            continue
        await agencies.sends(by)
        assert {heard.state for heard in agencies.hears()} == {"heard"}
        person = command["data"].get("concerns", {}).get("ref")
        on = speaking.On(made, command["case_ref"], service, person)
        while move := next_move(Behaviour.ACCEPT, to, agencies.standing(to, made), set()):
            for said in speaking.act(move, on, to, agencies.by_hand.clock()):
                await agencies.says(to, said)
        assert agencies.standing(by, made).stage in (Stage.COMPLETED, Stage.TRANSFERRED), (by, to, service)
    assert {service for _, service in served} == set(Service) - {Service.CONTENT_OPENING}


async def test_a_counterpart_that_is_asked_for_content_takes_it_on_and_refuses_it(agencies: Carried) -> None:
    """Which content is opened to whom is for a person to decide; and nobody asks for any, for nobody may look."""
    asked = await matter(agencies)
    await asked.asks(taken_on=False)
    on = speaking.On(asked.asking, asked.case, Service.CONTENT_OPENING, CHILD["ref"])
    while move := next_move(Behaviour.ACCEPT, SOCIAL, agencies.standing(SOCIAL, asked.asking), set()):
        for said in speaking.act(move, on, SOCIAL, agencies.by_hand.clock()):
            await agencies.says(SOCIAL, said)
    (ended,) = agencies.apps[OVERSIGHT].askings(asked.case)
    assert (ended["stage"], ended["refused"]) == ("completed", "no-legal-basis")


async def test_declining_asking_answering_and_letting_go_are_taken_in_the_words_of_each_course(
    agencies: Carried,
) -> None:
    for by, to, service in ((by, to, service) for by, to, service in offered() if (by, service) in OWN_WORDS):
        for moves in ([Move.DECLINE], [Move.ASK, Move.GIVE, Move.ASK_WITHDRAWAL, Move.CONFIRM_WITHDRAWAL]):
            (command,) = speaking.request(by, to, service, agencies.by_hand.clock())
            made = await agencies.says(by, command)
            question: tuple[UUID, tuple[str, ...]] | None = None
            for move in moves:
                who = by if move in (Move.GIVE, Move.ASK_WITHDRAWAL) else to
                person = command["data"].get("concerns", {}).get("ref")
                on = speaking.On(made, command["case_ref"], service, person, question)
                (said,) = speaking.act(move, on, who, agencies.by_hand.clock())
                said_id = await agencies.says(who, said)
                question = (said_id, tuple(said["data"]["questions"])) if move is Move.ASK else question
            assert not agencies.standing(by, made).open


def test_what_cannot_be_asked_is_refused_and_what_can_is_named() -> None:
    with pytest.raises(Refused) as refused:
        speaking.request(POLICE, HEALTH, Service.CLEARANCE, wall_clock())
    assert (refused.value.code, refused.value.field) == ("service.not-offered", "--service")
    assert "urgent-medical-care" in str(refused.value.detail)


# what is expected


def test_what_a_handoff_waits_for_is_said_in_the_words_of_its_service() -> None:
    assert expected(SOCIAL, after(), Service.SCREENING) == (
        "concern.receive",
        "responsibility.accept",
        "responsibility.decline",
        "information.ask",
    )
    assert expected(HEALTH, after(), Service.SCREENING) == ()
    assert expected(SOCIAL, after(*AWAY[:3]), ASSESSMENT) == ("referral.complete",)


def test_an_open_question_and_an_asked_withdrawal_come_first() -> None:
    asked = after(Move.ACKNOWLEDGE, Move.ASK)
    assert expected(HEALTH, asked, ASSESSMENT) == ("information.give", "information.refuse")
    assert expected(SOCIAL, asked, ASSESSMENT) == ("referral.accept", "referral.decline")
    leaving = after(Move.ACKNOWLEDGE, Move.ACCEPT, Move.ASK_WITHDRAWAL)
    assert expected(SOCIAL, leaving, ASSESSMENT)[0] == "referral.confirm-withdrawal"


def test_after_the_end_its_opener_closes_the_file_of_what_was_done() -> None:
    assert expected(HEALTH, after(*AWAY), ASSESSMENT) == ("referral.close",)
    assert expected(HEALTH, after(Move.DECLINE), ASSESSMENT) == ()
    assert expected(SOCIAL, after(*AWAY), ASSESSMENT) == ()


def test_everything_expected_is_what_the_law_would_take() -> None:
    """Each stage's commands, judged as the receiver's next act."""
    for moves in ((), AWAY[:1], AWAY[:2], AWAY[:3]):
        standing = after(*moves)
        moves_named = [COMMANDS[command].move for command in expected(SOCIAL, standing, ASSESSMENT)]
        assert moves_named
        for move in moves_named:
            assert move
            assert isinstance(judge(standing, Act(uuid4(), move, SOCIAL)), Standing)


# the report


def reported(body: Any, answer: dict[str, Any]) -> dict[str, Any]:
    said = list[dict[str, Any]]()
    report = Report(HEALTH, wall_clock, said.append, lambda _: None)
    report.sent(body if isinstance(body, bytes) else json.dumps(body).encode(), answer)
    return said[-1]


REFUSED = {"error": {"code": "field.missing", "message": "M.", "hint": "H.", "field": "data.reason"}}


def test_a_refusal_names_where_it_is_written_how_the_type_is_said() -> None:
    entry = reported({"command": "referral.decline", "data": {}}, REFUSED)
    assert (entry["what"], entry["command"], entry["code"]) == ("refused", "referral.decline", "field.missing")
    assert entry["see"] == "docs/catalogue.md#referraldeclined"


@pytest.mark.parametrize("body", [b"\xff", b"[]", b"{}", b'{"command": {"a": 1}}', {"command": "Filane", "data": 7}])
def test_what_is_no_command_is_reported_without_a_word_of_it(body: Any) -> None:
    entry = reported(body, REFUSED)
    assert (entry["command"], entry["see"]) == ("a command that no type has", "docs/catalogue.md")
    assert "Filane" not in str(entry)


LINE = {"at": "2026-03-11T09:00:00+00:00", "command": "referral.accept", "case_ref": "7k3q-9m2x-w4td-h6r2"}
STANDS = {"service": "therapy", "stage": "made", "whose_move": "health", "withdrawal_asked": False, "expected": ["a"]}
SENT: dict[str, Any] = {"position": 7, "repeated": False, "void": None, "left_out": []}
OWED = {"rule": "r", "says": "Do it.", "tag": "D", "expected_by": "2026-03-12T09:00:00+01:00"}


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ({"what": "sent", **SENT, **STANDS}, "you referral.accept: logged at position 7; therapy is made. Yours: a"),
        ({"what": "sent", **SENT, "position": None}, "recorded, not yet logged"),
        ({"what": "sent", **SENT, "repeated": True}, "nothing is doubled"),
        ({"what": "sent", **SENT, "void": "already-made", "left_out": ["police"]}, "VOID, already-made"),
        (
            {"what": "refused", **REFUSED["error"], "see": "S"},
            "REFUSED, field.missing at data.reason: M. Next: H. See S",
        ),
        ({"what": "unanswerable", "asked": True}, "connect with the inbox prefix _INBOX.system"),
        ({"what": "unanswerable", "asked": False}, "asked for the answer nowhere"),
        (
            {"what": "heard", "from": "police", "type": "t", "position": 3, **STANDS, "expected": []},
            "police → you: t (position 3); therapy is made, health's move",
        ),
        ({"what": "heard", "from": "keeper", "type": "t", "position": 3, "of_a_duty": "r"}, "t (position 3) on r"),
        (
            {"what": "void", "move": "accept", "handoff_id": "h", "reason": "already-withdrawn"},
            "VOID: your accept on h",
        ),
        ({"what": "owed", **OWED}, "owe by 2026-03-12 08:00 UTC: Do it. (r, D)"),
        ({"what": "due-soon", **OWED}, "which is soon: Do it. (r)"),
        ({"what": "missed", **OWED}, "NOT IN TIME, expected by 2026-03-12 08:00 UTC"),
        ({"what": "done", **OWED, "state": "met", "on_time": False}, "r is met, late"),
        ({"what": "forward", "by": "25h"}, "moved forward by 25h"),
        ({"what": "counterpart-refused", "who": "social", "code": "c"}, "social referral.accept was refused, c"),
    ],
)
def test_each_line_says_who_did_what_and_what_came_of_it(
    found: dict[str, Any], shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines.line(LINE | found)
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.startswith("11 Mar 09:00:00 ")
    assert shown in printed


# the clock


@pytest.mark.parametrize(
    ("text", "length"),
    [("25h", timedelta(hours=25)), ("90m", timedelta(minutes=90)), ("1d12h", timedelta(hours=36))],
)
def test_a_span_is_written_in_days_hours_minutes_and_seconds(text: str, length: timedelta) -> None:
    assert clock.span(text) == length


@pytest.mark.parametrize("text", ["", "25", "h", "-1h", "1.5h", "25 h", "25h!", "9999999h"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"option\.invalid"):
        clock.span(text)


def test_the_clock_runs_with_the_walls_and_goes_forward_alone() -> None:
    ahead = clock.Ahead()
    assert abs(wall_clock() - ahead()) < timedelta(seconds=5)
    then = ahead.forward(timedelta(hours=25))
    assert timedelta(hours=24, minutes=59) < then - wall_clock() <= timedelta(hours=25)
    for span in (timedelta(0), clock.AHEAD_LIMIT):
        with pytest.raises(Refused, match=r"option\.invalid"):
            ahead.forward(span)
