"""Social services' own system: hears referrals, says that a person has seen each, and takes it on. Ctrl-C ends it.

python social.py
"""

import asyncio
import json
import signal

from nats.aio.client import Client
from nats.aio.subscription import Subscription

from barnabus import Document, Refused, ask, command, connect, letters, listen, say

POST = {"role": "case-manager", "office": "prishtina-csw"}


async def take_on(client: Client, referral: Document) -> None:
    for verb in ("referral.acknowledge", "referral.accept"):
        # Here a program decides at once. With you a person reads the letter first, and answers for what she accepts.
        answer = await ask(client, command(verb, POST, {"handoff_id": referral["id"]}))
        print(f"{verb} {answer['status']}" + (f", void: {answer['void']}" if answer["void"] else ""), flush=True)


async def hear(client: Client, told: Subscription) -> None:
    async for letter in letters(told):
        place = f"case {letter['case_ref']}, position {letter['position']}"
        print(f"heard {letter['type']} from {letter['sender']}, {place}", flush=True)
        if letter["type"] != "referral.made" or letter["standing"]["whose_move"] != "social":
            continue
        try:
            await take_on(client, letter)
        except Refused as refused:
            say(f"refused: {refused.problem['code']}. {refused.problem['hint']}")


async def tell_of_void(voided: Subscription) -> None:
    async for message in voided.messages:
        act = json.loads(message.data)
        say(f"our act {act['id']} came to nothing: {act['reason']}")


async def main() -> None:
    client = await connect("social")
    told, voided = await listen(client)
    print("listening", flush=True)
    work = asyncio.gather(hear(client, told), tell_of_void(voided))
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        await client.drain()


asyncio.run(main())
