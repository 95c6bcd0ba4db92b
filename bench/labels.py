"""Dose labels a second, each a PDF of its own: vectors beside bar codes as pictures and beside WeasyPrint; and proved.

All arms put the same texts and the same symbols in the same places. The pictures have the 300 dpi of the printer.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape

from barcode.writer import ImageWriter
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from bench.measure import Arm, Arms, Comparison, cpu, per_second
from mfg.codes import isbt128_write as write
from mfg.paper import barcodes, fonts
from mfg.paper.labels import load_layout, render_pdf
from mfg.paper.layout import Facts
from mfg.paper.place import MM_PER_PT, Bars, Mark, Rule, Squares, Words, dot_mm, place
from mfg.paper.readback import codes_on, picture, prove

DPI = 300
LAYOUT = load_layout("dose_bag")
#: labels for an arm: WeasyPrint needs about half a second for one
MANY, SOME, FEW = 100, 20, 4


def facts(number: int) -> Facts:
    """A label of its own: its number, its volume and its cells are on no other."""
    from mfg.codes.isbt128 import parse

    told = LAYOUT.example
    structures = [one for one in parse(told["datamatrix"]) if one.number not in ("023", "036")]
    message = write.compound(*(write.structure(one.number, one.content) for one in structures),
                             write.label(f"LBL-{number:04d}"))
    return {**told, "label": f"LBL-{number:04d}", "datamatrix": message,
            "volume_ml": f"{100 + number % 50}.{number % 10}", "viable_nk_total": f"7.{number:04d} × 10⁸ cells"}


def made(way: Callable[[Facts], bytes], many: int) -> Arm:
    """CPU time for one label made this way."""
    all_facts = [facts(number) for number in range(1, many + 1)]
    return cpu(lambda: [way(one) for one in all_facts], many)


def vectors(told: Facts) -> bytes:
    return render_pdf(LAYOUT, told, DPI)


def proved(told: Facts) -> bytes:
    return prove(LAYOUT, told, DPI).pdf


# --- the yardsticks: the same marks, drawn otherwise --------------------------------------------------------------


def pictures(told: Facts) -> bytes:
    """Texts as ours, every symbol as a picture in the dots of the printer: python-barcode's ImageWriter and Pillow."""
    marks, out, dot = place(LAYOUT, told, DPI), io.BytesIO(), dot_mm(DPI) / MM_PER_PT
    tall = LAYOUT.size[1] / MM_PER_PT
    fonts.register()
    canvas = Canvas(out, pagesize=tuple(side / MM_PER_PT for side in LAYOUT.size), initialFontName=fonts.SANS)
    for mark in marks:
        if isinstance(mark, Words):
            fonts.draw(canvas, mark.x / MM_PER_PT, tall - mark.top / MM_PER_PT - fonts.RISE * mark.size, mark.text,
                       mark.font, mark.size)
        elif isinstance(mark, Rule):
            canvas.rect(mark.x / MM_PER_PT, tall - (mark.top + mark.h) / MM_PER_PT, mark.w / MM_PER_PT,
                        mark.h / MM_PER_PT, stroke=0, fill=1)
        else:
            image = _bars(mark) if isinstance(mark, Bars) else _squares(mark)
            wide, high = (side * dot for side in image.size)
            canvas.drawImage(ImageReader(image), mark.x * dot, tall - mark.top * dot - high, wide, high)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _bars(mark: Bars) -> Image.Image:
    dot = dot_mm(DPI)
    drawn: Image.Image = barcodes.Code128(mark.text, writer=ImageWriter()).render(
        {"module_width": mark.module * dot, "module_height": mark.height * dot, "quiet_zone": 0, "margin_top": 0,
         "margin_bottom": 0, "write_text": False, "dpi": DPI})
    return drawn


