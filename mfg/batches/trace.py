"""Where a lot went, and what went into a batch: lots, steps, amounts, batches, recipients, donors, doses and bags.

It reads in a fixed number of statements however many batches there are, and writes nothing. What counts as a use is
the scan of a lot in a step and every amount taken of it; an entry that was corrected away counts no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from mfg.batches.records import Batch, Dose, DoseBag, Step, StepEntry
from mfg.codes import own
from mfg.codes.scan import read
from mfg.donors.records import Collection
from mfg.facts import Refused
from mfg.materials.records import Consumption, Lot
from mfg.trial.records import Recipient


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a lot at a step. `how` is "scanned", or what became of the amount (used, issued, wasted, returned)."""

    lot: str
    batch: str
    step: str
    how: str
    amount: Decimal | None
    unit: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Made:
    """One batch with whom it is for and whom the cells came from."""

    batch: str
    state: str
    recipient: str
    coi: str
    donor: str
    collection: str
    din: str


@dataclass(frozen=True, slots=True)
class Given:
    """One dose of a batch with all its bags, of earlier fills too: container, volume in mL, withdrawn or not."""

    dose: str
    batch: str
    infusion: int
    state: str
    bags: tuple[tuple[str, Decimal, bool], ...]


@dataclass(frozen=True)
class Trace:
    """Everything that hangs together with what was asked for."""

    asked: str
    lots: tuple[Lot, ...] = ()
    uses: tuple[Use, ...] = ()
    batches: tuple[Made, ...] = ()
    doses: tuple[Given, ...] = ()


def trace(session: Session, text: str) -> Trace:
    """What hangs together with a code: a lot, a supplier's lot number or its bar code leads forward to batches,
    recipients and doses; a batch, dose, container, recipient, donor, collection or donation number back to the lots.

    Nothing found is an empty trace. At most six statements.
    """
    code = _code(text)
    if not code:
        return Trace("")
    kind = own.kind_of(code)
    if kind in (None, "lot", "collection"):
        forward = of_lots(session, code, Lot.code == code if kind == "lot" else Lot.supplier_lot == code)
        return forward if kind == "lot" or forward.lots else of_batches(session, code, or_(Batch.collection == code,
                                                                                  Collection.din == code[:13]))
    ways = {"recipient": Batch.recipient == code, "donor": Batch.donor == code}
    return of_batches(session, code, ways[kind] if kind in ways else Batch.code == own.batch_of(code))


def _code(text: str) -> str:
    """The code asked for. This is looking, not recording, so a code is taken with and without its check character."""
    bare = text.strip()
    if bare.startswith(("]", "=")):
        parts = {part.number: part for part in read(bare).parts}
        return (parts["10"] if "10" in parts else next(iter(parts.values()))).content
    first = bare.partition("/")[0].upper()
    return first if own.kind_of(first) else bare


def of_lots(session: Session, asked: str, which: ColumnElement[bool]) -> Trace:
    """Forward: from lots to everything made with them."""
    lots = tuple(session.scalars(select(Lot).where(which).order_by(Lot.code)))
    codes = [row.code for row in lots]
    uses = _uses(session, Lot.code.in_(codes), Consumption.lot.in_(codes)) if codes else ()
    batches = _made(session, Batch.code.in_({one.batch for one in uses})) if uses else ()
    return Trace(asked, lots, uses, batches, _doses(session, batches))


def of_batches(session: Session, asked: str, which: ColumnElement[bool]) -> Trace:
    """Back: from batches to everything that went into them."""
    batches = _made(session, which)
    codes = [one.batch for one in batches]
    uses = _uses(session, Step.batch.in_(codes), Consumption.within.in_(codes)) if codes else ()
    used = {one.lot for one in uses}
    lots = tuple(session.scalars(select(Lot).where(Lot.code.in_(used)).order_by(Lot.code))) if used else ()
    return Trace(asked, lots, uses, batches, _doses(session, batches))


def batches_with(session: Session, lot: str) -> tuple[str, ...]:
    """The batches that used a lot, by code."""
    return tuple(sorted({one.batch for one in _uses(session, Lot.code == lot, Consumption.lot == lot)}))


def _uses(session: Session, scanned: ColumnElement[bool], taken: ColumnElement[bool]) -> tuple[Use, ...]:
    """Scans and amounts that nothing supersedes, in the order they happened; two statements."""
    later, after = aliased(StepEntry), aliased(Consumption)
    scans = session.execute(
        select(StepEntry.value, Step.batch, Step.code, StepEntry.read_at, StepEntry.entered_at)
        .join(Step, Step.code == StepEntry.step).join(Lot, Lot.code == StepEntry.value)
        .where(scanned, ~exists().where(later.supersedes == StepEntry.code)))
    amounts = session.scalars(select(Consumption).where(taken, ~exists().where(after.supersedes == Consumption.code)))
    found = [Use(lot, batch, step, "scanned", None, "", read_at or entered_at)
             for lot, batch, step, read_at, entered_at in scans]
    found += [Use(one.lot, one.within, one.on, one.kind, one.amount, one.unit, one.at) for one in amounts]
    return tuple(sorted(found, key=lambda one: (one.at, one.batch, one.step, one.lot, one.how)))


def _made(session: Session, which: ColumnElement[bool]) -> tuple[Made, ...]:
    rows = session.execute(
        select(Batch.code, Batch.state, Batch.recipient, Recipient.coi, Batch.donor, Batch.collection, Collection.din)
        .join(Recipient, Recipient.code == Batch.recipient).join(Collection, Collection.code == Batch.collection)
        .where(which).order_by(Batch.code))
    return tuple(Made(*row) for row in rows)


def _doses(session: Session, batches: Sequence[Made]) -> tuple[Given, ...]:
    """Every dose of these batches with all its bags, in one statement."""
    if not batches:
        return ()
    rows = session.execute(
        select(Dose.code, Dose.batch, Dose.infusion, Dose.state, DoseBag.container, DoseBag.volume_ml,
               DoseBag.withdrawn_at)
        .outerjoin(DoseBag, DoseBag.dose == Dose.code).where(Dose.batch.in_([one.batch for one in batches]))
        .order_by(Dose.code, DoseBag.container))
    bags: dict[tuple[str, str, int, str], list[tuple[str, Decimal, bool]]] = {}
    for code, batch, infusion, state, container, volume, withdrawn in rows:
        held = bags.setdefault((code, batch, infusion, state), [])
        if container is not None:
            held.append((container, volume, withdrawn is not None))
    return tuple(Given(code, batch, infusion, state, tuple(held))
                 for (code, batch, infusion, state), held in bags.items())


def reach(found: Trace) -> str:
    """What was found, in a sentence."""
    def count(things: Iterable[Any], one: str, many: str) -> str:
        number = len(set(things))
        return f"{number} {one if number == 1 else many}"

    return (f"{count((row.code for row in found.lots), 'lot', 'lots')}, "
            f"{count((one.batch for one in found.batches), 'batch', 'batches')}, "
            f"{count((one.recipient for one in found.batches), 'recipient', 'recipients')}, "
            f"{count((one.dose for one in found.doses), 'dose', 'doses')}.")


def asked_for(text: str) -> str:
    """The same text, if it can be a code; a refusal otherwise."""
    if len(text) > 200:
        raise Refused("No code has more than 200 characters. Scan one code.", kind="input")
    return text
