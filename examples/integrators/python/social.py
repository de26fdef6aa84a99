"""Social services' own system: hears referrals, says that a person has seen each, and takes it on. Ctrl-C ends it.

python social.py
"""

import asyncio
import signal
from functools import partial

from barnabus import Document, Refused, System, command, readable, say

POST = {"role": "case-manager", "office": "prishtina-csw"}


async def take_on(system: System, referral: Document) -> None:
    for verb in ("referral.acknowledge", "referral.accept"):
        # Here a program decides at once. With you a person reads the letter first, and answers for what she accepts.
        made = partial(command, verb, POST, {"handoff_id": referral["id"]})
        answer = await system.ask(system.kept.command(f"{referral['id']}.{verb}", made))
        print(f"{verb} {answer['status']}" + (f", void: {answer['void']}" if answer["void"] else ""), flush=True)


async def hear(system: System) -> None:
    async for item in system.told():
        told = item["data"]
        if item["type"] == "act.voided":
            say(f"our act {told['id']} came to nothing: {told['reason']}")
            continue
        place = f"case {told['case_ref']}, position {told['position']}"
        print(f"heard {item['type']} from {told['sender']}, {place}", flush=True)
        if item["type"] != "referral.made" or not readable(item) or told["standing"]["whose_move"] != "social":
            continue
        try:
            await take_on(system, told)
        except Refused as refused:
            say(f"refused: {refused.problem['code']}. {refused.problem['hint']}")


async def main() -> None:
    async with System("social") as system:
        print("listening", flush=True)
        work = asyncio.ensure_future(hear(system))
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, work.cancel)
        try:
            await work
        except asyncio.CancelledError:
            return


asyncio.run(main())
