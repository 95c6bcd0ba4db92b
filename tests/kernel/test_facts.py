"""Verdicts, readings, numbers, moves: the words every room speaks in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.facts import (
    Finding,
    Limits,
    Move,
    Moves,
    Quantity,
    Reading,
    Refused,
    Verdict,
    judge,
    need,
    number,
    plain,
    refuse_unless,
    rule,
    significant,
    verdict_from,
    verdict_of,
)

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.CANNOT_DETERMINE
OPS = ("", "<", "<=", ">", ">=")
small = st.integers(0, 8).map(lambda half: Decimal(half) / 2)


# --- readings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reading", "limit", "verdict"), [
    ("0.4", "0.5", PASS), ("0.5", "0.5", PASS), ("0.51", "0.5", FAIL), ("0.50", "0.5", PASS),
    ("<0.5", "0.5", PASS), ("<0.4", "0.5", PASS), ("<0.6", "0.5", UNKNOWN), ("<1000", "500", UNKNOWN),
    ("<=0.5", "0.5", PASS), ("<=0.6", "0.5", UNKNOWN),
    (">0.5", "0.5", FAIL), (">0.6", "0.5", FAIL), (">0.4", "0.5", UNKNOWN),
    (">=0.5", "0.5", UNKNOWN), (">=0.6", "0.5", FAIL), (">=0.4", "0.5", UNKNOWN),
])
def test_a_reading_against_a_maximum(reading: str, limit: str, verdict: Verdict) -> None:
    assert Limits(high=Decimal(limit)).judge(Reading.parse(reading)) is verdict


@pytest.mark.parametrize(("reading", "limit", "verdict"), [
    ("70", "70", PASS), ("69.999", "70", FAIL), ("71", "70", PASS),
    ("<70", "70", FAIL), ("<71", "70", UNKNOWN), ("<69", "70", FAIL),
    ("<=70", "70", UNKNOWN), ("<=69", "70", FAIL),
    (">70", "70", PASS), (">69", "70", UNKNOWN), (">=70", "70", PASS), (">=69", "70", UNKNOWN),
])
def test_a_reading_against_a_minimum(reading: str, limit: str, verdict: Verdict) -> None:
    assert Limits(low=Decimal(limit)).judge(Reading.parse(reading)) is verdict


@pytest.mark.parametrize(("reading", "verdict"), [
    ("1", PASS), ("2", PASS), ("0.9", FAIL), ("2.1", FAIL), ("<1", FAIL), (">2", FAIL), ("<3", UNKNOWN),
    (">0", UNKNOWN), ("<=2", UNKNOWN), (">=1", UNKNOWN), ("<=0", FAIL),
])
def test_a_reading_against_both_bounds(reading: str, verdict: Verdict) -> None:
    assert Limits(Decimal(1), Decimal(2)).judge(Reading.parse(reading)) is verdict


def possible(reading: Reading) -> list[Decimal]:
    """True values a censored reading may stand for, on a grid finer than the bounds used here."""
    grid = [Decimal(step) / 4 for step in range(-8, 40)]
    holds = {"": lambda x: x == reading.value, "<": lambda x: x < reading.value, "<=": lambda x: x <= reading.value,
             ">": lambda x: x > reading.value, ">=": lambda x: x >= reading.value}[reading.op]
    return [value for value in grid if holds(value)]


@given(st.sampled_from(OPS), small, small)
def test_a_censored_reading_decides_exactly_where_every_value_it_may_stand_for_agrees(
        op: str, value: Decimal, limit: Decimal) -> None:
    reading = Reading(value, op)
    for ask, holds in ((reading.at_most, lambda x: x <= limit), (reading.below, lambda x: x < limit),
                       (reading.at_least, lambda x: x >= limit), (reading.above, lambda x: x > limit)):
        answers = {holds(one) for one in possible(reading)}
        assert ask(limit) == (answers.pop() if len(answers) == 1 else None)


@pytest.mark.parametrize(("text", "shown"), [
    ("<0.5", "<0.5"), (" < 0.50 ", "<0.5"), ("≤ 3", "<=3"), ("≥1e6", ">=1000000"), (">1e6", ">1000000"),
    ("3.20", "3.2"), ("-0.5", "-0.5"),
])
def test_a_reading_is_written_as_it_was_meant(text: str, shown: str) -> None:
    assert str(Reading.parse(text)) == shown
    assert Reading.parse(shown) == Reading.parse(text)


@pytest.mark.parametrize("text", ["", " ", "<", "<<1", "<-", "~3", "= 3", "3 EU", "TNTC", "<NaN", "< inf",
                                  None, 3, 0.5, [], "1..2", "1<2", "<0,5"])
def test_what_is_no_reading_is_refused_with_a_sentence(text: Any) -> None:
    with pytest.raises(Refused) as refused:
        Reading.parse(text, what="the endotoxin")
    assert refused.value.kind == "input" and refused.value.why.endswith(".")


# --- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "value"), [
    ("70.0", "70"), ("6.1e6", "6100000"), ("1E-3", "0.001"), (" 5 ", "5"), ("-2", "-2"), ("+2", "2"), (".5", "0.5"),
    ("123456789012345.123456789012345",) * 2,
])
def test_a_plain_number_is_read_exactly(text: str, value: str) -> None:
    assert number(text) == Decimal(value)


@pytest.mark.parametrize("text", [
    "", " ", None, "NaN", "nan", "sNaN", "inf", "-Infinity", "1,5", "1,000.0", "1 000", "1_000", "７０", "７０.５", "²",
    "1e100", "1e-999", "999e99", "1.2345678901234567e9", "1e999999999", "0x10", "1e", "e5", ".", "-", "--1",
    "1.", "1\n2", "1\x00", 70, 70.0, True, [], {}, b"70", "1" * 16, "0." + "1" * 16, "9" * 10000,
    Decimal("NaN"), Decimal("Infinity"), "70 kg", "½",
])
def test_what_is_no_plain_number_is_refused_and_never_becomes_one(text: Any) -> None:
    with pytest.raises(Refused) as refused:
        number(text, what="the weight")
    assert refused.value.kind == "input"
    assert refused.value.why.startswith("the weight is ")
    assert len(refused.value.why) < 250


def test_a_blank_is_called_blank_in_the_refusal() -> None:
    for blank in ("", None):
        with pytest.raises(Refused, match="the weight is blank"):
            number(blank, what="the weight")


@given(st.from_regex(r"[+-]?([0-9]{1,15}(\.[0-9]{1,15})?|\.[0-9]{1,15})([eE][+-]?[0-9]{1,2})?", fullmatch=True))
def test_whatever_number_was_read_can_be_written_plainly_and_read_again(text: str) -> None:
    try:
        value = number(text)
    except Refused:
        assert "e" in text.lower()
        return
    assert value == Decimal(text)
    assert number(plain(value)) == Decimal(plain(value)) == value


@pytest.mark.parametrize(("value", "text"), [
    ("7.0E+2", "700"), ("0.50", "0.5"), ("0", "0"), ("-0.0", "0"), ("0E+9", "0"), ("1000000", "1000000"),
    ("12345678", "1.2345678e7"), ("0.0000001", "1e-7"), ("0.000001", "0.000001"), ("1E+9", "1e9"),
    ("123456789012345.123456789012345",) * 2,
])
def test_plain_writes_all_digits_and_no_padding(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@pytest.mark.parametrize(("value", "text"), [
    ("7400000", "7.40e6"), ("0", "0"), ("0.123456", "0.123"), ("99.96", "100"), ("1234", "1230"), ("-0.5", "-0.500"),
    ("7.4049e6", "7.40e6"),
])
def test_significant_rounds_for_display(value: str, text: str) -> None:
    assert Decimal(significant(Decimal(value))) == Decimal(text)


# --- findings ------------------------------------------------------------------------------------


@rule("T-01", "Small enough")
def small_enough(facts: dict[str, Any]) -> Any:
    """The value is at most ten."""
    value = need(facts.get("value"), "No value is recorded.")
    return verdict_from(value <= 10), f"The value is {value}.", str(value), "10", ("S-1",)


@rule("T-02", "Says yes")
def says_yes(facts: dict[str, Any]) -> Any:
    """Somebody said yes."""
    return verdict_from(facts.get("yes")), "Said."


def test_judge_asks_every_rule_and_returns_every_finding_in_order() -> None:
    findings = judge((small_enough, says_yes, small_enough), {"value": Decimal(11), "yes": False})
    assert [(one.rule, one.verdict) for one in findings] == [("T-01", FAIL), ("T-02", FAIL), ("T-01", FAIL)]
    assert findings[0] == Finding("T-01", FAIL, "The value is 11.", "11", "10", ("S-1",), "Small enough")
    assert findings[0].as_dict()["sources"] == ["S-1"]


@pytest.mark.parametrize("absent", [None, "", ()])
def test_a_missing_fact_cannot_be_determined_and_says_what_is_missing(absent: Any) -> None:
    (finding,) = judge((small_enough,), {"value": absent})
    assert (finding.verdict, finding.why, finding.title) == (UNKNOWN, "No value is recorded.", "Small enough")


def test_a_zero_is_a_fact_and_not_a_blank() -> None:
    assert need(Decimal(0), "missing") == 0 and need(False, "missing") is False


@given(st.lists(st.sampled_from(Verdict)))
def test_only_findings_that_are_all_pass_make_a_pass(verdicts: list[Verdict]) -> None:
    folded = verdict_of(Finding("T", verdict, "why") for verdict in verdicts)
    assert (folded is PASS) == (len(verdicts) > 0 and all(one == "PASS" for one in verdicts))
    assert (folded is FAIL) == ("FAIL" in [one.value for one in verdicts])
    assert folded in (PASS, FAIL, UNKNOWN)


@given(st.lists(st.sampled_from(Verdict), min_size=1), st.sampled_from(Verdict))
def test_a_further_finding_never_turns_a_refusal_into_a_pass(verdicts: list[Verdict], further: Verdict) -> None:
    before = verdict_of([Finding("T", one, "") for one in verdicts])
    after = verdict_of([Finding("T", one, "") for one in [*verdicts, further]])
    assert before is PASS or after is not PASS


def test_a_refusal_carries_all_that_did_not_pass_and_only_that() -> None:
    findings = [Finding(f"T-{number}", verdict, f"Sentence {number}.")
                for number, verdict in enumerate((PASS, FAIL, UNKNOWN, PASS))]
    with pytest.raises(Refused) as refused:
        refuse_unless(findings)
    assert [one.rule for one in refused.value.findings] == ["T-1", "T-2"]
    assert refused.value.why == "Sentence 1. Sentence 2."
    refuse_unless(findings[:1])


# --- limits, quantities, moves -----------------------------------------------------------------------


@pytest.mark.parametrize(("limits", "words"), [
    (Limits(Decimal(80), Decimal("120.0"), "%"), "80 to 120 %"), (Limits(low=Decimal("0.7"), unit="1"), "at least 0.7"),
    (Limits(high=Decimal(5), unit="{EU}/mL"), "at most 5 EU/mL"), (Limits(), "no limit"),
])
def test_limits_are_said_in_words_and_bounds_belong_to_them(limits: Limits, words: str) -> None:
    assert str(limits) == words
    assert all(limits.holds(bound) for bound in (limits.low, limits.high) if bound is not None)


def test_no_limit_is_passed_by_everything_known_or_censored() -> None:
    assert Limits().judge(Reading.parse("<5")) is PASS


def test_a_quantity_says_its_unit() -> None:
    assert str(Quantity(Decimal("70.0"), "kg")) == "70 kg"


DOOR = Moves("door", "shut", frozenset({"gone"}), (Move("open", frozenset({"shut"}), "ajar"),
                                                 Move("remove", frozenset({"shut", "ajar"}), "gone")))


def test_a_move_that_is_not_in_the_table_is_refused_with_what_is_possible() -> None:
    assert DOOR.after("open", "shut") == "ajar"
    with pytest.raises(Refused, match="This door is ajar; “open” is not possible from there. Possible now: remove."):
        DOOR.after("open", "ajar")
    with pytest.raises(Refused, match="nothing, the state is final"):
        DOOR.after("open", "gone")
    assert DOOR.states == {"shut", "ajar", "gone"}
