"""Handing something to another's server: its certificate is checked, and what went wrong is said without a name."""

import ssl
from enum import StrEnum
from pathlib import Path

_NOT_FOR_THIS_HOST = (62, 64)
"""What OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH are."""


class Why(StrEnum):
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"
    REFUSED = "refused"


class NotTaken(Exception):
    """A server has not taken what was sent. `detail` names nobody, and no address."""

    def __init__(self, why: Why, detail: str | None = None) -> None:
        super().__init__(why.value)
        self.why = why
        self.detail = detail


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Certificates and host names are checked, by the system's authorities or by those in this file alone."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname, context.verify_mode = True, ssl.CERT_REQUIRED
    return context


def ssl_error(error: BaseException | None) -> ssl.SSLError | None:
    """The one that an error was raised from, however many libraries it went through."""
    while error and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error if isinstance(error, ssl.SSLError) else None


def unreachable() -> NotTaken:
    return NotTaken(Why.UNREACHABLE)


def silent(within_s: float) -> NotTaken:
    return NotTaken(Why.UNREACHABLE, f"It did not answer within {within_s:g} s.")


def refused(*answers: int) -> NotTaken:
    return NotTaken(Why.REFUSED, f"It answers {', '.join(map(str, answers))}.")


def untrusted(error: ssl.SSLError) -> NotTaken:
    """Of a certificate that is not for this host, OpenSSL says for which."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return NotTaken(Why.UNTRUSTED, f"{error.reason}.")
    other = error.verify_code in _NOT_FOR_THIS_HOST
    said = "its certificate is for another host" if other else error.verify_message
    return NotTaken(Why.UNTRUSTED, f"{said[0].upper()}{said[1:]}.")
