"""Redlines to look at: one, all of them, and those of one batch. They are decided through their doors."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.flow import Flow
from mfg.batches.handling_api import all_redlines, redline_pairs
from mfg.batches.records import Redline
from mfg.batches.records import redline as load_redline
from mfg.doors import Page

VERDICTS = {"proposed": "TODO", "approved": "PASS", "rejected": "FAIL"}
HEADERS = ["redline", "status", "step", "the master record says", "instead", "because"]


def _row(row: Redline) -> list[Any]:
    return [{"text": row.code, "url": f"/redlines/{row.code}", "code": True}, _status(row),
            {"text": row.step, "url": f"/steps/{row.step}", "code": True}, row.was, row.becomes, row.reason]


def _status(row: Redline) -> dict[str, str]:
    return {"verdict": VERDICTS[row.state], "text": row.state}


def list_redlines(session: Session) -> dict[str, Any]:
    """All redlines, those to be decided first."""
    rows = sorted(all_redlines(session), key=lambda one: one.state != "proposed")
    return {"title": "Redlines", "headers": HEADERS, "rows": [_row(one) for one in rows], "actions": [],
            "empty": "No batch has been redlined. A redline is proposed on the page of a step."}


def redline_section(flow: Flow) -> list[dict[str, Any]]:
    """The redlines of one batch, where it has any."""
    rows = [_row(one) for one in flow.redlines]
    return [{"title": "Redlines of this batch", "headers": HEADERS, "rows": rows}] if rows else []


def show_redline(session: Session, *, redline: str) -> dict[str, Any]:
    """One redline: what the master record says, what holds instead, and who decided."""
    row = load_redline(session, redline)
    told = [*redline_pairs(row), ("Proposed", f"{row.proposed_at:%Y-%m-%d %H:%M} UTC")]
    if row.decided_by:
        told.append((row.state.capitalize(), f"{row.decided_at:%Y-%m-%d %H:%M} UTC by {row.decided_by}"))
    here = f"/redlines/{row.code}"
    actions = [{"url": f"{here}/approve-redline", "label": "Approve the redline", "danger": False, "main": True},
               {"url": f"{here}/reject-redline", "label": "Reject the redline", "danger": True, "main": False}]
    return {"code": row.code, "title": f"Redline {row.code}", "state": row.state, "verdict": VERDICTS[row.state],
            "pairs": [(label, value, False) for label, value in told], "sections": [], "drawings": [],
            "actions": actions if row.state == "proposed" else [
                {"url": f"/steps/{row.step}", "label": "Go to the step", "danger": False, "main": True}],
            "back": f"/steps/{row.step}", "version": str(row.version),
            "strip": [{"k": "Redline", "v": row.code, "code": True}, {"k": "Batch", "v": row.batch, "code": True}]}


REDLINE_PAGES = (
    Page("/redlines", list_redlines, "list.html"),
    Page("/redlines/<redline>", show_redline),
)
