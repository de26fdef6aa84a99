"""What a request asks for: by whom, in which language, with which words in its address, and in which form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from console.accounts import Account
from console.roles import SEES, Part
from console.words import Language, Words, preferred, words
from contracts.errors import BarnabusError, Refused

LANGUAGE_COOKIE = "barnabus-language"
TWIN = ".json"
LONGEST_WORD = 200
"""Of what stands in an address."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`account` is None if nobody is signed in. `form_token` has to come back with every form.

    `session` stands for the session, and opens none.
    """

    request: Request
    account: Account | None
    words: Words
    form_token: str
    session: str = ""

    @property
    def path(self) -> str:
        return str(self.request.url.path)

    @property
    def here(self) -> str:
        """This page, as a link."""
        query = self.request.url.query
        return f"{self.path}?{query}" if query else self.path

    @property
    def twin(self) -> bool:
        """Is the JSON document asked for that stands beside a page?"""
        return self.path.endswith(TWIN)

    @property
    def parts(self) -> Sequence[Part]:
        return SEES[self.account.role] if self.account else ()

    def query(self, *known: str) -> dict[str, str]:
        """What the address says of these; an empty word is none. Raises Refused `field.unknown`, `field.invalid`."""
        found = dict(self.request.query_params)
        if unknown := sorted(set(found) - set(known)):
            raise Refused("field.unknown", field=unknown[0][:40])
        if long := [name for name, value in found.items() if len(value) > LONGEST_WORD]:
            raise Refused("field.invalid", field=long[0], detail=f"The limit is {LONGEST_WORD} characters.")
        return {name: value for name, value in found.items() if value}

    def may_see(self, part: Part) -> None:
        """Raises `session.missing`, `role.not-allowed`."""
        if self.account is None:
            raise BarnabusError("session.missing")
        if part not in self.parts:
            raise Refused("role.not-allowed")


def language_of(request: Request) -> Words:
    """As chosen, else as the browser prefers."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    known = [language for language in Language if language.value == chosen]
    return words(known[0] if known else preferred(request.headers.get("accept-language", "")))


def link(path: str, *said: Mapping[str, Any], **more: Any) -> str:
    """An address that says these words; None and an empty word say nothing."""
    together: dict[str, Any] = {}
    for some in (*said, more):
        together |= {name.removesuffix("_"): value for name, value in some.items()}
    found = {name: value for name, value in together.items() if value not in (None, "")}
    return f"{path}?{urlencode(found, doseq=True)}" if found else path
