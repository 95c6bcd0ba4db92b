"""The states of an out-of-specification result, its due moments, and what must be true at each act on it. Pure.

When a result may be recorded at all in or outside a slot stands in `slot_rules.py`. The number of retests is the
specification's, fixed beforehand; nothing here can change it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from mfg.facts import Move, Moves, Verdict, need, passed, rule

#: The two conclusions are the moves of “conclude OOS”.
OOS = Moves("OOS", "phase I", frozenset({"confirmed", "invalidated"}), (
    Move("begin laboratory investigation", frozenset({"phase I"}), "phase I"),
    Move("record laboratory investigation", frozenset({"phase I"}), "phase I"),
    Move("record hypothesis measurement", frozenset({"phase I"}), "phase I"),
    Move("record hypothesis measurement", frozenset({"phase II"}), "phase II"),
    Move("invalidate result", frozenset({"phase I"}), "invalidated"),
    Move("open phase two", frozenset({"phase I"}), "phase II"),
    Move("allow resample", frozenset({"phase II"}), "phase II"),
    Move("confirmed", frozenset({"phase II"}), "confirmed"),
    Move("invalidated", frozenset({"phase II"}), "invalidated"),
))
OPEN = ("phase I", "phase II")
CONCLUSIONS = ("confirmed", "invalidated")
#: working days until phase I has begun, and until quality assurance has concluded (domain dossier 4.6)
START_WITHIN, CONCLUDE_WITHIN = 1, 30
SHORTEST = 10

ERROR, NONE_FOUND = "assignable laboratory error", "none found"
OUTCOMES = (ERROR, NONE_FOUND)
AS_REQUIRED, NOT_AS_REQUIRED, DOES_NOT_APPLY = "as required", "not as required", "does not apply"
ANSWERS = (AS_REQUIRED, NOT_AS_REQUIRED, DOES_NOT_APPLY)
#: what is looked at in phase I, one by one (FDA OOS guidance, III.B)
CHECKLIST: dict[str, str] = {
    "method": "The method was followed as it is written",
    "instrument": "The instrument was qualified, in calibration and fit that day",
    "calculation": "The calculation and its transcription are right",
    "standards": "Standards, kits and reagents were right and in date",
    "controls": "The controls of the run were within their limits",
    "raw_data": "The raw data are whole and show nothing unusual",
    "preparations": "The preparations and the rest of the sample are kept",
}


def working_days_after(moment: datetime, days: int) -> datetime:
    """The end of that many working days after a moment; from then on it is overdue. Monday to Friday, in UTC; public
    holidays are not known here and count as working days, so that a deadline is never later than it should be.

    >>> working_days_after(datetime(2026, 11, 20, 17, tzinfo=UTC), 1).isoformat()  # a Friday: Monday counts
    '2026-11-24T00:00:00+00:00'
    """
    day, left = moment.astimezone(UTC).date(), days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return datetime.combine(day + timedelta(days=1), time(0), UTC)


def conclude_by(opened_at: datetime, shelf_lives: tuple[datetime, ...] = ()) -> datetime:
    """Thirty working days, or before the first dose it holds runs out: a release decision cannot wait longer."""
    ends = [one for one in shelf_lives if one > opened_at]
    return min([working_days_after(opened_at, CONCLUDE_WITHIN), *ends])


def _said(text: str, what: str) -> Any:
    """PASS when a text says something; a blank one cannot be judged."""
    told = need(text.strip() or None, f"{what} is not written. Write it.")
    ok = len(told) >= SHORTEST
    return passed(ok), f"{what} is written." if ok else f"“{told}” is too short: {what.lower()} is asked for."


@dataclass(frozen=True)
class Hand:
    """Somebody about to act on an OOS: who tested its results, and who investigated it."""

    code: str
    by: str
    analysts: tuple[str, ...]
    investigators: tuple[str, ...] = ()


@rule("OOS-01", "The laboratory is investigated by another than who tested")
def not_the_analyst(f: Hand) -> Any:
    """Phase I is led by a reviewer or supervisor who recorded none of the results in question (FDA OOS guidance III.B;
    domain dossier 7.1)."""
    ok = f.by not in need(f.analysts, f"Who tested for {f.code} is not known.")
    return passed(ok), ("Another than who tested." if ok else
                        f"{f.by} recorded a result that {f.code} is about. Another reviewer investigates it.")


@rule("OOS-02", "Quality assurance judges without a hand in it")
def judged_by_another(f: Hand) -> Any:
    """Who tested or investigated an OOS neither invalidates its result nor opens its second phase nor concludes it
    (21 CFR 211.22(a); domain dossier 7.2)."""
    need(f.analysts, f"Who tested for {f.code} is not known.")
    ok = f.by not in (*f.analysts, *f.investigators)
    return passed(ok), ("Judged by another person." if ok else
                        f"{f.by} tested or investigated {f.code}. Another person of quality assurance judges it.")


@dataclass(frozen=True)
class Investigated:
    """What a laboratory investigation found: an answer to every point, and its outcome. `begun`: somebody began it."""

    code: str
    begun: bool
    answers: Mapping[str, str]
    told: Mapping[str, str]
    outcome: str
    error: str = ""


@rule("OOS-03", "Every point of the checklist is answered")
def checklist_answered(f: Investigated) -> Any:
    """Method, instrument, calculation, standards, controls, raw data and kept preparations are each looked at, and what
    is not as required is described (FDA OOS guidance III.B)."""
    if not f.begun:
        return Verdict.CANNOT_DETERMINE, f"Nobody began the laboratory investigation of {f.code}. Begin it first."
    left = [CHECKLIST[one] for one in CHECKLIST if f.answers.get(one) not in ANSWERS]
    if left:
        return Verdict.CANNOT_DETERMINE, f"Not answered: {'; '.join(left)}."
    bare = [CHECKLIST[one] for one in CHECKLIST
            if f.answers[one] == NOT_AS_REQUIRED and not f.told.get(one, "").strip()]
    return passed(not bare), ("Every point is answered." if not bare else
                              f"What was found is not written for: {'; '.join(bare)}.")


@rule("OOS-04", "A laboratory error is assigned, or none was found")
def outcome_documented(f: Investigated) -> Any:
    """An assignable laboratory error is described and shown by a point that is not as required; suspicion is no error
    (FDA OOS guidance III.B)."""
    need(f.outcome if f.outcome in OUTCOMES else None, f"The outcome of {f.code} is not said: {' or '.join(OUTCOMES)}.")
    if f.outcome == NONE_FOUND:
        ok = not f.error.strip()
        return passed(ok), ("No assignable error was found." if ok else
                            "An error is described, and the outcome is that none was found. Say one of the two.")
    told = need(f.error.strip() or None, "Which error it was is not written. Describe it.")
    shown = [one for one in CHECKLIST if f.answers.get(one) == NOT_AS_REQUIRED]
    ok = len(told) >= SHORTEST and bool(shown)
    return passed(ok), ("The error is described and shown." if ok else
                        f"“{told}” is too short for an error." if shown else
                        "An error is described, and every point of the checklist is as required. Answer the point that "
                        "shows it, or say that none was found.")


@dataclass(frozen=True)
class Invalidating:
    """A result about to be invalidated at the end of phase I. `outcome` is that of the newest investigation."""

    code: str
    result: str
    outcome: str | None
    error: str = ""


@rule("OOS-05", "A result is invalidated only for a documented laboratory error")
def error_assigned(f: Invalidating) -> Any:
    """Without an assignable laboratory error the result stands and phase II follows; a passing retest is no error
    (FDA OOS guidance III.B, V.A)."""
    outcome = need(f.outcome, f"The laboratory investigation of {f.code} is not recorded. A reviewer records it first.")
    ok = outcome == ERROR and bool(f.error.strip())
    return passed(ok), (f"{f.error.strip()}" if ok else
                        f"The investigation of {f.code} found no assignable laboratory error, so {f.result} stands. "
                        "Open phase II."), outcome, ERROR


@dataclass(frozen=True)
class Extending:
    """Phase II about to be opened: the review of manufacturing and the plan. `retests` is the specification's."""

    code: str
    outcome: str | None
    review: str
    plan: str
    retests: int
    policy: str


