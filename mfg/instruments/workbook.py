"""The first sheet of an xlsx workbook as rows of text, within bounds. It runs no formula and knows no instrument.

Own reading with zipfile and defusedxml, because what matters is refused before anything is unpacked: encrypted and
old files, and archives that unpack to more than a counter writes. Numbers are the digits as stored, never a float.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from mfg.facts import shown
from mfg.instruments.text_tables import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Row, check_size, no_file

MOST_PARTS = 200
MOST_UNPACKED = 40_000_000
MOST_RATIO = 100
#: parts smaller than this may be packed as tightly as they are
_SMALL = 200_000
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
#: what zipfile, zlib and the XML parser raise over bytes that are none of theirs
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, SyntaxError, ValueError, LookupError,
           ArithmeticError, RuntimeError)
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})\Z", re.ASCII)


@dataclass
class Sheet:
    """The rows of one sheet that have any text, and what is odd about the workbook."""

    title: str
    rows: list[Row]
    warnings: list[str] = field(default_factory=list)


def refuse_old_or_locked(name: str, content: bytes) -> None:
    """Refuse the container of the years before 2007, in which encrypted workbooks are kept as well."""
    if content.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise no_file(name, "the workbook is protected by a password. Save it without one and hand it in again, or "
                                "export the measurement as text.")
        raise no_file(name, "the file is an old Excel workbook (.xls), which is not read. Export as .xlsx or as text.")


def read_sheet(name: str, content: bytes) -> Sheet:
    """The first sheet of a workbook, or Refused."""
    check_size(name, content)
    refuse_old_or_locked(name, content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_archive(name, archive)
            return _first_sheet(name, archive)
    except RecursionError as broken:
        raise no_file(name, "the workbook is nested deeper than any program writes it. Export it again.") from broken
    except _BROKEN as broken:
        what = "a part of the workbook cannot be read" if isinstance(broken, SyntaxError) or \
            type(broken).__module__.startswith("defusedxml") else "the workbook is damaged or cut off"
        raise no_file(name, f"{what} ({_words(broken)}). Export it again.") from broken


def _words(broken: Exception) -> str:
    return f"{type(broken).__name__}: {str(broken)[:80]}".removesuffix(": ")


def _check_archive(name: str, archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    names = [one.filename for one in parts]
    if len(parts) > MOST_PARTS or len(set(names)) != len(names):
        raise no_file(name, f"the workbook has {len(parts)} parts, or two of one name; no counter writes that. Export "
                            "it again.")
    if any(one.flag_bits & 0x1 for one in parts):
        raise no_file(name, "the workbook is protected by a password. Save it without one and hand it in again.")
    unpacked = sum(one.file_size for one in parts)
    if unpacked > MOST_UNPACKED:
        raise no_file(name, f"the workbook unpacks to {unpacked / 1e6:.0f} MB; at most {MOST_UNPACKED // 10**6} MB are "
                            "read, and it was not unpacked. Export fewer samples at once.")
    for one in parts:
        if one.file_size > _SMALL and one.file_size > MOST_RATIO * max(one.compress_size, 1):
            raise no_file(name, f"{shown(one.filename)} in the workbook is packed {MOST_RATIO} times or more, as no "
                                "counter writes it; it was not unpacked. Export it again.")


def _first_sheet(name: str, archive: zipfile.ZipFile) -> Sheet:
    if "xl/workbook.xml" not in archive.namelist():
        raise no_file(name, "the file is an archive, but no Excel workbook. Hand in what the instrument wrote.")
    sheets = [(one.get("name", ""), one.get(_RELATION, "")) for one in _elements(archive, "xl/workbook.xml", "sheet")]
    targets = {one.get("Id", ""): one.get("Target", "") for one in _elements(archive, "xl/_rels/workbook.xml.rels",
                                                                           "Relationship")}
    if not sheets or sheets[0][1] not in targets:
        raise no_file(name, "the workbook has no sheet. Export it again.")
    title, target = sheets[0][0], targets[sheets[0][1]]
    path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    sheet = Sheet(title, [])
    if len(sheets) > 1:
        sheet.warnings.append(f"Only the first sheet, {shown(title)}, was read; there are also "
                              f"{', '.join(shown(one) for one, _ in sheets[1:6])}.")
    sheet.rows = list(_rows(name, archive, path, _shared(archive), sheet))
    return sheet


def _parsed(stream: IO[bytes]) -> Iterator[tuple[str, Any]]:
    from defusedxml.ElementTree import iterparse

    yield from iterparse(stream, events=("start", "end"), forbid_dtd=True)


def _elements(archive: zipfile.ZipFile, path: str, tag: str) -> Iterator[Any]:
    """Every element of that name of one part, whole, and forgotten afterwards."""
    with archive.open(path) as stream:
        root = None
        for event, element in _parsed(stream):
            root = element if root is None else root
            if event == "end" and element.tag.rpartition("}")[2] == tag:
                yield element
                element.clear()
                root.clear() if root is not element and tag == "row" else None


def _shared(archive: zipfile.ZipFile) -> list[str]:
    path = "xl/sharedStrings.xml"
    return [_text(one) for one in _elements(archive, path, "si")] if path in archive.namelist() else []


def _text(element: Any) -> str:
    """The text of a string, without its phonetic guide."""
    runs = [one for one in element if one.tag in (f"{_MAIN}t", f"{_MAIN}r")]
    return "".join(t.text or "" for one in runs for t in ([one] if one.tag == f"{_MAIN}t" else one.iter(f"{_MAIN}t")))


def _rows(name: str, archive: zipfile.ZipFile, path: str, shared: list[str], sheet: Sheet) -> Iterator[Row]:
    line = 0
    for element in _elements(archive, path, "row"):
        told = element.get("r", "")
        before, line = line, int(told) if re.fullmatch(r"\d{1,7}", told, re.ASCII) else line + 1
        if line <= before or line > MOST_ROWS:
            raise no_file(name, f"sheet {shown(sheet.title)} has its row {line} after row {before}; rows in order, at "
                                f"most {MOST_ROWS:,}, were expected. Export it again.")
        cells = _cells(name, element, line, shared, sheet)
        if any(cell.strip() for cell in cells):
            yield Row(line, tuple(cells))


def _cells(name: str, element: Any, line: int, shared: list[str], sheet: Sheet) -> list[str]:
    cells: list[str] = []
    for one in element:
        place = _CELL.match(one.get("r", ""))
        column = _number_of(place[1]) if place else len(cells) + 1
        if not len(cells) < column <= MOST_COLUMNS or (place and int(place[2]) != line):
            raise no_file(name, f"sheet {shown(sheet.title)}, row {line}: the cell {shown(one.get('r', ''))} is out of "
                                f"order or beyond column {MOST_COLUMNS}. Export it again.")
        text = _cell(name, one, line, shared)
        if one.find(f"{_MAIN}f") is not None and len(sheet.warnings) < 20:
            sheet.warnings.append(f"Sheet {sheet.title}, row {line}, cell {one.get('r', '')} is a formula; "
                                  f"{shown(text)} is what it gave when the file was last calculated.")
        cells += [""] * (column - len(cells) - 1) + [text]
    return cells


def _cell(name: str, cell: Any, line: int, shared: list[str]) -> str:
    """The text of a cell as stored; an error such as #DIV/0! is its text."""
    if cell.get("t") == "inlineStr":
        inline = cell.find(f"{_MAIN}is")
        text = _text(inline) if inline is not None else ""
    else:
        value = cell.find(f"{_MAIN}v")
        text = (value.text or "") if value is not None else ""
        if cell.get("t") == "s" and text:
            if not re.fullmatch(r"\d{1,7}", text, re.ASCII) or int(text) >= len(shared):
                raise no_file(name, f"row {line}, cell {shown(cell.get('r', ''))} names a text that is not in the "
                                    "workbook. Export it again.")
            text = shared[int(text)]
    if len(text) > LONGEST_CELL:
        raise no_file(name, f"row {line}: a cell has {len(text):,} characters; at most {LONGEST_CELL:,} are read.")
    return text


def _number_of(letters: str) -> int:
    """The number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
