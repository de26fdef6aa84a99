"""Making a release: what the contracts are now, written down once and never edited."""

from pathlib import Path

import contracts
from contracts.errors import Refused
from contracts.releasing import document, gate, recorded


def make(version: str, root: Path) -> list[str]:
    """Write a release into a checkout; the paths of what was written.

    What a type said in this version is recorded the first time only. Raises Refused `release.refused`.
    """
    before = document.released(root)
    if version in before:
        raise Refused("release.refused", detail=f"{version} is released.")
    if version != contracts.VERSION:
        raise Refused("release.refused", detail=f"VERSION in contracts/__init__.py is {contracts.VERSION}.")
    if before and document.numbers(version) < document.numbers(before[-1]):
        raise Refused("release.refused", detail=f"{before[-1]} is later.")
    if problems := gate.pass_through(root).problems:
        raise Refused("release.refused", detail=f"The gate has {len(problems)} objections; the first: {problems[0]}")
    texts = {(document.FOLDER / f"{version}.json").as_posix(): document.text(document.now()), **recorded.files()}
    new = [path for path in texts if not (root / path).exists()]
    for path in new:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(texts[path], encoding="utf-8")
    return sorted(new)
