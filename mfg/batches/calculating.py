"""Calculated values of a batch, worked out anew whenever something they rest on changed. Nobody types them.

A result that has no answer any more is replaced by the sentence that says why: it is never left standing and never 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.orm import Session

from mfg.batches.entering import ACCEPTABLE, Job, Told, store, untold
from mfg.batches.flow import place
from mfg.batches.records import Step, StepEntry
from mfg.batches.rules import STEP
from mfg.batches.values import Value, judged
from mfg.facts import Reading, Refused, Verdict, plain
from mfg.ledger import Doing
from mfg.quality.records import draft
from mfg.recipes.master import FieldSpec

NO_ANSWER = "cannot be determined"


def calculate(session: Session, doing: Doing, work: Job, told: Told) -> None:
    """Every calculated value from this step on whose answer is new or another now, as a further entry.

    Outside its limits a value of this step is refused unless accepted with a reason, like one that is typed. In
    another step nobody is there to refuse it: it is kept, its deviation opens, and the step is verified again.
    """
    again = True
    while again:  # a formula may use a calculated value that stands below it
        again = False
        for row, spec in _calculated(work):
            value = _changed(work, row, spec)
            if value is not None:
                _keep(session, doing, work, row, spec, value, told)
                again = True


def _calculated(work: Job) -> Iterator[tuple[Step, FieldSpec]]:
    for row in work.flow.steps:
        if place(row) >= place(work.row) and row.state != "skipped":
            fields = [one for one in work.flow.shape(row).fields if one.kind == "calculated"]
            if fields and work.flow.branch(row).verdict is Verdict.PASS:
                yield from ((row, one) for one in fields)


def _changed(work: Job, row: Step, spec: FieldSpec) -> Value | None:
    """The new value; None when there is none yet, or it is what stands there."""
    before = work.flow.of(row).get(spec.id)
    answer = work.flow.calculate(row, spec)
    if answer.amount is None:
        if before is None or before.amount is None:
            return None
        return Value(NO_ANSWER, "computed", unit=spec.unit, verdict=Verdict.CANNOT_DETERMINE.value, why=answer.why)
    if before is not None and before.amount == answer.amount:
        return None
    return judged(spec, Reading(answer.amount), plain(answer.amount), "computed")


def _keep(session: Session, doing: Doing, work: Job, row: Step, spec: FieldSpec, value: Value, told: Told) -> None:
    own, answered = row.code == work.row.code, value.amount is not None
    if own and answered and value.breach and not (told.accepted and told.reason):
        raise Refused(f"{value.why} It is calculated as {spec.formula}. Correct what it is calculated from; or accept "
                      f"it as it is with a reason, and a {spec.severity} deviation opens.",
                      fields={"value": [value.why], "accept_breach": [ACCEPTABLE]})
    why = value.why if not answered else told.reason or f"What it is calculated from changed in {work.row.code}."
    before = work.flow.of(row).get(spec.id)
    entry = store(session, doing, work.flow, row, spec, value, Told(reason=why, read_at=doing.at))
    shape = work.flow.shape(row)
    wrong = untold(shape, spec, value) if answered else value.why
    if value.breach and (answered or row.state != STEP.start):
        draft(session, within=work.batch.code, on=entry.code, severity=spec.severity, by=doing.by.code, at=doing.at,
              what=f"{shape.title}: {wrong} {_accepted(told) if own else ''}".strip()[:2000])
    if not own and before is not None and row.state == "verified":
        row.state, row.verified_by, row.verified_at = STEP.after("correct entry", row.state), None, None


def _accepted(told: Told) -> str:
    return f"Accepted because: {told.reason}" if told.reason else ""


def undetermined(work: Job) -> tuple[str, ...]:
    """Why values that the step has to calculate are not there, each as a sentence."""
    return tuple(work.flow.calculate(work.row, spec).why or f"{spec.label} is not calculated yet."
                 for spec in work.shape.fields if spec.kind == "calculated" and not spec.optional
                 and _unanswered(work.entries.get(spec.id)))


def _unanswered(entry: StepEntry | None) -> bool:
    return entry is None or entry.amount is None
