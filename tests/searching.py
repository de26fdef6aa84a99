"""Looking for a word in every file of a home: as it is, and as it could be encoded there."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from json import dumps
from pathlib import Path

SURE = 8
"""Characters of base64: 48 bits."""
PIECE = 64
"""Characters of a sealed letter: no other holds the same by chance."""


def spellings(word: str) -> Iterator[bytes]:
    """Plain, in JSON's escapes, hexadecimal, UTF-16, and in base64 at each of the three alignments."""
    plain = word.encode()
    yield plain
    yield dumps(word)[1:-1].encode()
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    yield word.encode("utf-16-le")
    yield word.encode("utf-16-be")
    yield from in_base64(plain)


def in_base64(plain: bytes) -> Iterator[bytes]:
    for shift in range(3):
        for encode in (b64encode, urlsafe_b64encode):
            text = encode(b"." * shift + plain)
            inner = text[-(-8 * shift // 6) : 8 * (shift + len(plain)) // 6]  # what neighbours change is left out
            assert len(inner) >= SURE, "else keys and seals hold it by chance"
            yield inner


def files(*folders: Path) -> dict[Path, bytes]:
    """All there is, but keys, which are named like what they are."""
    there = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in there if "keys" not in path.parts}


def holding(words: Iterable[str], *folders: Path) -> list[str]:
    """Which word lies in which file, however spelled."""
    there = files(*folders)
    return [
        f"{word} in {path}" for word in words for one in spellings(word) for path, raw in there.items() if one in raw
    ]


def pieces(sealed: str) -> list[bytes]:
    """Of what is sealed, several from all over it: a page of a database ends where it likes."""
    told = sealed.split(".")[3]  # what stands before it is much the same for every letter
    return [told[at : at + PIECE].encode() for at in range(0, len(told) - PIECE, PIECE)]


def holding_sealed(letters: Iterable[str], *folders: Path) -> list[Path]:
    """The files in which anything is left of any of these letters."""
    there, wanted = files(*folders), [piece for sealed in letters for piece in pieces(sealed)]
    return [path for path, raw in there.items() if any(piece in raw for piece in wanted)]
