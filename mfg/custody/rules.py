"""When something may change hands, and what is wrong with it when it does. Pure.

What stops a hand-over is a rule of OFFER or TAKE. What is only wrong with it (ARRIVED) is kept, and opens a deviation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mfg.batches.stop_rules import Stopped, nothing_stops
from mfg.custody.limits import BETWEEN_HANDS, BETWEEN_HANDS_SOURCE
from mfg.facts import Limits, Move, Moves, Verdict, need, passed, plain, rule

MOVES = Moves("hand-over", "given", frozenset({"accepted", "refused"}), (
    Move("accept hand-over", frozenset({"given"}), "accepted"),
    Move("refuse hand-over", frozenset({"given"}), "refused"),
))


@dataclass(frozen=True)
class Offered:
    """One thing about to be handed over or packed."""

    thing: str
    #: the open hand-over or running shipment it is in; None: it is in none
    under_way: str | None
    #: who holds it by the records; None: nobody has taken it over yet
    holder: str | None
    giver: str


@rule("CUS-01", "Nothing is handed over twice at once")
def not_under_way(f: Offered) -> Any:
    """What waits to be taken over or is on its way cannot be handed to somebody else (domain dossier 2.6)."""
    return passed(f.under_way is None), (
        f"{f.thing} is in nobody else's hands." if f.under_way is None else
        f"{f.thing} is in {f.under_way} already, which is not ended. End that first.")


@rule("CUS-02", "Who hands it over holds it")
def giver_holds(f: Offered) -> Any:
    """Custody has no gap: who gives is who took it over last (domain dossier 2.6, rule 5)."""
    ok = f.holder in (None, f.giver)
    return passed(ok), (f"{f.thing} is held by who hands it over." if ok else
                        f"{f.thing} is held by {f.holder} by the records, and was handed over by {f.giver}. How it "
                        "came there is not known."), f.giver, f.holder or ""


@dataclass(frozen=True)
class Going:
    """A bag about to change hands, with what stops it, and where it goes."""

    stopped: Stopped
    #: it goes, or is taken, back to quality assurance
    back: bool


@rule("CUS-07", "A stopped bag goes only back to quality assurance")
def only_back(f: Going) -> Any:
    """A bag of a dose that was stopped, revoked or failed after its release changes hands only on its way back to
    quality assurance, who takes it into quarantine (domain dossier 4.4, rules 3a and 4)."""
    found = nothing_stops(f.stopped)
    told = found.value, found.limit, found.sources
    if found.verdict is not Verdict.FAIL:
        return found.verdict, found.why, *told
    return passed(f.back), f"{found.why} It changes hands only back to quality assurance.", *told


OFFER = (not_under_way,)
STOPPED = (only_back,)
HELD = (giver_holds,)


@dataclass(frozen=True)
class Arrived:
    """What the taker reads, held against what the giver said and what was ordered. Degree Celsius."""

    seal_set: str
    seal_read: str
    good: bool
    words: str
    celsius: Decimal | None
    limits: Limits | None


@rule("CUS-03", "The seal is the one that was set")
def same_seal(f: Arrived) -> Any:
    """The taker reads the seal number; another or a broken seal may have been opened on the way (EU GDP 2013, 9.2)."""
    ok = f.seal_set == f.seal_read
    return passed(ok), ("The seal is the one that was set." if ok else
                        f"Seal {f.seal_read or 'none'} was read; {f.seal_set or 'none'} was set."), \
        f.seal_read or "none", f.seal_set or "none"


@rule("CUS-04", "Its condition is good")
def good_condition(f: Arrived) -> Any:
    """No leak, no damage: whoever sees it says so, with words when it is not good (domain dossier 3.3, row 4)."""
    return passed(f.good), "Its condition is good." if f.good else f"Its condition is not good: {f.words}."


@rule("CUS-05", "Its temperature is within the ordered condition")
def warm_enough(f: Arrived) -> Any:
    """The temperature read at the hand-over lies within the ordered limits, inclusive (EU GDP 2013, 9.2)."""
    limits = need(f.limits, "No condition was ordered.")
    celsius = need(f.celsius, "No temperature was read.")
    ok = limits.holds(celsius)
    return passed(ok), f"{plain(celsius)} °C; {limits} was ordered.", f"{plain(celsius)} °C", str(limits)


ARRIVED = (same_seal, good_condition, warm_enough)
GIVEN = (good_condition, warm_enough)


@dataclass(frozen=True)
class Between:
    """The time from one hand to the next. `taken` is None while it waits; `at` is None where no clock may be asked."""

    what: str
    given: datetime
    taken: datetime | None
    at: datetime | None
    allowed: timedelta = BETWEEN_HANDS


@rule("CUS-06", "It is taken over in time")
def taken_in_time(f: Between) -> Any:
    """Between giving and taking lies at most the allowed time (assumed: 1 h); what is not taken over yet, or was taken
    before it was given, nobody can judge (domain dossier 2.6, rule 5; 3.3, row 4)."""
    allowed = f"at most {_hours(f.allowed)} ({BETWEEN_HANDS_SOURCE})"
    until = f.taken or f.at
    if until is not None and until - f.given > f.allowed:
        end = "taken over" if f.taken else "not taken over until"
        return Verdict.FAIL, (f"{f.what}: given {_at(f.given)}, {end} {_at(until)}, {_hours(until - f.given)} later; "
                              f"{allowed}."), _hours(until - f.given), _hours(f.allowed)
    if f.taken is None:
        return Verdict.CANNOT_DETERMINE, f"{f.what}: given {_at(f.given)} and not taken over yet; {allowed}."
    if f.taken < f.given:
        return Verdict.CANNOT_DETERMINE, (f"{f.what}: given {_at(f.given)} and taken over {_at(f.taken)}, before that. "
                                          "A clock was set back; how long it took is not known.")
    return Verdict.PASS, f"{f.what}: {_hours(f.taken - f.given)} between the two.", _hours(f.taken - f.given), \
        _hours(f.allowed)


def _hours(span: timedelta) -> str:
    minutes = span // timedelta(minutes=1)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


BETWEEN = (taken_in_time,)
