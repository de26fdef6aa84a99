"""No message, however malformed, stops an adapter or the gateway: each gets a coded answer, or is rejected and said."""

import contextlib
import functools
import json
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from bus import seal
from bus.log import POSTMARK_TYP, STAMP_TYP
from bus.submission import RECORD_TYP, Built, build
from contracts import subjects
from contracts.envelope import Submission
from contracts.errors import CODES, BarnabusError
from tests.builders import HEALTH, POLICE, SOCIAL, START, ByHand, act, encoded, now, on, refer
from tests.living import Bus, Living

DEEP = b'{"data":' * 5000 + b"1" + b"}" * 5000
HAND_MADE: dict[str, bytes] = {
    "nothing": b"",
    "not JSON": b"{",
    "not UTF-8": b'{"command":"\xff\xfe"}',
    "UTF-16": '{"command":"referral.make"}'.encode("utf-16"),
    "a list": b"[]",
    "a number": b"7",
    "not a number": b'{"command": NaN}',
    "an endless number": b'{"id": ' + b"9" * 5000 + b"}",
    "a key twice": b'{"command":"referral.make","command":"referral.accept"}',
    "NUL": b'{"command":"\\u0000"}',
    "half a character": b'{"command":"\\ud800"}',
    "too deep": DEEP[:32000],
    "too large": b'{"data":"' + b"x" * 40_000 + b'"}',
    "wrong types": b'{"command":7,"id":[],"data":"x"}',
    "unknown type": encoded(refer() | {"command": "child.search"}),
    "unknown field": encoded(refer() | {"narrative": "x"}),
    "markup": encoded(refer() | {"command": "[red]<script>\x1b[2J"}),
}


async def _all_still_work(bus: Bus) -> None:
    """A whole referral goes both ways."""
    handoff = (await bus.police.do(refer()))["id"]
    await bus.social.hears(handoff)
    await bus.social.do(on(SOCIAL, "referral.accept", handoff))
    await bus.social.do(on(SOCIAL, "referral.start", handoff, began_at="2026-03-10T09:00:00+01:00"))
    done = await bus.social.do(on(SOCIAL, "referral.complete", handoff, outcome="done"))
    assert (await bus.police.hears(done["id"]))["standing"]["stage"] == "completed"


async def test_a_malformed_command_gets_a_coded_answer(bus: Bus) -> None:
    for name, raw in HAND_MADE.items():
        answer = await bus.police.ask(raw)
        assert answer["error"]["code"] in CODES, name
        assert set(answer["error"]) <= {"code", "message", "hint", "field", "detail"}
    await _all_still_work(bus)


async def test_a_malformed_submission_gets_a_coded_refusal(bus: Bus, by_hand: ByHand) -> None:
    nats = await bus.living.connect("health", "adapter")
    good = Submission.model_validate_json(
        build(act(), POLICE, START, {SOCIAL: START}, by_hand.key(POLICE), by_hand.directory).body
    )
    changes: list[dict[str, Any]] = [
        {"signature": "x..y"},
        {"signature": "é"},
        {"record": "{}"},
        {"record": good.record[:-1]},
        {"letters": [{"to": "social", "jwe": "a.b.c.d.e"}]},
        {"letters": [{"to": "nobody", "jwe": ""}]},
        {"record": good.record.replace('"1.0"', '"9.9"', 1)},
    ]
    whole = json.loads(good.model_dump_json())
    bodies = [*HAND_MADE.values(), *(json.dumps(whole | change).encode() for change in changes), b"x" * 900_000]
    for raw in bodies:
        answer = json.loads((await nats.request(subjects.SUBMIT, raw, timeout=5)).data)
        assert answer["refused"]["code"] in CODES
    for raw in (b"", b"{}", b'{"sender":"police","numbers":[-1]}', b'{"sender":"police","numbers":[9999999]}'):
        assert json.loads((await nats.request(subjects.RESEND, raw, timeout=5)).data)
    assert await bus.living.log() == []
    await _all_still_work(bus)


