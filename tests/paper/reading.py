"""What a printer and a scanner would do with our bytes: pictures of PDF and ZPL, and the codes on them."""

from __future__ import annotations

import pypdfium2
import zplkit
import zxingcpp
from PIL import Image

# A head sold as 203 dpi has 8 dots per mm, which is 203.2.
TRUE_DPI = {203: 203.2, 300: 300.0, 600: 600.0}


def picture_of_pdf(pdf: bytes, dpi: float, page: int = 0) -> Image.Image:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return document[page].render(scale=dpi / 72).to_pil().convert("L")
    finally:
        document.close()


def picture_of_zpl(zpl: bytes, dpi: int, size_mm: tuple[float, float]) -> Image.Image:
    wide, tall = (round(side * TRUE_DPI[dpi] / 25.4) for side in size_mm)
    document = zplkit.render(zpl, zplkit.Options(dpi=dpi, width=wide, height=tall))
    raster = document.labels[0].rasterize()
    return Image.frombytes("L", (raster.width, raster.height), bytes(raster.pixels))


def codes_on(picture: Image.Image) -> list[tuple[str, str]]:
    """(AIM identifier, text) of every code a reader finds, sorted."""
    return sorted((found.symbology_identifier, found.text) for found in zxingcpp.read_barcodes(picture))
