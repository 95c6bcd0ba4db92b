"""Can a condition ever hold? Only those that cannot are called so; what cannot be taken apart counts as possible."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.recipes.conditions import can_hold
from mfg.recipes.dimensions import Word, amount_in
from mfg.recipes.expressions import holds

NAMES: dict[str, Any] = {"v": amount_in("%"), "w": amount_in("%"), "r": Word(("split", "keep")),
                         "s.r": Word(("yes", "no"))}


@pytest.mark.parametrize("conditions", [
    ["v > 5"], ["v > 5 or v < 3"], ["v >= 5 and v <= 5"], ["r == 'split'"], ["r != 'split'"], ["v * 2 > 5"], ["v == w"],
    ["1 == 2 or v > 3"], ["not 3 < v < 2"], ["v > 3", "w < 3"], ["v > 3", "r == 'keep'"], ["not (v > 5 and v < 3)"],
    ["v != 5", "v >= 5"], ["1 == 1"], ["v > 5 and v < 5.0001"], ["'keep' == r"], ["-1 < v"]])
def test_a_condition_that_can_hold(conditions: list[str]) -> None:
    assert can_hold(conditions, NAMES)


@pytest.mark.parametrize("conditions", [
    ["v > 5 and v < 3"], ["v > 5 and v <= 5"], ["v < 5 and v == 5"], ["v == 4 and v == 5"], ["v != 5 and v == 5"],
    ["r == 'split' and r != 'split'"], ["r != 'split' and r != 'keep'"], ["r == 'split'", "r == 'keep'"],
    ["not (r == 'split' or v > 3)", "v > 3"], ["1 == 2"], ["1 > 2 and v > 3"], ["3 < v < 2"], ["5 > v", "v > 6"],
    ["v < -3 and v > 0"], ["not (v > 3 or v <= 3)"], ["'split' == r and 'keep' == r"], ["r == 'other'"],
    ["not 1 == 1"]])
def test_a_condition_that_can_never_hold(conditions: list[str]) -> None:
    assert not can_hold(conditions, NAMES)


def test_a_condition_with_too_many_ways_counts_as_one_that_can_hold() -> None:
    many = " and ".join(f"(v > {n} or w > {n})" for n in range(12))
    assert can_hold([f"{many} and v < 0"], NAMES)


atoms = st.one_of(
    st.tuples(st.sampled_from("vw"), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
              st.integers(0, 4).map(str)).map(" ".join),
    st.tuples(st.just("r"), st.sampled_from(["==", "!="]), st.sampled_from(["'split'", "'keep'"])).map(" ".join))
conditions = st.recursive(atoms, lambda inner: st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
    lambda one: f"({one[0]} {one[1]} {one[2]})") | inner.map(lambda one: f"not ({one})"), max_leaves=5)


@given(conditions)
def test_it_agrees_with_trying_every_value(condition: str) -> None:
    """Halves lie between the whole numbers the conditions name, so they stand for every number."""
    from decimal import Decimal
    from itertools import product

    halves = [Decimal(n) / 2 for n in range(-1, 10)]
    tried = any(holds(condition, {"v": v, "w": w, "r": r}) for v, w, r in product(halves, halves, ("split", "keep")))
    assert can_hold([condition], NAMES) == tried
