"""The rows that the dossier of a dose is made from, each read once. It makes no facts of them and judges nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import Batch, Dose, DoseBag
from mfg.batches.whole import Whole, whole_of
from mfg.documents.records import Document
from mfg.donors.records import Collection
from mfg.facts import Refused
from mfg.qc.oos_records import Tested, tested_in
from mfg.qc.sterility_records import Sampled, sampled_in
from mfg.release.records import Infusion, infusion_of
from mfg.review.gather_used import Traces, traces_of
from mfg.trial.records import Recipient


@dataclass(frozen=True)
class Root:
    """A dose with what it is of, and the versions its batch pins: protocol, master record, specification."""

    of: Dose
    row: Batch
    who: Recipient
    origin: Collection
    versions: tuple[Document, ...]


@dataclass(frozen=True)
class Read:
    """One dose with the rows several parts of its dossier need."""

    session: Session
    root: Root
    whole: Whole
    #: what the batch used
    traces: Traces
    sampled: Sampled
    tested: Tested
    infusion: Infusion

    @property
    def of(self) -> Dose:
        """The dose."""
        return self.root.of

    @property
    def row(self) -> Batch:
        """The batch."""
        return self.root.row

    @cached_property
    def bags(self) -> list[DoseBag]:
        """The bags of the present fill."""
        mine = self.of.code, self.of.attempt
        return [one for one in self.whole.bags if (one.dose, one.attempt) == mine]

    @cached_property
    def stage(self) -> int | None:
        """The stage the present fill comes from."""
        return self.whole.stage(bag.container for bag in self.bags)

    @property
    def left_at(self) -> datetime | None:
        """When the present fill was released before its certification; None as long as it was not."""
        left = [one.decided_at for one in self.infusion.decisions
                if one.kind in ("released on condition", "released exceptionally")
                and one.attempt == self.of.attempt]
        return left[-1] if left else None


def read_dose(session: Session, dose_code: str) -> Read:
    """Read it. Refused when there is no such dose."""
    root = _root(session, dose_code)
    code = root.row.code
    return Read(session, root, whole_of(session, root.row), traces_of(session, code), sampled_in(session, code),
                tested_in(session, code), infusion_of(session, root.of, root.row.recipient))


def _root(session: Session, dose_code: str) -> Root:
    """The dose with what it is of, in one statement: a row for each version that the batch pins."""
    pinned = Batch.protocol, Batch.master_record, Batch.specification
    rows = session.execute(
        select(Dose, Batch, Recipient, Collection, Document).join(Batch, Batch.code == Dose.batch).join(
            Recipient, Recipient.code == Batch.recipient).join(Collection, Collection.code == Batch.collection).join(
            Document, Document.code.in_(pinned)).where(Dose.code == dose_code)).all()
    if not rows:
        raise Refused(f"There is no dose “{dose_code}”.", kind="not found")
    of, row, who, origin, _ = rows[0]
    found = {one[-1].code: one[-1] for one in rows}
    return Root(of, row, who, origin, tuple(found[code] for code in (
        row.protocol, row.master_record, row.specification)))
