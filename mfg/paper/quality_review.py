"""A product quality review on paper: its parts, the trends with their pictures, the conclusion, the signatures.

An unsigned one says so on every page. It counts nothing and judges nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mfg.paper.parts import draw_signatures, draw_table
from mfg.paper.record_shape import SignatureLine
from mfg.paper.sheet import Run, Sheet
from mfg.paper.trend import ChartPaper, draw_chart


@dataclass(frozen=True, slots=True)
class PartPaper:
    """One part: (what, number, note) and a table."""

    title: str
    figures: Sequence[tuple[str, str, str]]
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    empty: str


@dataclass(frozen=True, slots=True)
class ReviewPaper:
    """Everything that stands on the sheets. `code` is empty for a draft."""

    code: str
    period: str
    facts_hash: str
    conclusion: str
    parts: Sequence[PartPaper]
    charts: Sequence[ChartPaper]
    signatures: Sequence[SignatureLine]
    printed_at: str


def quality_review_pdf(facts: ReviewPaper) -> bytes:
    """The whole review."""
    subject = facts.code or "DRAFT, not signed"
    sheet = Sheet("Product quality review", subject, (
        f"{facts.period} · {subject} · printed {facts.printed_at}", f"Facts {facts.facts_hash}"))
    sheet.heading(f"Product quality review, {facts.period}", keep=120)
    if not facts.code:
        sheet.remark("This is a draft. Nobody has approved it; its figures are those of the moment it was printed.",
                     sign="CANNOT DETERMINE")
    sheet.boxes([(one.title, one.verdict, one.verdict) for one in facts.charts[:5]])
    sheet.boxes([(one.title, one.verdict, one.verdict) for one in facts.charts[5:]])
    sheet.heading("Conclusion")
    sheet.paragraph(facts.conclusion or "Not written yet.", size=10, bold=bool(facts.conclusion))
    for part in facts.parts:
        _part(sheet, part)
    sheet.heading("Trends from batch to batch", keep=300)
    for chart in facts.charts:
        draw_chart(sheet, chart, level=1)
    draw_signatures(sheet, facts.signatures)
    return sheet.finish()


def _part(sheet: Sheet, part: PartPaper) -> None:
    sheet.heading(part.title, keep=90)
    sheet.table(("What", "Number", ""), ((what, Run(number, bold=True), note) for what, number, note in part.figures),
                (42, 18, 40))
    if part.headers:
        sheet.y -= 6
        draw_table(sheet, part.headers, part.rows, part.empty)
