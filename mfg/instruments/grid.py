"""A table with one measurement a row, read by a layout that says which heading holds what. It knows no instrument.

The cells no layout asks for are listed, never dropped. A row that does not fit its headings refuses the file, but for
the very last one of a file that was cut off: that row is left out, and the file says so.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mfg.instruments.found import Measurement, Place, Unplaced, Value
from mfg.instruments.numerals import decimal_mark
from mfg.instruments.text_tables import Row, no_file, rows_of
from mfg.instruments.values import MOST_MEASUREMENTS, Number, absent, key_of, remarks, value_of
from mfg.instruments.when import day_and_month, local_of

DELIMITERS = (",", ";", "\t")
_SEARCHED = 15


@dataclass(frozen=True)
class Layout:
    """Which heading of a table holds what. `needed` are the headings it is known by; without them it is refused."""

    needed: tuple[str, ...]
    numbers: tuple[Number, ...]
    sample: str = ""
    at: str = ""
    operator: str = ""
    image: str = ""
    status: str = ""
    #: in the column of the operator these name nobody
    nobody: frozenset[str] = frozenset()
    #: in the column of the status these say that nothing is wrong
    fine: frozenset[str] = frozenset({"", "ok"})
    #: headings that together say of which well or dye a value is
    of: tuple[str, ...] = ()
    #: the instrument writes a line end after the last row too, so that a file without one was cut off
    ends: bool = False


@dataclass
class Table:
    """The headings of a file, and where each stands."""

    name: str
    layout: Layout
    header: Row
    sheet: str = ""
    mark: str = "."
    #: what belongs to every row and stands elsewhere in the file
    shared: tuple[Value, ...] = ()
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.columns = {key_of(cell): place for place, cell in reversed(list(enumerate(self.header.cells)))}
        keys = self.keys = [key_of(cell) for cell in self.header.cells]
        self.labels = [self._label(column) for column in range(len(keys))]
        layout = self.layout
        asked = [*(one.heading for one in layout.numbers), *layout.needed, layout.sample, layout.at, layout.operator,
                 layout.image, layout.status, *layout.of]
        for heading in filter(None, asked):
            if keys.count(key_of(heading)) > 1:
                raise no_file(self.name, f"row {self.header.line} has two columns called “{heading}”; it cannot be "
                                         "told which is meant. Export it again.")
        missing = [one for one in self.layout.needed if key_of(one) not in self.columns]
        if missing:
            raise no_file(self.name, f"row {self.header.line} has no column “{missing[0]}”, which this instrument "
                                     "writes. Hand in the file as the instrument wrote it.")
        self.warnings += [f"There is no column “{one.heading}”." for one in self.layout.numbers
                          if key_of(one.heading) not in self.columns]

    def cell(self, row: Row, heading: str) -> str:
        """The text under a heading; blank where there is no such column."""
        place = self.columns.get(key_of(heading)) if heading else None
        return row.cells[place] if place is not None and place < len(row.cells) else ""

    def place(self, row: Row, heading: str) -> Place:
        """Where the text under a heading stands."""
        return Place(row.line, self.labels[self.columns[key_of(heading)]], self.sheet)

    def _label(self, column: int) -> str:
        """The heading as the file writes it, told apart where two are alike or it is blank."""
        text = self.header.cells[column].strip()
        alike = self.keys.count(key_of(text)) > 1
        return f"{text} (column {column + 1})".strip() if alike or not text else text


def header_of(text: str, needed: Sequence[str]) -> tuple[int, str] | None:
    """The line, from 1, and the delimiter of the headings among the first lines of a text; None where they are not."""
    wanted = {key_of(one) for one in needed}
    for line, raw in enumerate(text.split("\n", _SEARCHED)[:_SEARCHED], 1):
        for delimiter in DELIMITERS:
            if raw.count(delimiter) >= len(wanted) - 1 and wanted <= _keys(raw, delimiter):
                return line, delimiter
    return None


def _keys(raw: str, delimiter: str) -> set[str]:
    try:
        return {key_of(cell) for cell in next(csv.reader([raw], delimiter=delimiter), [])}
    except csv.Error:
        return set()


def split(name: str, text: str, layout: Layout) -> tuple[list[Row], Row, list[Row], str]:
    """What stands before the headings, the headings, the rows under them, and the delimiter."""
    found = header_of(text.replace("\r\n", "\n").replace("\r", "\n"), layout.needed)
    if found is None:
        raise no_file(name, f"no row has the columns {', '.join(layout.needed)}. Hand in the file as the instrument "
                            "wrote it.")
    line, delimiter = found
    rows = [row for row in rows_of(name, text, delimiter) if not _blank(row) or not row.ended]
    header = next((row for row in rows if row.line == line), None)
    if header is None:
        raise no_file(name, f"row {line} stands inside quotation marks. Export it again.")
    return [row for row in rows if row.line < line], header, [row for row in rows if row.line > line], delimiter


def _blank(row: Row) -> bool:
    return not any(cell.strip() for cell in row.cells)


def measurements(table: Table, rows: Iterable[Row], delimiter: str) -> tuple[Measurement, ...]:
    """A measurement for each row, in the order of the file.

    A row has as many cells as there are headings, blank ones too: one more, and a decimal comma may have split a number
    and shifted all that follow.
    """
    body = _fitting(table, list(rows))
    if not body:
        raise no_file(table.name, f"there is no measurement under the headings in row {table.header.line}. Export it "
                                  "again.")
    numbers = [one for one in table.layout.numbers if key_of(one.heading) in table.columns]
    table.mark = decimal_mark((table.cell(row, one.heading) for row in body for one in numbers), delimiter)
    times = [table.cell(row, table.layout.at) for row in body]
    order = day_and_month(times)
    if times and table.layout.at and (order == "both" or any(_open(text, order) for text in times)):
        table.warnings.append(f"{table.layout.at}: it cannot be told whether the day or the month comes first.")
    return tuple(_measurement(table, row, numbers, order) for row in body)


def _open(text: str, order: str) -> bool:
    """A date that is one only if somebody says what comes first."""
    return local_of(text, order) is None and local_of(text, "day first") != local_of(text, "month first")


def _fitting(table: Table, rows: list[Row]) -> list[Row]:
    """The rows that fit the headings; too many or too few cells refuse the file."""
    wide = len(table.header.cells)
    for row in rows:
        if not row.ended and (len(row.cells) < wide or _blank(row)):
            table.warnings.append(f"Row {row.line} is cut off: {len(row.cells)} cells instead of {wide}, and the file "
                                  "ends there. It was not read; export the file again.")
            return rows[:-1]
        if len(row.cells) != wide:
            raise no_file(table.name, f"row {row.line} has {len(row.cells)} cells; {wide} were expected, as in row "
                                      f"{table.header.line}. A decimal comma splits a number in two, and so may a "
                                      "program that saved the file again. Hand in the file as the instrument wrote it.")
    if table.layout.ends and rows and not rows[-1].ended:
        table.warnings.append(f"Row {rows[-1].line}, the last one, has no line end, which this instrument writes: the "
                              "file may be cut off.")
    if len(rows) > MOST_MEASUREMENTS:
        raise no_file(table.name, f"the file has {len(rows):,} measurements; at most {MOST_MEASUREMENTS:,} are read. "
                                  "Export fewer at once.")
    return rows


def _measurement(table: Table, row: Row, numbers: Sequence[Number], order: str) -> Measurement:
    layout = table.layout
    last = len(table.header.cells) - 1
    of = " ".join(filter(None, (table.cell(row, one).strip() for one in layout.of)))
    values = tuple(value_of(table.name, one, table.cell(row, one.heading), table.place(row, one.heading),
                            mark=table.mark, of=of, cut=not row.ended and table.columns[key_of(one.heading)] == last)
                   for one in numbers)
    at_text = table.cell(row, layout.at).strip()
    operator = table.cell(row, layout.operator).strip()
    named = not absent(operator) and operator.casefold() not in layout.nobody
    status = _status(table, row, last)
    listed = [one for one, kept in ((layout.operator, named), (layout.status, status)) if not kept]
    taken = _taken(table) - {key_of(one) for one in listed}
    return Measurement(
        table.cell(row, layout.sample).strip(), (*values, *table.shared), Place(row.line, "", table.sheet),
        at_text=at_text, local=local_of(at_text, order), operator=operator if named else "",
        warnings=(*status, *remarks(values)), image=table.cell(row, layout.image).strip() or of,
        unplaced=_unplaced(table, row, taken), where=_where(table, row))


def _status(table: Table, row: Row, last: int) -> tuple[str, ...]:
    layout = table.layout
    text = table.cell(row, layout.status).strip()
    if layout.status and not text and not row.ended and table.columns.get(key_of(layout.status)) == last:
        return (f"{layout.status}: the file ends here without a line end, so nobody can tell whether more was said.",)
    return () if text.casefold() in layout.fine else (text,)


def _taken(table: Table) -> set[str]:
    """The headings whose texts stand in a field of the measurement."""
    layout = table.layout
    named = (layout.sample, layout.at, layout.operator, layout.image, layout.status, *layout.of)
    return {key_of(one) for one in (*named, *(number.heading for number in layout.numbers)) if one}


def _unplaced(table: Table, row: Row, taken: set[str]) -> tuple[Unplaced, ...]:
    return tuple(Unplaced(Place(row.line, label, table.sheet), cell)
                 for cell, key, label in zip(row.cells, table.keys, table.labels, strict=False)
                 if cell.strip() and key not in taken)


def _where(table: Table, row: Row) -> tuple[tuple[str, Place], ...]:
    layout = table.layout
    asked = (("sample", layout.sample), ("at", layout.at), ("operator", layout.operator), ("image", layout.image),
             ("status", layout.status))
    return tuple((what, table.place(row, heading)) for what, heading in asked
                 if heading and key_of(heading) in table.columns)