def signed_postmarks(by_hand: ByHand) -> list[tuple[bytes, str]]:
    """What only the gateway's own signing key could vouch for, and yet is no letter."""
    letter = by_hand.forge(act(), POLICE)
    no_text = b"\xff\xfe" * 20
    stamp = by_hand.stamp(Built(1, letter.record, "A" * 43, b""), POLICE, 1)[1]
    gateway = by_hand.key("gateway")
    return [
        (no_text, by_hand.postmark(letter.record, stamp, SOCIAL, sealed=seal.digest(no_text))),
        (letter.raw, by_hand.postmark(letter.record, stamp, SOCIAL, number=2**70)),
        (letter.raw, by_hand.postmark(letter.record, stamp, SOCIAL, case_ref="not a case")),
        (letter.raw, by_hand.postmark(letter.record, stamp, SOCIAL, recipient=POLICE)),
        (letter.raw, by_hand.postmark(letter.record, stamp, SOCIAL).replace(".", "..", 1)),
        *((letter.raw, seal.sign(raw, gateway, typ=POSTMARK_TYP)) for raw in (b"", b"[]", b"{}", DEEP)),
        (letter.raw, seal.sign(stamp.model_dump_json().encode(), gateway, typ=STAMP_TYP)),
    ]


NOTICES: list[dict[str, Any]] = [
    {"kind": "receipt"},
    {"kind": "receipt", "record": "[" * 100_000, "signature": "x..y", "stamp": "a.b.c"},
    {"kind": "receipt", "record": "{}", "signature": "é", "stamp": "é"},
    {"kind": "resend-asked"},
    {"kind": "resend-asked", "recipient": "police", "numbers": [2**70]},
    {"kind": "resend-asked", "recipient": "social", "numbers": [1, 2, 3]},
    {"kind": "purge"},
]


async def _put_into_the_post(bus: Bus, by_hand: ByHand) -> None:
    """What somebody with the gateway's own account could put into the Centre's post."""
    js = (await bus.living.connect("gateway", "gateway")).jetstream()
    letter, other = (by_hand.forge(act(), POLICE) for _ in range(2))
    for raw in HAND_MADE.values():
        await js.publish(subjects.post_letters(SOCIAL), raw)
        await js.publish(subjects.post_letters(SOCIAL), raw, headers={subjects.POSTMARK: "a.b.c"})
        await js.publish(subjects.post_notices(SOCIAL), raw)
        await js.publish(f"post.{SOCIAL}.unheard-of", raw)
    for headers in ({}, {subjects.POSTMARK: other.postmark}, {subjects.POSTMARK: letter.postmark[:-4] + "AAAA"}):
        await js.publish(subjects.post_letters(SOCIAL), letter.raw, headers=headers)
    for raw, postmark in signed_postmarks(by_hand):
        await js.publish(subjects.post_letters(SOCIAL), raw, headers={subjects.POSTMARK: postmark})
    for notice in NOTICES:
        await js.publish(subjects.post_notices(SOCIAL), json.dumps(notice).encode())


async def test_rubbish_in_the_post_is_rejected_and_said(
    bus: Bus, by_hand: ByHand, events: Callable[[], set[str]]
) -> None:
    await _put_into_the_post(bus, by_hand)
    await _all_still_work(bus)
    js = await bus.living.privileged()

    async def left() -> int:
        return int((await js.stream_info(subjects.post_stream(SOCIAL))).state.messages)

    end = time.monotonic() + 30
    while await left() > 1 and time.monotonic() < end:
        pass
    assert await left() == 1, "only what is signed and can neither be recorded nor parked is kept"
    assert {"letter.rejected", "notice.rejected", "letter.altered"} <= events()
    assert all(row["type"] == "referral.made" for row in bus.app(SOCIAL).inbox.letters())


