"""Formulas: exact, bounded, without a way out, and without an answer wherever a value is missing."""

from __future__ import annotations

import operator
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mfg.facts import Missing, Reading, Refused, Verdict
from mfg.recipes.expressions import DEEPEST, LONGEST, evaluate, judge_when, names_in

A, B = Decimal("6.1"), Decimal("0.3")
VALUES: dict[str, Any] = {"a": A, "b": B, "step.x": Decimal(7), "word": "clear", "zero": Decimal(0),
                          "start": datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
                          "stop": datetime(2026, 10, 25, 1, 0, tzinfo=UTC)}


@pytest.mark.parametrize(("formula", "answer"), [
    ("a + b", "6.4"), ("a - b", "5.8"), ("a * b", "1.83"), ("-a", "-6.1"), ("(a + b) * 2", "12.8"), ("b ** 2", "0.09"),
    ("0.1 + 0.2", "0.3"), ("1e6 * b", "300000"), ("a + step.x", "13.1"), ("min(a, b, 1)", "0.3"),
    ("max(a, b)", "6.1"), ("mean(a, b)", "3.2"), ("mean(1, 2, 2)", "1." + "6" * 48 + "7"), ("a / 3 * 3", "6.1"),
    ("abs(0 - a)", "6.1"),
    ("sqrt(9)", "3"), ("round(0.125, 2)", "0.12"), ("round(0.135, 2)", "0.14"), ("round(2.5, 0)", "2"),
    ("round(1 / 3, 4)", "0.3333"), ("-0.5 ** 2", "-0.25"), ("2 + 3 * 4", "14"), ("b ** 0", "1"), (".5 + .25", "0.75"),
])
def test_arithmetic_is_exact(formula: str, answer: str) -> None:
    assert evaluate(formula, VALUES) == Decimal(answer)


@pytest.mark.parametrize(("formula", "answer"), [
    ("a > b", True), ("a < b", False), ("a == 6.10", True), ("a != 6.1", False), ("b >= 0.3", True), ("b <= 0.3", True),
    ("1 < a < 7", True), ("1 < a < 6", False), ('word == "clear"', True), ("word == 'turbid'", False),
    ('word != "turbid"', True), ("a > 1 and b > 1", False), ("a > 1 or b > 1", True), ("not a > 1", False),
    ("not (a > 1 and b > 1)", True), ("start < stop", True),
])
def test_conditions_are_true_or_false(formula: str, answer: bool) -> None:
    assert evaluate(formula, VALUES) is answer
    assert judge_when(formula, VALUES) is (Verdict.PASS if answer else Verdict.FAIL)


def test_a_word_can_be_an_answer() -> None:
    assert evaluate("word", VALUES) == "clear"


@pytest.mark.parametrize(("formula", "answer"), [("minutes(start, stop)", "30"), ("hours(start, stop)", "0.5"),
                                                 ("minutes(stop, start)", "-30")])
def test_elapsed_time_is_exact(formula: str, answer: str) -> None:
    assert evaluate(formula, VALUES) == Decimal(answer)


def test_elapsed_time_does_not_jump_where_clocks_are_changed() -> None:
    """Half an hour before and after the clocks go back: one hour and a half on the wall, half an hour in truth."""
    summer, winter = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
    values = {"start": datetime(2026, 10, 25, 2, 30, tzinfo=summer),
              "stop": datetime(2026, 10, 25, 2, 0, tzinfo=winter)}
    assert evaluate("minutes(start, stop)", values) == 30


def test_names_are_told_once_each_in_their_order() -> None:
    assert names_in("b + step.x * a - min(b, other.y) > 3") == ("b", "step.x", "a", "other.y")
    assert names_in("1 + 2") == ()


# --- what is missing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", ["a + gone", "gone", "gone * 0", "zero * gone", "a > 1 or gone > 1",
                                     "a > 7 and gone > 1", "min(a, gone)", "gone == gone", "a < b < gone"])
@pytest.mark.parametrize("gone", [None, "", Reading(Decimal("0.5"), "<"), Decimal("NaN"), Decimal("Infinity")])
def test_a_missing_or_bounded_value_gives_no_answer_and_never_0(formula: str, gone: Any) -> None:
    with pytest.raises(Missing, match="gone"):
        evaluate(formula, VALUES | {"gone": gone})
    assert judge_when(f"{formula} == 0" if ">" not in formula and "<" not in formula and "==" not in formula
                      else formula, VALUES | {"gone": gone}) is Verdict.CANNOT_DETERMINE


