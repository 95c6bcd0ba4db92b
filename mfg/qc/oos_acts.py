"""What is done with an out-of-specification result: investigated by the laboratory, judged by quality assurance.

It is opened by saving the failing result (`oos_opening.py`); testing again in a slot is `slot_acts.py`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.db import next_code
from mfg.facts import Verdict, judge, refuse_unless
from mfg.ledger import Doing, Who, act, fresh
from mfg.qc.oos_opening import open_slot, retests_allowed
from mfg.qc.oos_records import (
    HypothesisMeasurement,
    LaboratoryCheck,
    LaboratoryInvestigation,
    Oos,
    investigations_of,
    measurements_of,
    slots_of,
)
from mfg.qc.oos_records import oos as oos_of
from mfg.qc.oos_rules import (
    CHECKLIST,
    CONCLUDE,
    IMPACT,
    INVALIDATE,
    INVESTIGATE,
    JUDGE,
    OOS,
    PHASE_TWO,
    RECORD_INVESTIGATION,
    Concluding,
    Extending,
    Hand,
    Invalidating,
    Investigated,
)
from mfg.qc.records import Result, specification_of
from mfg.qc.records import result as result_of
from mfg.quality.records import affected_by
from mfg.recipes.specification import Test


def test_of(session: Session, row: Oos) -> Test:
    """The test of the specification that the batch pins."""
    asked = specification_of(session, row.batch).test(row.test)
    assert asked is not None  # the result was judged by it
    return asked


def results_in(session: Session, row: Oos) -> list[Result]:
    """The failing result and every one recorded in its slots, in that order."""
    used = [one.result for one in slots_of(session, row) if one.result]
    return [result_of(session, code) for code in (row.result, *used)]


def hand_of(session: Session, row: Oos, by: str) -> Hand:
    """Who tested and who investigated so far, and who comes now."""
    looked = {*(one.by for one in investigations_of(session, row.code)),
              *(one.by for one in measurements_of(session, row.code)), *([row.begun_by] if row.begun_by else [])}
    return Hand(row.code, by, tuple(sorted({one.tested_by for one in results_in(session, row)})), tuple(sorted(looked)))


def _begun(session: Session, doing: Doing, code: str, seen: str | None, verb: str = "") -> tuple[Oos, str]:
    """The OOS as the person saw it, and the state that the verb, or the conclusion, moves it to."""
    row = oos_of(session, code)
    fresh(row, seen)
    doing.within, doing.result = row.batch, row.code
    return row, OOS.after(verb or doing.verb.name, row.state)


def begin_laboratory_investigation(session: Session, who: Who, *, oos: str, seen: str | None = None) -> str:
    """A reviewer who did not test begins phase I. Returns the code of the OOS."""
    with act(session, "begin laboratory investigation", on=oos, **who.how) as doing:
        row, _ = _begun(session, doing, oos, seen)
        refuse_unless(judge(INVESTIGATE, hand_of(session, row, doing.by.code)))
        if row.begun_at is None:
            row.begun_by, row.begun_at = doing.by.code, doing.at
    return doing.result


def record_measurement(session: Session, who: Who, *, oos: str, hypothesis: str, value: str) -> str:
    """A kept preparation measured again for investigation only; it is no result. Returns the code of the OOS."""
    with act(session, "record hypothesis measurement", on=oos, **who.how) as doing:
        row, _ = _begun(session, doing, oos, None)
        code = next_code(session, HypothesisMeasurement, "HM", 4)
        session.add(HypothesisMeasurement(code=code, oos=row.code, hypothesis=hypothesis, value=value, by=doing.by.code,
                                          at=doing.at))
        doing.signs({"measurement": code, "oos": row.code, "hypothesis": hypothesis, "value": value})
    return doing.result


def record_laboratory_investigation(session: Session, who: Who, *, oos: str, outcome: str, error: str = "",
                                    seen: str | None = None, **told: str) -> str:
    """Every point of the checklist answered, and the outcome. `told` has each point and, as `<point>_found`, its words.

    Returns the code of the OOS.
    """
    with act(session, "record laboratory investigation", on=oos, **who.how) as doing:
        row, _ = _begun(session, doing, oos, seen)
        answers = {point: told.get(point, "") for point in CHECKLIST}
        words = {point: told.get(f"{point}_found", "") for point in CHECKLIST}
        refuse_unless([*judge(INVESTIGATE, hand_of(session, row, doing.by.code)), *judge(
            RECORD_INVESTIGATION, Investigated(row.code, row.begun_at is not None, answers, words, outcome, error))])
        kept = LaboratoryInvestigation(
            code=next_code(session, LaboratoryInvestigation, "LI", 4), oos=row.code, outcome=outcome, error=error,
            number=len(investigations_of(session, row.code)) + 1, by=doing.by.code, at=doing.at)
        session.add(kept)
        session.flush()
        for point in CHECKLIST:
            session.add(LaboratoryCheck(code=f"{kept.code}-{point}", investigation=kept.code, point=point,
                                        answer=answers[point], found=words[point]))
        doing.signs({"investigation": kept.code, "oos": row.code, "answers": answers, "found": words,
                     "outcome": outcome, "error": error})
    return doing.result


def invalidate_result(session: Session, who: Who, *, oos: str, others_affected: str, others_looked_at: str,
                      seen: str | None = None) -> str:
    """The result does not stand, for the laboratory error that phase I assigned; one repeat may be done.

    The result stays visible as it is. Returns the code of the OOS.
    """
    with act(session, "invalidate result", on=oos, **who.how) as doing:
        row, state = _begun(session, doing, oos, seen)
        found = investigations_of(session, row.code)
        last = found[-1] if found else None
        error = last.error if last else ""
        refuse_unless([
            *judge(JUDGE, hand_of(session, row, doing.by.code)),
            *judge(INVALIDATE, Invalidating(row.code, row.result, last.outcome if last else None, error)),
            *judge(IMPACT, _concluding(session, row, "invalidated", error, others_affected, others_looked_at))])
        _conclude(doing, row, state, error, others_affected, others_looked_at)
        _invalidate(session, doing, row)
    return doing.result


def open_phase_two(session: Session, who: Who, *, oos: str, review: str, plan: str, seen: str | None = None) -> str:
    """No laboratory error: manufacturing is reviewed, and the retests the specification fixed are opened, no more.

    Returns the code of the OOS.
    """
    with act(session, "open phase two", on=oos, **who.how) as doing:
        row, state = _begun(session, doing, oos, seen)
        found, asked = investigations_of(session, row.code), test_of(session, row)
        many = retests_allowed(session, row, asked)
        refuse_unless([*judge(JUDGE, hand_of(session, row, doing.by.code)), *judge(PHASE_TWO, Extending(
            row.code, found[-1].outcome if found else None, review, plan, many, asked.retest_policy))])
        row.state, row.review, row.plan, row.retests, row.policy = state, review, plan, many, asked.retest_policy
        row.phase_two_by, row.phase_two_at = doing.by.code, doing.at
        for number in range(1, many + 1):
            open_slot(session, doing, row.result, "retest", f"Phase II, by {row.policy}.", of_oos=row.code,
                      number=number, many=many)
        doing.signs({"oos": row.code, "review": review, "plan": plan, "retests": many, "policy": row.policy})
    return doing.result


def allow_resample(session: Session, who: Who, *, oos: str, seen: str | None = None) -> str:
    """The original sample was unrepresentative, for the reason given: one new sample may be tested.

    Returns the code of the OOS.
    """
    with act(session, "allow resample", on=oos, **who.how) as doing:
        row, _ = _begun(session, doing, oos, seen)
        refuse_unless(judge(JUDGE, hand_of(session, row, doing.by.code)))
        open_slot(session, doing, row.result, "resample", doing.how.reason, of_oos=row.code)
        doing.signs({"oos": row.code, "sample": row.sample, "why": doing.how.reason})
    return doing.result


def conclude_oos(session: Session, who: Who, *, oos: str, conclusion: str, cause: str = "", others_affected: str,
                 others_looked_at: str, seen: str | None = None) -> str:
    """Quality assurance concludes: confirmed, or invalidated for a recorded root cause. Returns the code of the OOS."""
    with act(session, "conclude OOS", on=oos, **who.how) as doing:
        row, state = _begun(session, doing, oos, seen, conclusion)
        refuse_unless([
            *judge(JUDGE, hand_of(session, row, doing.by.code)),
            *judge(CONCLUDE, _concluding(session, row, conclusion, cause, others_affected, others_looked_at))])
        _conclude(doing, row, state, cause, others_affected, others_looked_at)
        if conclusion == "invalidated":
            _invalidate(session, doing, row)
    return doing.result


def _concluding(session: Session, row: Oos, conclusion: str, cause: str, others: str, looked_at: str) -> Concluding:
    original, *further = results_in(session, row)
    failing = tuple(one.code for one in further if one.verdict == Verdict.FAIL.value and one.invalidated_at is None)
    waiting = tuple(one.code for one in (original, *further) if one.state != "reviewed")
    named = tuple(one.record for one in affected_by(session, row.deviation) if one.lifted_at is None)
    return Concluding(row.code, conclusion, cause, others, looked_at, failing, waiting, named)


def _invalidate(session: Session, doing: Doing, row: Oos) -> None:
    """Mark the result and open its repeat, unless a resample that was allowed takes its place."""
    result = result_of(session, row.result)
    result.invalidated_by, result.invalidated_at = doing.by.code, doing.at
    if not any(one.kind == "resample" for one in slots_of(session, row)):
        open_slot(session, doing, row.result, "repeat", f"{row.result} was invalidated by {row.code}.", of_oos=row.code)


def _conclude(doing: Doing, row: Oos, state: str, cause: str, others: str, looked_at: str) -> None:
    row.state, row.cause, row.others_affected, row.others_looked_at = state, cause.strip(), others, looked_at
    row.concluded_by, row.concluded_at = doing.by.code, doing.at
    doing.signs(signed(row) | {"conclusion": row.state, "cause": cause, "others_affected": others,
                               "others_looked_at": looked_at, "why": doing.how.reason})


def signed(row: Oos) -> dict[str, Any]:
    """What every conclusion covers."""
    return {"oos": row.code, "result": row.result, "sample": row.sample, "batch": row.batch, "dose": row.dose,
            "test": row.test, "deviation": row.deviation}
