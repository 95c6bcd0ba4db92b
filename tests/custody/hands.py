"""People who hand things over and send them, for tests. Everything is made by acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from mfg.batches.scans import as_scanned
from mfg.custody import acts, shipment_acts
from mfg.custody.records import HandOver
from mfg.custody.shipment_records import Shipment
from mfg.custody.timeline import Timeline, timeline
from mfg.files import read_upload
from mfg.ledger import Who
from mfg.quality.records import Deviation
from tests.batches.plant import Plant

READ = {"celsius": Decimal("5.0"), "seal": "S-1", "good": True}
OFFERED = {"ordered": "2-8 °C", "place_from": "Apheresis", "place_to": "Cell processing"}
SHIPPER = "BOX-7"


@dataclass
class Hands:
    """A plant, and what people do in it with their hands."""

    plant: Plant

    def who(self, role: str, number: int = 1, **more: Any) -> Who:
        return self.plant.office.who(role, number, **more)

    def give(self, *codes: str, by: Who | None = None, **change: Any) -> str:
        """Handed over by an operator."""
        return self.plant.office.do(acts.hand_over, by or self.who("operator"),
                                    **{"things": [as_scanned(code) for code in codes]} | OFFERED | READ | change)

    def take(self, code: str, *codes: str, by: Who | None = None, **change: Any) -> str:
        """Taken over by a verifier."""
        return self.plant.office.do(acts.accept_hand_over, by or self.who("verifier"), hand_over=code,
                                    **{"things": [as_scanned(one) for one in codes]} | READ | change)

    def send(self, *codes: str, until: str = "read", log: bytes = b"", **told: Any) -> str:
        """A shipment: packed, sealed, dispatched now, delivered two hours later, received, its logger read."""
        office = self.plant.office
        code = office.do(shipment_acts.pack_shipment, self.who("operator"), things=[as_scanned(one) for one in codes],
                         shipper=SHIPPER, ordered="2-8 °C", interval_min=Decimal(10), logger="L-1", place_from="Site A",
                         place_to="Site B")
        office.do(shipment_acts.seal_shipment, self.who("operator"), shipment=code, seal="S-1")
        if until == "sealed":
            return code
        self.dispatch(code)
        if until == "in transit":
            return code
        office.later(hours=2)
        self.receive(code, *codes)
        if until == "delivered":
            return code
        return self.read(code, log or self.log(code), **told)

    def dispatch(self, code: str, **change: Any) -> str:
        return self.plant.office.do(shipment_acts.dispatch_shipment, self.who("operator"), shipment=code,
                                    **{"shipper": SHIPPER, "courier": "A courier, driver", "waybill": "W-1"} | change)

    def receive(self, code: str, *codes: str, by: Who | None = None, **change: Any) -> str:
        return self.plant.office.do(
            shipment_acts.receive_shipment, by or self.who("warehouse"), shipment=code,
            **{"shipper": SHIPPER, "things": [as_scanned(one) for one in codes], "delivered_at": self.plant.office.now}
            | READ | change)

    def read(self, code: str, content: bytes, by: Who | None = None, **told: Any) -> str:
        self.plant.office.later(minutes=10)
        return self.plant.office.do(shipment_acts.read_logger, by or self.who("warehouse"), shipment=code,
                                    file=read_upload("log.csv", content), **told)

    def log(self, code: str, *, outside: tuple[int, ...] = (), leave_out: tuple[int, ...] = ()) -> bytes:
        """A log every ten minutes over the transit, 5.0 °C, and 9.5 °C in the rows named."""
        row = self.shipment(code)
        assert row.dispatched_at is not None and row.delivered_at is not None
        return log_of(row.dispatched_at, row.delivered_at, outside, leave_out)

    def hand_over(self, code: str) -> HandOver:
        with self.plant.office.look() as session:
            return session.get_one(HandOver, code)

    def shipment(self, code: str) -> Shipment:
        with self.plant.office.look() as session:
            return session.get_one(Shipment, code)

    def custody(self, code: str, at: datetime | None = None) -> Timeline:
        with self.plant.office.look() as session:
            return timeline(session, code, at)

    def deviations(self) -> list[tuple[str, str, str, str]]:
        """(within, on, class, severity) of every deviation."""
        with self.plant.office.look() as session:
            return [(row.within, row.on_code, row.kind, row.severity)
                    for row in session.scalars(select(Deviation).order_by(Deviation.code))]


def log_of(start: datetime, end: datetime, outside: tuple[int, ...] = (), leave_out: tuple[int, ...] = ()) -> bytes:
    lines, at, row = ["Timestamp,Temperature (°C)"], start - timedelta(minutes=10), 0
    while at <= end + timedelta(minutes=10):
        row += 1
        if row not in leave_out:
            lines.append(f"{at:%Y-%m-%dT%H:%M:%SZ},{'9.5' if row in outside else '5.0'}")
        at += timedelta(minutes=10)
    return "\n".join(lines).encode()
