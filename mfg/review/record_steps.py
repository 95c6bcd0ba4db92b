"""The steps of a batch as the printed record tells them: every value with who and when, corrections before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches import redlines as redlining
from mfg.batches.entering import Job
from mfg.batches.flow import Flow
from mfg.batches.reading_again import hidden, read_again
from mfg.batches.records import Attachment as Attached
from mfg.batches.records import Batch, Step, StepEntry
from mfg.batches.records import Redline as RedlineRow
from mfg.batches.rules import DONE
from mfg.files import KeptFile
from mfg.paper.pictures import small
from mfg.paper.record_shape import Attachment, Correction, FieldLine, PhasePart, Redline, StepPart
from mfg.recipes import master
from mfg.recipes.master import FieldSpec
from mfg.review.record_names import Names, moment_of, when
from mfg.training.records import Supervision
from mfg.units import in_words

#: so many pictures are drawn; all others are told by name and hash
PICTURES = 60


Hidden = Mapping[str, frozenset[str]]
HIDDEN = "hidden until it is read again"


def hidden_in(row: Batch, flow: Flow) -> Hidden:
    """Step -> fields whose values nobody may see yet, because a second person has still to read them blind."""
    return {step.code: hidden(Job(row, step, flow.shape(step), flow.of(step), flow)) for step in flow.steps}


def phases_of(session: Session, batch: str, flow: Flow, entries: Sequence[StepEntry], unseen: Hidden, names: Names
              ) -> tuple[PhasePart, ...]:
    """Every phase of the master record with the steps this batch has of it, those to do too."""
    all_of: dict[str, list[StepEntry]] = defaultdict(list)
    for entry in entries:
        all_of[entry.step].append(entry)
    attached, trainers = _attachments(session, batch, names), _trainers(session, batch, names)
    by_phase: dict[str, list[StepPart]] = defaultdict(list)
    order = {phase.id: number for number, phase in enumerate(flow.record.phases, 1)}
    for step in flow.steps:
        told = by_phase[step.phase]
        number = f"{order.get(step.phase, 0)}.{len(told) + 1}"
        part = _step(flow, step, number, all_of[step.code], unseen[step.code], names)
        told.append(replace(part, attachments=attached.get(step.code, ()),
                            remarks=(*part.remarks, *trainers.get(step.code, ()))))
    return tuple(PhasePart(phase.title, tuple(by_phase[phase.id])) for phase in flow.record.phases)


def _step(flow: Flow, row: Step, number: str, entries: Sequence[StepEntry], unseen: frozenset[str], names: Names
          ) -> StepPart:
    shape = flow.shape(row)
    stage = f", stage {row.stage}" if row.stage else ""
    again = f", time {row.repeat}" if shape.repeat else ""
    done = f", work done {when(row.done_at)}, entered" if row.done_at else ","
    lines = tuple(_masked(one) if id in unseen else one for id, one in _fields(flow, shape, row, entries, names))
    return StepPart(
        code=row.code, number=number, title=f"{shape.title}{again}{stage}", state=flow.standing(row),
        critical=shape.critical, instruction=shape.instruction, sop=shape.sop,
        performed=f"{names(row.performed_by)}{done} {when(row.performed_at)}" if row.performed_by else "",
        verified=names(row.verified_by, row.verified_at, apart=", "), remarks=tuple(_remarks(flow, row, names)),
        redlines=tuple(_redline(one, names) for one in redlining.redlines_on(flow.redlines, row.step_id, row.repeat)),
        fields=lines, attachments=())


def _masked(one: FieldLine) -> FieldLine:
    """A value that is still to be read again blind, with everything that would tell it."""
    return replace(one, value=HIDDEN, unit="", verdict="", remarks=(), corrections=())


def _remarks(flow: Flow, row: Step, names: Names) -> Iterable[str]:
    if row.late_reason:
        yield f"LATE ENTRY: {row.late_reason}"
    if row.skipped_by:
        yield f"SKIPPED by {names(row.skipped_by, row.skipped_at, apart=', ')}: {row.skip_reason}"
    if flow.standing(row) == "not needed":
        yield f"NOT NEEDED: {flow.branch(row).why}"


def _redline(one: RedlineRow, names: Names) -> Redline:
    decided = names(one.decided_by, one.decided_at)
    return Redline(one.code, one.was, one.becomes, one.reason, names(one.proposed_by, one.proposed_at),
                   decided if one.state == "approved" else f"{one.state} {decided}".strip(), f"{one.kind}, {one.state}")


def _fields(flow: Flow, shape: master.Step, row: Step, entries: Sequence[StepEntry], names: Names
            ) -> Iterable[tuple[str, FieldLine]]:
    """Every field by its id in the order it is asked for; once the step is done, those without a value too."""
    current, known = flow.of(row), {one.code: one for one in entries}
    specs = {one.id: one for one in shape.fields}
    for id in dict.fromkeys([*specs, *current]):
        entry, spec = current.get(id), specs.get(id)
        if entry is not None:
            yield id, _field(entry, known, spec, row, names)
        elif spec is not None and row.state in DONE:
            yield id, FieldLine(spec.label, "", "", _limits(spec), "", "", "", "",
                                ("optional",) if spec.optional else (), ())


def _field(entry: StepEntry, known: Mapping[str, StepEntry], spec: FieldSpec | None, row: Step, names: Names
           ) -> FieldLine:
    read = f"\nread {when(entry.read_at)}" if entry.read_at and entry.read_at != entry.entered_at else ""
    again = spec is not None and row.verified_by and read_again(spec, entry)
    second = names(row.verified_by, row.verified_at) if again else ""
    return FieldLine(
        label=spec.label if spec else entry.field, value=_value(entry), unit=in_words(entry.unit),
        limits=_limits(spec), verdict=entry.verdict, how=entry.how,
        entered=names(entry.entered_by, entry.entered_at) + read,
        second=f"the same value read again by\n{second}" if second else "", remarks=tuple(_marks(entry)),
        corrections=tuple(_corrections(entry, known, names)))


def _value(entry: StepEntry) -> str:
    if entry.how == "attached":
        return f"file {entry.value[:16]}"
    return moment_of(entry.moment) if entry.moment else entry.value


def _limits(spec: FieldSpec | None) -> str:
    if spec is None:
        return ""
    told = [str(spec.limits)] if spec.limits else []
    told += [f"alert {spec.alerts}"] if spec.alerts else []
    told += [f"not {' or '.join(spec.not_good)}"] if spec.not_good else []
    return "\n".join(told)


def _marks(entry: StepEntry) -> Iterable[str]:
    """What a reader of the value must know beside its verdict."""
    if entry.late_reason:
        yield f"LATE ENTRY: {entry.late_reason}"
    if entry.paper:
        yield f"from paper sheet {entry.paper}"
    if entry.alert:
        yield "beyond the alert limit"
    if entry.how == "not applicable":
        yield f"N/A: {entry.reason}"
    elif entry.reason and not entry.supersedes:
        yield f"kept because: {entry.reason}"


def _corrections(entry: StepEntry, known: Mapping[str, StepEntry], names: Names) -> list[Correction]:
    """The values before this one, oldest first."""
    before: list[Correction] = []
    while entry.supersedes and entry.supersedes in known:
        older = known[entry.supersedes]
        was = f"{_value(older)} {in_words(older.unit)}".strip()
        before.insert(0, Correction(was, names(older.entered_by, older.entered_at, apart=", "),
                                    entry.reason or "no reason kept", names(entry.entered_by), when(entry.entered_at)))
        entry = older
    return before


def _trainers(session: Session, batch: str, names: Names) -> dict[str, tuple[str, ...]]:
    """Under whose eyes a trainee worked, by step."""
    rows = session.scalars(select(Supervision).where(Supervision.within == batch).order_by(Supervision.code))
    found: dict[str, tuple[str, ...]] = {}
    for one in rows:
        told = f"UNDER SUPERVISION: {names(one.person)} worked under {names(one.trainer, one.at, apart=', ')}"
        found[one.on_code] = (*found.get(one.on_code, ()), told)
    return found


def _attachments(session: Session, batch: str, names: Names) -> dict[str, tuple[Attachment, ...]]:
    """The files of every step, images small: one statement for all, read one after the other."""
    rows = session.execute(
        select(Attached.step, Attached.caption, Attached.by, Attached.at, KeptFile.name, KeptFile.media_type,
               KeptFile.size, KeptFile.code).join(KeptFile, KeptFile.code == Attached.file).join(
            Step, Step.code == Attached.step).where(Step.batch == batch).order_by(Attached.code)).all()
    pictures = _pictures(session, [row.code for row in rows if row.media_type.startswith("image/")])
    found: dict[str, list[Attachment]] = defaultdict(list)
    for row in rows:
        name = f"{row.name}: {row.caption}" if row.caption else row.name
        found[row.step].append(Attachment(name, row.media_type, f"{row.size} bytes", row.code,
                                          names(row.by, row.at), pictures.get(row.code)))
    return {step: tuple(listed) for step, listed in found.items()}


def _pictures(session: Session, codes: Sequence[str]) -> dict[str, bytes | None]:
    """Small copies of images by hash; the originals pass through memory one at a time."""
    wanted = list(dict.fromkeys(codes))[:PICTURES]
    if not wanted:
        return {}
    rows = session.execute(select(KeptFile.code, KeptFile.content).where(KeptFile.code.in_(wanted)).order_by(
        KeptFile.code).execution_options(yield_per=1))
    return {code: small(bytes(content)) for code, content in rows}
