"""What is shown of changes. It changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.ledger import now
from mfg.quality.change_api import DOORS, all_changes
from mfg.quality.change_records import Change, documents_of, impacts_of
from mfg.quality.change_records import change as change_record
from mfg.quality.change_rules import AREAS, CHANGE
from mfg.quality.shown import actions, by_at, choice, due, states

NEXT = {"requested": "assess change", "impact assessed": "approve change", "approved": "implement change",
        "implemented": "verify change", "verified": "close change"}


def status(row: Change) -> dict[str, str]:
    """Closed is done; what lets documents become effective is under way."""
    ended = {"closed": "PASS", "rejected": "FAIL"}
    return {"verdict": ended.get(row.state, "CANNOT DETERMINE" if row.approved_at else "TODO"), "text": row.state}


def review(row: Change, at: datetime) -> Any:
    """The retrospective review of an emergency: done, owed by then, or overdue."""
    if not row.emergency:
        return ""
    if row.reviewed_at:
        return {"verdict": "PASS", "text": "reviewed", "sub": by_at(row.reviewed_by, row.reviewed_at)}
    if row.review_due_at is None or row.state == "rejected":
        return "not approved"
    return due(row.review_due_at, at)


def is_overdue(row: Change, at: datetime) -> bool:
    """An emergency whose review is owed and whose fifth working day is over."""
    return bool(row.review_due_at and not row.reviewed_at and row.state != "rejected" and at >= row.review_due_at)


def list_changes(session: Session, *, state: str = "") -> dict[str, Any]:
    """All changes; emergencies without their review first."""
    at = now()
    found = all_changes(session, state=state)
    late = [row.code for row in found if is_overdue(row, at)]
    rows = [[{"text": row.code, "url": f"/changes/{row.code}", "code": True}, status(row), row.title,
             "emergency" if row.emergency else "planned", review(row, at),
             ", ".join(documents_of(session, row.code)) or "none", by_at(row.requested_by, row.requested_at)]
            for row in found]
    return {"title": "Changes", "rows": rows,
            "about": f"Overdue review of an emergency: {', '.join(late)}." if late else "",
            "empty": "None is like this." if state in (*CHANGE.states, "not ended") else "No change was requested.",
            "headers": ["Change", "State", "What", "Path", "Review of the emergency", "Documents", "Requested"],
            "filters": [choice("state", "State", states(sorted(CHANGE.states)), state or "all")],
            "actions": [{"url": "/changes/request-change", "label": "Request a change", "danger": False,
                         "main": False}]}


def show_change(session: Session, *, change: str) -> dict[str, Any]:
    """One change: what it is, what it touches, what it covers, and who let it."""
    row, at = change_record(session, change), now()
    pairs: list[tuple[str, Any, bool]] = [(name, value, False) for name, value in (
        ("What", row.title), ("Why", row.why), ("Path", "emergency" if row.emergency else "planned"),
        *([("Review of the emergency", review(row, at))] if row.emergency else []),
        ("Requested", by_at(row.requested_by, row.requested_at)), ("Approved", by_at(row.approved_by, row.approved_at)),
        ("Done", by_at(row.implemented_by, row.implemented_at)), ("What was done", row.implementation or None),
        ("Verified", by_at(row.verified_by, row.verified_at)), ("What was seen", row.verification or None),
        ("Closed", by_at(row.closed_by, row.closed_at)), ("Conclusion", row.conclusion or None))]
    return {"code": row.code, "title": f"Change {row.code}", "state": row.state, "verdict": status(row)["verdict"],
            "pairs": pairs, "sections": [_impact(session, row), _documents(session, row)], "drawings": [],
            "actions": _actions(row), "version": str(row.version),
            "strip": [{"k": "Change", "v": row.code, "code": True}, {"k": "State", "v": row.state, "code": False}]}


def _impact(session: Session, row: Change) -> dict[str, Any]:
    found = impacts_of(session, row.code)
    newest = max((one.attempt for one in found), default=0)
    rows: list[list[Any]] = [[one.area.capitalize(), "yes" if one.affected else "no", one.why, by_at(one.by, one.at)]
                             for one in found if one.attempt == newest]
    return {"title": "What it touches", "rows": rows, "headers": ["Area", "Touched", "Why", "Signed"],
            "note": f"Assessment {newest} of {newest}." if newest > 1 else "",
            "empty": f"Not assessed yet: {', '.join(AREAS)}."}


def _documents(session: Session, row: Change) -> dict[str, Any]:
    rows = [[{"text": one, "code": True}] for one in documents_of(session, row.code)]
    return {"title": "Documents it lets become effective", "rows": rows, "headers": ["Document version"],
            "empty": "None is named."}


def _actions(row: Change) -> list[dict[str, Any]]:
    verbs = {move.verb for move in CHANGE.moves if row.state in move.before}
    if not row.emergency:
        verbs -= {"approve emergency change", "review emergency change"}
    if row.reviewed_at:
        verbs -= {"review emergency change"}
    main = NEXT.get(row.state, "")
    if row.emergency and row.state == "requested":
        main = "approve emergency change"
    if row.emergency and row.state == "verified" and not row.reviewed_at:
        main = "review emergency change"
    return actions(DOORS, f"/changes/{row.code}", verbs, main)


PAGES = (
    Page("/changes", list_changes, "list.html", asks=("state",)),
    Page("/changes/<change>", show_change),
)
