"""The doors of blank records: issued for a master record or a batch, every sheet brought to an end."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.flow import flow_of
from mfg.batches.records import batch as load_batch
from mfg.batches.rules import DONE, SETTLED
from mfg.canonical import plain_data
from mfg.documents.records import document as load_document
from mfg.doors import Door, Pairs, View
from mfg.labelling.sheet_records import (
    BlankIssue,
    PaperSheet,
    all_issues,
    blank_issue,
    paper_sheet,
    sheets_of,
)
from mfg.review import blank_acts as acts
from mfg.review.record_names import Names

SHEET = "/sheets/<sheet>"


def issue_page(code: str) -> str:
    """The page of an issue."""
    return f"/blanks/{code}"


def sheet_page(code: str) -> str:
    """The page of a sheet."""
    return f"/sheets/{code}"


def _of_document(session: Session, *, document: str) -> Pairs:
    row = load_document(session, document)
    return [("Master record", f"{row.code}, {row.title}"), ("State", row.state), ("Hash", row.text_hash)]


def _of_batch(session: Session, *, batch: str) -> Pairs:
    row = load_batch(session, batch)
    flow = flow_of(session, row)
    left = sum(flow.standing(one) not in SETTLED | DONE for one in flow.steps)
    return [("Batch", f"{row.code}, {row.state}"), ("Master record", row.master_record),
            ("Steps still to do", str(left))]


def _compared(session: Session, *, sheet: str) -> Pairs:
    """What was entered from the sheet: whoever signs holds the sheet beside it."""
    names = Names(session)
    entered = acts.entered_from(session, sheet)
    told = [(f"{one.step}: {one.field}", f"{one.value} {one.unit or ''}".strip() + f", entered by "
             f"{names(one.entered_by, one.entered_at, apart=', ')}") for one in entered]
    return [("Sheet", sheet), *told] if told else [("Sheet", sheet), ("Entered from it", "nothing yet")]


def _sheet(session: Session, *, sheet: str) -> Pairs:
    row = paper_sheet(session, sheet)
    issue = blank_issue(session, row.issue)
    return [("Sheet", f"{sheet}, {row.state}"), ("Of", f"{issue.code}, {issue.sheets} sheets"),
            ("Batch", issue.batch or "none"), ("Entered from it", f"{len(acts.entered_from(session, sheet))} values")]


def _version(session: Session, *, sheet: str) -> str:
    return str(paper_sheet(session, sheet).version)


DOORS: tuple[Door, ...] = (
    Door("print blank record", "/documents/<document>", acts.print_blank_record, "Print a blank record",
         "Sign and issue the blank record", issue_page, shows=_of_document,
         intro="For work on paper when the system is away. Every sheet has a number and is accounted for."),
    Door("print blank record", "/batches/<batch>", acts.print_blank_of_batch, "Print a blank record of what is to do",
         "Sign and issue the blank record", issue_page, shows=_of_batch,
         intro="The steps still to do, to be filled in by hand. Every sheet has a number and is accounted for."),
    Door("return sheet", SHEET, acts.return_sheet, "The sheet came back", "Record that it is back", sheet_page,
         shows=_sheet, seen=_version),
    Door("confirm transcription", SHEET, acts.confirm_transcription, "Compare the sheet with what was entered",
         "Sign that it is the same", sheet_page, shows=_compared, seen=_version,
         intro="Hold the sheet beside these values. You entered none of them yourself."),
    Door("destroy sheet", SHEET, acts.destroy_sheet, "Destroy the sheet", "Sign that it is destroyed", sheet_page,
         shows=_sheet, seen=_version, danger=True, intro="Only a sheet nothing was entered from, with the reason."),
    Door("report sheet lost", SHEET, acts.report_sheet_lost, "The sheet is lost", "Report it lost", sheet_page,
         shows=_sheet, seen=_version, danger=True, intro="A deviation opens. Say where it was looked for."),
)


def issue_data(row: BlankIssue, sheets: list[PaperSheet]) -> dict[str, Any]:
    """One issue with its sheets, as plain data."""
    kept = ("code", "document", "document_hash", "batch", "sheets", "file", "reason", "issued_by", "issued_at")
    return {name: plain_data(getattr(row, name)) for name in kept} | {"each": [sheet_data(one) for one in sheets]}


def sheet_data(row: PaperSheet) -> dict[str, Any]:
    """One sheet as plain data."""
    kept = ("code", "issue", "number", "state", "returned_by", "returned_at", "settled_by", "settled_at", "told",
            "version")
    return {name: plain_data(getattr(row, name)) for name in kept}


def _read_issues(session: Session) -> list[dict[str, Any]]:
    return [{"code": row.code, "document": row.document, "batch": row.batch, "sheets": row.sheets, "open": left,
             "issued_at": plain_data(row.issued_at)} for row, left in all_issues(session)]


def _read_issue(session: Session, *, issue: str) -> dict[str, Any]:
    return issue_data(blank_issue(session, issue), sheets_of(session, issue))


def _read_sheet(session: Session, *, sheet: str) -> dict[str, Any]:
    entered = [{"entry": one.code, "step": one.step, "field": one.field, "value": one.value, "unit": one.unit,
                "entered_by": one.entered_by, "entered_at": plain_data(one.entered_at)}
               for one in acts.entered_from(session, sheet)]
    return sheet_data(paper_sheet(session, sheet)) | {"entered": entered}


VIEWS = (
    View("/blanks", _read_issues, "Blank records issued for work on paper"),
    View("/blanks/<issue>", _read_issue, "One blank record with all its sheets"),
    View(SHEET, _read_sheet, "One sheet with the values entered from it"),
)

