"""Issuing blank records for work on paper, and accounting for every sheet of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mfg.batches.records import Batch, StepEntry
from mfg.db import look, next_code
from mfg.documents.records import document as document_of
from mfg.facts import Refused, judge, refuse_unless
from mfg.files import keep_file
from mfg.identity import Person
from mfg.labelling.sheet_records import BlankIssue, PaperSheet, blank_issue, paper_sheet
from mfg.labelling.sheet_rules import DESTROYED, ISSUE, SHEET, TRANSCRIBED, Issuing, Settling
from mfg.ledger import Doing, Who, act, fresh, now
from mfg.paper.blank import blank_record
from mfg.paper.blank_shape import BlankFacts, sheet_number
from mfg.quality.records import draft
from mfg.review.blank import blank_of_batch, blank_of_document
from mfg.review.record_names import when
from mfg.uploads import Upload

Drawn = Callable[..., BlankFacts]


def print_blank_record(session: Session, who: Who, *, document: str) -> str:
    """Issue a blank record of an effective master record. Returns the code of the issue, BLK-0001."""
    return _issue(session, who, document, None, blank_of_document, within=document)


def print_blank_of_batch(session: Session, who: Who, *, batch: str) -> str:
    """Issue a blank record of what is still to do in a batch. Returns the code of the issue."""
    with look(session.get_bind().engine) as reading:
        row = reading.get(Batch, batch)
        if row is None:
            raise Refused(f"There is no batch “{batch}”.", kind="not found")
        document = row.master_record
    return _issue(session, who, document, batch, blank_of_batch, within=batch)


def _issue(session: Session, who: Who, document: str, batch: str | None, facts_of: Drawn, *, within: str) -> str:
    """Drawing comes before the act, with the number that is next; somebody faster takes it, and it is drawn again."""
    with look(session.get_bind().engine) as reading:
        code = f"BLK-{(reading.scalar(select(func.count()).select_from(BlankIssue)) or 0) + 1:04d}"
        facts = facts_of(reading, batch or document, issue=code, issued=_issued(reading, who, now()),
                         reason=who.reason.strip())
    pdf, sheets = blank_record(facts)
    with act(session, "print blank record", on=code, within=within, **who.how) as doing:
        if next_code(session, BlankIssue, "BLK", 4) != code:
            raise Refused("Somebody issued a blank record at the same moment. Print once more.", kind="stale")
        refuse_unless(judge(ISSUE, _issuing(session, code, document, batch, facts.master_hash)))
        kept = keep_file(session, Upload(f"{code}.pdf", pdf, "application/pdf"), by=doing.by.code, at=doing.at)
        session.add(BlankIssue(code=code, document=document, document_hash=facts.master_hash, batch=batch,
                               sheets=sheets, file=kept.code, reason=doing.how.reason, issued_by=doing.by.code,
                               issued_at=doing.at))
        session.flush()
        session.add_all(PaperSheet(code=sheet_number(code, number), issue=code, number=number, state=SHEET.start,
                                   told="") for number in range(1, sheets + 1))
        doing.signs({"blank record": code, "document": document, "hash": facts.master_hash, "batch": batch,
                     "sheets": sheets, "pdf": sha256(pdf).hexdigest(), "reason": doing.how.reason})
        doing.result = code
    return doing.result


def _issued(session: Session, who: Who, at: datetime) -> str:
    name = session.scalar(select(Person.printed_name).where(Person.code == who.by))
    return f"{when(at)} by {name or who.by}"


def _issuing(session: Session, code: str, document: str, batch: str | None, drawn_from: str) -> Issuing:
    row, of = document_of(session, document), session.get(Batch, batch) if batch else None
    text_hash = sha256(row.text.encode()).hexdigest()
    if of is None:
        return Issuing(code, document, row.kind, row.state, text_hash, drawn_from)
    return Issuing(code, document, row.kind, row.state, text_hash, drawn_from, of.code, of.state, of.master_record)


# --- sheets -----------------------------------------------------------------------------------------------------


def return_sheet(session: Session, who: Who, *, sheet: str, seen: str | None = None) -> str:
    """A sheet came back, filled in or not. Returns the sheet."""
    with act(session, "return sheet", on=sheet, within=_within(session, sheet), **who.how) as doing:
        row = _seen(session, sheet, seen)
        row.state = SHEET.after("return sheet", row.state)
        row.returned_by, row.returned_at = doing.by.code, doing.at
        doing.result = sheet
    return doing.result


def confirm_transcription(session: Session, who: Who, *, sheet: str, seen: str | None = None) -> str:
    """Sign that what was entered is what stands on the sheet, by somebody who entered none of it."""
    with act(session, "confirm transcription", on=sheet, within=_within(session, sheet), **who.how) as doing:
        row, entered = _seen(session, sheet, seen), entered_from(session, sheet)
        state = SHEET.after("confirm transcription", row.state)
        refuse_unless(judge(TRANSCRIBED, Settling(sheet, doing.by.code, tuple(one.entered_by for one in entered))))
        _settle(row, state, f"{len(entered)} values", doing)
        doing.signs({"sheet": sheet, "values": [[one.code, one.value, one.unit] for one in entered]})
    return doing.result


def destroy_sheet(session: Session, who: Who, *, sheet: str, seen: str | None = None) -> str:
    """Sign that a sheet nothing was entered from was destroyed, with the reason."""
    with act(session, "destroy sheet", on=sheet, within=_within(session, sheet), **who.how) as doing:
        row = _seen(session, sheet, seen)
        state = SHEET.after("destroy sheet", row.state)
        people = tuple(one.entered_by for one in entered_from(session, sheet))
        refuse_unless(judge(DESTROYED, Settling(sheet, doing.by.code, people)))
        _settle(row, state, doing.how.reason, doing)
        doing.signs({"sheet": sheet, "destroyed because": doing.how.reason})
    return doing.result


def report_sheet_lost(session: Session, who: Who, *, sheet: str, seen: str | None = None) -> str:
    """Say that a sheet cannot be found; a deviation opens with it."""
    with act(session, "report sheet lost", on=sheet, within=_within(session, sheet), **who.how) as doing:
        row = _seen(session, sheet, seen)
        _settle(row, SHEET.after("report sheet lost", row.state), doing.how.reason, doing)
        draft(session, within=doing.within, on=sheet, kind="reconciliation", by=doing.by.code, at=doing.at,
              what=f"Sheet {sheet} of a blank record cannot be found: {doing.how.reason}")
    return doing.result


def _settle(row: PaperSheet, state: str, told: str, doing: Doing) -> None:
    row.state, row.told = state, told
    row.settled_by, row.settled_at = doing.by.code, doing.at
    doing.result = row.code


def _seen(session: Session, code: str, seen: str | None) -> PaperSheet:
    row = paper_sheet(session, code)
    fresh(row, seen)
    return row


def _within(session: Session, sheet: str) -> str:
    """The batch of a sheet, or the master record; read apart, because an act must not begin with a stale read."""
    with look(session.get_bind().engine) as reading:
        issue = blank_issue(reading, paper_sheet(reading, sheet).issue)
        return issue.batch or issue.document


def entered_from(session: Session, sheet: str) -> list[StepEntry]:
    """The values in the system that name a sheet as where they stood, corrected ones too."""
    return list(session.scalars(select(StepEntry).where(StepEntry.paper == sheet).order_by(StepEntry.code)))
