"""What the steps of a batch used: lots, equipment, rooms, and what was watched in them. It judges nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.containers import containers_of, parents_of
from mfg.batches.flow import Flow
from mfg.batches.records import Step
from mfg.equipment.area_records import clearances_of, rooms_of
from mfg.equipment.monitoring_records import monitoring_of
from mfg.equipment.records import Equipment, UseRow
from mfg.materials.records import Lot, consumption_of
from mfg.materials.using import reconciliation_of
from mfg.review.batch_record import ClearanceLine, EquipmentLine, LotLine, MonitoringLine, ReconciliationLine


@dataclass(frozen=True)
class Used:
    """What a batch record tells of it, under the names it has there."""

    lots: tuple[LotLine, ...]
    equipment: tuple[EquipmentLine, ...]
    clearances: tuple[ClearanceLine, ...]
    monitoring: tuple[MonitoringLine, ...]
    reconciliations: tuple[ReconciliationLine, ...]


def used_in(session: Session, batch: str, flow: Flow, steps: Sequence[Step]) -> Used:
    """Everything these steps used; clearances, monitoring and sums are of the whole batch."""
    scope = {one.code for one in steps}
    return Used(_lots(session, batch, flow, steps),
                (*_equipment(session, batch, scope), *_rooms(session, batch, scope)),
                _clearances(session, batch), _monitoring(session, batch), _sums(session, batch))


def _lots(session: Session, batch: str, flow: Flow, steps: Sequence[Step]) -> tuple[LotLine, ...]:
    scanned = [(row, flow.of(row)[one.id].value) for row in steps for one in flow.shape(row).fields
               if one.kind == "scan lot" and one.id in flow.of(row)]
    lots = {one.code: one for one in session.scalars(select(Lot).where(Lot.code.in_({code for _, code in scanned})))}
    amounts: dict[tuple[str, str], tuple[Decimal, str]] = {}
    for one in consumption_of(session, within=batch):
        before = amounts.get((one.on, one.lot), (Decimal(0), one.unit))[0]
        if one.kind == "used":
            amounts[one.on, one.lot] = before + one.amount, one.unit
    return tuple(LotLine(lot.code, lot.kind, lot.name, lot.supplier_lot, lot.state, lot.expires_at, row.code,
                         row.done_at, *amounts.get((row.code, code), (None, "")))
                 for row, code in scanned if (lot := lots.get(code)) is not None)


def _equipment(session: Session, batch: str, scope: set[str]) -> tuple[EquipmentLine, ...]:
    rows = session.execute(select(UseRow, Equipment.name, Equipment.kind).join(
        Equipment, Equipment.code == UseRow.equipment).where(UseRow.within == batch).order_by(UseRow.at, UseRow.code))
    return tuple(EquipmentLine(use.equipment, name, kind, use.on_code, use.at, use.by) for use, name, kind in rows
                 if use.on_code in scope)


def _rooms(session: Session, batch: str, scope: set[str]) -> tuple[EquipmentLine, ...]:
    return tuple(EquipmentLine(one.area, one.name, one.kind, one.step, one.entered_at, one.by)
                 for one in rooms_of(session, within=batch) if one.step in scope)


def _clearances(session: Session, batch: str) -> tuple[ClearanceLine, ...]:
    return tuple(ClearanceLine(one.code, one.area, one.kind, one.cleared_by, one.cleared_at, one.confirmed_by)
                 for one in clearances_of(session, within=batch))


def _monitoring(session: Session, batch: str) -> tuple[MonitoringLine, ...]:
    return tuple(MonitoringLine(one.code, one.area, one.state, one.verdict, one.exposed_from or one.planned_at)
                 for one in monitoring_of(session, within=batch))


def _sums(session: Session, batch: str) -> tuple[ReconciliationLine, ...]:
    return tuple(ReconciliationLine(one.sums.lot, one.finding.verdict.value, one.finding.why)
                 for one in reconciliation_of(session, within=batch) if not one.sums.on)


def used_around(session: Session, batch: str) -> set[str]:
    """The codes of what a batch was made in, of and with, lots it took without a scan among them."""
    parents = parents_of(session, batch)
    return {*parents, *(code for found in parents.values() for code in found),
            *(one.code for one in containers_of(session, batch)), *(one.lot for one in consumption_of(
                session, within=batch)),
            *session.scalars(select(UseRow.equipment).where(UseRow.within == batch)),
            *(one.area for one in rooms_of(session, within=batch)),
            *(one.code for one in clearances_of(session, within=batch)),
            *(one.code for one in monitoring_of(session, within=batch))}
