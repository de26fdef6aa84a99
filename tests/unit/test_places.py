"""The table of places: where a handoff lies by its offices, and what is wrong in a file, said with its line."""

from pathlib import Path

import pytest

from cli.year.offices import TOWNS
from contracts import places
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from contracts.places import ELSEWHERE

SHIPPED = places.SHIPPED.read_text()


def test_the_shipped_table_has_kosovos_38_municipalities_by_both_of_their_names() -> None:
    table = places.read(places.SHIPPED)
    assert len(table.municipalities) == 38
    assert all(set(one.names) == {"sq", "sr"} for one in table.municipalities)
    assert (table.ids[-1], len(set(table.ids))) == (ELSEWHERE, 39)


def test_a_made_up_year_has_a_table_of_its_own_towns_and_what_serves_a_region_lies_in_none() -> None:
    table = places.read(places.MADE_UP)
    assert [one.id for one in table.municipalities] == [town.name for town in TOWNS]
    for town in TOWNS:
        desks = town.desks
        assert table.of(desks[Agency.POLICE], desks[Agency.PROSECUTION]) == town.name
        assert table.of(desks[Agency.PROSECUTION], desks[Agency.SOCIAL]) == town.name
        assert table.of(f"{desks[Agency.SOCIAL]}-second", None) == town.name
        assert table.of(desks[Agency.PROSECUTION], desks[Agency.HEALTH]) == ELSEWHERE


def test_a_handoff_lies_with_the_office_that_asks_and_where_that_is_placed_nowhere_with_the_one_that_is_asked() -> None:
    table = places.read(places.SHIPPED)
    assert table.of("peja-station", None) == "peja"
    assert table.of("peja-station", "csw-prishtina") == "peja", "accepting moves nothing"
    assert table.of("prizren-basic", "csw-prishtina") == "prishtina"
    assert table.of(None, "csw-prishtina") == "prishtina"
    assert table.of("prizren-basic", None) == table.of(None, None) == ELSEWHERE


def test_a_municipality_is_named_in_the_readers_language_or_in_all_of_its_own() -> None:
    peja = next(one for one in places.read(places.SHIPPED).municipalities if one.id == "peja")
    assert [peja.name(language) for language in ("sq", "sr", "en")] == ["Pejë", "Peć", "Pejë / Peć"]
    assert places.read(places.MADE_UP).municipalities[0].name("sq") == "town-10"


@pytest.mark.parametrize(
    ("was", "instead", "says"),
    [
        (
            '"dragash-csw"',
            '"decan-csw"',
            "line 20, municipality dragash, field offices: `decan-csw` stands in decan, too.",
        ),
        ('id = "dragash"', 'id = "decan"', "line 17, municipality decan: `decan` stands twice"),
        ('id = "dragash"', 'id = "elsewhere"', "line 17, municipality elsewhere: `elsewhere` stands twice, or is kept"),
        ('"csw-dragash"', '"Csw Dragash"', "line 20, municipality dragash, field offices.3: "),
        ('sr = "Dragaš"', 'sr = ""', "line 19, municipality dragash, field names.sr: "),
        ('id = "dragash"', 'id = "dragash"\nseat = "x"', "line 19, municipality dragash, field seat: "),
        ('jurisdiction = "xk"', "jurisdiction", "at line 10, column 13"),
    ],
)
def test_a_mistake_in_a_file_is_said_with_its_place(tmp_path: Path, was: str, instead: str, says: str) -> None:
    path = tmp_path / "places.toml"
    path.write_text(SHIPPED.replace(was, instead, 1))
    with pytest.raises(BarnabusError) as invalid:
        places.read(path)
    assert invalid.value.code == "places.invalid"
    assert says in (invalid.value.detail or ""), invalid.value.detail
