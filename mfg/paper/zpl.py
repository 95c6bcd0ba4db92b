"""A placed label as ZPL II text for Zebra printers. It writes; it does not send.

Words that the printer's own font may not have (degree sign, superscripts, biohazard) travel as a small picture,
so that a printer can never replace them silently.
"""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from mfg.paper import east_asian, fonts
from mfg.paper.barcodes import code128_zpl
from mfg.paper.layout import Layout
from mfg.paper.place import MM_PER_PT, Bars, Mark, Rule, Squares, Words, dot_mm


def to_zpl(layout: Layout, marks: list[Mark], dpi: int) -> bytes:
    """The whole format, one label."""
    dot = dot_mm(dpi)
    wide, tall = (round(side / dot) for side in layout.size)
    lines = ["^XA", "^CI28", f"^PW{wide}", f"^LL{tall}", "^LH0,0"]
    lines += [_command(mark, dot) for mark in marks]
    return ("\n".join([*lines, "^XZ"]) + "\n").encode("utf-8")


def _command(mark: Mark, dot: float) -> str:
    match mark:
        case Bars():
            return (f"^FO{mark.x},{mark.top}^BY{mark.module}^BCN,{mark.height},N,N,N,N"
                    f"^FD{code128_zpl(mark.text)}^FS")
        case Squares():
            side = len(mark.rows)
            return f"^FO{mark.x},{mark.top}^BXN,{mark.module},200,{side},{side}^FH_^FD{_field(mark.text)}^FS"
        case Rule():
            return _rule(mark, dot)
        case Words():
            return _words(mark, dot)


def _rule(rule: Rule, dot: float) -> str:
    wide, tall = max(1, round(rule.w / dot)), max(1, round(rule.h / dot))
    return f"^FO{round(rule.x / dot)},{round(rule.top / dot)}^GB{wide},{tall},{min(wide, tall)}^FS"


def _words(words: Words, dot: float) -> str:
    x, y = round(words.x / dot), round(words.top / dot)
    high = round(words.size * MM_PER_PT / dot)
    if words.font == fonts.MONO or not _printer_has(words):
        return f"^FO{x},{y}{picture(words.text, words.font, high)}^FS"
    block = "" if words.align == "left" else f"^FB{round(words.wide / dot)},1,0,{words.align[0].upper()}"
    return f"^FO{x},{y}^A0N,{high},{high}{block}^FH_^FD{_field(words.text)}^FS"


def _printer_has(words: Words) -> bool:
    """Whether the scalable font of every printer draws these characters: ASCII is what all of them share.

    In a field block (^FB), where a line is centred, a backslash begins a command whatever the field escapes.
    """
    in_block = words.align != "left"
    return words.text.isascii() and words.text.isprintable() and not (in_block and "\\" in words.text)


def _field(text: str) -> str:
    """Escape what would end a field: with ^FH_ an underscore and two hex digits stand for a byte."""
    return "".join(f"_{ord(character):02X}" if character in "^~_" else character for character in text)


@lru_cache(maxsize=50)
def _face(face: str, high: int, bold: bool) -> ImageFont.FreeTypeFont:
    """A font at a size in dots; of the variable ones, the weight that is wanted."""
    font = ImageFont.truetype(fonts.font_file(face), high)
    if face in east_asian.FACES:
        font.set_variation_by_axes([east_asian.BOLD_WEIGHT if bold else east_asian.REGULAR_WEIGHT])
    return font


@lru_cache(maxsize=200)
def picture(text: str, font: str, high: int) -> str:
    """A line of text as a `^GFA` field, one bit a dot, drawn from the same fonts as the PDF."""
    runs = [(_face(face, high, font == fonts.BOLD), part) for face, part in fonts.pieces(text, font)]
    wide = max(1, round(sum(face.getlength(part) for face, part in runs)) + 2)
    tall = round(high * fonts.LINE) + 1
    image = Image.new("1", (wide, tall), 0)
    pen, x = ImageDraw.Draw(image), 0.0
    for face, part in runs:
        pen.text((x, round(high * fonts.RISE)), part, fill=1, font=face, anchor="ls")
        x += face.getlength(part)
    row_bytes = (wide + 7) // 8
    data = image.tobytes().hex().upper()
    return f"^GFA,{row_bytes * tall},{row_bytes * tall},{row_bytes},{data}"
