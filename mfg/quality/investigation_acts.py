"""What is found out about a deviation: versions of its investigation, what else it affects, doses it does not touch."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mfg.codes import own
from mfg.facts import Refused, Verdict, judge, refuse_unless
from mfg.ledger import Doing, Who, act, fresh
from mfg.quality.cases import (
    codes_in,
    known,
    name_affected_records,
    standing_affected,
    withdraw_no_impacts,
    worked_on,
)
from mfg.quality.records import (
    Affected,
    Deviation,
    Investigation,
    NoImpact,
    investigations_of,
    no_impacts_of,
    recurrence_of,
)
from mfg.quality.records import deviation as record_of
from mfg.quality.rules import (
    DEVIATION,
    INVESTIGATE,
    NO_IMPACT,
    OPEN,
    OTHERS,
    STILL_OPEN,
    Answer,
    Case,
    NoImpactCase,
    Opening,
    Touching,
)


def investigate_deviation(session: Session, who: Who, *, deviation: str, findings: str, root_cause: str = "",
                          method: str = "", product_impact: str = "", patient_impact: str = "",
                          others_affected: str = "not known", others: str = "", others_why: str = "",
                          seen: str | None = None) -> str:
    """Write a version of the investigation; earlier ones stay. Returns the deviation's code.

    `others` names the other batches, doses or recipients affected, by code; they are held from now on. What is not
    known yet may be left blank: it is asked for when the deviation is submitted.
    """
    with act(session, "investigate deviation", on=deviation, **who.how) as doing:
        row = record_of(session, deviation)
        fresh(row, seen)
        doing.within = row.within
        row.state = DEVIATION.after("investigate deviation", row.state)
        refuse_unless(judge(INVESTIGATE, Case(row.code, row.classified_by)))
        named = codes_in(others)
        _answer(session, row, others_affected, named, others_why)
        told = {"findings": findings, "root_cause": root_cause, "method": method, "product_impact": product_impact,
                "patient_impact": patient_impact, "others_affected": others_affected, "others_why": others_why,
                "recurrence": recurrence_text(session, row)}
        row.stands = len(investigations_of(session, row.code)) + 1
        session.add(Investigation(code=f"{row.code}-I{row.stands}", deviation=row.code, number=row.stands,
                                  by=doing.by.code, at=doing.at, **told))
        name_affected_records(session, doing, row, named, others_why)
        gone = withdraw_no_impacts(session, doing, row)
        doing.signs(told | {"deviation": row.code, "number": row.stands, "severity": row.severity, "others": named,
                            "withdrawn": gone})
        doing.result = row.code
    return doing.result


def recurrence_text(session: Session, row: Deviation) -> str:
    """The codes of the same class in the year before, or the words that there is none."""
    codes = [one.code for one in recurrence_of(session, row)]
    shown = ", ".join(codes[:100]) + (f" and {len(codes) - 100} more" if len(codes) > 100 else "")
    return shown or "none in the 12 months before"


def _answer(session: Session, row: Deviation, answer: str, named: tuple[str, ...], why: str) -> None:
    """An answer has to be sound when it is given; that none is known yet may wait until it is submitted."""
    unknown = tuple(code for code in named if not known(session, code))
    standing = tuple(one.record for one in standing_affected(session, row.code))
    found = judge(OTHERS, Answer(row.code, answer, named, why, unknown, standing))
    if answer != "not known" or any(one.verdict is Verdict.FAIL for one in found):
        refuse_unless(found)


def name_affected(session: Session, who: Who, *, deviation: str, record: str, why: str, seen: str | None = None) -> str:
    """Name another batch, dose or recipient that the deviation touches. It is held from now on. Its row's code."""
    how = who.how | {"reason": who.reason or why}
    with act(session, "name affected", on=deviation, **how) as doing:
        row = _touched(session, doing, deviation, seen)
        codes = codes_in(record)
        for code in codes or ("",):
            refuse_unless(judge(OPEN, Opening(code, known(session, code))))
        made = name_affected_records(session, doing, row, codes, why)
        if not made:
            raise Refused(f"{', '.join(codes)} stands as affected by {row.code} already.")
        doing.result = row.code
    return doing.result


def lift_affected(session: Session, who: Who, *, deviation: str, affected: str, seen: str | None = None) -> str:
    """Quality assurance finds that something named is not affected, with the reason. Returns the deviation's code."""
    with act(session, "lift affected", on=deviation, **who.how) as doing:
        row = _touched(session, doing, deviation, seen)
        found = session.get(Affected, affected)
        if found is None or found.deviation != row.code:
            raise Refused(f"“{affected}” is not among what {row.code} affects.", kind="not found")
        if found.lifted_at is not None:
            raise Refused(f"{found.record} was taken off {found.lifted_at:%Y-%m-%d %H:%M} UTC already.")
        found.lifted_by, found.lifted_at, found.lifted_why = doing.by.code, doing.at, doing.how.reason
        doing.signs({"deviation": row.code, "affected": found.code, "record": found.record, "why": doing.how.reason})
        doing.result = row.code
    return doing.result


def find_no_impact(session: Session, who: Who, *, deviation: str, dose: str, why: str, seen: str | None = None) -> str:
    """Find that one dose is not touched while the investigation goes on. Returns the deviation's code.

    It lets the dose pass REL-07 until the deviation is investigated or judged again, which withdraws it.
    """
    how = who.how | {"reason": who.reason or why}
    with act(session, "find no impact", on=deviation, **how) as doing:
        row = _touched(session, doing, deviation, seen)
        (code,) = codes_in(dose) if len(codes_in(dose)) == 1 else (dose,)
        is_dose = own.kind_of(code) == "dose" and known(session, code)
        refuse_unless(judge(NO_IMPACT, NoImpactCase(
            row.code, row.severity, row.classified_by, code, is_dose, why, doing.by.code, row.opened_by,
            worked_on(session, row))))
        before = no_impacts_of(session, row.code)
        if any(one.dose == code and one.withdrawn_at is None for one in before):
            raise Refused(f"That {row.code} has no impact on {code} is found already, and stands.")
        doing.on = f"{row.code}-N{len(before) + 1}"
        session.add(NoImpact(code=doing.on, deviation=row.code, dose=code, severity=row.severity, why=why,
                             found_by=doing.by.code, found_at=doing.at, withdrawn_why=""))
        doing.signs({"finding": doing.on, "deviation": row.code, "what": row.what, "severity": row.severity,
                     "investigation": row.stands, "dose": code, "why": why})
        doing.result = row.code
    return doing.result


def _touched(session: Session, doing: Doing, code: str, seen: str | None) -> Deviation:
    """The deviation of an act that adds to it without moving it."""
    row = record_of(session, code)
    fresh(row, seen)
    doing.within = row.within
    refuse_unless(judge(STILL_OPEN, Touching(row.code, row.state)))
    row.added_at = doing.at
    return row
