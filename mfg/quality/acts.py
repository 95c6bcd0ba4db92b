"""What is done with deviations: opened, confirmed, judged, submitted, closed, voided, reopened.

Those that the system opens come to be inside the act that breached the limit: `records.draft()`. What is found out
about them stands in `investigation_acts.py`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from mfg.facts import Refused, judge, refuse_unless
from mfg.ledger import Doing, Who, act, fresh
from mfg.quality.capa_records import capas_of
from mfg.quality.cases import (
    answer_of,
    case_of,
    codes_in,
    ever_critical,
    known,
    name_affected_records,
    withdraw_no_impacts,
    worked_on,
)
from mfg.quality.records import Deviation, draft
from mfg.quality.records import deviation as record_of
from mfg.quality.rules import (
    CLASSIFY,
    CLOSE,
    DEVIATION,
    DUE,
    EXTEND,
    OPEN,
    OTHERS,
    STILL_OPEN,
    SUBMIT,
    VOID,
    Classifying,
    Closing,
    Extending,
    Opening,
    Touching,
    Voiding,
)


def open_deviation(session: Session, who: Who, *, within: str, on_code: str, severity: str, what: str,
                   kind: str = "other", requirement: str = "", immediate: str = "", place: str = "",
                   happened_at: datetime | None = None, affected: str = "") -> str:
    """Open a deviation on a record of a batch, donor or recipient. Returns its code.

    What happened is the reason of the act: it is written once and stands in both. `affected` names other batches,
    doses or recipients it touches, by their codes. A critical class is critical whatever `severity` says.
    """
    how = who.how | {"reason": who.reason or what}
    with act(session, "open deviation", on=on_code, within=within, **how) as doing:
        refuse_unless(judge(OPEN, Opening(within, known(session, within))))
        others = codes_in(affected)
        for code in others:
            refuse_unless(judge(OPEN, Opening(code, known(session, code))))
        row = draft(session, within=within, on=on_code, severity=severity, what=what, by=doing.by.code, at=doing.at,
                    by_system=False, kind=kind or "other", requirement=requirement, immediate=immediate)
        row.place, row.happened_at = place, _happened(doing, happened_at)
        session.flush()
        name_affected_records(session, doing, row, others, "Named when it was opened.")
        doing.on = doing.result = row.code
    return doing.result


def _happened(doing: Doing, at: datetime | None) -> datetime | None:
    if at is not None and at > doing.at:
        raise Refused(f"It cannot have happened {at:%Y-%m-%d %H:%M} UTC; it is {doing.at:%Y-%m-%d %H:%M} UTC now.",
                      fields={"happened_at": ["This is in the future."]})
    return at


def _begun(session: Session, doing: Doing, code: str, seen: str | None) -> Deviation:
    """The deviation of an act, as the person saw it."""
    row = record_of(session, code)
    fresh(row, seen)
    doing.within = row.within
    return row


def confirm_deviation(session: Session, who: Who, *, deviation: str, requirement: str, immediate: str,
                      place: str = "", happened_at: datetime | None = None, seen: str | None = None) -> str:
    """Confirm what the system drafted, with what it could not know. Returns the deviation's code."""
    with act(session, "confirm deviation", on=deviation, **who.how) as doing:
        row = _begun(session, doing, deviation, seen)
        row.state = DEVIATION.after("confirm deviation", row.state)
        row.requirement, row.immediate, row.place = requirement, immediate, place
        row.happened_at = _happened(doing, happened_at)
        row.confirmed_by, row.confirmed_at = doing.by.code, doing.at
        doing.result = row.code
    return doing.result


def classify_deviation(session: Session, who: Who, *, deviation: str, kind: str, severity: str, why: str,
                       seen: str | None = None) -> str:
    """Judge class and severity. Judged again, what was investigated and found before no longer stands."""
    how = who.how | {"reason": who.reason or why}
    with act(session, "classify deviation", on=deviation, **how) as doing:
        row = _begun(session, doing, deviation, seen)
        row.state = DEVIATION.after("classify deviation", row.state)
        refuse_unless(judge(CLASSIFY, Classifying(row.code, kind, severity)))
        row.kind, row.severity, row.stands = kind, severity, None
        row.classified_by, row.classified_at = doing.by.code, doing.at
        gone = withdraw_no_impacts(session, doing, row)
        doing.signs(_signed(row) | {"why": why, "withdrawn": gone})
        doing.result = row.code
    return doing.result


def submit_deviation(session: Session, who: Who, *, deviation: str, seen: str | None = None) -> str:
    """Hand the investigated deviation to quality assurance. Returns its code."""
    with act(session, "submit deviation", on=deviation, **who.how) as doing:
        row = _begun(session, doing, deviation, seen)
        row.state = DEVIATION.after("submit deviation", row.state)
        _investigated(session, row)
        row.submitted_by, row.submitted_at = doing.by.code, doing.at
        doing.result = row.code
    return doing.result


