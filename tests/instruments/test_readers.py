"""Small files of our own: every value with its unit and place, what is missing stays missing, nothing is dropped."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from mfg.facts import Reading, Refused
from mfg.instruments.found import InstrumentFile, Value
from mfg.instruments.readers import READERS, read
from tests.instruments.inputs import BLU, CFX, NUCLEOVIEW, SMALL, TEXTS, XR_ROWS, XR_TEXT, xr_sheet

#: kind -> of its first sample: viable per mL, total per mL, viability, dilution, operator, time as written
COUNTED = {
    "vicell-blu": ("0.95e6", "1.00e6", "95.0", "2", "op.a", "11/20/2026 8:10"),
    "vicell-xr-txt": ("9.50e6", "10.0e6", "95.0", "10", "", "20 Nov 2026  8:10:31 AM"),
    "vicell-xr-xlsx": ("9.50e6", "10.0e6", "95.0", "10", "", "20 Nov 2026  8:10:31 AM"),
    "nucleoview-nc200": ("1.90e6", "2.00e6", "95.0", "1", "op.a", "20261120 091031 1"),
    "nc-view": ("950000", "1000000", "95.0", "1", "op.a", "20261120"),
    "cellaca": ("0.95e6", "1.00e6", "95.00", "2", "op.a", "11/20/26 8:10"),
    "cedex-hires": ("950000.5", "1000000.5", "95", "2", "op.a", "11-20-2026 8:10:31 AM"),
}
RIGHT = datetime(2026, 11, 20, 8, 10)  # noqa: DTZ001 - no file but one has a zone


def opened(kind: str, text: str | None = None) -> InstrumentFile:
    return read("file", SMALL[kind] if text is None else text.encode(), kind)


def value(file: InstrumentFile, what: str, number: int = 0) -> Value:
    found = file.measurements[number].value(what)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", COUNTED)
def test_the_numbers_of_a_counter(kind: str) -> None:
    viable, total, viability, dilution, operator, at_text = COUNTED[kind]
    file = read("file", SMALL[kind])
    one = file.measurements[0]
    assert (file.kind, one.operator, one.at_text) == (kind, operator, at_text)
    for what, number, unit in (("viable_per_ml", viable, "{cells}/mL"), ("total_per_ml", total, "{cells}/mL"),
                               ("viability", viability, "%"), ("dilution", dilution, "1")):
        found = value(file, what)
        assert (found.reading, found.unit, found.why) == (Reading(Decimal(number)), unit, ""), what
    assert one.sample == ("1" if kind == "cellaca" else "S-1")


@pytest.mark.parametrize("kind", sorted(SMALL))
def test_every_value_stands_where_its_place_says(kind: str) -> None:
    for one in opened(kind).measurements:
        for each in one.values:
            if kind == "vicell-xr-xlsx":
                assert each.place.sheet == "Run" and each.text in XR_ROWS[(each.place.row or 0) - 1]
            else:
                line = TEXTS[kind].split("\n")[(each.place.row or 0) - 1]
                assert each.text in line.replace('"', ""), each
                assert each.place.column in TEXTS[kind]


@pytest.mark.parametrize("kind", sorted(TEXTS))
def test_no_text_of_the_file_is_lost(kind: str) -> None:
    """Every cell is a value, a field, a heading or listed as not placed."""
    file = opened(kind)
    kept = {"", file.serial, file.software, file.model, file.part_11.text if file.part_11 else ""}
    kept |= {each.text.strip() for each in file.unplaced}
    for one in file.measurements:
        kept |= {one.sample, one.at_text, one.operator, one.image, *one.warnings, *one.image.split()}
        kept |= {each.text.strip() for each in (*one.values, *one.unplaced)}
    joined = "|".join(kept)
    mark = ";" if kind == "nucleoview-nc200" else ":" if kind == "vicell-xr-txt" else ","
    rows = list(csv.reader(io.StringIO(TEXTS[kind]), delimiter=mark))
    start = 0 if mark != "," else next(place for place, row in enumerate(rows) if len([c for c in row if c]) > 4) + 1
    for row in rows[start:]:
        for cell in row[1:] if mark != "," else row:
            assert cell.strip().removeprefix("s/n ").removeprefix("S/N: ") in joined, (kind, row)


@pytest.mark.parametrize("kind", sorted(SMALL))
def test_time_has_a_zone_only_where_the_file_gives_one(kind: str) -> None:
    one = opened(kind).measurements[0]
    assert one.at == (datetime(2026, 11, 20, 8, 10, 31, tzinfo=UTC) if kind == "nucleoview-nc200" else None)
    if kind in ("nc-view", "cfx-maestro"):
        assert one.local is None
    elif kind != "nucleoview-nc200":
        assert one.local and one.local.replace(second=0) == RIGHT


def test_the_instrument_is_no_operator() -> None:
    second = opened("vicell-blu").measurements[1]
    assert second.operator == "" and ("Analysis by", "Vi-CELL") in {(one.place.column, one.text)
                                                                   for one in second.unplaced}


def test_numbers_that_are_not_the_first_ones_say_so() -> None:
    again = opened("vicell-blu", BLU.replace("Bubble count", "Reanalysis by").replace("12.1,0,", "12.1,op.b,"))
    assert again.measurements[0].warnings == ("Reanalysis by: op.b",)
    cedex = TEXTS["cedex-hires"].replace("Sample draw Time", "Data set name")
    later = opened("cedex-hires", cedex.replace("11-19-2026 8:00:00 AM", "Reprocessed", 1).replace(
        "11-19-2026 8:00:00 AM", "Original"))
    assert [one.warnings for one in later.measurements] == [("Data set name: Reprocessed",), ()]


def test_cq_that_is_not_there_is_no_number() -> None:
    none, blank, positive, control = (one.values[0] for one in opened("cfx-maestro").measurements)
    assert (none.reading, none.text, none.why) == (None, "NaN", "“NaN” is no number")
    assert (blank.reading, blank.why) == (None, "blank")
    assert positive.reading == Reading(Decimal("21.187752826609")) and positive.of == "B01 FAM"
    assert control.of == "B01 HEX"


def test_flex2_bound_is_a_bound_and_units_are_said_to_be_the_makers() -> None:
    file = opened("nova-flex2")
    lactate = value(file, "lactate")
    assert (lactate.reading, lactate.text, lactate.unit) == (Reading(Decimal("0.05"), "<"), "<0.05", "g/L")
    assert "names no units" in file.warnings[0] and "month first" in file.warnings[1]
    assert value(file, "po2").unit == "mm[Hg]" and value(file, "ph").unit == "[pH]"


@pytest.mark.parametrize("text", ["Out of optimal range", "1.9E6 (Uncertain", "-", "NaN", "ERROR", "", "1.9E6.1"])
def test_words_for_a_number_keep_their_text(text: str) -> None:
    file = opened("nucleoview-nc200", NUCLEOVIEW.replace("Live (cells/ml);1.90E6", f"Live (cells/ml);{text}"))
    live = value(file, "viable_per_ml")
    assert (live.text, live.reading) == (text, None) and live.why
    assert bool(file.measurements[0].warnings) is (text[:1].isalpha() and text != "NaN" or "(" in text or "E6." in text)


def test_nucleoview_with_a_decimal_comma_throughout() -> None:
    text = NUCLEOVIEW.replace("95.0", "95,0").replace("1.90E6", "1,90E6").replace("1.00E5", "1,00E5") \
        .replace("2.00E6", "2,00E6").replace("12.1", "12,1").replace("1.000;", "1,000;")
    file = opened("nucleoview-nc200", text)
    assert value(file, "viability").reading == Reading(Decimal("95.0"))
    assert value(file, "viable_per_ml").reading == Reading(Decimal("1900000"))
    assert value(file, "dilution").reading == Reading(Decimal("1.000"))


@pytest.mark.parametrize(("kind", "old", "new", "told"), [
    ("nucleoview-nc200", "95.0", "95,0", "row 4, Viability (%): “95,0” has a comma"),
    ("vicell-blu", "95.0", '"95,0"', "row 2, Viability (%): “95,0” has a comma"),
    ("vicell-blu", "95.0", "95,0", "row 2 has 13 cells; 12 were expected"),
    ("cellaca", "0.95,", '"1,234",', "row 8, Live Concentration (E6): “1,234” has a comma"),
])
def test_a_comma_that_may_mean_two_things_is_refused_with_its_place(kind: str, old: str, new: str, told: str) -> None:
    with pytest.raises(Refused) as refused:
        opened(kind, TEXTS[kind].replace(old, new, 1))
    assert told in refused.value.why and refused.value.kind == "input"


def test_thousands_grouped_by_a_point_are_no_thousandth_of_a_cell() -> None:
    text = TEXTS["nc-view"].replace("950\u00a0000", "950.000").replace("1\u00a0000\u00a0000", "1.000.000")
    file = opened("nc-view", text)
    for what in ("viable_per_ml", "total_per_ml"):
        assert value(file, what).reading is None and value(file, what).why
    assert "grouped by a point" in value(file, "viable_per_ml").why
    assert value(file, "viability").reading == Reading(Decimal("95.0"))


def test_blu_with_day_first_and_with_a_date_nobody_can_tell() -> None:
    day_first = opened("vicell-blu", BLU.replace("11/20/2026", "20/11/2026"))
    assert day_first.measurements[0].local == RIGHT
    open_order = opened("vicell-blu", BLU.replace("11/20/2026", "11/10/2026"))
    assert {one.local for one in open_order.measurements} == {None} and "day or the month" in open_order.warnings[0]
    mixed = opened("vicell-blu", BLU.replace("11/20/2026", "20/11/2026", 1))
    assert {one.local for one in mixed.measurements} == {None} and "day or the month" in mixed.warnings[0]


def test_a_row_that_is_cut_off_is_left_out_and_said_so() -> None:
    file = opened("vicell-blu", BLU[:-12])
    assert [one.sample for one in file.measurements] == ["S-1"] and "Row 3 is cut off" in file.warnings[0]


def test_a_short_row_in_the_middle_refuses_the_file() -> None:
    with pytest.raises(Refused, match="row 2 has 11 cells; 12 were expected, as in row 1"):
        opened("vicell-blu", BLU.replace(",op.a,2,", ",op.a,2"))


def test_a_heading_twice_and_a_key_twice_are_refused() -> None:
    with pytest.raises(Refused, match="row 1 has two columns called “Viability"):
        opened("vicell-blu", BLU.replace("Bubble count", "Viability (%)"))
    with pytest.raises(Refused, match="row 15: “Viability \\(%\\)” stands here for the second time"):
        opened("vicell-xr-txt", XR_TEXT.replace("Total cells / ml (x 10^6) : 10.0", "Viability (%) : 9"))


def test_another_power_of_ten_is_another_column() -> None:
    with pytest.raises(Refused, match="no kind known here"):
        read("file", BLU.replace("Viable (x10^6)", "Viable (x10^7)").encode())


def test_nucleoview_without_its_closing_mark_or_with_another_picture_says_so() -> None:
    assert "closing mark" in opened("nucleoview-nc200", NUCLEOVIEW.replace("\n//[0A1B2C3D]", "")).warnings[0]
    odd = opened("nucleoview-nc200", NUCLEOVIEW.replace("0007-c-S-1.cm", "0008-c-S-1.cm"))
    assert "one of them is of another measurement" in odd.warnings[0]


@pytest.mark.parametrize(("offset", "hour"), [("1", 8), ("-7", 16), ("0", 9), ("5:30", 3), ("5.5", 3), ("5,5", 3)])
def test_nucleoview_offsets(offset: str, hour: int) -> None:
    at = opened("nucleoview-nc200", NUCLEOVIEW.replace("offset;1", f"offset;{offset}")).measurements[0].at
    assert at and at.hour == hour


@pytest.mark.parametrize("offset", ["", "15", "?", "1.2.3", "nan"])
def test_nucleoview_without_a_usable_offset_has_no_time(offset: str) -> None:
    one = opened("nucleoview-nc200", NUCLEOVIEW.replace("offset;1", f"offset;{offset}")).measurements[0]
    assert one.at is None and one.local is not None


@pytest.mark.parametrize("said", sorted(READERS))
@pytest.mark.parametrize("kind", sorted(SMALL))
def test_a_file_is_recognised_as_itself_only(kind: str, said: str) -> None:
    assert READERS[said].recognises(SMALL[kind]) is (said == kind)
    if said == kind:
        assert read("file", SMALL[kind], said).kind == kind
    else:
        with pytest.raises(Refused, match="it was said to be .* but its content is that of"):
            read("file", SMALL[kind], said)


@pytest.mark.parametrize(("content", "told"), [
    (b"", "empty"), (b"\0\0", "empty"), (b"hello", "no kind known here"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", ".xls"),
    (b"a,b\n" * 3, "no kind known here"), (b"\xff\xfe", "no kind known here"), (b"x" * 10_000_001, "at most 10 MB"),
])
def test_what_is_no_file_of_ours_is_refused_in_words(content: bytes, told: str) -> None:
    with pytest.raises(Refused) as refused:
        read("file.csv", content)
    assert told in refused.value.why and "file.csv" in refused.value.why


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(Refused, match="no kind of file known here; there are .*vicell-blu"):
        read("file", SMALL["cellaca"], "luna")


@pytest.mark.parametrize("kind", sorted(TEXTS))
@pytest.mark.parametrize("dress", ["bom", "utf-16", "crlf", "cr"])
def test_the_same_values_in_every_dress(kind: str, dress: str) -> None:
    text = TEXTS[kind]
    content = {"bom": b"\xef\xbb\xbf" + text.encode(), "utf-16": text.encode("utf-16"),
               "crlf": text.replace("\n", "\r\n").encode(), "cr": text.replace("\n", "\r").encode()}[dress]
    plain, dressed = opened(kind), read("file", content)
    assert dressed.measurements == plain.measurements
    assert len(dressed.warnings) - len(plain.warnings) == (dress == "utf-16")


def test_a_sheet_whose_number_is_a_formula_says_so() -> None:
    rows = [list(row) for row in XR_ROWS]
    assert value(read("file", xr_sheet(rows)), "viability").reading == Reading(Decimal("95.0"))
    rows[4][6] = "-"
    dashed = value(read("file", xr_sheet(rows)), "viability")
    assert (dashed.reading, dashed.text) == (None, "-")


def test_cfx_sample_in_two_wells_is_two_measurements() -> None:
    assert [one.image for one in opened("cfx-maestro", CFX).measurements] == [
        "A01 FAM", "A02 FAM", "B01 FAM", "B01 HEX"]