def mutated(document: Any, path: list[int], value: Any) -> Any:
    """The document with one place, found by walking as `path` says, put to another value."""
    if not path or not isinstance(document, dict | list) or not document:
        return value
    if isinstance(document, list):
        place = path[0] % len(document)
        return [*document[:place], mutated(document[place], path[1:], value), *document[place + 1 :]]
    key = sorted(document)[path[0] % len(document)]
    return document | {key: mutated(document[key], path[1:], value)}


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from([2**63, "link.police.social", "a..b", "0001-01-01T00:00:00+14:00", "\x00", "police", "receipt"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(path=st.lists(st.integers(0, 20), min_size=1, max_size=4), value=JUNK)
@with_settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_command_changed_in_any_one_place_is_taken_or_refused_with_a_code(
    by_hand: ByHand, path: list[int], value: Any
) -> None:
    app = by_hand.application(POLICE)
    with contextlib.closing(app), contextlib.suppress(BarnabusError):  # any other error fails
        assert app.take(encoded(mutated(refer(), path, value)), now()).case_ref


PATHS = st.lists(st.integers(0, 20), min_size=1, max_size=5)
OVER_NATS = with_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@given(path=PATHS, value=JUNK)
@OVER_NATS
async def test_a_command_changed_in_any_one_place_gets_an_answer_over_nats(
    bus: Bus, path: list[int], value: Any
) -> None:
    answer = await bus.police.ask(encoded(mutated(refer(), path, value)))
    assert answer.get("status") == "logged" or answer["error"]["code"] in CODES
    assert answer.get("error", {}).get("code") != "internal"


def resubmitted(by_hand: ByHand, change: Callable[[Any], Any]) -> bytes:
    """A whole submission of the health service whose record was changed and then signed by its true key."""
    body = build(act(), HEALTH, START, {SOCIAL: START}, by_hand.key(HEALTH), by_hand.directory).body
    found = json.loads(body)
    text = encoded(change(json.loads(found["record"]))).decode()
    signature = seal.sign_detached(text.encode(), by_hand.key(HEALTH), typ=RECORD_TYP)
    return encoded(found | {"record": text, "signature": signature})


def _with(changes: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    return record | changes


WRONG_IN_A_RECORD: dict[str, dict[str, Any]] = {
    "a number beyond 64 bits": {"number": 2**70},
    "another agency's link as its subject": {"subject": "link.police.social"},
    "a subject that is no name on NATS": {"subject": "a..b"},
    "a subject that is no case": {"subject": "7k3q"},
    "a type of its own": {"type": "child.searched"},
    "a source that is no agency": {"source": "/agencies/nobody"},
    "a receipt without a link": {"type": "receipt", "dataschema": "urn:barnabus:receipt:1.0"},
    "no content": {"data": {"content": {}}},
}


async def test_a_record_that_is_signed_and_wrong_is_refused_with_a_code_and_nothing_is_logged(
    home: Living, by_hand: ByHand
) -> None:
    await home.start_gateway()
    nats = await home.connect(HEALTH, "adapter")
    for name, wrong in WRONG_IN_A_RECORD.items():
        body = resubmitted(by_hand, functools.partial(_with, wrong))
        answer = json.loads((await nats.request(subjects.SUBMIT, body, timeout=5)).data)
        assert answer["refused"]["code"] in CODES.keys() - {"internal"}, name
    assert await home.log() == []


@given(path=PATHS, value=JUNK)
@OVER_NATS
async def test_whatever_record_an_agency_signs_the_log_it_leaves_holds_together(
    home: Living, by_hand: ByHand, path: list[int], value: Any
) -> None:
    if not home.gateways:
        await home.start_gateway()
    nats = await home.connect(HEALTH, "adapter")
    body = resubmitted(by_hand, lambda record: mutated(record, path, value))
    answer = json.loads((await nats.request(subjects.SUBMIT, body, timeout=5)).data)
    assert "stamp" in answer or answer["refused"]["code"] in CODES
    assert answer.get("refused", {}).get("code") != "internal"
    assert len(await home.log()) <= 1
