"""The police's own system: asks social services to assess what protection a child needs, and waits until they accept.

python police.py [COMMAND.json]
"""

import asyncio
import json
import sys
from pathlib import Path

from barnabus import Document, Refused, System, command, readable, say

WAIT_AT_MOST_S = 60
OURS = "asking"


def referral() -> Document:
    post = {"role": "investigator", "office": "prishtina-child-unit"}
    data = {
        "to": "social",
        "service": "child-protection-assessment",
        "urgency": "urgent",
        "concerns": {"ref": "p-7k3q9m2xw4", "role": "child"},  # your pseudonym for the child, the same in every case
        "safety": {"immediate_danger": "yes", "suspect_has_access": "unknown", "whereabouts": "relatives"},
        "allegation": {"kind": "physical-abuse", "ongoing": "unknown"},
        "identity": {"full_name": "Example Child", "date_of_birth": "2015-05-17"},  # travels sealed, and is in no log
    }
    return command("referral.make", post, data)


async def until_accepted(system: System, referral_id: str) -> None:
    async for item in system.told():
        letter = item["data"]
        if not readable(item) or letter.get("content", {}).get("handoff_id") != referral_id:
            continue
        standing = letter["standing"]
        print(f"heard {item['type']} from {letter['sender']}, position {letter['position']}")
        move, answers = standing["whose_move"], standing["responsible"]
        print(f"  stage: {standing['stage']}; whose move: {move}; answers for it: {answers}", flush=True)
        if item["type"] == "referral.accepted":
            return
        if item["type"] == "referral.declined":
            system.kept.forget(OURS)
            raise SystemExit("declined: it is ours to ask somebody else")


async def main(*files: str) -> None:
    async with System("police") as system:
        try:
            made = json.loads(Path(files[0]).read_text()) if files else system.kept.command(OURS, referral)
            answer = await system.ask(made)
            where = f"position {answer['stamp']['position']}" if answer["stamp"] else "its place in the log follows"
            print(f"{made['command']} {answer['status']}, {where}, case {answer['case_ref']}", flush=True)
            async with asyncio.timeout(WAIT_AT_MOST_S):
                await until_accepted(system, answer["id"])
            system.kept.forget(OURS)
        except TimeoutError:
            raise SystemExit("nobody has accepted within a minute: it is still ours. Run it again to go on") from None
        except Refused as refused:
            problem = refused.problem
            at = f" at {problem['field']}" if problem["field"] else ""
            say(f"refused: {problem['code']}{at}. {problem['message']}\n  next: {problem['hint']}")
            raise SystemExit(2) from None


asyncio.run(main(*sys.argv[1:]))
