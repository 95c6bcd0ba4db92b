"""Every layout, measured on pictures of it: what is read, what is ink and what has to be white. `place` is not asked.

Two rasterisers of different origin turn the PDF into dots: pdfium, and poppler where it is installed.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from functools import cache

import pytest
from PIL import Image

from mfg.facts import Refused
from mfg.paper.data import layout_names
from mfg.paper.labels import drawn, load_layout, render_pdf
from mfg.paper.place import Bars, Squares, place
from tests.paper.reading import TRUE_DPI, codes_on, picture_of_pdf

POPPLER = shutil.which("pdftoppm")
DPIS = (203, 300, 600)
MM = {203: 8.0, 300: 300 / 25.4, 600: 600 / 25.4}  # dots a millimetre
CASES = [(name, dpi) for name in layout_names() for dpi in DPIS]
#: the layouts with bars that may leave the facility
WITH_BARS = ("collection_bag", "dose_bag", "sample_tube")


@cache
def grey(name: str, dpi: int, country: str = "US") -> Image.Image:
    layout = load_layout(name)
    # a hair less: pages are whole dots, and a rounding error upwards would add an empty row
    return picture_of_pdf(render_pdf(layout, {**layout.example, "country": country}, dpi), TRUE_DPI[dpi] * (1 - 1e-6))


def expected(name: str) -> list[tuple[str, str]]:
    facts = load_layout(name).example
    return sorted([*([("]C0", facts["din"])] if name in WITH_BARS else []), ("]d1", facts["datamatrix"])])


def ink(picture: Image.Image) -> Image.Image:
    return picture.point(lambda tone: 255 if tone < 128 else 0)


@pytest.mark.skipif(POPPLER is None, reason="poppler-utils is not installed")
@pytest.mark.parametrize("mono", [False, True], ids=["grey", "mono"])
@pytest.mark.parametrize(("name", "dpi"), CASES)
def test_every_code_is_read_through_another_rasteriser(name: str, dpi: int, mono: bool) -> None:
    layout = load_layout(name)
    made = subprocess.run([str(POPPLER), "-r", str(TRUE_DPI[dpi]), *(["-mono"] if mono else ["-gray"]), "-"],
                          input=render_pdf(layout, layout.example, dpi), capture_output=True, check=True, timeout=60)
    with Image.open(io.BytesIO(made.stdout)) as picture:
        assert codes_on(picture.convert("L")) == expected(name)


@pytest.mark.parametrize("country", ["DE", "CN"])
@pytest.mark.parametrize("name", layout_names())
def test_every_code_is_read_whatever_the_language_beside_it(name: str, country: str) -> None:
    assert codes_on(grey(name, 203, country)) == expected(name)


@pytest.mark.parametrize("country", ["US", "DE", "CN"])
@pytest.mark.parametrize("name", layout_names())
def test_no_ink_reaches_the_edge_of_the_label(name: str, country: str) -> None:
    picture = ink(grey(name, 300, country))
    left, top, right, bottom = picture.getbbox() or (0, 0, 0, 0)
    assert left >= 2 and top >= 2 and right <= picture.width - 2 and bottom <= picture.height - 2


@pytest.mark.parametrize("country", ["US", "DE", "CN"])
@pytest.mark.parametrize("name", layout_names())
def test_no_ink_lies_over_other_ink(name: str, country: str) -> None:
    """Marks are told apart by the bits of their number: two that overlap are in different halves at some bit, and then
    the ink of the halves is more than the ink of the whole. Lines of one frame meet, so frames count as one mark."""
    layout = load_layout(name)
    marks = place(layout, {**layout.example, "country": country}, 203)
    frames = [mark for mark in marks if type(mark).__name__ == "Rule"]
    single = [[mark] for mark in marks if mark not in frames] + [frames]

    def dots(groups: list[list[object]]) -> int:
        pdf = drawn(layout, [[mark for group in groups for mark in group]], 203)  # type: ignore[misc]
        return ink(picture_of_pdf(pdf, 2 * TRUE_DPI[203])).histogram()[255]

    whole = dots(single)  # type: ignore[arg-type]
    for bit in range(len(single).bit_length()):
        halves = [[group for at, group in enumerate(single) if (at >> bit) & 1 == side] for side in (0, 1)]
        assert sum(dots(half) for half in halves) <= whole * 1.0005, bit  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "dpi"), CASES)
def test_the_symbols_are_whole_dots_high_enough_and_clear_all_round(name: str, dpi: int) -> None:
    """Bars: 10 modules clear at both ends, 5 mm or 15 % high. Matrix: 2 modules clear, modules of 0.25 mm or more."""
    layout = load_layout(name)
    picture = ink(grey(name, dpi))
    symbols = [one for one in place(layout, layout.example, dpi) if isinstance(one, Bars | Squares)]
    assert len(symbols) == (2 if name in WITH_BARS else 1)
    for one in symbols:
        if isinstance(one, Bars):
            wide, tall = 145 * one.module, one.height  # a donation number takes 145 modules
            clear, above = 10 * one.module, 0
            assert tall / MM[dpi] >= max(5.0, 0.15 * wide / MM[dpi])
        else:
            wide = tall = len(one.rows) * one.module
            clear = above = 2 * one.module
        assert one.module / MM[dpi] >= 0.25 - 1e-6
        core = picture.crop((one.x, one.top, one.x + wide, one.top + tall)).getbbox()
        assert core == (0, 0, wide, tall), "the symbol fills exactly its whole dots"
        zone = picture.crop((one.x - clear, one.top - above, one.x + wide + clear, one.top + tall + above))
        zone.paste(0, (clear, above, clear + wide, above + tall))
        assert zone.getbbox() is None, "ink in the quiet zone"
        assert one.x - clear >= 0 and one.x + wide + clear <= picture.width


@pytest.mark.parametrize(("layout", "fact", "room"), [("vessel", "product_name", 90), ("dose_bag", "recipient", 14),
                                                      ("partial_label", "batch", 12), ("cryovial", "contents", 17)])
def test_a_long_name_shrinks_to_6_points_or_is_refused_never_cut(layout: str, fact: str, room: int) -> None:
    read = load_layout(layout)
    accepted = 0
    for length in range(4, 2 * room, 2):
        name = ("NK cells expanded " * 20)[:length].strip() if fact == "product_name" else ("N1" * 100)[:length]
        try:
            pdf = render_pdf(read, {**read.example, fact: name})
        except Refused as refused:
            assert "does not fit" in refused.why and "6 pt" in refused.why
            break
        accepted = length
        assert _text(pdf).count(name.replace(" ", "")) >= 1
    else:
        pytest.fail("nothing was ever refused")
    assert accepted >= room // 2


def _text(pdf: bytes) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    try:
        return "".join(document[0].get_textpage().get_text_range().split())
    finally:
        document.close()
