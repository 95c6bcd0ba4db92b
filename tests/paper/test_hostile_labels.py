"""Strings that break programs, as the text of a label: printed whole or refused with a sentence, for paper and for ZPL.

No printer command gets in by a text, and no file is broken by one.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pypdfium2
import pytest

from mfg.facts import Refused
from mfg.paper.labels import Layout, drawn, load_layout, render_zpl
from mfg.paper.place import place
from tests.paper.reading import codes_on, picture_of_zpl

#: every line our ZPL is made of, written once more from the manual
LINE = re.compile(r"\^XA|\^CI28|\^PW\d+|\^LL\d+|\^LH0,0|\^XZ"
                  r"|\^FO\d+,\d+\^(GB\d+,\d+,\d+|GFA,\d+,\d+,\d+,[0-9A-F]+"
                  r"|BXN,\d+,200,\d+,\d+\^FH_\^FD[^\^~]+|BY\d+\^BCN,\d+,N,N,N,N\^FD[^\^~]+"
                  r"|A0N,\d+,\d+(\^FB\d+,1,0,[CR])?\^FH_\^FD[^\^~]+)\^FS")
FACT = "product_name"


def naughty(shared: Path) -> list[str]:
    lines = (shared / "inputs/hostile/blns.txt").read_text("utf-8").split("\n")
    ours = ["^XZ", "~JA", "^XZ^XA^FDx^FS", "_5EXZ", "\\&", "a\nb", "a\x00b", "\x1b[31m", "\ud800"]
    return [*(line for line in lines if line and not line.startswith("#")), *ours]


def printed(layout: Layout, text: str) -> dict[str, str] | None:
    """The facts with the text, when a label can carry it; None when it is refused with a sentence."""
    facts = {**layout.example, FACT: text}
    try:
        place(layout, facts, 300)
    except Refused as refused:
        assert refused.why.endswith(".") and layout.name in refused.why or FACT in refused.why
        return None
    return facts


def test_every_hostile_text_is_printed_whole_or_refused(shared: Path) -> None:
    layout = load_layout("vessel")
    taken = [(text, facts) for text in naughty(shared) if (facts := printed(layout, text))]
    assert len(taken) > 150
    usual = Counter(_page(drawn(layout, [place(layout, layout.example, 300)], 300), 0))
    pdf = drawn(layout, [place(layout, facts, 300) for _, facts in taken], 300)
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == len(taken)
    usual -= Counter("".join(layout.example[FACT].split()))
    for at, (text, _) in enumerate(taken):
        found = Counter("".join(document[at].get_textpage().get_text_range().split()))
        if text.isascii():
            assert found == usual + Counter("".join(text.split())), text
    document.close()


def _page(pdf: bytes, page: int) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "".join(document[page].get_textpage().get_text_range().split())
    finally:
        document.close()


def test_no_text_gets_a_command_into_zpl(shared: Path) -> None:
    layout = load_layout("vessel")
    taken = [(text, facts) for text in naughty(shared) if (facts := printed(layout, text))]
    for text, facts in taken:
        lines = render_zpl(layout, facts, 203).decode("ascii").rstrip("\n").split("\n")
        assert [line for line in lines if not LINE.fullmatch(line)] == [], text
        assert (lines[0], lines[-1], lines.count("^XA"), lines.count("^XZ")) == ("^XA", "^XZ", 1, 1)
        if text.isascii():
            fields = re.findall(r"\^A0N[^F]*?(?:\^FB[^\^]*)?\^FH_\^FD(.*?)\^FS", "\n".join(lines))
            told = "".join(re.sub("_([0-9A-F]{2})", lambda code: chr(int(code[1], 16)), field) for field in fields)
            assert "".join(text.split()) in "".join(told.split()), text


@pytest.mark.parametrize("text", ["^XZ ~JA ^FS", "\\& \\\\ >: >9 _5E"])
def test_a_label_with_commands_for_a_text_still_carries_its_codes(text: str) -> None:
    layout = load_layout("vessel")
    zpl = render_zpl(layout, {**layout.example, FACT: text, "label": text[:6]}, 300)
    assert codes_on(picture_of_zpl(zpl, 300, layout.size)) == [("]d1", layout.example["datamatrix"])]
