"""`barnabus recover AGENCY`: a store from a backup adopts what the log has of it; a lost sealing key is replaced."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Annotated, Any
from uuid import uuid4

import typer

from bus import asking, connection, directory, logging, node, recovering
from bus.clock import wall_clock
from bus.recovering import Lacking, Own
from bus.settings import Settings
from bus.signing import Signing
from cli import show
from cli.agencies import APPLICATIONS, opened
from cli.keys import in_place_of
from contracts.agencies import Agency


@show.coded
def recover(
    agency: Annotated[str, typer.Argument(help="Whose store was restored; its adapter is stopped.")],
    new_sealing_key: Annotated[
        bool, typer.Option("--new-sealing-key", help="Instead: replace its sealing key; needs the root key here.")
    ] = False,
    write: Annotated[bool, typer.Option("--write", help="Do it; without this it is only reported.")] = False,
    as_json: show.AsJson = False,
) -> None:
    """Say what a store lacks of its own chain, and adopt it from the log; exit 1 while it lacks that, or its key."""
    asked = show.agency(agency, APPLICATIONS)
    if new_sealing_key:
        rekeyed = _rekey(asked, Settings(), write=write)
        show.document(rekeyed) if as_json else _print_rekeyed(rekeyed)
        if not write and not rekeyed["still_held"]:
            raise typer.Exit(1)
        return
    logging.configure("recover")
    done = asyncio.run(_recover(asked, Settings(), write=write))
    show.document(done) if as_json else _print(done)
    if done["adopted"] and not done["written"]:
        raise typer.Exit(1)


def _rekey(agency: Agency, settings: Settings, *, write: bool) -> dict[str, Any]:
    planned, _ = in_place_of(settings, agency, "enc", timedelta(0), write=write)
    return {
        "agency": agency.value,
        "written": write,
        "ended": planned.ended,
        "still_held": planned.held,
        "new": planned.kid,
    }


def _print_rekeyed(done: dict[str, Any]) -> None:
    verbs = ("Ended", "made") if done["written"] else ("To be ended", "to be made")
    held = "kept, for letters that are sealed to it" if done["still_held"] else "lost: its letters are said again"
    show.out.print(f"{verbs[0]}: {done['ended']} ({held}); {verbs[1]}: {done['new']}.")
    if done["written"]:
        show.out.print("Give directory.jws to every home, then start this adapter. Nobody else needs a restart.")
    else:
        show.out.print(f"Stop its adapter, then: barnabus recover {done['agency']} --new-sealing-key --write")


async def _recover(agency: Agency, settings: Settings, *, write: bool) -> dict[str, Any]:
    async with AsyncExitStack() as held:
        application = held.enter_context(opened(agency, settings, alone=write))
        await held.enter_async_context(node.at_work(settings))
        nats = await connection.connect(settings, agency, "adapter", patient=False)
        held.push_async_callback(connection.close, nats)
        keyring, after = directory.load(settings), application.outbox.logged_head()
        ends = await asking.ends(nats, application.outbox.last_stamp())
        own = await recovering.own_records(nats, after, agency, keyring)
        lack = recovering.lacking(agency, own, ends, after, application.inbox)
        gone = [one for one in own if recovering.personal(one) and not application.knows(one.logged.record.id)]
        if write and lack.own:
            key = Signing(settings.keys(agency), agency, lambda: keyring, wall_clock)()
            said = recovering.restored(lack, application.outbox, key, keyring, record_id=uuid4(), now=wall_clock())
            application.adopt(lack, said)
        return _document(lack, gone, written=write and bool(lack.own))


def _document(lack: Lacking, gone: list[Own], *, written: bool) -> dict[str, Any]:
    kinds: dict[str, int] = {}
    for own in lack.own:
        kinds[own.logged.record.type] = kinds.get(own.logged.record.type, 0) + 1
    return {
        "agency": lack.agency.value,
        "written": written,
        "held_up_to": lack.after,
        "adopted": len(lack.own),
        "types": kinds,
        "signed_for_again": {link.sender.value: link.number for link in lack.forgotten},
        "awaited_letters": {sender.value: count for sender, count in lack.awaited.items()},
        "personal_data_lost": [
            {"id": str(own.logged.record.id), "type": own.logged.record.type, "case_ref": own.logged.record.subject}
            for own in gone
        ],
        "letters_lost_unless_in_the_post": [{"to": to.value, "number": number} for to, number in lack.unread],
    }


def _print(done: dict[str, Any]) -> None:
    if not done["adopted"]:
        show.out.print(f"The store of {done['agency']} has all that the log has of it.")
    else:
        verb = "Adopted" if done["written"] else "To be adopted"
        show.out.print(f"{verb}: {done['adopted']} records above number {done['held_up_to']}.")
        show.table(("type", "records"), done["types"].items(), empty="")
    for sender, count in done["awaited_letters"].items():
        show.out.print(f"Awaited from {sender}: {count} letters. They come by themselves once the adapter runs.")
    for row in done["personal_data_lost"]:
        show.out.print(f"Personal data lost here, and with its recipients only: {row['type']} {row['id']}")
    for row in done["letters_lost_unless_in_the_post"]:
        show.out.print(f"Not signed for, and lost unless it is in the post: letter {row['number']} to {row['to']}")
    if done["written"]:
        show.out.print(f"Start its adapter: barnabus adapter {done['agency']}")
    elif done["adopted"]:
        show.out.print(f"Stop its adapter, then: barnabus recover {done['agency']} --write")
