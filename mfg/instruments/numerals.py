"""A text of an instrument as an exact number, or the reason why it is none. Pure; it guesses nothing.

A blank, a dash, NaN and an error word are no numbers and never 0. A comma is a decimal mark only where the file leaves
no doubt; otherwise it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mfg.facts import EXACT, Reading, Refused, shown

#: spaces that group thousands and are no ordinary space: no-break, figure, thin, narrow no-break
_SPACES = "\u00a0\u2007\u2009\u202f"
_SIGNS = r"(?:<=|>=|<|>|≤|≥)?\s*[+-]?"
_GROUPED = re.compile(rf"{_SIGNS}\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?:[.,]\d+)?\Z", re.ASCII)
_COMMA = re.compile(rf"{_SIGNS}\d+,(\d+)([eE][+-]?\d+)?\Z", re.ASCII)
_POINT = re.compile(rf"{_SIGNS}\d*\.\d+([eE][+-]?\d+)?\Z", re.ASCII)
_ZERO = re.compile(r"-0*\.?0*(?:[eE][+-]?\d+)?\Z", re.ASCII)


def decimal_mark(texts: Iterable[str], delimiter: str) -> str:
    """The mark before decimals in a whole file: the comma only where the columns are kept apart by semicolons, no
    number has a point, and one of them at least cannot be grouped thousands."""
    if delimiter != ";":
        return "."
    sure = False
    for text in texts:
        if _POINT.match(text.strip()):
            return "."
        found = _COMMA.match(text.strip())
        sure = sure or bool(found and (len(found[1]) != 3 or found[2]))
    return "," if sure else "."


def reading_of(text: str, mark: str = ".", scale: int = 0) -> tuple[Reading | None, str]:
    """The number a text states, times a power of ten, and "" - or None and why it is none.

    >>> reading_of("0.75", scale=6), reading_of("-")
    ((Reading(value=Decimal('7.5E+5'), op=''), ''), (None, '“-” is no number'))
    """
    plain = text.strip(" \t\r\n")
    if not plain:
        return None, "blank"
    if _GROUPED.match(plain):
        plain = re.sub(f"[{_SPACES}]", "", plain)
    if "," in plain and _COMMA.match(plain):
        if mark != ",":
            return None, f"{shown(text)} has a comma, which may stand before decimals or between thousands"
        plain = plain.replace(",", ".")
    if _ZERO.match(plain):
        return None, f"{shown(text)} is how some programs write a value that is missing"
    try:
        read = Reading.parse(plain)
    except Refused:
        return None, f"{shown(text)} is no number"
    return (Reading(read.value.scaleb(scale, EXACT), read.op) if scale else read), ""


def doubtful_comma(text: str, mark: str) -> bool:
    """True where a comma stands in what otherwise is a number, and nobody can tell what it means."""
    return mark != "," and bool(_COMMA.match(text.strip()))
