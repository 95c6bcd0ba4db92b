"""Units of formulas: what fits, what is another thing, and what is the same thing a million times off."""

from __future__ import annotations

from typing import Any

import pytest

from mfg.facts import Refused
from mfg.recipes import master
from mfg.recipes.dimensions import UNITS, Moment, Truth, Word, amount_in, fits, meaning_of

NAMES: dict[str, Any] = {
    "viable": amount_in("10*6/mL"), "dense": amount_in("{cells}/mL"), "volume": amount_in("mL"),
    "litres": amount_in("L"), "nk": amount_in("%"), "before": amount_in("{cells}"), "after": amount_in("{cells}"),
    "t": amount_in("Cel"), "ph": amount_in("[pH]"), "mfi": amount_in("{MFI}"), "control": amount_in("{MFI}"),
    "antibody": amount_in("mg/mL"), "ratio": amount_in("1"), "start": Moment(), "stop": Moment(),
    "look": Word(("clear", "turbid")), "intact": Word(("yes", "no"))}


def test_every_unit_a_record_may_carry_has_its_size_and_dimension() -> None:
    assert set(UNITS) == set(master.UNITS)


@pytest.mark.parametrize(("formula", "unit"), [
    ("viable * volume * 1e6", "{cells}"), ("1e6 * volume * viable", "{cells}"), ("dense * volume", "{cells}"),
    ("dense / 1e6", "10*6/mL"), ("viable * volume * nk * 1e4", "{cells}"),
    ("viable * 1e6 * volume * nk / 100", "{cells}"), ("after / before * 100", "%"), ("100 * after / before", "%"),
    ("after / before", "1"), ("mfi / control", "1"), ("mean(viable, viable, dense / 1e6)", "10*6/mL"),
    ("volume + litres * 1000", "mL"), ("volume / 1000 + litres", "L"), ("volume - 5", "mL"), ("2 * volume", "mL"),
    ("max(volume, 10)", "mL"), ("round(volume, 1)", "mL"), ("sqrt(volume * volume)", "mL"),
    ("volume ** 2 / volume", "mL"), ("minutes(start, stop)", "min"), ("minutes(start, stop) / 60", "h"),
    ("hours(start, stop)", "h"), ("days(start, stop)", "d"), ("t - 37", "Cel"), ("mean(t, t)", "Cel"),
    ("antibody * volume", "mg"), ("antibody * volume * 1000", "ug"), ("5", "mL"), ("-volume", "mL"),
    ("abs(after - before) / before", "1"), ("volume / 1000", "L"), ("nk / 100 * after", "{cells}"),
])
def test_a_formula_that_comes_out_in_the_unit_fits(formula: str, unit: str) -> None:
    assert fits(formula, NAMES, unit) == ""


@pytest.mark.parametrize(("formula", "unit", "said"), [
    ("viable * volume", "{cells}", "off by a factor of 1000000 from cells. Multiply by 1000000."),
    ("after / before", "%", "off by a factor of 100 from %"),
    ("volume / 2", "L", "factor of 1/1000"), ("minutes(start, stop)", "h", "factor of 1/60"),
    ("antibody * volume", "g", "factor of 1/1000"),
    ("viable", "mL", "comes out in cells/mL; the unit is mL"),
    ("viable * volume", "mL", "comes out in cells; the unit"),
    ("volume * volume", "mL", "comes out in volume^2"), ("after", "1", "comes out in cells; the unit is 1"),
    ("look", "mL", "does not come out as a number"), ("volume > 3", "mL", "does not come out as a number"),
])
def test_a_formula_that_comes_out_in_another_unit_is_named(formula: str, unit: str, said: str) -> None:
    assert said in fits(formula, NAMES, unit)


@pytest.mark.parametrize(("formula", "said"), [
    ("volume + viable", "adds or subtracts mL and cells/mL"), ("volume - t", "different things"),
    ("volume + litres", "different units of the same thing"), ("volume > litres", "different units"),
    ("volume < t", "compares mL and °C"), ("min(volume, viable)", "different things"),
    ("t * t", "does not begin at zero"), ("ph / ph", "does not begin at zero"), ("sqrt(volume)", "square root"),
    ("look + 1", "which is no number"), ("look == 1", "different kinds"), ("start > 1", "different kinds"),
    ('look == "blue"', "“blue”, which can never be the answer; possible: clear, turbid"),
    ('intact == "maybe"', "can never be the answer"), ('look > "clear"', "which of two words is greater"),
    ("volume and look == 'clear'", "takes volume for yes or no"), ("not intact", "takes intact for yes or no"),
    ("minutes(volume, stop)", "that are not times"), ("gone * 2", "names gone, which cannot be used here"),
    ("*".join(f"{n}" for n in (3, 7, 11, 13, 17, 19, 23)) + " * volume", "too many numbers"),
])
def test_parts_that_do_not_fit_together_are_refused(formula: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        meaning_of(formula, NAMES)
    assert said in refused.value.why


@pytest.mark.parametrize("formula", ["volume > 3", "look == 'clear'", "'clear' != look", "start < stop",
                                     "not (volume > 3 or viable < 1)", "1 < volume < 5", "1 == 1"])
def test_a_comparison_is_true_or_false(formula: str) -> None:
    assert meaning_of(formula, NAMES) == Truth()
