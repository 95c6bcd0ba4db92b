"""Exact fractions as people and JSON read them. For display only: nothing here is ever compared."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

from mfg.facts import plain, significant

#: Enough to write any number of a dose out where its digits end; where they do not, 28 are shown.
_WIDE = Context(prec=120)
_SHORT = Context(prec=28)
#: Cut, not rounded: what a finding shows never reaches a bound that the value does not.
_TWELVE = Context(prec=12, rounding=ROUND_DOWN)
#: Wide enough that a product of 120 digits and any denominator is not rounded.
_PRODUCT = Context(prec=4000)


def decimal(value: Fraction) -> Decimal:
    """The decimal of a fraction: exact where its digits end within 120 places, else to 28 digits."""
    over, under = Decimal(value.numerator), Decimal(value.denominator)
    if value.denominator == 1:
        return over
    whole = _WIDE.divide(over, under)
    return whole if _PRODUCT.multiply(whole, under) == over else _SHORT.divide(over, under)


def rounded(value: Fraction) -> Decimal:
    """To 28 digits, whether its digits end or not."""
    return _SHORT.divide(Decimal(value.numerator), Decimal(value.denominator))


def digits(value: Fraction | None) -> str | None:
    """Plain digits without exponent for JSON; None stays None."""
    if value is None:
        return None
    text = f"{decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def readable(value: Fraction) -> str:
    """Plain digits for a finding: whole where they end within twelve, else to twelve and a mark that more follow."""
    text = digits(value) or ""
    if len(text.replace(".", "")) <= 12:
        return text
    kept = _TWELVE.divide(Decimal(value.numerator), Decimal(value.denominator))
    return f"{kept:f}…"


def short(value: Fraction | Decimal, places: int = 3) -> str:
    """Three significant digits, without padding: 7.4e6, 94.6, 0.5."""
    text = significant(rounded(value) if isinstance(value, Fraction) else _SHORT.plus(value), places)
    mantissa, e, exponent = text.partition("e")
    return (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa) + e + exponent


def apart(value: Fraction, limits: tuple[Fraction, ...]) -> str:
    """As few digits as show on which side of every limit the value lies: 7.9999e6, not 8e6, beside 8e6."""
    sides = _sides(value.as_integer_ratio(), limits)
    for places in range(3, 28):
        text = short(value, places)
        if _sides(Decimal(text).as_integer_ratio(), limits) == sides:
            return text
    return plain(decimal(value))


def _sides(value: tuple[int, int], limits: tuple[Fraction, ...]) -> list[int]:
    """-1 below, 0 on, 1 above each limit, by whole numbers: comparing fractions costs several times as much."""
    over, under = value
    crossed = [over * limit.denominator - limit.numerator * under for limit in limits]
    return [(one > 0) - (one < 0) for one in crossed]


def tenth_up(value: Fraction) -> str:
    """Millilitres to the next tenth above."""
    return f"{decimal(value).quantize(Decimal('0.1'), rounding=ROUND_CEILING):f}"


def tenth_down(value: Fraction) -> str:
    """Millilitres to the next tenth below."""
    return f"{decimal(value).quantize(Decimal('0.1'), rounding=ROUND_FLOOR):f}"
