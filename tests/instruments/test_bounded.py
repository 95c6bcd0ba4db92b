"""Files read in a process of their own: whatever they do to it is a sentence, and the one who asked does not grow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mfg.facts import Refused
from mfg.instruments import bounded
from mfg.instruments.bounded import Bounds, read_bounded
from mfg.instruments.readers import read
from tests.instruments.inputs import BLU, SMALL, XR_ROWS, sheet_xml, workbook

BAD = "tests.instruments.bad_child"


def refusal(content: bytes, name: str = "f.csv", kind: str = "", bounds: Bounds = bounded.BOUNDS) -> str:
    with pytest.raises(Refused) as refused:
        read_bounded(name, content, kind, bounds)
    assert refused.value.kind == "input" and name in refused.value.why
    return refused.value.why


def resident() -> float:
    """Megabytes this process holds."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@pytest.mark.parametrize("kind", sorted(SMALL))
def test_the_same_as_read_here(kind: str) -> None:
    assert read_bounded("a file.csv", SMALL[kind]) == read("a file.csv", SMALL[kind])


def test_a_refusal_comes_back_in_the_same_words() -> None:
    with pytest.raises(Refused) as here:
        read("f.csv", SMALL["cedex-hires"], "nova-flex2")
    assert refusal(SMALL["cedex-hires"], kind="nova-flex2") == here.value.why


@pytest.mark.parametrize("name", ["-c", "--help", "a\nb", "\u202ex", "\udcff", "x" * 10_000, "../../etc/passwd", ""])
def test_any_name_is_a_name(name: str) -> None:
    assert len(read_bounded(name, SMALL["cellaca"]).measurements) == 2


@pytest.mark.parametrize(("what", "told"), [
    ("sleeps", "1 on the clock"), ("spins", "within 1 seconds of work"), ("aborts", "the reader stopped"),
    ("is ended", "or was ended"), ("grows", "the reader stopped"), ("writes", "the reader stopped"),
    ("garbage", "not whole"), ("half", "not whole"), ("shape", "not whole"), ("list", "not whole"),
    ("number", "not whole"), ("value", "not whole"),
])
def test_whatever_the_process_does_is_a_sentence(monkeypatch: pytest.MonkeyPatch, what: str, told: str) -> None:
    monkeypatch.setattr(bounded, "CHILD", BAD)
    before = resident()
    bounds = Bounds(60, seconds=1 if what == "spins" else 10, patience=1 if what == "sleeps" else 60,
                    answer_megabytes=2)
    assert told in refusal(b"anything", kind=what, bounds=bounds)
    assert resident() - before < 20


def test_more_memory_than_there_is_room_for_is_a_sentence() -> None:
    header, row, *_ = BLU.split("\n")
    many = "\n".join([header, *[row] * 8_000, ""])
    told = refusal(many.encode(), bounds=Bounds(megabytes=50))
    assert "more than 50 MB" in told or "the reader stopped" in told


def test_large_files_are_refused_and_this_process_does_not_grow() -> None:
    header = BLU.split("\n")[0] + "\n"
    huge = header.encode() + b"\n" * 1_000_000
    wide = header.encode() + b",,,,,,,,,,,\n" * 250_000
    many = header.encode() + (BLU.split("\n")[1] + "\n").encode() * 25_000
    bomb = workbook(b"<row/>" * 7_000_000)
    before = resident()
    assert "more than 200,000 rows" in refusal(huge)
    assert "more than 200,000 rows" in refusal(wide)
    assert any(word in refusal(many) for word in ("at most 20,000 are read", "MB of memory"))
    assert len(bomb) < 1_000_000 and "it was not unpacked" in refusal(bomb)
    assert resident() - before < 40


def test_a_huge_and_a_deep_sheet_are_answered_in_words() -> None:
    deep = sheet_xml(XR_ROWS).replace("</sheetData>", "<row r='9'>" + "<a>" * 50_000 + "</a>" * 50_000 +
                                      "</row></sheetData>")
    assert refusal(workbook(deep), name="f.xlsx")
    rows = "".join(f'<row r="{line}"><c r="A{line}"><v>{line * 7919}</v></c></row>' for line in range(9, 20_000))
    refusal(workbook(sheet_xml(XR_ROWS[:2]).replace("</sheetData>", f"{rows}</sheetData>")), name="f.xlsx")


def test_the_process_knows_neither_web_nor_database_nor_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = ("import sys, mfg.instruments.child, mfg.instruments.readers, mfg.instruments.plain_data; "
           "print(*sorted({name.split('.')[0] for name in sys.modules}))")
    told = subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True).stdout.split()
    assert not {"flask", "sqlalchemy", "marshmallow", "reportlab", "numpy", "pandas", "cryptography"} & set(told)
    monkeypatch.setenv("MFG_DATABASE_URL", "postgresql://somebody:secret@host/db")
    assert not [name for name in bounded._environment() if name.startswith("MFG")]


def test_a_process_that_cannot_be_started_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded.sys, "executable", "/there is no such program")
    assert "could not be started (No such file or directory)" in refusal(SMALL["cellaca"])


def test_only_so_many_are_read_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "PATIENCE", 0.01)
    for _ in range(bounded.AT_ONCE):
        bounded._turns.acquire()
    try:
        assert "other files are being read" in refusal(SMALL["cellaca"])
    finally:
        for _ in range(bounded.AT_ONCE):
            bounded._turns.release()
    assert read_bounded("f", SMALL["cellaca"])
