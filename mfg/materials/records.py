"""Lots, what was opened and taken of them and counted, suppliers and articles, as kept."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import (
    Amount,
    Base,
    Code,
    MaybeAmount,
    MaybeRef,
    MaybeWhen,
    Ref,
    When,
    Words,
    both_or_neither,
    one_of,
)
from mfg.facts import Refused

STATES = ("quarantine", "released", "in use", "depleted", "blocked", "rejected", "recalled")
KINDS = ("bispecific antibody", "medium", "cytokine", "feeder cells", "depletion reagent", "wash buffer",
         "formulation", "bag or set", "other")
CONSUMPTION_KINDS = ("issued", "used", "wasted", "returned")
SUPPLIER_STATES = ("proposed", "qualified", "conditional", "disqualified")
COUNT_STATES = ("counted", "confirmed", "replaced")


class Supplier(Base):
    """Who delivers; proposed until QA has looked at it."""

    __tablename__ = "supplier"
    #: SUP-0001
    code: Mapped[Code]
    name: Mapped[str] = mapped_column(unique=True)
    state: Mapped[Ref]
    #: under which conditions, or why not; empty otherwise
    remark: Mapped[Words]
    decided_by: Mapped[MaybeRef]
    decided_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (one_of("state", SUPPLIER_STATES), both_or_neither("decided_by", "decided_at"))


class Article(Base):
    """What a manufacturer's trade item number stands for. The newest one of a number counts."""

    __tablename__ = "article"
    #: ART-0001
    code: Mapped[Code]
    #: GTIN, 14 digits
    gtin: Mapped[str] = mapped_column(index=True)
    kind: Mapped[Ref]
    name: Mapped[Words]
    #: UCUM unit its lots are counted in
    unit: Mapped[Ref]
    #: how long an opened container keeps, h
    open_life_hours: Mapped[MaybeAmount]
    registered_by: Mapped[Ref]
    registered_at: Mapped[When]
    __table_args__ = (one_of("kind", KINDS),)


class Lot(Base):
    """One lot of one material, in quarantine until QA approves it."""

    __tablename__ = "lot"
    code: Mapped[Code]
    kind: Mapped[Ref]
    name: Mapped[Words]
    #: by name, as on the list of suppliers
    supplier: Mapped[Words]
    supplier_lot: Mapped[str] = mapped_column(index=True)
    #: certificate of analysis: its number, and the hash of its file
    certificate: Mapped[Words]
    certificate_file: Mapped[str | None] = mapped_column(ForeignKey("kept_file.code"))
    #: for the antibody: mass per volume in ug/mL; for feeder cells: irradiation dose in Gy
    strength: Mapped[MaybeAmount]
    strength_unit: Mapped[MaybeRef]
    #: all containers together; UCUM unit
    quantity: Mapped[MaybeAmount]
    quantity_unit: Mapped[MaybeRef]
    containers: Mapped[int | None]
    #: how long an opened container keeps, h
    open_life_hours: Mapped[MaybeAmount]
    #: of the quantity, what may be missing without explanation, %
    loss_limit_percent: Mapped[MaybeAmount]
    grade: Mapped[Ref] = mapped_column(default="")
    animal_origin: Mapped[bool | None]
    #: number of the TSE statement of a material of animal origin
    tse_statement: Mapped[Words] = mapped_column(default="")
    critical: Mapped[bool] = mapped_column(default=True)
    #: trade item number and serial number, as scanned at receipt
    gtin: Mapped[MaybeRef]
    serial: Mapped[MaybeRef]
    expires_at: Mapped[When]
    received_at: Mapped[When]
    received_by: Mapped[Ref]
    state: Mapped[Ref]
    #: for a blocked lot: the state it goes back to
    blocked_from: Mapped[MaybeRef]
    released_by: Mapped[MaybeRef]
    released_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        one_of("state", STATES),
        one_of("kind", KINDS),
        both_or_neither("released_by", "released_at"),
        both_or_neither("strength", "strength_unit"),
        both_or_neither("quantity", "quantity_unit"),
        CheckConstraint("(state = 'blocked') = (blocked_from IS NOT NULL)", name="blocked_pair"),
    )


class LotOpening(Base):
    """A container of a lot was opened. One is open at a time: the next opening ends the one before."""

    __tablename__ = "lot_opening"
    #: LOT-0001-O01
    code: Mapped[Code]
    lot: Mapped[str] = mapped_column(ForeignKey("lot.code"), index=True)
    opened_at: Mapped[When]
    #: the end of its open life
    good_until: Mapped[When]
    opened_by: Mapped[Ref]
    recorded_at: Mapped[When]


