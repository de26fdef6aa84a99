"""No message, however malformed, stops an adapter or the gateway: each gets a coded answer, or is rejected and said."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st
from nats.aio.client import Client

from bus.submission import build
from contracts import subjects
from contracts.envelope import Submission
from contracts.errors import CODES, BarnabusError
from tests.builders import POLICE, SOCIAL, START, ByHand, act, encoded, now, refer
from tests.living import Bus

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
    referral = await bus.police.do(refer())
    assert await bus.social.hears(referral["id"])


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


async def _put_into_the_post(bus: Bus, by_hand: ByHand) -> Client:
    """What somebody with the gateway's own account could put into the Centre's post."""
    gateway = await bus.living.connect("gateway", "gateway")
    js = gateway.jetstream()
    letter = by_hand.forge(act(), POLICE)
    other = by_hand.forge(act(), POLICE)
    for raw in HAND_MADE.values():
        await js.publish(subjects.post_letters(SOCIAL), raw)
        await js.publish(subjects.post_letters(SOCIAL), raw, headers={subjects.POSTMARK: "a.b.c"})
        await js.publish(subjects.post_notices(SOCIAL), raw)
        await js.publish(f"post.{SOCIAL}.unheard-of", raw)
    for headers in ({}, {subjects.POSTMARK: other.postmark}, {subjects.POSTMARK: letter.postmark[:-4] + "AAAA"}):
        await js.publish(subjects.post_letters(SOCIAL), letter.raw, headers=headers)
    return gateway


async def test_rubbish_in_the_post_is_rejected_and_said(
    bus: Bus, by_hand: ByHand, events: Callable[[], set[str]]
) -> None:
    await _put_into_the_post(bus, by_hand)
    js = await bus.living.privileged()

    async def left() -> int:
        return int((await js.stream_info(subjects.post_stream(SOCIAL))).state.messages)

    for _ in range(600):
        if not await left():
            break
    assert await left() == 0, "nothing of it is kept for ever"
    await _all_still_work(bus)
    assert {"letter.rejected", "notice.rejected"} <= events()
    assert all(row["type"] == "referral.made" for row in bus.app(SOCIAL).inbox.letters())


def mutated(document: Any, path: list[int], value: Any) -> Any:
    """The document with one place, found by walking as `path` says, put to another value."""
    if not path or not isinstance(document, dict) or not document:
        return value
    key = sorted(document)[path[0] % len(document)]
    return document | {key: mutated(document[key], path[1:], value)}


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
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
