"""Some fields of kept letters, disclosed to one person; and the proof, from the log alone, that they are what was said.

A letter's signed content has a digest of each field with its own salt, and the record in the log has a digest of that
content. So whoever was sent a letter can open fields of it one by one, and can alter none. Pure.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from joserfc.jwk import OKPKey

from bus import content, seal
from bus.directory import Keyring
from bus.log import Logged
from contracts import documents
from contracts.agencies import Agency
from contracts.envelope import Letter
from contracts.errors import BarnabusError, Refused


@dataclass(frozen=True, slots=True)
class Named:
    """A letter: it came to `to` with this record of `by`'s, in this case."""

    by: Agency
    id: UUID
    to: Agency
    case_ref: str


@dataclass(frozen=True, slots=True)
class Proven:
    """Fields of one letter, as this record of the log commits to them."""

    of: Named
    type: str
    record: Logged
    fields: Mapping[str, Any]


def names(signed: str) -> tuple[str, ...]:
    """The fields of a signed content, in their order."""
    return tuple(_by_name(signed))


def select(signed: str, wanted: Collection[str]) -> str:
    """The signed content with exactly these fields disclosed. Raises Refused `content.no-such-field`."""
    disclosures = _by_name(signed)
    if lacking := sorted(set(wanted) - set(disclosures)):
        raise Refused("content.no-such-field", detail=f"Not in it: {', '.join(lacking)}.")
    chosen = [text for name, text in disclosures.items() if name in set(wanted)]
    return "~".join([signed.partition("~")[0], *chosen, ""])


def seal_to(person: OKPKey, chosen: Sequence[str]) -> str:
    """Selected letters, for one person alone."""
    return seal.seal(seal.dump(list(chosen)), person)


def unsealed(sealed: str, person: OKPKey) -> list[str]:
    """Raises `content.unreadable` for what was sealed to another, or altered since."""
    try:
        found = json.loads(seal.unseal(sealed, person))
    except (ValueError, RecursionError):
        raise BarnabusError("content.unreadable") from None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise BarnabusError("content.unreadable")
    return found


def prove(disclosed: str, of: Named, logged: Iterable[Logged], directory: Keyring) -> Proven:
    """What a letter says in the disclosed fields, if its sender signed them and the log names them as said in it.

    Raises `content.unproven`, naming the record and why.
    """
    try:
        claims, fields, digest = content.verify(disclosed, directory.signer(of.by, None))
        letter = documents.read(Letter, claims | {"content": fields})
    except BarnabusError as error:
        raise unproven(of, error.code) from None
    if (letter.sender, letter.id, letter.recipient, letter.case_ref) != (of.by, of.id, of.to, of.case_ref):
        raise unproven(of, "signature.invalid")
    bearer = letter.said_again[-1] if letter.said_again else letter.id  # the record that brought these very bytes
    for one in logged:
        if (one.record.sender, one.record.id, one.record.subject) != (of.by, bearer, of.case_ref):
            continue
        if any((entry.to, entry.content) == (of.to, digest) for entry in one.record.data.letters):
            return Proven(of, letter.type, one, fields)
    raise unproven(of, "digest.mismatch")


def opened(
    signed: str, of: Named, person: OKPKey, logged: Sequence[Logged], directory: Keyring
) -> tuple[Proven, list[Proven]]:
    """What a letter of `content.opened` opens to this person, proven; before it, the letter itself.

    What the log says was opened is what everybody else knows of it: so the letter says the same, and holds the same.
    Raises `content.unproven`, `content.unreadable`.
    """
    answer = prove(signed, of, logged, directory)
    sealed, records = answer.fields.get("sealed"), answer.record.codes.get("records")
    if not isinstance(sealed, str) or not records or answer.fields.get("records") != records:
        raise unproven(of, "the letter and its record do not say the same")
    wanted = [(Named(Agency(one["by"]), UUID(one["id"]), of.by, of.case_ref), one["fields"]) for one in records]
    return answer, prove_exactly(unsealed(sealed, person), wanted, logged, directory)


def prove_exactly(
    disclosed: Sequence[str],
    wanted: Sequence[tuple[Named, Collection[str]]],
    logged: Sequence[Logged],
    directory: Keyring,
) -> list[Proven]:
    """Each of these letters with exactly these fields: none left out, none put in. Raises `content.unproven`."""
    if len(disclosed) != len(wanted):
        raise unproven(wanted[-1][0], f"{len(disclosed)} letters are opened, and the log says {len(wanted)}")
    found = []
    for text, (of, fields) in zip(disclosed, wanted, strict=True):
        one = prove(text, of, logged, directory)
        if set(one.fields) != set(fields):
            raise unproven(of, "other fields are opened than the log says")
        found.append(one)
    return found


def unproven(of: Named, why: str) -> BarnabusError:
    return BarnabusError("content.unproven", detail=f"Record {of.id} of {of.by}, letter to {of.to}: {why}.")


def _by_name(signed: str) -> dict[str, str]:
    _, *disclosures, _ = signed.split("~")
    return {json.loads(seal.unb64(text))[1]: text for text in disclosures}
