"""Growth arithmetic against figures worked by hand and against published ones."""

from __future__ import annotations

import csv
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.batches.growth import Count, Growth, growth

DAY_0 = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


def count(day: float, per_ml: str, volume: str, **more: Decimal) -> Count:
    return Count(f"day {day}", DAY_0 + timedelta(days=day), (Decimal(per_ml),), Decimal(volume), **more)


def test_cells_are_the_mean_of_the_replicates_times_the_volume() -> None:
    one = Count("s", DAY_0, (Decimal("6.1"), Decimal("5.9"), Decimal("6.0")), Decimal(120))
    assert one.mean_per_ml == Decimal("6.0")
    assert one.cells == Decimal("7.2e8")


def test_eightfold_in_six_days_is_three_doublings_of_two_days() -> None:
    grown = growth([count(0, "0.5", "100"), count(6, "2", "200")])
    assert grown.fold == 8
    assert abs(grown.doublings - 3) < Decimal("1e-20")  # type: ignore[operator]
    assert abs(grown.doubling_hours - 48) < Decimal("1e-18")  # type: ignore[operator]


def test_the_published_expansion_gives_its_doubling_time(shared: Path) -> None:
    """387-fold in 10 days (dissolvable microspheres, 2022); the expectation is computed with floats, apart."""
    with (shared / "inputs/published/nk_process_summary.csv").open(encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file) if row["measure"] == "NK expansion")
    fold, days = row["value"], int(row["day"])
    grown = growth([count(0, "1", "100"), count(days, fold, "100")])
    assert grown.doubling_hours is not None
    assert math.isclose(float(grown.doubling_hours), days * 24 / math.log2(float(fold)), rel_tol=1e-12)


@pytest.mark.parametrize(("counts", "why"), [
    ([], "nothing was counted"),
    ([count(0, "1", "100")], "one count is no growth"),
    ([count(0, "1", "100"), Count("x", None, (Decimal(2),), Decimal(100))], "the second has no time"),
    ([count(0, "1", "100"), Count("x", DAY_0, (), Decimal(100))], "the second has no cells"),
    ([count(0, "1", "100"), Count("x", DAY_0, (Decimal(2),), None)], "the second has no volume"),
])
def test_a_missing_number_gives_no_growth_rather_than_a_zero(counts: list[Count], why: str) -> None:
    grown = growth(counts)
    assert (grown.fold, grown.doublings, grown.doubling_hours) == (None, None, None), why


def test_cells_that_do_not_grow_have_no_doubling_time() -> None:
    grown = growth([count(0, "2", "100"), count(3, "1", "100")])
    assert grown.fold == Decimal("0.5") and grown.doubling_hours is None
    assert grown.doublings is not None and grown.doublings < 0


def test_counts_are_ordered_by_time_whatever_the_order_of_entry() -> None:
    grown = growth([count(7, "4", "100"), count(0, "1", "100")])
    assert grown.fold == 4 and [day for day, _ in grown.days] == [0, 7]


def test_viability_comes_from_counts_where_both_are_there() -> None:
    assert count(0, "9", "1", total_per_ml=Decimal(10), told_viability=Decimal(50)).viability == 90
    assert count(0, "9", "1", told_viability=Decimal(88)).viability == 88
    assert count(0, "9", "1").viability is None
    assert Count("s", DAY_0, (), None, Decimal(10)).viability is None


@given(st.lists(st.tuples(st.integers(0, 400), st.decimals("0.01", "50", places=2)), min_size=2, max_size=8,
                unique_by=lambda pair: pair[0]))
def test_doublings_undo_the_fold(pairs: list[tuple[int, Decimal]]) -> None:
    grown: Growth = growth([count(hour / 24, str(cells), "100") for hour, cells in pairs])
    assert grown.fold is not None and grown.doublings is not None
    assert math.isclose(2 ** float(grown.doublings), float(grown.fold), rel_tol=1e-9)
