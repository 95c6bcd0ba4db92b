"""The complete record of one batch as PDF, what is wrong with it first.

It prints what it is given and judges nothing; the time of printing is a fact too. The same facts give the same
bytes. Steps are drawn in `record_steps.py`; the shape of the facts is `record_shape.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from mfg.paper.drawing import growth_curve, viability_trend
from mfg.paper.lineage import Kin, lineage
from mfg.paper.parts import decimal_told, draw_assumed, draw_checkpoint, draw_signatures, draw_table
from mfg.paper.record_shape import ExceptionLine, RecordFacts, Section, StepPart, content_hash
from mfg.paper.record_steps import draw_phases
from mfg.paper.sheet import Cell, Run, Sheet

#: points a picture may be tall, so that it stands on one page with its heading
TALLEST = 640.0


def batch_record(facts: RecordFacts) -> bytes:
    """The whole record of one batch. Raises Refused for a curve that is not of numbers."""
    hashed = content_hash(facts)
    sheet = Sheet("Batch record", facts.batch, (
        f"Batch {facts.batch} \u00b7 record {facts.version} \u00b7 master record {facts.master_record}",
        f"Content hash {hashed}", f"Printed {facts.printed}"))
    steps = {step.code: step for step in facts.steps()}
    _first(sheet, facts, hashed)
    _exceptions(sheet, facts, steps)
    _review(sheet, facts)
    draw_signatures(sheet, facts.signatures)
    draw_assumed(sheet, facts.assumed)
    draw_phases(sheet, facts)
    for section in facts.sections:
        _section(sheet, section)
    _curves(sheet, facts)
    _genealogy(sheet, facts)
    sheet.heading("Audit extract: every ledger entry of this batch")
    draw_table(sheet, facts.ledger.header, facts.ledger.rows, facts.ledger.none)
    draw_checkpoint(sheet, facts.checkpoint)
    return sheet.finish()


def _first(sheet: Sheet, facts: RecordFacts, hashed: str) -> None:
    """Title, state, the figures that matter, identities, the hash of the content."""
    sheet.heading(f"Batch record {facts.batch}", keep=100)
    sheet.paragraph(facts.state, size=11, bold=True)
    sheet.boxes(facts.summary)
    sheet.pairs(facts.identity, size=8, columns=3)
    sheet.paragraph(f"Content hash {hashed}: SHA-256 of everything in this record but the time of printing and the "
                    "ledger checkpoint.", size=7, quiet=True)


def _exceptions(sheet: Sheet, facts: RecordFacts, steps: dict[str, StepPart]) -> None:
    """Everything that is not as it should be, in the order given: the worst first."""
    sheet.heading("Exceptions")
    if not facts.exceptions:
        sheet.remark("No exception is recorded for this batch.", sign="PASS")
        return
    counts = Counter(one.severity for one in facts.exceptions)
    told = ", ".join(f"{counts[severity]} {severity}" for severity in ("critical", "major", "minor")
                     if counts[severity])
    many = "exception" if len(facts.exceptions) == 1 else "exceptions"
    sheet.remark(f"{len(facts.exceptions)} {many}: {told}.", sign="major")
    sheet.table(("No.", "Class", "What", "Value", "Limit", "Who and when", "Where"),
                (_exception(number, one, steps) for number, one in enumerate(facts.exceptions, 1)),
                (11, 26, 70, 30, 30, 40, 36))


def _exception(number: int, one: ExceptionLine, steps: dict[str, StepPart]) -> list[Cell]:
    step = steps.get(one.where)
    where = [Run(one.where)] if step is None else [
        Run(f"{step.number}  {step.title}", goes=step.code), Run("page ", goes=step.code, paged=True, bold=True)]
    what = [Run(one.kind, bold=True), Run(one.what)]
    if one.assessed:
        what.append(Run(f"Assessed: {one.assessed}", quiet=True))
    return [str(number), Run(one.severity, bold=True, sign=one.severity), what, one.value, one.limit,
            [Run(one.who), Run(one.at)], where]


def _review(sheet: Sheet, facts: RecordFacts) -> None:
    """Is everything there, what was checked by the system, and what by the reviewer."""
    sheet.heading("Completeness")
    draw_table(sheet, facts.points.header, facts.points.rows, facts.points.none)
    sheet.heading("Reviews")
    if not facts.coverage:
        sheet.paragraph("Nobody has reviewed this record yet.", quiet=True)
    for told in facts.coverage:
        sheet.paragraph(told)


def _section(sheet: Sheet, section: Section) -> None:
    sheet.heading(section.title)
    for title, table in section.tables:
        if title:
            sheet.heading(title, level=1)
        draw_table(sheet, table.header, table.rows, table.none)


def _genealogy(sheet: Sheet, facts: RecordFacts) -> None:
    """The picture of the screen; its table is the section of the containers."""
    if not facts.family:
        return
    drawn = lineage([Kin(code, kind, told) for code, kind, told, _ in facts.family],
                    {code: parents for code, _, _, parents in facts.family})
    wide = min(480.0, TALLEST * drawn.w / drawn.h)
    sheet.heading("Genealogy: where the cells come from, and what they became", keep=drawn.h * wide / drawn.w + 30)
    sheet.picture(drawn, wide)


def _series(told: Sequence[tuple[str, str]], what: str) -> list[tuple[Decimal, Decimal]]:
    return [(decimal_told(day, what), decimal_told(value, what)) for day, value in told]


def _curves(sheet: Sheet, facts: RecordFacts) -> None:
    sheet.heading("Growth and viability", keep=200)
    sheet.picture(growth_curve(_series(facts.growth, "growth"), "Viable cells"), 390)
    sheet.picture(viability_trend(_series(facts.viability, "viability")), 390)
