"""What was found in an instrument's own file: values with the place they stand at. It reads and judges nothing.

A value that could not be read keeps its text and says why. Nothing is ever filled in: no date means None, no operator
means blank, no zone means the time is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mfg.facts import Reading

#: what a value can be -> what people call it, and its UCUM unit
WHAT: dict[str, tuple[str, str]] = {
    "viable_per_ml": ("Viable cells per mL", "{cells}/mL"),
    "total_per_ml": ("Total cells per mL", "{cells}/mL"),
    "dead_per_ml": ("Dead cells per mL", "{cells}/mL"),
    "viability": ("Viability", "%"),
    "viable_count": ("Viable cells counted", "{cells}"),
    "total_count": ("Cells counted", "{cells}"),
    "dead_count": ("Dead cells counted", "{cells}"),
    "diameter": ("Mean diameter", "um"),
    "dilution": ("Dilution factor", "1"),
    "cq": ("Quantification cycle", "1"),
    "events": ("Events", "1"),
    "percent_of_parent": ("Share of the parent gate", "%"),
    "glucose": ("Glucose", "g/L"),
    "lactate": ("Lactate", "g/L"),
    "glutamine": ("Glutamine", "mmol/L"),
    "glutamate": ("Glutamate", "mmol/L"),
    "ammonium": ("Ammonium", "mmol/L"),
    "sodium": ("Sodium", "mmol/L"),
    "potassium": ("Potassium", "mmol/L"),
    "calcium": ("Calcium", "mmol/L"),
    "ph": ("pH", "[pH]"),
    "po2": ("Oxygen, partial pressure", "mm[Hg]"),
    "pco2": ("Carbon dioxide, partial pressure", "mm[Hg]"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands: the row as an editor counts it (from 1), the column as its heading or key says, the sheet
    of a workbook. `row` is None where the file has no rows, such as XML; the column is then the whole path."""

    row: int | None
    column: str
    sheet: str = ""

    def __str__(self) -> str:
        told = [f"sheet {self.sheet}"] if self.sheet else []
        told += [f"row {self.row}"] if self.row is not None else []
        return ", ".join([*told, *([self.column] if self.column else [])])


@dataclass(frozen=True, slots=True)
class Value:
    """One value. `what` is a key of WHAT; `of` says of which population or well where a sample has several.

    `text` is as it stands in the file; `reading` is None where it is no number, and `why` then says so. `unit` is UCUM.
    """

    what: str
    text: str
    reading: Reading | None
    unit: str
    place: Place
    of: str = ""
    why: str = ""
    #: what a share is a share of: the whole path of the parent gate
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A text of the file that no value was made of, so that nothing is lost in silence."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """One sample as one instrument measured it once. Blank and None mean: the file does not say."""

    #: as written; blank where the file names none
    sample: str
    values: tuple[Value, ...]
    place: Place
    #: in UTC; None where the file does not give date, time and zone
    at: datetime | None = None
    #: the time as written, whatever is missing of it
    at_text: str = ""
    #: as written; blank where the file names nobody, or only the instrument
    operator: str = ""
    #: what the instrument says of this measurement, other than that it is in order
    warnings: tuple[str, ...] = ()
    #: identifies the picture or well behind it, where the file does
    image: str = ""
    unplaced: tuple[Unplaced, ...] = ()
    #: date and time on the instrument's clock; None where the file does not give both beyond doubt
    local: datetime | None = None
    #: where "sample", "at", "operator", "image" and "status" stand, as far as the file has them
    where: tuple[tuple[str, Place], ...] = ()
    #: of a flow cytometer: channel and the marker stained in it, blank where the file names none
    channels: tuple[tuple[str, str], ...] = ()

    def place_of(self, what: str) -> Place:
        """Where that text stands, or else where the measurement begins."""
        return next((place for name, place in self.where if name == what), self.place)

    def value(self, what: str, of: str = "") -> Value | None:
        """The value of that kind, if there is one."""
        return next((one for one in self.values if one.what == what and (not of or one.of == of)), None)


@dataclass(frozen=True, slots=True)
class InstrumentFile:
    """A whole file as read. `sha256` is of the bytes as handed in, never of anything converted."""

    name: str
    sha256: str
    #: which reader read it: a key of the table of readers
    kind: str
    measurements: tuple[Measurement, ...]
    maker: str = ""
    model: str = ""
    serial: str = ""
    software: str = ""
    #: what belongs to the whole file
    warnings: tuple[str, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    #: the instrument's own switch for electronic records (21 CFR Part 11); None where its files have none, text blank
    #: where this one does not say
    part_11: Unplaced | None = None
    #: the file of gates the counts were made with, where it is one of its own, and the SHA-256 of its bytes
    gates_name: str = ""
    gates_sha256: str = ""
