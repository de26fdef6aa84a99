"""Which servers a production has, and what each is told; all encrypted.

A server's folder is whole: it is copied to its machine, and the server is started in it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType

from bus import nats_users
from bus.settings import Settings
from contracts.errors import Refused
from contracts.export import accounts

PORT = 4222
ROUTES_ABOVE = 2000
"""Servers speak with each other on the port so much above that for clients."""
SIZES = (1, 3, 5)
"""An even number of servers fails as soon as a smaller odd one."""
_PLACE = re.compile(
    r"(?P<host>[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*)(:(?P<port>[0-9]{1,5}))?"
)
_LAST_PORT = 2**16 - 1 - ROUTES_ABOVE
_SERVER = """\
# What {name} of the bus is told: public keys, accounts, permissions. Start it in this folder: nats-server -c nats.conf
server_name: {name}
listen: "{listen}:{port}"
pid_file: "nats.pid"
max_payload: 1MB
max_connections: 1024
max_subscriptions: 1024  # of one connection
tls {{
  cert_file: "tls.pem"  # key and certificate
  key_file: "tls.pem"
  min_version: "1.3"
  handshake_first: true  # else whoever is in between could tell a client that none is needed
  timeout: 5
}}
jetstream {{
  domain: hub
  store_dir: "."
  sync_interval: always  # acknowledged means on disk
}}
{cluster}{keys}
{accounts}
"""
_CLUSTER = """\
cluster {{
  name: barnabus
  listen: "{listen}:{port}"
  advertise: "{host}:{port}"
  no_advertise: true  # homes know the servers by name, as their certificates do
  routes: [{routes}]
  tls {{
    cert_file: "route.pem"  # key and certificate
    key_file: "route.pem"
    ca_file: "ca.pem"
    verify: true  # nobody joins without a certificate by this authority
    min_version: "1.3"
    timeout: 5
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """`name` is for the cluster, and never changes; `host` is how others reach it, and what its certificates say."""

    name: str
    host: str
    port: int

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"tls://{self.place}"

    @property
    def route(self) -> str:
        return f"{self.host}:{self.port + ROUTES_ABOVE}"

    @property
    def listen(self) -> str:
        """An address is listened on alone; for a name, which of its machine's it means is not known here."""
        return self.host if _is_address(self.host) else "0.0.0.0"  # noqa: S104  certificates and keys guard it


def parse(said: str) -> tuple[Server, ...]:
    """`HOST[:PORT],…`. Raises Refused `option.invalid`."""
    found = tuple(_server(place, one.strip().lower()) for place, one in enumerate(said.split(","), start=1))
    if len(found) not in SIZES:
        raise _refused(f"There are {len(found)}; it takes one, three or five.")
    places = {place for server in found for place in (server.place, server.route)}
    if len(places) < 2 * len(found):
        raise _refused("Two of them would listen at the same place.")
    return found


def _server(number: int, said: str) -> Server:
    found = _PLACE.fullmatch(said)
    port = int(found["port"] or PORT) if found else 0
    if not found or not 0 < port <= _LAST_PORT:
        raise _refused(f"{said!r} is no HOST[:PORT]; a port is from 1 to {_LAST_PORT}.")
    return Server(f"hub-{number}", found["host"], port)


def _refused(detail: str) -> Refused:
    return Refused("option.invalid", field="--servers", detail=detail)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def servers(settings: Settings) -> tuple[Server, ...]:
    """Those that this home was provisioned with; none if it has a server of its own."""
    return parse(",".join(url.removeprefix("tls://") for url in urls)) if (urls := settings.cluster()) else ()


def folder(settings: Settings, server: Server) -> Path:
    return settings.servers / server.name


def configs(
    settings: Settings, new: Mapping[tuple[str, str], str] = MappingProxyType({})
) -> Iterator[tuple[Path, str]]:
    """What each server of this home is told, and in which file; `new` are users' new public keys."""
    known = nats_users.lines({**nats_users.public_halves(settings), **new})
    for server in (all_ := servers(settings)):
        yield folder(settings, server) / "nats.conf", _config(server, all_, known)


def _config(server: Server, all_: Sequence[Server], known: str) -> str:
    routes = ", ".join(f'"nats-route://{other.route}"' for other in all_ if other is not server)
    cluster = _CLUSTER.format(listen=server.listen, port=server.port + ROUTES_ABOVE, host=server.host, routes=routes)
    return _SERVER.format(
        name=server.name,
        listen=server.listen,
        port=server.port,
        cluster=cluster if routes else "",
        keys=known,
        accounts=accounts.accounts(),
    )
