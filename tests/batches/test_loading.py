"""Every rule of the loading: good facts pass, each broken one fails, each missing one leaves it undetermined."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfg.batches.loading import LOADING, Antibody, Loading
from mfg.facts import Reading, Verdict, judge
from mfg.recipes.master import LoadingLimits, Setting

D = Decimal
START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LOT = Antibody("LOT-0001", "bispecific antibody", "released", START + timedelta(days=90), D(10_000), "ug/mL")
LIMITS = LoadingLimits(*(Setting(D(one)) for one in
                         ("10", "10", "54", "66", "36", "38", "0.01", "70", "80", "3", "70", "50", "24")))
GOOD = Loading(
    limits=LIMITS, antibody=LOT, antibody_ml=D("0.7"), cells=D("7e8"), cells_after=D("6e8"), started=START,
    stopped=START + timedelta(minutes=60), temperatures=(D("37.0"), D("36.8")),
    washes=((D(100), D(5)), (D(100), D(5))), loaded_percent=D(92), unloaded_percent=D(1), mfi_loaded=D(9000),
    mfi_unloaded=D(300), mfi_saturated=D(10000), free_ug_per_ml=Reading(D("0.2")), dose_volume_ml=D(120),
    at=START + timedelta(hours=5), sources=("NK-26-001",))
RULES = {one.id: one for one in LOADING}


def verdict(rule: str, **change: Any) -> str:
    return RULES[rule](replace(GOOD, **change)).verdict.value


def test_good_facts_pass_every_rule() -> None:
    assert [(one.rule, one.why) for one in judge(LOADING, GOOD) if one.verdict is not Verdict.PASS] == []


@pytest.mark.parametrize(("rule", "change", "expected"), [
    # LOAD-01 the lot is a released bispecific antibody, in date when contact began, with its concentration certified
    ("LOAD-01", {"antibody": replace(LOT, state="quarantine")}, "FAIL"),
    ("LOAD-01", {"antibody": replace(LOT, kind="medium")}, "FAIL"),
    ("LOAD-01", {"antibody": replace(LOT, expires_at=START)}, "PASS"),
    ("LOAD-01", {"antibody": replace(LOT, expires_at=START - timedelta(seconds=1))}, "FAIL"),
    ("LOAD-01", {"antibody": replace(LOT, strength=None, strength_unit=None)}, "CANNOT DETERMINE"),
    ("LOAD-01", {"antibody": replace(LOT, strength_unit="Gy")}, "CANNOT DETERMINE"),
    ("LOAD-01", {"antibody": None}, "CANNOT DETERMINE"),
    # LOAD-02 the antibody per 10^6 cells: 10 ug +/- 10 %, so 9 to 11 ug: 0.63 to 0.77 mL of 10 mg/mL on 7e8 cells
    ("LOAD-02", {"antibody_ml": D("0.63")}, "PASS"),
    ("LOAD-02", {"antibody_ml": D("0.629999")}, "FAIL"),
    ("LOAD-02", {"antibody_ml": D("0.77")}, "PASS"),
    ("LOAD-02", {"antibody_ml": D("0.770001")}, "FAIL"),
    ("LOAD-02", {"antibody": replace(LOT, strength=D(10), strength_unit="mg/mL")}, "PASS"),
    ("LOAD-02", {"antibody": replace(LOT, strength=D(10), strength_unit="ug/mL")}, "FAIL"),
    ("LOAD-02", {"cells": D(0)}, "FAIL"),
    ("LOAD-02", {"cells": None}, "CANNOT DETERMINE"),
    ("LOAD-02", {"antibody_ml": None}, "CANNOT DETERMINE"),
    # LOAD-03 contact time
    ("LOAD-03", {"stopped": START + timedelta(minutes=54)}, "PASS"),
    ("LOAD-03", {"stopped": START + timedelta(minutes=53, seconds=59)}, "FAIL"),
    ("LOAD-03", {"stopped": START + timedelta(minutes=66, seconds=1)}, "FAIL"),
    ("LOAD-03", {"stopped": START - timedelta(minutes=60)}, "FAIL"),
    ("LOAD-03", {"stopped": None}, "CANNOT DETERMINE"),
    # LOAD-04 every temperature
    ("LOAD-04", {"temperatures": (D(37), D("35.9"))}, "FAIL"),
    ("LOAD-04", {"temperatures": (D(38), D(36))}, "PASS"),
    ("LOAD-04", {"temperatures": ()}, "CANNOT DETERMINE"),
    # LOAD-05 what the washes leave: the product over all of them
    ("LOAD-05", {"washes": ((D(100), D(10)), (D(100), D(10)))}, "PASS"),
    ("LOAD-05", {"washes": ((D(100), D(10)),)}, "FAIL"),
    ("LOAD-05", {"washes": ((D(100), D(10)), (D(100), None))}, "CANNOT DETERMINE"),
    ("LOAD-05", {"washes": ((D(0), D(0)),)}, "CANNOT DETERMINE"),
    ("LOAD-05", {"washes": ()}, "CANNOT DETERMINE"),
    # LOAD-06 recovery
    ("LOAD-06", {"cells_after": D("4.9e8")}, "PASS"),
    ("LOAD-06", {"cells_after": D("4.8e8")}, "FAIL"),
    ("LOAD-06", {"cells_after": None}, "CANNOT DETERMINE"),
    # LOAD-07 loaded cells beside a paired unloaded control
    ("LOAD-07", {"loaded_percent": D(80)}, "PASS"),
    ("LOAD-07", {"loaded_percent": D("79.999")}, "FAIL"),
    ("LOAD-07", {"loaded_percent": D(90), "unloaded_percent": D(95)}, "FAIL"),
    ("LOAD-07", {"unloaded_percent": None}, "CANNOT DETERMINE"),
    # LOAD-08, LOAD-09 fluorescence against both controls
    ("LOAD-08", {"mfi_loaded": D(900)}, "PASS"),
    ("LOAD-08", {"mfi_loaded": D(899)}, "FAIL"),
    ("LOAD-08", {"mfi_unloaded": D(0)}, "CANNOT DETERMINE"),
    ("LOAD-09", {"mfi_loaded": D(7000)}, "PASS"),
    ("LOAD-09", {"mfi_loaded": D(6999)}, "FAIL"),
    ("LOAD-09", {"mfi_saturated": None}, "CANNOT DETERMINE"),
    # LOAD-10 free antibody in the dose: at most 50 ug; 120 mL
    ("LOAD-10", {"free_ug_per_ml": Reading(D("0.5"))}, "FAIL"),
    ("LOAD-10", {"free_ug_per_ml": Reading(D("0.4"), "<")}, "PASS"),
    ("LOAD-10", {"free_ug_per_ml": Reading(D(1), "<")}, "CANNOT DETERMINE"),
    ("LOAD-10", {"free_ug_per_ml": Reading(D(1), ">")}, "FAIL"),
    ("LOAD-10", {"dose_volume_ml": None}, "CANNOT DETERMINE"),
    # LOAD-11 in date
    ("LOAD-11", {"at": START + timedelta(hours=25)}, "PASS"),
    ("LOAD-11", {"at": START + timedelta(hours=25, seconds=1)}, "FAIL"),
    ("LOAD-11", {"at": None}, "CANNOT DETERMINE"),
])
def test_a_rule_of_the_loading(rule: str, change: dict[str, Any], expected: str) -> None:
    assert verdict(rule, **change) == expected


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"LOAD-01"}))
def test_a_limit_that_is_unknown_or_absent_is_never_passed(rule: str) -> None:
    assert verdict(rule, limits=LoadingLimits()) == "CANNOT DETERMINE"
    assert verdict(rule, limits=None) == "CANNOT DETERMINE"


def test_the_sentence_carries_the_arithmetic() -> None:
    why = RULES["LOAD-02"](GOOD).why
    assert "0.7 mL x 10000 ug/mL" in why and "10.0 ug per 10^6" in why
    assert "5/100 x 5/100" in RULES["LOAD-05"](GOOD).why


def test_an_assumed_limit_says_so() -> None:
    assumed = replace(LIMITS, contact_minutes_low=Setting(D(54), "ours"))
    assert "(assumed)" in RULES["LOAD-03"](replace(GOOD, limits=assumed)).why
    assert "(assumed)" not in RULES["LOAD-03"](GOOD).why


FACTS = [one.name for one in fields(Loading) if one.name != "sources"]


@given(st.sets(st.sampled_from(FACTS), min_size=1))
def test_taking_facts_away_never_turns_a_rule_to_pass(gone: set[str]) -> None:
    empty = {name: () if name in ("temperatures", "washes") else None for name in gone}
    for broken in (GOOD, replace(GOOD, antibody_ml=D(9), stopped=START, temperatures=(D(1),), cells_after=D(1))):
        before = {one.rule: one.verdict for one in judge(LOADING, broken)}
        after = {one.rule: one.verdict for one in judge(LOADING, replace(broken, **empty))}
        assert [rule for rule in after if after[rule] is Verdict.PASS and before[rule] is not Verdict.PASS] == []
