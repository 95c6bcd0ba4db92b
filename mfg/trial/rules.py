"""What must be true before a recipient is enrolled and before a weight counts. Pure; dose arithmetic is beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from mfg.facts import need, passed, plain, rule

#: above this a reading is taken for a slip of the hand (grams, pounds, a lost decimal point)
HEAVIEST_KG = Decimal(400)


@dataclass(frozen=True)
class Enrolment:
    """One subject about to get a place in a cohort."""

    protocol: str
    protocol_state: str
    cohort: str
    #: cohorts of the protocol and their places; None: the protocol does not say how many
    places: tuple[tuple[str, int | None], ...]
    #: places already taken in this cohort, under every version of the protocol
    taken: int


@rule("TRL-01", "The protocol is effective")
def protocol_effective(f: Enrolment) -> Any:
    """A recipient is enrolled under the effective version of a trial protocol only (ICH E6 4.5)."""
    ok = f.protocol_state == "effective"
    return passed(ok), (f"{f.protocol} is effective." if ok else
                        f"{f.protocol} is {f.protocol_state}, not effective. Enrol under the effective version."), \
        f.protocol_state, "effective", (f.protocol,)


@rule("TRL-02", "The cohort is one of the protocol's")
def cohort_known(f: Enrolment) -> Any:
    """The dose comes from a cohort that the protocol names; nobody types a dose (R32)."""
    names = [name for name, _ in f.places]
    ok = f.cohort in names
    return passed(ok), (f"{f.protocol} has the cohort {f.cohort}." if ok else
                        f"{f.protocol} has no cohort “{f.cohort}”. Choose one of: {', '.join(names) or 'none'}."), \
        f.cohort, ", ".join(names), (f.protocol,)


@rule("TRL-03", "The cohort has a free place")
def place_free(f: Enrolment) -> Any:
    """A cohort takes as many recipients as the protocol says, counted over all its versions (R50)."""
    places = dict(f.places)
    if f.cohort not in places:
        return passed(False), f"There is no cohort “{f.cohort}”, so no place in it either."
    limit = need(places[f.cohort], f"{f.protocol} does not say how many recipients cohort {f.cohort} takes. "
                                   "Ask the sponsor and draft a new version.")
    ok = f.taken < limit
    return passed(ok), (f"{f.taken} of {limit} places of cohort {f.cohort} are taken." if ok else
                        f"Cohort {f.cohort} is full: {f.taken} of {limit} places are taken. A further place "
                        "takes a new version of the protocol."), str(f.taken), str(limit), (f.protocol,)


ENROLMENT = (protocol_effective, cohort_known, place_free)


@dataclass(frozen=True)
class WeightFacts:
    """One body weight about to be recorded. `at` is the time of recording."""

    kg: Decimal
    measured_at: datetime
    at: datetime


@rule("TRL-04", "The weight is one a person can have")
def weight_plausible(f: WeightFacts) -> Any:
    """A body weight is above 0 and at most 400 kg; anything else is a slip of the hand."""
    ok = Decimal(0) < f.kg <= HEAVIEST_KG
    return passed(ok), (f"{plain(f.kg)} kg is plausible." if ok else
                        f"{plain(f.kg)} kg cannot be a body weight; more than 0 and at most {HEAVIEST_KG} kg was "
                        "expected. Read the scale again."), f"{plain(f.kg)} kg", f"0 to {HEAVIEST_KG} kg"


@rule("TRL-05", "The weight was measured before it is recorded")
def weight_not_from_the_future(f: WeightFacts) -> Any:
    """A measurement cannot be later than its recording (ALCOA: contemporaneous)."""
    ok = f.measured_at <= f.at
    said, now = f"{f.measured_at:%Y-%m-%d %H:%M}", f"{f.at:%Y-%m-%d %H:%M}"
    return passed(ok), (f"Measured {said} UTC, recorded {now} UTC." if ok else
                        f"The weight is said to be measured {said} UTC, but it is {now} UTC now. "
                        "Correct date and time."), said, now


WEIGHT = (weight_plausible, weight_not_from_the_future)


@dataclass(frozen=True)
class Answering:
    """One answer of the sponsor about to be recorded."""

    protocol: str
    key: str
    #: values the protocol file only assumes
    assumed: tuple[str, ...]


@rule("TRL-06", "The answer is to an assumed value")
def assumption_known(f: Answering) -> Any:
    """The sponsor's answer is recorded against a value that the protocol file marks as assumed."""
    ok = f.key in f.assumed
    return passed(ok), (f"{f.protocol} assumes “{f.key}”." if ok else
                        f"{f.protocol} assumes no “{f.key}”. Choose one of: {', '.join(f.assumed) or 'none'}."), \
        f.key, ", ".join(f.assumed), (f.protocol,)


ANSWER = (assumption_known,)


def settled(assumed: object, answer: str) -> bool:
    """Has the sponsor answered with exactly the value assumed? Another answer takes a new protocol version."""
    return assumed is not None and str(assumed).strip().casefold() == answer.strip().casefold()
