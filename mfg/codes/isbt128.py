"""ISBT 128 is licensed by ICCBBA: whoever uses it must register there and pay the yearly fee.
Only the structures are implemented here, in our own words; no text, no table and no code list of ICCBBA is.
Facility numbers A9990-A9999 are reserved for validation: labels made with them are not conformant.

This module reads: one structure, several joined ones, a compound message, a typed donation number.
It is not the writer (isbt128_write.py) and knows nothing of bar code symbols.
"""

from __future__ import annotations

import re

from mfg.codes.check import check_character
from mfg.codes.isbt128_structures import (
    BY_LONGEST_DI,
    BY_NUMBER,
    DIN,
    NATIONAL,
    NATIONAL_NAMES,
    ORDERS,
    Structure,
    name_of,
)
from mfg.codes.isbt128_values import READERS, Fields
from mfg.codes.part import LONGEST_CODE, Part, as_typed, not_read, quoted

_DIN13 = re.compile(r"[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{10}\Z")


def parse(text: str) -> tuple[Part, ...]:
    """Every structure in the text, in order. Refuses the whole text when any part of it is wrong."""
    if not text.startswith(("=", "&")):
        raise not_read(f"{quoted(text)} is not ISBT 128: it does not begin with = or &. "
                       "Scan the bar code again.")
    if len(text) > LONGEST_CODE:
        raise not_read(f"{len(text)} characters were read; no bar code holds more than {LONGEST_CODE}.")
    national = NATIONAL.match(text)
    if national:
        return (_national(national),)
    parts, at = [], 0
    while at < len(text):
        part, at = _cut(text, at)
        parts.append(part)
    _refuse_bad_compound(parts)
    return tuple(parts)


def _national(found: re.Match[str]) -> Part:
    """A national structure is opaque: its length and meaning belong to its country."""
    letter = found["letter"]
    return Part(f"&{letter}", NATIONAL_NAMES.get(letter, "national structure"), found["content"])


def _cut(text: str, at: int) -> tuple[Part, int]:
    """The structure that begins at this place, and where the next one begins."""
    structure = _structure_at(text, at)
    start = at + len(structure.di)
    length = structure.length_at(text, start)
    if length is None:
        raise not_read(f"The {structure.name} in {quoted(text[at:])} does not begin with a count. "
                       "Scan it again.")
    content = text[start:start + length]
    if len(content) < length:
        raise not_read(f"The {structure.name} needs {length} characters after {structure.di}, "
                       f"but {quoted(content)} has {len(content)}. Scan it again.")
    return _part(structure, content), start + length


def _structure_at(text: str, at: int) -> Structure:
    for structure in BY_LONGEST_DI:
        if text.startswith(structure.di, at):
            return structure
    if re.match("=[A-NP-Z1-9]", text[at:at + 2]):
        return DIN
    if NATIONAL.match(text[at:]):
        raise not_read(f"{quoted(text[at:])} is a national structure joined to others; it must stand alone.")
    raise not_read(f"{quoted(text[at:])} begins with no identifier of ISBT 128. Scan the bar code again.")


def _part(structure: Structure, content: str) -> Part:
    found = structure.matcher.match(content)
    if not found:
        raise not_read(f"{quoted(content)} is not a valid {structure.name} (structure {structure.number}). "
                       "Scan it again.")
    fields: Fields = {name: value for name, value in found.groupdict().items() if value is not None}
    fields |= READERS[structure.number](fields) if structure.number in READERS else {}
    if structure.retired:
        fields["retired"] = True
    return Part(structure.number, name_of(structure.number), content, fields)


