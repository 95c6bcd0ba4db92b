"""The command's contract: lines in, answers out, exit codes, hostile input, protocols by name and by path."""

from __future__ import annotations

import io
import json
import os
import time
from pathlib import Path

import pytest

from mfg.trial.dose_check import check_line, check_lines, check_stream, exit_code
from tests.trial.dose_cases import GOOD, PROTOCOLS, answer, changed, finding, verdicts

PASSES = json.dumps(GOOD)
FAILS = json.dumps(changed({"infusion": 9}))
OPEN = json.dumps(changed({"infusion": None}))


@pytest.mark.parametrize(("lines", "code"), [
    ([PASSES, PASSES], 0), ([PASSES, FAILS], 1), ([PASSES, OPEN], 2), ([OPEN, FAILS, PASSES], 1),
    ([FAILS, OPEN, PASSES], 1), ([PASSES, "{"], 64), ([FAILS, "nonsense"], 64), ([], 64), (["", "  "], 64),
    ([PASSES, "", PASSES], 0), (["[]"], 64), (["null"], 64), (['"text"'], 64), (["NaN"], 64),
])
def test_the_exit_code_says_the_worst(lines: list[str], code: int, tmp_path: Path) -> None:
    assert exit_code(check_lines(lines)) == code
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(f"{line}\n" for line in lines))
    out = io.BytesIO()
    assert check_stream(str(file), out) == code
    assert len(out.getvalue().splitlines()) == sum(bool(line.strip()) for line in lines)


def test_a_file_that_is_not_there_is_bad_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_stream(str(tmp_path / "none.jsonl"), io.BytesIO()) == 64
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("line", [
    '{"protocol": "a", "protocol": "b"}', '{"weight": {"kg": "70", "kg": "60"}}', "{" * 5000, "[" * 200_000,
    '{"a": 1} trailing', b"\xff\xfe", "\x00", '{"a": ' + "9" * 10_000 + "}x",
])
def test_a_line_that_cannot_be_trusted_is_not_read(line: str | bytes) -> None:
    given = check_line(line, PROTOCOLS)
    assert given["verdict"] == "CANNOT DETERMINE" and verdicts(given) == {"INPUT-01": "CANNOT DETERMINE"}


@pytest.mark.parametrize("path", ["viability_percent", "weight.unit", "bag.viability", "course"])
def test_a_field_nobody_knows_refuses_the_case_and_is_named(path: str) -> None:
    given = answer({path: "1"})
    assert given["verdict"] == "CANNOT DETERMINE" and given["viable_nk"] is None
    assert path.split(".")[-1] in finding(given, "INPUT-02")["why"]


def test_a_protocol_is_found_by_name_version_or_path(root: Path) -> None:
    file = str(root / "mfg" / "trial" / "protocols" / "nct06835140.yaml")
    for name in ("NCT06835140", "NCT06835140/1", file, os.path.relpath(file)):
        assert answer({"protocol": name})["verdict"] == "PASS"


@pytest.mark.parametrize("name", ["NCT00000000", "NCT06835140/3", "/dev/zero", "/", "\x00", "../" * 50, "😀", 7, [],
                                  {}])
def test_a_protocol_that_is_not_there_cannot_be_judged_by(name: object) -> None:
    given = answer({"protocol": name})
    assert given["verdict"] == "CANNOT DETERMINE" and finding(given, "DOSE-01")["verdict"] == "CANNOT DETERMINE"
    assert given["viable_nk"] == "662400000" and given["fraction_of_target"] is None


@pytest.mark.parametrize("name", ["NCT04074746", "NCT04836390"])
def test_another_trial_runs_on_the_same_code_and_its_silences_stay_open(name: str) -> None:
    given = answer({"protocol": name, "cohort": "2" if name == "NCT04074746" else "single", "infusion": 1})
    assert given["verdict"] == "CANNOT DETERMINE" and given["fraction_of_target"] is not None
    open_rules = {rule for rule, verdict in verdicts(given).items() if verdict == "CANNOT DETERMINE"}
    assert open_rules == {"DOSE-01", "DOSE-02"}
    assert "tolerance_pct" in finding(given, "DOSE-01")["why"]


def test_no_hostile_file_or_string_raises(shared: Path) -> None:
    files = sorted((shared / "inputs" / "hostile" / "json").glob("*.json"))
    strings = json.loads((shared / "inputs" / "hostile" / "blns.json").read_text("utf-8"))
    assert len(files) > 20 and len(strings) > 300
    for file in files:
        assert check_line(file.read_bytes(), PROTOCOLS)["verdict"] == "CANNOT DETERMINE"
    for text in strings:
        for path in ("protocol", "cohort", "decided_at", "weight.kg", "bag.nk_percent", "bag.endotoxin_eu_per_ml"):
            said = json.dumps(answer({path: text}), ensure_ascii=False).encode("utf-8")
            assert len(said) < 20_000
        assert check_line(text, PROTOCOLS)["verdict"] == "CANNOT DETERMINE"


def test_judging_stays_quick_on_a_busy_core() -> None:
    """Some 2,000 cases a second are the aim on a quiet core (see bench/); this floor only catches a collapse."""
    check_line(PASSES, PROTOCOLS)
    started = time.process_time()
    for _ in range(200):
        check_line(PASSES, PROTOCOLS)
    assert time.process_time() - started < 0.6
