"""The dose bags of a batch with every label printed for them and their division of the donation, from one reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.divisions import divisions_among
from mfg.batches.records import Batch, Container, Dose, DoseBag
from mfg.labelling.records import PrintedLabel


@dataclass(frozen=True)
class FilledBags:
    """Dose bags, and what hangs on them."""

    #: every bag of every dose of the batch, withdrawn ones too, by code
    bags: Sequence[DoseBag]
    #: bag -> every label printed for it, voided ones too, in the order of their copies
    labels: Mapping[str, Sequence[PrintedLabel]]
    #: bag -> its division of the donation
    divisions: Mapping[str, str]


def filled_bags(session: Session, row: Batch) -> FilledBags:
    """Read them with the bags that other batches filled from the same donation: a division is given once."""
    own = select(DoseBag.container).join(Dose, Dose.code == DoseBag.dose).where(Dose.batch == row.code)
    donated = select(DoseBag.container).join(Container, Container.code == DoseBag.container).where(
        Container.collection == row.collection)
    rows = session.execute(
        select(DoseBag, Dose.batch, Container.collection, PrintedLabel).join(Dose, Dose.code == DoseBag.dose).join(
            Container, Container.code == DoseBag.container).outerjoin(
            PrintedLabel, PrintedLabel.container == DoseBag.container).where(
            DoseBag.container.in_(own.union(donated))).order_by(
            DoseBag.container, PrintedLabel.copy, PrintedLabel.code)).all()
    labels: dict[str, list[PrintedLabel]] = {}
    for bag, _, _, label in rows:
        if label is not None:
            labels.setdefault(bag.container, []).append(label)
    return FilledBags(list(dict.fromkeys(bag for bag, batch, _, _ in rows if batch == row.code)), labels,
                      divisions_among({bag for bag, _, collection, _ in rows if collection == row.collection}))
