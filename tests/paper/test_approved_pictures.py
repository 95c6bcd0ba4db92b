"""Each layout looks as it was approved. A layout that changes gets a new version and a new approved picture:

    python tests/paper/test_approved_pictures.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from mfg.paper.data import layout_names
from mfg.paper.labels import load_layout, render_pdf
from tests.paper.reading import picture_of_pdf

LABELS = Path(__file__).parents[2] / "labels"
LAYOUTS = layout_names()
# Renderers of another version may place the edge of a letter a dot elsewhere; a moved line differs by far more.
TOLERATED = 0.004


def picture(name: str) -> Image.Image:
    facts = json.loads((LABELS / "examples" / f"{name}.json").read_text(encoding="utf-8"))
    grey = picture_of_pdf(render_pdf(load_layout(name), facts, 300), 300)
    return grey.point(lambda tone: 255 * (tone > 127)).convert("1")


def approved(name: str) -> Path:
    return LABELS / "approved" / f"{name}-{load_layout(name).version}.png"


def difference(one: Image.Image, other: Image.Image) -> float:
    """The share of dots that differ."""
    assert one.size == other.size
    histogram = ImageChops.logical_xor(one, other).convert("L").histogram()
    return histogram[255] / sum(histogram)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_label_looks_as_it_was_approved(name: str) -> None:
    with Image.open(approved(name)) as seen:
        assert difference(picture(name), seen.convert("1")) < TOLERATED


def test_a_line_of_text_moved_by_a_millimetre_would_be_noticed() -> None:
    with Image.open(approved("dose_bag")) as seen:
        moved = seen.convert("1")
    line = moved.crop((20, 600, 560, 700))
    moved.paste(line, (20, 612))
    assert difference(picture("dose_bag"), moved) > TOLERATED


if __name__ == "__main__":
    for each in LAYOUTS:
        approved(each).parent.mkdir(exist_ok=True)
        picture(each).save(approved(each), optimize=True)
