"""The signatures of a long log's entries, in a process of their own: they are half of all the work.

The bytes are those of `bus.seal`, which needs twice the time for one (`tests/integration/test_long_log.py` compares).
"""

import multiprocessing
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from joserfc.jwk import OKPKey
from nacl.signing import SigningKey

from bus import keys, seal
from bus.log import STAMP_TYP
from bus.provisioning import GATEWAY
from bus.settings import Settings
from bus.submission import RECORD_TYP
from contracts.agencies import Agency
from tests.benchmarks.entries import Unsigned

Signatures = tuple[str, str]
"""Of one entry: its record's, detached, and its stamp as a token."""


class Signer:
    """One key for one kind of thing."""

    def __init__(self, key: OKPKey, typ: str) -> None:
        self._head = seal.b64(seal.dump({"alg": "Ed25519", "kid": key.kid, "typ": typ}))
        self._key = SigningKey(seal.unb64(str(key.as_dict(private=True)["d"])))

    def sign(self, payload: bytes) -> str:
        signed = f"{self._head}.{seal.b64(payload)}"
        return f"{signed}.{self._signature(signed)}"

    def sign_detached(self, payload: bytes) -> str:
        return f"{self._head}..{self._signature(f'{self._head}.{seal.b64(payload)}')}"

    def _signature(self, signed: str) -> str:
        return seal.b64(self._key.sign(signed.encode()).signature)


class Signers:
    """Everybody's, with the keys of one home."""

    def __init__(self, settings: Settings) -> None:
        def signer(owner: str, typ: str) -> Signer:
            return Signer(keys.read_jwk(settings.keys(owner) / "signing.jwk"), typ)

        self._records = {agency: signer(agency, RECORD_TYP) for agency in Agency}
        self._stamps = signer(GATEWAY, STAMP_TYP)

    def of(self, entries: Sequence[Unsigned]) -> list[Signatures]:
        return [
            (self._records[entry.sender].sign_detached(entry.record), self._stamps.sign(entry.stamp))
            for entry in entries
        ]


def processes(settings: Settings) -> ProcessPoolExecutor:
    """One process, or more where there are cores beyond this process's and the server's. Call `sign` in it."""
    return ProcessPoolExecutor(
        max_workers=max(1, (os.cpu_count() or 1) - 2),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(settings,),
    )


_signers: list[Signers] = []
"""This process's, once it has begun."""


def _begin(settings: Settings) -> None:
    _signers.append(Signers(settings))
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A pool's process outlives a parent that was killed."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def sign(entries: Sequence[Unsigned]) -> list[Signatures]:
    return _signers[0].of(entries)
