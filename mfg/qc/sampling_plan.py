"""The plan of samples where a sample is taken or tested: asked inside the acts of the laboratory, no act itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mfg.batches.records import Container, Dose, DoseBag
from mfg.batches.sampling import Asked, asked, may_be_drawn
from mfg.facts import judge, refuse_unless
from mfg.qc.records import Sample
from mfg.qc.sampling_gather import Tube, tube, tubes
from mfg.qc.sampling_rules import GONE, TEST, WANTED, Measuring, Wanted


def asked_for(session: Session, planned: str, source: Container, dose: Dose | None) -> Asked | None:
    """The sample of the plan about to be drawn from a container, refused where it is not as planned; None: none is."""
    if not planned:
        return None
    one = asked(session, planned)
    may_be_drawn(one)
    refuse_unless(judge(WANTED, Wanted(
        one.spec, one.work.row.code, one.work.batch.code, source.code, source.kind, source.batch,
        tuple(held.row.code for held in standing(session, one) if _same(held, dose)), _told(session, one, dose))))
    return one


def standing(session: Session, one: Asked) -> list[Tube]:
    """The samples drawn for the plan that stand: neither refused nor gone before they were received."""
    held = [each for each in tubes(session, one.work.batch) if each.row.code in one.drawn] if one.drawn else []
    return [each for each in held if each.state != "refused" and not (each.state in GONE and not each.received)]


def _same(held: Tube, dose: Dose | None) -> bool:
    return (held.row.dose, held.row.attempt) == ((dose.code, dose.attempt) if dose else (None, None))


def _told(session: Session, one: Asked, dose: Dose | None) -> bool:
    """It is signed that none was drawn: for the batch, or since the present fill of the dose."""
    told = [each.at for each in one.answers if each.sample is None]
    return bool(told) and (dose is None or filled_at(session, dose) <= told[-1])


def filled_at(session: Session, dose: Dose) -> datetime:
    """When the last bag of the present fill was filled."""
    found: datetime = session.scalars(select(func.max(DoseBag.filled_at)).where(
        DoseBag.dose == dose.code, DoseBag.withdrawn_at.is_(None))).one()
    return found


def refuse_untestable(session: Session, row: Sample) -> None:
    """Refuse a result or a read of a sample that is not received, was refused, or is gone."""
    held = tube(session, row.code)
    refuse_unless(judge(TEST, Measuring(row.code, held.state, held.receipt_needed)))

