"""What must be true before one value is recorded, left out or skipped, with its time of reading. Pure.

The limits of a value stand in its field and are judged in `values.py`; what a whole step needs is `rules.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mfg.batches.rules import LATE
from mfg.facts import need, passed, rule


@dataclass(frozen=True)
class Entering:
    """One value about to be recorded: when it was read, and from which sheet of paper if it stood on one."""

    what: str
    read_at: datetime
    now: datetime
    opened_at: datetime
    reason: str
    #: the number of the sheet; empty: read at the work itself
    paper: str = ""
    #: the time of reading was said, not taken from the clock
    said: bool = True


@rule("ENT-01", "Read before it is entered")
def read_in_the_past(f: Entering) -> Any:
    """A value is entered after it was read (ALCOA: contemporaneous)."""
    read, now = f"{f.read_at:%Y-%m-%d %H:%M}", f"{f.now:%Y-%m-%d %H:%M}"
    ok = f.read_at <= f.now
    return passed(ok), (f"Read {read} UTC." if ok else f"{f.what} is said to be read {read} UTC, which has not come "
                        f"yet; it is {now} UTC. Enter when it was read."), read, now


@rule("ENT-02", "A late value says why")
def late_value_has_reason(f: Entering) -> Any:
    """A value entered more than 15 minutes after it was read says why (ALCOA: contemporaneous)."""
    late = f.now - f.read_at > LATE
    ok = not late or bool(f.reason)
    minutes = int((f.now - f.read_at).total_seconds() // 60)
    return passed(ok), (f"Entered {minutes} min after it was read{': ' + f.reason if late else ''}." if ok else
                        f"{f.what} was read {minutes} min ago; more than 15 min is late. Say why it is late."), \
        f"{minutes} min", "15 min"


@rule("ENT-03", "Read after the batch was opened")
def read_after_opening(f: Entering) -> Any:
    """No value of a batch was read before its record was issued (21 CFR 211.188)."""
    read, opened = f"{f.read_at:%Y-%m-%d %H:%M}", f"{f.opened_at:%Y-%m-%d %H:%M}"
    ok = f.read_at >= f.opened_at
    return passed(ok), (f"Read {read} UTC." if ok else f"The batch was opened {opened} UTC; {f.what} cannot have been "
                        f"read {read} UTC. Enter when it was read."), read, opened


@rule("ENT-04", "What comes from paper says when it was read")
def paper_has_its_time(f: Entering) -> Any:
    """A value transcribed from a sheet carries the time that stands on the sheet, not the time of typing
    (EU GMP Annex 11, 16: continuity)."""
    ok = not f.paper or f.said
    return passed(ok), (f"From sheet {f.paper}." if ok and f.paper else "Read at the work itself." if ok else
                        f"{f.what} comes from sheet {f.paper}. Enter the time that stands on the sheet, too."), f.paper


ENTER = (read_in_the_past, late_value_has_reason, read_after_opening, paper_has_its_time)


@dataclass(frozen=True)
class LeavingOut:
    """A step about to be skipped, or a value about to be called not applicable."""

    what: str
    #: the master record lets it be left out
    optional: bool
    #: values entered already
    entered: tuple[str, ...]


@rule("ENT-05", "Only what is optional is left out")
def may_be_left_out(f: LeavingOut) -> Any:
    """Only a step or value that the master record calls optional is left out, with a reason and a signature."""
    ok = f.optional
    return passed(ok), (f"{f.what} is optional." if ok else
                        f"{f.what} is not optional in the master record. Do it; when it cannot be done, ask the "
                        "supervisor, and open a deviation."), "", "", (f.what,)


@rule("ENT-06", "Nothing that was entered is left out")
def nothing_entered(f: LeavingOut) -> Any:
    """What was entered already stays and is not called left out: it is corrected instead."""
    ok = not f.entered
    return passed(ok), ("Nothing was entered." if ok else
                        f"{f.what}: {', '.join(f.entered)} was entered already. Correct it with a reason, or finish "
                        "the step."), str(len(f.entered)), "0", (f.what,)


LEAVE_OUT = (may_be_left_out, nothing_entered)


@dataclass(frozen=True)
class TakingUp:
    """A skipped step about to be done after all."""

    step: str
    #: later steps that somebody has begun
    begun_after: tuple[str, ...]


@rule("ENT-09", "Nothing after it has begun")
def nothing_begun_after(f: TakingUp) -> Any:
    """A skipped step is done after all only while no step after it has begun: steps are done in order."""
    ok = not f.begun_after
    return passed(ok), (f"No step after {f.step} has begun." if ok else
                        f"{', '.join(f.begun_after[:4])} has begun, which comes after {f.step}. It stays skipped; open "
                        "a deviation if it was needed."), str(len(f.begun_after)), "0", (f.step,)


TAKE_UP = (nothing_begun_after,)


@dataclass(frozen=True)
class TakingOver:
    """A step about to change hands."""

    step: str
    responsible: str | None
    taker: str
    state_seen: str


@rule("ENT-07", "Another person takes over")
def another_takes_over(f: TakingOver) -> Any:
    """A step is taken over from the person responsible for it, by another one."""
    ok = f.responsible != f.taker
    return passed(ok), (f"{f.step} changes hands." if ok else
                        f"You are responsible for {f.step} already. Go on, or let another person take over."), \
        f.taker, f.responsible or "nobody", (f.step,)


@rule("ENT-08", "Whoever takes over says what they saw")
def state_is_named(f: TakingOver) -> Any:
    """Whoever takes a step over says in which state they found it."""
    said = need(f.state_seen.strip(), f"Say in which state you found {f.step}.")
    return passed(True), f"Found: {said}.", "", "", (f.step,)


TAKE_OVER = (another_takes_over, state_is_named)
