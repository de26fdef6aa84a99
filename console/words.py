"""What pages say in each language: sentences out of gettext's catalogues; numbers, moments and lengths as it has them.

The sentences in the code are the English ones. A catalogue is read as it is committed (`.po`): nothing is compiled.
"""

import gettext
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from console import terms
from contracts.durations import KOSOVO
from projections import lengths
from projections.lengths import Unit


class Language(StrEnum):
    """As HTML names it; in the order in which they can be chosen."""

    ALBANIAN = "sq-XK"
    SERBIAN = "sr-Latn-XK"
    ENGLISH = "en-GB"

    @property
    def locale(self) -> Locale:
        """Of Kosovo: `sq` alone would have a clock of twelve hours."""
        return Locale.parse(self.value, sep="-")

    @property
    def own_name(self) -> str:
        return {"sq-XK": "Shqip", "sr-Latn-XK": "Srpski", "en-GB": "English"}[self.value]


def preferred(accepted: str) -> Language:
    """The first of a request's languages (`Accept-Language`) that there is; Albanian if there is none."""
    by_code = {language.value.partition("-")[0]: language for language in Language}
    for said in accepted.split(",")[:10]:
        code = said.partition(";")[0].strip().lower().partition("-")[0]
        if language := by_code.get(code):
            return language
    return Language.ALBANIAN


@dataclass(frozen=True)
class Words:
    language: Language
    catalogue: gettext.NullTranslations

    def say(self, sentence: str) -> str:
        return self.catalogue.gettext(sentence)

    def count(self, one: str, many: str, n: int) -> str:
        """A sentence with a number in it, in the form that goes with the number."""
        return self.catalogue.ngettext(one, many, n) % {"n": self.number(n)}

    def term(self, kind: Mapping[str, str], code: str | None) -> str:
        """What people call a code; a code that has no name here, as it is."""
        return self.say(kind[code]) if code and code in kind else str(code or "")

    def names(self, kind: Mapping[str, str]) -> Mapping[str, str]:
        """All codes of a kind, each by what people call it."""
        return {code: self.term(kind, code) for code in kind}

    def list(self, kind: Mapping[str, str], codes: Iterable[str]) -> str:
        return ", ".join(self.term(kind, code) for code in codes)

    def number(self, n: int) -> str:
        return str(format_decimal(n, locale=self.language.locale))

    def moment(self, at: str | datetime) -> str:
        """In Kosovo's time, to the minute."""
        here = _moment(at).astimezone(KOSOVO)
        return f"{format_date(here, 'medium', locale=self.language.locale)} {self.minute(here)}"

    def exactly(self, at: str | datetime) -> str:
        """Likewise, to the second: what came first can hang on it."""
        here = _moment(at).astimezone(KOSOVO)
        time = format_time(here, "HH:mm:ss", locale=self.language.locale)
        return f"{format_date(here, 'medium', locale=self.language.locale)} {time}"

    def typed(self, at: str | datetime) -> str:
        """As a field of a form has it: the second that it lies in, or the next, so that nothing by then is left out."""
        here = _moment(at).astimezone(KOSOVO)
        whole = here.replace(microsecond=0)
        return (whole if whole == here else whole + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S")

    def minute(self, at: str | datetime) -> str:
        return str(format_time(_moment(at).astimezone(KOSOVO), "HH:mm", locale=self.language.locale))

    def day(self, at: str | date) -> str:
        found = date.fromisoformat(at) if isinstance(at, str) else at
        return str(format_date(found, "medium", locale=self.language.locale))

    def month(self, at: str | date) -> str:
        """Short, with its year: what stands beneath an axis."""
        found = date.fromisoformat(at) if isinstance(at, str) else at
        return str(format_datetime(found, "LLL y", locale=self.language.locale))

    def at_most(self, seconds: float) -> str:
        """A length that this one does not exceed."""
        return self._length(*lengths.at_most(timedelta(seconds=seconds)))

    def at_least(self, seconds: float) -> str:
        """A length that this one reaches."""
        return self._length(*lengths.at_least(timedelta(seconds=max(seconds, 0))))

    def hours(self, seconds: float) -> str:
        """Of work, whose days have no 24 hours: whole hours that this length reaches."""
        return self._length(int(seconds // 3600), Unit.HOURS)

    def _length(self, n: int, unit: Unit) -> str:
        one, many = terms.UNITS[unit]
        return self.count(one, many, n)


def _moment(at: str | datetime) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


@cache
def words(language: Language) -> Words:
    return Words(language, _catalogue(language))


def _catalogue(language: Language) -> gettext.NullTranslations:
    if language is Language.ENGLISH:
        return gettext.NullTranslations()
    name = f"{language.value.replace('-', '_')}.po"
    text, compiled = resources.files("console").joinpath("languages", name).read_bytes(), io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(text), locale=language.locale))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
