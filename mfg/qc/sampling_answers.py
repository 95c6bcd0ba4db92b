"""Whether the plan of samples is answered: when its batch is complete, and for one dose before it leaves. Pure.

The failing result of a sample is not asked here but by the release of its dose; nor is an open deviation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mfg.facts import Finding, Verdict, judge, need, rule
from mfg.qc.sampling_facts import DrawnFacts, SamplingFacts, SlotFacts
from mfg.qc.sampling_rules import ARRIVAL, Arriving

UNKNOWN_PLAN = "Whether the master record has a plan of samples is not known."


@dataclass(frozen=True)
class Answering:
    """The samples of a batch about to be declared complete."""

    batch: str
    sampling: SamplingFacts | None


@rule("SMP-12", "Every sample of the plan is answered")
def all_answered(f: Answering) -> Any:
    """A batch is complete only when every sample of its plan was taken, received and tested, or explained as not taken:
    a missing expected test fails the batch (21 CFR 211.165(a), 211.192, 211.194(a))."""
    facts = need(f.sampling, UNKNOWN_PLAN)
    if not facts.planned:
        return Verdict.PASS, "The master record has no plan of samples."
    need(facts.slots, f"No sample of the plan is known for {f.batch}.")
    open_ = [said for slot in facts.slots for said in _unanswered(slot)]
    told = " ".join(open_[:6]) + (f" And {len(open_) - 6} more." if len(open_) > 6 else "")
    return (Verdict.CANNOT_DETERMINE if open_ else Verdict.PASS), \
        told or f"{len(facts.slots)} samples of the plan are answered.", str(len(open_)), "0", (f.batch,)


COMPLETE = (all_answered,)


def standing_of(slot: SlotFacts) -> list[DrawnFacts]:
    """The samples of a slot that count: neither refused nor of an earlier fill."""
    return [one for one in slot.drawn if not one.superseded and one.state != "refused"
            and not (one.state in ("to be witnessed", "disposed") and one.received_at is None)]


def _unanswered(slot: SlotFacts) -> list[str]:
    found = standing_of(slot)
    if slot.explained and not found:
        return []
    if not found:
        return [f"{slot.title} is not taken."]
    told = []
    for one in found:
        if one.received_at is None:
            told.append(f"{one.sample} ({slot.title}) is {one.state}, not received.")
        missing = [test.title for test in one.tests
                   if not (test.begun if test.timing == "conditional-after" else test.ended)]
        if missing or len(one.tests) < len(slot.spec.tests):
            told.append(f"{one.sample} ({slot.title}) has no reviewed result for: "
                        f"{', '.join(missing) or 'a test of the plan'}.")
        if slot.spec.retain_days is not None and not one.stored:
            told.append(f"{one.sample} ({slot.title}) is to be kept, and is not stored.")
    return told


# --- one dose -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ForDose:
    """The samples one dose needs: those of the steps before the harvests and of its own harvest; of every harvest where
    it is not known which one that is."""

    dose: str
    attempt: int
    sampling: SamplingFacts | None
    #: when its last bag was filled: an explanation of before is not of this fill
    filled_at: datetime | None = None


@rule("SMP-15", "Every sample this dose needs was drawn, received in order and answered")
def dose_sampled(f: ForDose) -> Any:
    """Every sample of the plan that the dose needs was drawn of its present fill, or its absence explained; it came to
    the laboratory in time, at its temperature and whole, or a closed deviation says why it may count; and each test
    before release that it is for has its answer (21 CFR 211.165(a), 211.160(b), 211.194(a))."""
    facts = need(f.sampling, UNKNOWN_PLAN)
    if not facts.planned:
        return Verdict.PASS, "The master record has no plan of samples."
    slots = need(tuple(one for one in facts.slots if facts.stage is None or one.stage in (0, facts.stage)),
                 f"No sample of the plan is known for {f.dose}.")
    wrong: list[str] = []
    unknown: list[str] = []
    told: list[str] = []
    for slot in slots:
        failed, open_, well = _of_dose(f, slot)
        wrong, unknown, told = [*wrong, *failed], [*unknown, *open_], [*told, *well]
    codes = tuple(one.sample for slot in slots for one in slot.drawn)
    verdict = Verdict.FAIL if wrong else Verdict.CANNOT_DETERMINE if unknown else Verdict.PASS
    return verdict, " ".join(wrong or unknown or told), str(len(told)), str(len(slots)), codes


SAMPLED = (dose_sampled,)


def _of_dose(f: ForDose, slot: SlotFacts) -> tuple[list[str], list[str], list[str]]:
    """What is wrong, what is not known, and what is well with one sample of the plan, for this dose."""
    mine = [one for one in standing_of(slot)
            if not slot.of_dose or (one.dose, one.attempt) == (f.dose, f.attempt)]
    if not mine:
        return ([], [], [f"{slot.title} was not taken: {slot.explained}."]) if _explained(f, slot) else (
            [], [f"{slot.title} is not taken{f' for fill {f.attempt} of {f.dose}' if slot.of_dose else ''}. Take it, "
                 "or sign why it was not."], [])
    wrong: list[str] = []
    unknown: list[str] = []
    for one in mine:
        arrived, open_ = _arrived(slot, one)
        wrong, unknown = [*wrong, *arrived], [*unknown, *open_, *_tested(slot, one)]
    return wrong, unknown, [] if wrong or unknown else [f"{slot.title}: {', '.join(one.sample for one in mine)}."]


def _explained(f: ForDose, slot: SlotFacts) -> bool:
    """It was signed why nothing was drawn; of a dose, since its present fill."""
    return bool(slot.explained) and slot.explained_at is not None and (
        not slot.of_dose or (f.filled_at is not None and f.filled_at <= slot.explained_at))


def arrival(slot: SlotFacts, one: DrawnFacts) -> tuple[Finding, ...]:
    """What is to say of the arrival of a sample."""
    return judge(ARRIVAL, Arriving(one.sample, slot.spec.receipt_minutes, slot.spec.temperature, one.taken_at,
                                   one.received_at, one.temperature_c, one.condition, one.seal, one.read))


def _arrived(slot: SlotFacts, one: DrawnFacts) -> tuple[list[str], list[str]]:
    """What is wrong or unknown of its arrival. A lapse counts no more once its deviation is closed."""
    found = arrival(slot, one)
    unknown = [said.why for said in found if said.verdict is Verdict.CANNOT_DETERMINE]
    lapses = [said.why for said in found if said.verdict is Verdict.FAIL]
    if not lapses:
        return [], unknown
    if not one.deviations:
        return [*lapses, "No deviation tells of it."], unknown
    open_ = [code for code, ended in one.deviations if not ended]
    return [], unknown + ([*lapses, f"{', '.join(open_)} is not closed yet."] if open_ else [])


def _tested(slot: SlotFacts, one: DrawnFacts) -> Iterable[str]:
    known = {test.id: test for test in one.tests}
    for id in slot.spec.tests:
        test = known.get(id)
        if test is None:
            yield f"Nothing is known of {id} of {one.sample}."
        elif test.timing == "before" and not test.ended:
            yield f"{test.title} of {one.sample} has no reviewed result yet."
        elif test.timing == "conditional-after" and not test.begun:
            yield f"{test.title} of {one.sample} has not begun."
