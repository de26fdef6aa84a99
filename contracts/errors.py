"""Every refusal and failure that an agency, an operator or a process can meet, each with a stable code.

The table ([`contracts/codes`](codes)) says what happened, what to do next, and what a relay does with a submission that
was refused with it.
"""

from contracts.codes import CODES
from contracts.codes.code import Code, Then

__all__ = ["CODES", "BarnabusError", "Code", "Refused", "Then"]


class BarnabusError(Exception):
    """A coded failure. `field` names the place in a document; `detail` never holds personal data."""

    def __init__(self, code: str, *, field: str | None = None, detail: str | None = None) -> None:
        self.code = code
        self.row = CODES[code]
        self.field = field
        self.detail = detail
        super().__init__(str(self))

    @property
    def then(self) -> Then:
        return self.row.then

    def __str__(self) -> str:
        where = f" ({self.field})" if self.field else ""
        more = f" {self.detail}" if self.detail else ""
        return f"{self.code}{where}: {self.row.message}{more} {self.row.hint}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.code, self.field, self.detail))

    def problem(self) -> dict[str, str]:
        """The error as a document: code, message, hint, and field and detail where there are any."""
        known = {"field": self.field, "detail": self.detail}
        return {"code": self.code, "message": self.row.message, "hint": self.row.hint} | {
            k: v for k, v in known.items() if v
        }


class Refused(BarnabusError):
    """What was asked is not allowed; asking again changes nothing until the asker does something else."""


def _rebuild(kind: type[BarnabusError], code: str, field: str | None, detail: str | None) -> BarnabusError:
    return kind(code, field=field, detail=detail)
