"""Social services' system as it is often written first: `python faulty.py FAULT …`, and without one it does as it must.

It hears live, keeps nothing over a restart, and goes by what it remembers.

deaf       does not read the feed when it starts
forgetful  acts on a letter whenever it is told it
hasty      says a command anew, under another id, when no answer comes
strict     ends when it meets a field, a version or a type that it does not know
small      ends at a letter of more than 16 KiB
wrong      accepts by a post that may not
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

FAULTS = frozenset(sys.argv[1:])
ANSWER_WITHIN_S = 0.8
SMALL_BYTES = 16 * 1024
Document = dict[str, Any]


class System:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._dealt_with = set[str]()
        self._commands: dict[str, Document] = {}

    async def on_message(self, msg: Msg) -> None:
        if "small" in FAULTS and len(msg.data) > SMALL_BYTES:
            os._exit(3)
        await self.on_letter(json.loads(msg.data))

    async def on_letter(self, letter: Document) -> None:
        if "strict" in FAULTS and (letter["version"] != "1.0" or "not_in_your_version" in letter["content"]):
            os._exit(4)
        again = letter["id"] in self._dealt_with and "forgetful" not in FAULTS
        readable = letter["type"] == "referral.made" and letter["version"].startswith("1.")
        if again or not readable or letter["standing"]["whose_move"] != "social":
            return
        self._dealt_with.add(letter["id"])
        for verb in ("referral.acknowledge", "referral.accept"):
            await self._say(verb, letter["id"])

    async def _say(self, verb: str, handoff_id: str) -> None:
        key = f"{verb}:{handoff_id}"
        for _ in range(20):
            if key not in self._commands or "hasty" in FAULTS or "forgetful" in FAULTS:
                self._commands[key] = self._made(verb, handoff_id)
            raw = json.dumps(self._commands[key]).encode()
            try:
                await self._client.request("adapter.submit", raw, timeout=ANSWER_WITHIN_S)
            except NatsError:
                await asyncio.sleep(0.1)
            else:
                return

    def _made(self, verb: str, handoff_id: str) -> Document:
        """With an id and moments that follow from what it answers: the same after a restart, too."""
        anew = "hasty" in FAULTS or "forgetful" in FAULTS
        at = "2019-01-17T09:00:00+00:00"
        role = "clinician" if "wrong" in FAULTS and verb == "referral.accept" else "case-manager"
        return {
            "command": verb,
            "id": str(uuid4() if anew else uuid5(NAMESPACE_URL, f"{verb}:{handoff_id}")),
            "clocks": {"occurred": at, "known": at, "recorded": at},
            "legal_basis": "protection-duty",
            "post": {"role": role, "office": "prishtina-csw"},
            "data": {"handoff_id": handoff_id},
        }

    async def catch_up(self) -> None:
        after, page = 0, Document(items=[True])
        while page["items"]:
            asked = json.dumps({"after": after}).encode()
            try:
                page = json.loads((await self._client.request("adapter.feed", asked, timeout=ANSWER_WITHIN_S)).data)
            except NatsError:
                await asyncio.sleep(0.1)
                continue
            for item in page["items"]:
                if item["type"] != "act.voided":
                    await self.on_letter(item["data"])
            after = page["next"]


async def main() -> None:
    seed = (Path(os.environ["BARNABUS_HOME"]) / "keys" / "social" / "system.nk").read_text().strip()
    back = asyncio.Event()

    async def on_back() -> None:
        back.set()

    client = await nats.connect(
        os.environ["BARNABUS_NATS_URL"],
        nkeys_seed_str=seed,
        inbox_prefix="_INBOX.system",
        reconnected_cb=on_back,
        reconnect_time_wait=0.1,
        max_reconnect_attempts=-1,
    )
    system = System(client)
    await client.subscribe("adapter.letters.>", cb=system.on_message)
    while True:
        back.clear()
        if "deaf" not in FAULTS:
            await system.catch_up()
        await back.wait()


if __name__ == "__main__":
    asyncio.run(main())
