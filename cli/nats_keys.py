"""`barnabus keys`, the part of it that is about who connects to NATS."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

from bus import connection, keys, nats_users, rekeying
from bus.settings import Settings
from cli import show
from cli.choosing import one_of
from contracts.errors import BarnabusError

TAKEN_WITHIN_S = 3.0
_TRY_EVERY_S = 0.1


def rows(settings: Settings) -> Iterator[dict[str, Any]]:
    """Whom the server knows, by the public halves."""
    for (owner, user), public in nats_users.public_halves(settings).items():
        about = {"owner": owner, "use": f"nats {user}", "id": public, "since": None, "until": None, "counts": True}
        yield about | {"here": _held(settings, owner, user) == public}


def _held(settings: Settings, owner: str, user: str) -> str | None:
    seed = nats_users.seed_file(settings, owner, user)
    return keys.nats_public(keys.read(seed)) if seed.exists() else None


def rotate(settings: Settings, owner: str, user: str, *, write: bool, as_json: bool) -> None:
    """Raises Refused `option.invalid`."""
    whose = one_of(list(nats_users.USERS), owner, "OWNER")
    named = one_of(nats_users.USERS[whose], user, "--nats")
    old = _held(settings, whose, named) or nats_users.public_halves(settings).get((whose, named))
    new = rekeying.new_nats_key(settings, whose, named) if write else None
    found = {"owner": whose, "use": f"nats {named}", "old": old, "new": new, "written": write}
    if new:
        found |= {"taken": asyncio.run(_taken(settings, whose, named)), "line": nats_users.line(whose, named, new)}
    if as_json:
        show.document(found)
    elif not new:
        show.out.print(f"To be made: a key by which {whose}'s {named} connects to NATS, in place of {old}.")
        show.out.print("Whoever has the old one is cut off at once. The same with --write.")
    else:
        show.out.print(f"Made: {new}, by which {whose}'s {named} connects to NATS, in place of {old}.")
        show.out.print(_TAKEN if found["taken"] else _NOT_TAKEN.format(line=found["line"]), markup=False)


_TAKEN = "The server takes it, and the old one no more. Processes that run go on by it by themselves."
_NOT_TAKEN = """\
No server that answers takes it yet. Each has to have this line in its nats.conf, and to load that again:
{line}"""


async def _taken(settings: Settings, owner: str, user: str) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(TAKEN_WITHIN_S):
            while True:
                try:
                    await connection.close(await connection.connect(settings, owner, user, patient=False))
                except BarnabusError as error:
                    if error.code != "nats.refused":
                        return False
                    await asyncio.sleep(_TRY_EVERY_S)
                else:
                    return True
    return False
