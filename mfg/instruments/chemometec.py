"""Readers of the NucleoView software of the NC-200 and of the NC-View, both csv, by ChemoMetec.

Own readers, not allotropy: that library writes 1970 or midnight where the date or the time of day is missing, -0.0 for
a missing number, and drops “Out of optimal range” and “Uncertain”, which a record must carry.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from mfg.facts import shown
from mfg.instruments.found import InstrumentFile, Measurement, Place, Unplaced
from mfg.instruments.grid import Layout, Table, header_of, measurements, split
from mfg.instruments.keyed import Keyed, keyed
from mfg.instruments.reader import Reader
from mfg.instruments.text_tables import decoded, head_of, no_file, resaved
from mfg.instruments.values import Number, absent, remarks
from mfg.instruments.when import local_of, zone_of_offset

MAKER = "ChemoMetec"
PART_11 = "21 CFR Part 11"
_IMAGE = re.compile(r"\d{8}-\d{4}-[a-z]-(.*)\Z", re.ASCII | re.S)

NUCLEOVIEW_NUMBERS = (
    Number("Live (cells/ml)", "viable_per_ml"), Number("Dead (cells/ml)", "dead_per_ml"),
    Number("Total (cells/ml)", "total_per_ml"), Number("Viability (%)", "viability"),
    Number("Estimated cell diameter (um)", "diameter"), Number("Multiplication factor", "dilution"))
_TAKEN = ("Image", "Operator", "Date time", "Instrument s/n", "Application SW version", PART_11,
          *(one.heading for one in NUCLEOVIEW_NUMBERS))

NC_VIEW_LAYOUT = Layout(
    needed=("NAME", "SAMPLE ID", "STATUS", "LIVE (cells/ml)", "TOTAL (cells/ml)", "VIABILITY (%)"),
    numbers=(Number("LIVE (cells/ml)", "viable_per_ml"), Number("DEAD (cells/ml)", "dead_per_ml"),
             Number("TOTAL (cells/ml)", "total_per_ml"), Number("VIABILITY (%)", "viability"),
             Number("DIAMETER (μm)", "diameter"), Number("DILUTION FACTOR", "dilution")),
    sample="SAMPLE ID", operator="OPERATOR", image="NAME", status="STATUS")


def read_nucleoview(name: str, content: bytes) -> InstrumentFile:
    """A list of keys, one sample a file, with the time and its offset from UTC."""
    read = keyed(name, content, ";", closing=r"//\[[0-9A-Fa-f]{8}\]")
    if not read.text("Instrument type").startswith("NucleoView") or read.line("Viability (%)") is None:
        raise no_file(name, "it has no “Instrument type;NucleoView …” or no “Viability (%)”: it is cut off, or no "
                            "export of NucleoView.")
    if not any(one.text.startswith("//[") for one in read.lines):
        read.warnings.append("The closing mark, the last row of a whole file, is missing: the file may be cut off.")
    sample = _nucleoview_measurement(read)
    switch = read.line(PART_11)
    return InstrumentFile(
        name, sha256(content).hexdigest(), "nucleoview-nc200", (sample,), MAKER,
        read.text("Instrument type"), read.text("Instrument s/n").removeprefix("s/n").strip(),
        read.text("Application SW version"), (*resaved(content), *read.warnings, *_images(read)),
        read.unplaced(_TAKEN), Unplaced(switch.place, switch.text) if switch else Unplaced(Place(None, PART_11), ""))


def _images(read: Keyed) -> tuple[str, ...]:
    """A warning where the picture and the file of the pictures do not have the same name."""
    image, file = read.line("Image"), read.line("cm filename")
    if image is None or file is None or file.text.removesuffix(".cm") == image.text:
        return ()
    return (f"Row {image.line} calls the picture {shown(image.text)}, row {file.line} calls its file "
            f"{shown(file.text)}: one of them is of another measurement.",)


def _nucleoview_measurement(read: Keyed) -> Measurement:
    values = read.values(NUCLEOVIEW_NUMBERS, ";")
    image, operator = read.text("Image"), read.text("Operator")
    at_text, local, at = _time(read)
    found = _IMAGE.match(image)
    line = read.line("Image")
    return Measurement(
        found[1] if found else image, values, line.place if line else Place(1, "Image"), at=at, at_text=at_text,
        local=local, operator="" if absent(operator) else operator, warnings=remarks(values), image=image,
        where=read.where(sample="Image", at="Date time", operator="Operator", image="Image"))


def _time(read: Keyed) -> tuple[str, datetime | None, datetime | None]:
    """The time as written, on the instrument's clock, and in UTC if its offset stands in the file."""
    text, offset = read.text("Date time"), read.text("Time zone offset")
    local, zone = local_of(text), zone_of_offset(offset)
    at = local.replace(tzinfo=zone).astimezone(UTC) if local and zone else None
    return f"{text} {offset}".strip(), local, at


def read_nc_view(name: str, content: bytes) -> InstrumentFile:
    """A table, a sample a row. The only date is in the name of a measurement; no time of day, so no time."""
    text = decoded(name, content)
    _before, header, rows, delimiter = split(name, text, NC_VIEW_LAYOUT)
    table = Table(name, NC_VIEW_LAYOUT, header)
    found = tuple(_dated(one) for one in measurements(table, rows, delimiter))
    serials = {one.text.removeprefix("S/N:").strip() for each in found for one in each.unplaced
               if one.place.column == "INSTRUMENT"}
    return InstrumentFile(name, sha256(content).hexdigest(), "nc-view", found, MAKER, "NC-View",
                          serials.pop() if len(serials) == 1 else "",
                          warnings=(*resaved(content), *table.warnings))


def _dated(one: Measurement) -> Measurement:
    """With the date its name begins with as the time as written: a date alone is no time."""
    found = re.match(r"(20\d{6})-\d+\Z", one.image, re.ASCII)
    return replace(one, at_text=found[1] if found else "", where=(*one.where, ("at", one.place_of("image"))))


def _is_nucleoview(content: bytes) -> bool:
    return re.search(r"^Instrument type;\s*NucleoView", head_of(content), re.M) is not None


CHEMOMETEC_READERS = (
    Reader("nucleoview-nc200", MAKER, "NucleoCounter NC-200", "NucleoView NC-200, csv of one sample", _is_nucleoview,
           read_nucleoview),
    Reader("nc-view", MAKER, "NC-View", "NC-View, csv",
           lambda content: header_of(head_of(content).lstrip("\ufeff"), NC_VIEW_LAYOUT.needed) is not None,
           read_nc_view),
)
