"""An agency's own records system: it hands its adapter commands, and repeats each until it has an answer."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from bus import connection
from bus.settings import Settings
from contracts import subjects
from contracts.agencies import Agency
from tests.fault.waiting import DEADLINE_S

ANSWER_WITHIN_S = 2.5
"""An adapter answers after 2 s at the latest; one that was killed never does."""
ASK_AGAIN_AFTER_S = 0.05
NOT_YET = frozenset({"handoff.unknown", "handoff.void", "handoff.open"})
"""Refusals of an act whose ground has not reached this agency yet: it is asked for again when it has."""


@dataclass(slots=True)
class RecordsSystem:
    agency: Agency
    nats: Client
    answers: dict[UUID, dict[str, Any]] = field(default_factory=dict)  # of what was accepted
    pending: set[UUID] = field(default_factory=set)  # asked for, and not answered yet
    told: Counter[UUID] = field(default_factory=Counter)  # letters heard of, by the record's id
    repeats: int = 0

    @classmethod
    async def connected(cls, agency: Agency, settings: Settings) -> "RecordsSystem":
        nats = await connection.connect(settings, agency, "system", patient=False)
        system = cls(agency, nats)
        await nats.subscribe(f"{subjects.LETTERS}.>", cb=system._on_letter)
        await nats.flush()
        return system

    async def _on_letter(self, msg: Msg) -> None:
        self.told[UUID(json.loads(msg.data)["id"])] += 1

    async def asks(self, command: dict[str, Any]) -> dict[str, Any] | None:
        """One try: the answer, or None if none came."""
        try:
            raw = json.dumps(command).encode()
            answer = await self.nats.request(subjects.COMMAND, raw, timeout=ANSWER_WITHIN_S)
        except (NatsError, TimeoutError):
            return None
        found: dict[str, Any] = json.loads(answer.data)
        return found

    async def do(self, name: str, data: dict[str, Any], *, may_be_void: bool = False) -> UUID:
        """Ask for an act until it is answered as accepted; the act's id.

        `may_be_void`: the other party may have got ahead, so a refusal as void is an answer too.
        """
        command = self._command(name, data)
        act = UUID(command["id"])
        self.pending.add(act)
        end = time.monotonic() + DEADLINE_S
        said: object = "no answer"
        while time.monotonic() < end:
            answer = await self.asks(command)
            if answer and "error" not in answer:
                assert (answer["id"], answer["void"]) == (command["id"], None) or may_be_void, (command, answer)
                self.answers[act] = answer
                self.pending.remove(act)
                return act
            said = answer["error"] if answer else "no answer"
            if answer:
                code = answer["error"]["code"]
                if may_be_void and code == "handoff.void":
                    self.pending.remove(act)
                    return act
                assert code in NOT_YET, f"{self.agency} was refused {name}: {answer['error']}"
            self.repeats += 1
            await asyncio.sleep(ASK_AGAIN_AFTER_S)
        raise AssertionError(f"{self.agency} asked for {name} for {DEADLINE_S:.0f} s: {said}.")

    def _command(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        moment = "2026-03-10T09:00:00+01:00"
        return {
            "command": name,
            "id": str(uuid4()),
            "clocks": {"occurred": moment, "known": moment, "recorded": moment},
            "legal_basis": "protection-duty",
            "post": {"role": "supervisor", "office": f"{self.agency}-office"},
            "data": data,
        }
