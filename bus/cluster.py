"""The servers of a production in a home: their certificates, and how they are reached."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from bus import connection, keys
from bus.authority import Authority, Purpose, first
from bus.servers import Server, configs, folder, servers
from bus.settings import Settings
from contracts.errors import BarnabusError

PURPOSES: tuple[Purpose, ...] = ("tls", "route")


def provision(settings: Settings, wanted: Sequence[Server], now: datetime) -> None:
    """Every server's folder, and what homes need to reach them."""
    authority = Authority.new(now)
    keys.write(private(settings), authority.private())
    keys.write(_own(settings), authority.public())
    settings.ca.write_bytes(authority.public())
    settings.urls.write_text("".join(f"{server.url}\n" for server in wanted))
    for server in wanted:
        for purpose in PURPOSES:
            keys.write(file(settings, server, purpose), authority.issue(server.host, purpose, now))
        (folder(settings, server) / "ca.pem").write_bytes(authority.public())
    for path, text in configs(settings):
        path.write_text(text)


def to_renew(settings: Settings, server: Server) -> tuple[Purpose, ...]:
    """Its certificates, but for one that another authority vouches for: that is its owner's to renew.

    Raises `root.missing`.
    """
    authority = _authority(settings)
    return tuple(purpose for purpose in PURPOSES if _ours(authority, file(settings, server, purpose)))


def renew(settings: Settings, server: Server, now: datetime) -> tuple[Purpose, ...]:
    """New keys and certificates in the places of those that `to_renew` names. Raises `root.missing`."""
    authority, own = _authority(settings), to_renew(settings, server)
    for purpose in own:
        path = file(settings, server, purpose)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # it may have been moved to its machine
        keys.replace(path, authority.issue(server.host, purpose, now))
    return own


def certificates(settings: Settings) -> Iterator[tuple[str, str, x509.Certificate, bool]]:
    """Those that are here: whose, for what, and whether the private key is here too."""
    if settings.ca.exists():
        yield "servers", "authority", first(keys.read(settings.ca)), private(settings).exists()
    for server in servers(settings):
        for purpose in PURPOSES:
            path = file(settings, server, purpose)
            if path.exists():
                yield server.name, purpose, first(keys.read(path)), b"PRIVATE KEY" in keys.read(path)


def file(settings: Settings, server: Server, purpose: Purpose) -> Path:
    return folder(settings, server) / f"{purpose}.pem"


def private(settings: Settings) -> Path:
    """The authority's own key, beside the root key and offline like it."""
    return settings.keys("root") / "ca.key"


def _own(settings: Settings) -> Path:
    """The authority's certificate once more: what homes trust may be another's by now."""
    return settings.keys("root") / "ca.pem"


def _authority(settings: Settings) -> Authority:
    return Authority.read(private(settings), _own(settings))


def _ours(authority: Authority, path: Path) -> bool:
    return not path.exists() or authority.issued(first(keys.read(path)))


def shown(settings: Settings, server: Server) -> Mapping[str, Any]:
    """The certificate that it really shows to clients, as `ssl` describes it. Raises `nats.untrusted`, OSError."""
    context = connection.encryption(settings)
    if context is None:
        raise BarnabusError("nats.untrusted", detail=f"{settings.url_or_default()} is not encrypted.")
    with (
        socket.create_connection((server.host, server.port), connection.CONNECT_TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=server.host) as encrypted,
    ):
        return encrypted.getpeercert() or {}
