"""The console's languages: no sentence is missing from a catalogue, and none stands outside of them."""

import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import jinja2
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from console import pages, terms
from console.words import Language, Words, preferred, words
from contracts.agencies import FIELD
from contracts.duties.duty import State
from contracts.protocol.terms import Tag
from contracts.standing import Stage
from contracts.tiers import Tier
from contracts.vocabulary.asking import Service, Urgency
from contracts.vocabulary.people import Role
from projections.legs import LEGS
from projections.owed import STANDINGS

ROOT = Path(__file__).parents[2]
CONSOLE = ROOT / "console"
TEMPLATES = sorted((CONSOLE / "templates").glob("*.html"))
KEYWORDS = {"_": None, "N_": None, "say": None, "count": (1, 2), "_both": (1, 2)}
TRANSLATED = [language for language in Language if language is not Language.ENGLISH]
PROPER = {"Barnabus"}
"""What no language translates."""
Message = str | tuple[str, ...]


def sentences() -> set[Message]:
    """All that are marked in code and templates."""
    found: set[Message] = set()
    for path in sorted(CONSOLE.rglob("*.py")):
        found |= {message for _, message, *_ in extract("python", BytesIO(path.read_bytes()), keywords=KEYWORDS)}
    for path in TEMPLATES:
        method = "jinja2.ext:babel_extract"
        found |= {message for _, message, *_ in extract(method, BytesIO(path.read_bytes()), keywords=KEYWORDS)}
    return found


def forms(said: object) -> list[str]:
    """One, or one a plural."""
    return [said] if isinstance(said, str) else [str(one) for one in said] if isinstance(said, list | tuple) else []


def catalogue(language: Language) -> Catalog:
    path = CONSOLE / "languages" / f"{language.value.replace('-', '_')}.po"
    return read_po(BytesIO(path.read_bytes()), locale=language.locale)


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_every_sentence_and_no_other(language: Language) -> None:
    found = {tuple(m.id) if isinstance(m.id, list | tuple) else m.id: m for m in catalogue(language) if m.id}
    assert len(sentences()) > 200
    assert set(found) == sentences()
    for message in found.values():
        said = forms(message.string)
        assert all(said), message.id
        assert not message.fuzzy
        assert isinstance(message.id, str) or len(said) == catalogue(language).num_plurals


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_put_into_a_sentence_is_put_into_its_translation(language: Language) -> None:
    for message in catalogue(language):
        ids, said = forms(message.id), forms(message.string)
        if message.id:
            assert {frozenset(re.findall(r"%\(\w+\)s", one)) for one in (*ids, *said)} == {
                frozenset(re.findall(r"%\(\w+\)s", ids[0]))
            }, message.id


class _Shown(HTMLParser):
    """What a person would see or hear of a template, with what is put in taken away."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = ("aria-label", "title", "alt", "label", "value", "summary")
        self.found += [value or "" for name, value in attrs if name in said and (tag, name) != ("input", "value")]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_sentence_stands_outside_the_catalogues(path: Path) -> None:
    tokens = jinja2.Environment(autoescape=True).lex(path.read_text())
    read = _Shown()
    read.feed("".join(text if kind == "data" else "" for _, kind, text in tokens))
    words_ = {word for text in read.found for word in re.findall(r"[^\W\d_]{2,}", text)}
    # ids and values that only programs read
    assert words_ - PROPER - {"yes", "json"} == set()


def test_every_code_that_pages_name_has_its_word() -> None:
    for kind, codes in (
        (terms.AGENCIES, FIELD),
        (terms.SERVICES, Service),
        (terms.URGENCIES, Urgency),
        (terms.STAGES, Stage),
        (terms.LEGS, LEGS),
        (terms.STANDINGS, STANDINGS),
        (terms.STATES, State),
        (terms.TAGS, Tag),
        (terms.TIERS, Tier),
        (terms.POSTS, Role),
    ):
        assert {str(code) for code in codes} <= set(kind)


def test_times_have_a_clock_of_24_hours_and_are_kosovos() -> None:
    for language in Language:
        assert words(language).moment("2021-03-05T14:04:00+00:00").endswith("15:04")
        assert words(language).moment("2021-07-05T22:04:00+00:00").endswith("00:04")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (Language.ALBANIAN, ["1 ditë", "2 ditë", "5 ditë", "21 ditë", "1 234 ditë"]),
        (Language.SERBIAN, ["1 dan", "2 dana", "5 dana", "21 dan", "1.234 dana"]),
        (Language.ENGLISH, ["1 day", "2 days", "5 days", "21 days", "1,234 days"]),
    ],
)
def test_plurals_are_the_languages_own(language: Language, said: list[str]) -> None:
    one, many = "%(n)s day", "%(n)s days"
    found = [words(language).count(one, many, n).replace("\xa0", " ") for n in (1, 2, 5, 21, 1234)]
    assert found == said


def test_a_length_is_never_shown_shorter_than_a_limit_or_longer_than_a_wait() -> None:
    english = words(Language.ENGLISH)
    assert [english.at_most(s) for s in (0, 119.2, 7201, 73 * 3600)] == [
        "0 seconds",
        "120 seconds",
        "3 hours",
        "4 days",
    ]
    assert [english.at_least(s) for s in (119.9, 7199, 73 * 3600, -5)] == [
        "119 seconds",
        "119 minutes",
        "3 days",
        "0 seconds",
    ]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("sr-Latn-RS,en;q=0.5", Language.SERBIAN),
        ("de,en-US;q=0.7", Language.ENGLISH),
        ("sq", Language.ALBANIAN),
        ("", Language.ALBANIAN),
        ("xx;" + "," * 5000, Language.ALBANIAN),
    ],
)
def test_a_browser_is_answered_in_the_first_of_its_languages(accepted: str, language: Language) -> None:
    assert preferred(accepted) is language


def test_what_is_put_into_a_page_is_escaped() -> None:
    found = pages._templates().from_string("{{ said }}").render(said="<script>")
    assert found == "&lt;script&gt;"


def test_the_glossary_has_the_terms_as_the_catalogues_have_them() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text()
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in page.splitlines() if line.startswith("| ")]
    known: dict[str, Words] = {"sq": words(Language.ALBANIAN), "sr": words(Language.SERBIAN)}
    named = {english: (albanian, serbian) for english, albanian, serbian in rows}
    kinds = (terms.AGENCIES, terms.SERVICES, terms.STANDINGS, terms.STAGES, terms.ROLES, terms.POSTS)
    for english in {sentence for kind in kinds for sentence in kind.values()}:
        assert named.get(english) == (known["sq"].say(english), known["sr"].say(english)), english
