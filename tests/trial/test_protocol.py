"""Trial protocols as data: what can be said, what is refused, what silence means, and the dose it adds up to."""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mfg.canonical import canonical
from mfg.facts import Limits, Missing, Refused
from mfg.trial.dose_check import shipped
from mfg.trial.protocol import NONE, Protocol, cohort, known, setting, target
from mfg.trial.protocol_file import load, protocol_check_answer
from tests.trial.dose_cases import answer, finding

OURS = Path(__file__).resolve().parents[2] / "mfg" / "trial" / "protocols"
HEAD = 'id: T-1\ntitle: A trial\nsources: [ours]\n'


def trial(dose: str, more: str = "") -> str:
    """A small protocol with this dose section."""
    return f"{HEAD}dose: {dose}\n{more}\n"


def of(dose: str, more: str = "") -> Protocol:
    return load(trial(dose, more))


def cells(protocol: Protocol, name: str, kg: str | None) -> Any:
    """(low, target, high) in cells of the whole dose."""
    found = target(protocol, cohort(protocol, name), None if kg is None else Decimal(kg))
    return found.low, found.cells, found.high


# --- the three real trials -----------------------------------------------------------------------------------------

SHARED = {"NCT06835140": "nct06835140_cd123cd16_nk.yaml", "NCT04074746": "nct04074746_afm13_nk.yaml",
          "NCT04836390": "nct04836390_excel.yaml"}


@pytest.mark.parametrize("name", SHARED)
def test_the_shared_file_of_a_real_trial_loads_and_ours_asks_for_the_same_doses(name: str, shared: Path) -> None:
    theirs = load((shared / "inputs" / "protocols" / SHARED[name]).read_text("utf-8"))
    ours = shipped()[name]
    assert [one.name for one in theirs.cohorts] == [one.name for one in ours.cohorts]
    for one in theirs.cohorts:
        for kg in ("5.5", "50", "63.7", "121.3"):
            assert cells(theirs, one.name, kg) == cells(ours, one.name, kg)
    for key in ("per_infusion_ml", "interval_hours", "infusions_per_course", "courses", "sentinel_hours",
                "weight_max_age_days", "cd3_per_kg_max", "endotoxin_eu_per_kg", "gap_to_infusion_hours",
                "infusion_minutes", "sentinel_mode", "interval_anchor"):
        mine, its = setting(ours, key), setting(theirs, key)
        assert (mine and mine.value) == (its and its.value), key


