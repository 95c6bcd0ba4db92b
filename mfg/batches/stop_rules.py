"""What a stop on a dose, or on all doses of a batch, holds up. Pure.

A stop is set in the act that found its cause, holds at every door, and is lifted by quality assurance only when its
cause is settled. Where a dose is asked about, the rule stands in release too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import need, passed, rule

#: a bag of a dose in one of these states goes nowhere but back
STOPPED_STATES = frozenset({"revoked", "released then failed"})


@dataclass(frozen=True)
class StopFact:
    """One stop that stands."""

    code: str
    cause: str
    why: str


@dataclass(frozen=True)
class Stopped:
    """A dose, or a bag of it, with the stops that stand on it. `stops` None: not known."""

    what: str
    dose_state: str
    stops: tuple[StopFact, ...] | None


@rule("STOP-01", "Nothing stops the dose")
def nothing_stops(f: Stopped) -> Any:
    """A dose that was stopped, revoked or failed after its release goes through no door, and neither do its bags
    (domain dossier 4.4, rule 3a)."""
    if f.stops is None:
        need(None, f"Whether anything stops {f.what} is not known.")
    stops = f.stops or ()
    told = [f"{one.code} on {one.cause}: {one.why}" for one in stops]
    told += [f"its dose is {f.dose_state}"] if f.dose_state in STOPPED_STATES else []
    return passed(not told), ("Nothing stops it." if not told else
                              f"{f.what} is stopped: {'; '.join(told)}. Set it apart and call QA."), \
        str(len(told)), "0", tuple(one.code for one in stops)


@dataclass(frozen=True)
class Lifting:
    """A stop about to be lifted. `unsettled`: why its cause is not settled, each as a sentence."""

    code: str
    unsettled: tuple[str, ...]


@rule("STOP-02", "The cause of a stop is settled before it is lifted")
def cause_settled(f: Lifting) -> Any:
    """A stop is lifted only when what caused it was proven to be no fault of the product, and its deviations are closed
    (domain dossier 4.6, rule 7)."""
    return passed(not f.unsettled), " ".join(f.unsettled) or f"What caused {f.code} is settled."


STOPS = (nothing_stops,)
LIFT = (cause_settled,)
