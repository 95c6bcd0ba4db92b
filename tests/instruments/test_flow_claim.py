"""A file under its gates, all the way to the findings about one share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from mfg.facts import Refused, judge
from mfg.instruments.flow_claim import Method, claim_of, stained
from mfg.instruments.flow_readers import read_fcs
from mfg.instruments.flow_rules import FLOW
from mfg.instruments.gate_file import read_gates
from tests.instruments.fcs_bytes import axis, fcs, gates, rectangle

#: 50 NK cells, 5 T cells and 2 events of both among 100 live ones; 20 dead
ROWS = [(1, 9, 0)] * 50 + [(1, 0, 9)] * 5 + [(1, 9, 9)] * 2 + [(1, 0, 0)] * 43 + [(0, 9, 9)] * 20
CONTENT = fcs(ROWS, ("V-A", "PE-A", "APC-A"), markers=("Live", "CD56", "CD3"))
LIVE, NK, T = rectangle("Live", axis("V-A", 1)), "Live/NK", "Live/T"
STRICT = gates(LIVE, rectangle("NK", axis("PE-A", 5), axis("APC-A", None, 5), parent="Live"),
               rectangle("T", axis("APC-A", 5), parent="Live"))
LOOSE = gates(LIVE, rectangle("NK", axis("PE-A", 5), parent="Live"), rectangle("T", axis("APC-A", 5), parent="Live"))
MARKERS = {"V-A": "Live", "PE-A": "CD56", "APC-A": "CD3"}
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def verdicts(content: bytes = STRICT, markers: dict[str, str] | None = None, **change: object) -> dict[str, str]:
    file = read_fcs("run.fcs", CONTENT, "panel.xml", content, apart=[(NK, T)])
    method = replace(Method(T, NK, T, Decimal(20), Decimal(25), Decimal(1), Decimal(2), file.gates_sha256), **change)
    run = file.measurements[0]
    told = stained(read_gates("panel.xml", content), run, MARKERS if markers is None else markers)
    return {one.rule: one.verdict.value for one in judge(FLOW, claim_of(file, run, method, told, NOON))}


def test_a_share_that_holds_in_every_way() -> None:
    assert set(verdicts().values()) == {"PASS"}


def test_each_way_it_may_not_hold() -> None:
    assert verdicts(limit=Decimal(10))["FLOW-01"] == "FAIL"  # 16 positives need 160 events of the parent
    assert verdicts(population="T")["FLOW-02"] != "PASS"
    assert verdicts(approved_gates="0" * 64)["FLOW-03"] == "FAIL"
    assert verdicts(markers=MARKERS | {"PE-A": "CD16"})["FLOW-04"] == "FAIL"
    assert verdicts(markers={})["FLOW-04"] == "CANNOT DETERMINE"
    assert verdicts(LOOSE)["FLOW-05"] == "FAIL"  # 2 events are both
    assert verdicts(nk="")["FLOW-05"] == "CANNOT DETERMINE"
    assert verdicts(limit=Decimal(1))["FLOW-07"] == "FAIL"


def test_events_in_two_gates_are_counted_when_asked() -> None:
    run = read_fcs("run.fcs", CONTENT, "panel.xml", LOOSE, apart=[(NK, T)]).measurements[0]
    value = run.value("events", "Live/NK and Live/T")
    assert value is not None and str(value.reading) == "2"
    with pytest.raises(Refused, match="no whole path"):
        read_fcs("run.fcs", CONTENT, "panel.xml", LOOSE, apart=[("NK", T)])
