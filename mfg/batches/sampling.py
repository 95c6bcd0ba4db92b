"""The plan of samples of a batch: what is to be drawn at a step, what was, and whether the step may be signed.

A sample is taken, or explained as not taken, by the laboratory's acts (`mfg.qc`), which answer the plan here in the
same turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from mfg.batches.entering import Job, job, working
from mfg.batches.records import Batch
from mfg.batches.rules import WORK, batch_open, branch_leads_here
from mfg.batches.sample_records import PlannedSample, answers_at
from mfg.batches.sample_rules import DRAWN, EXPLAIN, Explaining, Planned, drawing, plan_fits
from mfg.facts import Finding, Refused, judge, refuse_unless, shown
from mfg.ledger import Doing
from mfg.quality.records import draft
from mfg.recipes.master import Sampled
from mfg.recipes.records import master_record_in, specification_in
from mfg.recipes.sampling import plan_faults

#: class of the deviation of a sample that was not taken
MISSED = "missing observation"


def fits(session: Session, row: Batch) -> tuple[Finding, ...]:
    """Whether the plan of samples of a batch fits the specification it pins; nothing is asked where there is none."""
    record = master_record_in(session, row.master_record)
    if not record.samples:
        return ()
    faults = plan_faults(record, specification_in(session, row.specification))
    return (plan_fits(Planned(row.master_record, row.specification, tuple(faults))),)


def drawn_or_explained(session: Session, work: Job) -> tuple[Finding, ...]:
    """Whether every sample of the plan at a step is answered; nothing is asked, or read, where there is none."""
    planned = work.flow.record.samples_at(work.row.step_id)
    if not planned:
        return ()
    answered = frozenset(one.plan for one in answers_at(session, work.row.code))
    return judge(DRAWN, drawing(work.row.code, planned, answered))


@dataclass(frozen=True)
class Asked:
    """One sample of the plan at one step of a batch, and what was answered so far, oldest first."""

    work: Job
    spec: Sampled
    answers: tuple[PlannedSample, ...]

    @property
    def code(self) -> str:
        """The step and the sample of the plan."""
        return f"{self.work.row.code}/{self.spec.id}"

    @property
    def drawn(self) -> tuple[str, ...]:
        """The samples drawn for it, oldest first."""
        return tuple(one.sample for one in self.answers if one.sample)


def asked(session: Session, code: str) -> Asked:
    """The sample of the plan with this code (NK-26-001/qc_sample/sterility), or a refusal."""
    step, _, plan = code.strip().rpartition("/")
    work = job(session, step) if step else None
    spec = work.flow.record.sampled(plan) if work else None
    if work is None or spec is None or spec.step != work.row.step_id:
        raise Refused(f"{shown(code)} is no sample of the plan of a batch; step and sample such as "
                      "NK-26-001/qc_sample/sterility were expected.", kind="not found")
    return Asked(work, spec, tuple(one for one in answers_at(session, step) if one.plan == plan))


def may_be_drawn(one: Asked) -> None:
    """Refuse as long as the work has not come to the step, or a branch leads around it."""
    refuse_unless(judge(WORK, working(one.work)))


def answered_by(session: Session, doing: Doing, one: Asked, sample: str, tubes: int | None,
                volume_ml: Decimal | None) -> None:
    """Inside the act that took the sample: the plan is answered with it. Amounts not told are those of the plan."""
    session.add(PlannedSample(
        code=_next(one), batch=one.work.batch.code, step=one.work.row.code, plan=one.spec.id, sample=sample,
        tubes=tubes or one.spec.tubes or 1, volume_ml=one.spec.volume_ml if volume_ml is None else volume_ml, why="",
        by=doing.by.code, at=doing.at))


def _next(one: Asked) -> str:
    return f"{one.code}.{len(one.answers) + 1}"


def explained(session: Session, doing: Doing, one: Asked, why: str) -> None:
    """Inside the act that signs why a sample was not taken: the plan is answered, and a deviation opens."""
    session.add(PlannedSample(
        code=_next(one), batch=one.work.batch.code, step=one.work.row.code, plan=one.spec.id, sample=None, tubes=None,
        volume_ml=None, why=why, by=doing.by.code, at=doing.at))
    draft(session, within=one.work.batch.code, on=one.work.row.code, kind=MISSED, by=doing.by.code, at=doing.at,
          what=f"The sample {one.spec.title} of the plan was not taken at {one.work.shape.title}: {why}"[:2000],
          requirement="Every sample of the plan is drawn at its step")


def may_be_explained(one: Asked, drawn: str | None) -> None:
    """Refuse an explanation where there is a sample (`drawn`), or one already; or where the branch leads around."""
    told = bool(one.answers) and one.answers[-1].sample is None
    refuse_unless((*judge((batch_open, branch_leads_here), working(one.work)),
                   *judge(EXPLAIN, Explaining(one.spec.title, drawn, told))))
