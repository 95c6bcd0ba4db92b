"""A hall for tests: an incubator, a room with a cabinet in it, batches on record, and people who work there.

Everything is made by acts. `Hall(office)` makes nothing by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from mfg.batches.scans import as_scanned
from mfg.equipment import acts, area_acts, area_records, monitoring_acts, records
from mfg.ledger import act
from mfg.quality.records import Deviation
from tests.office import Office

ALL_YES = {"no_material": True, "no_labels": True, "no_records": True, "cleaning_valid": True, "right_documents": True}


@dataclass
class Hall:
    """An office with equipment and rooms."""

    office: Office

    # --- batches, without the room that keeps them: history knows them

    def batch(self, number: int = 1) -> str:
        code = f"NK-26-{number:03d}"
        with self.office.desk() as session:
            with act(session, "open batch", on=code, within=code, **self.office.who("production supervisor").how):
                pass
        return code

    def step(self, batch: str, work: Any, *, number: int = 1) -> Any:
        """What a step of a batch does: `work(session, doing)` inside one act."""
        how = self.office.who("operator", number).how
        with self.office.desk() as session:
            with act(session, "enter value", on=f"{batch}/step", within=batch, **how) as doing:
                found = work(session, doing)
        return found

    # --- equipment

    def incubator(self, serial: str = "SN-1", **change: Any) -> str:
        told: dict[str, Any] = {
            "kind": "incubator", "name": "Incubator 1", "serial": serial, "room": "ROOM-0001",
            "needs_calibration": True, "calibration_days": 365, "needs_maintenance": True, "maintenance_days": 180,
            "cleaning_rule": "before each batch", "cleaning_hours": None}
        return self.office.do(acts.register_equipment, self.office.who("production supervisor"), **told | change)

    def calibrate(self, equipment: str, *, found: str = "37.0", left: str | None = None, confirm: bool = True,
                  at: datetime | None = None, **change: Any) -> str:
        told: dict[str, Any] = {
            "point": "temperature, middle shelf", "reference": Decimal(37), "tolerance": Decimal("0.5"),
            "as_found": Decimal(found), "as_left": Decimal(left or found), "unit": "Cel", "certificate": "C-17",
            "calibrated_at": at or self.office.now}
        code = self.office.do(acts.record_calibration, self.office.who("operator"), equipment=equipment,
                              **told | change)
        if confirm:
            self.office.do(acts.confirm_calibration, self.office.who("verifier"), calibration=code)
        return code

    def maintain(self, equipment: str, at: datetime | None = None) -> str:
        return self.office.do(acts.record_maintenance, self.office.who("operator"), equipment=equipment,
                              what="Filter changed", done_at=at or self.office.now)

    def clean(self, equipment: str, *, check: bool = True, at: datetime | None = None) -> str:
        code = self.office.do(acts.record_cleaning, self.office.who("operator"), equipment=equipment,
                              how="SOP-12, peracetic acid", done_at=at or self.office.now)
        if check:
            self.office.do(area_acts.check_cleaning, self.office.who("verifier"), cleaning=code)
        return code

    def qualify(self, equipment: str) -> str:
        return self.office.do(acts.qualify_equipment, self.office.who("qa"), equipment=equipment, report="PQ-1")

    def ready(self, **change: Any) -> str:
        """An incubator that every rule of use lets pass."""
        code = self.incubator(**change)
        self.calibrate(code)
        self.maintain(code)
        self.clean(code)
        return self.qualify(code)

    def use(self, equipment: str, batch: str, at: datetime | None = None, step: str = "culture") -> str:
        """A step of the batch uses it, without asking the rules."""
        def work(session: Any, doing: Any) -> str:
            return records.log_use(session, equipment=equipment, within=batch, on=f"{batch}/{step}", by=doing.by.code,
                                   at=at or doing.at).code

        return str(self.step(batch, work))

    # --- areas

    def room(self, **change: Any) -> str:
        told: dict[str, Any] = {"kind": "room", "name": "Clean room 1", "grade": "B", "cleaning_hours": 168}
        return self.office.do(area_acts.register_area, self.office.who("production supervisor"), **told | change)

    def wipe(self, area: str, *, check: bool = True, at: datetime | None = None) -> str:
        code = self.office.do(area_acts.clean_area, self.office.who("operator"), area=area, how="SOP-13",
                              done_at=at or self.office.now)
        if check:
            self.office.do(area_acts.check_cleaning, self.office.who("verifier"), cleaning=code)
        return code

    def cabinet(self, *, release: bool = True, hours: int = 168) -> str:
        """A cabinet of grade A in a room of grade B, cleaned and released unless told otherwise."""
        around = self.room()
        code = self.room(kind="cabinet", name="Cabinet 1", grade="A", cleaning_hours=hours,
                         background=as_scanned(around))
        if release:
            for one in (around, code):
                self.wipe(one)
                self.office.do(area_acts.release_area, self.office.who("qa"), area=one, conclusion="Clean and empty")
        return code

    def clear(self, area: str, batch: str, kind: str = "before", *, confirm: bool = True, at: datetime | None = None,
              **items: bool) -> str:
        code = self.office.do(area_acts.clear_line, self.office.who("operator"), area=area, kind=kind,
                              batch=as_scanned(batch), done_at=at or self.office.now, **ALL_YES | items)
        if confirm:
            self.look_again(code, at=at)
        return code

    def look_again(self, clearance: str, *, at: datetime | None = None) -> str:
        return self.office.do(area_acts.confirm_line_clearance, self.office.who("verifier"), clearance=clearance,
                              done_at=at or self.office.now)

    def enter(self, area: str, batch: str, recipient: str = "", at: datetime | None = None, *, number: int = 1) -> str:
        """A step of the batch begins in the area."""
        def work(session: Any, doing: Any) -> str:
            return area_records.occupy(session, area=area, within=batch, recipient=recipient or f"SUB-0{batch[-3:]}",
                                       on=f"{batch}/open", by=doing.by.code, at=at or doing.at).code

        return str(self.step(batch, work, number=number))

    def leave(self, area: str, batch: str) -> None:
        """Cleared after the work, cleaned, checked: free for the next."""
        self.clear(area, batch, "after")
        self.wipe(area)

    # --- monitoring

    def plan(self, area: str, batch: str | None = None) -> str:
        return self.office.do(monitoring_acts.plan_monitoring, self.office.who("qc analyst"), area=area,
                              condition="in operation", purpose="Loading",
                              **({"batch": as_scanned(batch)} if batch else {}))

    def plate(self, session: str, number: int = 1, kind: str = "contact plate", grade: str = "B",
              **change: Any) -> str:
        told: dict[str, Any] = {"kind": kind, "grade": grade, "location": "work surface", "plate_id": f"TSA {number}",
                                "media_lot": "TSA-77"}
        return self.office.do(monitoring_acts.add_plate, self.office.who("operator"), monitoring=session,
                              **told | change)

    def expose(self, session: str) -> str:
        return self.office.do(monitoring_acts.expose_plates, self.office.who("operator"), monitoring=session,
                              done_at=self.office.now)

    def incubate(self, session: str, until: datetime | None = None) -> str:
        return self.office.do(monitoring_acts.incubate_plates, self.office.who("operator"), monitoring=session,
                              exposed_until=until or self.office.now, incubation="EQ-0004, 32.5 Cel")

    def read(self, plate: str, count: str = "", lost: str = "", *, number: int = 1) -> str:
        return self.office.do(monitoring_acts.read_plate, self.office.who("qc analyst", number), plate=plate,
                              count=count, lost=lost)

    def deviations(self) -> list[tuple[str, str, str]]:
        """(touches, record, severity) of every deviation, oldest first."""
        with self.office.look() as session:
            return [(row.within, row.on_code, row.severity)
                    for row in session.scalars(select(Deviation).order_by(Deviation.code))]

    def hours(self, number: float) -> timedelta:
        return timedelta(hours=number)
