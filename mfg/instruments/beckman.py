"""Readers of the Vi-CELL BLU (csv) and Vi-CELL XR (txt of one sample, xlsx of a run) by Beckman Coulter.

Own readers, not allotropy: that library stamps UTC on times without a zone, gives the instrument's name as the
operator, and turns an ERROR into a missing value without a word; the formats are a table and a list of keys.
"""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256

from mfg.instruments.found import InstrumentFile, Measurement, Place, Unplaced
from mfg.instruments.grid import Layout, Table, header_of, measurements, split
from mfg.instruments.keyed import Keyed, keyed
from mfg.instruments.reader import Reader
from mfg.instruments.text_tables import Row, decoded, head_of, no_file, resaved
from mfg.instruments.values import Number, absent, key_of, remarks
from mfg.instruments.when import local_of
from mfg.instruments.workbook import read_sheet

MAKER = "Beckman Coulter"
#: what stands where an operator would, and is the instrument
_INSTRUMENTS = frozenset({"vi-cell", "vi-cell blu", "vi-cell xr", "vicell"})

BLU_LAYOUT = Layout(
    needed=("Sample ID", "Viable (x10^6) cells/mL", "Total (x10^6) cells/mL", "Viability (%)", "Analysis date/time"),
    numbers=(Number("Viable (x10^6) cells/mL", "viable_per_ml", 6), Number("Total (x10^6) cells/mL", "total_per_ml", 6),
             Number("Viability (%)", "viability"), Number("Viable cells", "viable_count"),
             Number("Cell count", "total_count"), Number("Average diameter (μm)", "diameter"),
             Number("Dilution", "dilution")),
    sample="Sample ID", at="Analysis date/time", operator="Analysis by", nobody=_INSTRUMENTS,
    ends=True)

XR_NUMBERS = (
    Number("Total viable cells / ml (x 10^6)", "viable_per_ml", 6),
    Number("Total cells / ml (x 10^6)", "total_per_ml", 6), Number("Viability (%)", "viability"),
    Number("Viable cells", "viable_count"), Number("Total cells", "total_count"),
    Number("Nonviable cells", "dead_count"), Number("Average diameter (microns)", "diameter"),
    Number("Dilution", "dilution"))

XR_SHEET = Layout(
    needed=("Sample ID", "Viability (%)", "Viable cells /ml (x10^6)", "Total cells /ml (x10^6)", "Sample date/time"),
    numbers=(Number("Viable cells /ml (x10^6)", "viable_per_ml", 6),
             Number("Total cells /ml (x10^6)", "total_per_ml", 6), Number("Viability (%)", "viability"),
             Number("Viable cells", "viable_count"), Number("Total cells", "total_count"),
             Number("Avg. diam. (microns)", "diameter"),
             Number("Dilution factor", "dilution")),
    sample="Sample ID", at="Sample date/time")


def read_blu(name: str, content: bytes) -> InstrumentFile:
    """A table, a sample a row. The file names neither the instrument's number nor a zone."""
    text = decoded(name, content)
    _before, header, rows, delimiter = split(name, text, BLU_LAYOUT)
    table = Table(name, BLU_LAYOUT, header)
    found = tuple(_again(one) for one in measurements(table, rows, delimiter))
    return InstrumentFile(name, sha256(content).hexdigest(), "vicell-blu", found, MAKER, "Vi-CELL BLU",
                          warnings=(*resaved(content), *table.warnings))


def _again(one: Measurement) -> Measurement:
    """With a warning where the pictures were analysed a second time: these are not the first numbers."""
    again = [each for each in one.unplaced if each.place.column.startswith("Reanalysis ")]
    return replace(one, warnings=(*one.warnings, *(f"{each.place.column}: {each.text}" for each in again)))


def read_xr_text(name: str, content: bytes) -> InstrumentFile:
    """A list of keys, one sample a file. RunDate is when it was measured; its other dates are listed."""
    read = keyed(name, content, ":")
    first = next((one for one in read.lines if one.text or one.key), None)
    if first is None or not first.text.startswith("Vi-CELL XR"):
        raise no_file(name, "its first row is not “Vi-CELL XR” with a version. Hand in the file as the instrument "
                            "wrote it.")
    if read.line("Sample ID") is None or read.line("Results") is None:
        raise no_file(name, "it has no “Sample ID” or no “Results”: it is cut off, or no export of a Vi-CELL XR.")
    sample = _xr_measurement(read)
    taken = ("Unit S/N",)
    rest = tuple(one for one in read.unplaced((*taken, *_XR_TAKEN)) if one.place.row != first.line)
    return InstrumentFile(
        name, sha256(content).hexdigest(), "vicell-xr-txt", (sample,), MAKER, "Vi-CELL XR", read.text("Unit S/N"),
        first.text.removeprefix("Vi-CELL XR").strip(), (*resaved(content), *read.warnings), rest)


