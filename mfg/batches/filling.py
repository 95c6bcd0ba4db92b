"""Doses: planned for an infusion, filled into bags, checked by a second person.

Whether a filled dose may leave is not judged here; that is release.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.container_rules import MAKE, Making
from mfg.batches.containers import begin, make, origin
from mfg.batches.content import NOTHING, Content
from mfg.batches.contents import contents
from mfg.batches.entering import container_scanned
from mfg.batches.filling_rules import CHECK, FILL, PLAN, Checking, Filling, Planning, expiry
from mfg.batches.holds import on_time
from mfg.batches.records import Batch, Container, Dose, DoseBag, bags_of
from mfg.batches.records import batch as load_batch
from mfg.batches.records import dose as load_dose
from mfg.batches.rules import DOSE
from mfg.batches.told import loading_of, record_of, stage_of_container
from mfg.batches.values import kept_exactly
from mfg.documents.records import document
from mfg.facts import Refused, judge, plain, refuse_unless
from mfg.ledger import Doing, Who, act, fresh
from mfg.trial.protocol import cohort, setting
from mfg.trial.protocol_file import load
from mfg.trial.records import recipient as load_recipient


def plan_dose(session: Session, who: Who, *, batch: str, infusion: int) -> str:
    """Plan the dose for one infusion of the protocol. Returns NK-26-001-D1."""
    with act(session, "plan dose", on=batch, within=batch, **who.how) as doing:
        row = load_batch(session, batch)
        refuse_unless(judge(PLAN, Planning(infusion, _infusions(session, row), row.protocol)))
        code = f"{batch}-D{infusion}"
        if session.get(Dose, code):
            raise Refused(f"{code} is planned already. Fill it on its page.")
        session.add(Dose(code=code, batch=batch, infusion=infusion, attempt=0, state=DOSE.start))
        doing.on = doing.result = code
    return doing.result


def _infusions(session: Session, row: Batch) -> int | None:
    """Infusions of the recipient's course; None when the protocol does not say."""
    protocol = load(document(session, row.protocol).text)
    of = cohort(protocol, load_recipient(session, row.recipient).cohort)
    found = setting(protocol, "infusions_per_course", of)
    return None if found is None or found.value is None else int(found.value)


def fill_dose(session: Session, who: Who, *, dose: str, source: str, volumes_ml: Sequence[Decimal],
              residuals_ml: Sequence[Decimal], filled_at: datetime, seen: str | None = None) -> str:
    """Fill a dose from the scanned container, one volume and one residual in mL a bag. Returns the dose code.

    Filling again counts the attempt up and withdraws the bags before; their check and results stay theirs.
    """
    _volumes(volumes_ml, residuals_ml)
    on_time(session)
    with act(session, "fill dose", on=dose, within=dose.rpartition("-")[0], **who.how) as doing:
        row = load_dose(session, dose)
        fresh(row, seen)
        state = DOSE.after("fill dose", row.state)
        batch = load_batch(session, row.batch)
        cells, how = container_scanned(session, batch, source)
        inside = contents(session, batch.code, [cells.code])[cells.code]
        ends, governed = _fillable(session, batch, dose, cells, inside, volumes_ml, filled_at, doing.at)
        for old in bags_of(session, row):
            old.withdrawn_at = doing.at
        row.state, row.attempt = state, row.attempt + 1
        done = begin(session, doing, batch, "fill", loss_ml=NOTHING)
        for volume, residual in zip(volumes_ml, residuals_ml, strict=True):
            part = Content(volume, inside.share(volume))
            bag = make(session, doing, batch, done, "dose bag", {cells.code: part}, part, {cells.code: how})
            session.add(DoseBag(container=bag.code, dose=dose, attempt=row.attempt, volume_ml=volume,
                                residual_ml=residual, filled_at=filled_at, filled_by=doing.by.code, expires_at=ends,
                                expiry_governed_by=governed))
        session.flush()
        doing.signs(content_of(session, row) | {"source": cells.code})
        doing.result = dose
    return doing.result