def _investigated(session: Session, row: Deviation) -> None:
    refuse_unless((*judge(SUBMIT, case_of(session, row)), *judge(OTHERS, answer_of(session, row))))


def return_deviation(session: Session, who: Who, *, deviation: str, seen: str | None = None) -> str:
    """Give it back to who investigates, with the reason. Returns its code."""
    with act(session, "return deviation", on=deviation, **who.how) as doing:
        row = _begun(session, doing, deviation, seen)
        row.state = DEVIATION.after("return deviation", row.state)
        doing.result = row.code
    return doing.result


def close_deviation(session: Session, who: Who, *, deviation: str, conclusion: str, no_capa_why: str = "",
                    seen: str | None = None) -> str:
    """Close a deviation with its conclusion, by another person than those who opened or investigated it.

    `no_capa_why`: why a critical one needs no CAPA. Returns its code.
    """
    how = who.how | {"reason": who.reason or conclusion}
    with act(session, "close deviation", on=deviation, **how) as doing:
        row = _begun(session, doing, deviation, seen)
        state = DEVIATION.after("close deviation", row.state)
        capas = tuple(one.code for one in capas_of(session, row.code) if one.state != "rejected")
        refuse_unless(judge(CLOSE, Closing(row.code, row.severity, row.opened_by, doing.by.code, conclusion,
                                           worked_on(session, row), capas, no_capa_why)))
        _investigated(session, row)
        row.state, row.conclusion, row.no_capa_why = state, conclusion, no_capa_why
        row.closed_by, row.closed_at = doing.by.code, doing.at
        doing.signs(_signed(row) | {"conclusion": conclusion, "investigation": row.stands, "capa": capas,
                                    "no_capa_why": no_capa_why})
        doing.result = row.code
    return doing.result


def reopen_deviation(session: Session, who: Who, *, deviation: str, seen: str | None = None) -> str:
    """Open a closed or void deviation again, with the reason. It is judged and investigated anew, and holds the dose.

    Returns its code. The earlier conclusion stays in history, with its signature shown as void.
    """
    with act(session, "reopen deviation", on=deviation, **who.how) as doing:
        row = _begun(session, doing, deviation, seen)
        row.state, row.due_at = DEVIATION.after("reopen deviation", row.state), doing.at + DUE
        row.conclusion, row.no_capa_why, row.stands = "", "", None
        row.closed_by = row.closed_at = row.classified_by = row.classified_at = None
        row.void_ground = row.duplicate_of = None
        gone = withdraw_no_impacts(session, doing, row)
        doing.signs(_signed(row) | {"why": doing.how.reason, "withdrawn": gone})
        doing.result = row.code
    return doing.result


def void_deviation(session: Session, who: Who, *, deviation: str, ground: str, duplicate_of: str = "",
                   seen: str | None = None) -> str:
    """Void a deviation that never held anything up rightly, with the reason. Returns its code."""
    with act(session, "void deviation", on=deviation, **who.how) as doing:
        row = _begun(session, doing, deviation, seen)
        state = DEVIATION.after("void deviation", row.state)
        other = session.get(Deviation, duplicate_of) if duplicate_of else None
        told = (other.within, other.severity, other.state) if other else (None, None, None)
        gravest = "critical" if ever_critical(session, row) else row.severity
        refuse_unless(judge(VOID, Voiding(row.code, row.within, gravest, row.by_system, row.opened_by,
                                          doing.by.code, ground, duplicate_of, *told)))
        row.state, row.void_ground = state, ground
        row.duplicate_of = duplicate_of if ground == "duplicate" else None
        withdraw_no_impacts(session, doing, row)
        doing.signs(_signed(row) | {"ground": ground, "duplicate_of": row.duplicate_of, "why": doing.how.reason})
        doing.result = row.code
    return doing.result


def extend_deviation(session: Session, who: Who, *, deviation: str, until: datetime, seen: str | None = None) -> str:
    """Give more time, with the reason. Returns the deviation's code."""
    with act(session, "extend deviation", on=deviation, **who.how) as doing:
        row = _begun(session, doing, deviation, seen)
        due = row.due_at or row.opened_at + DUE
        refuse_unless((*judge(STILL_OPEN, Touching(row.code, row.state)),
                       *judge(EXTEND, Extending(row.code, due, until, doing.at))))
        row.due_at = until
        doing.signs(_signed(row) | {"due_before": due, "due_at": until, "why": doing.how.reason})
        doing.result = row.code
    return doing.result


def _signed(row: Deviation) -> dict[str, object]:
    """What every signature on a deviation covers."""
    return {"deviation": row.code, "within": row.within, "on": row.on_code, "what": row.what, "kind": row.kind,
            "severity": row.severity}
