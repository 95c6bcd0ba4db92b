"""The steps of a batch record: what was asked, what was entered by whom, what was corrected, who stands for it."""

from __future__ import annotations

from collections import defaultdict

from mfg.paper.grid import Cell, Run, verdict_run
from mfg.paper.record_shape import Attachment, FieldLine, RecordFacts, Redline, StepPart
from mfg.paper.sheet import Sheet

FIELDS = ("Field", "Value", "Limits", "Verdict", "Entered by", "Second reading by")
FIELD_WIDTHS = (80, 108, 66, 74, 95, 92)


def draw_phases(sheet: Sheet, facts: RecordFacts) -> None:
    """Every phase and step, with the numbers of the exceptions that touch it."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(facts.exceptions, 1):
        numbers[one.where].append(number)
    sheet.heading("Steps", keep=100)
    if not facts.phases:
        sheet.paragraph("No step is issued for this batch.", quiet=True)
    for phase in facts.phases:
        sheet.heading(phase.title, level=1, keep=90)
        for step in phase.steps:
            _step(sheet, step, numbers[step.code])


def _step(sheet: Sheet, step: StepPart, exceptions: list[int]) -> None:
    title = f"{step.number}  {step.title}"
    sheet.heading(title, level=2, keep=56, anchor=step.code, running=f"Step {title}", word=step.state.upper(),
                  sign="PASS" if step.state == "verified" else "")
    told = [step.code, step.instruction, step.sop, "Critical step." if step.critical else ""]
    sheet.paragraph(" \u00b7 ".join(part for part in told if part), size=7.5, quiet=True)
    if exceptions:
        many = "Exceptions" if len(exceptions) > 1 else "Exception"
        sheet.remark(f"{many} {', '.join(map(str, exceptions))} of this record concerns this step.", sign="major")
    for remark in step.remarks:
        sheet.remark(remark, sign="major")
    _redlines(sheet, step.redlines)
    if step.fields:
        sheet.table(FIELDS, map(_field, step.fields), FIELD_WIDTHS)
    elif step.state == "todo":
        sheet.paragraph("Nothing is recorded for this step.", quiet=True)
    if step.performed or step.verified:
        sheet.pairs([("Performed by", step.performed or "nobody yet"), ("Verified by", step.verified or "nobody yet")],
                    size=7.5)
    _attachments(sheet, step.attachments)


def _field(one: FieldLine) -> list[Cell]:
    """One field: values that were corrected stay readable above the one that counts, struck through."""
    value: list[Run] = []
    for old in one.corrections:
        value += [Run(old.was, struck=True), Run(f"entered {old.entered}", quiet=True),
                  Run(f"corrected {old.at} by {old.by}: {old.reason}")]
    now = " ".join(part for part in (one.value, one.unit) if part)
    value.append(Run(now, bold=True) if one.value else Run("not recorded", quiet=True))
    value += [Run(remark, bold=True, sign="minor") for remark in one.remarks]
    label: Cell = [Run(one.label), Run(one.how, quiet=True)] if one.how else one.label
    return [label, value, one.limits, verdict_run(one.verdict), one.entered, one.second]


def _redlines(sheet: Sheet, redlines: tuple[Redline, ...]) -> None:
    if redlines:
        sheet.table(("Redline", "Was", "For this batch", "Why, by whom", "Approved"), map(_redline, redlines),
                    (17, 24, 24, 24, 18))


def _redline(one: Redline) -> list[Cell]:
    return [[Run(one.code, bold=True, sign="major"), Run(one.state)], Run(one.was, struck=True),
            Run(one.now, bold=True), [Run(one.reason), Run(one.by, quiet=True)], one.approved or "not approved"]


def _attachments(sheet: Sheet, attachments: tuple[Attachment, ...]) -> None:
    if not attachments:
        return
    sheet.table(("Attached", "Type and size", "SHA-256", "By"),
                ([Run(one.name, bold=True), [Run(one.kind), Run(one.size)], Run(one.sha256, mono=True), one.by]
                 for one in attachments), (30, 18, 46, 22))
    sheet.photographs([(one.name, one.picture) for one in attachments if one.picture])
