"""What a script reads is laid out as the standard library lays it out, which takes longer over it."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli import show

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
DOCUMENTS = st.recursive(LEAVES | st.uuids(), lambda of: st.lists(of) | st.dictionaries(st.text(), of), max_leaves=30)


@given(document=DOCUMENTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_document_is_indented_as_ever(capsys: pytest.CaptureFixture[str], document: Any) -> None:
    show.document(document)
    assert capsys.readouterr().out == json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n"
