"""How loading is judged with its two controls, as a table under the requirement sentences."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfg.facts import Verdict, judge, verdict_of
from mfg.qc.occupancy_rules import WITH_FOLD, Occupancy, Stain, fold_over_unloaded, saturation_ratio

D = Decimal
LOADED, UNLOADED, SATURATED = (Stain("S-1", D("92.5"), D(8000), "g" * 64), Stain("S-2", D("0.8"), D(200), "g" * 64),
                               Stain("S-3", D("99.1"), D(10_000), "g" * 64))
GOOD = Occupancy(LOADED, UNLOADED, SATURATED, D(80), D("0.7"), D(10))
PASS, FAIL, OPEN = "PASS", "FAIL", "CANNOT DETERMINE"


def changed(which: str, **change: Any) -> Occupancy:
    return replace(GOOD, **{which: replace(getattr(GOOD, which), **change)})


@pytest.mark.parametrize(("rule", "facts", "verdict"), [
    ("OCC-01", GOOD, PASS), ("OCC-01", replace(GOOD, unloaded=None), OPEN),
    ("OCC-01", replace(GOOD, saturated=None), OPEN),
    ("OCC-01", changed("saturated", sample="S-1"), FAIL), ("OCC-01", changed("unloaded", sample="S-3"), FAIL),
    ("OCC-01", changed("unloaded", sample=""), OPEN),
    ("OCC-02", GOOD, PASS), ("OCC-02", changed("saturated", gates="h" * 64), FAIL),
    ("OCC-02", changed("loaded", gates=""), OPEN), ("OCC-02", replace(GOOD, saturated=None), OPEN),
    ("OCC-03", GOOD, PASS), ("OCC-03", changed("unloaded", positive=D(1)), PASS),
    ("OCC-03", changed("unloaded", positive=D("1.0001")), FAIL), ("OCC-03", changed("unloaded", positive=None), OPEN),
    ("OCC-03", changed("unloaded", positive=D(-1)), OPEN), ("OCC-03", replace(GOOD, unloaded=None), OPEN),
    ("OCC-04", GOOD, PASS), ("OCC-04", changed("saturated", mfi=D(7999)), FAIL),
    ("OCC-04", changed("saturated", mfi=D(8000)), PASS), ("OCC-04", changed("saturated", mfi=None), OPEN),
    ("OCC-04", changed("unloaded", mfi=None), OPEN), ("OCC-04", changed("unloaded", mfi=D(10_000)), FAIL),
    ("OCC-04", changed("loaded", mfi=None), OPEN), ("OCC-04", replace(GOOD, saturated=None), OPEN),
    ("OCC-05", GOOD, PASS), ("OCC-05", changed("loaded", positive=D(80)), PASS),
    ("OCC-05", changed("loaded", positive=D("79.9999")), FAIL), ("OCC-05", changed("loaded", positive=None), OPEN),
    ("OCC-05", changed("loaded", positive=D(101)), OPEN), ("OCC-05", replace(GOOD, positive_minimum=None), OPEN),
    ("OCC-06", GOOD, PASS), ("OCC-06", changed("loaded", mfi=D(7000)), PASS),
    ("OCC-06", changed("loaded", mfi=D("6999.99")), FAIL), ("OCC-06", changed("loaded", mfi=D(10_001)), OPEN),
    ("OCC-06", changed("saturated", mfi=D(0)), OPEN), ("OCC-06", changed("saturated", mfi=None), OPEN),
    ("OCC-06", changed("loaded", mfi=D(-1)), OPEN), ("OCC-06", replace(GOOD, ratio_minimum=None), OPEN),
    ("OCC-06", replace(GOOD, saturated=None), OPEN),
    ("OCC-07", GOOD, PASS), ("OCC-07", changed("unloaded", mfi=D(800)), PASS),
    ("OCC-07", changed("unloaded", mfi=D("800.01")), FAIL), ("OCC-07", changed("unloaded", mfi=D(0)), OPEN),
    ("OCC-07", replace(GOOD, fold_minimum=None), OPEN), ("OCC-07", replace(GOOD, unloaded=None), OPEN),
])
def test_a_loaded_sample_beside_its_controls(rule: str, facts: Occupancy, verdict: str) -> None:
    found = {one.rule: one for one in judge(WITH_FOLD, facts)}
    assert found[rule].verdict == verdict and found[rule].why.endswith(".")


def test_ratio_and_fold_are_exact() -> None:
    assert (saturation_ratio(GOOD), fold_over_unloaded(GOOD)) == (Fraction(4, 5), Fraction(40))
    assert saturation_ratio(replace(GOOD, saturated=None)) is None
    # a third is met by a third, whatever a decimal would make of it
    thirds = replace(changed("loaded", mfi=D(1)), saturated=replace(SATURATED, mfi=D(3)), ratio_minimum=D("0.3333"))
    assert saturation_ratio(thirds) == Fraction(1, 3)


def test_a_saturated_control_darker_than_the_sample_is_said_in_words() -> None:
    found = {one.rule: one for one in judge(WITH_FOLD, changed("saturated", mfi=D(5000)))}["OCC-04"]
    assert "darker than the sample" in found.why and "repeat all three" in found.why
    assert (found.value, found.limit) == ("5000", "8000")


VALUES = st.one_of(st.none(), st.sampled_from([D(n) for n in ("-1", "0", "0.5", "1", "80", "200", "8000", "10000")]))
STAINS = st.builds(Stain, st.sampled_from(["", "S-1", "S-2", "S-3"]), VALUES, VALUES, st.sampled_from(["", "g", "h"]))
FACTS = st.builds(Occupancy, STAINS, st.none() | STAINS, st.none() | STAINS, VALUES, VALUES, VALUES)
REMOVED = ("unloaded", "saturated", "positive_minimum", "ratio_minimum", "fold_minimum")


@settings(max_examples=300, deadline=None)
@given(st.one_of(FACTS, st.just(GOOD)), st.sampled_from(REMOVED),
       st.sampled_from([("loaded", "positive"), ("unloaded", "mfi"), ("saturated", "gates"), ("unloaded", "sample")]))
def test_removing_a_fact_never_makes_a_pass(facts: Occupancy, removed: str, part: tuple[str, str]) -> None:
    which, name = part
    tube = getattr(facts, which)
    fewer = [replace(facts, **{removed: None})]
    if tube is not None:
        fewer.append(replace(facts, **{which: replace(tube, **{name: "" if name in ("gates", "sample") else None})}))
    before = {one.rule: one.verdict for one in judge(WITH_FOLD, facts)}
    for one in (finding for poorer in fewer for finding in judge(WITH_FOLD, poorer)):
        assert one.verdict != Verdict.PASS or before[one.rule] == Verdict.PASS, one
    assert verdict_of(judge(WITH_FOLD, fewer[0])) != Verdict.PASS
