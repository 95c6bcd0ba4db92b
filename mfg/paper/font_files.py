"""The file of a font inside a PDF, made and packed once for the same glyphs.

A label is a PDF of its own with its fonts in it, and taking the glyphs out of three fonts and packing them costs more
than everything else on it. Labels of one layout use the same glyphs, so that the very bytes come again.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from reportlab.pdfbase import pdfdoc
from reportlab.pdfbase.ttfonts import TTFont

#: files of fonts kept, each about 25 kB
KEPT = 64


def keep(font: TTFont) -> TTFont:
    """The font, with its files kept from one document to the next."""
    face = font.face
    face.makeSubset = _subset(face.makeSubset)
    face.getCharWidth = lru_cache(maxsize=4_000)(_told_once(face.getCharWidth))
    face.addSubsetObjects = _added(face, face.addSubsetObjects)
    return font


def _subset(make: Callable[[list[int]], bytes]) -> Callable[[list[int]], bytes]:
    @lru_cache(maxsize=KEPT)
    def of(glyphs: tuple[int, ...]) -> bytes:
        return make(list(glyphs))

    return lambda glyphs: of(tuple(glyphs))


def _told_once(width: Callable[[int], float]) -> Callable[[int], bytes]:
    """How wide a glyph is as a PDF says it: reportlab asks that of every glyph of every document, and keeps bytes."""
    return lambda code: bytes(pdfdoc.format(width(code), None))


class _PackedOnce(pdfdoc.PDFStreamFilterZCompress):  # type: ignore[misc]
    """Packs the same bytes once."""

    def __init__(self) -> None:
        self.encode = lru_cache(maxsize=KEPT)(zlib.compress)


_PACKED_ONCE = _PackedOnce()


def _added(face: Any, add: Callable[..., Any]) -> Callable[..., Any]:
    def added(doc: Any, fontname: str, subset: list[int]) -> Any:
        descriptor = add(doc, fontname, subset)
        file = doc.idToObject[f"fontFile:{face.filename}({fontname})"]
        if file.filters:
            file.filters = [_PACKED_ONCE]
        return descriptor

    return added
