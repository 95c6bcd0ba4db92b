"""Files of instruments as kept, the readings taken from them, and the raw values behind a result.

The bytes stand in `kept_file` under their hash, the same bytes once. A reading is the original record of what an
instrument found; a result rests on readings and points at them.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ForeignKey, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import Base, Code, MaybeRef, MaybeWhen, Ref, When, Words, both_or_neither, one_of
from mfg.facts import Refused
from mfg.qc.instrument_rules import FILE
from mfg.qc.records import Result

STATES = tuple(sorted(FILE.states))


class InstrumentFileRow(Base):
    """One file that was handed in. Until a person has confirmed its preview nothing of it counts."""

    __tablename__ = "instrument_file"
    code: Mapped[Code]
    #: SHA-256 of the bytes; the same bytes are never read in twice
    file: Mapped[str] = mapped_column(ForeignKey("kept_file.code"), unique=True)
    name: Mapped[Words]
    #: the reader that reads it
    kind: Mapped[Ref]
    maker: Mapped[Words]
    model: Mapped[Words]
    #: as the file has it; blank where it names none
    serial: Mapped[Words]
    software: Mapped[Words]
    #: the instrument of this house, known by its serial number or scanned
    equipment: Mapped[MaybeRef] = mapped_column(ForeignKey("equipment.code"))
    #: the zone a person told for times without one; blank where the file has its own
    zone: Mapped[Ref]
    #: when and by whom it was measured, as a person told it where the file does not say
    told_at: Mapped[MaybeWhen]
    told_operator: Mapped[Ref]
    #: the file with the gates, for cytometers
    gates: Mapped[str | None] = mapped_column(ForeignKey("kept_file.code"))
    gates_name: Mapped[Words]
    #: SHA-256 of everything that was read, as the preview showed it
    readings_hash: Mapped[Ref]
    read_at: Mapped[When]
    read_by: Mapped[Ref]
    confirmed_at: Mapped[MaybeWhen]
    confirmed_by: Mapped[MaybeRef]
    state: Mapped[Ref]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (one_of("state", STATES), both_or_neither("confirmed_at", "confirmed_by"))


class ReadingRow(Base):
    """One sample as an instrument measured it once, as confirmed by a person."""

    __tablename__ = "instrument_reading"
    #: IF-0001-0012: file and number of the measurement in it
    code: Mapped[Code]
    instrument_file: Mapped[str] = mapped_column(ForeignKey("instrument_file.code"), index=True)
    number: Mapped[int]
    #: the sample as the file writes it, and the sample of this house it is
    sample_text: Mapped[Words]
    sample: Mapped[str | None] = mapped_column(ForeignKey("sample.code"), index=True)
    measured_at: Mapped[MaybeWhen]
    measured_text: Mapped[Words]
    #: as the file writes it, and the person it is
    operator: Mapped[Words]
    person: Mapped[MaybeRef]
    place: Mapped[Words]
    #: JSON: values with their text and place; the findings of the rules; what the instrument warned of
    values: Mapped[str] = mapped_column(Text)
    findings: Mapped[str] = mapped_column(Text)
    warnings: Mapped[str] = mapped_column(Text)
    verdict: Mapped[Ref]
    __table_args__ = (UniqueConstraint("instrument_file", "number"),)


class RawValue(Base):
    """One raw value behind a result: a replicate, or a control that was read beside it."""

    __tablename__ = "raw_value"
    code: Mapped[Code]
    result: Mapped[str] = mapped_column(ForeignKey("result.code"), index=True)
    #: “replicate”, or the arm of the control
    what: Mapped[Ref]
    value: Mapped[Words]
    unit: Mapped[Ref]
    #: where it was read: the reading, and the place in its file; blank for a typed value
    reading: Mapped[str | None] = mapped_column(ForeignKey("instrument_reading.code"))
    place: Mapped[Words]


class ResultLot(Base):
    """A lot of a reagent that a test was done with."""

    __tablename__ = "result_lot"
    code: Mapped[Code]
    result: Mapped[str] = mapped_column(ForeignKey("result.code"), index=True)
    lot: Mapped[str] = mapped_column(ForeignKey("lot.code"), index=True)


def instrument_file(session: Session, code: str) -> InstrumentFileRow:
    """The file with this code, or a refusal."""
    row = session.get(InstrumentFileRow, code)
    if row is None:
        raise Refused(f"There is no instrument file “{code}”.", kind="not found")
    return row


def all_files(session: Session) -> list[InstrumentFileRow]:
    """All files, the newest first."""
    return list(session.scalars(select(InstrumentFileRow).order_by(InstrumentFileRow.code.desc())))


def readings_of_file(session: Session, code: str) -> list[ReadingRow]:
    """The confirmed readings of a file, in its order."""
    return list(session.scalars(select(ReadingRow).where(ReadingRow.instrument_file == code).order_by(
        ReadingRow.number)))


def readings_of_sample(session: Session, sample: str) -> list[ReadingRow]:
    """What instruments read of a sample, oldest file first."""
    return list(session.scalars(select(ReadingRow).where(ReadingRow.sample == sample).order_by(
        ReadingRow.instrument_file, ReadingRow.number)))


def measured_by(session: Session, result: str) -> tuple[str, ...]:
    """Everybody with a hand in the readings a result rests on: who measured, who handed the file in, who confirmed."""
    rows = session.execute(select(ReadingRow.person, InstrumentFileRow.read_by, InstrumentFileRow.confirmed_by).join(
        RawValue, RawValue.reading == ReadingRow.code).join(
        InstrumentFileRow, InstrumentFileRow.code == ReadingRow.instrument_file).where(RawValue.result == result))
    return tuple(sorted({code for row in rows for code in row if code}))


def measured_in(session: Session, batch: str) -> frozenset[str]:
    """The same for every result of a batch at once."""
    rows = session.execute(select(ReadingRow.person, InstrumentFileRow.read_by, InstrumentFileRow.confirmed_by).join(
        RawValue, RawValue.reading == ReadingRow.code).join(Result, Result.code == RawValue.result).join(
        InstrumentFileRow, InstrumentFileRow.code == ReadingRow.instrument_file).where(Result.batch == batch))
    return frozenset(code for row in rows for code in row if code)


def results_on(session: Session, file: str) -> list[tuple[str, str]]:
    """(result, its batch) of every result that rests on readings of a file, oldest first."""
    rows = session.execute(select(Result.code, Result.batch).join(RawValue, RawValue.result == Result.code).join(
        ReadingRow, ReadingRow.code == RawValue.reading).where(ReadingRow.instrument_file == file).order_by(
        Result.code).distinct())
    return [(code, batch) for code, batch in rows]


def answered_by_readings(session: Session, sample: str, test: str) -> dict[str, str]:
    """Reading of a sample -> the result of that test it stands behind."""
    rows = session.execute(select(RawValue.reading, Result.code).join(Result, Result.code == RawValue.result).where(
        Result.sample == sample, Result.test == test, RawValue.reading.is_not(None)).order_by(Result.code))
    return {reading: code for reading, code in rows if reading is not None}


def raw_values_of(session: Session, results: Iterable[str]) -> list[RawValue]:
    """The raw values behind some results, in their order."""
    return list(session.scalars(select(RawValue).where(RawValue.result.in_(list(results))).order_by(RawValue.code)))


def lots_of(session: Session, result: str) -> list[str]:
    """The lots a result was made with."""
    return list(session.scalars(select(ResultLot.lot).where(ResultLot.result == result).order_by(ResultLot.code)))
