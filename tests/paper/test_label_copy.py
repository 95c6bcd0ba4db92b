"""A label on a screen, and a PDF of one that was used, are to be looked at: no reader reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageFilter

from mfg.paper.data import layout_names
from mfg.paper.label_copy import copy_pdf, unscannable
from mfg.paper.labels import load_layout, render_pdf

EXAMPLES = Path(__file__).parents[2] / "labels/examples"


def made(name: str) -> bytes:
    return render_pdf(load_layout(name), json.loads((EXAMPLES / f"{name}.json").read_text("utf-8")))


def read(image: Image.Image) -> list[str]:
    """Everything a reader that tries hard finds."""
    return [one.text for one in zxingcpp.read_barcodes(image)]


@pytest.mark.parametrize("name", sorted(layout_names()))
def test_a_label_on_the_screen_cannot_be_scanned_in_the_place_of_the_one_on_the_bag(name: str) -> None:
    for dpi in (203, 300):
        image = unscannable(made(name), dpi)
        wide, tall = image.size
        for seen in (image, image.resize((wide * 2, tall * 2)), image.resize((wide // 2, tall // 2)),
                     image.filter(ImageFilter.GaussianBlur(1.5)), image.filter(ImageFilter.GaussianBlur(4))):
            assert read(seen) == []
    # what people read stands there still
    assert image.getextrema()[0] < 50


def test_the_pdf_of_a_label_that_was_used_says_so_and_cannot_be_scanned() -> None:
    document = pypdfium2.PdfDocument(copy_pdf(made("dose_bag"), "applied"))
    text = document[0].get_textpage().get_text_range()
    assert "Copy to look at. Not a label. It is applied." in text
    assert read(document[0].render(scale=4, grayscale=True).to_pil()) == []
