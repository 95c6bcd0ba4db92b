"""Readers of the BioProfile FLEX2 (Nova Biomedical) and of CFX Maestro (Bio-Rad, mycoplasma qPCR), both csv.

Own readers, not allotropy: that library writes 1970 as the date of a run that has none, and -0.0 for a threshold and
a volume that are not in the file. Both are plain tables.
"""

from __future__ import annotations

from hashlib import sha256

from mfg.instruments.found import InstrumentFile
from mfg.instruments.grid import Layout, Table, header_of, measurements, split
from mfg.instruments.reader import Reader
from mfg.instruments.text_tables import decoded, head_of, resaved
from mfg.instruments.values import Number
from mfg.instruments.when import day_and_month

FLEX2_LAYOUT = Layout(
    needed=("Date & Time", "Sample ID", "Sample Type", "Gluc", "Lac", "PO2", "PCO2"),
    numbers=(Number("Gluc", "glucose"), Number("Lac", "lactate"), Number("Gln", "glutamine"),
             Number("Glu", "glutamate"), Number("NH4+", "ammonium"), Number("Na+", "sodium"),
             Number("K+", "potassium"), Number("Ca++", "calcium"), Number("pH", "ph"), Number("PO2", "po2"),
             Number("PCO2", "pco2")),
    sample="Sample ID", at="Date & Time", operator="Operator", ends=True)

CFX_LAYOUT = Layout(
    needed=("Well", "Fluor", "Content", "Sample", "Cq"), numbers=(Number("Cq", "cq"),), sample="Sample",
    of=("Well", "Fluor"), ends=True)


def read_flex2(name: str, content: bytes) -> InstrumentFile:
    """A table, a sample a row. It names no units, and its two times may write the day in different places."""
    _before, header, rows, delimiter = split(name, decoded(name, content), FLEX2_LAYOUT)
    table = Table(name, FLEX2_LAYOUT, header)
    found = measurements(table, rows, delimiter)
    table.warnings.append("The file names no units. Those given are the maker's: g/L for Gluc and Lac, mmol/L for Gln, "
                          "Glu and the ions, mmHg for gases. See that the instrument is set to them.")
    orders = [day_and_month([table.cell(row, heading) for row in rows]) for heading in ("Date & Time", "Sample Time")]
    if {"day first", "month first"} == set(orders):
        table.warnings.append(f"“Date & Time” is written with the {orders[0]}, “Sample Time” with the {orders[1]}.")
    return InstrumentFile(name, sha256(content).hexdigest(), "nova-flex2", found, "Nova Biomedical",
                          "BioProfile FLEX2", warnings=(*resaved(content), *table.warnings))


def read_cfx(name: str, content: bytes) -> InstrumentFile:
    """A table, a well and dye a row. It names neither date nor operator nor instrument; a Cq may be missing."""
    _before, header, rows, delimiter = split(name, decoded(name, content), CFX_LAYOUT)
    table = Table(name, CFX_LAYOUT, header)
    found = measurements(table, rows, delimiter)
    return InstrumentFile(name, sha256(content).hexdigest(), "cfx-maestro", found, "Bio-Rad", "CFX Maestro",
                          warnings=(*resaved(content), *table.warnings))


ANALYSERS = (
    Reader("nova-flex2", "Nova Biomedical", "BioProfile FLEX2", "BioProfile FLEX2, csv",
           lambda content: header_of(head_of(content).lstrip("\ufeff"), FLEX2_LAYOUT.needed) is not None, read_flex2),
    Reader("cfx-maestro", "Bio-Rad", "CFX Maestro", "CFX Maestro, csv of Cq values",
           lambda content: header_of(head_of(content).lstrip("\ufeff"), CFX_LAYOUT.needed) is not None, read_cfx),
)
