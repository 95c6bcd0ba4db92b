"""What has to be in order around a step when it is done: hold times, and whatever else other rooms answer for.

One place asks them all, so that a person is told everything at once. What cannot be determined does not pass. The
rules stay in the rooms they belong to; here they are only asked.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from mfg.batches.entering import Job
from mfg.batches.holds import perform_findings
from mfg.facts import Finding


def perform_gates(session: Session, work: Job, *, done_at: datetime, now: datetime) -> tuple[Finding, ...]:
    """Everything that has to be in order for a step to be signed as performed, every answer at once."""
    return perform_findings(session, work.flow, work.row, now, done_at)
