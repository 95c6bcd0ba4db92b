"""Every time things changed hands, by hand-over or by shipment, as far as a decision needs it. It judges nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from mfg.custody.records import HandedObject, HandOver
from mfg.custody.shipment_records import Shipment, ShippedObject


@dataclass(frozen=True)
class Moved:
    """One thing in one hand-over or shipment."""

    thing: str
    code: str
    kind: str
    state: str


def moves_of(session: Session, things: Sequence[str]) -> tuple[Moved, ...]:
    """Every hand-over these things were in, oldest first, then every shipment. One statement."""
    handed = select(HandedObject.thing, HandOver.code.label("code"), literal("hand-over").label("kind"),
                    HandOver.state).join(HandOver, HandOver.code == HandedObject.hand_over).where(
        HandedObject.thing.in_(things))
    shipped = select(ShippedObject.thing, Shipment.code, literal("shipment"), Shipment.state).join(
        Shipment, Shipment.code == ShippedObject.shipment).where(ShippedObject.thing.in_(things))
    both = union_all(handed, shipped)
    found = [Moved(*row) for row in session.execute(both)]
    return tuple(sorted(found, key=lambda one: (one.kind, one.code, one.thing)))
