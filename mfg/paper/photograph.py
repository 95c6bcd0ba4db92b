"""The bar codes of a photograph, as a scanner would send them. It keeps no picture and knows no code.

The reader turns, inverts and shrinks the picture: it was taken by hand. `readback.py` is the strict one, for proofs.
"""

from __future__ import annotations

import io
from typing import Any

import zxingcpp
from PIL import Image

#: longest side, in pixels, that is looked through; a larger picture is shrunk first (a phone's has 4000)
LARGEST_SIDE = 4000
#: the symbols that scans are routed by; any other is not looked for
_FORMATS: Any = (zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.QRCode,
                 zxingcpp.BarcodeFormat.EAN13)


def codes_in(content: bytes) -> tuple[str, ...]:
    """Every symbol of a PNG or JPEG that was checked to be one: its AIM identifier and its text, from top to bottom."""
    with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
        picture.draft("L", (LARGEST_SIDE, LARGEST_SIDE))
        grey = picture.convert("L")
    grey.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    found = [one for one in zxingcpp.read_barcodes(grey, formats=_FORMATS, text_mode=zxingcpp.TextMode.Plain)
             if one.symbology_identifier]
    found.sort(key=lambda one: (one.position.top_left.y, one.position.top_left.x))
    return tuple(one.symbology_identifier + one.text for one in found)
