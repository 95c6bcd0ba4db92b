"""A cytometer's file of events, from its gates to a result: the gates have to be the approved ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest

from mfg.batches.scans import as_scanned
from mfg.facts import Refused
from mfg.instruments.readers import read
from mfg.qc import instrument_acts
from mfg.qc.flow_preview import flow_findings
from mfg.qc.instrument_records import readings_of_file
from mfg.qc.records import Result
from mfg.recipes.acts import draft_specification
from mfg.recipes.reading import example
from mfg.recipes.specification import Test
from mfg.uploads import raw_upload
from tests.instruments.fcs_bytes import axis, fcs, gates, rectangle
from tests.office import Office
from tests.qc.test_instrument_files import confirmed, counter, sampled, taken_from
from tests.release.story import CarefulPlant, Story, Told, a_story

PANEL = gates(rectangle("Live", axis("V-A", 1)), rectangle("NK", axis("PE-A", 5), parent="Live"),
              rectangle("T", axis("APC-A", 5), parent="Live"))
OTHER = gates(rectangle("Live", axis("V-A", 1)), rectangle("NK", axis("PE-A", 1), parent="Live"))
APPROVED = sha256(PANEL).hexdigest()
NK = Test("nk", "NK cells", "flow", "dose", "number", "before", "%", role="nk_percent", population="Live/NK",
          gates=APPROVED)
T_CELLS = Test("cd3", "T cells", "flow", "dose", "reading", "before", "%", role="cd3_percent", population="Live/T",
               gates=APPROVED)
SPECIFICATION = example("specification").replace(
    "{id: nk_percent,", f"{{id: nk_percent, population: Live/NK, gates: {APPROVED},")


def events(sample: str, clock: str = "10:00:00", both: int = 0) -> bytes:
    """90 NK cells, 5 T cells, 5 others among 100 live ones; `both` more lie in both gates."""
    rows = [(1, 9, 0)] * 90 + [(1, 0, 9)] * 5 + [(1, 0, 0)] * (5 if not both else 0) + [(1, 9, 9)] * both
    return fcs(rows, ("V-A", "PE-A", "APC-A"), markers=("Live", "CD56", "CD3"),
               words={"$BEGINDATETIME": clock, "$SMNO": sample, "$OP": "qc.analyst.1"})


@pytest.mark.parametrize(("change", "panel", "both", "wrong"), [
    ({}, PANEL, 0, set()), ({}, OTHER, 0, {"FLOW-03"}), ({"gates": ""}, PANEL, 0, {"FLOW-03"}),
    ({}, PANEL, 4, {"FLOW-05"}), ({"population": "Live/B"}, PANEL, 0, set())])
def test_flow_rules_beside_a_preview(change: dict[str, Any], panel: bytes, both: int, wrong: set[str]) -> None:
    file = read("run.fcs", events("S-0001", both=both), gates=("panel.xml", panel))
    asked = Test(**{**{name: getattr(NK, name) for name in NK.__dataclass_fields__}, **change})
    found = flow_findings(file, file.measurements[0], (asked, T_CELLS), None)
    told = {one.rule for one in found if one.verdict.value != "PASS"}
    assert told == wrong


def gated(office: Office) -> Story:
    plant = CarefulPlant(office)
    plant.document(draft_specification, "specification", SPECIFICATION)
    recipient = plant.recipient()
    story = Story(office, plant, recipient, plant.open(recipient, plant.collection(recipient)))
    story.dose = plant.plan(story.batch)
    plant.run(story.batch)
    story.weigh()
    story.fill()
    return story


GATED = Told(gated)


@pytest.fixture
def story(fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(GATED, fresh_database("sqlite", GATED.prepare), tmp_path) as told:
        yield told


def handed_in(story: Story, sample: str, device: str, panel: bytes) -> str:
    story.office.later(hours=1)
    clock = f"{story.office.now - timedelta(minutes=10):%Y-%m-%dT%H:%M:%S+00:00}"
    return confirmed(story, story.office.do(
        instrument_acts.read_instrument_file, story.office.who("qc analyst"), file=raw_upload("run.fcs", events(
            sample, clock)), equipment=as_scanned(device), gates=raw_upload("panel.xml", panel)))


def test_a_share_counted_with_the_gates_of_another_panel_carries_no_result(story: Story) -> None:
    first, second, device = sampled(story), sampled(story), counter(story)
    code = handed_in(story, first, device, OTHER)
    with story.office.look() as session:
        (kept,) = readings_of_file(session, code)
        assert "FLOW-03" in {one["rule"] for one in orjson.loads(kept.findings) if one["verdict"] == "FAIL"}
    with pytest.raises(Refused, match="is not the approved one"):
        taken_from(story, first, "nk_percent", [f"{code}-0001"])
    good = handed_in(story, second, device, PANEL)
    result = taken_from(story, second, "nk_percent", [f"{good}-0001"])
    with story.office.look() as session:
        row = session.get_one(Result, result)
        assert (row.value, row.how, row.verdict) == ("90", "instrument file", "PASS")