class Consumption(Base):
    """One amount of a lot at a step. A correction is a further row; the old one stays readable."""

    __tablename__ = "consumption"
    #: USE-000001
    code: Mapped[Code]
    lot: Mapped[str] = mapped_column(ForeignKey("lot.code"), index=True)
    #: the batch, and the step of it
    within: Mapped[str] = mapped_column(index=True)
    on: Mapped[str] = mapped_column("on_code", index=True)
    #: the field of the step it was entered in; empty when it was not
    field: Mapped[Ref]
    kind: Mapped[Ref]
    amount: Mapped[Amount]
    unit: Mapped[Ref]
    by: Mapped[Ref]
    #: the time of use
    at: Mapped[When]
    supersedes: Mapped[str | None] = mapped_column(ForeignKey("consumption.code"), unique=True)
    reason: Mapped[Words]
    __table_args__ = (one_of("kind", CONSUMPTION_KINDS), CheckConstraint("amount >= 0", name="not_negative"))


class Reconciliation(Base):
    """Somebody counted what is left of a lot; somebody else counted again."""

    __tablename__ = "reconciliation"
    #: LOT-0001-R01
    code: Mapped[Code]
    lot: Mapped[str] = mapped_column(ForeignKey("lot.code"), index=True)
    counted: Mapped[Amount]
    #: what should have been left, in the same unit
    computed: Mapped[Amount]
    unit: Mapped[Ref]
    verdict: Mapped[Ref]
    state: Mapped[Ref]
    counted_by: Mapped[Ref]
    counted_at: Mapped[When]
    confirmed_by: Mapped[MaybeRef]
    confirmed_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (one_of("state", COUNT_STATES), both_or_neither("confirmed_by", "confirmed_at"),
                      CheckConstraint("confirmed_by IS NULL OR confirmed_by <> counted_by", name="two_people"))


def lot(session: Session, code: str) -> Lot:
    """The lot with this code, or a refusal that names what was scanned."""
    row = session.scalar(select(Lot).where(Lot.code == code))
    if row is None:
        raise Refused(f"“{code}” is not a lot of this facility. Scan the lot label.", kind="not found")
    return row


def supplier(session: Session, code: str) -> Supplier:
    """The supplier with this code, or a refusal."""
    row = session.get(Supplier, code)
    if row is None:
        raise Refused(f"There is no supplier “{code}”.", kind="not found")
    return row


def supplier_named(session: Session, name: str) -> Supplier | None:
    """The supplier of exactly this name."""
    return session.scalar(select(Supplier).where(Supplier.name == name))


def reconciliation(session: Session, code: str) -> Reconciliation:
    """The count with this code, or a refusal."""
    row = session.get(Reconciliation, code)
    if row is None:
        raise Refused(f"There is no count “{code}” of a lot.", kind="not found")
    return row


def article_of(session: Session, gtin: str) -> Article | None:
    """What a trade item number stands for: its newest registration."""
    return session.scalar(select(Article).where(Article.gtin == gtin).order_by(Article.code.desc()).limit(1))


def openings_of(session: Session, lot_code: str) -> list[LotOpening]:
    """All openings of a lot, oldest first."""
    return list(session.scalars(select(LotOpening).where(LotOpening.lot == lot_code).order_by(
        LotOpening.opened_at, LotOpening.code)))


def counts_of(session: Session, lot_code: str) -> list[Reconciliation]:
    """All counts of a lot, oldest first."""
    return list(session.scalars(select(Reconciliation).where(Reconciliation.lot == lot_code).order_by(
        Reconciliation.code)))


def consumption_of(session: Session, *, lot: str | None = None, within: str | None = None,
                   on: str | None = None) -> list[Consumption]:
    """The amounts that count, of a lot, a batch or a step: those no later one supersedes. Oldest first."""
    later = select(Consumption.supersedes).where(Consumption.supersedes.is_not(None))
    asked = select(Consumption).where(Consumption.code.not_in(later)).order_by(Consumption.code)
    for column, value in ((Consumption.lot, lot), (Consumption.within, within), (Consumption.on, on)):
        if value is not None:
            asked = asked.where(column == value)
    return list(session.scalars(asked))
