"""What a child's referral says lies in sealed letters and locked vaults, and nowhere else."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bus import content, directory, keys, seal
from contracts.envelope import Submission
from contracts.errors import BarnabusError
from tests.builders import BORN, HEALTH, NAME, POLICE, SOCIAL, on, refer
from tests.conftest import Said
from tests.living import Bus

FILE = "KP-4711/2026"
WORDS = (NAME, NAME.split()[1], BORN, FILE, "relatives", "physical-abuse", "suspect_has_access")
"""Values and field names of tiers S, A and I that the referral holds, and the police's own file number."""

SURE = 8
"""Characters of base64: 48 bits."""


def spellings(word: str) -> Iterator[bytes]:
    """The word as it could stand in a file: plain, and in base64 at each of the three alignments."""
    yield word.encode()
    for shift in range(3):
        for encode in (b64encode, urlsafe_b64encode):
            text = encode(b"." * shift + word.encode())
            inner = text[-(-8 * shift // 6) : 8 * (shift + len(word)) // 6]  # what neighbours change is left out
            assert len(inner) >= SURE, "else keys and seals hold it by chance"
            yield inner


def found_in(folder: Path) -> list[str]:
    raw = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and "keys" not in path.parts}
    return [f"{word} in {path}" for path, data in raw.items() for word in WORDS for s in spellings(word) if s in data]


async def _a_case(bus: Bus) -> None:
    handoff = (await bus.police.do(refer(file_number=FILE)))["id"]
    assert len(bus.app(POLICE).cases_under(FILE)) == 1, "its own agency finds it"
    told = await bus.social.hears(handoff)
    assert told["content"]["identity"]["full_name"] == NAME, "it did travel"
    assert FILE not in str(told), "and that did not"
    await bus.social.do(on(SOCIAL, "referral.accept", handoff))
    await bus.police.ask(refer(data={"narrative": NAME}))  # refused, with the name in it
    await bus.settled()


def test_the_search_would_find_it(tmp_path: Path) -> None:
    """However a word is encoded, and whatever stands before it."""
    for number, before in enumerate((b"", b"x", b"xy", b"xyz")):
        said = before + f'{{"full_name":"{NAME}"}}'.encode()
        for encode in (bytes, b64encode, urlsafe_b64encode):
            file = tmp_path / "store.db-wal"
            file.write_bytes(b"\x00" * number + encode(said))
            assert any(found.startswith(NAME) for found in found_in(tmp_path)), (encode, before)


async def test_no_store_stream_or_log_file_of_a_home_holds_it_in_plain_or_encoded(bus: Bus, said: Said) -> None:
    await _a_case(bus)
    kept = {path.name for path in bus.settings.home.rglob("*") if path.is_file() and path.stat().st_size}
    assert {"police.db", "police.db-wal", "social.db-wal", "1.blk", "a.db"} <= kept, "what is searched is there"
    assert found_in(bus.settings.home) == []


async def test_no_line_of_a_process_log_holds_it(bus: Bus, said: Said) -> None:
    await _a_case(bus)
    lines: list[dict[str, Any]] = [dict(line) for line in said]
    assert lines
    assert not [line for line in lines for word in WORDS if word in str(line)]


async def test_the_log_holds_codes_and_pseudonyms_only(bus: Bus) -> None:
    await _a_case(bus)
    for entry in await bus.living.log():
        assert not [word for word in WORDS if word in entry.record.model_dump_json()]


async def test_the_vault_gives_it_to_who_holds_the_keys_until_it_is_erased(bus: Bus) -> None:
    await _a_case(bus)
    app = bus.app(SOCIAL)
    (row, *_) = app.inbox.letters()
    letter = app.letter(row)
    assert letter
    assert letter["content"]["identity"]["full_name"] == NAME
    person = f"{row['case_ref']}/{letter['content']['concerns']['ref']}"
    app.vault.erase(person)
    assert app.letter(row) is None


async def test_only_its_receivers_key_opens_a_letter(bus: Bus) -> None:
    """The same bytes as lie in the police's outbox, and lay in the Centre's post."""
    await _a_case(bus)
    (body, *_) = bus.app(POLICE).outbox.holding(SOCIAL, [1])
    (letter,) = Submission.model_validate_json(body).letters
    for other in (POLICE, HEALTH):
        with pytest.raises(BarnabusError, match=r"content\.unreadable"):
            seal.unseal(letter.jwe, keys.read_jwk(bus.settings.keys(other) / "sealing.jwk"))
    opened = seal.unseal(letter.jwe, keys.read_jwk(bus.settings.keys(SOCIAL) / "sealing.jwk")).decode()
    _, fields, _ = content.verify(opened, directory.load(bus.settings).signer(POLICE, None))
    assert fields["identity"]["full_name"] == NAME
