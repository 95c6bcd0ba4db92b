"""Closing a batch: every dose has its end, every sterility test too, and nothing asked for is left open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import Dose
from mfg.batches.records import batch as batch_of
from mfg.batches.rules import BATCH
from mfg.custody.recall_records import DoseRecall
from mfg.facts import Finding, judge, refuse_unless
from mfg.ledger import Who, act, fresh
from mfg.notices.records import notices_within
from mfg.qc.sterility_records import running, under_test
from mfg.qc.sterility_rules import END, final_in_time
from mfg.quality.records import deviations_of, is_done
from mfg.release.closing_rules import CLOSING, Closing


def close_batch(session: Session, who: Who, *, batch: str, seen: str | None = None) -> str:
    """Close a batch whose doses and tests all have their end. Returns its code."""
    with act(session, "close batch", on=batch, within=batch, **who.how) as doing:
        row = batch_of(session, batch)
        fresh(row, seen)
        state = BATCH.after("close batch", row.state)
        found = findings(session, batch, doing.at)
        refuse_unless(found)
        row.state = state
        doing.signs({"batch": batch, "findings": [one.as_dict() for one in found]})
        doing.result = batch
    return doing.result


def findings(session: Session, batch: str, at: datetime) -> tuple[Finding, ...]:
    """Everything that stands between a batch and its closing. A missed daily read is told in its test and holds
    nothing; a last read that is overdue does."""
    doses = session.execute(select(Dose.code, Dose.state).where(Dose.batch == batch).order_by(Dose.code))
    recalls = session.scalars(select(DoseRecall.code).where(DoseRecall.batch == batch, DoseRecall.state == "open"))
    facts = Closing(batch, tuple((code, state) for code, state in doses),
                    tuple(one.code for one in deviations_of(session, batch) if not is_done(one)), tuple(recalls),
                    tuple(one.code for one in notices_within(session, batch) if one.acknowledged_at is None))
    tests = [running(session, row, at) for row in under_test(session, batch)]
    return (*judge(CLOSING, facts), *(one for test in tests for one in judge((final_in_time, *END), test)))
