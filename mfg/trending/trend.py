"""One series with what its values say together: centre, spread, what is out of trend. Pure; it looks nothing up.

Only numbers of reviewed, complete work make the centre. A bound (`<0.5`) is drawn at its bound and never counted as a
number; what is left out is drawn with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from mfg.controls.westgard import (
    OF_A_SERIES,
    Individuals,
    Measured,
    broken_rules,
    individuals,
    rejects,
    telling,
)
from mfg.facts import Verdict, significant
from mfg.paper.control_chart import MOST, Lines, Plotted
from mfg.trending.series import LEAST, Series
from mfg.units import in_words

OUTSIDE = "outside the limit"


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a series. `label` is the batch or dose, `url` the record it comes from."""

    label: str
    at: datetime
    value: Decimal
    url: str
    record: str
    #: "<" or ">" where it is only known to lie below or above
    bound: str = ""
    #: it was judged to be outside its limits
    outside: bool = False
    #: why it does not count
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits values are judged by now, and whose they are."""

    low: Decimal | None = None
    high: Decimal | None = None
    word: str = "limit"


@dataclass(frozen=True)
class Trend:
    """A series over a period: the newest values, oldest first. `earlier` values of the period are not among them."""

    series: Series
    values: tuple[Value, ...]
    limits: Limits = Limits()
    earlier: int = 0

    @property
    def counted(self) -> tuple[Value, ...]:
        """The values that are numbers and count."""
        return tuple(one for one in self.values if not one.left_out and not one.bound)

    @cached_property
    def shewhart(self) -> Individuals | None:
        """Centre and spread, from the moving ranges; None with too few values."""
        return individuals([one.value for one in self.counted], LEAST)

    @cached_property
    def broken(self) -> dict[int, tuple[str, ...]]:
        """Place among the values -> what is said of it: outside its limit, rules broken."""
        told: dict[int, tuple[str, ...]] = {
            place: (OUTSIDE,) for place, one in enumerate(self.values)
            if one.outside and not one.left_out}
        found = self.shewhart
        if found is None:
            return told
        places = [place for place, one in enumerate(self.values) if not one.left_out and not one.bound]
        points = [Measured(one.value, found.centre, found.sd) for one in self.counted]
        for place, rules in zip(places, broken_rules(points, OF_A_SERIES), strict=True):
            if rules:
                told[place] = (*told.get(place, ()), *rules)
        return told

    def bad(self, place: int) -> bool:
        """Is the value outside its limit, or does it break a rejecting rule?"""
        told = self.broken.get(place, ())
        return OUTSIDE in told or bool(rejects([one for one in told if one != OUTSIDE]))

    @property
    def out(self) -> tuple[int, ...]:
        """The places of the values that are outside a limit or out of trend."""
        return tuple(place for place in range(len(self.values)) if self.bad(place))

    @property
    def state(self) -> tuple[Verdict, str]:
        """What the series says now, in a verdict and words."""
        standing = [place for place, one in enumerate(self.values) if not one.left_out]
        if not standing:
            return Verdict.CANNOT_DETERMINE, "no value"
        if self.bad(standing[-1]):
            return Verdict.FAIL, f"newest value: {', '.join(self.broken[standing[-1]])}"
        many = len(self.counted)
        if self.shewhart is None:
            why = f"{many} of {LEAST} numbers, too few to tell" if many < LEAST else "all values are the same"
            return Verdict.CANNOT_DETERMINE, why
        before = len(self.out)
        return Verdict.PASS, f"in order, {before} out before" if before else "in order"

    @property
    def unit(self) -> str:
        """As people write it."""
        return in_words(self.series.unit)

    @property
    def lines(self) -> Lines:
        """What is drawn through the points."""
        found = self.shewhart
        note = "" if found else (f"No centre is drawn: {len(self.counted)} numbers that count; {LEAST} that differ "
                                 "are needed.")
        return Lines(found.centre if found else None, found.sd if found else None, self.limits.low, self.limits.high,
                     self.limits.word, note)

    @property
    def points(self) -> list[Plotted]:
        """Every value as a point."""
        return [Plotted(one.label, one.at, one.value, one.bound, _beside(self.broken.get(place, ())), self.bad(place),
                        one.left_out) for place, one in enumerate(self.values)]

    @property
    def made_from(self) -> str:
        """How centre and spread came about, in a sentence."""
        found = self.shewhart
        if found is None:
            return self.lines.note
        return (f"Centre {significant(found.centre, 4)}, SD {significant(found.sd)} {self.unit}".rstrip()
                + f": from the {len(self.counted)} numbers shown, SD = mean moving range / 1.128.")


def _beside(told: Sequence[str]) -> tuple[str, ...]:
    """The words beside a point: its limit first, then the rules that reject, or the warning alone."""
    limit, rules = ("limit",) if OUTSIDE in told else (), [one for one in told if one != OUTSIDE]
    return (*limit, *(rejects(rules) if limit else telling(rules)))


def trend(of: Series, values: Sequence[Value], limits: Limits) -> Trend:
    """The newest values of what was found, in the order of time."""
    ordered = sorted(values, key=lambda one: (one.at, one.record))
    return Trend(of, tuple(ordered[-MOST:]), limits, max(0, len(ordered) - MOST))
