"""What the recipient was given before: the CD3+ cells of the doses released earlier. It reads; it judges nothing.

A dose that was released counts as filled, whatever became of it: less than was released is never relied on.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import Batch, Dose, batch, dose
from mfg.facts import Missing
from mfg.release.arithmetic import kept_facts, protocol_for
from mfg.release.records import Decision
from mfg.trial.dose import Unread, cd3_per_kg
from mfg.trial.protocol import Protocol, cohort, setting
from mfg.trial.shown import decimal

#: decisions after which a dose stays where it is
STAYS = ("disposition", "rejected")


def cd3_before(session: Session, of: Dose, row: Batch, protocol: Protocol, of_cohort: str,
               left_at: datetime | None) -> Decimal | Unread | None:
    """CD3+ cells per kg of all doses released for this recipient before, together; None where no limit asks for it.

    For a dose that has left: before it left.
    """
    if not any(one.name == of_cohort for one in protocol.cohorts) or setting(
            protocol, "cd3_per_kg_cumulative_max", cohort(protocol, of_cohort)) is None:
        return None
    total = Fraction(0)
    for decision in _released(session, of, row, left_at).values():
        try:
            total += _cd3(session, decision)
        except Missing as missing:
            return Unread(f"How many CD3+ cells {decision.dose} held cannot be told: {missing}")
    return decimal(total)


def _released(session: Session, of: Dose, row: Batch, left_at: datetime | None) -> dict[str, Decision]:
    """Dose -> the newest decision by which it left."""
    rows = session.scalars(select(Decision).join(Dose, Dose.code == Decision.dose).join(
        Batch, Batch.code == Dose.batch).where(
        Batch.recipient == row.recipient, Dose.code != of.code, Decision.kind.not_in(STAYS)).order_by(Decision.code))
    return {one.dose: one for one in rows if left_at is None or one.decided_at < left_at}


def _cd3(session: Session, decision: Decision) -> Fraction:
    """Per kg, from the evidence that was signed."""
    kept = kept_facts(json.loads(decision.dossier)["arithmetic"])
    return cd3_per_kg(replace(kept, protocol=protocol_for(session, batch(session, dose(session, decision.dose).batch))))
