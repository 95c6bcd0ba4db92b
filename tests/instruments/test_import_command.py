"""`mfg qc import`: what it would record, with its exit codes, and without any database."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from mfg.cli import main
from tests.instruments.inputs import BLU, SMALL


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, and no setting of ours."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("MFG_")]:
        monkeypatch.delenv(name)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        code = main(["qc", "import", *arguments])
    except SystemExit as ended:
        code = int(ended.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def told(capsys: pytest.CaptureFixture[str], content: bytes, *arguments: str) -> tuple[int, dict[str, Any]]:
    Path("f.csv").write_bytes(content)
    code, out, err = run(capsys, "f.csv", "--json", *arguments)
    assert err == ""
    return code, json.loads(out)


def test_a_clean_file_with_all_that_was_asked_for_is_a_yes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = BLU.replace("Vi-CELL", "op.a").encode()
    code, answer = told(capsys, content, "--zone", "Europe/Berlin", "--known-operator", "op.a")
    assert (code, answer["verdict"], answer["kind"]) == (0, "PASS", "vicell-blu")
    assert answer["sha256"] == hashlib.sha256(content).hexdigest()
    first = answer["measurements"][0]
    assert (first["at"], first["at_text"]) == ("2026-11-20T07:10:00+00:00", "11/20/2026 8:10")
    assert first["values"][0] == {
        "what": "viable_per_ml", "of": "", "text": "0.95", "value": "950000", "op": "", "unit": "{cells}/mL", "why": "",
        "parent": "",
            "place": {"row": 2, "column": "Viable (x10^6) cells/mL", "sheet": ""}}
    assert len(first["findings"]) == 18 and {one["verdict"] for one in first["findings"]} == {"PASS"}
    assert {"place": {"row": 3, "column": "Tag", "sheet": ""}, "text": "kept"} in answer["measurements"][1]["unplaced"]
    assert sorted(folder.iterdir()) == [folder / "f.csv"]


def test_what_is_missing_is_asked_for_with_its_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = told(capsys, SMALL["vicell-blu"])
    assert (code, answer["verdict"]) == (2, "CANNOT DETERMINE")
    asked = {one["rule"]: one["why"] for one in answer["measurements"][0]["findings"]
             if one["verdict"] == "CANNOT DETERMINE"}
    assert set(asked) == {"INS-01", "INS-07"}
    assert asked["INS-01"].startswith("f.csv, row 2, Analysis date/time: “11/20/2026 8:10” has no zone")


def test_a_warning_of_the_instrument_is_a_no(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = told(capsys, SMALL["nc-view"])
    assert (code, answer["verdict"]) == (1, "FAIL") and answer["measurements"][1]["warnings"] == ["Warning: Bubbles"]


@pytest.mark.parametrize("kind", sorted(SMALL))
def test_people_read_the_same(folder: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    Path("f.csv").write_bytes(SMALL[kind])
    code, out, err = run(capsys, "f.csv", "--kind", kind)
    assert code in (1, 2) and err == "" and f"kind {kind}, sha256 " in out
    assert out.rstrip().endswith(("Nothing was recorded. FAIL", "Nothing was recorded. CANNOT DETERMINE"))
    assert all(char.isprintable() or char == "\n" for char in out)


@pytest.mark.parametrize(("content", "arguments", "words"), [
    (b"", (), "empty"), (b"hello", (), "no kind known here"), (SMALL["cellaca"], ("--zone", "Mars"), "not a time zone"),
    (SMALL["cedex-hires"], ("--kind", "nova-flex2"), "it was said to be BioProfile FLEX2"),
    (SMALL["cellaca"], ("--kind", "luna"), "no kind of file known here"), (b"x" * 11_000_000, (), "at most 10 MB"),
    (BLU.replace("95.0", "95,0").encode(), (), "row 2 has 13 cells"),
])
def test_what_cannot_be_read_is_unusable_in_one_sentence(
        folder: Path, capsys: pytest.CaptureFixture[str], content: bytes, arguments: tuple[str, ...],
        words: str) -> None:
    Path("f.csv").write_bytes(content)
    code, out, err = run(capsys, "f.csv", *arguments)
    assert (code, out, err.count("\n")) == (64, "", 1) and words in err and "Traceback" not in err


@pytest.mark.parametrize("arguments", [("no such file",), (".",), (), ("a", "b")])
def test_no_file_or_bad_usage_is_unusable(folder: Path, capsys: pytest.CaptureFixture[str],
                                          arguments: tuple[str, ...]) -> None:
    code, out, err = run(capsys, *arguments)
    assert code == 64 and out == "" and err and "Traceback" not in err
