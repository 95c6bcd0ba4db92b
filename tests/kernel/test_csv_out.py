"""A table as a file: what a spreadsheet would run as a formula stays text, numbers stay numbers, nothing is lost."""

from __future__ import annotations

import csv
import io

import pytest

from mfg.csv_out import csv_bytes, harmless


@pytest.mark.parametrize(("text", "kept"), [
    ("=1+1", "'=1+1"), ("+cmd|x", "'+cmd|x"), ("-2+3", "'-2+3"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
    ("  =1", "'  =1"), ("\uff1d1", "'\uff1d1"), ("-0.52 SD", "'-0.52 SD"), ("-1.5", "-1.5"), ("+3", "+3"),
    ("1e-6", "1e-6"), ("", ""), ("NK-26-001", "NK-26-001"), ("<0.5 EU/mL", "<0.5 EU/mL")])
def test_no_cell_begins_like_a_formula(text: str, kept: str) -> None:
    assert harmless(text) == kept


def test_the_file_can_be_read_again() -> None:
    rows = [["a, b", 'say "x"', "two\nlines"], ["ä", "", "1"]]
    text = csv_bytes(["one", "two", "three"], rows).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["one", "two", "three"], *rows]
