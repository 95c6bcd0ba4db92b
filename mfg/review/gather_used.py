"""What the steps of a batch used: lots, equipment, rooms, and what was watched in them. It judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import Batch, Step
from mfg.batches.whole import Whole
from mfg.equipment.area_records import LineClearance, UsedRoom, clearances_of, rooms_of
from mfg.equipment.monitoring_records import MonitoringSession, monitoring_of
from mfg.equipment.records import Equipment, UseRow
from mfg.materials.records import Consumption, consumption_of
from mfg.materials.using import reconciliation_of
from mfg.qc.records import Sample
from mfg.review.batch_record import ClearanceLine, EquipmentLine, LotLine, MonitoringLine, ReconciliationLine


@dataclass(frozen=True)
class Used:
    """What a batch record tells of it, under the names it has there."""

    lots: tuple[LotLine, ...]
    equipment: tuple[EquipmentLine, ...]
    clearances: tuple[ClearanceLine, ...]


@dataclass(frozen=True)
class Traces:
    """The rows that tell what a batch used, each kind read once."""

    consumption: Sequence[Consumption]
    equipment: Sequence[tuple[UseRow, str, str]]
    rooms: Sequence[UsedRoom]
    clearances: Sequence[LineClearance]
    monitoring: Sequence[MonitoringSession]


def traces_of(session: Session, batch: str) -> Traces:
    """Read them: five statements."""
    uses = session.execute(select(UseRow, Equipment.name, Equipment.kind).join(
        Equipment, Equipment.code == UseRow.equipment).where(UseRow.within == batch).order_by(UseRow.at, UseRow.code))
    return Traces(consumption_of(session, within=batch), [(use, name, kind) for use, name, kind in uses],
                  rooms_of(session, within=batch), clearances_of(session, within=batch),
                  monitoring_of(session, within=batch))


def used_in(whole: Whole, steps: Sequence[Step], traces: Traces) -> Used:
    """Everything these steps used; clearances and monitoring are of the whole batch. Sums are not worked out."""
    scope = {one.code for one in steps}
    return Used(_lots(whole, steps, traces.consumption),
                (*_equipment(traces.equipment, scope), *_rooms(traces.rooms, scope)),
                _clearances(traces.clearances))


def _lots(whole: Whole, steps: Sequence[Step], consumption: Sequence[Consumption]) -> tuple[LotLine, ...]:
    flow, lots = whole.flow, whole.lots
    scanned = [(row, flow.of(row)[one.id].value) for row in steps for one in flow.shape(row).fields
               if one.kind == "scan lot" and one.id in flow.of(row)]
    amounts: dict[tuple[str, str], tuple[Decimal, str]] = {}
    for one in consumption:
        before = amounts.get((one.on, one.lot), (Decimal(0), one.unit))[0]
        if one.kind == "used":
            amounts[one.on, one.lot] = before + one.amount, one.unit
    return tuple(LotLine(lot.code, lot.kind, lot.name, lot.supplier_lot, lot.state, lot.expires_at, row.code,
                         row.done_at, *amounts.get((row.code, code), (None, "")))
                 for row, code in scanned if (lot := lots.get(code)) is not None)


def _equipment(uses: Sequence[tuple[UseRow, str, str]], scope: set[str]) -> tuple[EquipmentLine, ...]:
    return tuple(EquipmentLine(use.equipment, name, kind, use.on_code, use.at, use.by) for use, name, kind in uses
                 if use.on_code in scope)


def _rooms(rooms: Sequence[UsedRoom], scope: set[str]) -> tuple[EquipmentLine, ...]:
    return tuple(EquipmentLine(one.area, one.name, one.kind, one.step, one.entered_at, one.by)
                 for one in rooms if one.step in scope)


def _clearances(rows: Sequence[LineClearance]) -> tuple[ClearanceLine, ...]:
    return tuple(ClearanceLine(one.code, one.area, one.kind, one.cleared_by, one.cleared_at, one.confirmed_by)
                 for one in rows)


def monitored(rows: Sequence[MonitoringSession]) -> tuple[MonitoringLine, ...]:
    """Sessions of monitoring as the record tells them."""
    return tuple(MonitoringLine(one.code, one.area, one.state, one.verdict, one.exposed_from or one.planned_at)
                 for one in rows)


def sums_of(session: Session, batch: str) -> tuple[ReconciliationLine, ...]:
    """Whether what was issued of every lot is accounted for."""
    return tuple(ReconciliationLine(one.sums.lot, one.finding.verdict.value, one.finding.why)
                 for one in reconciliation_of(session, within=batch) if not one.sums.on)


def used_around(whole: Whole, traces: Traces) -> set[str]:
    """The codes of what a batch was made in, of and with, lots it took without a scan among them."""
    return {*whole.parents, *(code for found in whole.parents.values() for code in found),
            *(one.code for one in whole.containers), *(one.lot for one in traces.consumption),
            *(use.equipment for use, _, _ in traces.equipment), *(one.area for one in traces.rooms),
            *(one.code for one in traces.clearances), *(one.code for one in traces.monitoring)}


def stands_on(row: Batch) -> set[str]:
    """What a batch was opened for and under."""
    return {row.donor, row.recipient, row.collection, row.protocol, row.master_record, row.specification}


def made_and_used(whole: Whole, traces: Traces, sampled: Iterable[Sample]) -> set[str]:
    """Every code under which a deviation may have been opened that touches the record of a batch: what it stands on,
    was made in, of and with, every lot scanned in any of its steps, its bags and samples."""
    return {*stands_on(whole.row), *used_around(whole, traces), *whole.lots, *(one.container for one in whole.bags),
            *(one.code for one in sampled)}
