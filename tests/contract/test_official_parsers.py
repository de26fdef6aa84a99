"""What is generated for integrators, read by the parsers that they use: AsyncAPI's own, and Ajv for the schemas."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from contracts.catalogue import CATALOGUE
from contracts.export import asyncapi
from tests.contract.test_schemas import BEYOND_SCHEMA, record_of
from tests.node_projects import INSTALL_WITHIN_S, installed

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "contracts"
CHECKS = ROOT / "tests" / "node"
NOT_MENDED = {"asyncapi-latest-version": "3.0.0 is what most tools read; 3.1 adds nothing that we say"}
"""What the parser remarks on, and why it stays. Nothing that it calls an error or a warning may stand here."""
INFORMATION = 2
pytestmark = pytest.mark.timeout(INSTALL_WITHIN_S + 60)


def run(program: str, what: Path, given: Any = None) -> Any:
    done = subprocess.run(
        ["node", program, what], cwd=installed(CHECKS), input=json.dumps(given), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_the_official_parser_reads_the_asyncapi_document_and_finds_nothing_wrong() -> None:
    found = run("asyncapi.mjs", CONTRACTS / "asyncapi.json")
    remarks = {remark["code"]: remark for remark in found["diagnostics"]}
    assert set(remarks) <= set(NOT_MENDED), found["diagnostics"]
    assert all(remark["severity"] >= INFORMATION for remark in remarks.values())
    document = asyncapi.document()
    assert set(found["channels"]) == {channel["address"] for channel in document["channels"].values()}
    assert set(found["operations"]) == set(document["operations"])
    assert found["messages"] == len(document["components"]["messages"])


def test_ajv_compiles_every_schema_strictly_and_judges_every_example_as_we_do() -> None:
    """By the files as they lie in the repository, which is what an integrator takes."""
    given, expected = [], []
    for path in sorted((CONTRACTS / "examples").glob("*.json")):
        type_name, kind = path.stem.rsplit(".", 1)
        entry, document = CATALOGUE[type_name], json.loads(path.read_text())
        if entry.command:
            given.append({"schema": f"{type_name}.command", "document": document})
        else:  # the bus's own: its example is the content of a record
            given.append({"schema": f"{type_name}.record", "document": record_of(entry, document)})
        expected.append((path.stem, kind == "valid" or type_name in BEYOND_SCHEMA))
    found = run("schemas.mjs", CONTRACTS / "schemas", given)
    assert sorted(found["schemas"]) == sorted(path.stem for path in (CONTRACTS / "schemas").glob("*.json"))
    assert len(expected) == 2 * len(CATALOGUE)
    assert [(name, passed) for (name, _), passed in zip(expected, found["passed"], strict=True)] == expected


@pytest.mark.parametrize("lock", [CHECKS, ROOT / "examples" / "integrators" / "node"], ids=lambda path: path.name)
def test_a_lock_file_pins_every_package_and_names_no_registry(lock: Path) -> None:
    text = (lock / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert all(package.get("integrity") for name, package in packages.items() if name)
    assert "resolved" not in text
    assert not re.search(r'"[^"]+": "[~^*]', (lock / "package.json").read_text()), "the version itself, and no range"
