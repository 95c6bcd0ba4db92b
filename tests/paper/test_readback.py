"""The proof of a label finds what would make it useless: each fault is put in on purpose, and has to be told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from mfg.facts import Refused
from mfg.paper import fonts
from mfg.paper.labels import drawn, load_layout
from mfg.paper.layout import Layout
from mfg.paper.place import Bars, Mark, Rule, Squares, Words, place
from mfg.paper.readback import Found, examine, prove
from mfg.places import shipped

EXAMPLES = {file.stem: json.loads(file.read_text()) for file in (shipped("labels") / "examples").glob("*.json")}
DPIS = (203, 300, 600)


@pytest.mark.parametrize("dpi", DPIS)
@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_label_is_proved_at_the_dots_of_its_printer(name: str, dpi: int) -> None:
    layout, facts = load_layout(name), EXAMPLES[name]
    proof = prove(layout, facts, dpi)
    told = {one.fact for one in layout.elements if one.kind in ("code128", "datamatrix")}
    assert sorted(one.text for one in proof.symbols) == sorted(facts[fact] for fact in told)
    assert {one.aim for one in proof.symbols} <= {"]C0", "]d1"}
    assert proof.pdf_hash == sha256(proof.pdf).hexdigest()


def _faulty(spoil: Callable[[Mark], Mark], *, only: type[Mark]) -> Callable[[Layout, list[Mark]], bytes]:
    return lambda layout, marks: drawn(layout, [[spoil(mark) if isinstance(mark, only) else mark for mark in marks]],
                                       300)


def _first(kind: type[Mark], marks: list[Mark]) -> Mark:
    return next(mark for mark in marks if isinstance(mark, kind))


FAULTS: dict[str, tuple[Callable[[Layout, list[Mark]], bytes], str]] = {
    "text 1.5 mm too far right": (_faulty(lambda w: replace(w, x=w.x + 1.5), only=Words), "where nothing was placed"),
    "text 1 mm too low": (_faulty(lambda w: replace(w, top=w.top + 1), only=Words), "where nothing was placed"),
    "another font": (_faulty(lambda w: replace(w, font=fonts.MONO if w.font != fonts.MONO else fonts.BOLD),
                             only=Words), "where nothing was placed|not drawn in its font"),
    "text a fifth smaller": (_faulty(lambda w: replace(w, size=w.size * 0.8), only=Words), "not drawn in its font"),
    "text a fifth larger": (_faulty(lambda w: replace(w, size=w.size * 1.2), only=Words), "where nothing was placed"),
    "no text at all": (lambda layout, marks: drawn(layout, [[m for m in marks if not isinstance(m, Words)]], 300),
                       "is not on it"),
    "another donation": (_faulty(lambda b: replace(b, text="=A99912699999900"), only=Bars),
                         "=A99912612345600 could not be read.*=A99912699999900 was read and does not belong"),
    "a symbol moved": (_faulty(lambda b: replace(b, x=b.x + 12), only=Bars), "quiet zone|where nothing was placed"),
    "modules narrower": (_faulty(lambda b: replace(b, module=b.module - 1), only=Bars), "not as large as it should be"),
    "half as tall": (_faulty(lambda b: replace(b, height=b.height // 2), only=Bars), "not as large as it should be"),
    "a matrix left out": (lambda layout, marks: drawn(layout, [[m for m in marks if not isinstance(m, Squares)]], 300),
                          "DataMatrix =\\+06000.* could not be read"),
    "a line through the quiet zone": (lambda layout, marks: drawn(layout, [[*marks, Rule(
        marks_x(marks) - 0.6, 61, 0.3, 15)]], 300), "quiet zone"),
    "another page size": (lambda layout, marks: drawn(replace(layout, size=(100, 99)), [marks], 300),
                          "1181 x 1181 were expected"),
}


def marks_x(marks: list[Mark]) -> float:
    """The left edge of the matrix in mm, at 300 dpi."""
    return next(mark for mark in marks if isinstance(mark, Squares)).x * 25.4 / 300


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_is_told_before_anything_is_printed(fault: str) -> None:
    layout = load_layout("dose_bag")
    marks = place(layout, EXAMPLES["dose_bag"], 300)
    spoil, told = FAULTS[fault]
    with pytest.raises(Refused, match=f"(?s)nothing was printed.*({told})"):
        examine(layout, marks, spoil(layout, marks), 300)


def test_what_was_read_is_kept_with_the_identifier_a_scanner_sends() -> None:
    proof = prove(load_layout("sample_tube"), EXAMPLES["sample_tube"], 203)
    assert Found("Code128", "]C0", EXAMPLES["sample_tube"]["din"]) in proof.symbols
