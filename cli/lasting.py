"""`barnabus doctor`, the part of it that looks ahead: what will end by itself, and has to be renewed before."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from bus import cluster, servers
from bus.directory import Directory
from bus.settings import Settings
from cli.findings import Finding
from contracts.errors import BarnabusError

SOON = timedelta(days=30)


def signing(check: str, owner: str, kid: str, known: Directory, now: datetime) -> Finding:
    """A key that signs now and will end counts as well only where another one follows it."""
    own = list(known.of(owner, "sig"))
    until = next(key.valid_until for key in own if key.kid == kid)
    if until is None:
        return Finding(check, "ok", f"{kid} signs", group="keys")
    said = f"{kid} signs, and counts until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    follows = next((key.kid for key in own if key.counts(until)), None)
    if follows is None:
        return Finding(check, "warn", f"{said}; none follows it", f"barnabus keys rotate {owner}", "keys", until)
    hint = "Put its file into this home."
    return Finding(check, "warn", f"{said}; {follows} follows it, and is not here", hint, "keys", until)


def encryption(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Is the way to NATS encrypted, and how long do the certificates count? Each server's as it really shows it."""
    plain = [url for url in settings.url().split(",") if not url.startswith("tls://") and not _local(url)]
    if plain:
        hint = "Provision servers with TLS (docs/operate.md), or keep this in a tunnel."
        yield Finding("encryption", "warn", f"none on the way to {', '.join(plain)}", hint, "keys")
    for server in servers.servers(settings):
        try:
            until = ssl.cert_time_to_seconds(cluster.shown(settings, server)["notAfter"])
        except ssl.SSLError as error:
            untrusted = BarnabusError("nats.untrusted").row
            yield Finding(f"{server.name}: TLS", "fail", f"nats.untrusted: {error.reason}", untrusted.hint, "keys")
        except OSError as error:
            said = f"{server.place} does not answer: {error}"
            yield Finding(f"{server.name}: TLS", "warn", said, "Start that server.", "processes")
        else:
            yield _until(
                f"{server.name}: TLS",
                datetime.fromtimestamp(until, UTC),
                f"barnabus keys rotate {server.name} --tls",
                now,
            )
    yield from certificates(settings, now)


def certificates(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Those that are here, but for what clients are shown: that is looked at where it counts."""
    for owner, use, found, _ in cluster.certificates(settings):
        if use != "tls":
            renewed = "See docs/operate.md." if use == "authority" else f"barnabus keys rotate {owner} --tls"
            yield _until(f"{owner}: {use} certificate", found.not_valid_after_utc, renewed, now)


def _until(check: str, until: datetime, renewed: str, now: datetime) -> Finding:
    said = f"counts until {until:%Y-%m-%d}"
    if now >= until:
        return Finding(check, "fail", f"ended on {until:%Y-%m-%d}", renewed, "keys", until)
    soon = until - now < SOON
    return Finding(check, "warn" if soon else "ok", said, renewed if soon else "", "keys", until)


def _local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