def test_a_value_that_is_not_there_at_all_is_named() -> None:
    with pytest.raises(Missing) as missing:
        evaluate("step.y * 2", VALUES)
    assert str(missing.value) == "step.y has no value, so “step.y * 2” cannot be worked out."


def test_an_uncensored_reading_is_its_value() -> None:
    assert evaluate("free * 2", {"free": Reading(Decimal("0.5"))}) == 1


def test_a_bound_is_named_as_such() -> None:
    with pytest.raises(Missing, match="free is <0.5, a bound and no number"):
        evaluate("free * 2", {"free": Reading(Decimal("0.5"), "<")})


def test_a_time_without_a_zone_gives_no_answer() -> None:
    with pytest.raises(Missing, match="without a zone"):
        evaluate("minutes(start, stop)", VALUES | {"start": datetime(2026, 10, 25, 0, 30)})  # noqa: DTZ001


@pytest.mark.parametrize("formula", ["a / zero", "1 / (a - a)", "zero / zero", "sqrt(zero - a)", "1 / (a / 3 * 3 - a)"])
def test_what_has_no_answer_is_missing(formula: str) -> None:
    with pytest.raises(Missing):
        evaluate(formula, VALUES)


def test_a_result_beyond_all_sense_is_missing() -> None:
    with pytest.raises(Missing, match="beyond 10\\^30"):
        evaluate("1e99 * 1e99", {})
    assert evaluate("1e15 * 1e15", {}) == Decimal(10) ** 30


names = st.sampled_from(["a", "b", "c", "step.x"])
numbers = st.decimals("-1e6", "1e6", places=3)
amounts = st.recursive(
    names | st.decimals("0", "1e4", places=2).map(lambda one: f"{one:f}"),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda one: f"({one[0]} {one[1]} {one[2]})")
    | st.tuples(st.sampled_from(["min", "max", "mean"]), inner, inner).map(lambda one: f"{one[0]}({one[1]}, {one[2]})")
    | inner.map(lambda one: f"round({one}, 2)"), max_leaves=6)
comparisons = st.tuples(amounts, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), amounts).map(" ".join)
truths = st.recursive(comparisons, lambda inner: st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
    lambda one: f"({one[0]} {one[1]} {one[2]})") | inner.map(lambda one: f"(not {one})"), max_leaves=3)


@given(formula=amounts | truths, values=st.fixed_dictionaries({name: numbers for name in ("a", "b", "c", "step.x")}),
       data=st.data())
def test_removing_any_value_a_formula_uses_never_yields_an_answer(formula: str, values: dict[str, Decimal],
                                                                  data: st.DataObject) -> None:
    assume(len(formula) <= LONGEST)
    used = names_in(formula)
    assume(used)
    gone = data.draw(st.sampled_from(used))
    with pytest.raises(Missing):
        evaluate(formula, {name: value for name, value in values.items() if name != gone})
    with pytest.raises(Missing):
        evaluate(formula, dict(values) | {gone: None})


Worked = tuple[str, Callable[[dict[str, Fraction]], Fraction]]
TWO: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
leaves: st.SearchStrategy[Worked] = names.map(lambda name: (name, lambda given: given[name])) | st.decimals(
    "0", "1e4", places=2).map(lambda one: (f"{one:f}", lambda _: Fraction(one)))


def joined(one: tuple[Worked, str, Worked]) -> Worked:
    """Two parts of a formula with a sign between them, and what that comes to in fractions."""
    (left, of_left), sign, (right, of_right) = one
    return f"({left} {sign} {right})", lambda given: TWO[sign](of_left(given), of_right(given))


worked: st.SearchStrategy[Worked] = st.recursive(
    leaves, lambda inner: st.tuples(inner, st.sampled_from(list(TWO)), inner).map(joined), max_leaves=6)


