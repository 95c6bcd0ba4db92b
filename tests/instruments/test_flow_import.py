"""A file of events and its gates through the bounded process and the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mfg.cli import main
from mfg.facts import Refused
from mfg.instruments.bounded import read_bounded
from mfg.instruments.readers import read
from tests.instruments.fcs_bytes import axis, fcs, gates, rectangle
from tests.instruments.inputs import SMALL

EVENTS = fcs([(x, y) for x in range(10) for y in range(10)], ("X", "Y"), markers=("CD56", "CD3"),
             words={"$DATE": "20-NOV-2026", "$BTIM": "10:00:00", "$SMNO": "S-0001", "$OP": "op7"})
GATES = ("panel.xml", gates(rectangle("Live", axis("X", 2)), rectangle("NK", axis("Y", 7), parent="Live")))


def test_events_and_gates_come_back_from_the_process_as_read_here() -> None:
    found = read_bounded("run.fcs", EVENTS, gates=GATES)
    assert found == read("run.fcs", EVENTS, gates=GATES)
    assert found.gates_name == "panel.xml" and len(found.gates_sha256) == 64
    assert found.measurements[0].channels == (("X", "CD56"), ("Y", "CD3"))
    assert read_bounded("run.fcs", EVENTS) == read("run.fcs", EVENTS) != found


def test_gates_belong_to_events_and_to_nothing_else() -> None:
    with pytest.raises(Refused, match="takes no file of gates"):
        read_bounded("f.csv", next(iter(SMALL.values())), gates=GATES)
    for bad in (b"", b"<x/>"):
        with pytest.raises(Refused, match=r"panel\.xml"):
            read_bounded("run.fcs", EVENTS, gates=("panel.xml", bad))


def test_the_command_tells_every_population_with_its_parent(tmp_path: Path,
                                                            capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.fcs").write_bytes(EVENTS)
    (tmp_path / "panel.xml").write_bytes(GATES[1])
    asked = ["qc", "import", str(tmp_path / "run.fcs"), "--gates", str(tmp_path / "panel.xml"), "--zone", "UTC",
             "--known-operator", "op7"]
    main(asked)
    told = capsys.readouterr().out
    assert "Share of the parent gate of Live/NK (parent: Live): 30 %" in told and "gates panel.xml, sha256 " in told
    assert "Channels: X CD56, Y CD3" in told and "2026-11-20T10:00:00+00:00" in told
    main([*asked, "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert [one["value"] for one in answer["measurements"][0]["values"]] == ["100", "80", "80", "24", "30"]
    assert main([*asked[:4], str(tmp_path / "run.fcs")]) == 64
