"""How cells grew: total viable cells at each count, fold expansion, doublings, doubling time, viability.

Pure arithmetic on decimals. A missing number gives None, never a zero; limits are judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

HUNDRED = Decimal(100)
MILLION = Decimal(10) ** 6
HOUR_SECONDS = Decimal(3600)
DAY_HOURS = Decimal(24)
LN_2 = Decimal(2).ln()


@dataclass(frozen=True, slots=True)
class Count:
    """One count of a culture. Concentrations in 10*6/mL, volume in mL, viability in percent."""

    step: str
    at: datetime | None
    viable_per_ml: tuple[Decimal, ...]
    volume_ml: Decimal | None
    total_per_ml: Decimal | None = None
    told_viability: Decimal | None = None

    @property
    def mean_per_ml(self) -> Decimal | None:
        """Mean of the replicates, 10*6/mL."""
        return sum(self.viable_per_ml, Decimal(0)) / len(self.viable_per_ml) if self.viable_per_ml else None

    @property
    def cells(self) -> Decimal | None:
        """All viable cells of the culture."""
        mean = self.mean_per_ml
        return None if mean is None or self.volume_ml is None else mean * MILLION * self.volume_ml

    @property
    def viability(self) -> Decimal | None:
        """Percent viable: from the counts where all cells were counted too, else as it was read."""
        mean = self.mean_per_ml
        if mean is None or not self.total_per_ml:
            return self.told_viability
        return mean / self.total_per_ml * HUNDRED


@dataclass(frozen=True)
class Growth:
    """The counts of a culture in order of time."""

    counts: tuple[Count, ...]

    @property
    def points(self) -> tuple[tuple[datetime, Decimal], ...]:
        """(when, viable cells) of every count that is complete and above zero."""
        return tuple((one.at, one.cells) for one in self.counts if one.at is not None and one.cells)

    @property
    def days(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """(days since the first count, viable cells), for the curve."""
        return tuple((_hours(self.points[0][0], at) / DAY_HOURS, cells) for at, cells in self.points)

    @property
    def fold(self) -> Decimal | None:
        """Last viable cells over first; None with fewer than two counts."""
        return self.points[-1][1] / self.points[0][1] if len(self.points) > 1 else None

    @property
    def doublings(self) -> Decimal | None:
        """Population doublings: ln(fold) / ln(2)."""
        return None if self.fold is None else self.fold.ln() / LN_2

    @property
    def doubling_hours(self) -> Decimal | None:
        """Hours for one doubling over the whole culture; None when the cells did not grow."""
        if self.doublings is None or self.doublings <= 0:
            return None
        hours = _hours(self.points[0][0], self.points[-1][0])
        return hours / self.doublings if hours > 0 else None


def growth(counts: Sequence[Count]) -> Growth:
    """The counts as a culture, oldest first; those without a time stay at the end and out of the curve."""
    timed = sorted((one for one in counts if one.at is not None), key=_when)
    return Growth((*timed, *(one for one in counts if one.at is None)))


def _when(one: Count) -> datetime:
    assert one.at is not None
    return one.at


def _hours(start: datetime, end: datetime) -> Decimal:
    """Elapsed hours, exactly; both times are UTC, so a change of clocks alters nothing."""
    gap = end - start
    seconds = Decimal(gap.days * 86400 + gap.seconds) + Decimal(gap.microseconds) / MILLION
    return seconds / HOUR_SECONDS


hours_between = _hours
