"""The arithmetic of one dose: exact, in fractions, from replicate counts to viable NK cells per kg. It judges
nothing (dose_rules.py does) and rounds nothing but what is shown.

A value is a number, None (missing) or Unread (something stands there that is no known value). Whoever asks for
one of the latter two is stopped with a sentence: neither is ever taken for 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache, wraps
from typing import Any, TypeVar

from mfg.facts import Missing, Reading
from mfg.trial.protocol import Cohort, Protocol, Target, dosing_weight, exact, target
from mfg.trial.protocol import cohort as cohort_named
from mfg.trial.shown import rounded

Known = TypeVar("Known")


@dataclass(frozen=True, slots=True)
class Unread:
    """Something was written that is no known value; `why` is the sentence that names it."""

    why: str


@dataclass(frozen=True)
class Bag:
    """One bag of the dose. Volumes in mL, counts in viable cells per mL, purities in % of viable cells.

    `nk_percent` and `cd3_percent` are of viable cells already, so viability is not multiplied in again.
    """

    code: str = ""
    volume_ml: Decimal | Unread | None = None
    residual_ml: Decimal | Unread | None = None
    viable_cells_per_ml: tuple[Decimal, ...] | Unread = ()
    nk_percent: Decimal | Unread | None = None
    cd3_percent: Decimal | Unread | None = None
    endotoxin: Reading | Unread | None = None

    @cached_property
    def mean(self) -> Fraction:
        """The mean of the replicate counts, cells per mL; kept, for several rules ask for it."""
        return _sum(self.viable_cells_per_ml) / len(self.viable_cells_per_ml) \
            if isinstance(self.viable_cells_per_ml, tuple) else Fraction(0)


@dataclass(frozen=True, slots=True)
class Weight:
    """A measured body weight, kg, and whether a second person has confirmed it."""

    kg: Decimal | Unread | None = None
    measured_at: datetime | Unread | None = None
    confirmed: bool = True
    code: str = ""


@dataclass(frozen=True)
class DoseFacts:
    """All that the rules of a dose need to know, at the moment it is decided."""

    protocol: Protocol | Unread | None = None
    cohort: str | Unread | None = None
    infusion: int | Unread | None = None
    decided_at: datetime | Unread | None = None
    weight: Weight | Unread | None = None
    bags: tuple[Bag, ...] | Unread = field(default=())
    #: viable CD3+ cells per kg of the recipient's doses released before this one, together; asked for only where the
    #: protocol limits them
    cd3_before: Decimal | Unread | None = None


def have(value: Known | Unread | None, what: str) -> Known:
    """The value, or the sentence that stops the rule."""
    if isinstance(value, Unread):
        raise Missing(value.why)
    if value is None or value == () or value == "":
        raise Missing(f"{what} is missing. Enter it.")
    return value


def once(make: Callable[[DoseFacts], Known]) -> Callable[[DoseFacts], Known]:
    """Keep an answer with the facts it comes from: they are frozen, and eight rules ask for the same sums."""
    kept_as = f"_{make.__name__}"

    @wraps(make)
    def kept(f: DoseFacts) -> Known:
        if kept_as not in f.__dict__:
            f.__dict__[kept_as] = make(f)
        found: Known = f.__dict__[kept_as]
        return found

    return kept


def _sum(values: Iterable[Decimal]) -> Fraction:
    """Exact sum."""
    return sum(map(exact, values), Fraction(0))


def protocol_of(f: DoseFacts) -> Protocol:
    """The trial protocol of this dose."""
    return have(f.protocol, "The trial protocol")


@once
def cohort_of(f: DoseFacts) -> Cohort:
    """The cohort of this dose; a name the protocol does not have stops the rule."""
    name = have(f.cohort, "The cohort")
    protocol = protocol_of(f)
    if not any(one.name == name for one in protocol.cohorts):
        there = ", ".join(one.name for one in protocol.cohorts)
        raise Missing(f"Protocol {protocol.name} has no cohort “{name[:40]}”. Choose one of: {there}.")
    return cohort_named(protocol, name)


@once
def bags_of(f: DoseFacts) -> tuple[tuple[str, Bag], ...]:
    """The bags with the words that name them in a sentence."""
    bags = have(f.bags, "The list of bags")
    return tuple((bag.code or f"bag {place}", bag) for place, bag in enumerate(bags, 1))


def weight_of(f: DoseFacts) -> Weight:
    """The weight record."""
    return have(f.weight, "The recipient's weight")


def kg_of(f: DoseFacts) -> Decimal:
    """The measured weight, kg."""
    return have(weight_of(f).kg, "The recipient's weight in kg")


def cells_per_ml(name: str, bag: Bag) -> Fraction:
    """Viable cells per mL: the mean of the replicate counts."""
    have(bag.viable_cells_per_ml, f"The viable cell count of {name}")
    return bag.mean


def nk_per_ml(name: str, bag: Bag) -> Fraction:
    """Viable NK cells per mL = viable cells per mL x NK in % of viable cells."""
    return cells_per_ml(name, bag) * exact(have(bag.nk_percent, f"The NK percentage of {name}")) / 100


def given_ml(name: str, bag: Bag) -> Fraction:
    """What leaves the bag, mL = volume - residual; a residual that is not entered is not 0."""
    return (exact(have(bag.volume_ml, f"The volume of {name}"))
            - exact(have(bag.residual_ml, f"The residual volume of {name}")))


@once
def given_total_ml(f: DoseFacts) -> Fraction:
    """What leaves all bags together, mL."""
    return sum((given_ml(name, bag) for name, bag in bags_of(f)), Fraction(0))


@once
def viable_nk(f: DoseFacts) -> Fraction:
    """Viable NK cells of the dose: the sum over its bags."""
    return sum((nk_per_ml(name, bag) * given_ml(name, bag) for name, bag in bags_of(f)), Fraction(0))


@once
def volume_ml(f: DoseFacts) -> Fraction:
    """Total volume of the infusion, mL, all bags, as filled."""
    return _sum(have(bag.volume_ml, f"The volume of {name}") for name, bag in bags_of(f))


@once
def dosing_kg(f: DoseFacts) -> Fraction:
    """The weight that counts, kg: measured, or capped where the trial caps it."""
    protocol = protocol_of(f)
    return dosing_weight(protocol, cohort_of(f) if "weight_cap_kg" in protocol.differing else None, kg_of(f))


@once
def target_of(f: DoseFacts) -> Target:
    """What the cohort asks of this dose. A flat dose needs no weight; where one is needed, its absence stops."""
    kg = f.weight.kg if isinstance(f.weight, Weight) else None
    if isinstance(kg, Decimal):
        return target(protocol_of(f), cohort_of(f), kg)
    try:
        return target(protocol_of(f), cohort_of(f), None)
    except Missing:
        kg_of(f)
        raise


@once
def per_kg(f: DoseFacts) -> Fraction:
    """Viable NK cells per kg of dosing weight."""
    return viable_nk(f) / dosing_kg(f)


@once
def cd3_per_kg(f: DoseFacts) -> Fraction:
    """Viable CD3+ cells per kg, over the whole filled volume: a residual is not relied on for safety."""
    cells = sum((cells_per_ml(name, bag) * exact(have(bag.cd3_percent, f"The CD3+ percentage of {name}")) / 100
                 * exact(have(bag.volume_ml, f"The volume of {name}")) for name, bag in bags_of(f)), Fraction(0))
    return cells / dosing_kg(f)


def cd3_together(f: DoseFacts) -> Fraction:
    """Viable CD3+ cells per kg of this dose and of those released before it, all as filled."""
    return cd3_per_kg(f) + exact(have(f.cd3_before, "What the earlier doses held of CD3+ cells per kg"))


@once
def endotoxin_per_kg(f: DoseFacts) -> Fraction:
    """Endotoxin of the whole infusion, EU per kg; of a bound such as <0.5 the bound."""
    return sum((exact(have(bag.endotoxin, f"The endotoxin result of {name}").value)
                * exact(have(bag.volume_ml, f"The volume of {name}")) for name, bag in bags_of(f)),
               Fraction(0)) / dosing_kg(f)


def endotoxin_limit(f: DoseFacts, eu_per_kg: Decimal) -> Fraction:
    """Endotoxin limit, EU/mL = K x dosing weight / total volume: an infusion lasts under an hour (USP <85>)."""
    total = volume_ml(f)
    if total <= 0:
        raise Missing("The total volume is 0 mL, so endotoxin has no limit per mL. Enter the volumes.")
    return exact(eu_per_kg) * dosing_kg(f) / total


# --- spread of the counts: shown beside the dose, never compared with a target ---------------------------------

#: Two-sided 95 % points of Student's t by degrees of freedom; beyond the table the value for the last row
#: is used, which is slightly too wide and never too narrow.
STUDENT = (Decimal("12.706"), Decimal("4.303"), Decimal("3.182"), Decimal("2.776"), Decimal("2.571"),
           Decimal("2.447"), Decimal("2.365"), Decimal("2.306"), Decimal("2.262"), Decimal("2.228"))


@lru_cache(maxsize=256)
def deviation(counts: tuple[Decimal, ...]) -> Decimal:
    """Sample standard deviation of two or more replicate counts, rounded: for display."""
    mean = sum(counts, Decimal(0)) / len(counts)
    return (sum(((count - mean) ** 2 for count in counts), Decimal(0)) / (len(counts) - 1)).sqrt()


def interval(f: DoseFacts) -> tuple[Decimal, Decimal] | None:
    """95 % interval of viable NK cells from replicate spread alone; None with a single count in any bag.

    Half-widths of bags are added, not squared and added: bags of one fill share their counts.
    """
    half = Decimal(0)
    for name, bag in bags_of(f):
        counts = have(bag.viable_cells_per_ml, f"The viable cell count of {name}")
        if len(counts) < 2:
            return None
        purity = have(bag.nk_percent, f"The NK percentage of {name}") / 100
        student = STUDENT[min(len(counts) - 1, len(STUDENT)) - 1]
        half += student * deviation(counts) / Decimal(len(counts)).sqrt() * purity * rounded(given_ml(name, bag))
    middle = rounded(viable_nk(f))
    return max(Decimal(0), middle - half), middle + half


def figures(f: DoseFacts) -> dict[str, Any]:
    """Viable NK, per kg and fraction of target, as far as they can be told; None otherwise. For display."""
    def told(make: Any) -> Fraction | None:
        try:
            found: Fraction | None = make()
        except Missing:
            return None
        return found

    def fraction() -> Fraction | None:
        asked = target_of(f)
        return None if not asked.cells else viable_nk(f) / asked.cells

    return {"viable_nk": told(lambda: viable_nk(f)), "per_kg": told(lambda: per_kg(f)),
            "fraction_of_target": told(fraction)}
