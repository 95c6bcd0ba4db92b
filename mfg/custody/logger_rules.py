"""What the log of a transport says: excursions, missing readings, cover, mean kinetic temperature. Pure.

Between two readings nobody knows the temperature: an excursion counts from the last reading within the limits before
it to the first one after it. Only what lies in the transit, and the readings next to it, is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

from mfg.custody.limits import ACTIVATION, CLOCK_AHEAD, GAS_CONSTANT, JITTER, ZERO_CELSIUS
from mfg.custody.logger_csv import LogReading
from mfg.facts import Limits, Verdict, judge, need, plain, rule, verdict_of


@dataclass(frozen=True)
class LogFacts:
    """A log held against a transit. Temperatures in degree Celsius."""

    readings: tuple[LogReading, ...]
    #: handed to the courier, and delivered
    start: datetime | None
    end: datetime | None
    #: ordered, inclusive; None: nobody ordered a condition
    limits: Limits | None
    #: what the logger was set to
    interval: timedelta | None
    #: when the file was read here
    at: datetime


@dataclass(frozen=True, slots=True)
class Excursion:
    """A time outside the limits: the longest it can have lasted, and the temperatures read in it."""

    start: datetime
    end: datetime
    low: Decimal
    high: Decimal

    @property
    def minutes(self) -> Decimal:
        """How long at most."""
        return minutes_of(self.end - self.start)


def minutes_of(span: timedelta) -> Decimal:
    """A time in minutes, to a tenth for reading."""
    return (Decimal(span // timedelta(seconds=1)) / 60).quantize(Decimal("0.1"))


def in_transit(f: LogFacts) -> tuple[LogReading, ...]:
    """The readings that count: from the last at or before the start to the first at or after the end."""
    if f.start is None or f.end is None:
        return f.readings
    before = max((one.at for one in f.readings if one.at <= f.start), default=f.start)
    after = min((one.at for one in f.readings if one.at >= f.end), default=f.end)
    return tuple(one for one in f.readings if before <= one.at <= after)


def excursions(readings: Sequence[LogReading], limits: Limits) -> tuple[Excursion, ...]:
    """Every time outside the limits, in order."""
    known = [(one.at, one.celsius) for one in readings if one.celsius is not None]
    found: list[Excursion] = []
    outside: list[Decimal] = []
    begun = known[0][0] if known else None
    for at, celsius in known:
        if limits.holds(celsius):
            if outside and begun is not None:
                found.append(Excursion(begun, at, min(outside), max(outside)))
            outside, begun = [], at
        else:
            outside.append(celsius)
    if outside and begun is not None:
        found.append(Excursion(begun, known[-1][0], min(outside), max(outside)))
    return tuple(found)


def missing(readings: Sequence[LogReading], interval: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Where readings follow each other otherwise than the logger was set to: too far apart, or too close."""
    known = [one.at for one in readings if one.celsius is not None]
    slack = interval * int(JITTER * 100) / 100
    for before, after in zip(known, known[1:], strict=False):
        if not interval - slack <= after - before <= interval + slack:
            yield before, after


def mean_kinetic(values: Sequence[Decimal]) -> Decimal | None:
    """Mean kinetic temperature in degree Celsius, to 0.01: (H/R) / -ln(mean of exp(-H/RT)), H 83.144 kJ/mol, readings
    of one interval (USP <1079.2>). For information; it excuses no excursion. None without readings."""
    if not values or min(values) <= -ZERO_CELSIUS:
        return None
    with localcontext() as context:
        context.prec = 28
        ratio = ACTIVATION / GAS_CONSTANT
        mean = sum(((-ratio / (one + ZERO_CELSIUS)).exp() for one in values), Decimal(0)) / len(values)
        return (ratio / -mean.ln() - ZERO_CELSIUS).quantize(Decimal("0.01"))


def _span(start: datetime, end: datetime) -> str:
    return f"{start:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S} UTC"


