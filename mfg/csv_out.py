"""Rows as the bytes of a CSV file that a spreadsheet opens as text and numbers, and never runs. Pure.

A cell that begins like a formula gets an apostrophe in front; a plain number such as -1.5 stays what it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?\Z", re.ASCII)


def cell(value: object) -> str:
    """One value as the text of its cell. Blank stays blank.

    >>> cell("=1+1"), cell("-1.5"), cell(None)
    ("'=1+1", '-1.5', '')
    """
    if value is None:
        return ""
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    bare = text.replace("\0", "\ufffd").lstrip(" \u00a0\ufeff")
    text = text.replace("\0", "\ufffd")
    return f"'{text}" if bare.startswith(_STARTS) and not _NUMBER.match(text) else text


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A header and its rows as UTF-8 with its mark, comma-separated, every row as wide as the header."""
    held = io.StringIO(newline="")
    writer = csv.writer(held, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow([cell(one) for one in header])
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"A row has {len(row)} cells; the header has {len(header)}.")
        writer.writerow([cell(one) for one in row])
    return held.getvalue().encode("utf-8-sig", "replace")
