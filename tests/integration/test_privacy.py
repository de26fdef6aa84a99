"""What a child's referral says lies in sealed letters and locked vaults, and nowhere else."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.builders import BORN, NAME, POLICE, SOCIAL, on, refer
from tests.conftest import Said
from tests.living import Bus

WORDS = (NAME, BORN, "relatives", "physical-abuse", "suspect_has_access")
"""Values and field names of tiers S, A and I that the referral holds."""


def spellings(word: str) -> Iterator[bytes]:
    """The word as it could stand in a file: plain, and in base64 at each of the three alignments."""
    yield word.encode()
    for shift in range(3):
        for encode in (b64encode, urlsafe_b64encode):
            inner = encode(b"." * shift + word.encode())
            yield inner[4 if shift else 0 : -4]  # what neighbours would change is left out


def found_in(folder: Path) -> list[str]:
    raw = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and "keys" not in path.parts}
    return [f"{word} in {path}" for path, data in raw.items() for word in WORDS for s in spellings(word) if s in data]


async def _a_case(bus: Bus) -> None:
    handoff = (await bus.police.do(refer()))["id"]
    told = await bus.social.hears(handoff)
    assert told["content"]["identity"]["full_name"] == NAME, "it did travel"
    await bus.social.do(on(SOCIAL, "referral.accept", handoff))
    await bus.police.ask(refer(data={"narrative": NAME}))  # refused, with the name in it
    await bus.settled()


async def test_no_store_stream_or_log_file_of_a_home_holds_it_in_plain_or_encoded(bus: Bus, said: Said) -> None:
    await _a_case(bus)
    assert (bus.settings.store(POLICE)).stat().st_size > 0
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
