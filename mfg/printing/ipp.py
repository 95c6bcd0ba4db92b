"""The bytes of the Internet Printing Protocol: a request written, an answer read (RFC 8010). Pure, small on purpose.

Three operations are needed, over a connection with a hard end. The kept libraries bring an asynchronous web client with
them (pyipp, aioipp) or need the C library of CUPS to be built (pycups); neither lets a byte count or an end be held.
Reading is strict: lengths that do not fit, groups out of order, another version or another request are no answer.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mfg.printing.wire import Trouble

VERSION = (1, 1)
PRINT_JOB, GET_JOB, GET_PRINTER = 0x0002, 0x0009, 0x000B
OPERATION, JOB_GROUP, END, PRINTER_GROUP = 0x01, 0x02, 0x03, 0x04
INTEGER, BOOLEAN, ENUM = 0x21, 0x22, 0x23
TEXT, NAME, KEYWORD, URI, CHARSET, LANGUAGE, MIME = 0x41, 0x42, 0x44, 0x45, 0x47, 0x48, 0x49
_MOST_ATTRIBUTES = 1000

Value = int | bool | str | bytes
#: (tag of the value, name, value)
Attribute = tuple[int, str, Value]


class NotIpp(Trouble):
    """What came is not an answer."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The printer's answer is not one of the printing protocol: {what}. Look whether its address "
                         "and path are right.")


@dataclass(frozen=True)
class Message:
    """A request or an answer. `code` is the operation asked for, or the status answered."""

    code: int
    request: int
    #: (tag of the group, name -> values)
    groups: list[tuple[int, dict[str, list[Value]]]] = field(default_factory=list)
    #: what follows the attributes: the document of a request
    document: bytes = b""

    def first(self, group: int, name: str) -> Any:
        """The first value of an attribute, or None."""
        found = self.all(group, name)
        return found[0] if found else None

    def all(self, group: int, name: str) -> list[Value]:
        """The values of an attribute in the first group of that kind that has it."""
        return next((values[name] for tag, values in self.groups if tag == group and name in values), [])


def write(code: int, request: int, groups: Iterable[tuple[int, Iterable[Attribute]]],
          version: tuple[int, int] = VERSION) -> bytes:
    """A message up to the end of its attributes; the document is sent after it."""
    out = [struct.pack(">BBHI", *version, code, request)]
    for tag, attributes in groups:
        out.append(bytes((tag,)))
        for kind, name, value in attributes:
            data = _bytes_of(kind, value)
            out.append(struct.pack(">BH", kind, len(name)) + name.encode() + struct.pack(">H", len(data)) + data)
    return b"".join(out) + bytes((END,))


def _bytes_of(kind: int, value: Value) -> bytes:
    if kind in (INTEGER, ENUM):
        return struct.pack(">i", value)
    if kind == BOOLEAN:
        return b"\1" if value else b"\0"
    return value if isinstance(value, bytes) else str(value).encode()


def read(data: bytes, request: int | None = None) -> Message:
    """A message. Raises NotIpp; `request` is the number it has to answer to."""
    if len(data) < 9:
        raise NotIpp(f"it ends after {len(data)} bytes")
    major, minor, code, number = struct.unpack_from(">BBHI", data)
    if major not in (1, 2):
        raise NotIpp(f"it is of version {major}.{minor}, and 1 or 2 was expected")
    if request is not None and number != request:
        raise NotIpp("it answers another question")
    found = Message(code, number)
    at = _attributes(data, found.groups)
    return Message(code, number, found.groups, data[at:])


def _attributes(data: bytes, groups: list[tuple[int, dict[str, list[Value]]]]) -> int:
    """Read all groups; returns where the document begins."""
    at, name, count = 8, "", 0
    while True:
        tag, at = _take(data, at, 1)
        if tag[0] == END:
            return at
        if tag[0] < 0x10:
            groups.append((tag[0], {}))
            name = ""
            continue
        told, at = _sized(data, at)
        raw, at = _sized(data, at)
        name, count = told.decode("ascii", "replace") or name, count + 1
        if not groups or not name or count > _MOST_ATTRIBUTES:
            raise NotIpp("a value has no name, no group, or there are too many")
        groups[-1][1].setdefault(name, []).append(_value_of(tag[0], raw))


def _sized(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = _take(data, at, 2)
    return _take(data, at, int.from_bytes(size))


def _take(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    if at + size > len(data):
        raise NotIpp("it ends in the middle of a value")
    return data[at:at + size], at + size


def _value_of(kind: int, raw: bytes) -> Value:
    if kind in (INTEGER, ENUM, BOOLEAN):
        if len(raw) != (1 if kind == BOOLEAN else 4):
            raise NotIpp("a number has the wrong length")
        return bool(raw[0]) if kind == BOOLEAN else int.from_bytes(raw, signed=True)
    return raw.decode("utf-8", "replace") if 0x41 <= kind <= 0x49 else raw
