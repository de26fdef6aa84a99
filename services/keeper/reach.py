"""Whom alarms reach, and how: a file of the operator's, which names the files that hold its secrets.

Every way to somebody has a name of its own. Lists and logs show that name, and never an address.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from contracts import toml_lines
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from contracts.tiers import Frozen
from services.keeper.alarms import NOBODY
from services.named_files import Authority, Password
from services.webhook import NO_SPACE, Seconds, Webhook, loopback, url

WAYS_AT_MOST = 64
_DUTY = "{duty}"


def _link(link: str) -> str:
    if link.count(_DUTY) != 1:
        raise ValueError(f"{_DUTY} has to stand in it once")
    url(link.replace(_DUTY, "duty"))
    return link


_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
Address = Annotated[
    str, StringConstraints(pattern=rf"^[A-Za-z0-9_+=-]+(\.[A-Za-z0-9_+=-]+)*@{_LABEL}(\.{_LABEL})+$", max_length=254)
]
"""One mailbox and nothing else: no line break, no second one, no name."""
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class Server(Frozen):
    """The server that takes e-mail from us. `tls` has no default: how safe the way to it is has to be said."""

    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:-]{1,253}$")]
    port: Annotated[int, Field(ge=1, le=65_535)]
    tls: Literal["starttls", "implicit", "none"]
    sender: Address
    user: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,254}$")] | None = None
    password: Annotated[Password | None, Field(alias="password_file")] = None
    ca_file: Authority | None = None
    timeout_s: Seconds = 20

    @model_validator(mode="after")
    def _no_password_in_the_open(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("`user` and `password_file` belong together")
        if self.tls == "none" and self.user and not loopback(self.host):
            raise ValueError('with tls = "none" anybody could read the password on its way')
        return self


class Mailbox(Frozen):
    """An address, and the server that takes what is for it."""

    address: Address
    server: Server


class _Ways(Frozen):
    mail: dict[Name, Address] = Field(default_factory=dict)
    webhook: dict[Name, Webhook] = Field(default_factory=dict)


class Reach(Frozen):
    """`link` leads to a duty. `agencies` says for each who is reached."""

    link: Annotated[str, StringConstraints(pattern=NO_SPACE), AfterValidator(_link)]
    smtp: Server | None = None
    agencies: dict[Agency, _Ways]

    @model_validator(mode="after")
    def _can_reach_somebody(self) -> Self:
        if not self.smtp and any(ways.mail for ways in self.agencies.values()):
            raise ValueError("smtp: somebody is to be reached by e-mail, and no server is named")
        if Agency.KEEPER in self.agencies:
            raise ValueError("agencies: the keeper is told nothing")
        count = sum(len(self.ways([agency])[agency]) for agency in self.agencies)
        if not 1 <= count <= WAYS_AT_MOST:
            raise ValueError(f"agencies: {count} ways are named, and it may be 1 to {WAYS_AT_MOST}")
        return self

    def ways(self, agencies: Iterable[Agency]) -> dict[Agency, tuple[str, ...]]:
        """The names of all ways to each of these; none for one in which nobody is named."""
        return {agency: tuple(self._targets(agency)) for agency in agencies}

    def target(self, agency: Agency, way: str) -> Mailbox | Webhook:
        """Where a way leads; that of nobody, which an alarm got that knew of none, to who is named first by now.

        Raises `alarm.nobody`.
        """
        targets = self._targets(agency)
        found = next(iter(targets.values()), None) if way == NOBODY else targets.get(way)
        if found is None:
            raise BarnabusError("alarm.nobody")
        return found

    def link_to(self, duty_id: UUID) -> str:
        return self.link.replace(_DUTY, str(duty_id))

    def _targets(self, agency: Agency) -> Mapping[str, Mailbox | Webhook]:
        ways, server = self.agencies.get(agency, _Ways()), self.smtp
        mail = {f"mail/{name}": Mailbox(address=to, server=server) for name, to in ways.mail.items() if server}
        return MappingProxyType(mail | {f"webhook/{name}": hook for name, hook in ways.webhook.items()})


def read(path: Path) -> Reach:
    """The file and every secret that it names. Raises `alarms.invalid` with file, line, key and what is wrong."""
    text, data = toml_lines.read(path, "alarms.invalid")
    try:
        return Reach.model_validate(data, context={"folder": path.parent})
    except ValidationError as error:
        raise BarnabusError("alarms.invalid", detail=_first(error, path, text)) from None


def _first(error: ValidationError, path: Path, text: str) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place: toml_lines.Place = first["loc"]
    lines = dict(toml_lines.statements(text))
    line = next((lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in lines), 1)
    key = f", key {'.'.join(map(str, place))}" if place else ""
    return f"{path}, line {line}{key}: {first['msg'].removeprefix('Value error, ')}."
