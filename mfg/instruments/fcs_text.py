"""The words of a flow cytometry file (FCS 2.0 to 3.2): its header and its TEXT. It reads no event.

Every size and offset is held against the length of the file before anything is made of it. TEXT also carries names of
people, institutes and patients: only what `fcs.py` asks for by keyword ever leaves it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from mfg.facts import Refused, shown

VERSIONS = ("FCS2.0", "FCS3.0", "FCS3.1", "FCS3.2")
LONGEST_TEXT = 1_000_000
_OFFSET = re.compile(r" *(\d{1,8}) *\Z", re.ASCII)
_WHOLE = re.compile(r"\s*(\d{1,20})\s*\Z", re.ASCII)


@dataclass(frozen=True)
class Words:
    """TEXT as a table of keywords (upper case), and where the header says the events lie (0, 0: it does not say)."""

    name: str
    version: str
    table: dict[str, str] = field(repr=False)
    data: tuple[int, int]

    def get(self, keyword: str) -> str:
        """The value without blanks around it; blank where the file has none."""
        return self.table.get(keyword, "").strip()

    def need(self, keyword: str) -> str:
        """The value, or a refusal that names the keyword."""
        if found := self.get(keyword):
            return found
        raise fault(self.name, f"the keyword {keyword} is missing", "a file as the cytometer wrote it has it")

    def whole(self, keyword: str) -> int:
        """A whole number that the file must have."""
        text = self.need(keyword)
        if found := _WHOLE.match(text):
            return int(found[1])
        raise fault(self.name, f"{keyword} is {shown(text)}", "a whole number was expected")

    def whole_or(self, keyword: str, absent: int) -> int:
        """A whole number that the file may leave out."""
        return self.whole(keyword) if self.get(keyword) else absent


def fault(name: str, wrong: str, expected: str) -> Refused:
    """What is wrong with the file, what was expected, what to do."""
    return Refused(f"{name}: {wrong}; {expected}. Nothing was read. Export the file from the cytometer again.",
                   kind="input")


def read_words(name: str, content: bytes) -> Words:
    """Header and TEXT of an FCS file, or a refusal."""
    version = content[:6].decode("latin-1")
    if version not in VERSIONS:
        raise fault(name, f"it begins with {shown(version)}", f"one of {', '.join(VERSIONS)} was expected")
    if len(content) < 58:
        raise fault(name, f"it has {len(content)} bytes", "a header has at least 58")
    begin, end = _offset(name, content, 10, "TEXT begins"), _offset(name, content, 18, "TEXT ends")
    table = _table(name, _part(name, content, begin, end, "TEXT"))
    data = _offset(name, content, 26, "DATA begins"), _offset(name, content, 34, "DATA ends")
    words = Words(name, version, table, data)
    more = words.whole_or("$BEGINSTEXT", 0), words.whole_or("$ENDSTEXT", 0)
    if more[0] and more[1] > more[0] and more != (begin, end):
        _merge(name, table, _table(name, _part(name, content, *more, "the supplemental TEXT")))
    return words


def _offset(name: str, content: bytes, at: int, what: str) -> int:
    text = content[at:at + 8].decode("latin-1")
    if not text.strip():
        return 0
    if found := _OFFSET.match(text):
        return int(found[1])
    raise fault(name, f"the header says {what} at {shown(text.strip())}", "a place in the file was expected")


def _part(name: str, content: bytes, begin: int, end: int, what: str) -> bytes:
    if not 58 <= begin < end < len(content):
        raise fault(name, f"{what} lies from byte {begin} to {end} of {len(content)}",
                    "a place behind the header and inside the file was expected; it may be cut short")
    if end - begin >= LONGEST_TEXT:
        raise fault(name, f"{what} has {end - begin + 1} bytes", f"at most {LONGEST_TEXT} were expected")
    return content[begin:end + 1]


def _table(name: str, raw: bytes) -> dict[str, str]:
    """Keywords and values, parted by the first character; doubled, that character is meant itself.

    Some programs write an empty value as a doubled mark too. Read the proper way, its neighbours then run together
    into one keyword; the other reading is taken only if it has no empty keyword. Neither fits: refused.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    mark, body = text[0], text[1:].rstrip("\x00\r\n ")
    if mark.isalnum() or mark in " \x00":
        raise fault(name, f"TEXT begins with {shown(mark)}", "a mark that parts keywords was expected")
    body = body[:-1] if body.endswith(mark) else body
    proper = [part.replace("\x00\x00", mark) for part in body.replace(mark * 2, "\x00\x00").split(mark)]
    loose = body.split(mark)
    for parts in (proper, loose):
        keys = [part.strip().upper() for part in parts[::2]]
        if len(parts) % 2 == 0 and all(keys) and not any(mark in key for key in keys):
            return _pairs(name, zip(keys, parts[1::2], strict=True))
    raise fault(name, "keywords and values of TEXT do not pair up", "a value for every keyword was expected")


def _pairs(name: str, pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    table: dict[str, str] = {}
    for key, value in pairs:
        _merge(name, table, {key: value})
    return table


def _merge(name: str, table: dict[str, str], more: dict[str, str]) -> None:
    for key, value in more.items():
        if table.setdefault(key, value) != value:
            raise fault(name, f"the keyword {shown(key)} stands twice with different values",
                        "one value was expected")
