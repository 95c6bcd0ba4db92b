"""Photographs made small enough for paper. The original is kept with its hash; this is for recognising it."""

from __future__ import annotations

import io

SIDE = 480
QUALITY = 70


def small(content: bytes, side: int = SIDE) -> bytes | None:
    """An image as a JPEG of at most `side` pixels each way; None for what cannot be read as an image.

    A JPEG is decoded at a fraction of its size, so that a large photograph costs little memory.
    """
    from PIL import Image, ImageOps  # costs 40 ms, and most records have no picture

    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
            picture.draft("RGB", (side, side))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((side, side))
            if upright.mode in ("RGBA", "LA", "PA", "P"):
                clear = upright.convert("RGBA")
                upright = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
            out = io.BytesIO()
            upright.convert("RGB").save(out, "JPEG", quality=QUALITY)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        return None
    return out.getvalue()
