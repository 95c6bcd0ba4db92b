"""The section “Custody” of the printed batch record: every hand-over and shipment, and the times between the hands."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mfg.batches.containers import containers_of
from mfg.batches.records import Batch
from mfg.custody.records import hand_overs_of
from mfg.custody.shipment_records import logs_of, shipments_of
from mfg.custody.timeline import gaps_within
from mfg.paper.record_shape import Section, Table
from mfg.review.record_names import Names, when


def custody_section(session: Session, row: Batch, names: Names) -> Section:
    """Who gave and who took what, and what went with a courier."""
    things = [row.collection, *(one.code for one in containers_of(session, row.code))]
    given = tuple((one.hand_over, one.thing, f"{hand.place_from}\nto {hand.place_to}",
                   names(hand.given_by, hand.given_at),
                   names(hand.taken_by, hand.taken_at) or names(hand.refused_by, hand.refused_at) or "nobody yet",
                   hand.state, f"seal {hand.given_seal or 'none'}\nread {hand.taken_seal or 'none'}")
                  for one, hand in hand_overs_of(session, things))
    sent = tuple((one.shipment, one.thing, f"{ship.ordered}\n{ship.shipper}", f"{ship.courier}\n{ship.waybill}".strip(),
                  f"{when(ship.dispatched_at)}\n{names(ship.dispatched_by)}",
                  f"{when(ship.received_at)}\n{names(ship.received_by)}", ship.state, _log(session, ship.code))
                 for one, ship in shipments_of(session, things))
    gaps = tuple((thing, one.record, when(one.start), when(one.end), one.finding.verdict.value, one.finding.why)
                 for thing, found in gaps_within(session, things).items() for one in found)
    return Section("Custody", (
        ("Hand-overs", Table(("Hand-over", "Thing", "Where", "Given by", "Taken by", "State", "Seal"), given,
                             "No hand-over is recorded.")),
        ("Shipments", Table(("Shipment", "Thing", "Ordered, shipper", "Courier, waybill", "Dispatched", "Received",
                             "State", "Logger"), sent, "No shipment is recorded.")),
        ("Gaps", Table(("Thing", "Record", "From", "To", "Verdict", "Why"), gaps,
                       "No gap between two hands is known."))))


def _log(session: Session, shipment: str) -> str:
    """The newest log in a few words."""
    logs = logs_of(session, shipment)
    return f"{logs[-1].verdict}, {logs[-1].rows} rows\nSHA-256 {logs[-1].file}" if logs else "not read"