@rule("LOG-01", "No reading in transit is outside the ordered condition")
def within_condition(f: LogFacts) -> Any:
    """Every reading of the transit lies within the ordered limits, inclusive; each excursion is told from when to when,
    how long at most, and how far (EU GDP 2013/C 343/01, 9.2; 21 CFR 211.150)."""
    limits = need(f.limits, "No condition was ordered.")
    counted = need(in_transit(f), "The log has no reading of the transit.")
    found = excursions(counted, limits)
    known = tuple(one.celsius for one in counted if one.celsius is not None)
    values = need(known, "The log has no reading of the transit.")
    told = f"{plain(min(values))} to {plain(max(values))} °C"
    if not found:
        return Verdict.PASS, f"{len(values)} readings, {told}.", told, str(limits)
    lines = [f"{_span(one.start, one.end)}, at most {plain(one.minutes)} min, {plain(one.low)} to {plain(one.high)} °C"
             for one in found[:10]]
    total = sum((one.minutes for one in found), Decimal(0))
    many = f"{len(found)} excursions" if len(found) > 1 else "1 excursion"
    return Verdict.FAIL, (f"{many}, {plain(total)} min in all at most: {'; '.join(lines)}"
                          f"{'; and more' if len(found) > 10 else ''}."), told, str(limits)


@rule("LOG-02", "The log covers the whole transit")
def covers(f: LogFacts) -> Any:
    """The first reading is not after the dispatch and the last not before the delivery; what no reading covers, nobody
    knows (EU GDP 2013/C 343/01, 9.2)."""
    start, end = need(f.start, "When it was dispatched is not known."), need(f.end, "When it came is not known.")
    known = need(tuple(one.at for one in f.readings if one.celsius is not None), "The log has no reading.")
    ok = known[0] <= start and known[-1] >= end
    return (Verdict.PASS if ok else Verdict.CANNOT_DETERMINE,
            f"The log runs {_span(known[0], known[-1])}; the transit ran {_span(start, end)}.")


@rule("LOG-03", "No reading is missing")
def no_reading_missing(f: LogFacts) -> Any:
    """Readings follow each other as the logger was set to, a quarter of its interval either way; where one is missing
    or one too many stands, nobody knows what happened between (ALCOA: complete)."""
    interval = need(f.interval, "What interval the logger was set to is not known.")
    counted = need(in_transit(f), "The log has no reading of the transit.")
    blank = [one.row for one in counted if one.celsius is None]
    found = list(missing(counted, interval))
    if not found and not blank:
        return Verdict.PASS, f"Every {plain(minutes_of(interval))} min there is one."
    lines = [f"{_span(*one)} ({plain(minutes_of(one[1] - one[0]))} min)" for one in found[:10]]
    rows = f" Rows without a reading: {', '.join(map(str, blank[:10]))}." if blank else ""
    return Verdict.CANNOT_DETERMINE, (f"Set to {plain(minutes_of(interval))} min; otherwise apart: "
                                      f"{'; '.join(lines) or 'none'}.{rows}"), str(len(found)), "0"


@rule("LOG-04", "The log is not from the future")
def not_ahead(f: LogFacts) -> Any:
    """A log that ends after it was read was written by a clock that was wrong, and so may all its times be (ALCOA:
    accurate)."""
    last = need(f.readings, "The log has no reading.")[-1].at
    ok = last <= f.at + CLOCK_AHEAD
    return (Verdict.PASS if ok else Verdict.CANNOT_DETERMINE,
            f"It ends {last:%Y-%m-%d %H:%M:%S} UTC and was read {f.at:%Y-%m-%d %H:%M:%S} UTC.")


LOG = (within_condition, covers, no_reading_missing, not_ahead)


def judged_log(f: LogFacts) -> Verdict:
    """The one verdict of a log."""
    return verdict_of(judge(LOG, f))
