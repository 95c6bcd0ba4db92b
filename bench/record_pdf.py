"""Printing a long batch record: pages and rows a second, beside WeasyPrint on the same content; memory; growth.

WeasyPrint gets a tenth of the rows, because it needs minutes for all: what is compared is the cost of one row, and
what it costs grows faster than the rows do, so that it is treated well.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape

import pypdf
from reportlab.pdfgen.canvas import Canvas

from bench.measure import Arm, Arms, Comparison, cpu, fresh, megabytes, per_second
from bench.worker_memory import WORKER, installation
from mfg.paper import fonts
from mfg.paper.record import batch_record
from mfg.paper.record_shape import (
    Checkpoint,
    Correction,
    ExceptionLine,
    FieldLine,
    PhasePart,
    RecordFacts,
    Section,
    SignatureLine,
    StepPart,
    Table,
)

ROWS, TENTH = 5_000, 500
FIELDS = 10  # in a step; one step in ten belongs to the next phase
HASH = "9f3c41be07d2a6c8e1f05b7748d93aa2c6610f4e5d7b8890a1b2c3d4e5f60718"


# --- the record -------------------------------------------------------------------------------------------------


def facts(rows: int) -> RecordFacts:
    """A record of so many rows: four of five are values of steps, the others lines of the ledger; all different."""
    steps = [_step(number) for number in range(rows * 4 // 5 // FIELDS)]
    phases = tuple(PhasePart(f"Phase {number // 10}", tuple(steps[number:number + 10]))
                   for number in range(0, len(steps), 10))
    told = tuple((str(number), f"2026-11-20 09:{number % 60:02d}:07 UTC", f"Operator {number % 7}, operator",
                  "enter value", f"NK-26-001/step_{number // FIELDS}", "done", f"{number * 7919 % 2**64:016x}")
                 for number in range(rows // 5))
    nothing = Table(("Nothing",), (), "Nothing is recorded.")
    return RecordFacts(
        batch="NK-26-001", state="Batch complete", version="version 5000", master_record="NK-CD123-CD16/1",
        summary=(("Exceptions", str(len(steps)), "major"),), identity=(("Recipient", "SUB-0001"),),
        exceptions=tuple(_exception(step) for step in steps[::5]), points=nothing, coverage=(),
        signatures=tuple(_signature(step) for step in steps), assumed=(), phases=phases,
        sections=(Section("Materials", (("", nothing),)),), growth=(("0", "1e7"), ("14", "1e9")), viability=(),
        ledger=Table(("Entry", "Time", "Who", "What", "On", "Outcome", "Leaf"), told, "None."),
        checkpoint=Checkpoint("5000", HASH, ""), printed="2026-12-01 08:00 UTC", family=())


def _step(number: int) -> StepPart:
    return StepPart(
        code=f"NK-26-001/step_{number}", number=f"{number // 10}.{number % 10}", title=f"Count the culture, {number}",
        state="verified", critical=False, instruction="Look at the vessel, sample, count, feed to the plan.",
        sop="SOP-106", performed=f"Operator {number % 7}, work done 2026-11-20 09:{number % 60:02d} UTC",
        verified=f"Verifier {number % 5}, 2026-11-20 10:{number % 60:02d} UTC", remarks=(), redlines=(),
        fields=tuple(_field(number, place) for place in range(FIELDS)), attachments=())


def _field(step: int, place: int) -> FieldLine:
    old = (Correction(f"{step}.{place + 1} \u00d7 10\u2076 /mL", f"Operator {step % 7}, 2026-11-20 09:00 UTC",
                      "digits read in the wrong order", f"Operator {step % 7}", "2026-11-20 09:20 UTC"),)
    return FieldLine(
        label=f"Viable cells, reading {place}", value=f"{step}.{place} \u00d7 10\u2076", unit="/mL",
        limits="0.05 to 500 \u00d7 10\u2076 /mL", verdict="PASS", how="typed",
        entered=f"Operator {step % 7}\n2026-11-20 09:{place:02d} UTC", second="", remarks=(),
        corrections=old if (step + place) % 20 == 0 else ())


def _exception(step: StepPart) -> ExceptionLine:
    return ExceptionLine("minor", "correction", step.code, "Viable cells: digits read in the wrong order", "1.0", "",
                         "Operator 1", "2026-11-20 09:20 UTC", "")


def _signature(step: StepPart) -> SignatureLine:
    return SignatureLine("Operator 1", "operator", "Performed", step.code, "2026-11-20\n09:20:00 UTC", HASH, "")


# --- the yardsticks ---------------------------------------------------------------------------------------------


def as_html(record: RecordFacts) -> str:
    """The same content for WeasyPrint: the same tables, repeated headers, page x of y and hash at the foot."""
    face = "".join(f"@font-face {{ font-family: V; font-weight: {weight}; src: url(file://{fonts.font_file(font)}) }}"
                   for font, weight in ((fonts.SANS, 400), (fonts.BOLD, 700)))
    style = (f"{face} @page {{ size: A4; margin: 18mm 14mm; @bottom-right {{ content: 'page ' counter(page) ' of ' "
             f"counter(pages) }} @bottom-left {{ content: '{HASH}' }} }} body {{ font: 7.5pt V }} "
             "table { width: 100%; border-collapse: collapse } td, th { border-bottom: 1px solid #9aa7a2; "
             "text-align: left; vertical-align: top; padding: 3pt } s + small { display: block }")
    steps = "".join(_html_step(step) for step in record.steps())
    signed = _html_table(("Name", "Meaning", "Time", "Hash"),
                         ((one.name, f"{one.meaning} {one.on}", one.at, one.hash) for one in record.signatures))
    wrong = _html_table(("Class", "What", "Value", "Who", "Where"),
                        ((one.severity, one.what, one.value, one.who, one.where) for one in record.exceptions))
    return (f"<html><style>{style}</style><h1>{record.batch}</h1>{wrong}{signed}{steps}"
            f"{_html_table(record.ledger.header, record.ledger.rows)}</html>")


def _html_step(step: StepPart) -> str:
    rows = "".join(
        f"<tr><td>{escape(one.label)}<td>" + "".join(f"<s>{old.was}</s><small>{old.reason}, {old.by}</small>"
                                                     for old in one.corrections)
        + f"<b>{one.value} {one.unit}</b><td>{one.limits}<td><b>{one.verdict}</b><td>{one.entered}<td>{one.second}"
        for one in step.fields)
    return (f"<h3>{step.number} {step.title}</h3><p>{step.instruction} {step.sop}</p><table><thead><tr><th>Field"
            f"<th>Value<th>Limits<th>Verdict<th>Entered<th>Second</thead>{rows}</table><p>{step.performed} "
            f"{step.verified}</p>")


def _html_table(header: tuple[str, ...], rows: Iterator[tuple[str, ...]] | tuple[tuple[str, ...], ...]) -> str:
    head = "".join(f"<th>{escape(one)}" for one in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(one)}" for one in row) for row in rows)
    return f"<table><thead><tr>{head}</thead>{body}</table>"


def weasyprint_rows(html: str) -> bytes:
    """WeasyPrint's PDF of it."""
    from weasyprint import HTML  # of the extra “bench”; slow to import

    return bytes(HTML(string=html).write_pdf())


