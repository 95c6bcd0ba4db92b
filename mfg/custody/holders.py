"""Who holds which bag of a dose now: the newest of all that is recorded of it. What nobody recorded is told as unknown.

It reads hand-overs, shipments, the fill and the answers to a recall. It knows no state of the world, only records.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import Batch, Container, Dose, DoseBag
from mfg.custody.recall_records import RecalledBag
from mfg.custody.records import HandOver, hand_overs_of
from mfg.custody.shipment_records import Shipment, shipments_of


@dataclass(frozen=True)
class Held:
    """One bag, where it is by the records, and the record that says so."""

    bag: str
    dose: str
    attempt: int
    dose_state: str
    #: of an earlier fill
    withdrawn: bool
    recipient: str
    #: a sentence: where it is, and with whom
    where: str
    #: the person who holds it; empty where it is a courier, a place, or not known
    holder: str
    #: False: nobody recorded where it went
    known: bool
    since: datetime
    record: str


#: (when, in which order at the same moment, where, who, known, record)
_Told = tuple[datetime, int, str, str, bool, str]


def holders(session: Session, doses: list[Dose]) -> list[Held]:
    """Every bag of these doses, those of earlier fills too, by dose and bag."""
    found: list[Held] = []
    for dose in doses:
        batch = session.get_one(Batch, dose.batch)
        for bag in session.scalars(select(DoseBag).where(DoseBag.dose == dose.code).order_by(DoseBag.container)):
            at, _, where, holder, known, record = max(_told(session, dose, bag))
            found.append(Held(bag.container, dose.code, bag.attempt, dose.state, bag.withdrawn_at is not None,
                              batch.recipient, where, holder, known, at, record))
    return found


def holder(session: Session, bag: str) -> Held:
    """One bag."""
    row = session.get_one(DoseBag, bag)
    return next(one for one in holders(session, [session.get_one(Dose, row.dose)]) if one.bag == bag)


def _told(session: Session, dose: Dose, bag: DoseBag) -> list[_Told]:
    """Everything recorded of where a bag went."""
    code = bag.container
    told = [_filled(dose, bag)]
    told += [one for _, row in hand_overs_of(session, [code]) for one in _handed(row)]
    told += [one for _, row in shipments_of(session, [code]) for one in _sent(row)]
    told += [(one.answered_at, 3, f"{one.answer}, by the answer to {one.recall}", one.answered_by or "",
              one.answer != "cannot be found", one.recall)
             for one in session.scalars(select(RecalledBag).where(RecalledBag.container == code)) if one.answered_at]
    tube = session.get_one(Container, code)
    if tube.state == "discarded":
        told.append((max(one[0] for one in told), 4, "discarded", "", True, code))
    return told


def _filled(dose: Dose, bag: DoseBag) -> _Told:
    """Nobody took it over: as long as its dose was not released it is where it was filled; after that nobody knows."""
    if dose.state in ("planned", "filled", "checked", "cleared", "rejected"):
        return bag.filled_at, 0, "in the batch room, where it was filled; not handed over", "", True, dose.batch
    return bag.filled_at, 0, ("not known: it was filled here, its dose was released, and no hand-over is recorded"), \
        "", False, dose.batch


def _handed(row: HandOver) -> list[_Told]:
    told: list[_Told] = [(row.given_at, 1, f"offered by {row.given_by} in {row.place_from}, to {row.place_to}; not "
                          "taken over yet", row.given_by, True, row.code)]
    if row.taken_at and row.taken_by:
        told.append((row.taken_at, 2, f"with {row.taken_by} in {row.place_to}", row.taken_by, True, row.code))
    if row.refused_at:
        told.append((row.refused_at, 2, f"with {row.given_by} in {row.place_from}; the taker refused it",
                     row.given_by, True, row.code))
    return told


def _sent(row: Shipment) -> list[_Told]:
    told: list[_Told] = [(row.packed_at, 1, f"packed by {row.packed_by} in shipper {row.shipper}, {row.place_from}",
                          row.packed_by, True, row.code)]
    if row.dispatched_at:
        told.append((row.dispatched_at, 2, f"on its way with {row.courier}, waybill {row.waybill}, from "
                     f"{row.place_from} to {row.place_to}", "", True, row.code))
    if row.received_at and row.received_by:
        told.append((row.received_at, 2, f"with {row.received_by} in {row.place_to}", row.received_by, True, row.code))
    if row.state == "rejected" and row.ended_at:
        told.append((row.ended_at, 2, f"in the rejected shipment {row.code}, last with "
                     f"{row.received_by or row.courier or row.packed_by}", row.received_by or "",
                     row.received_by is not None, row.code))
    return told
