"""The second calculation of a dose: other formulas, no code shared, and no dose out when the two part by 0.5 %."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfg.facts import Verdict
from mfg.trial import agreement, second_calculation
from mfg.trial import dose as first_calculation
from mfg.trial.agreement import Twice, both
from mfg.trial.dose_case import facts_of
from mfg.trial.protocol import Protocol
from mfg.trial.protocol_file import load
from mfg.trial.second_calculation import BagSheet, DoseLine, Sheet, work_out
from tests.trial.dose_cases import GOOD, answer, changed, finding

PASS, FAIL, CANNOT = (one.value for one in (Verdict.PASS, Verdict.FAIL, Verdict.CANNOT_DETERMINE))


# --- it is another calculation ------------------------------------------------------------------------------------


def imports_of(module: Any) -> set[str]:
    """Every module a file imports from, by its text."""
    tree = ast.parse(Path(module.__file__).read_text("utf-8"))
    return {name for node in ast.walk(tree) for name in (
        [node.module or ""] if isinstance(node, ast.ImportFrom)
        else [one.name for one in node.names] if isinstance(node, ast.Import) else [])}


def test_the_two_calculations_share_no_code() -> None:
    """The second one imports nothing of ours at all, and the first one does not know of it."""
    assert not {one for one in imports_of(second_calculation) if one.startswith("mfg")}
    assert not {one for one in imports_of(first_calculation) if "second" in one or "agreement" in one}


# --- the text of the domain, by hand -------------------------------------------------------------------------------

# 6e6 viable/mL, 92 % NK, 0.3 % CD3+, 120 mL of which 2 stay, 70 kg, 1e7/kg, 0.5 EU/mL:
#   NK/mL 5.52e6; NK 5.52e6 x 118 = 6.5136e8; /kg 9305142.857...; V_c = 7e8 / 5.52e6 = 126.81 mL, fraction 0.9305...
#   CD3+ 6e6 x 0.003 x 120 / 70 = 30857.142...; endotoxin 0.5 x 120 / 70 = 0.857142...; limit 5 x 70 / 120 = 2.91666...
BAG = BagSheet((Decimal("6e6"),), Decimal(120), Decimal(2), Decimal(92), Decimal("0.3"), Decimal("0.5"))
SHEET = Sheet((BAG,), Decimal(70), (DoseLine(Decimal("1e7"), True),), endotoxin_eu_per_kg=Decimal(5))


def test_the_worksheet_by_hand() -> None:
    told = work_out(SHEET)
    expected = {"viable_nk": Fraction(651360000), "per_kg": Fraction(651360000, 70),
                "fraction": Fraction(65136, 70000), "cd3_per_kg": Fraction(2160000, 70),
                "endotoxin_eu_per_kg": Fraction(60, 70), "endotoxin_limit": Fraction(350, 120)}
    for name, value in expected.items():
        assert abs(Fraction(getattr(told, name)) - value) * 10**30 <= value, name


@pytest.mark.parametrize(("change", "fraction"), [
    ({"cap_kg": Decimal(50)}, Fraction(65136, 50000)),                                # counted as 50 kg
    ({"cap_kg": Decimal(90)}, Fraction(65136, 70000)),                                # a cap above the weight
    ({"most_cells": Decimal("5e8")}, Fraction(65136, 50000)),                         # no dose holds more
    ({"lines": (DoseLine(Decimal("1e9"), False),)}, Fraction(65136, 100000)),         # flat
    ({"lines": (DoseLine(Decimal("1e7"), True, Decimal(70)), DoseLine(Decimal("2e9"), False))},
     Fraction(65136, 70000)),                                                         # up to 70 kg, included
    ({"lines": (DoseLine(Decimal("1e7"), True, Decimal("69.9")), DoseLine(Decimal("2e9"), False))},
     Fraction(65136, 200000)),                                                        # above it: flat
])
def test_capped_flat_and_banded_doses(change: dict[str, Any], fraction: Fraction) -> None:
    told = work_out(replace(SHEET, **change)).fraction
    assert told is not None and abs(Fraction(told) - fraction) * 10**30 <= fraction


@pytest.mark.parametrize("gone", ["counts", "volume_ml", "residual_ml", "nk_percent"])
def test_what_is_not_known_is_never_taken_for_nothing(gone: str) -> None:
    told = work_out(replace(SHEET, bags=(BAG, replace(BAG, **{gone: None}))))
    assert told.viable_nk is None and told.per_kg is None and told.fraction is None


def test_without_weight_bags_or_dose_there_is_no_figure() -> None:
    for sheet in (replace(SHEET, weight_kg=None), replace(SHEET, weighable=False), replace(SHEET, bags=())):
        told = work_out(sheet)
        assert told.per_kg is None and told.cd3_per_kg is None and told.endotoxin_limit is None
    assert work_out(replace(SHEET, lines=())).fraction is None


# --- DOSE-09: both calculations agree -------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second", "agrees"), [
    ("1000", "1005", True), ("1000", "995", True),        # exactly 0.5 %, either side
    ("1000", "1005.000000000000001", False), ("1000", "994.999999999999999", False),
    ("1000", "1000", True), ("0", "0", True), ("0", "0.000001", False), ("-10", "-10.05", True),
    ("1000", None, False), (None, "1000", False), (None, None, None),
])
def test_half_a_percent_of_the_first_is_the_bound_and_included(first: str | None, second: str | None,
                                                               agrees: bool | None) -> None:
    one = Twice("a figure", "", None if first is None else Fraction(first), None if second is None else Decimal(second))
    assert one.agrees is agrees


@pytest.mark.parametrize("field", ["viable_nk", "per_kg", "fraction", "cd3_per_kg", "endotoxin_eu_per_kg",
                                   "endotoxin_limit"])
@pytest.mark.parametrize(("by", "verdict"), [("1.006", FAIL), ("0.994", FAIL), ("1.004", PASS), ("0.996", PASS)])
def test_a_second_calculation_that_is_off_refuses_the_dose(monkeypatch: pytest.MonkeyPatch, field: str, by: str,
                                                           verdict: str) -> None:
    def wrong(sheet: Sheet) -> Any:
        told = work_out(sheet)
        return replace(told, **{field: getattr(told, field) * Decimal(by)})

    monkeypatch.setattr(agreement, "work_out", wrong)
    given_ = answer()
    assert (finding(given_, "DOSE-09")["verdict"], given_["verdict"]) == (verdict, verdict)


@pytest.mark.parametrize("name", ["viable_nk", "per_kg", "cd3_per_kg", "endotoxin_per_kg"])
@pytest.mark.parametrize(("by", "verdict"), [("1.006", FAIL), ("1.004", PASS)])
def test_a_first_calculation_that_is_off_refuses_the_dose(monkeypatch: pytest.MonkeyPatch, name: str, by: str,
                                                          verdict: str) -> None:
    right = getattr(agreement, name)
    monkeypatch.setattr(agreement, name, lambda f: right(f) * Fraction(by))
    assert finding(answer(), "DOSE-09")["verdict"] == verdict


def test_the_sentence_holds_both_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(sheet: Sheet) -> Any:
        return replace(work_out(sheet), viable_nk=Decimal("6.7e8"))

    monkeypatch.setattr(agreement, "work_out", wrong)
    why = finding(answer(), "DOSE-09")["why"]
    assert "6.624e8 by the first calculation, 6.7e8 by the second" in why and "by hand" in why


@pytest.mark.parametrize(("changes", "verdict"), [
    ({}, PASS), ({"weight": None}, CANNOT), ({"protocol": None}, CANNOT), ({"cohort": "9"}, CANNOT),
    ({"bag.nk_percent": None}, CANNOT), ({"bag.cd3_percent": None}, CANNOT),
    ({"bag.endotoxin_eu_per_ml": None}, CANNOT), ({"bags": []}, CANNOT), ({"decided_at": None}, PASS),
    ({"bag.viable_cells_per_ml": ["0", "0", "0"]}, PASS), ({"bag.residual_ml": "130"}, PASS),
    ({"bag.endotoxin_eu_per_ml": ">9"}, PASS),
])
def test_dose_09_in_every_state_of_the_input(changes: dict[str, Any], verdict: str) -> None:
    """Both know or neither does; what is wrong with the dose itself is the affair of the other rules."""
    assert finding(answer(changes), "DOSE-09")["verdict"] == verdict


# --- over many doses and protocols ----------------------------------------------------------------------------------

HEAD = "id: T\ntitle: t\nsources: [ours]\ndose:\n"
OWN = [load(HEAD + body) for body in (
    '  cohorts:\n  - {name: "1", cells_per_kg: "3.3e6"}\n  weight_cap_kg: "80"\n',
    '  cohorts:\n  - {name: "1", cells: "7e8"}\n',
    '  cohorts:\n  - {name: "1", cells_per_kg: "1e7"}\n  max_cells: "6e8"\n',
    '  cohorts:\n  - {name: "1", cells_per_kg: {min: "5e6", max: "1e7"}}\n',
    '  cohorts:\n  - {name: "1", cells: {min: "5e8", max: "1e9", target: "7e8"}}\n  max_cells: "8e8"\n',
    '  cohorts:\n  - {name: "1", cells_per_kg: "1e7", weight_cap_kg: "60"}\n  - {name: "2", cells: "1e9"}\n',
    '  cohorts:\n  - name: "1"\n    bands:\n    - {up_to_kg: "50", cells_per_kg: "1e7"}\n    - {cells: "5e8"}\n',
)]
number = st.decimals("0.001", "999", places=3).map(str)
bag = st.fixed_dictionaries({
    "volume_ml": st.decimals("20", "200", places=2).map(str), "residual_ml": st.decimals("0", "9", places=2).map(str),
    "viable_cells_per_ml": st.lists(st.decimals("1e3", "9e8", places=1).map(str), min_size=1, max_size=5),
    "nk_percent": st.decimals("0", "100", places=3).map(str), "cd3_percent": st.decimals("0", "100", places=4).map(str),
    "endotoxin_eu_per_ml": st.builds("{}{}".format, st.sampled_from(["", "<", ">", "<="]), number)})


def agrees(case: dict[str, Any], protocol: Protocol) -> None:
    for one in both(facts_of(case, protocol)):
        assert (one.first is None) == (one.second is None), one
        if one.first is not None and one.second is not None:
            assert abs(one.first - Fraction(one.second)) * 10**9 <= abs(one.first), one
    assert all(one.first is not None for one in both(facts_of(case, protocol))), case


@given(st.sampled_from(OWN), st.lists(bag, min_size=1, max_size=3), st.decimals("3", "180", places=2).map(str))
@settings(max_examples=150, deadline=None)
def test_the_two_agree_on_every_valid_dose_however_a_protocol_states_it(protocol: Protocol, bags: list[Any],
                                                                        kg: str) -> None:
    agrees(changed({"weight.kg": kg, "bags": bags}), protocol)


def test_the_two_agree_for_every_cohort_of_real_trials(shared: Path) -> None:
    files = sorted((shared / "inputs" / "protocols").glob("*.yaml"))
    assert len(files) == 3
    for file in files:
        protocol = load(file.read_text("utf-8"), name=file.name)
        for cohort in protocol.cohorts:
            for kg in ("45", "70.5", "110"):
                agrees(changed({"weight.kg": kg, "cohort": cohort.name}), protocol)


def test_a_cap_that_nobody_stated_for_a_cohort_is_not_known() -> None:
    """null is unknown: it is neither no cap nor a failure of the program."""
    for key in ("weight_cap_kg", "max_cells"):
        protocol = load(HEAD + f'  cohorts:\n  - {{name: "1", cells_per_kg: "1e7", {key}: null}}\n')
        told = {one.what: one for one in both(facts_of(json.loads(json.dumps(GOOD)), protocol))}
        assert told["fraction of the target"].agrees is None
