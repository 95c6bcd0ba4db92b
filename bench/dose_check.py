"""Cases a second of `mfg dose check`, against reading and writing the same JSON lines and judging nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measure import Arms, Comparison, cpu, per_second
from mfg.trial.dose_check import check_stream

WEIGHTS = ("48.5", "62.0", "70.0", "84.3", "101.7")
COUNTS = ("4.1e6", "5.9e6", "6.0e6", "8.8e6")
NK = ("71.0", "88.5", "92.0", "97.4")
VOLUMES = ("60", "95", "120", "150", "180")


def cases() -> list[str]:
    """2,000 different cases: some pass, some fail, in one file with one protocol, as a site would send them."""
    lines = []
    for number, (kg, count, nk, volume) in enumerate(product(WEIGHTS, COUNTS, NK, VOLUMES)):
        for residual in ("0", "1.5", "2", "3", "5"):
            bag = {"volume_ml": volume, "residual_ml": residual, "viable_cells_per_ml": [count, "5.9e6", "6.0e6"],
                   "nk_percent": nk, "cd3_percent": "0.3", "endotoxin_eu_per_ml": "<0.5"}
            lines.append(json.dumps({
                "protocol": "NCT06835140", "cohort": "1", "infusion": 1, "decided_at": "2026-11-20T09:00:00Z",
                "weight": {"kg": kg, "measured_at": f"2026-11-1{number % 9}T08:00:00Z"}, "bags": [bag]}))
    return lines


def echo(lines: list[str]) -> None:
    sink = io.StringIO()
    for line in lines:
        sink.write(json.dumps(json.loads(line)) + "\n")


def judge_all(file: Path) -> bytes:
    """What the command runs, from the file to the last line written."""
    said = io.BytesIO()
    check_stream(str(file), said)
    return said.getvalue()


def looked_at(said: bytes, expected: int) -> None:
    """Before anything is measured: every case was answered, and they do not all say the same."""
    answers = [json.loads(line)["verdict"] for line in said.splitlines()]
    assert len(answers) == expected, f"{len(answers)} answers for {expected} cases"
    assert {"PASS", "FAIL"} <= set(answers), f"the cases decide nothing: {set(answers)}"


@contextmanager
def arms() -> Iterator[Arms]:
    lines = cases()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "cases.jsonl"
        file.write_text("\n".join(lines) + "\n", "utf-8")
        looked_at(judge_all(file), len(lines))
        yield Arms(cpu(lambda: judge_all(file), len(lines)), cpu(lambda: echo(lines), len(lines)))


COMPARISONS = (
    Comparison("mfg dose check", "JSON in and out, nothing judged", arms, per_second("cases"),
               promise="2,000 cases/s or more", kept=lambda _ratio, seconds: 1 / seconds >= 2000),
)
