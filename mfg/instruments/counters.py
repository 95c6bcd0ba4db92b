"""Readers of the Cellaca / Matrix (Revvity) and Cedex HiRes (Roche) counters, both csv.

Own readers, not allotropy: that library writes 1970 for a date it does not find and judges nothing; both are plain
tables. Neither file names a unit for its concentrations: both makers state cells per mL.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from mfg.instruments.found import InstrumentFile, Measurement, Place, Unplaced, Value
from mfg.instruments.grid import Layout, Table, header_of, measurements, split
from mfg.instruments.reader import Reader
from mfg.instruments.text_tables import Row, decoded, head_of, no_file, resaved
from mfg.instruments.values import Number, absent, key_of, value_of
from mfg.instruments.when import day_and_month, local_of

CELLACA_LAYOUT = Layout(
    needed=("Well Name", "Live Count", "Live Concentration (E6)", "Viability (%)", "Total Count",
            "Total Concentration (E6)", "Errors"),
    numbers=(Number("Live Concentration (E6)", "viable_per_ml", 6), Number("Dead Concentration (E6)", "dead_per_ml", 6),
             Number("Total Concentration (E6)", "total_per_ml", 6), Number("Viability (%)", "viability"),
             Number("Live Count", "viable_count"), Number("Dead Count", "dead_count"),
             Number("Total Count", "total_count")),
    sample="Well Name", status="Errors")

CEDEX_LAYOUT = Layout(
    needed=("Cedex ID", "Sample identifer", "Date finished", "Viability", "Viable Cell Conc.", "Total Cell Conc."),
    numbers=(Number("Viable Cell Conc.", "viable_per_ml"), Number("Dead Cell Conc.", "dead_per_ml"),
             Number("Total Cell Conc.", "total_per_ml"), Number("Viability", "viability"),
             Number("Viable Cell Count", "viable_count"), Number("Dead Cell Count", "dead_count"),
             Number("Total Cell Count", "total_count"), Number("Dilution", "dilution")),
    sample="Sample identifer", at="Date finished", operator="Username")


def read_cellaca(name: str, content: bytes) -> InstrumentFile:
    """Keys of the plate, then a well a row. A sample is called by its well; the file has no other name."""
    before, header, rows, delimiter = split(name, decoded(name, content), CELLACA_LAYOUT)
    keys = _plate(name, before)
    shared: tuple[Value, ...] = ()
    if (line := keys.get("dilution")) is not None:
        shared = (value_of(name, Number("Dilution", "dilution"), line.text, line.place),)
    table = Table(name, CELLACA_LAYOUT, header, shared=shared)
    if not shared:
        table.warnings.append("There is no line “Dilution”.")
    found = tuple(_of_plate(one, keys) for one in measurements(table, rows, delimiter))
    taken = ("dilution", "results timestamp", "operator", "instrument sn", "version")
    return InstrumentFile(
        name, sha256(content).hexdigest(), "cellaca", found, "Revvity", "Cellaca / Matrix",
        _text(keys, "instrument sn"), _text(keys, "version"), (*resaved(content), *table.warnings),
        tuple(one for key, one in keys.items() if key not in taken and one.text))


def _plate(name: str, before: list[Row]) -> dict[str, Unplaced]:
    keys: dict[str, Unplaced] = {}
    for row in before:
        key, texts = row.cells[0].strip(), [cell for cell in row.cells[1:] if cell.strip()]
        if len(texts) > 1:
            raise no_file(name, f"row {row.line}: beside “{key[:40]}” stand {len(texts)} texts, one was expected. A "
                                "decimal comma splits a number in two. Hand in the file as the instrument wrote it.")
        if key_of(key) in keys:
            raise no_file(name, f"row {row.line}: “{key[:40]}” stands here for the second time; it cannot be told "
                                "which is meant. Export it again.")
        keys[key_of(key)] = Unplaced(Place(row.line, key), "".join(texts).strip())
    return keys


def _text(keys: dict[str, Unplaced], key: str) -> str:
    return keys[key].text if key in keys else ""


def _of_plate(one: Measurement, keys: dict[str, Unplaced]) -> Measurement:
    """With the time and the operator, which are told once for the plate."""
    at_text, operator = _text(keys, "results timestamp"), _text(keys, "operator")
    where = tuple((what, keys[key].place) for what, key in (("at", "results timestamp"), ("operator", "operator"))
                  if key in keys)
    return replace(one, at_text=at_text, local=local_of(at_text, day_and_month([at_text])),
                   operator="" if absent(operator) else operator, where=(*one.where, *where))


def read_cedex(name: str, content: bytes) -> InstrumentFile:
    """A table, a sample a row. “Date finished” is when it was measured; when the sample was drawn is listed."""
    _before, header, rows, delimiter = split(name, decoded(name, content), CEDEX_LAYOUT)
    table = Table(name, CEDEX_LAYOUT, header)
    found = tuple(_processed(one) for one in measurements(table, rows, delimiter))
    serials = {one.text for each in found for one in each.unplaced if one.place.column == "Cedex ID"}
    return InstrumentFile(name, sha256(content).hexdigest(), "cedex-hires", found, "Roche", "Cedex HiRes",
                          serials.pop() if len(serials) == 1 else "", warnings=(*resaved(content), *table.warnings))


def _processed(one: Measurement) -> Measurement:
    """With a warning where the numbers are of a later processing, not of the original data set."""
    later = [each for each in one.unplaced if each.place.column == "Data set name" and each.text.strip() != "Original"]
    return replace(one, warnings=(*one.warnings, *(f"{each.place.column}: {each.text}" for each in later)))


COUNTERS = (
    Reader("cellaca", "Revvity", "Cellaca / Matrix", "Cellaca or Matrix, csv of a plate",
           lambda content: header_of(head_of(content).lstrip("\ufeff"), CELLACA_LAYOUT.needed) is not None,
           read_cellaca),
    Reader("cedex-hires", "Roche", "Cedex HiRes", "Cedex HiRes, csv",
           lambda content: header_of(head_of(content).lstrip("\ufeff"), CEDEX_LAYOUT.needed) is not None, read_cedex),
)
