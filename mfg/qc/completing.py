"""Completing a batch: the production review, with what only the laboratory knows asked in the same act.

The act itself lies in `batches`, below; it takes the laboratory's questions as an argument and has none of its own.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from mfg.batches.acts import complete_batch as complete
from mfg.batches.records import batch as batch_of
from mfg.facts import Finding, judge
from mfg.ledger import Who
from mfg.qc.oos_records import oos_of_batch
from mfg.qc.oos_rules import COMPLETE as CONCLUDED
from mfg.qc.oos_rules import OpenOnes
from mfg.qc.sampling_answers import COMPLETE as ANSWERED
from mfg.qc.sampling_answers import Answering
from mfg.qc.sampling_gather import sampling_of


def complete_batch(session: Session, who: Who, *, batch: str, seen: str | None = None) -> str:
    """Sign the production review: every step verified, every sample of the plan answered, no OOS open. Returns the
    batch code."""
    return complete(session, who, batch=batch, seen=seen, asks=asked_of_the_laboratory)


def asked_of_the_laboratory(session: Session, batch: str) -> tuple[Finding, ...]:
    """What the laboratory says of a batch about to be complete; where there is no plan of samples none is asked for."""
    sampling = sampling_of(session, batch_of(session, batch))
    found = tuple((one.code, one.state) for one in oos_of_batch(session, batch))
    return (*judge(CONCLUDED, OpenOnes(batch, found)),
            *(judge(ANSWERED, Answering(batch, sampling)) if sampling.planned else ()))
