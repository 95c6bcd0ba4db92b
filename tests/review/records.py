"""A batch record in which all is well, in plain values, for the tests to spoil one thing at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from mfg.review.batch_record import (
    BagLine,
    BatchRecord,
    ClearanceLine,
    ContainerLine,
    EntryLine,
    EquipmentLine,
    LabelLine,
    LotLine,
    MonitoringLine,
    SampleLine,
    StepLine,
    YieldLine,
)

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def a_step(number: int, **other: Any) -> StepLine:
    base: dict[str, Any] = {
        "code": f"NK-26-001/s{number}", "title": f"Step {number}", "stage": 0, "state": "verified", "critical": False,
        "sop": "SOP-101", "done_at": at(number * 10), "performed_by": "P-1", "performed_at": at(number * 10 + 1),
        "verified_by": "P-2", "verified_at": at(number * 10 + 2)}
    return StepLine(**(base | other))


def an_entry(**other: Any) -> EntryLine:
    base: dict[str, Any] = {
        "code": "NK-26-001/s1/volume.1", "step": "NK-26-001/s1", "label": "Volume", "value": "100", "unit": "mL",
        "kind": "number", "verdict": "PASS", "limit": "30 to 600 mL", "how": "typed", "entered_by": "P-1",
        "entered_at": at(11)}
    return EntryLine(**(base | other))


def good(**other: Any) -> BatchRecord:
    base = BatchRecord(
        batch="NK-26-001", state="open", stage=1, versions=("NCT06835140/1", "NK/1", "NK-RELEASE/1"),
        opened_at=at(0), opened_by="P-3", steps=tuple(a_step(n) for n in range(1, 21)), entries=(an_entry(),),
        lots=(LotLine("LOT-0001", "medium", "A medium", "X1", "in use", at(90_000), "NK-26-001/s1", at(10)),),
        equipment=(EquipmentLine("EQ-0001", "Centrifuge", "centrifuge", "NK-26-001/s1", at(10), "P-1"),),
        clearances=tuple(ClearanceLine(f"LC-{n}", "ROOM-0001", kind, "P-1", at(n), "P-2")
                         for n, kind in enumerate(("before", "after"))),
        monitoring=(MonitoringLine("EM-0001", "ROOM-0001", "reviewed", "WITHIN", at(5)),),
        labels=(LabelLine("LBL-0001", "NK-26-001-C05", "P-1", at(200), None),),
        containers=(ContainerLine("NK-26-001-C05", "dose bag", Decimal(100), at(190)),),
        bags=(BagLine("NK-26-001-C05", "NK-26-001-D1", Decimal(100), "P-1", at(190), "P-2", False),),
        samples=(SampleLine("S-0001", "NK-26-001-C05", "P-1", at(195)),),
        yields=(YieldLine("NK-26-001/s1", Decimal(10**9)),))
    return replace(base, **other)
