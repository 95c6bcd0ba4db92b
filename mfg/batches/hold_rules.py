"""Hold times: how long a clock has run, when it runs out, and what may still be done once it has. Pure.

Elapsed time is a difference of moments in UTC: no zone and no change to daylight saving alters it (21 CFR 211.111,
time limits on production; EU GMP Annex 1, maximum holding times). A limit is inclusive: work that ends exactly at the
limit is in time. A stop that is not recorded has not happened, so its clock still runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from mfg.facts import Move, Moves, Verdict, need, passed, plain, rule

_ENTERED = ("enter value", "perform step", "correct entry")
HOLD = Moves("hold time", "running", frozenset({"continued"}), (
    *(Move(verb, frozenset({"running"}), "stopped") for verb in _ENTERED),
    *(Move(verb, frozenset({"stopped", "stopped in time"}), "running") for verb in _ENTERED),
    *(Move(verb, frozenset({"running", "stopped", "stopped in time"}), "breached") for verb in _ENTERED),
    Move("breach hold", frozenset({"running"}), "breached"),
    *(Move(verb, frozenset({"breached"}), "stopped in time") for verb in _ENTERED),
    Move("correct entry", frozenset({"breached"}), "running"),
    Move("continue after breach", frozenset({"breached"}), "continued"),
))


@dataclass(frozen=True, slots=True)
class Run:
    """One segment of a hold time: when it started and stopped, as recorded; None: not recorded."""

    started: datetime | None
    stopped: datetime | None
    #: the labels of both events, for sentences
    start: str = "the start"
    stop: str = "the stop"


@dataclass(frozen=True, slots=True)
class Clock:
    """Where a hold time stands. `used` counts the whole segments and, while one runs, up to now."""

    used: timedelta
    limit: timedelta
    running: bool
    #: first start and last stop; the last is None while a segment runs
    started_at: datetime | None
    stopped_at: datetime | None
    #: of `used`, what lies before the segment that runs; all of it where none does
    before: timedelta
    #: when it is warned and when it is over, if nobody stops it; None while it does not run
    warn_at: datetime | None = None
    limit_at: datetime | None = None

    @property
    def left(self) -> timedelta:
        """What is left; below zero once it is over."""
        return self.limit - self.used

    @property
    def over(self) -> bool:
        """True once more than the limit is used; the limit itself is still in time."""
        return self.used > self.limit


def minutes(amount: Decimal) -> timedelta:
    """Exact minutes as a span, to the microsecond."""
    return timedelta(microseconds=int(amount * 60_000_000))


def clock(runs: tuple[Run, ...], limit_minutes: Decimal, warn_minutes: Decimal, now: datetime) -> Clock:
    """What the recorded segments add up to at `now`. A minute in which two segments run counts once.

    Segments without a start have not begun. A recorded time proves that it has come, whatever the clock says. Whether
    every time makes sense is asked by HOLD-02 and HOLD-03.
    """
    begun = [(_utc(one.started), _utc(one.stopped) if one.stopped else None) for one in runs if one.started]
    open_since = min((start for start, stop in begun if stop is None), default=None)
    closed = _union([(start, stop) for start, stop in begun if stop is not None], until=open_since)
    limit, warn = minutes(limit_minutes), minutes(warn_minutes)
    started_at = min((start for start, _ in begun), default=None)
    if open_since is None:
        stopped_at = max((stop for _, stop in begun if stop is not None), default=None)
        return Clock(closed, limit, False, started_at, stopped_at, closed)
    until = max(_utc(now), open_since, *(stop for _, stop in begun if stop is not None))
    used = closed + (until - open_since)
    warn_at, limit_at = open_since + (warn - closed), open_since + (limit - closed)
    return Clock(used, limit, True, started_at, None, closed, warn_at, limit_at)


def _utc(moment: datetime) -> datetime:
    """Python subtracts two times of one zone by the wall clock; in UTC it cannot."""
    return moment.astimezone(UTC)


def _union(spans: list[tuple[datetime, datetime]], *, until: datetime | None) -> timedelta:
    """How much time the spans cover together, what lies after `until` left out."""
    covered, reached = timedelta(0), None
    for start, stop in sorted(spans):
        begin = start if reached is None else max(start, reached)
        end = stop if until is None else min(stop, until)
        if end > begin:
            covered += end - begin
        reached = stop if reached is None else max(reached, stop)
    return covered


def state_after(state: str, now: Clock) -> str:
    """What a hold time is, by its recorded times. What quality assurance let continue stays so.

    The system notes a breach when nobody has recorded a stop by then. A stop recorded later, of work that ended
    within the limit, makes it “stopped in time”: nothing is blocked any more, and the deviation stays for quality
    assurance to close, because the record was silent when it had to speak.
    """
    if state == "continued":
        return state
    if now.over:
        return "breached"
    if now.running:
        return "running"
    return "stopped in time" if state in ("breached", "stopped in time") else "stopped"


def told(span: timedelta) -> str:
    """A span as people read it: 3 d 4 h, 1 h 05 min, 12 min 30 s; the size only, not the sign."""
    seconds = abs(span) // timedelta(seconds=1)
    hours, rest = divmod(seconds, 3600)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    if hours:
        return f"{hours} h {rest // 60:02d} min"
    return f"{rest // 60} min" + (f" {rest % 60:02d} s" if rest % 60 else "")


@dataclass(frozen=True)
class Holding:
    """One hold time of a stage, at a step that must not begin or end after it. `state` is empty before it starts."""

    hold: str
    title: str
    limit_minutes: Decimal
    warn_minutes: Decimal
    runs: tuple[Run, ...]
    now: datetime
    state: str = ""
    #: the deviation that is open about it
    deviation: str = ""

    @property
    def clock(self) -> Clock:
        """Where it stands."""
        return clock(self.runs, self.limit_minutes, self.warn_minutes, self.now)


@rule("HOLD-01", "Within its hold time")
def within_limit(f: Holding) -> Any:
    """What must follow within a time follows within it, or quality assurance lets it continue under a deviation."""
    limit = f"{plain(f.limit_minutes)} min"
    used = told(f.clock.used)
    if f.state == "continued":
        return passed(True), (f"{f.title}: over its {limit}; quality assurance let it continue under "
                              f"{f.deviation or 'a deviation'}."), used, limit, (f.hold,)
    if f.clock.over:
        which = f" Deviation {f.deviation} is open." if f.deviation else ""
        return passed(False), (f"{f.title}: {used} have passed; at most {limit} are allowed.{which} Stop here. Quality "
                               "assurance decides whether it continues."), used, limit, (f.hold,)
    return passed(True), f"{f.title}: {used} of {limit}.", used, limit, (f.hold,)


@rule("HOLD-02", "It ends after it began")
def in_order(f: Holding) -> Any:
    """A time that ends a hold time is not before the time that began it."""
    wrong = [one for one in f.runs if one.started and one.stopped and _utc(one.stopped) < _utc(one.started)]
    if not wrong:
        return passed(True), f"{f.title}: the times are in order.", "", "", (f.hold,)
    one = wrong[0]
    return passed(False), (f"{f.title}: {one.stop} at {one.stopped:%Y-%m-%d %H:%M} UTC lies before {one.start} at "
                           f"{one.started:%Y-%m-%d %H:%M} UTC. One of them is wrong; correct it."), "", "", (f.hold,)


@rule("HOLD-03", "Its start is recorded")
def start_known(f: Holding) -> Any:
    """A hold time that has ended has a recorded start; without one nobody knows how long it was."""
    for one in f.runs:
        if one.stopped:
            need(one.started, f"{f.title}: {one.start} is not recorded, so nobody can say how long it was. "
                              "Record it first.")
    return Verdict.PASS, f"{f.title}: the start is recorded.", "", "", (f.hold,)


TIMES = (in_order,)
HOLDS = (within_limit, in_order, start_known)