@given(pair=worked, values=st.fixed_dictionaries({name: numbers for name in ("a", "b", "c", "step.x")}))
def test_it_is_what_fractions_say(pair: Worked, values: dict[str, Decimal]) -> None:
    formula, work = pair
    assume(len(formula) <= LONGEST)
    try:
        expected = work({name: Fraction(value) for name, value in values.items()})
    except ZeroDivisionError:
        with pytest.raises(Missing):
            evaluate(formula, dict(values))
        return
    try:
        found = evaluate(formula, dict(values))
    except Missing:
        assert abs(expected) > 10**30
        return
    assert isinstance(found, Decimal)
    assert abs(Fraction(found) - expected) <= abs(expected) / 10**49


# --- what cannot be asked -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", [
    "", "   ", "a +", "(a", "a b", "a = 1", "a; b", "a\nb", "a # b", "a if b > 1 else 2", "[a]", "{a}", "a[0]",
    "lambda: 1", "(lambda: a)()", "a.b.c", "a.__class__", "().x", "1 .real", "__import__('os')", "open('x')",
    "getattr(a, 'real')", "print(a)", "min.__self__", "x := 1", "f'{a}'", "b'x'", "0x10", "1_000", "1j", "0b1",
    "1e400", "1e-400", "9**9**9", "a ** b", "2 ** 99", "2 ** -1", "2 ** 1.5", "a // b", "a % b", "a @ b", "a << 3",
    "a & b", "~a", "+a", "a in b", "a is b", "*a", "min(*a)", "min(a, key=b)", "min()", "round(a)", "round(a, b)",
    "round(a, 99)", "minutes(start)", "sqrt(a, b)", "True", "None", "rand()", "str(a)", "a,", "a, b", "'a' 'b' if",
    "await a", "yield", "not", "and", "\u0430 + 1", "a\u00a0+ 1", "１ + 1", "'\\x41'", "a..b", "a.", "5.",
    "1.2.3", "del a", "import os", "min(a)(b)", "a == 'x\ny'", "!a", "a <> b", "'" * 3,
])
def test_what_is_no_formula_is_refused_with_a_sentence(formula: str) -> None:
    with pytest.raises(Refused) as refused:
        evaluate(formula, VALUES)
    assert refused.value.kind == "input" and refused.value.why.endswith(".")


@pytest.mark.parametrize("formula", ["a + word", "word * 3", "word < 'x'", "a == word", "a and b", "not a",
                                     "a > 1 > 'x'", "start + stop", "minutes(a, b)", "min(word)", "-word", "start > 1",
                                     "start", "(a > b) + 1", "(a > b) == (b > a)"])
def test_what_cannot_be_put_together_is_refused(formula: str) -> None:
    with pytest.raises(Refused):
        evaluate(formula, VALUES)


def test_a_condition_that_is_a_number_is_refused() -> None:
    with pytest.raises(Refused, match="neither true nor false"):
        judge_when("a + b", VALUES)


def test_a_float_never_gets_in() -> None:
    with pytest.raises(TypeError, match="float"):
        evaluate("a + 1", {"a": 0.1})  # type: ignore[dict-item]


def test_length_and_depth_are_bounded() -> None:
    with pytest.raises(Refused, match=f"1 to {LONGEST}"):
        evaluate("1+" * LONGEST + "1", {})
    with pytest.raises(Refused, match="nested deeper"):
        evaluate("-" * (DEEPEST + 1) + "1", {})
    assert evaluate("(" * 90 + "1" + ")" * 90, {}) == 1


@pytest.mark.parametrize("formula", ["((((1e99 ** 4) ** 4) ** 4) ** 4) ** 4", "9" * 15 + "**4" + "*9**4" * 40,
                                     "mean(" + "1e99," * 19 + "1)", "1e99" + "*1e99" * 60])
def test_no_formula_takes_long(formula: str) -> None:
    began = time.perf_counter()
    with pytest.raises((Missing, Refused)):
        evaluate(formula, {})
    assert time.perf_counter() - began < 0.5


@given(st.text(alphabet="ab.x0159 +-*/()<>=!'\"andortmi,ne_[]{}:;@", max_size=40))
def test_no_text_breaks_the_evaluator(formula: str) -> None:
    try:
        answer = evaluate(formula, VALUES)
    except (Missing, Refused):
        return
    assert isinstance(answer, Decimal | str | bool)
