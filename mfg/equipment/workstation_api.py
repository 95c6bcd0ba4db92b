"""The door of a workstation's check, and its checks to read."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.doors import Door, View
from mfg.equipment.workstation_acts import calibrate_workstation
from mfg.equipment.workstation_records import WorkstationCheck, newest_checks
from mfg.equipment.workstation_records import check as load_check
from mfg.equipment.workstation_rules import WORKSTATION, arrived
from mfg.facts import Finding, judge
from mfg.fields import Body, Choice, Scanned


class CalibrateWorkstation(Body):
    """What the computer made of the test symbol."""

    read = Scanned("What arrived", takes=("test symbol",), limit=400)
    suffix = Choice("What ended the scan", {"Enter": "Enter", "Tab": "Tab", "none": "nothing"}, required=False,
                    hint="Blank where it is not known.")


def findings(row: WorkstationCheck) -> tuple[Finding, ...]:
    """What was found in a check, told again from what arrived."""
    return judge(WORKSTATION, arrived(row.arrived, row.suffix))


def _data(row: WorkstationCheck) -> dict[str, Any]:
    return {attr.key: plain_data(getattr(row, attr.key)) for attr in row.__mapper__.column_attrs}


def _one(session: Session, *, check: str) -> Any:
    row = load_check(session, check)
    return _data(row) | {"findings": [one.as_dict() for one in findings(row)]}


DOORS: tuple[Door, ...] = (
    Door("calibrate workstation", "/workstations", calibrate_workstation, "Calibrate the scanner of this workstation",
         "Compare and record", lambda code: f"/workstations/checks/{code}", CalibrateWorkstation,
         intro="Scan the test symbol that stands on the page of this workstation."),
)
VIEWS: tuple[View, ...] = (
    View("/workstations", lambda session: [_data(row) for row in newest_checks(session)],
         "The newest check of every workstation"),
    View("/workstations/checks/<check>", _one, "One check of a workstation's scanner"),
)