@rule("OOS-06", "Phase II follows a finished phase I")
def phase_one_done(f: Extending) -> Any:
    """Manufacturing is reviewed and testing planned only when the laboratory investigation is recorded (FDA OOS
    guidance IV)."""
    need(f.outcome, f"The laboratory investigation of {f.code} is not recorded. A reviewer records it first.")
    return Verdict.PASS, f"Phase I: {f.outcome}."


@rule("OOS-07", "Manufacturing is reviewed in writing")
def review_written(f: Extending) -> Any:
    """The production record is reviewed and what was found is written (FDA OOS guidance IV.A; 21 CFR 211.192)."""
    return _said(f.review, "The review of manufacturing")


@rule("OOS-08", "Additional testing follows a plan made beforehand")
def plan_written(f: Extending) -> Any:
    """The plan says what is tested again and why; how often is the number the specification fixed beforehand, and it is
    never adjusted to results (FDA OOS guidance IV.B)."""
    found = _said(f.plan, "The plan")
    return (*found[:1], f"{found[1]} Retests: {f.retests}, by {f.policy or 'the specification, which allows none'}.")


@dataclass(frozen=True)
class Concluding:
    """Quality assurance about to conclude. `failing` and `unreviewed` are results in the slots of this OOS."""

    code: str
    conclusion: str
    cause: str
    others_affected: str
    others_looked_at: str
    failing: tuple[str, ...] = ()
    unreviewed: tuple[str, ...] = ()
    #: other batches that its deviation names as affected
    named: tuple[str, ...] = field(default=())


