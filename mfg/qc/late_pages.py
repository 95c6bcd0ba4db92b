"""What is shown of the plan of sterility reads, and of stops. It changes nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.stops import DoseStop, dose_stop
from mfg.doors import Page
from mfg.facts import Finding, Verdict
from mfg.ledger import now
from mfg.qc.late_acts import unsettled
from mfg.qc.late_api import all_stops
from mfg.qc.records import Sample
from mfg.qc.sterility_records import invalidation_of, running, sterility_test, under_test
from mfg.qc.sterility_rules import DAY, GROWTH, Running, daily_reads, final_in_time

WHEN = "%Y-%m-%d %H:%M UTC"


def state_of(facts: Running) -> dict[str, str]:
    """The state of a running test by shape and word: growth and what is overdue first."""
    if facts.state in GROWTH:
        return {"verdict": "FAIL", "text": facts.state}
    if facts.invalid:
        return {"verdict": "CANNOT DETERMINE", "text": "set aside: fault of the test"}
    overdue: Finding = final_in_time(facts)
    if overdue.verdict is Verdict.FAIL:
        return {"verdict": "FAIL", "text": "last read overdue"}
    if facts.ended:
        return {"verdict": "PASS", "text": facts.state}
    missed = daily_reads(facts).verdict is Verdict.FAIL
    return {"verdict": "CANNOT DETERMINE", "text": f"{facts.state}, reads missing" if missed else facts.state}


def list_sterility(session: Session) -> dict[str, Any]:
    """Every sterility test: what is next due first, ended ones last."""
    at = now()
    found = [(row, running(session, row, at)) for row in under_test(session)]
    found.sort(key=lambda one: (one[1].ended, one[1].final_due or at))
    rows = [[{"text": row.code, "url": f"/samples/{row.code}", "code": True}, state_of(facts), row.dose or row.batch,
             f"day {facts.reads[-1][0]} of {facts.days}" if facts.reads else "not read", _next(facts),
             ", ".join(f"day {day}" for day in facts.missed) or "none",
             f"{facts.final_due:{WHEN}}" if facts.final_due else "not said"] for row, facts in found]
    return {"title": "Sterility tests", "rows": rows, "empty": "No sterility test was read.", "actions": [],
            "headers": ["Sample", "State", "Of", "Read", "Next read", "Missed", "Last read due"]}


def _next(facts: Running) -> str:
    """The next day that has no read, and when it is."""
    if facts.ended or facts.days is None:
        return "none"
    today = (facts.at - facts.inoculated_at) // DAY
    read = {day for day, _ in facts.reads}
    day = next((one for one in facts.due_days if one >= min(today, facts.days) and one not in read), facts.days)
    return f"day {day}, {facts.due_at(day):{WHEN}}"


def plan_section(session: Session, row: Sample) -> dict[str, Any]:
    """The plan of reads of a sample, day by day, with what was read and what was not; for the page of the sample."""
    facts = running(session, row, now())
    read = dict(facts.reads)
    rows = [[f"day {day}", f"{facts.due_at(day):{WHEN}}", _cell(day, read.get(day), facts)] for day in facts.due_days]
    aside = invalidation_of(session, row.code)
    if aside is not None:
        rows.append(["set aside", f"{aside.invalidated_at:{WHEN}}",
                     {"verdict": "CANNOT DETERMINE", "text": aside.ground, "sub": aside.evidence}])
    return {"title": "Plan of sterility reads", "headers": ["Day", "Due", "Read"],
            "rows": rows if sterility_test(session, row) and facts.reads else [],
            "empty": "It is not under a sterility test."}


def _cell(day: int, reading: str | None, facts: Running) -> dict[str, str]:
    if reading is not None:
        return {"verdict": "FAIL" if reading in GROWTH else "PASS", "text": reading}
    return {"verdict": "FAIL", "text": "missed"} if day in facts.missed else {"verdict": "TODO", "text": "to come"}


def list_stops(session: Session) -> dict[str, Any]:
    """Every stop on a dose: those that stand first."""
    rows = [[{"text": row.code, "url": f"/stops/{row.code}", "code": True}, _state(row), row.dose or
             f"every dose of {row.batch}", row.cause, row.why, f"{row.set_at:{WHEN}}"] for row in all_stops(session)]
    return {"title": "Stops", "rows": rows, "empty": "Nothing was ever stopped.", "actions": [],
            "headers": ["Stop", "State", "On", "Because of", "Why", "Set"]}


def _state(row: DoseStop) -> dict[str, str]:
    return {"verdict": "PASS", "text": "lifted"} if row.lifted_at else {"verdict": "FAIL", "text": "stopped"}


def show_stop(session: Session, *, stop: str) -> dict[str, Any]:
    """One stop, and what keeps it standing."""
    row = dose_stop(session, stop)
    pairs = [("On", row.dose or f"every dose of {row.batch}", False),
             ("Batch", {"text": row.batch, "url": f"/batches/{row.batch}/recall-list", "code": True}, False),
             ("Because of", row.cause, False), ("Why", row.why, False), ("Set", f"{row.set_at:{WHEN}}", False),
             ("Lifted", f"{row.lifted_at:{WHEN}} by {row.lifted_by}: {row.lifted_why}" if row.lifted_at else "no",
              False),
             ("Still unsettled", " ".join(unsettled(session, row)) or "nothing", False)]
    lift = {"url": f"/stops/{stop}/lift-stop", "label": "Lift the stop", "danger": True, "main": False}
    state = _state(row)
    return {"code": row.code, "title": f"Stop {row.code}", "state": state["text"], "verdict": state["verdict"],
            "pairs": pairs, "sections": [], "drawings": [], "actions": [] if row.lifted_at else [lift],
            "version": str(row.version), "back": "/stops", "strip": [{"k": "Stop", "v": row.code, "code": True}]}


LATE_PAGES = (
    Page("/sterility", list_sterility, "list.html"),
    Page("/stops", list_stops, "list.html"),
    Page("/stops/<stop>", show_stop),
)
