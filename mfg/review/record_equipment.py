"""Equipment and rooms as the printed batch record tells them: used when, in which state, cleared, monitored."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.equipment.records import Equipment, uses_of
from mfg.paper.record_shape import Section, Table
from mfg.review.record_names import Names


def equipment_section(session: Session, batch: str, names: Names) -> Section:
    """What the steps wrote into the log books."""
    uses = uses_of(session, within=batch)
    known = {one.code: one for one in session.scalars(select(Equipment).where(
        Equipment.code.in_({use.equipment for use in uses})))}
    rows = tuple((use.equipment, f"{known[use.equipment].name}\n{known[use.equipment].kind}", use.on_code,
                  names(use.by, use.at), known[use.equipment].state) for use in uses)
    return Section("Equipment and rooms", (
        ("", Table(("Equipment", "What it is", "Step", "Used by", "State now"), rows,
                   "No use of equipment is recorded.")),))
