"""What is shown of exceptional releases: red for ever. It changes nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.facts import Verdict, verdict_of
from mfg.quality.shown import actions
from mfg.release.exceptional_api import LATE_DOORS, all_requests, judged_request
from mfg.release.exceptional_records import SPOKEN, ExceptionalRequest
from mfg.release.exceptional_records import exceptional_request as request_of
from mfg.release.exceptional_rules import PARTS, REQUEST

WHEN = "%Y-%m-%d %H:%M UTC"
#: what became of a request -> how it is drawn: a dose released out of specification is red for ever
DRAWN = {"used": ("FAIL", "released exceptionally"), "withdrawn": ("TODO", "withdrawn"), "open": ("OPEN", "open")}


def _state(row: ExceptionalRequest) -> dict[str, str]:
    verdict, text = DRAWN[row.state]
    return {"verdict": verdict, "text": text}


def list_requests(session: Session) -> dict[str, Any]:
    """Every request, the newest first."""
    rows = [[{"text": row.code, "url": f"/exceptional/{row.code}", "code": True}, _state(row),
             {"text": row.dose, "url": f"/doses/{row.dose}/decision", "code": True}, row.tests, row.need,
             f"{row.requested_at:{WHEN}}", {"text": row.decision, "url": f"/decisions/{row.decision}"}
             if row.decision else "none"] for row in all_requests(session)]
    return {"title": "Exceptional releases", "rows": rows, "actions": [],
            "empty": "No exceptional release was asked for.",
            "headers": ["Request", "State", "Dose", "Out of specification", "Urgent need", "Asked", "Decision"]}


def show_request(session: Session, *, request: str) -> dict[str, Any]:
    """One request: what each party said, and every finding as it stands now."""
    row = request_of(session, request)
    found = judged_request(session, row) if row.state == "open" else ()
    state = _state(row)
    verbs = [] if row.state != "open" else [move.verb for move in REQUEST.moves if row.state in move.before]
    pairs = [("Dose", {"text": row.dose, "url": f"/doses/{row.dose}/decision", "code": True}, False),
             ("Fill", str(row.attempt), False), ("Out of specification", row.tests, False),
             ("Urgent need", row.need, False), ("Asked", f"{row.requested_at:{WHEN}} by {row.requested_by}", False),
             ("Decision", {"text": row.decision, "url": f"/decisions/{row.decision}"} if row.decision else "none",
              False)]
    return {"code": row.code, "title": f"Exceptional release {row.code}", "state": state["text"],
            "verdict": state["verdict"] if row.state != "open" else verdict_of(found).value, "pairs": pairs,
            "sections": [_parties(row), *([_findings(found)] if found else [])], "drawings": [],
            "actions": actions(LATE_DOORS, f"/exceptional/{request}", verbs, "") + _decide(row, found),
            "version": str(row.version), "back": "/exceptional",
            "strip": [{"k": "Request", "v": row.code, "code": True}, {"k": "Dose", "v": row.dose, "code": True}]}


def _decide(row: ExceptionalRequest, found: tuple[Any, ...]) -> list[dict[str, Any]]:
    if not found or any(one.verdict is not Verdict.PASS for one in found):
        return []
    return [{"url": f"/doses/{row.dose}/release-dose-exceptionally", "label": "Release exceptionally", "danger": True,
             "main": False}]


def _parties(row: ExceptionalRequest) -> dict[str, Any]:
    told = []
    for column, part in SPOKEN.items():
        by, at = getattr(row, f"{column}_by"), getattr(row, f"{column}_at")
        told.append([PARTS[part], {"verdict": "PASS", "text": "said"} if by else {"verdict": "TODO", "text": "missing"},
                     getattr(row, f"{column}_words"), f"{at:{WHEN}} by {by}" if by else ""])
    return {"title": "Named parties", "headers": ["Part", "State", "What was said", "By"], "rows": told}


def _findings(found: tuple[Any, ...]) -> dict[str, Any]:
    rows = [[one.rule, {"verdict": one.verdict.value, "text": one.verdict.value}, one.title, one.why] for one in found]
    return {"title": "Findings now", "headers": ["Rule", "Verdict", "Asks", "Because"], "rows": rows}


EXCEPTIONAL_PAGES = (
    Page("/exceptional", list_requests, "list.html"),
    Page("/exceptional/<request>", show_request),
)
