"""The dose worksheet a second time, by other formulas and another arithmetic (21 CFR 211.68, 211.103).

It shares no code with the first calculation, neither `dose.py` nor `protocol.py`, and must not: a slip in one of them
would be a slip in both. It takes plain decimals, multiplies them out exactly and divides last, to 40 digits. Where
the first sums NK cells and divides by the weight, this one takes away what is no NK cell, works with mL per kg, and
finds the fraction of the target from the volume that would have to be drawn for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow

_TRAPS = [InvalidOperation, DivisionByZero, Overflow]
#: wide enough that no product of measured numbers is ever rounded
_WHOLE = Context(prec=400, traps=_TRAPS)
_LAST = Context(prec=40, traps=_TRAPS)
_times, _minus, _plus, _over = _WHOLE.multiply, _WHOLE.subtract, _WHOLE.add, _LAST.divide
HUNDRED, NOTHING = Decimal(100), Decimal(0)
Worked = Decimal | None


@dataclass(frozen=True, slots=True)
class BagSheet:
    """One bag as written down; None is not known, and is never taken for 0."""

    counts: tuple[Decimal, ...] | None
    volume_ml: Decimal | None
    residual_ml: Decimal | None
    nk_percent: Decimal | None
    cd3_percent: Decimal | None
    endotoxin_eu_per_ml: Decimal | None


@dataclass(frozen=True, slots=True)
class DoseLine:
    """One line of the protocol's dose table: so many cells, per kg or flat, for recipients up to a weight."""

    cells: Decimal | None
    per_kg: bool
    up_to_kg: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The worksheet. `weighable` is false where it is not known whether the trial caps the weight."""

    bags: tuple[BagSheet, ...]
    weight_kg: Decimal | None
    lines: tuple[DoseLine, ...] = ()
    weighable: bool = True
    cap_kg: Decimal | None = None
    most_cells: Decimal | None = None
    endotoxin_eu_per_kg: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Second:
    """What the second calculation finds; None where a number it needs is not known."""

    viable_nk: Worked
    per_kg: Worked
    fraction: Worked
    cd3_per_kg: Worked
    endotoxin_eu_per_kg: Worked
    endotoxin_limit: Worked


def work_out(sheet: Sheet) -> Second:
    """The whole worksheet."""
    kg = _counted_kg(sheet)
    return Second(_sum(sheet.bags, _nk), _sum(sheet.bags, lambda bag: _nk_per_kg(bag, kg)), _fraction(sheet, kg),
                  _sum(sheet.bags, lambda bag: _cd3_per_kg(bag, kg)),
                  _sum(sheet.bags, lambda bag: _endotoxin_per_kg(bag, kg)), _endotoxin_limit(sheet, kg))


def _sum(bags: Iterable[BagSheet], of: Callable[[BagSheet], Worked]) -> Worked:
    """Over all bags; not known as soon as one bag is not, or there is none."""
    total: Worked = None
    for bag in bags:
        mine = of(bag)
        if mine is None:
            return None
        total = mine if total is None else _plus(total, mine)
    return total


def _counted_kg(sheet: Sheet) -> Worked:
    """The weight as measured, and no more than the cap."""
    kg, cap = sheet.weight_kg, sheet.cap_kg
    if kg is None or kg <= 0 or not sheet.weighable:
        return None
    return cap if cap is not None and cap < kg else kg


def _counted(bag: BagSheet) -> Worked:
    """All replicate counts together; what is asked of it is divided by their number last."""
    if not bag.counts:
        return None
    total = NOTHING
    for count in bag.counts:
        total = _plus(total, count)
    return total


def _nk(bag: BagSheet) -> Worked:
    """All viable cells that leave the bag, less those that are not NK cells."""
    counted = _counted(bag)
    if counted is None or bag.volume_ml is None or bag.residual_ml is None or bag.nk_percent is None:
        return None
    viable = _minus(_times(counted, bag.volume_ml), _times(counted, bag.residual_ml))
    others = _times(viable, _minus(HUNDRED, bag.nk_percent))
    return _over(_minus(_times(viable, HUNDRED), others), Decimal(100 * len(bag.counts or ())))


def _nk_per_kg(bag: BagSheet, kg: Worked) -> Worked:
    """mL given per kg, times NK cells in one mL."""
    counted = _counted(bag)
    if counted is None or kg is None or bag.volume_ml is None or bag.residual_ml is None or bag.nk_percent is None:
        return None
    ml_per_kg = _over(_minus(bag.volume_ml, bag.residual_ml), kg)
    return _times(ml_per_kg, _over(_times(counted, bag.nk_percent), Decimal(100 * len(bag.counts or ()))))


def _cd3_per_kg(bag: BagSheet, kg: Worked) -> Worked:
    """All viable cells of the filled bag per kg, less those that are no CD3+ cells: C_v x t x V / W the other way."""
    counted = _counted(bag)
    if counted is None or kg is None or bag.volume_ml is None or bag.cd3_percent is None:
        return None
    viable = _times(counted, bag.volume_ml)
    others = _times(viable, _minus(HUNDRED, bag.cd3_percent))
    return _over(_minus(_times(viable, HUNDRED), others), _times(kg, Decimal(100 * len(bag.counts or ()))))


def _endotoxin_per_kg(bag: BagSheet, kg: Worked) -> Worked:
    """E x V / W. Of a bound such as <0.5 the bound."""
    if kg is None or bag.volume_ml is None or bag.endotoxin_eu_per_ml is None:
        return None
    return _over(_times(bag.endotoxin_eu_per_ml, bag.volume_ml), kg)


def _endotoxin_limit(sheet: Sheet, kg: Worked) -> Worked:
    """EU allowed per kg, spread over the mL that each kg receives."""
    ml = _sum(sheet.bags, lambda bag: bag.volume_ml)
    if kg is None or ml is None or ml <= 0 or sheet.endotoxin_eu_per_kg is None:
        return None
    return _over(sheet.endotoxin_eu_per_kg, _over(ml, kg))


def _line(sheet: Sheet) -> DoseLine | None:
    """The line of the dose table for this weight, as measured; a table of one line asks for none."""
    if len(sheet.lines) == 1:
        return sheet.lines[0]
    kg = sheet.weight_kg
    if kg is None:
        return None
    for line in sheet.lines:
        if line.up_to_kg is None or kg <= line.up_to_kg:
            return line
    return None


def _asked(sheet: Sheet, kg: Worked) -> Worked:
    """D x W, or D where the dose is flat; never more than a dose may hold."""
    line = _line(sheet)
    if line is None or line.cells is None or (line.per_kg and kg is None):
        return None
    asked = _times(line.cells, kg) if line.per_kg and kg is not None else line.cells
    most = sheet.most_cells
    return most if most is not None and most < asked else asked


def _fraction(sheet: Sheet, kg: Worked) -> Worked:
    """For each bag the volume given over the volume to draw, V_c = D x W / NK per mL, that would be the whole dose."""
    asked = _asked(sheet, kg)
    return None if asked is None or asked <= 0 else _sum(sheet.bags, lambda bag: _share(bag, asked))


def _share(bag: BagSheet, asked: Decimal) -> Worked:
    counted = _counted(bag)
    if counted is None or bag.nk_percent is None or bag.volume_ml is None or bag.residual_ml is None:
        return None
    nk_per_ml = _over(_times(counted, bag.nk_percent), Decimal(100 * len(bag.counts or ())))
    if nk_per_ml == 0:
        return NOTHING
    to_draw_ml = _over(asked, nk_per_ml)
    return _over(_minus(bag.volume_ml, bag.residual_ml), to_draw_ml)
