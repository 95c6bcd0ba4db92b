"""What became of a lot in numbers: issued, used, wasted, returned, left, counted. Pure sums and their verdicts.

A step either takes what it uses straight from the lot, or it was issued an amount first and answers for all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mfg.facts import Finding, Move, Moves, Verdict, need, passed, plain, rule
from mfg.units import in_words

KINDS = ("issued", "used", "wasted", "returned")
ZERO = Decimal(0)

RECONCILIATION = Moves("count of a lot", "counted", frozenset({"confirmed", "replaced"}), (
    Move("confirm reconciliation", frozenset({"counted"}), "confirmed"),
    Move("reconcile lot", frozenset({"counted"}), "replaced"),
))


@dataclass(frozen=True)
class Taken:
    """One amount of a lot at a step. `kind` is one of KINDS; `on` is the step, `within` its batch."""

    lot: str
    within: str
    on: str
    kind: str
    amount: Decimal
    unit: str


@dataclass(frozen=True)
class Sums:
    """What was issued to a step or batch, and what became of it; `difference` is what nobody has accounted for."""

    lot: str
    within: str
    on: str
    issued: Decimal
    used: Decimal
    wasted: Decimal
    returned: Decimal
    unit: str
    #: True where every step took straight from the lot: what it used and wasted counts as issued
    direct: bool

    @property
    def difference(self) -> Decimal:
        """issued - used - wasted - returned, in `unit`."""
        return self.issued - self.used - self.wasted - self.returned

    @property
    def out(self) -> Decimal:
        """What has left the lot for it, in `unit`."""
        return self.issued - self.returned


def sums_of(rows: Iterable[Taken]) -> Sums | None:
    """The sums of one lot at one step; None when nothing was taken."""
    rows = tuple(rows)
    if not rows:
        return None
    total = {kind: sum((one.amount for one in rows if one.kind == kind), ZERO) for kind in KINDS}
    direct = all(one.kind != "issued" for one in rows)
    issued = total["used"] + total["wasted"] + total["returned"] if direct else total["issued"]
    first = rows[0]
    return Sums(first.lot, first.within, first.on, issued, total["used"], total["wasted"], total["returned"],
                first.unit, direct)


def by_step(rows: Iterable[Taken]) -> tuple[Sums, ...]:
    """The sums of every lot at every step, in the order they first come."""
    groups: dict[tuple[str, str], list[Taken]] = {}
    for one in rows:
        groups.setdefault((one.lot, one.on), []).append(one)
    return tuple(found for group in groups.values() if (found := sums_of(group)) is not None)


def by_batch(steps: Iterable[Sums]) -> tuple[Sums, ...]:
    """The sums of every lot in a batch, added up over its steps; `on` is empty."""
    groups: dict[tuple[str, str], list[Sums]] = {}
    for one in steps:
        groups.setdefault((one.within, one.lot), []).append(one)
    return tuple(Sums(lot, within, "", _sum(group, "issued"), _sum(group, "used"), _sum(group, "wasted"),
                      _sum(group, "returned"), group[0].unit, all(one.direct for one in group))
                 for (within, lot), group in groups.items())


def _sum(group: Iterable[Sums], name: str) -> Decimal:
    return sum((getattr(one, name) for one in group), ZERO)


def left_of(quantity: Decimal | None, steps: Iterable[Sums], corrections: Iterable[Decimal] = ()) -> Decimal | None:
    """What is left of a lot, in its unit: received, less what left it, corrected by confirmed counts.

    An unknown quantity leaves an unknown rest, never 0.
    """
    if quantity is None:
        return None
    return quantity - sum((one.out for one in steps), ZERO) + sum(corrections, ZERO)


def at_steps(steps: Iterable[Sums]) -> Decimal:
    """What was issued and is neither used, wasted nor returned yet."""
    return sum((one.difference for one in steps if not one.direct and one.difference > 0), ZERO)


def here(sums: Sums | None, left: Decimal | None) -> Decimal | None:
    """What a step may take: the rest of what was issued to it, else what is left of the lot."""
    return left if sums is None or sums.direct else sums.difference


@rule("MAT-18", "What was issued is accounted for")
def accounted_for(f: Sums) -> Any:
    """What was issued to a step is what it used, wasted and returned, with nothing unexplained (21 CFR 211.101(c),
    211.184(c))."""
    parts = " + ".join(f"{plain(getattr(f, name))} {name}" for name in ("used", "wasted", "returned"))
    unit = in_words(f.unit)
    why = f"{plain(f.issued)} {unit} {'taken' if f.direct else 'issued'}; {parts}."
    if f.difference > 0:
        return Verdict.CANNOT_DETERMINE, (f"{why} {plain(f.difference)} {unit} are not accounted for yet: enter them "
                                          "as used, wasted or returned."), plain(f.difference), "0", (f.lot,)
    return passed(f.difference == 0), why if f.difference == 0 else \
        f"{why} That is {plain(-f.difference)} {unit} more than was issued.", plain(f.difference), "0", (f.lot,)


@dataclass(frozen=True)
class Reconciled:
    """The sums of one lot at one step, or in the whole batch (`on` is empty), and the verdict about them."""

    sums: Sums
    finding: Finding


@dataclass(frozen=True)
class Counted:
    """What somebody counted of a lot beside what should be left of it, all in `unit`."""

    lot: str
    counted: Decimal
    computed: Decimal | None
    quantity: Decimal | None
    unit: str | None
    #: how much of the quantity received may be missing or too much without explanation, %
    limit_percent: Decimal | None

    @property
    def difference(self) -> Decimal:
        """Counted less computed; negative: some is missing."""
        computed: Decimal = need(self.computed, f"What should be left of {self.lot} is not known: its quantity was not "
                                                "recorded at receipt.")
        return self.counted - computed


@rule("MAT-19", "The count is what should be left")
def count_within_limit(f: Counted) -> Any:
    """The difference between what was counted and what should be left lies within the limit, inclusive (21 CFR
    211.184(c), by analogy to 211.125(c))."""
    off, unit = abs(f.difference), in_words(f.unit)
    why = f"{plain(f.counted)} {unit} counted, {plain(f.computed or ZERO)} {unit} should be left"
    if off == 0:
        return Verdict.PASS, f"{why}.", "0", None, (f.lot,)
    percent: Decimal = need(f.limit_percent, f"{why}: {plain(off)} {unit} off, and no limit is stated for this lot.")
    limit = need(f.quantity, f"The quantity of {f.lot} is not recorded.") * percent / 100
    return passed(off <= limit), f"{why}: {plain(off)} {unit} off; up to {plain(limit)} {unit} ({plain(percent)} %) " \
                                 "may be unexplained.", plain(off), plain(limit), (f.lot,)


COUNT = (count_within_limit,)


@dataclass(frozen=True)
class Confirming:
    """A count about to be confirmed by a second person, who counted again."""

    lot: str
    counted: Decimal
    again: Decimal
    #: what should have been left when it was counted, and what should be left now
    computed_then: Decimal
    computed_now: Decimal | None
    unit: str


@rule("MAT-20", "Both counts agree")
def counts_agree(f: Confirming) -> Any:
    """A second person counts without help and comes to the same (21 CFR 211.101(c))."""
    ok = f.counted == f.again
    return passed(ok), (f"Both counted {plain(f.counted)} {in_words(f.unit)}." if ok else
                        f"{plain(f.again)} {in_words(f.unit)} is not what the first person counted. Count again, both; "
                        "a new count replaces the first."), plain(f.again)


@rule("MAT-21", "Nothing was taken between the counts")
def nothing_taken_since(f: Confirming) -> Any:
    """A count is confirmed for the lot as it was counted."""
    now: Decimal = need(f.computed_now, f"What should be left of {f.lot} is not known any more.")
    ok = now == f.computed_then
    return passed(ok), (f"{f.lot} is as it was counted." if ok else
                        f"Since the count of {f.lot} {plain(f.computed_then - now)} {in_words(f.unit)} were taken. "
                        "Count it again."), plain(now), plain(f.computed_then)


CONFIRM = (counts_agree, nothing_taken_since)
