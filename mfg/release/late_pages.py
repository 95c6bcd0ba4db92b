"""What an inspector asks for: all conditional releases with their due dates and outcomes, and what keeps a batch from
being closed. It changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import Batch, Dose
from mfg.batches.records import batch as batch_of
from mfg.canonical import plain_data
from mfg.doors import Page
from mfg.facts import Finding
from mfg.ledger import now
from mfg.qc.sterility_records import running, under_test
from mfg.qc.sterility_rules import Running, final_in_time
from mfg.release.closing import findings
from mfg.release.records import Decision, decisions_of

WHEN = "%Y-%m-%d %H:%M UTC"
#: state of a dose -> (final outcome, how it is drawn)
OUTCOMES = {"released on condition": ("open: tests still run", "CANNOT DETERMINE"),
            "certified": ("released finally", "PASS"), "released then failed": ("released, then failed", "FAIL"),
            "revoked": ("release revoked", "FAIL"), "rejected": ("rejected", "FAIL"),
            "released exceptionally": ("released exceptionally", "FAIL")}


def conditional(session: Session, at: datetime) -> list[dict[str, Any]]:
    """Every conditional release, the newest first, with what its tests came to."""
    rows = session.execute(select(Decision, Dose).join(Dose, Dose.code == Decision.dose).where(
        Decision.kind == "released on condition").order_by(Decision.code.desc()))
    return [_told(session, row, of, at) for row, of in rows]


def _told(session: Session, row: Decision, of: Dose, at: datetime) -> dict[str, Any]:
    tests = [running(session, one, at) for one in under_test(session, of.batch) if one.dose in (None, of.code)]
    final = [one for one in decisions_of(session, of.code) if one.code > row.code and one.kind != "disposition"]
    outcome, drawn = OUTCOMES.get(of.state, (of.state, "CANNOT DETERMINE"))
    due = max((one.final_due for one in tests if one.final_due), default=None)
    return {"decision": row.code, "dose": of.code, "batch": of.batch, "released_at": row.decided_at,
            "condition": row.condition, "due": due, "outcome": outcome, "drawn": drawn,
            "overdue": any(final_in_time(one).verdict.value == "FAIL" for one in tests),
            "tests": "; ".join(f"{one.sample}: {one.state}{_day(one)}" for one in tests),
            "ended_by": final[-1].code if final else None, "ended_at": final[-1].decided_at if final else None}


def _day(one: Running) -> str:
    return f", day {one.reads[-1][0]} of {one.days}" if one.reads and not one.ended else ""


def list_conditional(session: Session) -> dict[str, Any]:
    """All conditional releases and their final outcome."""
    found = conditional(session, now())
    rows = [[{"text": one["decision"], "url": f"/decisions/{one['decision']}", "code": True},
             {"verdict": one["drawn"], "text": one["outcome"]},
             {"text": one["dose"], "url": f"/doses/{one['dose']}/decision", "code": True},
             f"{one['released_at']:{WHEN}}", {"text": one["tests"] or "none", "sub": one["condition"]}, _due(one),
             {"text": one["ended_by"], "url": f"/decisions/{one['ended_by']}", "sub": f"{one['ended_at']:{WHEN}}"}
             if one["ended_by"] else ""] for one in found]
    still = sum(one["drawn"] == "CANNOT DETERMINE" for one in found)
    return {"title": "Conditional releases", "rows": rows, "actions": [], "empty": "No dose was released on condition.",
            "about": f"{len(found)} in all, {still} still open.",
            "headers": ["Decision", "Final outcome", "Dose", "Released", "Open tests", "Last read due", "Ended by"]}


def _due(one: dict[str, Any]) -> Any:
    if one["due"] is None:
        return "not known"
    told = f"{one['due']:{WHEN}}"
    return {"verdict": "FAIL", "text": "overdue", "sub": told} if one["overdue"] else told


def conditional_data(session: Session) -> list[dict[str, Any]]:
    """The same as plain data."""
    return [{name: plain_data(value) for name, value in one.items() if name != "drawn"}
            for one in conditional(session, now())]


def show_closing(session: Session, *, batch: str) -> dict[str, Any]:
    """What stands between a batch and its closing."""
    row = batch_of(session, batch)
    found = findings(session, batch, now())
    rows = [[one.rule, {"verdict": one.verdict.value, "text": one.verdict.value}, one.title, one.why] for one in found]
    ready = all(one.verdict.value == "PASS" for one in found) and row.state == "complete"
    close = {"url": f"/batches/{batch}/close-batch", "label": "Close the batch", "danger": False, "main": True}
    return {"code": row.code, "title": f"Closing of {row.code}", "state": row.state, "drawings": [],
            "verdict": "PASS" if row.state == "closed" or ready else "CANNOT DETERMINE",
            "pairs": [("Batch", {"text": batch, "url": f"/batches/{batch}", "code": True}, False)],
            "sections": [{"title": "What it needs", "headers": ["Rule", "Verdict", "Asks", "Because"], "rows": rows}],
            "note": _why_open(row, found), "actions": [close] if ready else [],
            "version": str(row.version), "back": f"/batches/{batch}",
            "strip": [{"k": "Batch", "v": row.code, "code": True}]}


def _why_open(row: Batch, found: Sequence[Finding]) -> str:
    """Why there is no button, in one sentence."""
    if row.state == "closed":
        return "This batch is closed."
    waiting = sum(one.verdict.value != "PASS" for one in found)
    if waiting:
        return f"It cannot be closed yet: {waiting} of {len(found)} conditions {'is' if waiting == 1 else 'are'} open."
    return "" if row.state == "complete" else f"It cannot be closed yet: the batch is {row.state}; complete it first."


LATE_PAGES = (
    Page("/conditional-releases", list_conditional, "list.html"),
    Page("/batches/<batch>/closing", show_closing),
)
