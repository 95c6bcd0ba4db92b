"""CSV that leaves the house: text and numbers come back as they were, and nothing in it is a formula."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.csv_out import cell, csv_bytes

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def back(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(("value", "written"), [
    ("=1+1", "'=1+1"), ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"), ("+1+cmd", "'+1+cmd"), ("-2+3", "'-2+3"),
    ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"), ("\r=1", "'\r=1"), ("  =1+1", "'  =1+1"), ("-", "'-"), ("+", "'+"),
    ("\uff1d1+1", "'\uff1d1+1"),
    ("-1.5", "-1.5"), ("+7", "+7"), ("-.5e-3", "-.5e-3"), ("1.5", "1.5"), ("a=b", "a=b"), ("", ""), (None, ""),
    (0, "0"),
    (Decimal("-1.50"), "-1.50"), (Decimal("8.5E+5"), "850000"), ("<0.5", "<0.5"), ("'quoted", "'quoted"),
    ("-1,5", "'-1,5"), ("-1-1", "'-1-1"), ("-1e", "'-1e"),
])
def test_cells(value: object, written: str) -> None:
    assert cell(value) == written


def test_a_table_comes_back_as_it_was() -> None:
    content = csv_bytes(("sample", "viability"), [("S-1, „a“", Decimal("95.0")), ('"x"\nnext', None)])
    assert content.startswith(b"\xef\xbb\xbf") and content.count(b"\r\n") == 3
    assert back(content) == [["sample", "viability"], ["S-1, „a“", "95.0"], ['"x"\nnext', ""]]


def test_a_row_that_does_not_fit_its_header_is_an_error() -> None:
    with pytest.raises(ValueError, match="A row has 1 cells; the header has 2"):
        csv_bytes(("a", "b"), [("1",)])


def safe(text: str, read: str) -> None:
    """The text is there whole, with at most an apostrophe before it, and begins no formula unless it is a number."""
    whole = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    assert read in (whole, f"'{whole}")
    if read.lstrip(" \u00a0\ufeff").startswith(DANGEROUS):
        Decimal(read)


@given(st.lists(st.text(st.characters(), max_size=30), min_size=1, max_size=5))
def test_any_text_comes_back_and_is_no_formula(texts: list[str]) -> None:
    _, row = back(csv_bytes(["h"] * len(texts), [texts]))
    for text, read in zip(texts, row, strict=True):
        safe(text, read)


def test_the_naughty_strings_come_back(shared: Path) -> None:
    strings = json.loads((shared / "inputs/hostile/blns.json").read_text("utf-8"))
    rows = back(csv_bytes(("text",), [(text,) for text in strings]))[1:]
    assert len(rows) == len(strings) > 400
    for text, (read,) in zip(strings, rows, strict=True):
        safe(text, read)
