"""A chart with its table on paper: the same picture as on the screen, part by part, and every value under it.

The parts are shared with the product quality review. It judges nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mfg.paper.control_chart import Lines, Plotted, chart_parts
from mfg.paper.parts import draw_table
from mfg.paper.sheet import Sheet

#: of the width of the page
PICTURE = 515.0


@dataclass(frozen=True, slots=True)
class ChartPaper:
    """Everything that stands on paper of one chart. `verdict` and `word` say its state."""

    title: str
    unit: str
    verdict: str
    word: str
    about: str
    points: Sequence[Plotted]
    lines: Lines
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]


def draw_chart(sheet: Sheet, chart: ChartPaper, *, level: int = 0, values: bool = True) -> None:
    """Heading with its state, what it is, the picture, and the table where it is wanted."""
    sheet.heading(chart.title, level, keep=240, sign=chart.verdict, word=f"{chart.verdict}: {chart.word}")
    sheet.paragraph(chart.about)
    for part in chart_parts(chart.title, chart.unit, chart.points, chart.lines):
        sheet.picture(part, PICTURE)
    if values:
        draw_table(sheet, chart.headers, chart.rows, "No value in this period.")


def chart_pdf(chart: ChartPaper, period: str, printed_at: str) -> bytes:
    """One chart as a document."""
    sheet = Sheet("Trend", chart.title, (f"{chart.title} · {period} · printed {printed_at}",))
    draw_chart(sheet, chart)
    return sheet.finish()
