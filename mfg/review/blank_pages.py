"""Blank records and their sheets on the screen: what is out, what came back, what was entered from it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.labelling.sheet_records import PaperSheet, all_issues, blank_issue, paper_sheet, sheets_of
from mfg.labelling.sheet_rules import SHEET
from mfg.review.blank_acts import entered_from
from mfg.review.record_names import Names, when

#: what is done next with a sheet in each state; the server decides who may
NEXT = {"issued": ("return-sheet", "destroy-sheet", "report-sheet-lost"),
        "returned": ("confirm-transcription", "destroy-sheet")}
WORDS = {"return-sheet": "It came back", "confirm-transcription": "Compare with what was entered",
         "destroy-sheet": "Destroy it", "report-sheet-lost": "It is lost"}


def list_blanks(session: Session) -> dict[str, Any]:
    """Every blank record issued; what is still out stands first in words."""
    rows = [[{"text": row.code, "url": f"/blanks/{row.code}", "code": True}, row.document, row.batch or "none",
             str(row.sheets), f"{left} not accounted for" if left else "all accounted for", when(row.issued_at),
             row.reason] for row, left in all_issues(session)]
    return {"title": "Blank records", "rows": rows, "actions": [], "empty": "No blank record has been issued.",
            "headers": ["blank record", "master record", "batch", "sheets", "state", "issued", "because"]}


def show_blank(session: Session, *, issue: str) -> dict[str, Any]:
    """One issue and every sheet of it."""
    row, names = blank_issue(session, issue), Names(session)
    sheets = sheets_of(session, issue)
    left = sum(one.settled_at is None for one in sheets)
    told = [[{"text": one.code, "url": f"/sheets/{one.code}", "code": True}, one.state,
             names(one.returned_by, one.returned_at, apart=", "), names(one.settled_by, one.settled_at, apart=", "),
             one.told] for one in sheets]
    return {
        "code": row.code, "title": f"Blank record {row.code}", "back": "/blanks", "drawings": [],
        "state": f"{left} of {row.sheets} sheets not accounted for" if left else "every sheet accounted for",
        "verdict": "TODO" if left else "PASS",
        "strip": [{"k": "Blank record", "v": row.code, "code": True}, {"k": "Batch", "v": row.batch or "none"}],
        "pairs": [("Master record", row.document, False), ("Batch", row.batch or "to be written on it", False),
                  ("Issued", names(row.issued_by, row.issued_at, apart=", "), False), ("Because", row.reason, False),
                  ("SHA-256 of the PDF", row.file, False)],
        "sections": [{"title": "Sheets", "headers": ["sheet", "state", "came back", "accounted for", "told"],
                      "rows": told}],
        "actions": [{"url": f"/files/{row.file}", "label": "Open the PDF", "main": True, "danger": False}]}


def show_sheet(session: Session, *, sheet: str) -> dict[str, Any]:
    """One sheet, and the values entered from it."""
    row, names = paper_sheet(session, sheet), Names(session)
    issue = blank_issue(session, row.issue)
    entered = [[{"text": one.step, "url": f"/steps/{one.step}", "code": True}, one.field,
                f"{one.value} {one.unit or ''}".strip(), names(one.entered_by, one.entered_at, apart=", ")]
               for one in entered_from(session, sheet)]
    return {
        "code": row.code, "title": f"Sheet {row.code}", "back": f"/blanks/{row.issue}", "drawings": [],
        "state": row.state, "verdict": _sign(row), "version": row.version,
        "strip": [{"k": "Sheet", "v": row.code, "code": True}, {"k": "Batch", "v": issue.batch or "none"}],
        "pairs": [("Of", f"{row.issue}, sheet {row.number} of {issue.sheets}", False),
                  ("Came back", names(row.returned_by, row.returned_at, apart=", ") or "not yet", False),
                  ("Accounted for", names(row.settled_by, row.settled_at, apart=", ") or "not yet", False),
                  ("Told", row.told or "nothing", False)],
        "sections": [{"title": "Entered from it", "headers": ["step", "value of", "value", "by"], "rows": entered,
                      "empty": "No value in the system names this sheet."}],
        "actions": [{"url": f"/sheets/{row.code}/{slug}", "label": WORDS[slug], "main": place == 0,
                     "danger": slug in ("destroy-sheet", "report-sheet-lost")}
                    for place, slug in enumerate(NEXT.get(row.state, ()))]}


def _sign(row: PaperSheet) -> str:
    if row.state not in SHEET.final:
        return "TODO"
    return "FAIL" if row.state == "lost" else "PASS"


PAGES = (
    Page("/blanks", list_blanks, "list.html"),
    Page("/blanks/<issue>", show_blank),
    Page("/sheets/<sheet>", show_sheet),
)
