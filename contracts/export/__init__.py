"""Everything that is generated from the catalogue and the code: byte for byte the same at every run."""

import json
from pathlib import Path
from typing import Any

from contracts.agencies import Agency

FIGURES = Path("docs") / "handoff-check.json"
_OWNED = ("contracts/schemas", "contracts/examples")
"""Folders in which every JSON file is generated: what no type stands behind any more is removed."""


def files(root: Path | None = None) -> dict[str, str]:
    """Every generated file: its text by its path. `root` is where the figures of the handoff's check are read."""
    # imported here because whoever needs the accounts alone should not load all the rest
    from contracts.export import (
        accounts,
        agencies,
        asyncapi,
        examples,
        law,
        openapi,
        pages,
        protocol,
        releases,
        schemas,
        sequences,
    )

    here = Path(__file__).parents[2]
    figures = (root or here) / FIGURES
    checked = law.read_figures(figures.read_text()) if figures.exists() else None
    found = {f"contracts/schemas/{name}.json": _json(schema) for name, schema in schemas.schemas().items()}
    found |= {f"contracts/examples/{name}.json": _json(example) for name, example in examples.examples().items()}
    for agency in Agency:
        path = f"services/{agency}/README.md"
        by_hand = root if root and (root / path).exists() else here
        found[path] = agencies.readme(agency, (by_hand / path).read_text())
    return found | {
        "contracts/asyncapi.json": _json(asyncapi.document()),
        "contracts/openapi.json": _json(openapi.document()),
        "deploy/nats/accounts.conf": accounts.accounts(),
        "docs/catalogue.md": pages.catalogue(),
        "docs/contracts.md": releases.page(),
        "docs/errors.md": pages.errors(),
        "docs/handoff.md": law.page(checked),
        "docs/protocol.md": protocol.page(),
        "docs/sequences.md": sequences.page(),
    }


def stale(root: Path) -> list[str]:
    """The paths of generated files that are missing, differ, or stand for nothing any more."""
    current = files(root)
    differing = [path for path, text in current.items() if _read(root / path) != text.encode()]
    return sorted(differing + _leftovers(root, current))


def write(root: Path) -> list[str]:
    """Write what differs and remove what stands for nothing any more. The paths that changed."""
    current, changed = files(root), stale(root)
    for path in changed:
        if path in current:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(current[path].encode())
        else:
            (root / path).unlink()
    return changed


def _leftovers(root: Path, current: dict[str, str]) -> list[str]:
    present = (path.relative_to(root).as_posix() for folder in _OWNED for path in (root / folder).glob("*.json"))
    return [path for path in present if path not in current]


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _json(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
