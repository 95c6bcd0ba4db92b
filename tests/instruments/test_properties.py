"""Whatever stands in a file: no crash, no value that does not stand there, and none another one when it is cut off."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mfg.facts import Refused, Verdict, verdict_of
from mfg.instruments.case import LEAST_VIABLE, Told, cases
from mfg.instruments.found import InstrumentFile, Measurement
from mfg.instruments.plain_data import file_data, file_of, measurement_data, measurement_of
from mfg.instruments.preview import preview, preview_lines
from mfg.instruments.readers import read
from mfg.instruments.rules import findings_of
from tests.instruments.inputs import SMALL, TEXTS, XR_ROWS, xr_sheet
from tests.instruments.test_rules import NOW

MARKS = {"nucleoview-nc200": ";", "vicell-xr-txt": ":"}
HOSTILE = ("=cmd|' /C calc'!A0", "@SUM(A1)", "\u202eabc", "\u200b", "'; DROP TABLE batch; --", "<script>", "1e999",
           "NaN", "-0.0", "٣", "½", "0x10", "1_000", "1,5", '"', '""', "a\nb", "a\rb", "\t", "\x00", "\x1b[31m",
           "\ufffd", "\ufeff", "𝕏" * 3000, "1" * 5000, "{{7*7}}", "../../etc/passwd", "%s%n", "-", "<", "<<8", ">=",
           "10^6", "1 000", "1\u00a0000", "2026-02-30 25:61", "11/11/2026 8:10", "999999999999-99-99", "+14:00",
           ";", ":", "//[00000000]")
NUMBERS = st.from_regex(r"[<>]?-?[0-9]{1,7}([.,][0-9]{1,4})?(E[0-9])?", fullmatch=True)
TEXT = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12), NUMBERS,
                 st.sampled_from(["0.95", "200", "95.0", "op.a", "S-1"]))


def grid(kind: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(TEXTS[kind]), delimiter=MARKS.get(kind, ",")))


def written(kind: str, rows: list[list[str]]) -> str:
    """Rows as text again; the keyed files quote nothing."""
    mark = MARKS.get(kind, ",")
    if mark != ",":
        return "\n".join(mark.join(row) for row in rows) + "\n"
    held = io.StringIO()
    csv.writer(held, lineterminator="\n").writerows(rows)
    return held.getvalue()


def opened(kind: str, content: bytes) -> InstrumentFile | None:
    """The file, or None where it is refused in a sentence with its name."""
    try:
        return read("f.csv", content, kind)
    except Refused as refused:
        assert refused.kind == "input" and "f.csv" in refused.why and len(refused.why) < 1200
        return None


def stands_there(file: InstrumentFile, text: str) -> None:
    """Every number is its text, every text is in the file, and the scale is the one its heading tells."""
    lines = re.split(r"\r\n|\r|\n", text)
    for one in file.measurements:
        for value in one.values:
            assert value.text.replace('"', '""') in text or value.text in text
            if value.reading is None:
                assert value.why
                continue
            bare = re.sub("[\u00a0\u2007\u2009\u202f]", "", value.text.strip()).lstrip("<>=≤≥ ").replace(",", ".")
            scale = 10**6 if re.search(r"x ?10\^6|E6", value.place.column) else 1
            assert value.reading.value == Decimal(bare) * scale
            row = value.place.row or 1  # a text of several lines may stand before it in the same row
            assert value.text in "\n".join(lines[row - 1:row + 8])
        for field in (one.sample, one.operator, one.image):
            assert all(part in text or part in text.replace('""', '"') for part in field.split())


def judged(file: InstrumentFile) -> None:
    """Every measurement can be judged, shown and sent; nothing hostile passes unseen."""
    for case in cases(file, Told(NOW)):
        assert verdict_of(findings_of(case)) is not Verdict.PASS
    answer = preview(file, Told(NOW))
    assert json.loads(json.dumps(answer)) == answer
    assert all(char.isprintable() for line in preview_lines(answer) for char in line)
    sent = tuple(measurement_of(json.loads(json.dumps(measurement_data(one)))) for one in file.measurements)
    assert file_of(json.loads(json.dumps(file_data(file))), sent) == file


@settings(max_examples=200, deadline=None)
@given(kind=st.sampled_from(sorted(TEXTS)), place=st.tuples(st.integers(0, 40), st.integers(0, 20)), text=TEXT)
@example(kind="vicell-blu", place=(1, 5), text="95,0")
@example(kind="nova-flex2", place=(1, 1), text="=cmd|' /C calc'!A0")
def test_a_changed_cell_never_gives_a_value_that_does_not_stand_there(
        kind: str, place: tuple[int, int], text: str) -> None:
    rows = grid(kind)
    row = rows[place[0] % len(rows)]
    if row:
        row[place[1] % len(row)] = text
    content = written(kind, rows)
    file = opened(kind, content.encode("utf-8", "surrogatepass"))
    if file is not None:
        stands_there(file, content)
        judged(file)


@pytest.mark.parametrize("kind", sorted(TEXTS))
def test_hostile_text_in_every_cell_at_once(kind: str) -> None:
    for text in HOSTILE:
        rows = grid(kind)
        start = next((line for line, row in enumerate(rows) if len([cell for cell in row if cell]) > 4), -1) + 1
        for row in rows[start:]:
            row[:] = [row[0] if kind in MARKS else text, *[text] * (len(row) - 1)] if row else []
        content = written(kind, rows)
        if (file := opened(kind, content.encode())) is not None:
            stands_there(file, content)
            judged(file)


@pytest.mark.parametrize("text", [one for one in HOSTILE if one.isprintable()])
def test_hostile_text_in_every_cell_of_a_sheet(text: str) -> None:
    rows = [*XR_ROWS[:4], tuple(text for _ in XR_ROWS[4])]
    if (file := opened("vicell-xr-xlsx", xr_sheet(rows))) is not None:
        assert {value.text for one in file.measurements for value in one.values} <= {text, text.strip(), ""}
        judged(file)


def test_the_shared_naughty_strings_in_every_cell(shared: Path) -> None:
    strings = json.loads((shared / "inputs/hostile/blns.json").read_text("utf-8"))
    for text in strings:
        rows = grid("vicell-blu")
        rows[1:] = [[text] * len(rows[0])]
        if (file := opened("vicell-blu", written("vicell-blu", rows).encode())) is not None:
            judged(file)


@settings(max_examples=200, deadline=None)
@given(content=st.one_of(st.binary(max_size=400), st.sampled_from(sorted(SMALL)).flatmap(
    lambda kind: st.tuples(st.just(SMALL[kind]), st.integers(0, 5000), st.binary(max_size=4)).map(
        lambda made: made[0][:made[1] % len(made[0])] + made[2] + made[0][made[1] % len(made[0]) + len(made[2]):]))))
def test_any_bytes_are_a_file_or_a_refusal(content: bytes) -> None:
    if (file := opened("", content)) is not None:
        judged(file)


def same_or_less(whole: Measurement, part: Measurement) -> None:
    """Nothing of a part differs from the whole, but for what is missing."""
    for before, after in zip((whole.sample, whole.operator, whole.image), (part.sample, part.operator, part.image),
                             strict=True):
        assert after in (before, "")
    assert part.at in (whole.at, None) and part.local in (whole.local, None)
    readings = {(value.what, value.of): value.reading for value in whole.values}
    for value in part.values:
        assert value.reading in (readings[value.what, value.of], None), value
        assert value.reading is not None or value.why


@pytest.mark.parametrize("kind", sorted(SMALL))
def test_a_file_cut_off_anywhere_gives_the_same_or_less(kind: str) -> None:
    whole = read("f.csv", SMALL[kind], kind)
    step = 50 if kind == "vicell-xr-xlsx" else 3
    for length in range(0, len(SMALL[kind]), step):
        part = opened(kind, SMALL[kind][:length])
        if part is None:
            continue
        lost = sum(value.reading is not None for one in whole.measurements for value in one.values) > sum(
            value.reading is not None for one in part.measurements for value in one.values)
        for before, after in zip(whole.measurements, part.measurements, strict=False):
            same_or_less(before, after)
        # three instruments write no line end after their last row, so their rows may end there as well
        at_a_line_end = SMALL[kind][:length].endswith(b"\n") or (
            kind in ("nc-view", "cellaca", "cedex-hires") and len(part.measurements) < len(whole.measurements))
        told = set(part.warnings) - set(whole.warnings) or any(
            "ends here" in value.why for one in part.measurements for value in one.values)
        assert not lost or told or at_a_line_end, length


def test_no_minimum_is_below_two_hundred_cells() -> None:
    assert LEAST_VIABLE == 200