def test_published_expectations_of_cells_are_met_exactly(shared: Path) -> None:
    text = (shared / "inputs" / "protocols" / "expected_doses.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) > 15
    for row in rows:
        _, asked, _ = cells(shipped()[row["protocol"]], row["cohort"], row["weight_kg"])
        assert asked == Fraction(row["cells_required"]), row


def test_the_listing_of_our_trial_is_what_the_file_says() -> None:
    protocol = shipped()["NCT06835140"]
    assert cells(protocol, "2", "50") == (Fraction(800_000_000), Fraction(10**9), Fraction(1_200_000_000))
    assert setting(protocol, "interval_hours").value == Limits(Decimal(96), Decimal(120), "h")  # type: ignore[union-attr]
    assert setting(protocol, "sentinel_hours").value == 72  # type: ignore[union-attr]
    assert [one.participants for one in protocol.cohorts] == [3, 3, 3]
    assert not protocol.exceptional_release
    assumed = {one.key: one.value for one in protocol.assumed}
    assert assumed.items() >= {"tolerance_pct": "20", "weight_max_age_days": "7", "sentinel_mode": "A",
                               "interval_anchor": "start to start", "dlt_definition": None}.items()
    assert "assumed.dlt_definition" in protocol.unknown and "dose.tolerance_pct" not in protocol.unknown


@pytest.mark.parametrize("file", sorted(OURS.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_shipped_protocol_is_accepted_and_can_be_hashed(file: Path) -> None:
    told = protocol_check_answer(file.read_text("utf-8"))
    assert told["accepted"] and set(told) == {"accepted", "id", "title", "cohorts", "assumed", "unknown"}
    assert canonical(load(file.read_text("utf-8"))) == canonical(load(file.read_text("utf-8")))


# --- what other trials need ----------------------------------------------------------------------------------------

def test_a_flat_dose_needs_no_weight() -> None:
    protocol = of('{tolerance_pct: "10", cohorts: [{name: a, cells: "1e9"}]}')
    assert cells(protocol, "a", None) == (Fraction(9 * 10**8), Fraction(10**9), Fraction(11 * 10**8))
    assert cells(protocol, "a", "50") == cells(protocol, "a", None)


def test_a_range_is_its_own_tolerance() -> None:
    protocol = of('{cohorts: [{name: a, cells_per_kg: {min: "1e6", max: "5e6"}}]}')
    assert cells(protocol, "a", "10") == (10**7, None, 5 * 10**7)
    with_target = of('{cohorts: [{name: a, cells_per_kg: {min: "1e6", max: "5e6", target: "2e6"}}]}')
    assert cells(with_target, "a", "10") == (10**7, 2 * 10**7, 5 * 10**7)


def test_a_weight_band_decides_between_per_kg_and_flat() -> None:
    protocol = of('{tolerance_pct: "0", cohorts: [{name: a, bands: '
                  '[{up_to_kg: "50", cells_per_kg: "2e6"}, {cells: "1.2e8"}]}]}')
    assert [cells(protocol, "a", kg)[1] for kg in ("40", "50", "50.001", "90")] == \
        [8 * 10**7, 10**8, 12 * 10**7, 12 * 10**7]
    with pytest.raises(Missing):
        cells(protocol, "a", None)


def test_the_most_cells_bound_the_dose_itself() -> None:
    protocol = of('{tolerance_pct: "20", max_cells: "8e8", cohorts: [{name: a, cells_per_kg: "1e7"}]}')
    assert cells(protocol, "a", "50") == (4 * 10**8, 5 * 10**8, 6 * 10**8)
    assert cells(protocol, "a", "75") == (6 * 10**8, 75 * 10**7, 8 * 10**8)
    assert cells(protocol, "a", "200") == (64 * 10**7, 8 * 10**8, 8 * 10**8)


def test_a_weight_cap_lowers_the_weight_that_counts() -> None:
    protocol = of('{tolerance_pct: "20", weight_cap_kg: "100", cohorts: [{name: a, cells_per_kg: "1e7"}]}')
    assert cells(protocol, "a", "100")[1] == cells(protocol, "a", "140")[1] == 10**9
    assert cells(protocol, "a", "99.5")[1] == 995 * 10**6


def test_a_trial_without_a_tolerance_wants_the_target_itself() -> None:
    assert cells(of('{tolerance_pct: "none", cohorts: [{name: a, cells: "1e9"}]}'), "a", None) == (10**9,) * 3


def test_doses_need_not_rise_and_arms_differ_in_infusions() -> None:
    protocol = of('{cohorts: [{name: a, cells: "1e9", arm: short}, {name: b, cells: "1e9", arm: long}, '
                  '{name: c, cells: "5e8", infusions_per_course: 4}]}',
                  "schedule: {infusions_per_course: 2, courses: [1, 3], interval_days: [\"7\", \"10\"], "
                  "minimum_gap_days: \"5\", course_minimum_gap_weeks: \"4\", "
                  "arms: [{name: short, infusions_per_course: 1}, {name: long, interval_hours: \"48\"}]}")
    numbers = {one.name: setting(protocol, "infusions_per_course", one) for one in protocol.cohorts}
    assert {name: one.value for name, one in numbers.items() if one} == {"a": 1, "b": 2, "c": 4}
    long, short = (setting(protocol, "interval_hours", cohort(protocol, name)) for name in ("b", "a"))
    assert long and long.value == Limits(Decimal(48), Decimal(48), "h")
    assert short and short.value == Limits(Decimal(168), Decimal(240), "h")
    gaps = [setting(protocol, key) for key in ("minimum_gap_hours", "course_minimum_gap_hours")]
    assert [one.value for one in gaps if one] == [120, 672]


def test_waits_windows_and_committee_gates_can_be_said() -> None:
    protocol = of('{cohorts: [{name: a, cells: "1e8"}, {name: b, cells: "1e9"}]}',
                  'escalation: {sentinel_days: "3", sentinel_mode: C, dlt_window_weeks: "4", gates: '
                  "[{after_cohort: a, before_cohort: b, decided_by: [safety committee, sponsor], needs: no DLT}]}\n"
                  "exceptional_release: true")
    waits = [known(protocol, key) for key in ("sentinel_hours", "dlt_window_hours", "sentinel_mode")]
    assert [one.value for one in waits if one] == [72, 672, "C"]
    assert (protocol.gates[0].before_cohort, protocol.gates[0].decided_by) == ("b", ("safety committee", "sponsor"))
    assert protocol.exceptional_release


# --- silence -------------------------------------------------------------------------------------------------------

COHORT = 'cohorts: [{name: a, cells_per_kg: "1e7"}]'


def test_null_is_unknown_absent_is_no_rule_and_a_few_defaults_are_marked() -> None:
    silent = of(f"{{{COHORT}}}")
    assert known(silent, "per_infusion_ml") is None and known(silent, "sentinel_hours") is None
    tolerance = known(silent, "tolerance_pct")
    assert tolerance and tolerance.assumed and tolerance.value == 20
    unsaid = of(f"{{{COHORT}, tolerance_pct: null}}", "volumes: {per_infusion_ml: null}\nescalation: null")
    for key in ("tolerance_pct", "per_infusion_ml", "sentinel_hours", "dlt_window_hours"):
        with pytest.raises(Missing, match=key):
            known(unsaid, key)
    assert unsaid.unknown == ("dose.tolerance_pct", "volumes.per_infusion_ml", "escalation")
    assert target(unsaid, unsaid.cohorts[0], Decimal(50)).low is None


def test_a_reading_fills_a_null_and_yields_to_a_stated_value() -> None:
    reading = 'assumed: {tolerance_pct: {value: "15", because: a guess}}'
    filled = known(of(f"{{{COHORT}, tolerance_pct: null}}", reading), "tolerance_pct")
    assert filled and (filled.value, filled.assumed) == (15, True)
    protocol = of(f'{{{COHORT}, tolerance_pct: "10"}}', reading)
    stated = known(protocol, "tolerance_pct")
    assert stated and (stated.value, stated.assumed) == (10, False)
    assert "tolerance_pct" not in {one.key for one in protocol.assumed}


def test_a_cap_nobody_states_is_read_as_none_and_marked() -> None:
    protocol = of(f"{{{COHORT}, weight_cap_kg: null}}")
    cap = known(protocol, "weight_cap_kg")
    assert cap and (cap.value, cap.assumed) == (NONE, True)
    assert target(protocol, protocol.cohorts[0], Decimal(300)).cells == 3 * 10**9


def test_a_dose_nobody_states_cannot_be_judged() -> None:
    protocol = of("{cohorts: [{name: a, cells_per_kg: null}]}")
    assert "dose.cohorts[0].cells_per_kg" in protocol.unknown
    with pytest.raises(Missing, match="does not state the dose"):
        cells(protocol, "a", "70")


# --- what the rules make of it -------------------------------------------------------------------------------------

def judged(tmp_path: Path, text: str, changes: dict[str, Any]) -> dict[str, Any]:
    file = tmp_path / f"trial{len(list(tmp_path.iterdir()))}.yaml"  # a run reads each path once
    file.write_text(text)
    return answer({"protocol": str(file), **changes})


@pytest.mark.parametrize(("extra", "counts", "expected"), [
    ("", ["6e6"], "PASS"), ("replicates_min: 3, ", ["6e6", "6e6"], "FAIL"),
    ("replicates_min: 2, ", ["6e6", "6e6"], "PASS"),
    ('count_cv_max_pct: "10", ', ["9", "10", "11"], "PASS"), ('count_cv_max_pct: "9.99", ', ["9", "10", "11"], "FAIL"),
    ('count_cv_max_pct: "10", ', ["6e6"], "CANNOT DETERMINE"), ("replicates_min: null, ", ["6e6"], "CANNOT DETERMINE"),
])
def test_counts_are_as_many_and_as_close_as_the_protocol_asks(
        tmp_path: Path, extra: str, counts: list[str], expected: str) -> None:
    given_ = judged(tmp_path, trial(f"{{{extra}{COHORT}}}"), {"cohort": "a", "bag.viable_cells_per_ml": counts})
    assert finding(given_, "DOSE-07")["verdict"] == expected


def test_a_rule_the_trial_does_not_have_does_not_stand_in_the_way(tmp_path: Path) -> None:
    given_ = judged(tmp_path, trial(f'{{tolerance_pct: "20", {COHORT}}}'), {"cohort": "a"})
    assert given_["verdict"] == "PASS"
    assert "sets no volume" in finding(given_, "DOSE-02")["why"]


def test_a_flat_dose_is_judged_without_its_weight_and_a_capped_weight_is_shown(tmp_path: Path) -> None:
    flat = trial('{tolerance_pct: "20", cohorts: [{name: a, cells: "6.624e8"}]}')
    given_ = judged(tmp_path, flat, {"cohort": "a", "weight": None})
    assert finding(given_, "DOSE-01")["verdict"] == "PASS" and given_["fraction_of_target"] == "1"
    capped = trial(f'{{tolerance_pct: "20", weight_cap_kg: "66.24", {COHORT}}}')
    given_ = judged(tmp_path, capped, {"cohort": "a", "weight.kg": "120"})
    assert given_["per_kg"] == "10000000" and "counted as 66.24 kg" in finding(given_, "DOSE-01")["why"]


def test_cells_this_arithmetic_does_not_count_are_not_judged(tmp_path: Path) -> None:
    given_ = judged(tmp_path, trial(f"{{cell_basis: total nucleated cells, {COHORT}}}"), {"cohort": "a"})
    assert finding(given_, "DOSE-01")["verdict"] == "CANNOT DETERMINE"
    assert "total nucleated cells" in finding(given_, "DOSE-01")["why"]


def test_a_dose_above_the_most_cells_fails_within_the_tolerance_too(tmp_path: Path) -> None:
    most = trial(f'{{tolerance_pct: "20", max_cells: "6.6e8", {COHORT}}}')
    found = finding(judged(tmp_path, most, {"cohort": "a"}), "DOSE-01")  # 6.624e8 cells, 94.6 % of the target
    assert found["verdict"] == "FAIL" and "the most a dose may hold" in found["why"]


# --- refusals ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("text", "words"), [
    (trial("{cohorts: [{name: a, cells_per_kg: 1.0e+7}]}"), "1.0e+7 without quotes"),
    (trial("{cohorts: [{name: a, cells_per_kg: 10000000}]}"), "10000000 without quotes"),
    (trial('{cohorts: [{name: a, cells_per_kg: "ten"}]}'), "ten"),
    (trial('{cohorts: [{name: a, cells_per_kg: "0"}]}'), "more than 0"),
    (trial('{cohorts: [{name: a, cells_per_kg: "-1e7"}]}'), "more than 0"),
    (trial('{cohorts: [{name: a, cells_per_kg: "1e7", cells: "1e9"}]}'), "exactly one of"),
    (trial("{cohorts: [{name: a}]}"), "exactly one of"),
    (trial("{cohorts: []}"), "at least one cohort"),
    (trial(f'{{{COHORT.replace("]", "")}, {{name: a, cells_per_kg: "2e7"}}]}}'), "a second time"),
    (trial('{cohorts: [{name: a, cells_per_kg: {min: "5e6", max: "1e6"}}]}'), "minimum above"),
    (trial('{cohorts: [{name: a, bands: [{cells: "1e9"}, {up_to_kg: "50", cells: "2e9"}]}]}'), "rising order"),
    (trial(f"{{basis: flat, {COHORT}}}"), "does not fit the basis"),
    (trial(f'{{tolerance_pct: "101", {COHORT}}}'), "at most 100"),
    (trial(f"{{{COHORT}, tolerence_pct: null}}"), "tolerence_pct is not a key"),
    (trial(f"{{{COHORT}}}", "surprise: 1"), "surprise is not a key"),
    (trial(f"{{{COHORT}}}", "assumed: {colour: {value: red, because: why not}}"), "colour is not a value"),
    (trial(f"{{{COHORT}}}", "assumed: {tolerance_pct: {value: 20, because: x}}"), "20 without quotes"),
    (trial(f"{{{COHORT}}}", 'schedule: {interval_hours: ["9", "5"]}'), "low value comes first"),
    (trial(f"{{{COHORT}}}", 'schedule: {interval_hours: "96", interval_days: "4"}'), "more than one unit"),
    (trial(f"{{{COHORT}}}", 'schedule: {interval_hours: 10:15}'), "without quotes"),
    (trial(f"{{{COHORT}}}", "schedule: {infusions_per_course: 0}"), "whole number"),
    (trial(f"{{{COHORT}}}", "escalation: {gates: [{before_cohort: z, decided_by: [x], needs: y}]}"), "there is not"),
    (trial('{cohorts: [{name: a, cells: "1e9", arm: x}]}'), "schedule.arms"),
    (HEAD, "dose is missing"), ("title: x", "id is missing"), ("", "empty"),
    ("- a", "named keys"), ("text", "named keys"),
    ("id: a\nid: b", "“id” stands there twice"), ("a: &x [1]\nb: *x", "anchors and aliases"),
    ("a: !!python/object/apply:os.system [ls]", "tag"), ("<<: {a: 1}", "not a name"), ("1: a", "not a name"),
    ("a: [" * 50, "nested deeper"), ("a: [", "not readable YAML"), ("a: \x07", "not readable YAML"),
    ("a: \ud800", "not readable YAML"), ("x" * 300_000, "300000 characters"),
])
def test_a_file_that_is_no_protocol_is_refused_with_the_reason(text: str, words: str) -> None:
    told = protocol_check_answer(text)
    assert not told["accepted"] and any(words in why for why in told["why"]), told
    with pytest.raises(Refused) as refused:
        load(text, name="trial.yaml")
    assert refused.value.kind == "input" and refused.value.why.startswith("trial.yaml: ")


def test_every_problem_is_named_at_once_with_its_line() -> None:
    told = protocol_check_answer(trial("\n  tolerance_pct: 20\n  cohorts:\n  - {name: 1, cells: 5}\n  - {name: b}"))
    assert [why.split(":")[0] for why in told["why"]] == ["Line 5", "Line 7", "Line 7", "Line 8"]


KEYS = ["id", "title", "sources", "dose", "cohorts", "name", "cells", "bands", "assumed", "schedule", "arms", "value",
        "because", "tolerance_pct", "gates", "min", "max", "cells_per_kg", "escalation", "volumes", "per_infusion_ml"]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                    lambda below: st.lists(below, max_size=3) | st.dictionaries(
                        st.sampled_from(KEYS), below, max_size=6),
                    max_leaves=25))
@settings(max_examples=300, deadline=None)
def test_no_shape_of_yaml_raises(data: Any) -> None:
    told = protocol_check_answer(yaml.safe_dump(data))
    assert told["accepted"] or all(isinstance(why, str) and why for why in told["why"])
    base = yaml.safe_load(trial(f"{{{COHORT}}}"))
    if isinstance(data, dict):
        protocol_check_answer(yaml.safe_dump({**base, **data}))
        protocol_check_answer(yaml.safe_dump({**base, "dose": {**base["dose"], **data}}))
