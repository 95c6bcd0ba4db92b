"""Is everything in the batch record that the regulation wants in it? The points of 21 CFR 211.188, as rules.

Pure functions of a batch record. They ask whether something is recorded, not whether it is good: that is for the
limits at entry, for the exceptions and for release. What was never recorded cannot be determined, and is not passed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mfg.facts import Verdict, need, passed, rule
from mfg.labelling.rules import PARTIAL
from mfg.review.batch_record import BatchRecord

SHOWN = 5


def _listed(codes: Iterable[str]) -> str:
    """Some of them by name, the rest as a number: a sentence stays readable."""
    found = list(codes)
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ", ".join(found[:SHOWN]) + more


def _all_or(wrong: list[str], good: str, bad: str) -> Any:
    return passed(not wrong), good if not wrong else f"{bad}: {_listed(wrong)}.", str(len(wrong)), "0"


def _done(f: BatchRecord) -> list[Any]:
    """Steps that were done: neither skipped nor unneeded. None at all cannot be judged."""
    found = [step for step in f.steps if not step.skipped and not step.not_needed]
    need(tuple(found), f"No step of {f.batch} is recorded.")
    return found


@rule("REC-01", "Dates")
def dates(f: BatchRecord) -> Any:
    """Each significant step has its date and time: when it was done and when it was entered (211.188(b)(1))."""
    wrong = [step.code for step in _done(f) if step.done_at is None or step.performed_at is None]
    return _all_or(wrong, "Every step says when it was done.", "Without a time")


@rule("REC-02", "Equipment and lines")
def equipment(f: BatchRecord) -> Any:
    """The major equipment and rooms used are identified (211.188(b)(2))."""
    need(f.equipment, "No equipment or room is recorded for any step; the master record asks for none, or nobody "
                      "scanned it.")
    open_steps = {step.code for step in _done(f) if step.open}
    wrong = sorted(open_steps - {one.step for one in f.equipment})
    return _all_or(wrong, f"{len(f.equipment)} uses of equipment and rooms are recorded.",
                   "Open steps without a room")


@rule("REC-03", "Batches of components")
def components(f: BatchRecord) -> Any:
    """Each batch of component or in-process material used is identified (211.188(b)(3))."""
    need(f.lots, "No lot of any material is recorded.")
    wrong = [f"{one.lot} in {one.step}" for one in f.lots if not one.supplier_lot]
    return _all_or(wrong, f"{len(f.lots)} uses of lots are recorded, each with its supplier's lot.",
                   "Without the supplier's lot")


@rule("REC-04", "Weights and measures")
def measures(f: BatchRecord) -> Any:
    """Weights and measures of what was used in processing are recorded, with their units (211.188(b)(4))."""
    numbers = [one for one in f.standing() if one.kind in ("number", "reading") and one.how != "not applicable"]
    need(tuple(numbers), "No number is recorded in any step.")
    wrong = [one.code for one in numbers if not one.unit]
    return _all_or(wrong, f"{len(numbers)} numbers are recorded, each with its unit.", "Without a unit")


@rule("REC-05", "In-process and laboratory results")
def results(f: BatchRecord) -> Any:
    """In-process and laboratory control results are there: no demanded value is missing (211.188(b)(5))."""
    wrong = [f"{step.code} ({_listed(step.missing)})" for step in _done(f) if step.missing]
    return _all_or(wrong, "Every value the master record demands is there.", "Missing")


@rule("REC-06", "Inspection of the area before and after")
def inspection(f: BatchRecord) -> Any:
    """The area was inspected before and after use, by two people (211.188(b)(6), 211.130)."""
    rooms = {one.room for one in f.clearances}
    need(tuple(rooms), "No line clearance is recorded for this batch.")
    kinds = {(one.room, one.kind) for one in f.clearances if one.confirmed_by}
    wrong = sorted(f"{room} {kind}" for room in rooms for kind in ("before", "after") if (room, kind) not in kinds)
    return _all_or(wrong, f"{len(rooms)} rooms were cleared before and after, by two people each.",
                   "Not cleared by two people")


@rule("REC-07", "Actual and theoretical yield")
def yields(f: BatchRecord) -> Any:
    """Actual yield, and percent of theoretical yield where there is one, at the phases (211.188(b)(7), 211.103)."""
    need(f.yields, "No cell count that gives a yield is recorded.")
    return passed(True), f"{len(f.yields)} counts give a yield; the master record states no theoretical one."


@rule("REC-08", "Labelling control")
def labelling(f: BatchRecord) -> Any:
    """Every filled bag carries a label that was printed, scanned back and put on (211.188(b)(8), 211.125)."""
    bags = [bag.code for bag in f.bags if not bag.withdrawn]
    need(tuple(bags), "No bag is filled yet, so no label can be there.")
    labelled = {one.container for one in f.labels
                if one.voided_at is None and one.state == "applied" and one.layout != PARTIAL}
    return _all_or(sorted(set(bags) - labelled), "Every bag carries one label that stands.",
                   "Bags without a label on them")


@rule("REC-09", "Containers and closures")
def containers(f: BatchRecord) -> Any:
    """Containers and closures are described (211.188(b)(9))."""
    need(f.containers, "No container is recorded.")
    wrong = [one.code for one in f.containers if not one.kind]
    return _all_or(wrong, f"{len(f.containers)} containers are recorded, each with its kind.", "Without a kind")


@rule("REC-10", "Sampling")
def sampling(f: BatchRecord) -> Any:
    """Any sampling performed is recorded: what was taken from where, by whom, when (211.188(b)(10))."""
    need(f.samples, "No sample is recorded.")
    return passed(True), f"{len(f.samples)} samples are recorded."


@rule("REC-11", "Persons performing and checking")
def persons(f: BatchRecord) -> Any:
    """Who performed and who checked each significant step is identified; two people (211.188(b)(11))."""
    wrong = [step.code for step in _done(f)
             if not step.performed_by or not step.verified_by or step.performed_by == step.verified_by]
    return _all_or(wrong, "Every step names who performed and who verified it.",
                   "Not performed by one and checked by another")


@rule("REC-12", "Investigations")
def investigations(f: BatchRecord) -> Any:
    """Any investigation under 211.192 is in the record: each breach has its deviation (211.188(b)(12))."""
    told = {one.on for one in f.deviations} | {one.on.rpartition("/")[0] for one in f.deviations}
    wrong = [one.code for one in f.standing() if one.verdict == Verdict.FAIL.value
             and one.code not in told and one.step not in told]
    wrong += [one.code for one in f.holds if one.breached_at is not None and one.code not in told
              and one.step not in told]
    return _all_or(wrong, f"Every breach has its deviation; {len(f.deviations)} are in the record.",
                   "Breaches without a deviation")


@rule("REC-13", "Examination of the filled bags")
def examination(f: BatchRecord) -> Any:
    """Every filled and labelled bag was examined by a second person (211.188(b)(13), 211.134)."""
    bags = [bag for bag in f.bags if not bag.withdrawn]
    need(tuple(bags), "No bag is filled yet.")
    wrong = [bag.code for bag in bags if not bag.checked_by or bag.checked_by == bag.filled_by]
    return _all_or(wrong, "Every bag was examined by a second person.", "Not examined by a second person")


COMPLETENESS = (dates, equipment, components, measures, results, inspection, yields, labelling, containers, sampling,
                persons, investigations, examination)
