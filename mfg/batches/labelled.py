"""Which containers of a batch have to carry their label, and whether they do. It prints nothing.

The master record names the kinds. The label of a dose bag is asked for at its release instead.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.container_rules import CONTAINER
from mfg.batches.records import Batch, Container
from mfg.facts import Finding, Verdict, judge, refuse_unless
from mfg.labelling.records import standing_label
from mfg.labelling.rules import CARRIES, Carrying
from mfg.recipes.records import master_record_in

#: kind of container -> the layout of its label
LAYOUTS = {"collection bag": "collection_bag", "vessel": "vessel", "harvest": "intermediate",
           "loaded cells": "intermediate", "sample tube": "sample_tube", "dose bag": "dose_bag"}


def refuse_unlabelled(session: Session, batch: Batch, row: Container) -> None:
    """Refuse a container whose kind the master record wants labelled, as long as its label is not on it."""
    if master_record_in(session, batch.master_record).labelled(row.kind):
        refuse_unless(_judged(session, row))


def unlabelled(session: Session, batch: Batch) -> list[Finding]:
    """A finding for every container of a batch that has to carry a label and does not; none of what is discarded."""
    kinds = [one.kind for one in master_record_in(session, batch.master_record).labels]
    if not kinds:
        return []
    rows = session.scalars(select(Container).where(
        Container.batch == batch.code, Container.kind.in_(kinds), Container.state.not_in(CONTAINER.final)).order_by(
        Container.code))
    return [one for row in rows for one in _judged(session, row) if one.verdict is not Verdict.PASS]


def _judged(session: Session, row: Container) -> tuple[Finding, ...]:
    label = standing_label(session, row.code, LAYOUTS[row.kind])
    return judge(CARRIES, Carrying(row.code, row.kind, label.code if label else "", label.state if label else ""))
