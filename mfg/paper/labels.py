"""Labels: a layout and facts in, PDF or ZPL bytes out, and the texts a scanner must read back.

It does not judge whether a label may be printed, keeps no count and talks to no printer.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.pdfgen.canvas import Canvas

from mfg.paper import barcodes, fonts
from mfg.paper.layout import Facts, Layout
from mfg.paper.layout_text import load_layout
from mfg.paper.place import MM_PER_PT, Bars, Mark, Rule, Squares, Words, dot_mm, place
from mfg.paper.zpl import to_zpl

__all__ = ["Layout", "load_layout", "render_pdf", "render_sheet", "render_zpl", "symbols"]


def render_pdf(layout: Layout, facts: Facts, dpi: int = 300) -> bytes:
    """One label as a PDF page of exactly its size, snapped to the dots of a printer of that resolution.

    The same layout and facts give the same bytes. Raises Refused for a missing fact or a text that does
    not fit.
    """
    return render_sheet(layout, [facts], dpi)


def render_sheet(layout: Layout, many: Sequence[Facts], dpi: int = 300) -> bytes:
    """Many labels of one layout as one PDF, a page each; all are placed before the first is drawn."""
    return drawn(layout, [place(layout, facts, dpi) for facts in many], dpi)


def drawn(layout: Layout, placed: Sequence[list[Mark]], dpi: int) -> bytes:
    """Placed labels as a PDF, a page each."""
    fonts.register()
    dot = dot_mm(dpi) / MM_PER_PT
    wide, tall = (round(side / dot_mm(dpi)) * dot for side in layout.size)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(wide, tall), invariant=1, pageCompression=1, initialFontName=fonts.SANS)
    canvas.setTitle(f"{layout.name} version {layout.version}")
    fonts.foresee(canvas, ((mark.text, mark.font) for marks in placed for mark in marks if isinstance(mark, Words)))
    for marks in placed:
        for mark in marks:
            _draw(canvas, mark, tall, dot)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def render_zpl(layout: Layout, facts: Facts, dpi: int = 300) -> bytes:
    """The same label as ZPL II for a printer of 203, 300 or 600 dpi."""
    return to_zpl(layout, place(layout, facts, dpi), dpi)


def symbols(layout: Layout, facts: Facts) -> list[tuple[str, str]]:
    """What a reader must find on the printed label: (symbology, text), in the order of the layout."""
    marks = place(layout, facts, 300)
    return [("Code128" if isinstance(mark, Bars) else "DataMatrix", mark.text)
            for mark in marks if isinstance(mark, (Bars, Squares))]


def _draw(canvas: Canvas, mark: Mark, tall: float, dot: float) -> None:
    match mark:
        case Words():
            base = tall - mark.top / MM_PER_PT - fonts.RISE * mark.size
            fonts.draw(canvas, mark.x / MM_PER_PT, base, mark.text, mark.font, mark.size)
        case Bars():
            barcodes.draw_code128(canvas, mark.text, mark.x * dot, tall - mark.top * dot, mark.module,
                                  mark.height, dot)
        case Squares():
            barcodes.draw_matrix(canvas, mark.rows, mark.x * dot, tall - mark.top * dot, mark.module, dot)
        case Rule():
            x, y, w, h = (round(v / MM_PER_PT / dot) * dot for v in (mark.x, mark.top, mark.w, mark.h))
            w, h = max(w, dot), max(h, dot)
            canvas._code.append(f"{x:.4f} {tall - y - h:.4f} {w:.4f} {h:.4f} re f")