_XR_TAKEN = ("Sample ID", "RunDate", "User", *(one.heading for one in XR_NUMBERS))


def _xr_measurement(read: Keyed) -> Measurement:
    operator, at_text = read.text("User"), read.text("RunDate")
    values = read.values(XR_NUMBERS, ":")
    named = not absent(operator) and operator.casefold() not in _INSTRUMENTS
    line = read.line("Sample ID")
    return Measurement(
        read.text("Sample ID"), values, line.place if line else Place(1, "Sample ID"), at_text=at_text,
        local=local_of(at_text), operator=operator if named else "", warnings=remarks(values),
        where=read.where(sample="Sample ID", at="RunDate", operator="User"),
        unplaced=() if named or not operator else tuple(Unplaced(place, operator)
                                                        for _, place in read.where(operator="User")))


def read_xr_sheet(name: str, content: bytes) -> InstrumentFile:
    """A sheet, a sample a row, its headings over two rows. The sheet names no operator and no zone."""
    sheet = read_sheet(name, content)
    place = next((place for place, row in enumerate(sheet.rows[:10]) if key_of(row.cells[0]) == "sample id"), None)
    if place is None or not any("Vi-CELL XR" in cell for row in sheet.rows[:place] for cell in row.cells):
        raise no_file(name, f"sheet “{sheet.title[:40]}” does not begin with “Vi-CELL XR” and a row of headings with "
                            "“Sample ID”. Hand in the file as the instrument wrote it.")
    before, first, second, rows = (sheet.rows[:place], sheet.rows[place], sheet.rows[place + 1:place + 2],
                                   sheet.rows[place + 2:])
    under = second[0].cells if second else ()
    joined = tuple(f"{cell.strip()} {under[column].strip() if column < len(under) else ''}".strip()
                   for column, cell in enumerate(first.cells))
    table = Table(name, XR_SHEET, Row(first.line, joined), sheet.title)
    wide = [replace(row, cells=_fitted(row.cells, len(joined))) for row in rows]
    found = measurements(table, wide, "\t")
    texts = [Unplaced(Place(row.line, "", sheet.title), cell.strip()) for row in before for cell in row.cells]
    serial, software = _after(texts, "Unit S/N:"), _after(texts, "Vi-CELL XR")
    rest = tuple(one for one in texts if one.text and not one.text.startswith(("Unit S/N:", "Vi-CELL XR")))
    return InstrumentFile(name, sha256(content).hexdigest(), "vicell-xr-xlsx", found, MAKER, "Vi-CELL XR", serial,
                          software, (*sheet.warnings, *table.warnings), rest)


def _fitted(cells: tuple[str, ...], wide: int) -> tuple[str, ...]:
    """A row of a sheet has no cells after its last text; here it gets those the headings have."""
    while len(cells) > wide and not cells[-1].strip():
        cells = cells[:-1]
    return cells + ("",) * (wide - len(cells))


def _after(texts: list[Unplaced], start: str) -> str:
    return next((one.text.removeprefix(start).strip() for one in texts if one.text.startswith(start)), "")


def _is_workbook(content: bytes) -> bool:
    return content.startswith(b"PK\x03\x04") and b"xl/" in content


def _is_xr_text(content: bytes) -> bool:
    head = head_of(content).lstrip("\ufeff \n")
    return bool(re.match(r"Vi-CELL XR\b", head))


BECKMAN_READERS = (
    Reader("vicell-blu", MAKER, "Vi-CELL BLU", "Vi-CELL BLU, csv",
           lambda content: header_of(head_of(content).lstrip("\ufeff"), BLU_LAYOUT.needed) is not None, read_blu),
    Reader("vicell-xr-txt", MAKER, "Vi-CELL XR", "Vi-CELL XR, text of one sample", _is_xr_text, read_xr_text),
    Reader("vicell-xr-xlsx", MAKER, "Vi-CELL XR", "Vi-CELL XR, xlsx of a run", _is_workbook, read_xr_sheet),
)
