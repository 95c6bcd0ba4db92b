"""What is done with deviations: opened by a person, closed by quality assurance.

Those that the system opens come to be inside the act that breached the limit: `records.draft()`.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.db import next_code
from mfg.facts import judge, refuse_unless
from mfg.ledger import Entry, Who, act, fresh
from mfg.quality.records import Deviation
from mfg.quality.records import deviation as record_of
from mfg.quality.rules import CLOSE, DEVIATION, OPEN, Closing, Opening


def open_deviation(session: Session, who: Who, *, within: str, on_code: str, severity: str, what: str) -> str:
    """Open a deviation on a record of a batch, donor or recipient. Returns its code.

    What happened is the reason of the act: it is written once and stands in both.
    """
    how = who.how | {"reason": who.reason or what}
    with act(session, "open deviation", on=on_code, within=within, **how) as doing:
        refuse_unless(judge(OPEN, Opening(within, _known(session, within))))
        code = next_code(session, Deviation, "DEV", 4)
        session.add(Deviation(code=code, within=within, on_code=on_code, severity=severity, what=what,
                              by_system=False, opened_by=doing.by.code, opened_at=doing.at,
                              state=DEVIATION.start, conclusion=""))
        doing.on = doing.result = code
    return doing.result


def _known(session: Session, code: str) -> bool:
    """History tells which codes exist: quality lies below the rooms whose records it touches."""
    return bool(session.scalar(select(Entry.seq).where(
        Entry.outcome == "done", (Entry.within == code) | (Entry.on_code == code)).limit(1)))


def close_deviation(session: Session, who: Who, *, deviation: str, conclusion: str,
                    seen: str | None = None) -> str:
    """Close a deviation with its conclusion, by another person than the one who opened it. Returns its code."""
    how = who.how | {"reason": who.reason or conclusion}
    with act(session, "close deviation", on=deviation, **how) as doing:
        row = record_of(session, deviation)
        fresh(row, seen)
        doing.within = row.within
        state = DEVIATION.after("close deviation", row.state)
        refuse_unless(judge(CLOSE, Closing(row.code, row.severity, row.opened_by, doing.by.code, conclusion)))
        row.state, row.conclusion = state, conclusion
        row.closed_by, row.closed_at = doing.by.code, doing.at
        doing.signs({"deviation": row.code, "within": row.within, "on": row.on_code, "what": row.what,
                     "severity": row.severity, "conclusion": conclusion})
        doing.result = row.code
    return doing.result
