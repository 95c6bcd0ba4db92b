"""What must be true before a product quality review is signed. Pure. What it says is counted in `quality_parts.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from mfg.facts import need, passed, rule

SHORTEST = 20
#: a review is made at least yearly; a few days more let it follow a calendar
LONGEST = timedelta(days=400)


@dataclass(frozen=True)
class Signing:
    """A review about to be signed at `at`."""

    first: date | None
    last: date | None
    ends: datetime | None
    conclusion: str
    at: datetime


@dataclass(frozen=True)
class Seen:
    """What the person saw and what is there now, as hashes of the facts."""

    seen: str | None
    now: str


@rule("TRD-10", "The period of a product quality review is over")
def period_over(f: Signing) -> Any:
    """A review covers a period with both its days named, that is over, and at most about a year (EU GMP 1.10)."""
    first = need(f.first, "The first day of the period is not given. Choose it.")
    last, ends = need(f.last, "The last day of the period is not given. Choose it."), need(f.ends, "No end is given.")
    if last - first > LONGEST:
        return passed(False), f"{first} to {last} is longer than {LONGEST.days} days; choose about a year at most."
    ok = first <= last and ends <= f.at
    return passed(ok), (f"{first} to {last}." if ok else
                        f"{first} to {last} is not over; it is {f.at:%Y-%m-%d %H:%M} UTC. A period that is over was "
                        "expected: what happens today would be missing in it.")


@rule("TRD-11", "A product quality review concludes")
def concludes(f: Signing) -> Any:
    """Whoever signs says what follows: whether the process is in control and what shall be done (EU GMP 1.11)."""
    text = need(f.conclusion.strip() or None, "No conclusion is written. Say whether the process is in control.")
    ok = len(text) >= SHORTEST
    return passed(ok), ("Concluded." if ok else
                        f"“{text}” says too little; at least {SHORTEST} characters were expected.")


@rule("TRD-12", "What is signed is what was seen")
def as_seen(f: Seen) -> Any:
    """The facts are the same as when the person looked at them (21 CFR 11.70)."""
    seen = need(f.seen, "Say which facts you saw: send the hash of the review that was shown.")
    ok = seen == f.now
    return passed(ok), ("They are the same." if ok else
                        "Something of this period has changed since you looked at it; nothing was signed. Look at the "
                        "review again.")


SIGN = (period_over, concludes)
SAME = (as_seen,)
