"""What a settings file does not hold itself but names: secrets, which their owner alone can read, and authorities.

A path is relative to the folder of the file that names it, which is given as the validation's context: `folder`.
"""

import base64
import binascii
import os
import ssl
import stat
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretBytes, SecretStr
from pydantic import ValidationInfo as Info

SECRET_AT_MOST_BYTES = 4_096
SECRET_PREFIX = "whsec_"  # noqa: S105  what every secret of the Standard Webhooks specification begins with
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def _secret(named: object, info: Info) -> str:
    """What stands in a file that its owner alone can read, without the end of its line."""
    with _file(named, info).open("rb") as file:
        if os.fstat(file.fileno()).st_mode & _OTHERS:
            raise ValueError("others than its owner can read this file: chmod go= on it")
        found = file.read(SECRET_AT_MOST_BYTES + 1)
    if len(found) > SECRET_AT_MOST_BYTES or not found.strip():
        raise ValueError(f"this file holds nothing, or more than {SECRET_AT_MOST_BYTES} bytes")
    if not found.isascii():
        raise ValueError("this file holds more than ASCII")
    return found.decode().rstrip("\r\n")


def _file(named: object, info: Info) -> Path:
    """A path from where the file lies that names it."""
    if not isinstance(named, str):
        raise ValueError("this is no path of a file")
    path = Path((info.context or {})["folder"], named)
    try:
        path.open("rb").close()
    except OSError as error:
        raise ValueError(f"this file cannot be read: {error.strerror}") from None
    return path


def _signing(named: object, info: Info) -> bytes:
    secret = _secret(named, info)
    try:
        found = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        found = b""
    if not secret.startswith(SECRET_PREFIX) or not 24 <= len(found) <= 64:
        raise ValueError(f"this file does not hold {SECRET_PREFIX} and then 24 to 64 bytes in base64")
    return found


def _authority(path: Path) -> Path:
    try:
        ssl.create_default_context(cafile=path)
    except OSError:
        raise ValueError("this file holds no certificates in PEM") from None
    return path


Password = Annotated[SecretStr, BeforeValidator(_secret)]
SigningSecret = Annotated[SecretBytes, BeforeValidator(_signing)]
Authority = Annotated[Path, BeforeValidator(_file), AfterValidator(_authority)]
"""Whose word is taken for who a server is: certificates in PEM."""
