"""Bytes to text to rows, numbers, times and workbooks: what is refused, with its place, and what is never guessed."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mfg.facts import Reading, Refused
from mfg.instruments import text_tables
from mfg.instruments.numerals import decimal_mark, reading_of
from mfg.instruments.text_tables import decoded, rows_of
from mfg.instruments.when import day_and_month, in_zone, local_of, zone_of_offset
from mfg.instruments.workbook import read_sheet
from tests.instruments.inputs import XR_ROWS, sheet_xml, workbook, xr_sheet


def why(content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        for _ in rows_of("f.csv", decoded("f.csv", content), ","):
            pass
    assert refused.value.kind == "input" and refused.value.why.startswith("“f.csv”: ")
    return refused.value.why


@pytest.mark.parametrize(("content", "told"), [
    ("a,b\nµ,1\n".encode("latin-1"), "byte 5, row 2 is not UTF-8"),
    ("a,b\n1,2\n".encode("utf-16-le"), "UTF-16 without its mark"),
    ("a,b\n1,2\n".encode("utf-16-be"), "UTF-16 without its mark"),
    (b"a,b\n1,\0" + b"2" * 50, "it holds zero bytes"), (b"a,b\n\n1,\x1b[31m\n", "row 3 holds the character U+001B"),
    ("a,b\r\n1,\ufffd\r\n".encode(), "row 2 holds the character U+FFFD"),
    ("a,µ".encode()[:-1], "ends inside a character"),
    ("a,b\n".encode("utf-16")[:-1], "ends inside a character"),
    (b"a,b\n1,\"2\n3,4\n", "row 2 cannot be taken apart"),
    (b"a," * 501 + b"b\n", "row 1 has 502 columns; at most 500"),
    (b"a\n" + b"x" * 40_000, "row 2, column 1 has 40,000"),
])
def test_refused_with_its_place(content: bytes, told: str) -> None:
    assert told in why(content)


def test_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_tables, "MOST_ROWS", 10)
    assert "more than 10 rows" in why(b"a,b\n" * 11)


def test_rows_are_counted_as_an_editor_counts_them() -> None:
    text = 'a,b\r\n"one\ntwo","x"\r\n\r\nlast,1'
    assert [(row.line, row.cells, row.ended) for row in rows_of("f", text, ",")] == [
        (1, ("a", "b"), True), (2, ("one\ntwo", "x"), True), (4, (), True), (5, ("last", "1"), False)]


@pytest.mark.parametrize("folder", ["csv-spectrum", "messytables"])
def test_hostile_tables_are_rows_or_a_refusal(shared: Path, folder: str) -> None:
    for path in sorted((shared / "inputs/hostile" / folder).glob("*.csv")):
        try:
            list(rows_of(path.name, decoded(path.name, path.read_bytes()), ","))
        except Refused as refused:
            assert path.name in refused.why


@pytest.mark.parametrize(("text", "number"), [
    ("0.75", "0.75"), (" 12 ", "12"), ("2.45E6", "2450000"), ("274\u00a0000", "274000"),
    ("1\u202f234\u202f567.5", "1234567.5"),
    ("-0.5", "-0.5"), ("0", "0"), ("21.1877528266099", "21.1877528266099"), (".5", "0.5"),
])
def test_numbers_are_exact(text: str, number: str) -> None:
    assert reading_of(text) == (Reading(Decimal(number)), "")


@pytest.mark.parametrize(("text", "bound"), [("<8", "<"), ("≤ 8", "<="), (">8", ">"), (">=8.0", ">=")])
def test_bounds_stay_bounds(text: str, bound: str) -> None:
    assert reading_of(text) == (Reading(Decimal(8), bound), "")


@pytest.mark.parametrize("text", ["", " ", "-", "–", "NaN", "nan", "inf", "-Infinity", "1e999", "N/A", "ERROR",
                                  "96.9 %", "0x10", "1_0", "٣", "½", "1 000", "1,5", "1,234", "12\u00a034", "--5",
                                  "1.2.3", "=1+1", "8 (Uncertain", "-0.0", "-0", "1" * 40, "0." + "1" * 40, "<",
                                  "< <8", "\u2212 5"])
def test_no_number_is_told_why_and_never_0(text: str) -> None:
    reading, told = reading_of(text)
    assert reading is None and told


def test_a_power_of_ten_is_exact() -> None:
    for text, number in (("0.750", "750000"), ("123456789012345.123456789012345", "123456789012345123456.789012345")):
        assert reading_of(text, scale=6) == (Reading(Decimal(number)), "")


@pytest.mark.parametrize(("texts", "delimiter", "mark"), [
    (["1,5"], ";", ","), (["1,234", "1,5"], ";", ","), (["1,234"], ";", "."), (["1,5", "2.5"], ";", "."),
    (["1,5"], ",", "."), (["1,5"], "\t", "."), (["2,45E6"], ";", ","), ([], ";", "."),
    (["1"], ";", "."), (["1,2345"], ";", ",")])
def test_the_comma_is_a_decimal_mark_only_where_it_must_be(texts: list[str], delimiter: str, mark: str) -> None:
    assert decimal_mark(texts, delimiter) == mark


def local(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - what a clock without a zone shows


@pytest.mark.parametrize(("text", "order", "moment"), [
    ("3/21/2022 16:56", "month first", local(2022, 3, 21, 16, 56)), ("3/4/2022 16:56", "", None),
    ("4/4/2022 16:56", "", local(2022, 4, 4, 16, 56)), ("21.3.2022 6:05:04", "day first", local(2022, 3, 21, 6, 5, 4)),
    ("29 Sep 2023  5:21:32 AM", "", local(2023, 9, 29, 5, 21, 32)), ("29 Sep 2023 12:00:00 AM", "", local(2023, 9, 29)),
    ("29 Sep 2023 12:00:00 PM", "", local(2023, 9, 29, 12)), ("29 Okt 2023 5:21:32", "", None),
    ("20231120 163016", "", local(2023, 11, 20, 16, 30, 16)),
    ("2023-11-20T16:30:16", "", local(2023, 11, 20, 16, 30, 16)),
    ("5/20/25 12:25", "month first", local(2025, 5, 20, 12, 25)), ("2022-02-30 10:00", "", None),
    ("2022-02-20", "", None),
    ("13:00 PM", "", None), ("2/2/2022 13:00 PM", "", None), ("", "", None), ("45012.5", "", None),
    ("20231120", "", None),
])
def test_times_of_a_clock(text: str, order: str, moment: datetime | None) -> None:
    assert local_of(text, order) == moment


def test_which_of_day_and_month_comes_first_is_told_by_the_column() -> None:
    assert day_and_month(["3/21/2022 1:00", "3/4/2022 1:00"]) == "month first"
    assert day_and_month(["21/3/2022 1:00", "3/4/2022 1:00"]) == "day first"
    assert day_and_month(["3/4/2022 1:00"]) == "" and day_and_month(["3/21/2022 1:00", "21/3/2022 1:00"]) == "both"


def test_a_time_the_clock_showed_twice_or_never_is_no_moment() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert in_zone(local(2026, 10, 25, 2, 30), berlin) is None and in_zone(local(2026, 3, 29, 2, 30), berlin) is None
    assert in_zone(local(2026, 11, 20, 9, 0), berlin) == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert zone_of_offset("-3.5") == timezone(timedelta(hours=-3, minutes=-30))


# --- workbooks ----------------------------------------------------------------------------------------------------


def refusal(content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read_sheet("f.xlsx", content)
    return refused.value.why


def test_a_sheet_is_rows_with_their_numbers_and_cached_values() -> None:
    xml = sheet_xml([("a", "", "c")]).replace(
        "</sheetData>", '<row r="7"><c r="B7" t="str"><f>1+1</f><v>2</v></c><c r="D7"><v>0.30000000000000004</v></c>'
                        '<c r="E7" t="e"><v>#DIV/0!</v></c></row><row r="9"/></sheetData>')
    sheet = read_sheet("f.xlsx", workbook(xml))
    assert [(row.line, row.cells) for row in sheet.rows] == [
        (1, ("a", "", "c")), (7, ("", "2", "", "0.30000000000000004", "#DIV/0!"))]
    assert "row 7, cell B7 is a formula; “2”" in sheet.warnings[0]


@pytest.mark.parametrize(("xml", "told"), [
    ('<row r="2"/><row r="1"/>', "row 1 after row 2"), ('<row r="1"><c r="B1"/><c r="A1"/></row>', "out of order"),
    ('<row r="1"><c r="ZZZ1"/></row>', "beyond column 500"), ('<row r="1"><c r="A2"/></row>', "out of order"),
    ('<row r="999999"/>', "at most 200,000"), ('<row r="1"><c r="A1" t="s"><v>3</v></c></row>', "not in the workbook"),
    ('<row r="1"><c r="A1" t="s"><v>-1</v></c></row>', "not in the workbook"),
    ("<row>", "cannot be read"), ("&lol;", "cannot be read"),
])
def test_a_sheet_that_contradicts_itself(xml: str, told: str) -> None:
    assert told in refusal(workbook(sheet_xml([]).replace("</sheetData>", f"{xml}</sheetData>")))


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    tight, large = workbook(b" " * 5_000_000), workbook(b" " * 60_000_000)
    assert len(large) < 100_000
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("something was unpacked"))
    assert "packed 100 times or more" in refusal(tight)
    assert "unpacks to 60 MB; at most 40 MB" in refusal(large)


def test_entities_and_definitions_are_refused(shared: Path) -> None:
    for name in ("xmlbomb.xml", "dtd.xml", "external_file.xml"):
        content = (shared / "inputs/hostile/xml" / name).read_bytes()
        assert "cannot be read" in refusal(workbook(content))


def test_odd_archives_are_refused_in_words(shared: Path) -> None:
    hostile = shared / "inputs/hostile/spreadsheets"
    assert "protected by a password" in refusal((hostile / "pass_protected.xlsx").read_bytes())
    for path in sorted(hostile.glob("*.xlsx")):
        if path.name != "pass_protected.xlsx":
            assert read_sheet(path.name, path.read_bytes()).title
    assert "damaged or cut off" in refusal(b"PK\x03\x04 and no more")


def test_another_archive_and_too_many_parts_are_refused() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.txt", "x")
    assert "no Excel workbook" in refusal(held.getvalue())
    assert "parts" in refusal(workbook(sheet_xml(XR_ROWS), **{f"p{number}": "" for number in range(300)}))


def test_an_encrypted_part_is_refused() -> None:
    content = bytearray(xr_sheet())
    place = content.rindex(b"PK\x01\x02")
    content[place + 8] |= 1
    assert "protected by a password" in refusal(bytes(content))


def test_a_workbook_with_bytes_missing_or_changed_is_refused_or_read_as_it_was() -> None:
    content, whole = xr_sheet(), read_sheet("f.xlsx", xr_sheet())
    for place in range(0, len(content), 7):
        for broken in (content[:place] + content[place + 9:], content[:place] + bytes([content[place] ^ 0x55]) +
                       content[place + 1:]):
            try:
                assert read_sheet("f.xlsx", broken).rows == whole.rows
            except Refused as refused:
                assert "f.xlsx" in refused.why


def test_a_workbook_cut_off_anywhere_is_refused() -> None:
    content = xr_sheet()
    for length in range(10, len(content) - 1, 50):
        assert refusal(content[:length])


def test_deep_nesting_is_a_refusal() -> None:
    deep = "<a>" * 200_000 + "</a>" * 200_000
    assert refusal(workbook(sheet_xml([]).replace("</sheetData>", f"<row r='1'>{deep}</row></sheetData>")))
