"""All that an agency's own system needs of Barnabus: connect, ask, hear. It is plain NATS and JSON."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

HOME = Path(os.environ.get("BARNABUS_HOME", "barnabus-home"))
VERSION = "1.0"  # of the types that these programs were written for: newer adapters go on understanding it
ANSWER_WITHIN_S = 5.0  # the adapter waits up to two seconds for the log
ASK_AGAIN_AFTER_S = 1.0
TRIES = 20

Document = dict[str, Any]


class Refused(Exception):
    """A command was refused, and nothing recorded: `problem` holds code, message, hint and perhaps field, detail."""

    def __init__(self, problem: Document) -> None:
        super().__init__(problem["message"])
        self.problem = problem


async def connect(agency: str) -> Client:
    """A connection into one agency's account that comes back by itself, however long the server is away."""
    client = Client()

    async def away() -> None:
        if not (client.is_closed or client.is_draining):  # it is no end of our own making
            say("the server is away")

    await client.connect(
        os.environ.get("BARNABUS_NATS_URL") or (HOME / "run" / "nats.url").read_text().strip(),
        nkeys_seed_str=(HOME / "keys" / agency / "system.nk").read_text().strip(),
        inbox_prefix="_INBOX.system",  # elsewhere this user may hear no answer
        name=f"example-{agency}",
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        error_cb=_silent,  # the two below say it
        disconnected_cb=away,
        reconnected_cb=_back,
    )
    return client


async def _silent(_: Exception) -> None: ...


async def _back() -> None:
    say("the server is back: what was told meanwhile is in `barnabus inbox`")


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def command(verb: str, post: Document, data: Document) -> Document:
    """A new command. Keep it until it is answered: after a crash the same one, with the same id, goes again."""
    now = datetime.now(UTC).isoformat()
    return {
        "command": verb,
        "version": VERSION,
        "id": str(uuid4()),
        "clocks": {"occurred": now, "known": now, "recorded": now},  # when it happened, was known, was written down
        "legal_basis": "protection-duty",
        "post": post,
        "data": data,
    }


async def ask(client: Client, asked: Document) -> Document:
    """Hand a command over. Without an answer the very same goes again: its id makes that harmless. Raises `Refused`."""
    for _ in range(TRIES):
        answer = await _request(client, json.dumps(asked).encode())
        if answer and "error" in answer:
            raise Refused(answer["error"])
        if answer:
            return answer  # status "logged"; or "recorded": safe in the adapter's store, the log follows
        say("no answer, so the same command goes again")
        await asyncio.sleep(ASK_AGAIN_AFTER_S)
    raise ConnectionError(f"no answer after {TRIES} tries")


async def _request(client: Client, raw: bytes) -> Document | None:
    try:
        answer: Document = json.loads((await client.request("adapter.submit", raw, timeout=ANSWER_WITHIN_S)).data)
    except NatsError:
        if client.is_closed:
            raise
        return None  # nobody listens, or it took too long: perhaps it was recorded, perhaps not
    return answer


async def letters(told: Subscription) -> AsyncIterator[Document]:
    """Every letter told to this agency, each once. A real system keeps the ids in its database, with what it did."""
    heard = set[str]()
    async for message in told.messages:
        letter = json.loads(message.data)
        if letter["id"] in heard:
            say(f"heard before: {letter['type']} {letter['id']}")
        else:
            yield letter
        heard.add(letter["id"])


async def listen(client: Client) -> tuple[Subscription, Subscription]:
    """Begin to hear: letters to this agency, and what became void of its own acts. Only what is told from now on."""
    told, voided = await client.subscribe("adapter.letters.>"), await client.subscribe("adapter.voided")
    await client.flush()  # the server knows of both before anything is said
    return told, voided
