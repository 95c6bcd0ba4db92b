"""Do the two calculations of a dose agree? It gives the second one its plain numbers and compares. Pure.

It calculates nothing itself: the first calculation is `dose.py`, the second `second_calculation.py`, and neither
knows of the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from mfg.facts import Missing, Reading, Verdict, rule
from mfg.trial.dose import (
    Bag,
    DoseFacts,
    Weight,
    cd3_per_kg,
    endotoxin_limit,
    endotoxin_per_kg,
    per_kg,
    target_of,
    viable_nk,
)
from mfg.trial.protocol import NONE, PER_KG, Cohort, Protocol, setting
from mfg.trial.second_calculation import BagSheet, DoseLine, Sheet, work_out
from mfg.trial.shown import short

#: how far apart the two may lie, inclusive: one part in so many of the first (0.5 %; domain dossier 5.4)
PART = 200
#: settings that change what a weight counts for
_COUNTED = ("cd3_per_kg_max", "cd3_per_kg_cumulative_max")
_CAP, _MOST = "weight_cap_kg", "max_cells"


@dataclass(frozen=True, slots=True)
class Twice:
    """One figure of the worksheet by both calculations; None where one cannot tell it."""

    what: str
    unit: str
    first: Fraction | None
    second: Decimal | None
    #: is it asked for? A trial without a limit for T cells need not have counted them
    needed: bool = True

    @property
    def agrees(self) -> bool | None:
        """|first - second| <= 0.5 % of the first, exactly; None where neither knows, False where only one does."""
        if self.first is None or self.second is None:
            return None if self.first is None and self.second is None else False
        over, under = self.second.as_integer_ratio()
        top, bottom = self.first.numerator, self.first.denominator
        return PART * abs(top * under - over * bottom) <= abs(top) * under

    def __str__(self) -> str:
        first, second = ("not known" if one is None else f"{short(one, 6)} {self.unit}".rstrip()
                         for one in (self.first, _as_fraction(self.second)))
        return f"{self.what}: {first} by the first calculation, {second} by the second"


def _as_fraction(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)


@rule("DOSE-09", "Both calculations agree")
def calculations_agree(f: DoseFacts) -> Any:
    """A second calculation by other formulas and other code comes within 0.5 % of the first, bounds included, in
    every figure of the worksheet (21 CFR 211.68(b), 211.103; domain dossier 5.4)."""
    rows = both(f)
    apart = [one for one in rows if one.agrees is False]
    if apart:
        return (Verdict.FAIL, f"{'; '.join(map(str, apart))}. They may lie 0.5 % apart at most. Give nothing out: "
                "calculate by hand, and have the program examined.", _value(apart[0]), "at most 0.5 % apart")
    open_ = [one.what for one in rows if one.needed and one.agrees is None]
    if open_:
        return (Verdict.CANNOT_DETERMINE, f"Neither calculation can tell: {', '.join(open_)}. Enter what is missing.",
                None, "at most 0.5 % apart")
    return Verdict.PASS, "Two separate calculations give the same dose.", None, "at most 0.5 % apart"


def _value(one: Twice) -> str:
    return " and ".join("not known" if each is None else short(each, 6)
                        for each in (one.first, _as_fraction(one.second)))


def both(f: DoseFacts) -> tuple[Twice, ...]:
    """Every figure of the worksheet by both calculations."""
    protocol, of = _protocol(f), _cohort(f)
    second = work_out(sheet_of(f, protocol, of))
    counted = protocol is None or any(setting(protocol, one, of) is not None for one in _COUNTED)
    bound = protocol is None or setting(protocol, "endotoxin_eu_per_kg", of) is not None
    return (
        Twice("viable NK cells", "", _told(f, viable_nk), second.viable_nk),
        Twice("viable NK per kg", "/kg", _told(f, per_kg), second.per_kg),
        Twice("fraction of the target", "", _told(f, _fraction), second.fraction),
        Twice("CD3+ per kg", "/kg", _told(f, cd3_per_kg), second.cd3_per_kg, counted),
        Twice("endotoxin per kg", "EU/kg", _told(f, endotoxin_per_kg), second.endotoxin_eu_per_kg, bound),
        Twice("endotoxin limit", "EU/mL", _told(f, _limit), second.endotoxin_limit, bound),
    )


def _told(f: DoseFacts, make: Callable[[DoseFacts], Fraction]) -> Fraction | None:
    """The first calculation, where it can tell."""
    try:
        return make(f)
    except Missing:
        return None


def _fraction(f: DoseFacts) -> Fraction:
    """Of the target; of a range without one, of its lower end."""
    target = target_of(f)
    asked = target.cells or target.low
    if not asked:
        raise Missing("The protocol does not state the dose.")
    return viable_nk(f) / asked


def _limit(f: DoseFacts) -> Fraction:
    protocol = _protocol(f)
    factor = None if protocol is None else setting(protocol, "endotoxin_eu_per_kg", _cohort(f))
    if factor is None or factor.value is None:
        raise Missing("The protocol sets no limit for endotoxin.")
    return endotoxin_limit(f, factor.value)


# --- the plain numbers ------------------------------------------------------------------------------------------


def _protocol(f: DoseFacts) -> Protocol | None:
    return f.protocol if isinstance(f.protocol, Protocol) else None


def _cohort(f: DoseFacts) -> Cohort | None:
    protocol = _protocol(f)
    return None if protocol is None else next((one for one in protocol.cohorts if one.name == f.cohort), None)


def _number(value: Any) -> Decimal | None:
    """A known number; what is missing, unread or stands as a word is none."""
    return value if isinstance(value, Decimal) else None


def sheet_of(f: DoseFacts, protocol: Protocol | None, of: Cohort | None) -> Sheet:
    """The facts as the second calculation takes them: decimals only."""
    bags = f.bags if isinstance(f.bags, tuple) else ()
    kg = _number(f.weight.kg) if isinstance(f.weight, Weight) else None
    if protocol is None:
        return Sheet(tuple(map(_bag, bags)), kg, weighable=False)
    cap, most = setting(protocol, _CAP, of), setting(protocol, _MOST, of)
    factor = setting(protocol, "endotoxin_eu_per_kg", of)
    known = (of is not None or _CAP not in protocol.differing) and (cap is None or cap.value is not None)
    stated = of is not None and (most is None or most.value is not None)
    return Sheet(tuple(map(_bag, bags)), kg, _lines(of) if of is not None and stated else (), known,
                 None if cap is None or cap.value == NONE else _number(cap.value),
                 None if most is None or most.value == NONE else _number(most.value),
                 None if factor is None else _number(factor.value))


def _lines(of: Cohort) -> tuple[DoseLine, ...]:
    """The dose table of a cohort; a range without a target stands by its lower end."""
    return tuple(DoseLine(one.target or one.low, one.unit == PER_KG, one.up_to_kg) for one in of.bands)


def _bag(bag: Bag) -> BagSheet:
    counts = bag.viable_cells_per_ml if isinstance(bag.viable_cells_per_ml, tuple) else ()
    return BagSheet(counts or None, _number(bag.volume_ml), _number(bag.residual_ml), _number(bag.nk_percent),
                    _number(bag.cd3_percent), bag.endotoxin.value if isinstance(bag.endotoxin, Reading) else None)
