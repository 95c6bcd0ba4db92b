"""The scanner of a workstation is tried with the test symbol. What is found is kept, good or bad; it opens nothing."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mfg.db import next_code
from mfg.equipment.workstation_records import WorkstationCheck
from mfg.equipment.workstation_rules import WORKSTATION, arrived
from mfg.facts import Refused, judge, verdict_of
from mfg.ledger import Who, act


def calibrate_workstation(session: Session, who: Who, *, read: str, suffix: str) -> str:
    """Compare what arrived with the test symbol and keep what was found. Returns WKC-000001.

    `read` as it arrived, with the identifier if one came; `suffix` is "Enter", "Tab", "none", or "" where the browser
    cannot tell. Refused when it is not the test symbol at all, or the workstation has no name.
    """
    with act(session, "calibrate workstation", on=who.workstation, **who.how) as doing:
        if not who.workstation:
            raise Refused("It is not known which workstation this is. Calibrate it at its own screen.", kind="input")
        found = arrived(read, suffix)
        doing.on = doing.result = next_code(session, WorkstationCheck, "WKC")
        session.add(WorkstationCheck(
            code=doing.on, workstation=who.workstation, symbol=found.symbol, arrived=read, suffix=suffix,
            verdict=verdict_of(judge(WORKSTATION, found)).value, layout=found.layout.name if found.layout else "",
            checked_by=doing.by.code, checked_at=doing.at))
    return doing.result
