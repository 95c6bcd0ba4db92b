"""The bytes of a text file as its characters, and the characters as rows with their line numbers. It knows no
instrument and reads no number.

What cannot be read for certain is refused with file, row and reason. Everything is bounded before it is unfolded.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mfg.facts import Refused, shown

LARGEST = 10_000_000
MOST_ROWS = 200_000
MOST_COLUMNS = 500
LONGEST_CELL = 32_767
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins on as an editor counts them, its cells, and whether a line end follows it."""

    line: int
    cells: tuple[str, ...]
    ended: bool = True


def no_file(name: str, why: str) -> Refused:
    """The refusal of a file, with its name."""
    return Refused(f"{shown(name)}: {why}", kind="input")


def check_size(name: str, content: bytes, most: int = LARGEST) -> None:
    """Refuse what is empty or too large."""
    if not content.strip(b"\x00 \t\r\n"):
        raise no_file(name, "the file is empty. Export the measurement again.")
    if len(content) > most:
        raise no_file(name, f"the file has {len(content) / 1e6:.1f} MB; at most {most // 10**6} MB are read. "
                            "Export fewer samples at once.")


def head_of(content: bytes, size: int = 8192) -> str:
    """The beginning as text, for recognising only: never refuses, never right beyond doubt."""
    coding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
    return content[:size].decode(coding, "replace").replace("\r\n", "\n").replace("\r", "\n")


def decoded(name: str, content: bytes) -> str:
    """The characters of a file in UTF-8 or, if its mark says so, UTF-16; anything else is refused and named."""
    check_size(name, content)
    coding = next((coding for bom, coding in _BOMS if content.startswith(bom)), "utf-8")
    if coding == "utf-8" and b"\0" in content:
        found = "UTF-16 without its mark" if _looks_utf_16(content) else "not text: it holds zero bytes"
        raise no_file(name, f"the file is {found}. The instrument writes UTF-8 text. Hand in the file as the "
                            "instrument wrote it, not saved again by another program.")
    try:
        text = content.decode(coding)
    except UnicodeDecodeError as broken:
        raise no_file(name, _not_decoded(content, coding, broken)) from broken
    if odd := _CONTROL.search(text):
        row = len(re.findall(r"\r\n|\r|\n", text[:odd.start()])) + 1
        raise no_file(name, f"row {row} holds the character U+{ord(odd[0]):04X}, which no instrument writes: the file "
                            "was damaged or saved again by another program. Hand in the file as the instrument "
                            "wrote it.")
    return text


def _looks_utf_16(content: bytes) -> bool:
    """Every second byte of its beginning is zero."""
    head = content[:400]
    return max(head[0::2].count(0), head[1::2].count(0)) > len(head) // 4


def _not_decoded(content: bytes, coding: str, broken: UnicodeDecodeError) -> str:
    row = content[:broken.start].count(b"\n") + 1
    place = f"byte {broken.start + 1}" + ("" if coding == "utf-16" else f", row {row}")
    if "unexpected end" in broken.reason or "truncated" in broken.reason:
        return f"the file ends inside a character ({place}): it is cut off. Export it again."
    kind = "UTF-16" if coding == "utf-16" else "UTF-8"
    guess = " It looks like Windows-1252 or Latin-1, as other programs save it." if kind == "UTF-8" else ""
    return (f"{place} is not {kind}, which the file claims or the instrument writes.{guess} Hand in the file as the "
            "instrument wrote it.")


def resaved(content: bytes) -> tuple[str, ...]:
    """A warning for a file in an encoding the instrument does not write itself."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ("The file is UTF-16; the instrument writes UTF-8, so another program has saved it again.",)
    return ()


def lines_of(name: str, text: str) -> Iterator[Row]:
    """Every line as a row of one cell."""
    for line, raw in enumerate(io.StringIO(text, newline=None), 1):
        _check_row(name, line, line, [raw])
        yield Row(line, (raw.rstrip("\n"),), raw.endswith("\n"))


def rows_of(name: str, text: str, delimiter: str) -> Iterator[Row]:
    """The rows of a delimited text one after the other; a line end inside quotes does not end a row."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    whole = len(re.findall(r"\r\n|\r|\n", text))
    before, count = 0, 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as broken:
            raise no_file(name, f"row {before + 1} cannot be taken apart into columns ({broken}): a quotation mark is "
                                "missing, or the file is cut off. Export it again.") from broken
        if cells is None:
            return
        count += 1
        _check_row(name, before + 1, count, cells)
        yield Row(before + 1, tuple(cells), reader.line_num <= whole)
        before = reader.line_num


def _check_row(name: str, line: int, count: int, cells: list[str]) -> None:
    if count > MOST_ROWS:
        raise no_file(name, f"the file has more than {MOST_ROWS:,} rows; that many are not read. Export fewer samples "
                            "at once.")
    if len(cells) > MOST_COLUMNS:
        raise no_file(name, f"row {line} has {len(cells)} columns; at most {MOST_COLUMNS} are read. Export it again.")
    for column, cell in enumerate(cells, 1):
        if len(cell) > LONGEST_CELL:
            raise no_file(name, f"row {line}, column {column} has {len(cell):,} characters; at most "
                                f"{LONGEST_CELL:,} are read. Export it again.")
