"""Who may connect to NATS, each by a key of its own: the server knows the public halves alone."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from bus import keys
from bus.settings import Settings
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from contracts.export.accounts import users_of

USERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gateway": ("gateway", "provisioner"),
        "reader": ("reader",),
        "monitor": ("monitor",),
        **{agency.value: users_of(agency) for agency in Agency},
    }
)
"""By owner."""
_ACCOUNTS = {"gateway": "BUS", "monitor": "SYS"}
_LINE = re.compile(r'^([A-Z_]+): "(U[A-Z2-7]{55})"$', re.MULTILINE)


def seed_file(settings: Settings, owner: str, user: str) -> Path:
    return settings.keys(owner) / f"{user}.nk"


def variable(owner: str, user: str) -> str:
    """By which the accounts' configuration names a user's public key."""
    return f"{_ACCOUNTS.get(owner, owner)}_{user}".upper()


def line(owner: str, user: str, public: str) -> str:
    return f'{variable(owner, user)}: "{public}"'


def public_halves(settings: Settings) -> dict[tuple[str, str], str]:
    """By owner and user: as the server's configuration has them, and whom it does not name, of the seed here.

    An agency's seed lies on its own machine: what a server is told of it must not hang on a copy that is left here.
    """
    written = _written(settings.nats_config)
    found = {}
    for owner, user in everybody():
        seed = seed_file(settings, owner, user)
        if public := written.get(variable(owner, user)) or (
            keys.nats_public(keys.read(seed)) if seed.exists() else None
        ):
            found[owner, user] = public
    return found


def everybody() -> Iterator[tuple[str, str]]:
    return ((owner, user) for owner, users in USERS.items() for user in users)


def lines(known: Mapping[tuple[str, str], str]) -> str:
    """Everybody's public key, as a server's configuration begins. Raises `home.missing` if somebody's is not known."""
    for owner, user in everybody():
        if (owner, user) not in known:
            raise BarnabusError("home.missing", detail=f"There is no key of {owner}'s for its NATS user {user}.")
    return "\n".join(line(owner, user, public) for (owner, user), public in known.items())


def _written(config: Path) -> dict[str, str]:
    try:
        return dict(_LINE.findall(config.read_text()))
    except OSError:
        return {}