def bare_pages(texts: list[list[str]]) -> None:
    """The same lines put down with reportlab's own drawString: no widths measured, nothing wrapped, no links."""
    fonts.register()
    canvas = Canvas(io.BytesIO(), pageCompression=1)
    for page in texts:
        canvas.setFont(fonts.SANS, 7.5)
        for number, line in enumerate(page):
            canvas.drawString(40 + number % 6 * 85, 800 - number // 6 * 9, line)
        canvas.showPage()
    canvas.save()


def lines_of(pdf: bytes) -> list[list[str]]:
    """The lines of every page."""
    return [page.extract_text().split("\n") for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


# --- what is measured -------------------------------------------------------------------------------------------


def looked_at(pdf: bytes, record: RecordFacts) -> list[list[str]]:
    """Before anything is measured: every row is on the paper, and every page says which it is."""
    lines = lines_of(pdf)
    text = "".join("".join(page) for page in lines)
    for step in record.steps():
        assert all(f"{one.value} {one.unit}" in text for one in step.fields), f"{step.code} is not on the paper"
    assert all(row[6] in text for row in record.ledger.rows), "a line of the ledger is not on the paper"
    assert all(f"of{len(lines)}" in "".join(page).replace(" ", "") for page in lines), "a page does not say which it is"
    return lines


@contextmanager
def row_arms() -> Iterator[Arms]:
    record, part = facts(ROWS), as_html(facts(TENTH))
    yield Arms(cpu(lambda: batch_record(record), ROWS), cpu(lambda: weasyprint_rows(part), TENTH))


@contextmanager
def page_arms() -> Iterator[Arms]:
    record = facts(ROWS)
    lines = looked_at(batch_record(record), record)
    yield Arms(cpu(lambda: batch_record(record), len(lines)), cpu(lambda: bare_pages(lines), len(lines)))


@contextmanager
def growth_arms() -> Iterator[Arms]:
    long, short = facts(10_000), facts(1_000)
    yield Arms(cpu(lambda: batch_record(long), 1), cpu(lambda: batch_record(short), 1))


PRINTING = f"""
from bench.record_pdf import facts
from mfg.paper.record import batch_record
assert len(batch_record(facts({ROWS}))) > 100_000
"""


def peak(program: str) -> Arm:
    """Megabytes a fresh process held at most."""
    return fresh(program, "VmHWM")


@contextmanager
def memory_arms() -> Iterator[Arms]:
    """Two workers that have answered; one then prints. Its facts count too, and the most it ever held."""
    with installation():
        yield Arms(peak(WORKER + PRINTING), peak(WORKER))


def above(limit: float) -> Callable[[float, float], bool]:
    """At most so many megabytes more than the yardstick."""
    return lambda ratio, size: size - size / ratio <= limit


def seconds(cost: float) -> str:
    return f"{cost:.2f} s"


COMPARISONS = (
    Comparison("batch record PDF, 5,000 rows", "WeasyPrint, a tenth of the same", row_arms, per_second("rows"),
               promise="20x or more, aim 80x", kept=lambda ratio, _cost: ratio <= 1 / 20, rounds=5),
    Comparison("batch record PDF, its pages", "its lines by drawString alone", page_arms, per_second("pages"),
               promise="100 pages/s or more, aim 300", kept=lambda _ratio, cost: 1 / cost >= 100),
    Comparison("batch record PDF, 10,000 rows", "1,000 rows", growth_arms, seconds,
               promise="at most 11x, aim 10x", kept=lambda ratio, _cost: ratio <= 11, rounds=5),
    Comparison("worker while it prints the record", "the same worker idle", memory_arms, megabytes,
               promise="at most 60 MB more, aim 35", kept=above(60), rounds=5),
)
