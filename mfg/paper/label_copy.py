"""A label to look at and not to scan: the very picture, its symbols struck through so that no reader reads them.

A label on a screen would be scanned in the place of the one on the bag, and a PDF of a label that was used once could
be used again. What goes to a printer is never made here.
"""

from __future__ import annotations

import io

import zxingcpp
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from mfg.paper import fonts
from mfg.paper.readback import picture

#: dots a mm of a printer sold as 203 dpi has; fine enough to read on a screen
DPI = 203
#: brighter than this is white, of 255
_WHITE = 200
#: of the smaller side of a symbol, how thick a strike is and how far apart they are
_STRIKE, _APART = 0.11, 0.22
NOT_A_LABEL = "Copy to look at. Not a label."


def unscannable(pdf: bytes, dpi: int = DPI) -> Image.Image:
    """The first page as its printer would make it, with white strikes through every symbol."""
    image = picture(pdf, dpi)
    for one in zxingcpp.read_barcodes(image, try_rotate=False, try_invert=False):
        corners = (one.position.top_left, one.position.top_right, one.position.bottom_left, one.position.bottom_right)
        across, down = [corner.x for corner in corners], [corner.y for corner in corners]
        _strike(image, _whole(image, [min(across), min(down), max(across), max(down)]))
    return image


def _whole(image: Image.Image, box: list[int]) -> tuple[int, int, int, int]:
    """A reader tells lines it read by, not where the ink ends: each side is moved outwards to the white round it."""
    for side, step in enumerate((-1, -1, 1, 1)):
        for _ in range(max(image.size)):
            edge = list(box)
            edge[(side + 2) % 4] = box[side] + (1 if step < 0 else -1)
            if min(image.crop((edge[0], edge[1], edge[2], edge[3])).tobytes(), default=255) > _WHITE:
                break
            box[side] += step
    return box[0], box[1], box[2], box[3]


def _strike(image: Image.Image, box: tuple[int, int, int, int]) -> None:
    """A white gap in the middle, which no line a reader could follow goes round, and slanting strikes on both sides."""
    symbol = image.crop(box)
    pen, (wide, tall) = ImageDraw.Draw(symbol), symbol.size
    pen.rectangle((round(wide * 0.35), 0, round(wide * 0.65), tall), fill=255)
    side = max(8, min(wide, tall))
    for start in range(-tall, wide, max(8, round(side * _APART))):
        pen.line(((start, tall), (start + tall, 0)), fill=255, width=max(4, round(side * _STRIKE)))
    image.paste(symbol, box)


def copy_pdf(pdf: bytes, state: str, dpi: int = 300) -> bytes:
    """The same picture on a page a little larger, which says that it is none to stick on, and what the label is now."""
    image = unscannable(pdf, dpi)
    wide, tall = (side / dpi * 72 for side in image.size)
    fonts.register()
    out, foot = io.BytesIO(), 14.0
    canvas = Canvas(out, pagesize=(max(wide, 260), tall + foot), invariant=1, pageCompression=1,
                    initialFontName=fonts.SANS)
    canvas.drawImage(ImageReader(image), 0, foot, wide, tall)
    fonts.draw(canvas, 2, 4, f"{NOT_A_LABEL} It is {state}.", fonts.BOLD, 8)
    canvas.showPage()
    canvas.save()
    return out.getvalue()
