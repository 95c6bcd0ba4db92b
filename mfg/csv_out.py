"""Tables as CSV files people open in a spreadsheet: no cell of it can become a formula there.

A text that begins like a formula gets an apostrophe before it; a plain number stays a number. RFC 4180, UTF-8 with the
mark spreadsheets look for.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?\Z", re.ASCII)


def harmless(text: str) -> str:
    """A cell that no spreadsheet runs.

    >>> harmless("=1+1"), harmless("-1.5"), harmless("NK-26-001")
    ("'=1+1", '-1.5', 'NK-26-001')
    """
    begins = text.lstrip(" \u00a0").startswith(_BEGINS) or text.startswith(_BEGINS)
    return f"'{text}" if begins and not _NUMBER.match(text) else text


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The whole file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in (header, *rows):
        writer.writerow([harmless(str(cell).replace("\x00", "")) for cell in row])
    return "\ufeff".encode() + out.getvalue().encode()
