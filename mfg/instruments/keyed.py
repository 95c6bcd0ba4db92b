"""A file with one key and its text a line, as counters write for one sample. It knows no instrument.

The last line of a file that ends without a line end is not believed: nobody can tell whether it goes on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from mfg.instruments.found import Place, Unplaced, Value
from mfg.instruments.numerals import decimal_mark
from mfg.instruments.text_tables import decoded, lines_of, no_file
from mfg.instruments.values import Number, key_of, value_of


@dataclass(frozen=True, slots=True)
class Line:
    """One line taken apart; `key` is blank where the line has none."""

    line: int
    key: str
    text: str

    @property
    def place(self) -> Place:
        return Place(self.line, self.key)


@dataclass
class Keyed:
    """The lines of a file by their keys."""

    name: str
    lines: list[Line]
    warnings: list[str] = field(default_factory=list)
    #: the last line of a file that ends without a line end
    cut: Line | None = None

    def __post_init__(self) -> None:
        self.by_key: dict[str, Line] = {}
        self.twice: dict[str, Line] = {}
        for one in self.lines:
            if one.key and key_of(one.key) in self.by_key:
                self.twice.setdefault(key_of(one.key), one)
            self.by_key.setdefault(key_of(one.key), one)

    def line(self, key: str) -> Line | None:
        """The line of that key; a key that is there twice refuses the file."""
        if (again := self.twice.get(key_of(key))) is not None:
            raise no_file(self.name, f"row {again.line}: “{key}” stands here for the second time; it cannot be told "
                                     "which is meant. Export it again.")
        return self.by_key.get(key_of(key))

    def text(self, key: str) -> str:
        """The text of that key; blank where there is none."""
        found = self.line(key)
        return found.text if found else ""

    def values(self, numbers: Sequence[Number], delimiter: str) -> tuple[Value, ...]:
        """A value for each number the file has a line of; those it has none of are warned about."""
        there = [(number, found) for number in numbers if (found := self.line(number.heading)) is not None]
        self.warnings += [f"There is no line “{number.heading}”." for number in numbers
                          if self.line(number.heading) is None]
        mark = decimal_mark((found.text for _, found in there), delimiter)
        return tuple(value_of(self.name, number, found.text, found.place, mark=mark) for number, found in there)

    def where(self, **keys: str) -> tuple[tuple[str, Place], ...]:
        """Where each named text stands, as far as it does."""
        return tuple((what, found.place) for what, key in keys.items() if (found := self.line(key)) is not None)

    def unplaced(self, taken: Collection[str]) -> tuple[Unplaced, ...]:
        """Every line that no field was made of."""
        known = {key_of(one) for one in taken}
        rest = [*self.lines, *([self.cut] if self.cut else [])]
        return tuple(Unplaced(one.place, one.text) for one in rest
                     if one.text.strip() and (one is self.cut or not one.key or key_of(one.key) not in known))


def keyed(name: str, content: bytes, separator: str, closing: str = "") -> Keyed:
    """Take a file apart at the first separator of each line. `closing` is the pattern of the line that closes a whole
    file, if the instrument writes one; it needs no line end."""
    lines, cut = [], None
    for row in lines_of(name, decoded(name, content)):
        key, found, text = row.cells[0].partition(separator)
        one = Line(row.line, key.strip(), text.strip(" \t;" if separator == ";" else " \t")) if found \
            else Line(row.line, "", row.cells[0].strip())
        if row.ended or (closing and re.fullmatch(closing, row.cells[0].strip(), re.ASCII)):
            lines.append(one)
        else:
            cut = one
    read = Keyed(name, lines, cut=cut)
    if cut is not None and (cut.key or cut.text):
        read.warnings.append(f"Row {cut.line}, the last one, has no line end, so nobody can tell whether it goes on; "
                             "nothing was made of it.")
    return read
