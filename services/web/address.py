"""Where an adapter listens, as an operator names it."""

from dataclasses import dataclass, replace
from typing import Self

from contracts.errors import Refused

HOST = "127.0.0.1"
"""Whoever wants others to reach it names a host."""
_TOP = 65_535


@dataclass(frozen=True, slots=True)
class Address:
    """Port 0 is any free one."""

    host: str
    port: int

    @classmethod
    def of(cls, text: str, option: str) -> Self:
        """Of `[HOST:]PORT`; on this machine alone unless a host is named. Raises Refused `option.invalid`."""
        host, _, port = text.rpartition(":")
        if not port.isascii() or not port.isdecimal() or int(port) > _TOP:
            raise Refused("option.invalid", field=option, detail="Write it as 8081 or 127.0.0.1:8081.")
        return cls(host.removeprefix("[").removesuffix("]") or HOST, int(port))

    def next(self, places: int) -> Self:
        """So many ports further on."""
        return replace(self, port=self.port + places if self.port else 0)


ANYWHERE = Address(HOST, 0)
"""On this machine, at whichever port is free."""
