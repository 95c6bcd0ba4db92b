"""One text of a file as one value with its place; what a reader says of its numbers, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mfg.instruments.found import WHAT, Place, Value
from mfg.instruments.numerals import doubtful_comma, reading_of
from mfg.instruments.text_tables import no_file

#: words that say there is no value; any other word is something the instrument says of it
_ABSENT = frozenset({"", "nan", "na", "n/a", "n.a.", "none", "null", "-", "--", "–", "—"})
MOST_MEASUREMENTS = 20_000


#: a number of cells written so may be a thousand times what it seems
_POINTED = re.compile(r"[<>=≤≥+ ]*\d{1,3}[.,]\d{3}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Number:
    """Which heading or key holds which value; `scale` is the power of ten its heading tells."""

    heading: str
    what: str
    scale: int = 0
    of: str = ""


@lru_cache(maxsize=4096)
def key_of(text: str) -> str:
    """A heading for comparing: both micro signs are one, and so are the spaces and the cases.

    >>> key_of("Average  Diameter (\\u00b5m)") == key_of("average diameter (\\u03bcm)")
    True
    """
    return " ".join(text.split()).casefold()


def absent(text: str) -> bool:
    """True for a blank and for the words that stand for one."""
    return text.strip().casefold() in _ABSENT


def value_of(name: str, number: Number, text: str, place: Place, *, mark: str = ".", cut: bool = False,
             of: str = "") -> Value:
    """The value of one text. `cut`: the file ends with this text, so nobody can tell whether it goes on."""
    if doubtful_comma(text, mark):
        raise no_file(name, f"{place}: “{text.strip()[:40]}” has a comma, and it cannot be told whether it stands "
                            "before decimals or between thousands. Nothing was read. Export with a decimal point.")
    reading, why = reading_of(text, mark, number.scale)
    if reading is not None and _whole_cells(number) and _POINTED.match(text.strip()):
        reading, why = None, f"“{text.strip()}” may be thousands grouped by a point; no counter gives parts of a cell"
    if cut and reading is not None:
        reading, why = None, "the file ends here without a line end, so nobody can tell whether the number goes on"
    return Value(number.what, text, reading, WHAT[number.what][1], place, of or number.of, why)


def _whole_cells(number: Number) -> bool:
    """Cells as such, counted or per mL, not in millions."""
    return number.scale == 0 and number.what.endswith(("_count", "_per_ml"))


def remarks(values: tuple[Value, ...]) -> tuple[str, ...]:
    """What the instrument wrote in words where a number was expected."""
    return tuple(f"{one.place.column}: {one.text.strip()}" for one in values
                 if one.reading is None and not absent(one.text) and any(char.isalpha() for char in one.text))
