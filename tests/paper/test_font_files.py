"""The file of a font is kept from one document to the next, and a document is the same whatever came before it."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Any

import pypdf

from mfg.paper import fonts
from mfg.paper.labels import load_layout, render_pdf

LAYOUT = load_layout("dose_bag")
ALONE = ("from mfg.paper.labels import load_layout, render_pdf; from hashlib import sha256; "
         "layout = load_layout('dose_bag'); print(sha256(render_pdf(layout, layout.example)).hexdigest())")


def fonts_in(pdf: bytes) -> dict[str, Any]:
    found = pypdf.PdfReader(io.BytesIO(pdf)).pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    return {str(one.get_object()["/BaseFont"]): one.get_object() for one in found.values()}


def test_a_label_is_the_same_bytes_in_a_fresh_process_and_after_many_others() -> None:
    from hashlib import sha256

    for number in range(30):
        told = {"batch": f"NK-26-0{number:02d}", "product_name": f"Cells {'ÄÖ'[number % 2]}"}
        render_pdf(LAYOUT, {**LAYOUT.example, **told})
    here = sha256(render_pdf(LAYOUT, LAYOUT.example)).hexdigest()
    alone = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True).stdout.strip()
    assert here == alone


def test_labels_that_differ_in_their_numbers_share_the_files_of_their_fonts() -> None:
    one, two = (fonts_in(render_pdf(LAYOUT, {**LAYOUT.example, "volume_ml": volume})) for volume in ("98.7", "1.2"))
    assert one.keys() == two.keys() and len(one) == 3
    for name, font in one.items():
        files = [each["/FontDescriptor"]["/FontFile2"].get_data() for each in (font, two[name])]
        assert files[0] == files[1]


def test_the_widths_in_the_document_are_those_of_the_font() -> None:
    for font in fonts_in(render_pdf(LAYOUT, LAYOUT.example)).values():
        widths = [float(one) for one in font["/Widths"]]
        assert len(widths) == font["/LastChar"] + 1 and all(200 < one < 1100 for one in widths)


def test_every_text_of_a_label_is_read_out_of_its_pdf_again() -> None:
    told = {**LAYOUT.example, "facility": "Zürich (Haus 2) \\ Zellen, 東京病院", "storage": "−150 °C ≥ 2"}
    text = pypdf.PdfReader(io.BytesIO(render_pdf(LAYOUT, told))).pages[0].extract_text()
    for words in ("Zürich (Haus 2) \\ Zellen, 東京病院", "−150 °C ≥ 2", told["batch"], told["recipient"]):
        assert words in text.replace("\n", " "), words
    assert fonts.missing(told["facility"]) == []
