"""Grubbs' test for one outlier among replicates, for information only. Pure; it opens and invalidates nothing.

A chemical or biological result is never discarded because it lies apart: the number tells who investigates where to
look (FDA OOS guidance IV.C.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from mfg.facts import plain, significant

#: two-sided critical values at 5 % for 3 replicates and on, rounded to three decimals
CRITICAL: dict[int, Decimal] = dict(enumerate(map(Decimal, (
    "1.154 1.481 1.715 1.887 2.020 2.127 2.215 2.290 2.355 2.412 2.462 2.507 2.548 2.586 2.620 2.652 2.681 2.708"
).split()), start=3))


@dataclass(frozen=True)
class Outlier:
    """The value that lies furthest from the mean, how far in standard deviations, and from where on that is unusual."""

    value: Decimal
    statistic: Decimal
    critical: Decimal

    @property
    def apart(self) -> bool:
        """Further than chance explains at 5 %."""
        return self.statistic > self.critical

    @property
    def told(self) -> str:
        """The sentence on the page."""
        word = "lies further apart than chance explains" if self.apart else "does not lie apart"
        return (f"{plain(self.value)} {word}: G = {significant(self.statistic, 4)}, critical {self.critical} (5 %, "
                "two-sided). For information only: it invalidates nothing and opens nothing.")


def grubbs(values: tuple[Decimal, ...]) -> Outlier | None:
    """The test; None for fewer than 3 or more than 20 values, or when all are the same.

    >>> grubbs((Decimal(1), Decimal(2))) is None
    True
    """
    critical = CRITICAL.get(len(values))
    if critical is None:
        return None
    middle = sum(values, Decimal(0)) / len(values)
    squares = sum(((one - middle) ** 2 for one in values), Decimal(0))
    if squares == 0:
        return None
    furthest = max(values, key=lambda one: abs(one - middle))
    return Outlier(furthest, abs(furthest - middle) / (squares / (len(values) - 1)).sqrt(), critical)