def _squares(mark: Squares) -> Image.Image:
    side = len(mark.rows)
    image = Image.new("L", (side, side), 255)
    image.putdata([0 if cell else 255 for row in mark.rows for cell in row])
    return image.resize((side * mark.module, side * mark.module), Image.Resampling.NEAREST)


def woven(told: Facts) -> bytes:
    """The same marks as HTML with the symbols as SVG, made a PDF by WeasyPrint."""
    from weasyprint import HTML  # three quarters of a second to import

    body = "".join(_html(mark) for mark in place(LAYOUT, told, DPI))
    wide, tall = LAYOUT.size
    return bytes(HTML(string=f"<style>@page {{ size: {wide}mm {tall}mm; margin: 0 }} {_FACES} div, svg {{ position: "
                             f"absolute; white-space: pre }}</style>{body}").write_pdf())


_FACES = "".join(f"@font-face {{ font-family: {font}; src: url(file://{fonts.font_file(font)}) }}"
                 for font in (fonts.SANS, fonts.BOLD, fonts.MONO))


def _html(mark: Mark) -> str:
    dot = dot_mm(DPI)
    if isinstance(mark, Words):
        return (f"<div style='left:{mark.x:.2f}mm;top:{mark.top:.2f}mm;font:{mark.size:g}pt {mark.font}'>"
                f"{escape(mark.text)}</div>")
    if isinstance(mark, Rule):
        return (f"<div style='left:{mark.x:.2f}mm;top:{mark.top:.2f}mm;width:{mark.w:.2f}mm;height:{mark.h:.2f}mm;"
                "background:black'></div>")
    if isinstance(mark, Bars):
        row = tuple(int(cell) for cell in barcodes.Code128(mark.text).build()[0])
        rects, wide, tall = [(x * mark.module, 0, n * mark.module, mark.height) for x, _, n in barcodes.runs((row,))], \
            len(row) * mark.module, mark.height
    else:
        m, wide = mark.module, len(mark.rows) * mark.module
        rects, tall = [(x * m, y * m, n * m, m) for x, y, n in barcodes.runs(mark.rows)], wide
    path = "".join(f"M{x} {y}h{w}v{h}h-{w}z" for x, y, w, h in rects)
    return (f"<svg style='left:{mark.x * dot:.3f}mm;top:{mark.top * dot:.3f}mm' width='{wide * dot:.3f}mm' "
            f"height='{tall * dot:.3f}mm' viewBox='0 0 {wide} {tall}'><path d='{path}'/></svg>")


# --- the comparisons ----------------------------------------------------------------------------------------------


def looked_at(way: Callable[[Facts], bytes]) -> None:
    """Before anything is measured: a reader finds the same symbols on it as on ours."""
    told = facts(7)
    wanted, found = (sorted((one.symbology, one.text) for one in codes_on(picture(made_pdf, DPI)))
                     for made_pdf in (vectors(told), way(told)))
    assert wanted and wanted == found, f"{way.__name__} shows {found}; {wanted} was expected"


def against(way: Callable[[Facts], bytes], many: int) -> Callable[[], object]:
    @contextmanager
    def arms() -> Iterator[Arms]:
        looked_at(way)
        yield Arms(made(vectors, MANY), made(way, many))
    return arms


@contextmanager
def proving() -> Iterator[Arms]:
    yield Arms(made(proved, SOME), made(vectors, SOME))


LABELS = per_second("labels")

COMPARISONS = (
    Comparison("a dose label, vectors", "the same, bar codes as pictures of 300 dpi", against(pictures, SOME), LABELS,
               promise="250 labels/s or more", kept=lambda _ratio, seconds: 1 / seconds >= 250),
    Comparison("a dose label, vectors", "the same by WeasyPrint", against(woven, FEW), LABELS,
               promise="at most a tenth", kept=lambda ratio, _seconds: ratio <= 0.1, rounds=5),
    Comparison("a dose label, read back", "the same, not read back", proving, LABELS,
               promise="40 labels/s or more", kept=lambda _ratio, seconds: 1 / seconds >= 40),
)
