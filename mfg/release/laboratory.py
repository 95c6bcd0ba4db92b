"""What is asked of the laboratory in the act of a decision, beside the dossier: whose hands, and which controls since.

A file of an instrument may hold samples of several batches, so the line of history of its confirmation is within none;
and a control may fail after a result was reviewed. Neither opens anything: both can only refuse.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.controls.records import controlled
from mfg.controls.rules import IN_ORDER
from mfg.facts import Finding, Refused, Verdict, judge, refuse_unless
from mfg.ledger import Doing
from mfg.qc.instrument_records import measured_in
from mfg.qc.records import Result
from mfg.release.dossier import Dossier


def refuse_hand(session: Session, doing: Doing, batch: str) -> None:
    """Who measured, handed in or confirmed what results of the batch rest on decides nothing about its doses."""
    if doing.by.code in measured_in(session, batch):
        raise Refused(f"{doing.by.printed_name} may not “{doing.verb.name}”: results of {batch} rest on readings that "
                      "the same person measured, handed in or confirmed. Another person has to do this.",
                      kind="not allowed")


def refuse_out_of_control(session: Session, dossier: Dossier) -> None:
    """Each good result was tested while its control was in order, as it is known now (TRD-09)."""
    rows = session.scalars(select(Result).where(Result.code.in_([
        one.code for one in dossier.results if one.verdict == Verdict.PASS.value])).order_by(Result.code))
    found: list[Finding] = []
    for row in list(rows):
        found += judge(IN_ORDER, controlled(session, row.test, row.tested_at))
    refuse_unless(found)
