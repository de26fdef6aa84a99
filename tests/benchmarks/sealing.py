"""What signing and sealing cost of an act's way into the log: done anew, one by one, on what a run has just logged."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from statistics import median

from bus import content, directory, keys, seal
from bus.log import STAMP_TYP, stamp_of
from bus.provisioning import GATEWAY
from bus.settings import Settings
from bus.submission import RECORD_TYP
from cli.agencies import opened
from contracts.agencies import Agency
from contracts.envelope import Submission
from tests.benchmarks.report import Row

ACTS = 200
BEFORE_THE_STAMP = ("its letter signed", "its letter sealed", "its record signed", "its record's signature checked")
BEHIND_IT = ("the stamp signed", "the stamp checked")


def rows(settings: Settings, to_stamp_ms: float, to_answer_ms: float) -> list[Row]:
    """Of acts of the police with one letter, to social services; beside the medians of the same run."""
    each = {step: median(took) for step, took in _timed(settings).items()}
    until_stamped = sum(each[step] for step in BEFORE_THE_STAMP)
    until_answered = until_stamped + sum(each[step] for step in BEHIND_IT)
    of = f"{ACTS} acts"
    return [
        *(Row(f"signing and sealing: {step}", of, p50_ms=took) for step, took in each.items()),
        Row(
            "signing and sealing, accepted to stamp",
            of,
            p50_ms=until_stamped,
            beside=f"{until_stamped / to_stamp_ms:.0%} of accepted to stamp",
        ),
        Row(
            "signing and sealing, command to stamp answered",
            of,
            p50_ms=until_answered,
            beside=f"{until_answered / to_answer_ms:.0%} of command to stamp answered",
        ),
    ]


def _timed(settings: Settings) -> Mapping[str, Sequence[float]]:
    """Milliseconds of each step, in the order in which an act goes through them."""
    took: dict[str, list[float]] = {step: [] for step in (*BEFORE_THE_STAMP, *BEHIND_IT)}
    for steps in islice(_steps(settings), ACTS):
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            took[name].append((time.perf_counter() - began) * 1000)
    return took


def _steps(settings: Settings) -> Iterator[Mapping[str, Callable[[], object]]]:
    keyring = directory.load(settings)
    police, gateway = (keys.read_jwk(settings.keys(owner) / "signing.jwk") for owner in (Agency.POLICE, GATEWAY))
    sealing_keys, find = keys.read_sealing(settings.keys(Agency.SOCIAL)), keyring.signer(Agency.POLICE, None)
    with opened(Agency.POLICE, settings) as application:
        for body, token in application.outbox.everything():
            said = Submission.model_validate_json(body)
            if token is None or [letter.to for letter in said.letters] != [Agency.SOCIAL]:
                continue
            record, to = said.record.encode(), keyring.sealing(Agency.SOCIAL)
            signed = seal.unseal(said.letters[0].jwe, *sealing_keys)
            claims, fields, _ = content.verify(signed.decode(), find)
            stamp = stamp_of(token, keyring).model_dump_json().encode()
            yield {
                "its letter signed": partial(content.sign, claims, fields, police),
                "its letter sealed": partial(seal.seal, signed, to),
                "its record signed": partial(seal.sign_detached, record, police, typ=RECORD_TYP),
                "its record's signature checked": partial(
                    seal.verify_detached, record, said.signature, find, typ=RECORD_TYP
                ),
                "the stamp signed": partial(seal.sign, stamp, gateway, typ=STAMP_TYP),
                "the stamp checked": partial(stamp_of, token, keyring),
            }
