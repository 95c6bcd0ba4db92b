"""What a blank record says: a master record, with the redlines and the open steps of a batch where there is one."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from mfg.batches.flow import Flow, flow_of
from mfg.batches.records import Batch, Step
from mfg.batches.records import batch as batch_of
from mfg.batches.rules import DONE, SETTLED
from mfg.documents.records import document as document_of
from mfg.facts import Limits, plain
from mfg.paper.blank_shape import BlankFacts, BlankField, BlankHold, BlankPhase, BlankStep
from mfg.recipes import master
from mfg.recipes.master import FieldSpec, MasterRecord
from mfg.recipes.records import master_record_in
from mfg.review.record_facts import identity_of
from mfg.units import in_words

HINTS = {"scan container": "Scan later; write the code with its check character.",
         "scan lot": "Write the number of the lot with its check character.",
         "scan equipment": "Write the number on the equipment with its check character.",
         "scan room": "Write the number of the room with its check character.",
         "time": "Date, time and zone.", "reading": "A number, or a bound such as <0.5.",
         "file": "Keep the print-out or photograph with this sheet; write its number here."}
TO_WRITE = ("Batch", "Chain of identity", "Recipient", "Donor", "Collection", "Protocol", "Specification")


def blank_of_document(session: Session, code: str, *, issue: str, issued: str, reason: str) -> BlankFacts:
    """A whole master record; who it is for is written on it by hand."""
    record, row = master_record_in(session, code), document_of(session, code)
    phases = tuple(BlankPhase(phase.title, tuple(
        _step(step, f"{number}.{place}{f'/{time}' if times > 1 else ''}", step.id, notes=_times(step, phase, time))
        for place, step in enumerate(phase.steps, 1)
        for times in [step.repeat or 1] for time in range(1, times + 1)))
        for number, phase in enumerate(record.phases, 1))
    return BlankFacts(issue=issue, title=record.title, master_record=code, master_hash=row.text_hash, batch="",
                      identity=tuple((label, "") for label in TO_WRITE), issued=issued, reason=reason, done="",
                      phases=phases, holds=tuple(_holds(record)))


def _times(step: master.Step, phase: master.Phase, time: int) -> Iterable[str]:
    if step.repeat:
        until = f", until {step.until}" if step.until else ""
        yield f"Time {time} of at most {step.repeat}{until}. Leave empty what is not needed, and bring it back."
    if phase.staged:
        yield f"Of a part that is done up to {phase.staged} times. Which time is this? ______"


def blank_of_batch(session: Session, code: str, *, issue: str, issued: str, reason: str) -> BlankFacts:
    """What is still to do in a batch, with its approved redlines; one empty form more for a step that repeats."""
    row = batch_of(session, code)
    flow, document = flow_of(session, row), document_of(session, row.master_record)
    parts = [BlankPhase(phase.title, tuple(_open(flow, row, phase.id, number)))
             for number, phase in enumerate(flow.record.phases, 1)]
    done = [one.code.partition("/")[2] for one in flow.steps if flow.standing(one) in SETTLED | DONE]
    return BlankFacts(
        issue=issue, title=flow.record.title, master_record=row.master_record, master_hash=document.text_hash,
        batch=code, identity=identity_of(session, row), issued=issued, reason=reason,
        done=f"In the system already: {', '.join(done)}." if done else "",
        phases=tuple(part for part in parts if part.steps), holds=tuple(_holds(flow.record)))


def _open(flow: Flow, row: Batch, phase: str, number: int) -> Iterable[BlankStep]:
    """The steps of a phase nobody has signed, and a further time of each that may be repeated."""
    of_phase = [one for one in flow.steps if one.phase == phase]
    last = {(one.step_id, one.stage): one for one in of_phase}
    for place, step in enumerate(of_phase, 1):
        shape, name = flow.shape(step), f"{number}.{place}"
        if flow.standing(step) not in SETTLED | DONE:
            yield _step(shape, name, step.code, notes=_so_far(flow, step))
        if shape.repeat and last[step.step_id, step.stage] is step and step.repeat < shape.repeat:
            yield _step(shape, f"{name}+", f"{row.code}/{step.step_id}~{step.repeat + 1}", notes=(
                "If it is done once more. Leave empty what is not needed, and bring it back.",))


def _so_far(flow: Flow, step: Step) -> Iterable[str]:
    entered = [spec.label for spec in flow.shape(step).fields if spec.id in flow.of(step)]
    if entered:
        yield f"In the system already: {', '.join(entered)}."
    if step.stage:
        yield f"Stage {step.stage}."


def _step(shape: master.Step, number: str, code: str, *, notes: Iterable[str]) -> BlankStep:
    told = [*notes]
    told += [f"Only if {shape.when}."] if shape.when else []
    told += ["May be left out with a reason and a signature."] if shape.optional else []
    told += ["Product is open: write the room and the plates that are out."] if shape.open else []
    told += ["Line clearance by two people before."] if shape.clearance else []
    return BlankStep(code, number, shape.title, shape.instruction, shape.sop, shape.critical, tuple(told),
                     tuple(_field(one) for one in shape.fields))


def _field(spec: FieldSpec) -> BlankField:
    choices = ("yes", "no") if spec.kind == "yesno" else spec.choices
    good = f"not good: {' or '.join(spec.not_good)}" if spec.not_good else ""
    limits = "; ".join(part for part in (_limits(spec.limits, ""), _limits(spec.alerts, "alert "), good) if part)
    return BlankField(spec.label, in_words(spec.unit), limits, tuple(choices), spec.optional, spec.blind, _hint(spec))


def _limits(limits: Limits | None, word: str) -> str:
    return f"{word}{limits}" if limits else ""


def _hint(spec: FieldSpec) -> str:
    if spec.kind == "calculated":
        return f"Calculated: {spec.formula}. The system works it out again at entry."
    wanted = spec.lot_kind or spec.container_kind or spec.equipment_kind
    return " ".join(part for part in (f"{wanted.capitalize()}." if wanted else "", HINTS.get(spec.kind, "")) if part)


def _holds(record: MasterRecord) -> Iterable[BlankHold]:
    """A box for each segment of each hold time."""
    for hold in record.holds:
        at = f", {hold.temperature}" if hold.temperature else ""
        limit = f"at most {plain(hold.limit_minutes)} min, warned at {plain(hold.warn_minutes)} min{at}"
        for begins, ends in hold.segments:
            yield BlankHold(hold.title, limit, _event(record, begins), _event(record, ends))


def _event(record: MasterRecord, event: str) -> str:
    """An event in words: the step being done, or a time written in it."""
    step_id, _, field_id = event.partition(".")
    step = record.step(step_id)
    if step is None:
        return event
    field = step.field(field_id) if field_id else None
    return f"{step.title}: {field.label}" if field else f"{step.title} is done"
