"""What is done with a batch as a whole: opened, declared complete.

Steps are done in `runner.py`, doses in `filling.py`, containers in `transforming.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mfg.batches.containers import begin, make
from mfg.batches.content import Content
from mfg.batches.flow import flow_of, short
from mfg.batches.holds import on_time
from mfg.batches.labelled import unlabelled
from mfg.batches.records import Batch, Step
from mfg.batches.records import batch as load_batch
from mfg.batches.rules import BATCH, COMPLETE, OPEN, SETTLED, STEP, Completing, Opening
from mfg.batches.sampling import fits
from mfg.documents.records import Document, document, effective
from mfg.donors.records import Collection
from mfg.donors.records import collection as load_collection
from mfg.facts import Finding, Refused, judge, refuse_unless
from mfg.labelling.records import labels_within
from mfg.labelling.rules import ACCOUNTS, Accounting
from mfg.ledger import Who, act, fresh
from mfg.recipes.master import MasterRecord
from mfg.recipes.records import master_record_in
from mfg.trial.records import Recipient
from mfg.trial.records import recipient as load_recipient


def open_batch(session: Session, who: Who, *, recipient: str, collection: str, master_record: str,
               specification: str) -> str:
    """Issue a batch record for a recipient and an accepted collection. Returns NK-26-001.

    Documents are named by key; the effective version of each is pinned for good.
    """
    with act(session, "open batch", on=recipient, within=recipient, **who.how) as doing:
        person, cells = load_recipient(session, recipient), load_collection(session, collection)
        refuse_unless(judge(OPEN, _opening(session, person, cells)))
        code = _next_batch_code(session, doing.at.year)
        doing.on = doing.within = doing.result = code
        row = Batch(code=code, recipient=person.code, donor=cells.donor, collection=cells.code,
                    protocol=effective(session, "protocol", document(session, person.protocol).key).code,
                    master_record=_effective(session, "master record", master_record).code,
                    specification=_effective(session, "specification", specification).code,
                    opened_at=doing.at, opened_by=doing.by.code, state=BATCH.start)
        refuse_unless(fits(session, row))
        session.add(row)
        session.flush()
        session.add_all(first_steps(row, master_record_in(session, row.master_record)))
        make(session, doing, row, begin(session, doing, row, "receive"), "collection bag", {},
             Content(cells.volume_ml), {})
        doing.signs(content_of(row))
    return doing.result


def content_of(row: Batch) -> dict[str, str]:
    """What the signature under a batch covers: for whom, of what, by which versions."""
    return {"batch": row.code, "recipient": row.recipient, "donor": row.donor, "collection": row.collection,
            "protocol": row.protocol, "master_record": row.master_record, "specification": row.specification}


def _opening(session: Session, person: Recipient, cells: Collection) -> Opening:
    used = session.scalar(select(Batch.code).where(Batch.collection == cells.code).limit(1))
    return Opening(person.code, person.eligible_at, cells.code, cells.state, cells.recipient, used or "")


def _next_batch_code(session: Session, year: int) -> str:
    begun = f"NK-{year % 100:02d}-"
    count = session.scalar(select(func.count()).select_from(Batch).where(Batch.code.startswith(begun))) or 0
    return f"{begun}{count + 1:03d}"


def _effective(session: Session, kind: str, named: str) -> Document:
    """The effective version of the document named by key, or by the code of exactly that version."""
    row = effective(session, kind, named.partition("/")[0])
    if "/" in named and named != row.code:
        raise Refused(f"{named} is not the effective version; that is {row.code}. Choose it.")
    return row


def first_steps(row: Batch, record: MasterRecord) -> list[Step]:
    """Every step of the master record, once; staged ones as stage 1."""
    return [new_step(row.code, phase.id, step.id, ordinal, 1, 1 if phase.staged else 0)
            for ordinal, (phase, step) in enumerate(record.steps(), 1)]


def new_step(batch: str, phase: str, step_id: str, ordinal: int, repeat: int, stage: int) -> Step:
    """A step still to do; from its second time on the code carries the number."""
    code = f"{batch}/{step_id}" + (f"~{repeat}" if repeat > 1 else "")
    return Step(code=code, batch=batch, phase=phase, step_id=step_id, repeat=repeat, stage=stage, ordinal=ordinal,
                state=STEP.start, late_reason="")


def complete_batch(session: Session, who: Who, *, batch: str, seen: str | None = None,
                   asks: Callable[[Session, str], Iterable[Finding]]) -> str:
    """Sign the production review: every step performed and verified. Returns the batch code.

    `asks` is what the laboratory, a room above, says of the batch inside this very act: see `qc/completing.py`.
    """
    on_time(session)
    with act(session, "complete batch", on=batch, within=batch, **who.how) as doing:
        row = load_batch(session, batch)
        fresh(row, seen)
        state = BATCH.after("complete batch", row.state)
        flow = flow_of(session, row)
        open_steps = tuple(short(step) for step in flow.steps if flow.standing(step) not in SETTLED)
        labels = tuple((one.code, one.state) for one in labels_within(session, batch))
        refuse_unless([*judge(COMPLETE, Completing(batch, open_steps, flow.loops())),
                       *judge(ACCOUNTS, Accounting(batch, labels)), *unlabelled(session, row),
                       *asks(session, batch)])
        row.state = state
        standing = [[step.code, step.version, flow.standing(step)] for step in flow.steps]
        doing.signs(content_of(row) | {"steps": standing, "labels": labels})
        doing.result = batch
    return doing.result
