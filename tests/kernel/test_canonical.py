"""The same facts always give the same bytes, and what has no exact text has none at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.canonical import canonical, decimal_text, plain_data
from mfg.facts import Finding, Verdict

exact = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-10**12, max_value=10**12)
text = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.recursive(st.none() | st.booleans() | st.integers(-2**53, 2**53) | text,
                     lambda inner: st.lists(inner) | st.dictionaries(text, inner), max_leaves=20)


@pytest.mark.parametrize(("value", "expected"), [
    ("7E+1", "70"), ("70.00", "70"), ("0.50", "0.5"), ("-0", "0"), ("-0.000", "0"), ("1E-7", "0.0000001"),
    ("1.1E+10", "11000000000"), ("-2.50", "-2.5"), ("123456789012345.123456789012345",) * 2,
])
def test_equal_numbers_have_one_text_without_padding_or_exponent(value: str, expected: str) -> None:
    assert decimal_text(Decimal(value)) == expected


@given(exact)
def test_the_text_of_a_number_is_exactly_that_number(value: Decimal) -> None:
    assert Decimal(decimal_text(value)) == value
    assert decimal_text(value) == decimal_text(value * Decimal("1.000"))


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")])
def test_what_is_no_finite_number_is_refused(value: Decimal) -> None:
    with pytest.raises(TypeError, match="no canonical form"):
        canonical([value])


@pytest.mark.parametrize("value", [1.0, 0.1, float("nan"), Fraction(1, 3), object(), {"a": [1, {"b": 2.5}]}, 1j])
def test_a_float_or_a_stranger_is_refused_however_deep_it_lies(value: Any) -> None:
    with pytest.raises(TypeError, match="has no canonical form"):
        canonical(value)


@given(plain)
def test_plain_data_survives_and_the_bytes_are_sorted_compact_json(value: Any) -> None:
    data = canonical(value)
    assert json.loads(data) == value
    assert data == json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def test_the_order_of_names_does_not_matter() -> None:
    assert canonical({"b": 1, "a": {"d": 2, "c": 3}}) == canonical({"a": {"c": 3, "d": 2}, "b": 1}) == \
        b'{"a":{"c":3,"d":2},"b":1}'


def test_times_are_utc_to_the_microsecond_whatever_zone_they_came_in() -> None:
    moment = datetime(2026, 11, 20, 13, 0, 0, 1, timezone(timedelta(hours=1)))
    assert plain_data(moment) == "2026-11-20T12:00:00.000001Z" == plain_data(moment.astimezone(UTC))
    assert plain_data(date(2026, 11, 20)) == "2026-11-20"


def test_true_is_not_one_and_a_word_from_a_table_is_its_text() -> None:
    class Colour(Enum):
        RED = "red"

    class Word(StrEnum):
        YES = "yes"

    assert canonical([True, 1, Word.YES, Verdict.CANNOT_DETERMINE]) == b'[true,1,"yes","CANNOT DETERMINE"]'
    with pytest.raises(TypeError):
        canonical(Colour.RED)


def test_facts_are_written_by_name_and_sets_in_order() -> None:
    @dataclass(frozen=True)
    class Bag:
        code: str
        volume: Decimal
        tags: frozenset[str]

    assert canonical(Bag("B", Decimal("1.50"), frozenset({"z", "a"}))) == \
        b'{"code":"B","tags":["a","z"],"volume":"1.5"}'
    assert plain_data(b"\x00\xff") == "00ff"
    assert plain_data(Finding("R-01", Verdict.PASS, "fine"))["verdict"] == "PASS"
