"""Writes the ISBT 128 structures that our labels print, with their data identifiers.

Every writer reads back what it wrote, so nothing is printed that the reader would refuse.
It draws nothing; see isbt128.py for the licence.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from mfg.codes.isbt128 import parse
from mfg.codes.isbt128_structures import BY_NUMBER
from mfg.codes.part import not_read
from mfg.facts import plain


def structure(number: str, content: str) -> str:
    """Any structure by its number: its data identifier and the content, refused unless it reads back as just that."""
    text = BY_NUMBER[number].di + content
    if [part.number for part in parse(text)] != [number]:
        raise not_read(f"{content} does not make one {BY_NUMBER[number].name}.")
    return text


def din(din13: str, flags: str = "00") -> str:
    """[001] donation number with its two flag characters."""
    return structure("001", din13 + flags)


def product_code(pdc: str, collection_type: str, division: str = "00") -> str:
    """[003] product description code, collection type and division; division 99 needs [032] beside it."""
    return structure("003", pdc + collection_type + division)


def expiry(moment: date | datetime) -> str:
    """[005] expiry date and time; a bare date means the end of that day, 23:59."""
    return structure("005", _moment(moment))


def collection(moment: date | datetime) -> str:
    """[007] collection date and time; a bare date is written with 23:59, the mark of a time not given."""
    return structure("007", _moment(moment))


def production(moment: date | datetime) -> str:
    """[009] production date and time; a bare date is written with 23:59."""
    return structure("009", _moment(moment))


def _moment(moment: date | datetime) -> str:
    """The wall clock of the given moment in its own zone: the caller converts to the zone of the label."""
    if isinstance(moment, datetime) and moment.utcoffset() is None:
        raise not_read("The time for the label has no zone. Give it in the zone of the label.")
    clock = f"{moment:%H%M}" if isinstance(moment, datetime) else "2359"
    return f"{day(moment)}{clock}"


def day(moment: date) -> str:
    """`cyyjjj` of a day between 1900 and 2099.

    >>> day(date(2027, 3, 14))
    '027073'
    """
    if not 1900 <= moment.year <= 2099:
        raise not_read(f"The year {moment.year} cannot be written on a label; 1900 to 2099 was expected.")
    return f"{moment.year % 1000:03d}{moment.timetuple().tm_yday:03d}"


def division(code: str) -> str:
    """[032] product division, six characters."""
    return structure("032", code)


def facility(fin: str, code: str = "000000") -> str:
    """[033] processing facility and its own six-character code."""
    return structure("033", fin + code)


def ppic(fin: str, code: str, pdc: str) -> str:
    """[034] the processor's product code: facility, its own code, product description."""
    return structure("034", fin + code + pdc)


def lot(number: str) -> str:
    """[035] product lot, padded with zeros on the left to 18. A lot never names a single product."""
    if not number:
        raise not_read("The lot number is blank. Give the lot before its label is made.")
    return structure("035", number.rjust(18, "0"))


def label(code: str) -> str:
    """[036] the number of the very label, such as LBL-0001, so that a label that was replaced is told by its scan.

    That a processor numbers its labels here is our use of the structure; confirm it with the licensed text.
    """
    return structure("036", code.replace("-", "").rjust(18, "0"))


def coi(content: str) -> str:
    """[040] chain of identity, 15 characters beginning with CH."""
    return structure("040", content)


def volume(ml: Decimal) -> str:
    """[029] one dimension: the volume in mL, within tolerance; five digits, at most five decimals."""
    shown = format(ml.normalize(), "f") if ml.is_finite() and ml >= 0 else "?"
    whole, _, decimals = shown.partition(".")
    digits = (whole + decimals).lstrip("0").rjust(5, "0")
    if not digits.isdigit() or len(digits) > 5 or len(decimals) > 5:
        raise not_read(f"The volume {plain(ml) if ml.is_finite() else ml} mL does not fit a label; "
                       "at most five digits from 0 to 99999 were expected.")
    return structure("029", f"01010001{digits}{len(decimals)}00")


def compound(*structures: str, order: str = "000") -> str:
    """[023] several written structures as one message; order 000 promises none."""
    text = f"=+{len(structures):02d}{order}{''.join(structures)}"
    if len(parse(text)) != len(structures) + 1:
        raise not_read("Each piece of a compound message must be exactly one structure.")
    return text
