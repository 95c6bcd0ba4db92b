"""What a late result sets off, inside the very act that recorded it: stops, failed doses, notices, its deviation.

A suspicion stops; it does not wait for its proof. Nothing here is undone by a better result.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import Dose
from mfg.batches.rules import DOSE, RELEASED
from mfg.batches.stops import stop
from mfg.custody.holders import holders
from mfg.ledger import Doing
from mfg.notices.records import notify
from mfg.notices.rules import TOLD_OF_GROWTH
from mfg.qc.records import Sample
from mfg.qc.rules import GRAVE_ROLES
from mfg.quality.records import draft
from mfg.recipes.specification import Test

#: released, or released and taken back: what is found now was found too late
WAS_RELEASED = RELEASED | {"revoked"}


def growth(session: Session, doing: Doing, row: Sample, day: int, reading: str) -> None:
    """All doses of a batch come from the same cells: growth in one sample touches every one of them."""
    what = (f"{reading.capitalize()} in sample {row.code} of {row.dose or row.batch} on day {day}. Stop every dose of "
            f"{row.batch}; tell principal investigator, quality assurance and medical director now.")
    draft(session, within=row.batch, on=row.code, kind="sterility positive", what=what, by=doing.by.code, at=doing.at)
    _stop_batch(session, doing, row, f"{reading} on day {day}")


def failed_late(session: Session, doing: Doing, row: Sample, asked: Test, result: str, told: str) -> None:
    """A failing result of a test that decides. Organisms or another's cells stop the whole batch; any other one that
    comes after a release fails the doses it was found for."""
    if asked.role in GRAVE_ROLES:
        _stop_batch(session, doing, row, told, cause=result)
        return
    if asked.timing == "characterisation" or not asked.mandatory:
        return
    doses = [one for one in _doses(session, row.batch) if row.dose in (None, one.code) and one.state in WAS_RELEASED]
    for dose in doses:
        stop(session, batch=row.batch, dose=dose.code, cause=result, why=told, by=doing.by.code, at=doing.at)
    _fail(session, doing, row, doses, told, result)


def _stop_batch(session: Session, doing: Doing, row: Sample, told: str, cause: str = "") -> None:
    """Every dose of the batch is stopped, those not planned yet too; the released ones have failed."""
    cause = cause or row.code
    stop(session, batch=row.batch, dose=None, cause=cause, why=told, by=doing.by.code, at=doing.at)
    doses = _doses(session, row.batch)
    released = [one for one in doses if one.state in WAS_RELEASED]
    _fail(session, doing, row, released, told, cause)
    if not released:
        _tell(session, doing, row, doses, told, cause, "No dose of it had been released.")


def _fail(session: Session, doing: Doing, row: Sample, doses: list[Dose], told: str, cause: str) -> None:
    for dose in doses:
        dose.state = DOSE.after(doing.verb.name, dose.state)
    if doses:
        _tell(session, doing, row, doses, told, cause,
              f"{', '.join(one.code for one in doses)} had been released and failed.")


def _tell(session: Session, doing: Doing, row: Sample, doses: list[Dose], told: str, cause: str, then: str) -> None:
    """Who has to act knows it now, with the place of every bag (domain dossier 4.4, rules 3 and 4)."""
    places = "; ".join(f"{one.bag}: {one.where}" for one in holders(session, doses)) or "no bag is filled"
    notify(session, to=TOLD_OF_GROWTH, about=cause, within=row.batch, at=doing.at, because_of=doing.verb.name,
           what=f"{told} (sample {row.code} of {row.dose or row.batch}). {then} Bags: {places}.",
           todo=f"Not infused yet: keep it back. Being infused: the physician decides to stop. Infused: assess the "
                f"patient, cultures, treatment. Who holds what: /batches/{row.batch}/recall-list. Log whom you call.")


def _doses(session: Session, batch: str) -> list[Dose]:
    return list(session.scalars(select(Dose).where(Dose.batch == batch).order_by(Dose.code)))