def _refuse_bad_compound(parts: list[Part]) -> None:
    """A compound message is used whole or not at all: count first, then the promised order."""
    numbers = tuple(part.number for part in parts)
    if "023" not in numbers:
        return
    if numbers.index("023") != 0 or numbers.count("023") > 1:
        raise not_read("A compound message must stand at the beginning and only once; nothing of it is used.")
    count, order = parts[0].fields["count"], parts[0].fields["order"]
    if int(count) != len(parts) - 1 or int(count) == 0:
        raise not_read(f"The compound message announces {int(count)} structures but holds {len(parts) - 1}; "
                       "nothing of it is used. Scan it again.")
    if order != "000" and order not in ORDERS:
        raise not_read(f"The compound message promises order {order}, which is not known here, so it "
                       "cannot be checked; nothing of it is used.")
    if order != "000" and numbers[1:] != ORDERS[order]:
        raise not_read(f"The compound message promises {', '.join(ORDERS[order])} (order {order}) but holds "
                       f"{', '.join(numbers[1:])}; nothing of it is used.")


def structure_part(number: str, content: str) -> Part:
    """The part of one structure from its content alone, where the field itself says what it is."""
    return _part(BY_NUMBER[number], content)


def is_din(din13: str) -> bool:
    """True when the 13 characters have the form of a donation number; nothing is said of its check."""
    return bool(_DIN13.match(din13))


def din_check(din13: str) -> str:
    """The check character K of a donation number: over the 13 characters, without flags.

    >>> din_check("A999917123456")
    '9'
    """
    if not is_din(din13):
        raise not_read(f"{quoted(din13)} is not a donation number: 13 characters such as A999926000123 were "
                       "expected (facility, year, serial).")
    return check_character(din13)


def din_valid(din14: str) -> bool:
    """True when 14 characters are a donation number followed by its own check character."""
    return len(din14) == 14 and is_din(din14[:13]) and check_character(din14[:13]) == din14[13]


def din_text(din13: str) -> str:
    """The donation number as it is printed: grouped, then its check character.

    >>> din_text("A999917123456")
    'A9999 17 123456 9'
    """
    check = din_check(din13)
    return f"{din13[:5]} {din13[5:7]} {din13[7:]} {check}"


def read_din(text: str) -> Part:
    """A donation number as typed: spaces do not matter, the check character is demanded. Flags are 00."""
    typed = as_typed(text)
    if is_din(typed):
        raise not_read(f"The donation number {typed} was typed without its check character. "
                       "Type the boxed character after it too, or scan the bar code.")
    if not din_valid(typed):
        raise not_read(f"{quoted(text)} is not a donation number with its check character. "
                       "Compare it with the label and type all 14 characters again, or scan the bar code.")
    return structure_part("001", typed[:13] + "00")


_SEC = re.compile(r"SEC: ?([A-Z]{2}[A-Za-z0-9]{6}[A-Za-z0-9]{13}) ?([A-Za-z0-9]{19})\Z")
_PIS = re.compile(r"(?P<system>[ABE])(?P<product>[A-Za-z0-9]{7})(?P<split>[A-Za-z0-9]{3})"
                  r"(?P<expiry>[0-9]{8})\Z")


def read_sec(text: str) -> Part:
    """A Single European Code from its printed text `SEC: ` + donation part + product part."""
    found = _SEC.match(text)
    if not found:
        raise not_read(f"{quoted(text)} is not a Single European Code; SEC: and 40 characters were expected.")
    product_fields(found[2])
    return structure_part("038", found[1] + found[2])


def product_fields(pis: str) -> dict[str, str]:
    """The 19 characters of the product part of a Single European Code, taken apart."""
    found = _PIS.match(pis)
    if not found:
        raise not_read(f"{quoted(pis)} is not the product part of a Single European Code (19 characters).")
    return found.groupdict()


#: our label numbers as structure 036 carries them: no hyphen fits there, and zeros fill it up on the left
_LABEL = re.compile("0*LBL(?P<number>[0-9]{4,6})\\Z")


def label_of(part: Part) -> str:
    """The label number in structure 036; refused when something else stands there."""
    found = _LABEL.match(part.content)
    if part.number != "036" or not found:
        raise not_read(f"The {part.name} {quoted(part.content)} is not the number of a label of this facility. "
                       "The bag may come from elsewhere; ask QA.")
    return f"LBL-{found['number']}"