def _volumes(volumes: Sequence[Decimal], residuals: Sequence[Decimal]) -> None:
    """One residual a bag, each smaller than its volume; what is impossible is refused before anything is read."""
    if not volumes or len(volumes) != len(residuals):
        raise Refused(f"{len(volumes)} volumes and {len(residuals)} residuals were given; one of each was expected for "
                      "every bag.", kind="input")
    for volume, residual in zip(volumes, residuals, strict=True):
        kept_exactly(volume, "The volume"), kept_exactly(residual, "The residual")
        if not 0 <= residual < volume:
            raise Refused(f"A bag of {plain(volume)} mL of which {plain(residual)} mL stay behind cannot be; the "
                          "residual is 0 or more and less than the volume.", kind="input")


def _fillable(session: Session, batch: Batch, dose: str, cells: Container, inside: Content,
              volumes: Sequence[Decimal], filled_at: datetime, now: datetime) -> tuple[datetime, str]:
    """Expiry of the bags and what governs it, once every rule of filling passes."""
    record = record_of(session, batch)
    loads = record.loading is not None
    taken = origin(session, cells, inside, sum(volumes, NOTHING), how="")
    refuse_unless(judge(MAKE, Making("fill", batch.code, batch.recipient, batch.donor, (taken,), tuple(volumes),
                                     loads=loads)))
    stage = stage_of_container(session, batch.code, cells.code)
    stopped = loading_of(session, batch.code, stage=stage).stopped if loads else None
    shelf = record.shelf_life_hours.value
    retention = record.loading.retention_hours.value if record.loading else None
    refuse_unless(judge(FILL, Filling(dose, filled_at, now, stopped, shelf, retention, loads)))
    assert shelf is not None
    return expiry(filled_at, shelf, stopped, retention)


def content_of(session: Session, row: Dose) -> dict[str, Any]:
    """What the signatures under a filled dose cover: every bag of the present attempt."""
    return {"dose": row.code, "infusion": row.infusion, "attempt": row.attempt,
            "bags": [[bag.container, bag.volume_ml, bag.residual_ml, bag.filled_at, bag.expires_at,
                      bag.expiry_governed_by] for bag in bags_of(session, row)]}


def check_fill(session: Session, who: Who, *, dose: str, bag: str, volume_ml: Decimal,
               seen: str | None = None) -> str:
    """Check one bag: scan it, read its volume again in mL. The last one makes the dose checked."""
    on_time(session)
    with act(session, "check fill", on=dose, within=dose.rpartition("-")[0], **who.how) as doing:
        row = load_dose(session, dose)
        fresh(row, seen)
        state = DOSE.after("check fill", row.state)
        found, how = container_scanned(session, load_batch(session, row.batch), bag)
        code = found.code
        bags = {one.container: one for one in bags_of(session, row)}
        one = bags.get(code)
        refuse_unless(_checked(row, code, bags, volume_ml))
        assert one is not None
        _not_the_filler(doing, one)
        one.checked_by, one.checked_at, one.checked_how = doing.by.code, doing.at, how
        if all(each.checked_by for each in bags.values()):
            row.state = state
        doing.signs(content_of(session, row) | {"checked": code})
        doing.result = dose
    return doing.result


def _checked(row: Dose, code: str, bags: dict[str, DoseBag], volume_ml: Decimal) -> Any:
    one = bags.get(code)
    facts = Checking(row.code, code, tuple(bags), bool(one and one.checked_by), one.volume_ml if one else None,
                     volume_ml)
    return judge(CHECK, facts)


def _not_the_filler(doing: Doing, bag: DoseBag) -> None:
    if bag.filled_by == doing.by.code:
        raise Refused(f"{doing.by.printed_name} filled {bag.container}; another person checks it.", kind="not allowed")


def doses_of(session: Session, batch: str) -> list[Dose]:
    """The doses of a batch by infusion."""
    return list(session.scalars(select(Dose).where(Dose.batch == batch).order_by(Dose.infusion)))
