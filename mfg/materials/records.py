"""Lots of materials, as kept."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeAmount, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, one_of
from mfg.facts import Refused

STATES = ("quarantine", "released", "rejected")
KINDS = ("bispecific antibody", "medium", "cytokine", "feeder cells", "depletion reagent", "wash buffer",
         "formulation", "bag or set", "other")


class Lot(Base):
    """One lot of one material, in quarantine until QA approves it."""

    __tablename__ = "lot"
    code: Mapped[Code]
    kind: Mapped[Ref]
    name: Mapped[Words]
    supplier: Mapped[Words]
    supplier_lot: Mapped[Ref]
    #: certificate of analysis, by reference
    certificate: Mapped[Words]
    #: for the antibody: mass per volume in ug/mL; for feeder cells: irradiation dose in Gy
    strength: Mapped[MaybeAmount]
    strength_unit: Mapped[MaybeRef]
    expires_at: Mapped[When]
    received_at: Mapped[When]
    received_by: Mapped[Ref]
    state: Mapped[Ref]
    released_by: Mapped[MaybeRef]
    released_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("state", STATES),
        one_of("kind", KINDS),
        both_or_neither("released_by", "released_at"),
        both_or_neither("strength", "strength_unit"),
    )


def lot(session: Session, code: str) -> Lot:
    """The lot with this code, or a refusal that names what was scanned."""
    row = session.scalar(select(Lot).where(Lot.code == code))
    if row is None:
        raise Refused(f"“{code}” is not a lot of this facility. Scan the lot label.", kind="not found")
    return row
