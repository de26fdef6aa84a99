"""`barnabus keys`, the part of it that is about the servers' certificates."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bus import cluster, servers
from bus.settings import Settings
from cli import show
from cli.choosing import one_of


def rows(settings: Settings, now: datetime) -> Iterator[dict[str, Any]]:
    """The certificates that are here."""
    for owner, use, found, here in cluster.certificates(settings):
        since, until = found.not_valid_before_utc, found.not_valid_after_utc
        about = {"owner": owner, "use": "tls" if use == "tls" else f"tls {use}", "id": f"{found.serial_number:x}"}
        about |= {"since": since.isoformat(), "until": until.isoformat()}
        yield about | {"counts": since <= now < until, "here": here}


def rotate(settings: Settings, owner: str, now: datetime, *, write: bool, as_json: bool) -> None:
    """Raises Refused `option.invalid`, `root.missing`."""
    known = {server.name: server for server in servers.servers(settings)}
    server = known[one_of(list(known), owner, "OWNER")]
    own = cluster.renew(settings, server, now) if write else cluster.to_renew(settings, server)
    left = [purpose for purpose in cluster.PURPOSES if purpose not in own]
    if as_json:
        show.document({"owner": server.name, "use": "tls", "renewed": own, "left": left, "written": write})
        return
    files = " and ".join(f"{purpose}.pem" for purpose in own)
    show.out.print(f"{'Made' if write else 'To be made'}: {files} of {server.name}, for {server.host}.")
    for purpose in left:
        show.out.print(f"{purpose}.pem stays: another authority vouches for it, and renews it.")
    if write:
        where = servers.folder(settings, server)
        show.out.print(f"Put them from {where} into its folder there, and have it load them: kill -HUP $(cat nats.pid)")
        show.out.print("No connection falls. Then take keys/root away again.")
    else:
        show.out.print("With keys/root here: the same with --write.")
