"""The multirules, restated: every expectation is worked out by hand in units of the SD, none by the code itself."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.controls.westgard import (
    MULTIRULES,
    REJECTING,
    USUAL,
    Measured,
    answers,
    broken_rules,
    individuals,
    mean,
    rejects,
    series_verdict,
    standard_deviation,
)
from mfg.facts import Verdict


def row(*spreads: str, centre: str = "200", sd: str = "4") -> list[Measured]:
    """One level, alone in its runs; each value so many SD from the centre."""
    return [Measured(D(centre) + D(one) * D(sd), D(centre), D(sd)) for one in spreads]


def two(*runs: tuple[str, str]) -> list[Measured]:
    """Two levels measured in each run: the low one at 200 ± 4, the high one at 250 ± 5."""
    return [Measured(D(centre) + D(off) * D(sd), D(centre), D(sd), level, str(number))
            for number, pair in enumerate(runs)
            for off, level, centre, sd in zip(pair, ("low", "high"), ("200", "250"), ("4", "5"), strict=True)]


def last(values: list[Measured], *rules: str) -> tuple[str, ...]:
    return broken_rules(values, rules or USUAL)[-1]


@pytest.mark.parametrize(("spreads", "breaks"), [
    (("0",), ()),
    (("2",), ()),  # on the line is not beyond it
    (("2.01",), ("1-2s",)),
    (("-2.01",), ("1-2s",)),
    (("3",), ("1-2s",)),
    (("3.001",), ("1-2s", "1-3s")),
    (("-3.2",), ("1-2s", "1-3s")),
    (("2.1", "2.1"), ("1-2s", "2-2s")),
    (("2.1", "0", "2.1"), ("1-2s",)),  # not in a row
    (("2.1", "-2.1"), ("1-2s",)),  # opposite sides of two runs: no R-4s, no 2-2s
    (("1.1", "1.2", "1.1", "1.4"), ("4-1s",)),
    (("1.1", "1.2", "1", "1.4"), ()),
    (("1.1", "1.2", "-1.1", "1.4"), ()),
    (("-1.1",) * 4, ("4-1s",)),
    (("0.1",) * 9, ()),
    (("0.1",) * 10, ("10-x",)),
    (("0.1",) * 5 + ("0",) + ("0.1",) * 5, ()),  # on the centre is on no side
    (("-0.1",) * 10, ("10-x",)),
])
def test_one_level(spreads: tuple[str, ...], breaks: tuple[str, ...]) -> None:
    assert last(row(*spreads)) == breaks


@pytest.mark.parametrize(("spreads", "rule", "breaks"), [
    (("0.1",) * 7, "8-x", False), (("0.1",) * 8, "8-x", True),
    (("0.1",) * 11, "12-x", False), (("0.1",) * 12, "12-x", True),
    (("-1", "-0.7", "-0.4", "0", "0.2", "0.3", "0.9"), "7-T", True),
    (("-1", "-0.7", "-0.4", "0", "0.2", "0.2", "0.9"), "7-T", False),  # twice the same is no trend
    (("0.9", "0.5", "0.2", "0", "-0.1", "-0.3", "-0.4"), "7-T", True),
    (("-0.7", "-0.4", "0", "0.2", "0.3", "0.9"), "7-T", False),
])
def test_the_other_rules(spreads: tuple[str, ...], rule: str, breaks: bool) -> None:
    assert (rule in last(row(*spreads), rule)) is breaks


def test_two_levels_of_one_run_beyond_2_sd_on_one_side_reject_and_on_opposite_sides_too() -> None:
    assert last(two(("0", "0"), ("2.2", "2.5"))) == ("1-2s", "2-2s")
    assert last(two(("0", "0"), ("2.2", "-2.5"))) == ("1-2s", "R-4s")
    assert last(two(("2.2", "0"), ("0", "-2.5"))) == ("1-2s",), "R-4s looks within one run only"
    assert last(two(("0", "2.2"), ("2.5", "0"))) == (), "across runs 2-2s stays within a level"
    assert last(two(("0", "2.2"), ("0", "2.5"))) == ("1-2s", "2-2s")


def test_replicates_of_one_level_in_one_run_are_compared_with_each_other() -> None:
    pair = [Measured(D(off) * 4 + 200, D(200), D(4), "low", "1") for off in ("2.3", "-2.3")]
    assert last(pair) == ("1-2s", "R-4s")


def test_four_and_ten_count_across_levels_and_within_one() -> None:
    assert last(two(("1.1", "1.3"), ("1.2", "1.1"))) == ("4-1s",)
    within = two(("1.1", "0"), ("1.1", "0"), ("1.1", "0"))
    assert last([*within, Measured(D("204.4"), D(200), D(4), "low", "3")]) == ("4-1s",)
    assert last(two(*[("0.2", "0.4")] * 5)) == ("10-x",)
    assert last(two(*[("0.2", "0.4")] * 4)) == ()


def test_a_worked_series_is_read_point_by_point() -> None:
    """A control at 200 ± 4: in order, a warning, a value beyond 3 SD, a shift of four, a slow shift of ten."""
    values = ("200", "209", "198", "213", "196", "205", "206", "204.5", "207", "201")
    found = broken_rules([Measured(D(one), D(200), D(4)) for one in values])
    assert found == ((), ("1-2s",), (), ("1-2s", "1-3s"), (), (), (), (), ("4-1s",), ())


def test_a_warning_never_rejects() -> None:
    assert rejects(("1-2s",)) == () and rejects(("1-2s", "2-2s")) == ("2-2s",)
    assert "1-2s" not in REJECTING and set(USUAL) <= set(REJECTING)


def test_too_few_values_are_no_answer_of_a_rule() -> None:
    told = answers(row("0.1", "0.2", "0.1"))
    assert told == {"1-3s": Verdict.PASS, "2-2s": Verdict.PASS, "R-4s": Verdict.PASS,
                    "4-1s": Verdict.CANNOT_DETERMINE, "10-x": Verdict.CANNOT_DETERMINE}
    assert set(answers([]).values()) == {Verdict.CANNOT_DETERMINE}
    assert answers(row("3.5"))["1-3s"] is Verdict.FAIL


def test_a_spread_of_zero_judges_nothing() -> None:
    with pytest.raises(ValueError, match="above zero"):
        broken_rules([Measured(D(1), D(1), D(0))])


# --- limits from the data


def test_limits_of_single_values_come_from_moving_ranges() -> None:
    """Ranges 2, 1, 3, 2, 2: mean 2; centre 51.5; 51.5 ± 2.66 x 2 = 46.18 and 56.82; SD 2 / 1.128."""
    found = individuals([D(one) for one in ("50", "52", "51", "54", "52", "50")], 6)
    assert found is not None
    assert (found.mean_range, found.centre) == (D(2), D("51.5"))
    assert (found.low, found.high) == (D("46.18"), D("56.82"))
    assert found.sd == D(2) / D("1.128")


@pytest.mark.parametrize(("values", "needed"), [((), 2), (("1",), 1), (("1", "2"), 8), (("3", "3", "3"), 2)])
def test_too_few_values_or_none_that_moves_have_no_limits(values: tuple[str, ...], needed: int) -> None:
    assert individuals([D(one) for one in values], needed) is None
    assert series_verdict((), None) is Verdict.CANNOT_DETERMINE


def test_mean_and_spread_are_those_of_a_sample() -> None:
    values = [D(one) for one in ("2", "4", "4", "4", "5", "5", "7", "9")]
    assert mean(values) == D(5)
    assert (standard_deviation(values) or D(0)) ** 2 * 7 == pytest.approx(D(32), abs=D("1e-20"))
    assert standard_deviation(values[:1]) is None


# --- what must hold of any series

SPREADS = st.lists(st.decimals(-4, 4, places=2), min_size=1, max_size=30)
NUMBERS = st.decimals(D("0.01"), D(1000), places=2)


@given(SPREADS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_moving_and_stretching_values_with_centre_and_spread_changes_no_verdict(
        spreads: list[D], centre: D, sd: D, shift: D, scale: D) -> None:
    before = [Measured(centre + one * sd, centre, sd) for one in spreads]
    after = [Measured(one.value * scale + shift, centre * scale + shift, sd * scale) for one in before]
    assert broken_rules(before, REJECTING) == broken_rules(after, REJECTING)


@given(SPREADS)
def test_a_mirror_breaks_the_same_rules(spreads: list[D]) -> None:
    assert broken_rules(row(*map(str, spreads)), REJECTING) == broken_rules(row(*(str(-one) for one in spreads)),
                                                                           REJECTING)


@given(SPREADS)
def test_what_comes_later_changes_nothing_of_before(spreads: list[D]) -> None:
    values = row(*map(str, spreads))
    assert broken_rules(values)[:-1] == broken_rules(values[:-1])


@given(SPREADS)
def test_beyond_3_sd_is_always_rejected_and_within_1_sd_alone_never_by_few(spreads: list[D]) -> None:
    for place, broken in enumerate(broken_rules(row(*map(str, spreads)))):
        assert ("1-3s" in broken) is (abs(spreads[place]) > 3)
        if abs(spreads[place]) <= 1:
            assert set(broken) <= {"10-x"}


@given(st.lists(st.decimals(-1, 1, places=2), min_size=1, max_size=9))
def test_a_short_series_within_one_spread_breaks_nothing_in_any_order(spreads: list[D]) -> None:
    for order in (spreads, spreads[::-1], sorted(spreads)):
        assert set(broken_rules(row(*map(str, order)))) == {()}


def test_the_order_of_time_matters() -> None:
    apart, together = ("2.2", "0", "2.2", "0"), ("0", "0", "2.2", "2.2")
    assert not any(rejects(one) for one in broken_rules(row(*apart)))
    assert any(rejects(one) for one in broken_rules(row(*together)))


@pytest.mark.parametrize("name", MULTIRULES)
def test_every_rule_says_what_it_means(name: str) -> None:
    assert len(MULTIRULES[name].about) > 15 and MULTIRULES[name].reads >= 1
