"""An older version on its way through the bus: gateway, adapter, log and read models read it; its bytes stay."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from bus import seal
from bus.log import Entry, Logged, verify
from bus.rereading import again
from contracts.envelope import Record
from contracts.errors import CODES, BarnabusError, Then
from projections.case_log import case_log
from projections.engine import Projector, progress
from projections.models import MODELS
from projections.readmodel import PARKED
from projections.records import Records
from projections.view import LIVE, Place
from tests.builders import CHILD, POLICE, PROSECUTION, SAFETY, SOCIAL, Posted, encoded, fact, now, refer
from tests.carried import Carried
from tests.unit.test_engine import states
from tests.versions import TYPE, at_first, today


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Read models in SQLite alone: which database it is does not matter here."""
    found = Place(tmp_path / "views", None)
    found.begin(LIVE)
    return found


async def opened(agencies: Carried) -> str:
    made = refer(POLICE, SOCIAL)
    case = await agencies.says(POLICE, made)
    found = agencies.apps[POLICE].standing(case)
    assert found
    return str(Record.model_validate_json(agencies.log.entries[1].text).subject)


def missing_at_first(case: str) -> dict[str, Any]:
    return fact(SOCIAL, "child.report-missing", case, gone_since=now().isoformat(), dangers=SAFETY)


async def sent_at_first(agencies: Carried) -> UUID:
    """The Centre says in the first version that a child is missing; everybody else has been updated since."""
    case = await opened(agencies)
    with at_first():
        said = agencies.takes(SOCIAL, missing_at_first(case))
        built = agencies.by_hand.build_next(agencies.apps[SOCIAL])
    assert b"gone_since" in built.body
    with today():
        await agencies.gateway(SOCIAL, built.body)
    return said


def entries(agencies: Carried) -> list[Entry]:
    return [entry for _, entry in sorted(agencies.log.entries.items())]


def logged(agencies: Carried) -> list[Logged]:
    return [verify(one, agencies.by_hand.directory) for one in entries(agencies)]


def letter_to(agencies: Carried, recipient: Any) -> Posted:
    return next(posted for posted in agencies.post[recipient] if posted.record.type == TYPE)


async def test_a_gateway_takes_what_a_sender_says_that_is_not_updated_yet(agencies: Carried) -> None:
    said = await sent_at_first(agencies)
    last = Record.model_validate_json(entries(agencies)[-1].text)
    assert (last.id, last.version) == (said, "1.0")
    assert "gone_since" in last.data.content, "the log keeps the bytes that were signed"


async def test_an_adapter_hears_an_older_letter_in_todays_words_and_says_so(agencies: Carried) -> None:
    await sent_at_first(agencies)
    with today():
        heard = agencies.by_hand.deliver(agencies.apps[POLICE], letter_to(agencies, POLICE))
    assert heard.told
    assert heard.told["version"] == "2.0"
    assert heard.told["content"]["safety"]["whereabouts"] == SAFETY["whereabouts"]
    assert heard.told["content"]["missing_since"]


async def test_an_adapter_that_knows_no_way_parks_it_and_takes_it_in_once_it_does(agencies: Carried) -> None:
    await sent_at_first(agencies)
    letter = letter_to(agencies, PROSECUTION)
    heard = agencies.by_hand.deliver(agencies.apps[PROSECUTION], letter)
    assert (heard.state, heard.reason) == ("parked", "field.missing"), "today's catalogue has one version alone"
    with today():
        (again_heard,) = agencies.apps[PROSECUTION].retry_parked()
    assert again_heard.told
    assert again_heard.told["content"]["missing_since"]


async def test_case_log_and_rereading_show_it_in_todays_words_and_its_digest_is_of_its_bytes(agencies: Carried) -> None:
    await sent_at_first(agencies)
    last = entries(agencies)[-1]
    with today():
        first, later = verify(last, agencies.by_hand.directory), again(last)
        shown = case_log(logged(agencies)).document(first.record.subject)
        codes = first.codes, later.codes
    assert shown["events"][-1]["codes"].keys() == {"concerns", "missing_since"}
    for read, said in zip((first, later), codes, strict=True):
        assert read.record.version == "2.0"
        assert set(read.record.data.content) == set(said) == {"concerns", "missing_since"}
        assert read.digest == seal.digest(last.text)
    assert (first.digest, first.evidence) == (later.digest, later.evidence)


async def test_read_models_keep_it_in_todays_words(agencies: Carried, place: Place) -> None:
    await sent_at_first(agencies)
    with today():
        with place.opened() as view:
            Projector(view, MODELS).apply(logged(agencies))
            assert progress(view).parked == 0
        (kept,) = (row for row in states(place, Records).values() if row["type"] == TYPE)
        assert set(kept["content"]) == {"concerns", "missing_since"}


async def test_read_models_from_before_an_upcast_ask_for_a_rebuild(agencies: Carried, place: Place) -> None:
    await opened(agencies)
    with at_first(), place.opened() as view:
        Projector(view, MODELS).apply(logged(agencies))
    with today(), place.opened() as view, pytest.raises(BarnabusError) as raised:
        Projector(view, MODELS)
    assert raised.value.code == "projections.stale"


async def test_a_newer_version_is_parked_by_read_models_and_refused_by_a_gateway_so_that_its_relay_waits(
    agencies: Carried, place: Place
) -> None:
    case = await opened(agencies)
    with today():
        since = fact(SOCIAL, "child.report-missing", case, missing_since=now().isoformat())
        agencies.takes(SOCIAL, since)
        built = agencies.by_hand.build_next(agencies.apps[SOCIAL])
    with at_first(), pytest.raises(BarnabusError) as refused:
        await agencies.gateway(SOCIAL, built.body)
    assert refused.value.code == "version.unknown"
    assert CODES["version.unknown"].then is Then.HALT, "the same bytes go again until the gateway knows them"
    with today():
        await agencies.gateway(SOCIAL, built.body)
    with at_first(), place.opened() as view:
        Projector(view, MODELS).apply(logged(agencies))
        with view.connect() as connection:
            assert [row.reason for row in connection.execute(select(PARKED))] == ["version.unknown"]


async def test_a_repeat_of_a_command_is_known_though_the_envelope_has_a_new_optional_field(agencies: Carried) -> None:
    case = await opened(agencies)
    made = fact(SOCIAL, "child.report-missing", case, concerns=CHILD, missing_since=now().isoformat())
    first = agencies.apps[SOCIAL].take(encoded(made), now())
    assert not first.repeated
    with_field = {**made, "file_number": None}
    assert agencies.apps[SOCIAL].take(encoded(with_field), now()).repeated
