"""A batch read once, for who needs much of it: steps, entries, what they tell, containers and what those come from.

The same answers as the functions of `told.py`, `flow.py` and `containers.py` give, from one reading: a handful
of statements however large the batch is. It changes nothing, and is good only as long as nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.family import Family, family_of
from mfg.batches.filled_bags import FilledBags, filled_bags
from mfg.batches.flow import Flow, flow_of
from mfg.batches.hold_records import HoldTime, holds_of
from mfg.batches.loading import Loading
from mfg.batches.records import Attachment, Batch, Container, DoseBag, Step, StepEntry, current, entries_told
from mfg.batches.told import Told, loading_from, stage_in, told_in
from mfg.materials.records import Lot
from mfg.recipes.master import MasterRecord
from mfg.training.records import Supervision


@dataclass(frozen=True)
class Whole:
    """One batch as it stands."""

    session: Session
    row: Batch
    #: every entry, corrected ones too, oldest first
    entries: Sequence[StepEntry]
    flow: Flow
    #: step -> the trainer under whose eyes it was done
    trainers: Mapping[str, str]
    #: the files of all steps, oldest first
    attachments: Sequence[Attachment]
    _loadings: dict[int | None, Loading] = field(default_factory=dict)

    @cached_property
    def current(self) -> list[StepEntry]:
        """The entries that count, oldest first."""
        return current(self.entries)

    @property
    def record(self) -> MasterRecord:
        """The master record the batch pins, with its approved redlines."""
        return self.flow.record

    @cached_property
    def told(self) -> list[Told]:
        """Every current value whose field has a meaning, in the order of the steps."""
        return told_in(self.flow)

    def stage(self, bags: Iterable[str]) -> int | None:
        """The stage these bags were filled from; None where there is not one."""
        return stage_in(self.told, self.parents, bags)

    @cached_property
    def _family(self) -> Family:
        return family_of(self.session, self.row.code)

    @property
    def containers(self) -> Sequence[Container]:
        """Every container of the batch in the order they were made."""
        return self._family.containers

    @property
    def parents(self) -> Mapping[str, Sequence[str]]:
        """Container -> the containers it was made from."""
        return self._family.parents

    def drawn(self, code: str) -> Decimal | None:
        """How much was taken out of a container, mL; None: somebody took an amount nobody wrote down."""
        return self._family.drawn(code)

    @cached_property
    def lots(self) -> dict[str, Lot]:
        """Every lot that was ever scanned in a step, by code."""
        now = {step.id: step.fields for _, step in self.record.steps()}
        scanned = {(row.code, one.id) for row in self.flow.steps
                   for one in (*self.flow.shape(row).fields, *now.get(row.step_id, ())) if one.kind == "scan lot"}
        codes = {one.value for one in self.entries if (one.step, one.field) in scanned}
        return {one.code: one for one in self.session.scalars(select(Lot).where(Lot.code.in_(codes)))}

    @cached_property
    def filled(self) -> FilledBags:
        """The dose bags with their labels and divisions."""
        return filled_bags(self.session, self.row)

    @property
    def bags(self) -> Sequence[DoseBag]:
        """Every bag of every dose of the batch, withdrawn ones too, by code."""
        return self.filled.bags

    @cached_property
    def holds(self) -> Sequence[HoldTime]:
        """Every hold time of the batch, in the order they began."""
        return [one for one, _ in holds_of(self.session, self.row.code)]

    def loading(self, stage: int | None, dose_volume_ml: Decimal | None = None) -> Loading:
        """The facts of the loading of a stage."""
        return replace(self._loading(stage), dose_volume_ml=dose_volume_ml)

    def _loading(self, stage: int | None) -> Loading:
        if stage not in self._loadings:
            self._loadings[stage] = loading_from(self.session, self.told, self.record, stage=stage,
                                                 sources=(self.row.code, self.row.master_record))
        return self._loadings[stage]

    def line(self, code: str) -> list[str]:
        """A container and everything it comes from within the batch."""
        found, todo = [code], [code]
        while todo:
            new = [one for one in self.parents.get(todo.pop(), ()) if one not in found]
            found += new
            todo += new
        return found


def whole_of(session: Session, row: Batch) -> Whole:
    """Read it."""
    entries, steps = entries_told(session, row.code), steps_with(session, row.code)
    return Whole(session, row, entries, flow_of(session, row, entries, steps.rows), steps.trainers, steps.attachments)


@dataclass(frozen=True)
class Steps:
    """The steps of a batch in order, and what hangs on them."""

    rows: Sequence[Step]
    trainers: Mapping[str, str]
    attachments: Sequence[Attachment]


def steps_with(session: Session, batch: str) -> Steps:
    """Read them in one statement: few steps have a file or a trainer, and hardly one has two."""
    found = session.execute(select(Step, Supervision, Attachment).outerjoin(
        Supervision, Supervision.on_code == Step.code).outerjoin(Attachment, Attachment.step == Step.code).where(
        Step.batch == batch).order_by(Step.stage, Step.ordinal, Step.repeat, Supervision.code)).all()
    files = {one.code: one for _, _, one in found if one is not None}
    return Steps(list(dict.fromkeys(step for step, _, _ in found)),
                 {one.on_code: one.trainer for _, one, _ in found if one is not None},
                 [files[code] for code in sorted(files)])
