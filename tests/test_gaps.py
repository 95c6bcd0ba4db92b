"""The list of what is not there yet is true: what it says is missing is missing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mfg.tables import METADATA
from mfg.verbs import VERBS

ROOT = Path(__file__).resolve().parent.parent


def rows() -> list[tuple[str, str]]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("## What it does not do yet")[2].partition("\n## ")[0]
    found = re.findall(r"^\| (.+?) \| (no .+?) \|$", section, re.M)
    return [(gap, proof) for gap, proof in found]


def named(proof: str, kind: str) -> list[str]:
    return re.findall(r"`([^`]+)`", proof) if proof.startswith(f"no {kind}") else []


def test_the_list_is_there() -> None:
    assert len(rows()) >= 15


@pytest.mark.parametrize(("gap", "proof"), rows(), ids=[gap.split(":")[0][:40] for gap, _ in rows()])
def test_what_is_listed_as_missing_is_missing(gap: str, proof: str) -> None:
    verbs, tables, commands = named(proof, "verb"), named(proof, "table"), named(proof, "command")
    assert verbs or tables or commands, f"nothing to check in {proof!r}"
    assert not set(verbs) & set(VERBS), f"{gap}: there now, take it off the list"
    assert not set(tables) & set(METADATA.tables), f"{gap}: there now, take it off the list"
    for command in commands:
        done = subprocess.run([sys.executable, "-m", "mfg.cli", *command.split()], capture_output=True, text=True,
                              cwd=ROOT, check=False)
        assert done.returncode == 64 and "invalid choice" in done.stderr, f"{gap}: there now, take it off the list"
