"""Symbols read back as what was asked for, and refusal where the encoders would fail silently."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from mfg.facts import Refused
from mfg.paper import barcodes
from tests.paper.reading import codes_on, picture_of_pdf, picture_of_zpl

PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=24)
AWKWARD = ["9912", "99", "9999991", "&>0270732359", "=A99992600012300", "=<S1234VA0", "a^b~c>d_e", ">>0>", "12345",
           "B9912", "=+05000=A99912612345600=<DNK017B0"]


def _drawn(text: str, kind: str) -> bytes:
    out = io.BytesIO()
    dot = 72 / 300
    canvas = Canvas(out, pagesize=(400, 120))
    if kind == "linear":
        barcodes.draw_code128(canvas, text, 40 * dot, 100, 3, 150, dot)
    else:
        barcodes.draw_matrix(canvas, barcodes.matrix(text), 20, 100, 4, dot)
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize("text", AWKWARD)
def test_code_128_on_paper_reads_back_as_the_same_text(text: str) -> None:
    assert codes_on(picture_of_pdf(_drawn(text, "linear"), 300)) == [("]C0", text)]


@pytest.mark.parametrize("text", [*AWKWARD, "A", "x" * 200])
def test_data_matrix_on_paper_reads_back_and_is_never_a_rectangle(text: str) -> None:
    rows = barcodes.matrix(text)
    assert len(rows) == len(rows[0])
    assert codes_on(picture_of_pdf(_drawn(text, "matrix"), 300)) == [("]d1", text)]


@pytest.mark.parametrize("length", range(1, 80, 3))
def test_every_length_of_message_gives_a_square(length: int) -> None:
    rows = barcodes.matrix("=" * length)
    assert {len(row) for row in rows} == {len(rows)}


def _zpl(text: str) -> bytes:
    return f"^XA^CI28^FO60,20^BY3^BCN,120,N,N,N,N^FD{barcodes.code128_zpl(text)}^FS^XZ".encode()


@pytest.mark.parametrize("text", AWKWARD)
def test_code_128_in_zpl_loses_no_character_to_the_invocation_sign(text: str) -> None:
    assert codes_on(picture_of_zpl(_zpl(text), 300, (150, 20))) == [("]C0", text)]


def test_the_zpl_of_the_published_examples_is_spelled_out() -> None:
    assert barcodes.code128_zpl("&>0270732359") == ">:&>0>50270732359"
    assert barcodes.code128_zpl("=A99992600012300") == ">:=A>599992600012300"
    assert barcodes.code128_zpl("=<S1234VA0") == ">:=<S>51234>6VA0"


@settings(max_examples=40, deadline=None)
@given(PRINTABLE)
def test_any_printable_text_survives_paper_and_zpl(text: str) -> None:
    room = (barcodes.code128_width(text) * 3 + 200) / 300 * 25.4
    assert codes_on(picture_of_zpl(_zpl(text), 300, (room, 20))) == [("]C0", text)]
    assert codes_on(picture_of_pdf(_drawn(text, "matrix"), 300)) == [("]d1", text)]


@pytest.mark.parametrize("text", ["", "caf\u00e9", "a\nb", "\u4e2d", "\x1d"])
@pytest.mark.parametrize("make", [barcodes.matrix, barcodes.code128_width, barcodes.code128_zpl])
def test_what_the_encoders_would_spoil_silently_is_refused(make, text: str) -> None:
    with pytest.raises(Refused, match="printable ASCII|cannot be empty"):
        make(text)
