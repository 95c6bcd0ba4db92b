"""GS1 element strings as reagents and single-use items carry them: (01)(10)(17)(21) and their kin.

It reads the scanned form (FNC1 arrives as the control character GS, 0x1d) and the bracketed form people see.
It is not a catalogue: what a GTIN means, the materials room knows.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from mfg.codes.part import LONGEST_CODE, Part, not_read, quoted

FNC1 = "\x1d"
#: Two-digit years are read around this one (GS1's sliding window: 50 years ahead, 49 back). A constant and
#: not a clock, so that the same scan reads the same for ever; move it before 2060.
WINDOW_YEAR = 2026

_ANY = r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"


@dataclass(frozen=True, slots=True)
class Element:
    """One application identifier. `fixed` is the length that needs no separator; 0 means it ends at one."""

    ai: str
    name: str
    pattern: str
    fixed: int = 0
    kind: str = "text"


ELEMENTS: tuple[Element, ...] = (
    Element("00", "shipping container code", "[0-9]{18}", 18, "key"),
    Element("01", "trade item number", "[0-9]{14}", 14, "key"),
    Element("02", "contained trade item number", "[0-9]{14}", 14, "key"),
    Element("10", "lot number", _ANY + "{1,20}"),
    Element("11", "production date", "[0-9]{6}", 6, "date"),
    Element("12", "due date", "[0-9]{6}", 6, "date"),
    Element("13", "packaging date", "[0-9]{6}", 6, "date"),
    Element("15", "best before date", "[0-9]{6}", 6, "date"),
    Element("16", "sell by date", "[0-9]{6}", 6, "date"),
    Element("17", "expiry date", "[0-9]{6}", 6, "date"),
    Element("20", "product variant", "[0-9]{2}", 2),
    Element("21", "serial number", _ANY + "{1,20}"),
    Element("22", "consumer product variant", _ANY + "{1,20}"),
    Element("30", "count", "[0-9]{1,8}"),
    Element("37", "count of contained items", "[0-9]{1,8}"),
    Element("240", "additional product number", _ANY + "{1,30}"),
    Element("241", "customer part number", _ANY + "{1,30}"),
    Element("250", "secondary serial number", _ANY + "{1,30}"),
    Element("251", "reference to source", _ANY + "{1,30}"),
    Element("400", "customer's order number", _ANY + "{1,30}"),
    Element("422", "country of origin", "[0-9]{3}"),
    *(Element(str(ai), "national healthcare number", _ANY + "{1,20}") for ai in range(710, 717)),
    Element("7003", "expiry date and time", "[0-9]{10}", 0, "moment"),
    *(Element(str(ai), "company internal text", _ANY + "{1,90}") for ai in range(91, 100)),
)
BY_AI = {element.ai: element for element in ELEMENTS}


def key_check(digits: str) -> str:
    """The GS1 modulo 10 check digit of a number without it: weights 3 and 1 from the right.

    >>> key_check("629104150021")
    '3'
    """
    if not re.fullmatch("[0-9]+", digits):
        raise not_read(f"{quoted(digits)} is not digits only; a GS1 number has no other characters.")
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def key_valid(digits: str) -> bool:
    """True when the last digit is the check digit of the others (GTIN-8 to -14, SSCC)."""
    return bool(re.fullmatch("[0-9]{8,18}", digits)) and key_check(digits[:-1]) == digits[-1]


def read_date(yymmdd: str) -> date:
    """A GS1 date. Day 00 means the last day of the month."""
    if not re.fullmatch("[0-9]{6}", yymmdd):
        raise not_read(f"The date {quoted(yymmdd)} is not six digits YYMMDD.")
    month, day = int(yymmdd[2:4]), int(yymmdd[4:])
    year = WINDOW_YEAR - 49 + (int(yymmdd[:2]) - (WINDOW_YEAR - 49)) % 100
    if not 1 <= month <= 12 or day > monthrange(year, month)[1]:
        raise not_read(f"The date {quoted(yymmdd)} is not a day of the calendar (YYMMDD).")
    return date(year, month, day or monthrange(year, month)[1])


def parse(text: str) -> tuple[Part, ...]:
    """Every element of a scanned or bracketed string. Refuses the whole when any part is wrong."""
    if len(text) > LONGEST_CODE:
        raise not_read(f"{len(text)} characters were read; no bar code holds more than {LONGEST_CODE}.")
    pairs = _bracketed_pairs(text) if text.startswith("(") else _scanned_pairs(text.lstrip(FNC1))
    if not pairs:
        raise not_read(f"{quoted(text)} holds no GS1 element. Scan the bar code again.")
    parts = tuple(_part(element, value) for element, value in pairs)
    seen = {part.number: part.content for part in parts}
    for part in parts:
        if seen[part.number] != part.content:
            raise not_read(f"The {part.name} ({part.number}) stands twice with different values; "
                           "it is not clear which one is meant.")
    return parts


def _bracketed_pairs(text: str) -> list[tuple[Element, str]]:
    # Brackets are legal inside a lot number; printed text with them cannot be told apart, so it is refused.
    if not re.fullmatch(r"(\([0-9]{2,4}\)[^()]+)+", text):
        raise not_read(f"{quoted(text)} is not GS1 text such as (01)09521234543213(10)AB12. "
                       "Scan the bar code.")
    pairs = re.findall(r"\(([0-9]{2,4})\)([^()]+)", text)
    return [(_element(ai, text, whole=True), value) for ai, value in pairs]


def _scanned_pairs(text: str) -> list[tuple[Element, str]]:
    pairs: list[tuple[Element, str]] = []
    at = 0
    while at < len(text):
        element = _element(text[at:at + 4], text[at:])
        start = at + len(element.ai)
        stop = start + element.fixed if element.fixed else text.find(FNC1, start)
        stop = len(text) if stop < 0 else stop
        pairs.append((element, text[start:stop]))
        at = stop + 1 if text[stop:stop + 1] == FNC1 else stop
    return pairs


def _element(begins: str, where: str, *, whole: bool = False) -> Element:
    """The element whose identifier these characters begin with, or are; no identifier begins another one."""
    for size in (2, 3, 4):
        if begins[:size] in BY_AI and not (whole and len(begins) != size):
            return BY_AI[begins[:size]]
    raise not_read(f"{quoted(where)} begins with a GS1 identifier that is not known here. "
                   "Scan another bar code of the item, or ask for the identifier to be added.")


def _part(element: Element, value: str) -> Part:
    if not re.fullmatch(element.pattern, value):
        raise not_read(f"{quoted(value)} is not a valid {element.name}, GS1 ({element.ai}). Scan it again.")
    if element.kind == "key" and not key_valid(value):
        raise not_read(f"The {element.name} {value} ends in {value[-1]}, but {key_check(value[:-1])} is its "
                       "check digit. It was misread or mistyped; scan it again.")
    return Part(element.ai, element.name, value, _fields(element, value))


def _fields(element: Element, value: str) -> dict[str, str]:
    if element.kind == "date":
        return {"date": read_date(value).isoformat()}
    if element.kind == "moment":
        if value[6:8] > "23" or value[8:] > "59":
            raise not_read(f"The time {quoted(value[6:])} of the {element.name} is not from 0000 to 2359.")
        return {"local": f"{read_date(value[:6]).isoformat()}T{value[6:8]}:{value[8:]}"}
    return {}


def write(pairs: Iterable[tuple[str, str]]) -> str:
    """The element string a GS1 symbol carries, without the leading FNC1; checked by reading it back."""
    pairs = tuple(pairs)
    text = ""
    for place, (ai, value) in enumerate(pairs):
        last = place == len(pairs) - 1
        text += ai + value + ("" if last or (ai in BY_AI and BY_AI[ai].fixed) else FNC1)
    if [(part.number, part.content) for part in parse(text)] != list(pairs):
        raise not_read("The elements cannot be told apart once they are joined; nothing was written.")
    return text


def bracketed(parts: Iterable[Part]) -> str:
    """The text people read under the symbol: (01)09521234543213(10)AB12."""
    return "".join(f"({part.number}){part.content}" for part in parts)
