"""When a result may be recorded: once outside, and again only in a slot that somebody opened beforehand. Pure.

A slot is a place for one result more. “repeat set” follows replicates that lie too far apart to give a reportable
value; “repeat” an invalidated result; “retest” a phase II, in the number fixed by the specification; “resample” a
sample that quality assurance found unrepresentative.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import Refused, Verdict, need, passed, rule
from mfg.qc.rules import judged, mean, numbers_in, replicates
from mfg.recipes.specification import Test

SLOTS = ("repeat set", "repeat", "retest", "resample")
#: kind of slot -> the states of its OOS in which it may be used; a repeat set has no OOS
USABLE: dict[str, tuple[str | None, ...]] = {
    "repeat set": (None,), "repeat": ("invalidated",), "retest": ("phase II",),
    "resample": ("phase II", "invalidated")}
#: kinds whose result takes the place of the one before, once that does not stand any more
TAKES_PLACE = ("repeat set", "repeat", "resample")


def scattered(asked: Test, value: str) -> bool:
    """Do replicates fail only because they lie too far apart? Then there is no reportable value, and no OOS yet. A mean
    outside the limits is one, however the replicates lie.

    >>> from decimal import Decimal
    >>> count = Test("c", "Count", "m", "dose", "replicates", "before", replicates=3, max_cv_percent=Decimal(15))
    >>> scattered(count, "1; 2; 9"), scattered(count, "5; 5; 5")
    (True, False)
    """
    try:
        if asked.kind != "replicates" or judged(asked, value) is not Verdict.FAIL:
            return False
    except Refused:
        return False  # what cannot be read is no set of replicates
    return asked.limits is None or asked.limits.holds(mean(replicates(value)))


@dataclass(frozen=True)
class Answering:
    """A result about to be recorded outside any slot.

    `before` is the result this very sample already has. `failing` are failing results for the same test of these cells:
    of the same container, of what it came from or of what was made of it, which nothing has taken the place of.
    """

    sample: str
    test: str
    before: str | None = None
    failing: tuple[str, ...] = ()


@rule("OOS-20", "A further result needs a slot")
def outside_is_once(f: Answering) -> Any:
    """One sample answers a test once, and cells that failed a test are tested again only in a slot opened beforehand:
    nobody tests into compliance (FDA OOS guidance IV.B; 21 CFR 211.165(f))."""
    if f.before:
        return Verdict.FAIL, (f"Sample {f.sample} already has the result {f.before} for {f.test}; it stays. It is "
                              "tested again only in a slot, and every result counts.")
    ok = not f.failing
    return passed(ok), ("The first result of these cells." if ok else
                        f"{f.test} of these cells has failed ({', '.join(f.failing)}); it stays. Another sample of "
                        "them is tested only in a slot that its OOS opens, and every result counts.")


@dataclass(frozen=True)
class Using:
    """A slot about to be used: what it is for, and the sample and person that come."""

    slot: str
    kind: str
    used_by: str | None
    oos_state: str | None
    sample: str
    original: str
    #: the new sample: of the same container, and for the same dose and fill; taken after the slot was opened
    same_container: bool
    same_subject: bool
    taken_after: bool
    by: str
    first_analyst: str
    test: Test
    value: str
    #: result of this test that the sample already has
    answered: str | None = None


@rule("OOS-21", "The slot is free and may be used now")
def slot_free(f: Using) -> Any:
    """A slot takes one result: its number was fixed before, and none is added (FDA OOS guidance IV.B)."""
    states = USABLE[need(f.kind if f.kind in USABLE else None, f"What {f.slot} is for is not known.")]
    if f.used_by:
        return Verdict.FAIL, (f"{f.slot} holds {f.used_by} already. There are no more of kind {f.kind} than were fixed "
                              "beforehand.")
    ok = f.oos_state in states
    return passed(ok), (f"{f.slot} is free." if ok else
                        f"The OOS is {f.oos_state}; a {f.kind} is recorded in "
                        f"{' or '.join(str(one) for one in states)}.")


@rule("OOS-22", "The slot is for this sample")
def sample_of_slot(f: Using) -> Any:
    """A retest is of the same homogeneous sample; a repeat of it, or of a new sample of the same container where it
    does not keep; a resample is a new one, taken since (FDA OOS guidance IV.B)."""
    if f.answered and f.sample != f.original:
        return Verdict.FAIL, f"Sample {f.sample} already has the result {f.answered}; it stays. Take a new sample."
    if f.sample == f.original:
        ok = f.kind != "resample"
        return passed(ok), ("The original sample." if ok else
                            f"{f.sample} was found unrepresentative. Take a new sample and test that.")
    if f.kind == "retest":
        return Verdict.FAIL, f"A retest is of the original sample {f.original}, not of {f.sample}."
    ok = f.same_subject and f.taken_after and (f.kind == "resample" or f.same_container)
    return passed(ok), ("A new sample for the same." if ok else
                        f"{f.sample} does not stand for {f.original}: a new sample "
                        f"{'for the same dose and fill' if f.kind == 'resample' else 'of the same container'}, taken "
                        "since the slot was opened, was expected.")


@rule("OOS-23", "A retest is done by a second analyst")
def second_analyst(f: Using) -> Any:
    """A retest is done by another analyst than the one whose result is in question (FDA OOS guidance IV.B)."""
    first = need(f.first_analyst, "Who tested first is not known.")
    ok = f.kind != "retest" or f.by != first
    return passed(ok), ("The analyst may test." if ok else
                        f"{f.by} recorded the result in question. A second analyst does the retest.")


@rule("OOS-24", "One set of the method, nothing averaged over results")
def one_set(f: Using) -> Any:
    """Replicates in a slot are one set as the method defines it; results are reported each on its own and never
    averaged with one another (FDA OOS guidance IV.C.1)."""
    if f.test.kind != "replicates":
        return Verdict.PASS, "One value."
    try:
        found = len(numbers_in(f.test, f.value))
    except Refused as refused:
        return Verdict.CANNOT_DETERMINE, f"How many replicates there are cannot be told: {refused.why}"
    ok = found == f.test.replicates
    return passed(ok), (f"{found} replicates, one set." if ok else
                        f"{found} replicates are given; one set of {f.test.title} has {f.test.replicates}. Results of "
                        "several sets are not averaged: enter each set in its own slot.")


OUTSIDE = (outside_is_once,)
USE = (slot_free, sample_of_slot, second_analyst, one_set)
