"""GS1 element strings of reagents: reading, writing, check digits, dates."""

from __future__ import annotations

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.codes import gs1, scan
from mfg.facts import Refused

GS = "\x1d"
TEXT = st.text(string.ascii_letters + string.digits + "-./+_", min_size=1, max_size=20)


def gtin(body: str) -> str:
    """Restated: weights 3, 1, 3 ... over 13 digits, up to the next ten."""
    total = sum(int(digit) * weight for digit, weight in zip(body, [3, 1] * 7, strict=False))
    return body + str((10 - total % 10) % 10)


GTINS = st.text(string.digits, min_size=13, max_size=13).map(gtin)


@pytest.mark.parametrize("number", ["09521234543213", "00012345678905", "9521234543213",
        "106141412345678908"])
def test_published_numbers_carry_a_right_check_digit(number: str) -> None:
    assert gs1.key_valid(number)


@given(GTINS, TEXT, TEXT, st.dates(date(2000, 1, 1), date(2075, 12, 31)))
def test_what_is_written_is_read_again(item: str, lot: str, serial: str, day: date) -> None:
    pairs = [("01", item), ("10", lot), ("17", f"{day:%y%m%d}"), ("21", serial)]
    read = gs1.parse(gs1.write(pairs))
    assert [(part.number, part.content) for part in read] == pairs
    assert read[2].fields["date"] == day.isoformat()
    assert gs1.parse(gs1.bracketed(read)) == read


@given(GTINS, st.data())
def test_one_wrong_digit_of_a_trade_item_number_is_refused(item: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, 13))
    wrong = data.draw(st.sampled_from(string.digits.replace(item[place], "")))
    with pytest.raises(Refused, match="check digit"):
        gs1.parse("01" + item[:place] + wrong + item[place + 1:])


def test_a_lot_ends_at_the_separator_and_dates_need_none() -> None:
    read = gs1.parse(f"{GS}010952123454321317261100" + f"10AB12{GS}21S-1{GS}")
    assert [(part.number, part.content) for part in read] == [
        ("01", "09521234543213"), ("17", "261100"), ("10", "AB12"), ("21", "S-1")]


@pytest.mark.parametrize(("yymmdd", "expected"), [
    ("261120", date(2026, 11, 20)), ("260200", date(2026, 2, 28)), ("280200", date(2028, 2, 29)),
    ("261200", date(2026, 12, 31)), ("760101", date(2076, 1, 1)), ("770101", date(1977, 1, 1)),
])
def test_a_date_with_day_00_is_the_last_day_of_its_month(yymmdd: str, expected: date) -> None:
    assert gs1.read_date(yymmdd) == expected


@pytest.mark.parametrize("text", [
    "", GS, "(", "()", "(01)", "01", "010952123454321", "01095212345432135", "0109521234543214", "17261320",
    "17260230",
    "1726112", "10", "10" + "A" * 21, "10AB 12", "10AB\x0012", f"10AB{GS}{GS}21C", "99é", "8899X",
    "(10)AB(12",
    "(01)09521234543214", "(17)261120(17)261121", f"10A{GS}10B", "7003261120", "70032611202460", "(100)A",
    "hello",
    "\ud800", "01" + "９" * 14,
])
def test_a_broken_element_string_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        gs1.parse(text)
    assert refused.value.kind == "input"


def test_no_identifier_begins_another_one() -> None:
    known = [element.ai for element in gs1.ELEMENTS]
    assert not [(a, b) for a in known for b in known if a != b and b.startswith(a)]


def test_elements_that_could_not_be_told_apart_are_not_written() -> None:
    with pytest.raises(Refused):
        gs1.write([("10", f"AB{GS}21X"), ("17", "261120")])


@pytest.mark.parametrize(("text", "numbers"), [
    (f"]d2010952123454321317261120710PZN123{GS}10AB12", ("01", "17", "710", "10")),
    (f"]C10109521234543213422276{GS}12261120", ("01", "422", "12")),
    (f"]d2010952123454321310AB12{GS}251DON-7{GS}400PO-1", ("01", "10", "251", "400")),
])
def test_what_makers_of_reagents_print_beside_lot_and_expiry_is_read_too(text: str, numbers: tuple[str, ...]) -> None:
    assert scan.read(text).numbers == numbers
