"""Workspaces of FlowJo and experiments of FACSDiva, made here; and the real files, where they are at hand."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfg.facts import Refused
from mfg.instruments.fcs import read_flow
from mfg.instruments.flow_readers import FLOW_READERS, read_fcs
from mfg.instruments.found import InstrumentFile, Measurement
from mfg.instruments.gate_file import read_gates
from mfg.instruments.gating import Gated

FLOWJO, DIVA = FLOW_READERS[1], FLOW_READERS[2]
INPUTS = Path(__file__).parents[3] / "shared" / "inputs"
REAL = pytest.mark.skipif(not (INPUTS / "flow").is_dir(), reason="the shared input files are not here")


def population(name: str, count: object, *inside: str, tag: str = "Population") -> str:
    below = f"<Subpopulations>{''.join(inside)}</Subpopulations>" if inside else ""
    return f'<{tag} name="{name}" count="{count}">{below}</{tag}>'


def workspace(*inside: str, version: str = "10.10.0", count: object = 1000, more: str = "") -> bytes:
    below = "".join(inside)
    return (f'<?xml version="1.0" encoding="UTF-8"?><Workspace version="20.0" flowJoVersion="{version}">{more}<Groups>'
            f'<GroupNode name="All" count="-1">{population("Live", 7)}</GroupNode></Groups><SampleList><Sample>'
            f'<Keywords><Keyword name="$CYT" value="Machine"/><Keyword name="CYTNUM" value="M-1"/>'
            f'<Keyword name="$DATE" value="20-NOV-2026"/><Keyword name="$BTIM" value="10:00:00"/>'
            f'<Keyword name="$OP" value="op7"/>'
            f'<Keyword name="$INST" value="Hospital Zero"/><Keyword name="$P1N" value="APC-A"/><Keyword name="$P1S" '
            f'value="CD3"/></Keywords><SampleNode name="S-0001.fcs" count="{count}"><Subpopulations>{below}'
            f"</Subpopulations></SampleNode></Sample></SampleList></Workspace>").encode()


def told(run: Measurement) -> dict[str, tuple[str | None, str | None]]:
    """Whole path -> events and share of the parent as text; None where there is none."""
    def text(what: str, of: str) -> str | None:
        value = run.value(what, of)
        return str(value.reading) if value and value.reading else None
    return {one.of: (text("events", one.of), text("percent_of_parent", one.of)) for one in run.values}


def only(found: InstrumentFile) -> Measurement:
    assert len(found.measurements) == 1
    return found.measurements[0]


def test_gates_of_one_name_stay_apart_by_their_whole_path() -> None:
    found = FLOWJO.read("w.wsp", workspace(
        population("Single", 800, population("Single", 600, population("NK", 300), population("CD3+", 60)))))
    assert told(only(found)) == {
        "All events": ("1000", None), "Single": ("800", "80"), "Single/Single": ("600", "75"),
        "Single/Single/NK": ("300", "50"), "Single/Single/CD3+": ("60", "10")}
    assert "Hospital" not in repr(found) and (found.model, found.serial) == ("Machine", "M-1")
    run = only(found)
    assert (run.sample, run.operator, run.at, run.at_text) == ("S-0001.fcs", "op7", None, "20-NOV-2026 10:00:00")
    assert run.channels == (("APC-A", "CD3"),) and found.software.startswith("FlowJo 10.10.0; shares worked out by mfg")


def test_two_gates_of_one_path_get_a_number_and_that_is_said() -> None:
    run = only(FLOWJO.read("w.wsp", workspace(population("NK", 5), population("NK", 6), population("NK (2)", 7))))
    assert {key: value[0] for key, value in told(run).items()} == {
        "All events": "1000", "NK": "5", "NK (2)": "6", "NK (2) (2)": "7"}
    assert len(run.warnings) == 2 and "NK (2)" in run.warnings[0]


def test_a_slash_in_a_name_is_no_step_of_the_path() -> None:
    run = only(FLOWJO.read("w.wsp", workspace(population("A/B", 5), population("A", 6, population("B", 2)))))
    assert [key for key in told(run)][1:] == ["A\\/B", "A", "A/B"]


def test_what_is_not_counted_is_not_zero() -> None:
    run = only(FLOWJO.read("w.wsp", workspace(population("NK", -1, population("Bright", 3)), population("T", ""),
                                             population("Much", 2000))))
    assert told(run) == {"All events": ("1000", None), "NK": (None, None), "NK/Bright": ("3", None),
                         "T": (None, None), "Much": ("2000", None)}
    assert all(one.why for one in run.values if one.reading is None)
    assert "more than its parent" in (run.value("percent_of_parent", "Much") or run.values[0]).why


def test_gates_made_of_others_count_too_and_other_nodes_are_told() -> None:
    run = only(FLOWJO.read("w.wsp", workspace(population("A", 10), population("not A", 990, tag="NotNode"),
                                             '<Statistic name="Mean" value="12.5"/>')))
    assert told(run)["not A"] == ("990", "99") and [one.text for one in run.unplaced] == ["Mean 12.5"]


def gate(path: str, events: object, parent: str = "", kind: str = "Region_Classifier") -> str:
    return (f'<gate fullname="{path}" type="{kind}"><name>{path.split(chr(92))[-1]}</name><num_events>{events}'
            f"</num_events><parent>{parent}</parent></gate>")


ROOT = gate("All Events", 1000, kind="EventSource_Classifier")


def experiment(*gates: str, more: str = "", sample: str = "S-0001") -> bytes:
    return (f'<?xml version="1.0" encoding="UTF-8"?><bdfacs version="Version 8.0.1">'
            f'<experiment name="Experiment of Zero"><owner_name>Zero</owner_name>'
            f'<specimen name="Patient Zero"><tube name="Tube_001"><data_filename>1.fcs'
            f"</data_filename><data_begin_date>2026-11-20T10:00:00</data_begin_date><data_instrument_name>Machine"
            f"</data_instrument_name><data_instrument_serial_number>M-1</data_instrument_serial_number><record_user>op7"
            f'</record_user>{more}<keywords><keyword name="SAMPLE ID"><value>{sample}</value></keyword><keyword '
            f'name="PATIENT ID"><value>Zero</value></keyword></keywords><gates>{"".join(gates)}</gates></tube><tube '
            f'name="Not recorded"/></specimen></experiment></bdfacs>').encode()


def test_the_populations_of_a_tube_by_whole_path() -> None:
    found = DIVA.read("e.xml", experiment(gate("All Events\\P1\\P1", 400, "All Events\\P1"), ROOT,
                                          gate("All Events\\P1", 800, "All Events"),
                                          gate("All Events\\P1\\P2", 8, "All Events\\P1")))
    run = only(found)
    assert told(run) == {"P1/P1": ("400", "50"), "All events": ("1000", None), "P1": ("800", "80"),
                         "P1/P2": ("8", "1")}
    assert (run.sample, run.operator, run.at, run.at_text) == ("S-0001", "op7", None, "2026-11-20T10:00:00")
    assert (found.model, found.serial) == ("Machine", "M-1") and "Version 8.0.1" in found.software
    assert "Zero" not in repr(found)


def test_the_frame_of_quadrants_is_no_population() -> None:
    run = only(DIVA.read("e.xml", experiment(ROOT, gate("All Events\\$153", 0, "All Events", "Composite_Classifier"),
                                             gate("All Events\\Q1", 10, "All Events"))))
    assert told(run) == {"All events": ("1000", None), "Q1": ("10", "1")}


def test_a_tube_without_a_sample_id_goes_by_its_own_name_and_warnings_come_along() -> None:
    run = only(DIVA.read("e.xml", experiment(ROOT, sample="", more="<AspiratedError>true</AspiratedError>")))
    assert run.sample == "Tube_001" and run.warnings == ("The cytometer says AspiratedError.",)


BAD = {
    "not xml": b"Workspace flowJoVersion <bdfacs",
    "a bomb": b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><Workspace flowJoVersion="10">&b;</Workspace>',
    "an outside entity": b'<!DOCTYPE bdfacs SYSTEM "http://example.org/x.dtd"><bdfacs version="1"/>',
    "too deep": workspace(population("A", 1).join(("<a>" * 300, "</a>" * 300))),
    "too many gates in one sample": workspace(*(population("A", 1) for _ in range(2_001))),
    "an older FlowJo": workspace(population("A", 1), version="9.9"),
    "no version": workspace(population("A", 1), version=""),
    "no sample": b'<Workspace flowJoVersion="10.1"><SampleList/></Workspace>',
    "another namespace": workspace(population("A", 1)).replace(b"<Workspace ", b'<Workspace xmlns="urn:x" '),
    "no tube": b"<bdfacs><experiment/></bdfacs>",
    "a parent that is not there": experiment(ROOT, gate("All Events\\P1", 1, "All Events\\P9")),
    "a circle": experiment(ROOT, gate("A", 1, "B"), gate("B", 1, "A")),
    "a population twice": experiment(ROOT, ROOT),
    "no root": experiment(gate("All Events\\P1", 1, "All Events")),
}


@pytest.mark.parametrize("case", BAD)
def test_files_that_cannot_be_trusted_are_refused(case: str) -> None:
    for reader in (FLOWJO, DIVA):
        with pytest.raises(Refused) as refused:
            reader.read("file.xml", BAD[case])
        assert refused.value.kind == "input" and refused.value.why.startswith("file.xml: ")


def test_a_kind_is_known_by_its_content() -> None:
    for content, kind in ((workspace(), "flowjo"), (experiment(ROOT), "facsdiva"), (b"<x/>", ""), (b"", ""),
                          (workspace().decode().replace("UTF-8", "UTF-16").encode("utf-16"), "flowjo")):
        assert [one.kind for one in FLOW_READERS if one.recognises(content)] == ([kind] if kind else [])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([workspace(population("A", 5, population("B", 2))),
                        experiment(ROOT, gate("All Events\\P1", 1, "All Events"))]),
       st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), min_size=1, max_size=4))
def test_bytes_changed_at_random_never_do_more_than_refuse(content: bytes, changes: list[tuple[int, int]]) -> None:
    raw = bytearray(content)
    for at, byte in changes:
        raw[at] = byte
    for reader in (FLOWJO, DIVA):
        try:
            reader.read("f", bytes(raw))
        except Refused as refused:
            assert refused.kind == "input"


TRUTH = {"Rectangle1": "rect1", "Rectangle2": "rect2", "Range1": "range", "FL2P-FL4P": "quadrant1",
         "And1": "boolean_and1", "ScaleRect1": "parent_rect1_rect_par1"}


@REAL
@pytest.mark.parametrize("gate_id", TRUTH)
def test_every_event_lies_where_the_reference_says(gate_id: str) -> None:
    folder = INPUTS / "flow" / "gatingml_ref"
    flow = read_flow("data1.fcs", (INPUTS / "flow" / "data1.fcs").read_bytes())
    gates = read_gates("gates.xml", (folder / f"gml_{TRUTH[gate_id]}_gate.xml").read_bytes())
    truth = (folder / "truth" / f"Results_{gate_id}.txt").read_text().split()
    members = set(Gated(flow, gates).members(gate_id))
    assert len(truth) == flow.events and [event in members for event in range(flow.events)] == [
        one == "1" for one in truth]


@REAL
def test_real_cells_give_the_counts_and_shares_that_three_programs_agree_on() -> None:
    gates = INPUTS / "flow" / "nk_gates_cytof_asinh5.gatingml2.xml"
    for row in csv.DictReader((INPUTS / "flow" / "expected_flow.csv").read_text().splitlines()):
        run = only(read_fcs(row["file"], (INPUTS / "flow" / row["file"]).read_bytes(), gates.name, gates.read_bytes()))
        every = told(run)
        assert [every[of][0] for of in ("All events", "Live", "Live/NK_CD56pos_CD3neg", "Live/T_CD3pos")] == [
            row["events"], row["live"], row["nk_cd56pos_cd3neg"], row["cd3pos"]]
        for of, percent in (("Live/NK_CD56pos_CD3neg", "pct_nk_of_live"), ("Live/T_CD3pos", "pct_cd3pos_of_live")):
            value = run.value("percent_of_parent", of)
            assert value and value.reading and str(round(value.reading.value, 2)) == row[percent]
        assert dict(run.channels)["(Yb174)Dd"] == "CD56" and dict(run.channels)["(Nd150)Dd"] == "CD3"


@REAL
def test_a_real_workspace_of_flowjo() -> None:
    content = (INPUTS / "instruments" / "flowjo" / "flowjo_example_2.wsp").read_bytes()
    rows = csv.reader((INPUTS / "instruments" / "expected_instruments.csv").read_text().splitlines())
    expected = next(row for row in rows if row[0] == "flowjo_example_2.wsp")
    live, cd3, percent = re.search(r"Live cells (\d+), CD3\+ (\d+) = ([\d.]+) %", expected[2]).groups()  # type: ignore[union-attr]
    run = only(FLOWJO.read("flowjo_example_2.wsp", content))
    every, path = told(run), "Lymphocytes/Single Cells/Single Cells/Live cells"
    assert f"sample {run.sample}" == expected[1]
    assert every[path][0] == live and every[f"{path}/CD3+"][0] == cd3
    value = run.value("percent_of_parent", f"{path}/CD3+")
    assert value and value.reading and value.parent == path and str(round(value.reading.value, 2)) == percent
    assert sorted(events for of, (events, _) in every.items() if of.endswith("/Q1: CD8- , CD4+")) == ["5", "77"]
    assert sum(of.endswith("Single Cells") for of in every) == 2
