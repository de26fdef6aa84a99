"""Making a home: keys for everyone, the signed directory, the server's configuration; all from the catalogue."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from bus import cluster, directory, keys, nats_users
from bus import servers as production
from bus.servers import Server
from bus.settings import Settings
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from contracts.export import accounts

GATEWAY = "gateway"
_SERVER = """\
# What a nats-server of the bus is told: public keys, accounts, permissions. Add listen and jetstream's store_dir.
server_name: hub
max_payload: 1MB
jetstream {{
  domain: hub
  sync_interval: always  # acknowledged means on disk
}}
{keys}
{accounts}
"""
_WITHOUT_KEY = """\
# A SANDBOX, AND NOTHING ELSE: made-up cases, on this machine alone. Who connects without a key is taken for the own
# system of {agency}, and for nobody else. No other server of the bus may ever be told this.
no_auth_user: {user}
"""


def provision(settings: Settings, now: datetime, servers: Sequence[Server] = ()) -> None:
    """Make a new home, with a server of its own or for those of a production.

    Raises `home.provisioned` if there is one, for keys are never written over; `file.unwritable`.
    """
    if settings.root_public.exists():
        raise BarnabusError("home.provisioned", detail=f"{settings.home}.")
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BarnabusError("file.unwritable", detail=f"{settings.home}: {error.strerror}.") from None
    root = keys.new_signing_key("root")
    keys.write_jwk(settings.keys("root") / "root.jwk", root)
    public = [_gateway(settings, now), *(entry for agency in Agency for entry in _agency(settings, agency, now))]
    for owner, users in nats_users.USERS.items():
        for user in users:
            keys.write(nats_users.seed_file(settings, owner, user), keys.new_nats_seed())
    signed = directory.sign(directory.Directory(issued_at=now, keys=tuple(public)), root)
    settings.directory.write_text(signed + "\n")
    if servers:
        cluster.provision(settings, servers, now)
    else:
        settings.nats_config.write_text(server_config(settings))
    # last: its presence says that the home is whole
    settings.root_public.write_text(json.dumps(root.as_dict(private=False)) + "\n")


def _gateway(settings: Settings, now: datetime) -> directory.PublicKey:
    signing = keys.new_signing_key(GATEWAY)
    keys.write_jwk(settings.keys(GATEWAY) / "signing.jwk", signing)
    return directory.entry(GATEWAY, signing, now)


def _agency(settings: Settings, agency: Agency, now: datetime) -> list[directory.PublicKey]:
    signing, sealing = keys.new_signing_key(agency), keys.new_sealing_key(agency)
    keys.write_jwk(settings.keys(agency) / "signing.jwk", signing)
    keys.write_jwk(settings.keys(agency) / "sealing.jwk", sealing)
    keys.write(settings.keys(agency) / "vault.key", keys.new_vault_key())
    return [directory.entry(agency, signing, now), directory.entry(agency, sealing, now)]


def server_config(
    settings: Settings, without_key: Agency | None = None, *, new: Mapping[tuple[str, str], str] = MappingProxyType({})
) -> str:
    """What the server is told: accounts and permissions from the catalogue, and everybody's public key.

    With `without_key` a sandbox's server takes whoever shows no key for this agency's own system: never any other's.
    """
    known = {**nats_users.public_halves(settings), **new}
    config = _SERVER.format(keys=nats_users.lines(known), accounts=accounts.accounts())
    if without_key is None:
        return config
    return config + _WITHOUT_KEY.format(agency=without_key, user=known[without_key, "system"])


def configs(settings: Settings, new: Mapping[tuple[str, str], str]) -> Iterator[tuple[Path, str]]:
    """What every server of this home is to be told once these users have these public keys, and in which file."""
    if settings.cluster():
        yield from production.configs(settings, new)
    elif settings.nats_config.exists():
        yield settings.nats_config, server_config(settings, new=new)


def must_be_new(home: Path) -> None:
    """Raises `home.not-new` unless this folder is not there yet, or empty: what is made there joins nothing else."""
    if home.exists() and not (home.is_dir() and not any(home.iterdir())):
        raise BarnabusError("home.not-new", detail=f"Home: {home}.")


def is_provisioned(home: Path) -> bool:
    return Settings(home=home).root_public.exists()
