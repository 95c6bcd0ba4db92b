"""What has to be named with a result, each rule with a row for every verdict; expectations are restated by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mfg.equipment.rules import EquipmentUse
from mfg.facts import Reading, Verdict, judge
from mfg.instruments.found import Place, Value
from mfg.materials.rules import LotUse
from mfg.qc.evidence_rules import NAMED, Evidence, amount_shown, claimed, lapses
from mfg.qc.instrument_rules import ARRIVING, RESTING, Arriving, Resting, Used
from mfg.recipes.specification import Test

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHARE = Test("cd3", "T cells", "flow", "dose", "reading", "before", "%", high=Decimal(1), role="cd3_percent",
             equipment="flow cytometer", reagents=("antibody panel",), performers=("qc analyst",), lod=Decimal("0.01"),
             loq=Decimal("0.05"), events=160_000, population="Live/T")
DEVICE = EquipmentUse("EQ-0007", "flow cytometer", "in service", NOON, "flow cytometer", calibration="CAL-1",
                      confirmed=True, left_within=True, calibrated_until=NOON + timedelta(days=1),
                      maintained_until=NOON + timedelta(days=1), cleaning_rule="not needed")
LOT = LotUse("LOT-0003", "antibody panel", "released", NOON - timedelta(days=9), NOON + timedelta(days=9), NOON,
             "antibody panel")
WELL = Evidence(SHARE, "0.2", ("qc analyst",), DEVICE, (LOT,), 200_000)


@pytest.mark.parametrize(("change", "rule", "verdict"), [
    # QC-15 the equipment is named
    ({}, "QC-15", "PASS"),
    ({"equipment": None}, "QC-15", "CANNOT DETERMINE"),
    ({"equipment": None, "asked": replace(SHARE, equipment="")}, "QC-15", "PASS"),
    # QC-16 every reagent is named
    ({}, "QC-16", "PASS"),
    ({"lots": ()}, "QC-16", "CANNOT DETERMINE"),
    ({"lots": (LOT, replace(LOT, kind="medium"))}, "QC-16", "FAIL"),
    # QC-17 tested by somebody who may
    ({}, "QC-17", "PASS"),
    ({"roles": ("qc reviewer",)}, "QC-17", "FAIL"),
    ({"roles": ()}, "QC-17", "FAIL"),
    # QC-18 the events are told
    ({}, "QC-18", "PASS"),
    ({"events": None}, "QC-18", "CANNOT DETERMINE"),
    # QC-19 nothing is claimed below what the method can tell: bounds inclusive
    ({"value": "0.05"}, "QC-19", "PASS"),
    ({"value": "0.049"}, "QC-19", "FAIL"),
    ({"value": "<0.05"}, "QC-19", "PASS"),
    ({"value": "<0.01"}, "QC-19", "PASS"),
    ({"value": "<0.009"}, "QC-19", "FAIL"),
    # QC-20 the controls are there
    ({}, "QC-20", "PASS"),
    ({"asked": replace(SHARE, controls="occupancy")}, "QC-20", "CANNOT DETERMINE"),
    ({"asked": replace(SHARE, controls="occupancy"), "controls": (("unloaded percent", "0.9"),)}, "QC-20", "PASS"),
])
def test_rule(change: dict[str, Any], rule: str, verdict: str) -> None:
    found = {one.rule: one.verdict.value for one in judge(NAMED, replace(WELL, **change))}
    assert found[rule] == verdict


def test_what_was_named_and_not_in_order_is_kept_as_a_deviation() -> None:
    assert lapses(WELL) == ()
    late = replace(WELL, equipment=replace(DEVICE, calibrated_until=NOON - timedelta(seconds=1)),
                   lots=(replace(LOT, expires_at=NOON - timedelta(seconds=1)),))
    kinds = dict(lapses(late))
    assert set(kinds) == {"equipment lapse", "limit breach"}
    assert "EQ-0007" in kinds["equipment lapse"] and "LOT-0003" in kinds["limit breach"]


@pytest.mark.parametrize(("events", "before", "after"), [
    (160_000, Verdict.PASS, Verdict.PASS), (159_999, Verdict.PASS, Verdict.CANNOT_DETERMINE),
    (None, Verdict.PASS, Verdict.CANNOT_DETERMINE), (10, Verdict.FAIL, Verdict.FAIL),
    (10, Verdict.CANNOT_DETERMINE, Verdict.CANNOT_DETERMINE)])
def test_too_few_events_make_nothing_good_and_excuse_no_failure(
        events: int | None, before: Verdict, after: Verdict) -> None:
    assert claimed(SHARE, before, events) is after


@pytest.mark.parametrize(("value", "shown"), [
    ("79.96", "79.96, compared as stored; rounds to 80.0"), ("80", "80, compared as stored"),
    ("79.949", "79.949, compared as stored; rounds to 79.9"), ("79.95", "79.95, compared as stored; rounds to 80.0")])
def test_the_rounded_value_stands_beside_the_one_that_is_compared(value: str, shown: str) -> None:
    asked = Test("v", "Viability", "dye", "dose", "number", "before", "%", low=Decimal("80.0"))
    assert amount_shown(asked, value) == shown


FILE = Arriving("counts.csv", None, 3, "SN-1", "EQ-0001", "SN-1")


@pytest.mark.parametrize(("change", "rule", "verdict"), [
    # IMP-01 the file is new
    ({}, "IMP-01", "PASS"), ({"before": "IF-0001"}, "IMP-01", "FAIL"),
    # IMP-02 the file holds measurements
    ({}, "IMP-02", "PASS"), ({"measurements": 0}, "IMP-02", "FAIL"),
    # IMP-03 the instrument is one of this house
    ({}, "IMP-03", "PASS"), ({"equipment": None}, "IMP-03", "CANNOT DETERMINE"),
    ({"equipment_serial": "SN-2"}, "IMP-03", "FAIL"), ({"serial": ""}, "IMP-03", "PASS"),
    ({"serial": "sn-1"}, "IMP-03", "PASS"),
])
def test_rule_of_a_file(change: dict[str, Any], rule: str, verdict: str) -> None:
    assert {one.rule: one.verdict.value for one in judge(ARRIVING, replace(FILE, **change))}[rule] == verdict


def read(code: str, text: str = "6.4", **change: Any) -> Used:
    value = Value("viable_per_ml", text, Reading(Decimal("6.4e6")), "{cells}/mL", Place(2, "Viable"))
    return replace(Used(code, "S-0001", "S-0001", "confirmed", "PASS", (), (value,)), **change)


COUNT = Test("count", "Viable cells", "counter", "dose", "replicates", "before", "{cells}/mL", replicates=3,
             role="viable_per_ml")
THREE = Resting(COUNT, "S-0001", tuple(read(f"IF-0001-000{at}") for at in (1, 2, 3)))
ONE = replace(THREE, readings=THREE.readings[:1])
PICKED = replace(ONE, asked=replace(COUNT, kind="number"))
TYPED = Resting(COUNT, "S-0001", (), others=(read("IF-0001-0001"),))


@pytest.mark.parametrize(("facts", "rule", "verdict"), [
    # IMP-04 every reading is there, once
    (THREE, "IMP-04", "PASS"), (replace(THREE, readings=()), "IMP-04", "CANNOT DETERMINE"),
    (replace(THREE, readings=(*THREE.readings, THREE.readings[0])), "IMP-04", "FAIL"),
    (replace(THREE, unknown=("IF-0009-0001",)), "IMP-04", "FAIL"),
    (replace(THREE, readings=(read("IF-0001-0001", file_state="withdrawn"),)), "IMP-04", "FAIL"),
    # IMP-05 the readings are of this sample
    (THREE, "IMP-05", "PASS"), (replace(THREE, sample="S-0002"), "IMP-05", "FAIL"),
    (replace(THREE, readings=(read("IF-0001-0001", sample=None),)), "IMP-05", "FAIL"),
    # IMP-06 the readings are in order
    (THREE, "IMP-06", "PASS"),
    (replace(THREE, readings=(read("A", verdict="FAIL", wrong=("A warning.",)),)), "IMP-06", "FAIL"),
    (replace(THREE, readings=(read("A", verdict="CANNOT DETERMINE"),)), "IMP-06", "CANNOT DETERMINE"),
    # IMP-07 the readings hold what the test asks for
    (THREE, "IMP-07", "PASS"),
    (replace(THREE, asked=replace(COUNT, role="appearance")), "IMP-07", "CANNOT DETERMINE"),
    (replace(THREE, asked=replace(COUNT, unit="%", role="viability")), "IMP-07", "FAIL"),
    (replace(THREE, asked=replace(COUNT, unit="1/mL")), "IMP-07", "FAIL"),
    (replace(THREE, asked=SHARE), "IMP-07", "FAIL"),
    (replace(THREE, asked=replace(SHARE, population="")), "IMP-07", "CANNOT DETERMINE"),
    # IMP-08 as many readings as the test takes
    (THREE, "IMP-08", "PASS"), (ONE, "IMP-08", "PASS"),
    (replace(ONE, asked=replace(COUNT, kind="number")), "IMP-08", "PASS"),
    (replace(THREE, asked=replace(COUNT, kind="number")), "IMP-08", "FAIL"),
    (replace(THREE, others=(read("IF-0001-0004"),), remark="an outlier"), "IMP-08", "FAIL"),
    (replace(THREE, others=(read("IF-0001-0004", verdict="FAIL"),)), "IMP-08", "PASS"),
    (replace(PICKED, others=(read("IF-0001-0002"),)), "IMP-08", "CANNOT DETERMINE"),
    (replace(PICKED, others=(read("IF-0001-0002"),), remark="the tube was shaken first"), "IMP-08", "PASS"),
    (replace(PICKED, asked=replace(COUNT, kind="number", low=Decimal("7e6")), others=(read("IF-0001-0002"),),
             remark="an outlier"), "IMP-08", "FAIL"),
    # IMP-09 a reading answers a test once
    (THREE, "IMP-09", "PASS"), (replace(THREE, answered=(("IF-0001-0001", "R-26-0001"),)), "IMP-09", "FAIL"),
    # IMP-10 what an instrument read is not typed over
    (THREE, "IMP-10", "PASS"), (replace(TYPED, others=()), "IMP-10", "PASS"),
    (TYPED, "IMP-10", "FAIL"), (replace(TYPED, remark="faster"), "IMP-10", "FAIL"),
    (replace(TYPED, others=(read("IF-0001-0001", verdict="FAIL"),)), "IMP-10", "CANNOT DETERMINE"),
    (replace(TYPED, others=(read("IF-0001-0001", verdict="FAIL"),), remark="bubbles"), "IMP-10", "PASS"),
])
def test_rule_of_readings(facts: Resting, rule: str, verdict: str) -> None:
    assert {one.rule: one.verdict.value for one in judge(RESTING, facts)}[rule] == verdict
