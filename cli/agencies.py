"""Which agencies have an adapter here: a new one is a folder in services/, its lines in contracts/, its name here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from bus import directory, keys
from bus.settings import Settings
from contracts.agencies import EVERYBODY, Agency
from services.agency import AgencyApplication
from services.health.application import Health
from services.keeper.application import Keeper
from services.oversight.application import Oversight
from services.police.application import Police
from services.prosecution.application import Prosecution
from services.social.application import Social

APPLICATIONS: Mapping[Agency, type[AgencyApplication]] = MappingProxyType(
    {kind.agency: kind for kind in (Police, Prosecution, Social, Health, Oversight, Keeper)}
)
OF_THE_FIELD: Mapping[Agency, type[AgencyApplication]] = MappingProxyType(
    {agency: kind for agency, kind in APPLICATIONS.items() if agency in EVERYBODY}
)
"""Without the keeper: those that have systems of their own."""


@contextmanager
def opened(agency: Agency, settings: Settings, *, alone: bool = False) -> Iterator[AgencyApplication]:
    """An agency's application over its store, beside its adapter or, `alone`, in its place. Raises `home.missing`."""
    own = settings.keys(agency)
    keyring = directory.load(settings)
    application = APPLICATIONS[agency](
        settings.store(agency), keys.read(own / "vault.key"), keys.read_sealing(own), keyring, alone=alone
    )
    try:
        yield application
    finally:
        application.close()
