"""Workstations and what was found when their scanners were tried. The page to try one on is `workstation_screen.py`."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.equipment.rules import utc
from mfg.equipment.workstation_api import findings
from mfg.equipment.workstation_records import WorkstationCheck, newest_check, newest_checks
from mfg.equipment.workstation_records import check as load_check
from mfg.equipment.workstation_rules import visible

CALIBRATE = {"url": "/workstations/calibrate", "label": "Calibrate this workstation", "main": True, "danger": False}
#: verdict of the newest check -> what the scanner of the workstation is
WORDS = {"PASS": "scanner calibrated", "FAIL": "scanner not fit for use",
         "CANNOT DETERMINE": "scanner not known to be fit", None: "scanner never calibrated"}


def standing(row: WorkstationCheck | None) -> dict[str, str]:
    """What is known of a workstation's scanner: verdict, words, when."""
    verdict = row.verdict if row is not None else None
    return {"verdict": verdict or "CANNOT DETERMINE", "text": WORDS[verdict],
            "sub": utc(row.checked_at) if row is not None else ""}


def standing_at(session: Session, workstation: str) -> dict[str, str]:
    """The same of the workstation with this name."""
    return standing(newest_check(session, workstation))


def list_workstations(session: Session) -> dict[str, Any]:
    """Every workstation whose scanner was tried, with what was found last."""
    rows = [[{"text": row.workstation, "code": True}, standing(row), row.layout or "none",
             {"text": row.code, "url": f"/workstations/checks/{row.code}", "code": True}, row.checked_by]
            for row in newest_checks(session)]
    return {"title": "Workstations", "rows": rows, "back": "/equipment", "actions": [CALIBRATE],
            "empty": "No scanner was tried yet. Open this page at each workstation and calibrate it.",
            "headers": ["workstation", "scanner", "layout that changes it", "check", "by"]}


def show_check(session: Session, *, check: str) -> dict[str, Any]:
    """One check: what was found, and what arrived sign by sign."""
    row = load_check(session, check)
    told = "".join(one if one.isprintable() else f"<{visible(one)}>" for one in row.arrived)
    pairs = [("workstation", {"text": row.workstation, "code": True}, False), ("test symbol", row.symbol, False),
             ("checked", utc(row.checked_at), False), ("by", row.checked_by, False),
             ("ended by", row.suffix or "not told by this browser", False),
             ("arrived", {"text": told, "code": True}, False)]
    return {"code": row.code, "title": "Check of a scanner", "state": WORDS[row.verdict], "verdict": row.verdict,
            "pairs": pairs, "findings": [one.as_dict() for one in findings(row)], "back": "/workstations/calibrate",
            "strip": [{"k": "Workstation", "v": row.workstation, "code": True}],
            "actions": [{"url": "/workstations", "label": "All workstations", "main": False, "danger": False},
                        CALIBRATE | {"label": "Scan again"} if row.verdict != "PASS" else
                        {"url": "/", "label": "Go to the floor", "main": True, "danger": False}]}


PAGES: tuple[Page, ...] = (
    Page("/workstations", list_workstations, "list.html"),
    Page("/workstations/checks/<check>", show_check),
)
