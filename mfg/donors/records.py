"""Donors, consent, markers, determinations, collections, as kept. A donor has a code, never a name."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String, select
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

RESULTS = ("negative", "reactive", "indeterminate", "not tested")
COLLECTION_STATES = ("collected", "inspected", "accepted", "rejected")
DETERMINATIONS = ("eligible", "ineligible", "not completed")
HOW = ("scanned", "typed")


class Donor(Base):
    """One donor, known by a donor code that carries no name, number or date of birth (21 CFR 1271.290)."""

    __tablename__ = "donor"
    code: Mapped[Code]
    #: relation to the recipient in words, for instance sibling, haploidentical
    relation: Mapped[Words]
    registered_at: Mapped[When]


class Pairing(Base):
    """This donor is listed for this recipient. Containers, collections and batches refer to the pair."""

    __tablename__ = "pairing"
    donor: Mapped[str] = mapped_column(ForeignKey("donor.code"), primary_key=True)
    recipient: Mapped[str] = mapped_column(ForeignKey("recipient.code"), primary_key=True)
    listed_at: Mapped[When]


class Consent(Base):
    """Consent of a donor to a version of the consent text; its withdrawal is a further row."""

    __tablename__ = "consent"
    code: Mapped[Code]
    donor: Mapped[str] = mapped_column(ForeignKey("donor.code"), index=True)
    text_version: Mapped[Ref]
    given_at: Mapped[When]
    withdrawn_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class Marker(Base):
    """One infection marker test of a donor (21 CFR 1271.80, 1271.85)."""

    __tablename__ = "marker"
    code: Mapped[Code]
    donor: Mapped[str] = mapped_column(ForeignKey("donor.code"), index=True)
    #: agent and method, from the panel table in rules.py
    test: Mapped[Ref]
    result: Mapped[Ref]
    specimen_at: Mapped[When]
    assay: Mapped[Words]
    kit_lot: Mapped[Ref]
    laboratory: Mapped[Words]
    recorded_at: Mapped[When]
    recorded_by: Mapped[Ref]
    __table_args__ = (one_of("result", RESULTS),)


class Determination(Base):
    """The medical director's determination of donor eligibility (21 CFR 1271.50). The newest one counts."""

    __tablename__ = "determination"
    code: Mapped[Code]
    donor: Mapped[str] = mapped_column(ForeignKey("donor.code"), index=True)
    verdict: Mapped[Ref]
    #: no risk factor in history and examination, in words
    screening: Mapped[Words]
    screened_at: Mapped[When]
    determined_at: Mapped[When]
    determined_by: Mapped[Ref]
    __table_args__ = (one_of("verdict", DETERMINATIONS),)


class Collection(Base):
    """One apheresis and its receipt."""

    __tablename__ = "collection"
    code: Mapped[Code]
    #: 13 characters of the donation identification number, flags apart
    din: Mapped[str] = mapped_column(String(13), unique=True)
    donor: Mapped[Ref]
    recipient: Mapped[Ref]
    started_at: Mapped[When]
    ended_at: Mapped[When]
    device: Mapped[Ref]
    volume_ml: Mapped[Amount]
    anticoagulant: Mapped[Ref]
    anticoagulant_ml: Mapped[Amount]
    #: total nucleated cells in the bag
    tnc: Mapped[Amount]
    #: NK cells, percent of nucleated cells
    nk_percent: Mapped[MaybeAmount]
    state: Mapped[Ref]
    received_at: Mapped[MaybeWhen]
    #: lowest and highest temperature of the transport logger, degree Celsius
    transport_low_c: Mapped[MaybeAmount]
    transport_high_c: Mapped[MaybeAmount]
    seal_intact: Mapped[bool | None]
    leak_free: Mapped[bool | None]
    #: the transport condition that was ordered, a key of rules.TRANSPORT
    transport: Mapped[MaybeRef]
    #: how the donation number was read at the donor's arm, scanned or typed; empty for older collections
    din_how: Mapped[MaybeRef]
    #: the chain of identity as read from the bag at receipt, and whether it was scanned or typed
    coi_scanned: Mapped[MaybeRef]
    identified: Mapped[MaybeRef]
    inspected_by: Mapped[MaybeRef]
    inspected_at: Mapped[MaybeWhen]
    accepted_by: Mapped[MaybeRef]
    accepted_at: Mapped[MaybeWhen]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (
        ForeignKeyConstraint(["donor", "recipient"], ["pairing.donor", "pairing.recipient"]),
        CheckConstraint("ended_at > started_at", name="ends_after_start"),
        CheckConstraint("volume_ml > 0", name="volume_positive"),
        both_or_neither("inspected_by", "inspected_at"),
        both_or_neither("accepted_by", "accepted_at"),
        one_of("state", COLLECTION_STATES),
    )


def donor(session: Session, code: str) -> Donor:
    """The donor with this code, or a refusal."""
    row = session.get(Donor, code)
    if row is None:
        raise Refused(f"There is no donor “{code}”.", kind="not found")
    return row


def collection(session: Session, code: str) -> Collection:
    """The collection with this code, or a refusal."""
    row = session.get(Collection, code)
    if row is None:
        raise Refused(f"There is no collection “{code}”.", kind="not found")
    return row


def pairings_of(session: Session, donor_code: str) -> list[Pairing]:
    """The recipients this donor is listed for."""
    return list(session.scalars(select(Pairing).where(Pairing.donor == donor_code).order_by(Pairing.recipient)))


def consents_of(session: Session, donor_code: str) -> list[Consent]:
    """Consents and withdrawals, oldest first."""
    return list(session.scalars(select(Consent).where(Consent.donor == donor_code).order_by(Consent.code)))


def markers_of(session: Session, donor_code: str) -> list[Marker]:
    """Every infection marker of a donor, in the order recorded."""
    return list(session.scalars(select(Marker).where(Marker.donor == donor_code).order_by(Marker.code)))


def newest_determination(session: Session, donor_code: str) -> Determination | None:
    """The determination that counts: the newest."""
    return session.scalar(select(Determination).where(Determination.donor == donor_code).order_by(
        Determination.determined_at.desc(), Determination.code.desc()).limit(1))