@rule("OOS-09", "Only a cause invalidates a result")
def cause_found(f: Concluding) -> Any:
    """A result is invalidated in phase II only with a recorded root cause; passing retests alone confirm nothing and
    invalidate nothing, and a failing one confirms the result (FDA OOS guidance V.A)."""
    need(f.conclusion if f.conclusion in CONCLUSIONS else None, f"The conclusion on {f.code} is not said.")
    if f.conclusion == "confirmed":
        return Verdict.PASS, "Confirmed: the result stands, and the dose stays blocked."
    if f.failing:
        return Verdict.FAIL, (f"{', '.join(f.failing)} failed as well and stands. {f.code} can only be confirmed, or "
                              "its own OOS is invalidated first.")
    told = need(f.cause.strip() or None, "No root cause is recorded. Passing retests alone do not invalidate a result; "
                                         "without a cause it is confirmed.")
    ok = len(told) >= SHORTEST
    return passed(ok), "The root cause is recorded." if ok else f"“{told}” is too short for a root cause."


@rule("OOS-10", "Every result of the investigation is reviewed")
def all_reviewed(f: Concluding) -> Any:
    """All results are reported and reviewed by a second person before anybody concludes (21 CFR 211.194(a)(8))."""
    return passed(not f.unreviewed), ("Every result is reviewed." if not f.unreviewed else
                                      f"{', '.join(f.unreviewed)} waits for its review. Have it reviewed first.")


@rule("OOS-11", "Other batches are looked at")
def others_looked_at(f: Concluding) -> Any:
    """The conclusion says which other batches were looked at and whether they are affected; those that are stand on the
    deviation (21 CFR 211.192)."""
    need(f.others_affected if f.others_affected in ("yes", "no") else None,
         "Whether other batches are affected is not answered.")
    verdict, why = _said(f.others_looked_at, "Which other batches were looked at")
    if f.others_affected == "yes" and not f.named:
        return Verdict.FAIL, ("Other batches are affected, and the deviation names none. Name them there first, so "
                              "that they are held.")
    return verdict, why


@dataclass(frozen=True)
class OpenOnes:
    """The OOS of a batch about to be declared complete: (code, state). None: nobody looked."""

    batch: str
    oos: tuple[tuple[str, str], ...] | None


@rule("OOS-12", "No OOS of the batch is open")
def none_open(f: OpenOnes) -> Any:
    """A batch is complete only when every out-of-specification result of it is concluded (21 CFR 211.192)."""
    if f.oos is None:
        return Verdict.CANNOT_DETERMINE, f"Whether {f.batch} has an OOS is not known."
    left = [f"{code} is in {state}" for code, state in f.oos if state in OPEN]
    return passed(not left), (f"No OOS of {f.batch} is open." if not left else
                              f"{'; '.join(left)}. Quality assurance concludes each first."), str(len(left)), "0"


INVESTIGATE = (not_the_analyst,)
JUDGE = (judged_by_another,)
RECORD_INVESTIGATION = (checklist_answered, outcome_documented)
INVALIDATE = (error_assigned,)
PHASE_TWO = (phase_one_done, review_written, plan_written)
IMPACT = (all_reviewed, others_looked_at)
CONCLUDE = (cause_found, *IMPACT)
COMPLETE = (none_open,)
