"""What an agency asks the active gateway, and what comes of it: an answer, or the code it was refused with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError

from bus.directory import Keyring
from bus.log import Entry, placed
from contracts import subjects
from contracts.agencies import Agency
from contracts.envelope import HeadsAsked, OwnAsked, ReceiptsAsked, ResendAsked
from contracts.errors import CODES, BarnabusError

ANSWER_TIMEOUT_S = 2.0
"""A gateway that died owes an answer for ever: its successor is asked about when it has taken over."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The ends of one agency's chains as the log has them: of its own records, and of each link that leads to it."""

    number: int
    digest: str
    position: int
    inbound: Mapping[Agency, int]
    signed: Mapping[Agency, int]  # up to which letter of each such link this agency has signed
    outbound: Mapping[Agency, int]  # up to which letter of its own each recipient has signed


async def submit(nats: Client, body: bytes) -> str:
    """The stamp of a submission. Raises the code it was refused with, or `log.unavailable`."""
    return str((await _ask(nats, subjects.SUBMIT, body))["stamp"])


async def ends(nats: Client, stamp: str | None) -> Ends:
    """Where this agency's chains end in the log; `stamp` is the last that it holds.

    Raises the code of a refusal, or `log.unavailable`.
    """
    found = await _ask(nats, subjects.HEADS, HeadsAsked(stamp=stamp).model_dump_json().encode())
    links = ({Agency(name): int(n) for name, n in found[which].items()} for which in ("inbound", "signed", "outbound"))
    return Ends(int(found["number"]), str(found["digest"]), int(found["position"]), *links)


async def own(nats: Client, after: int, directory: Keyring) -> list[Entry]:
    """This agency's own records above a number, as the log has them; some of them, none if there are no more."""
    found = await _ask(nats, subjects.OWN, OwnAsked(after=after).model_dump_json().encode())
    return [placed(row["record"], row["signature"], row["stamp"], directory) for row in found["entries"]]


async def resend(nats: Client, wanted: ResendAsked) -> None:
    """Have a sender told that letters of its are missing. Raises the code of a refusal, or `log.unavailable`."""
    await _ask(nats, subjects.RESEND, wanted.model_dump_json().encode())


async def receipts(nats: Client, wanted: ReceiptsAsked) -> None:
    """Have notices of receipts posted once more. Raises the code of a refusal, or `log.unavailable`."""
    await _ask(nats, subjects.RECEIPTS, wanted.model_dump_json().encode())


async def _ask(nats: Client, subject: str, body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads((await nats.request(subject, body, timeout=ANSWER_TIMEOUT_S)).data)
    except (NatsError, TimeoutError):
        raise BarnabusError("log.unavailable", detail="No gateway answers.") from None
    if refused := answer.get("refused"):
        code = refused["code"]
        raise BarnabusError(code if code in CODES else "internal", field=refused.get("field"))
    found: dict[str, Any] = answer
    return found
