"""How a percentage from a flow cytometer is judged, as a table under the requirement sentences."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfg.facts import Verdict, judge
from mfg.instruments.flow_rules import FLOW, Claim, Stained
from mfg.instruments.gate_file import read_gates
from tests.instruments.fcs_bytes import axis, gates, matrix, rectangle

GOOD = Claim(population="Live/CD45/CD3", parent="Live/CD45", paths=("All events", "Live", "Live/CD45", "Live/CD45/CD3"),
             events=90, parent_events=160_000, limit=Decimal("0.0625"), wanted_cv=Decimal(10),
             detection_limit=Decimal("0.01"), quantitation_limit=Decimal("0.05"), gates_sha256="a" * 64,
             approved_sha256="a" * 64, stained=(Stained("APC-A", "CD3", "cd3 "), Stained("PE-A", "CD56", "CD56")),
             nk_events=150_000, cd3_events=90, both_events=0, common_events=160_000,
             acquired_at=datetime(2026, 11, 20, 10, tzinfo=UTC))
PASS, FAIL, OPEN = "PASS", "FAIL", "CANNOT DETERMINE"


@pytest.mark.parametrize(("rule", "change", "verdict"), [
    ("FLOW-01", {}, PASS), ("FLOW-01", {"parent_events": 159_999}, FAIL), ("FLOW-01", {"parent_events": 0}, FAIL),
    ("FLOW-01", {"parent_events": None}, OPEN), ("FLOW-01", {"limit": None}, OPEN),
    ("FLOW-01", {"wanted_cv": None}, OPEN),
    ("FLOW-01", {"limit": Decimal(0)}, OPEN), ("FLOW-01", {"wanted_cv": Decimal(0)}, OPEN),
    ("FLOW-01", {"limit": Decimal(101)}, OPEN), ("FLOW-01", {"wanted_cv": Decimal(5)}, FAIL),
    ("FLOW-01", {"wanted_cv": Decimal(5), "parent_events": 640_000}, PASS),
    ("FLOW-01", {"limit": Decimal("0.5"), "parent_events": 20_000}, PASS),
    ("FLOW-02", {}, PASS), ("FLOW-02", {"parent": "CD45"}, FAIL), ("FLOW-02", {"parent": "Live"}, FAIL),
    ("FLOW-02", {"population": "CD3"}, FAIL), ("FLOW-02", {"parent": ""}, OPEN), ("FLOW-02", {"population": ""}, OPEN),
    ("FLOW-02", {"paths": ()}, OPEN), ("FLOW-02", {"population": "Live", "parent": "All events"}, PASS),
    ("FLOW-02", {"population": "Live", "parent": "Live"}, FAIL),
    ("FLOW-02", {"population": "Live/A\\/B", "parent": "Live", "paths": ("Live", "Live/A\\/B")}, PASS),
    ("FLOW-03", {}, PASS), ("FLOW-03", {"gates_sha256": "b" * 64}, FAIL), ("FLOW-03", {"gates_sha256": ""}, OPEN),
    ("FLOW-03", {"approved_sha256": ""}, OPEN),
    ("FLOW-04", {}, PASS), ("FLOW-04", {"stained": ()}, OPEN),
    ("FLOW-04", {"stained": (Stained("APC-A", "CD3", "CD4"),)}, FAIL),
    ("FLOW-04", {"stained": (Stained("APC-A", "CD3", None),)}, FAIL),
    ("FLOW-04", {"stained": (Stained("APC-A", "", None),)}, FAIL),
    ("FLOW-04", {"stained": (Stained("APC-A", "CD3", ""),)}, OPEN),
    ("FLOW-04", {"stained": (Stained("APC-A", "", "CD3"),)}, OPEN),
    ("FLOW-05", {}, PASS), ("FLOW-05", {"both_events": 1}, FAIL), ("FLOW-05", {"both_events": None}, OPEN),
    ("FLOW-05", {"cd3_events": 10_001}, FAIL), ("FLOW-05", {"cd3_events": 10_000}, PASS),
    ("FLOW-05", {"nk_events": None}, OPEN), ("FLOW-05", {"cd3_events": None}, OPEN),
    ("FLOW-05", {"common_events": None}, OPEN), ("FLOW-05", {"common_events": 100, "both_events": None}, FAIL),
    ("FLOW-06", {}, PASS), ("FLOW-06", {"acquired_at": None}, OPEN),
    ("FLOW-06", {"acquired_at": datetime(2026, 11, 20, 10)}, OPEN),  # noqa: DTZ001 - the zone is what is missing
    ("FLOW-07", {}, PASS), ("FLOW-07", {"limit": Decimal("0.05")}, PASS),
    ("FLOW-07", {"limit": Decimal("0.049")}, FAIL),
    ("FLOW-07", {"limit": None}, OPEN), ("FLOW-07", {"detection_limit": None}, OPEN),
    ("FLOW-07", {"quantitation_limit": None}, OPEN), ("FLOW-07", {"detection_limit": Decimal("0.06")}, OPEN),
])
def test_a_claimed_share(rule: str, change: dict[str, Any], verdict: str) -> None:
    found = {one.rule: one for one in judge(FLOW, replace(GOOD, **change))}
    assert found[rule].verdict == verdict and found[rule].why.endswith(".")


def test_all_rules_pass_what_is_in_order() -> None:
    assert {one.verdict for one in judge(FLOW, GOOD)} == {Verdict.PASS}


BLANK: dict[str, Any] = {one.name: {"str": "", "tuple": ()}.get(str(one.type).partition("[")[0])
                         for one in fields(Claim)}
CHANGES: dict[str, list[Any]] = {
    "population": ["Live/CD45/CD3", "CD3"], "parent": ["Live/CD45", "Live"], "parent_events": [0, 159_999, 160_000],
    "limit": [Decimal("0.0625"), Decimal(2), Decimal("0.001")], "wanted_cv": [Decimal(10), Decimal(1)],
    "gates_sha256": ["a" * 64, "b" * 64], "both_events": [0, 3], "cd3_events": [90, 20_000], "nk_events": [1, 150_000],
    "common_events": [10, 160_000], "quantitation_limit": [Decimal("0.05"), Decimal(5)],
    "stained": [GOOD.stained, (Stained("A", "CD3", "CD4"),)]}


@settings(max_examples=300, deadline=None)
@given(st.fixed_dictionaries({key: st.sampled_from(values) for key, values in CHANGES.items()}),
       st.sampled_from(sorted(BLANK)))
def test_removing_a_fact_never_makes_a_pass(change: dict[str, Any], removed: str) -> None:
    whole = replace(GOOD, **change)
    before = {one.rule: one.verdict for one in judge(FLOW, whole)}
    for one in judge(FLOW, replace(whole, **{removed: BLANK[removed]})):
        assert one.verdict != Verdict.PASS or before[one.rule] == Verdict.PASS, one


def test_the_channels_that_gates_rest_on() -> None:
    told = matrix("M", ("A", "B"), ("D1", "D2"), [(1, 0), (0, 1)])
    found = read_gates("g", gates(told, rectangle("R", axis("A", 1, how="M"), axis("FSC-A", 1)),
                                  rectangle("S", axis("FSC-A", 2, how="FCS"))))
    assert found.channels() == ("D1", "D2", "FSC-A")
