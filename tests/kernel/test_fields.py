"""Fields refuse by a sentence what can never be valid, whatever is thrown at them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from mfg.fields import Body, Choice, Count, Moment, Number, ReadingText, Scanned, Secret, Words, YesNo


class Everything(Body):
    """One field of every kind."""

    words = Words("Words")
    scan = Scanned("Bag")
    kg = Number("Weight", "kg", low="0.5", high="300")
    dose = Number("Dose", "Gy", above="0")
    result = ReadingText("Endotoxin", "{EU}/mL")
    at = Moment("Measured at")
    state = Choice("State", ("open", "closed"))
    intact = YesNo("Seal intact")
    day = Count("Day", low=1, high=14)
    password = Secret("Password")


class Optional(Body):
    """The kinds that may be left out."""

    words = Words("Words", required=False)
    scan = Scanned("Bag", required=False)
    kg = Number("Weight", "kg", required=False)
    at = Moment("Measured at", required=False)
    state = Choice("State", ("open",), required=False)


GOOD = {"words": "a µ ≥ b", "scan": "]C0NK-26-001", "kg": "70.0", "dose": "25", "result": "<0.50",
        "at": "2026-11-20T09:10+01:00", "state": "open", "intact": "yes", "day": "7", "password": " a b "}
KINDS = sorted(GOOD)
FOREIGN: list[Any] = [None, [], {}, 1.5, float("nan"), 10**400, b"70", object(), ["70"], {"a": 1}]
NUMBERS = ["NaN", "inf", "-inf", "1,5", "７０", "1e999", "1e9999999999", "0x10", "1_0", "70 kg", "--1", "²", "٣"]


def refusal(**changed: Any) -> dict[str, Any]:
    """The messages by field when these values are changed."""
    with pytest.raises(ValidationError) as refused:
        Everything().load(GOOD | changed)
    assert isinstance(refused.value.messages, dict)
    return refused.value.messages


def test_what_is_right_is_read_exactly() -> None:
    assert Everything().load(GOOD) == {
        "words": "a µ ≥ b", "scan": "]C0NK-26-001", "kg": Decimal("70.0"), "dose": Decimal(25), "result": "<0.5",
        "at": datetime(2026, 11, 20, 8, 10, tzinfo=UTC), "state": "open", "intact": True, "day": 7, "password": " a b "}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("blank", ["", None])
def test_a_blank_is_refused_by_every_kind_and_never_becomes_a_value(kind: str, blank: Any) -> None:
    assert set(refusal(**{kind: blank})) == {kind}


@pytest.mark.parametrize("kind", ["words", "scan", "kg", "dose", "result", "at", "day"])
def test_blanks_alone_are_a_blank(kind: str) -> None:
    for blank in ("   ", "\t\n", "\u00a0", "\u3000"):
        assert set(refusal(**{kind: blank})) == {kind}


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_field_is_named(kind: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Everything().load({name: value for name, value in GOOD.items() if name != kind})
    assert set(refused.value.normalized_messages()) == {kind}


def test_an_unknown_field_is_named_and_said_to_be_unknown() -> None:
    assert refusal(version=1) == {"version": ["This field is not known here. Leave it out."]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", FOREIGN, ids=lambda value: type(value).__name__)
def test_another_kind_of_value_is_refused_by_every_kind(kind: str, value: Any) -> None:
    (message,) = refusal(**{kind: value})[kind]
    assert len(message) < 300


@pytest.mark.parametrize("kind", ["kg", "dose", "result", "day"])
@pytest.mark.parametrize("text", NUMBERS)
def test_what_looks_like_a_number_but_is_none_is_refused(kind: str, text: str) -> None:
    (message,) = refusal(**{kind: text})[kind]
    assert text[:40] in message


@pytest.mark.parametrize(("kind", "value", "words"), [
    ("kg", "0.4999", "at least 0.5"), ("kg", "300.01", "at most 300"), ("dose", "0", "more than 0"),
    ("dose", "-1", "more than 0"), ("day", "0", "from 1 to 14"), ("day", "15", "from 1 to 14"),
    ("day", "-1", "from 1 to 14"), ("day", "1.0", "from 1 to 14"), ("state", "Open", "open, closed"),
    ("intact", "true", "yes nor no"), ("intact", 1, "yes nor no"), ("at", "2026-11-20T09:10", "has no zone"),
    ("at", "20.11.2026", "was expected"), ("at", "1999-12-31T00:00Z", "from 2000 on"),
    ("at", "2026-02-30T00:00Z", "expected"), ("at", "0001-01-01T00:00+14:00", "from 2000 on"),
    ("at", "9999-12-31T23:59-14:00", "from 2000 on"),
    ("words", "a\x00b", "U+0000"), ("words", "a\x1bb", "U+001B"), ("words", "\ud800", "U+D800"),
    ("words", "x" * 2001, "at most 2000"), ("scan", "x" * 121, "at most 120"), ("password", "x" * 201, "at most 200"),
])
def test_the_refusal_says_what_was_expected(kind: str, value: Any, words: str) -> None:
    assert words in refusal(**{kind: value})[kind][0]


@pytest.mark.parametrize(("kind", "value"), [
    ("kg", "0.5"), ("kg", "300"), ("kg", "70.123456789012345"), ("day", "1"), ("day", 14), ("intact", False),
    ("at", "2026-11-20T09:10:11.5Z"), ("at", "2026-11-20 09:10Z"),
])
def test_bounds_belong_to_what_is_accepted(kind: str, value: Any) -> None:
    assert kind in Everything().load(GOOD | {kind: value})


def test_a_field_that_may_be_left_out_is_nothing_and_not_zero() -> None:
    nothing = {"words": "", "scan": "", "kg": None, "at": None, "state": ""}
    assert Optional().load({}) == nothing
    assert Optional().load(dict.fromkeys(nothing, "")) == nothing


def test_a_password_is_kept_as_typed_with_its_blanks() -> None:
    assert Everything().load(GOOD | {"password": "  ünï  "})["password"] == "  ünï  "


@pytest.mark.parametrize("body", [None, [], "text", 7, [GOOD]])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    with pytest.raises(ValidationError):
        Everything().load(body)


@pytest.mark.parametrize("kind", KINDS)
@given(value=st.text() | st.integers() | st.floats() | st.lists(st.text()) | st.dictionaries(st.text(), st.none()))
def test_whatever_comes_is_read_or_refused_by_a_sentence(kind: str, value: Any) -> None:
    try:
        read = Everything().load(GOOD | {kind: value})[kind]
    except ValidationError as refused:
        assert set(refused.normalized_messages()) == {kind}
    else:
        assert read not in (None, "")
        assert not isinstance(read, float)


def test_the_big_list_of_naughty_strings_is_read_or_refused_by_every_kind(shared: Path) -> None:
    strings = json.loads((shared / "inputs" / "hostile" / "blns.json").read_text("utf-8"))
    assert len(strings) > 400
    for text in strings:
        for kind in KINDS:
            try:
                read = Everything().load(GOOD | {kind: text})[kind]
            except ValidationError as refused:
                assert set(refused.normalized_messages()) == {kind}
            else:
                assert kind != "words" or read == text.strip()
                assert kind not in ("kg", "dose") or read.is_finite()
