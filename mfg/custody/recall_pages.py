"""What is shown of recalls, and who holds which bag; the same list as paper. It changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.records import batch as batch_of
from mfg.batches.stops import DoseStop, stops_within
from mfg.codes.own import coi_text
from mfg.custody.holders import Held
from mfg.custody.recall_acts import reconciling
from mfg.custody.recall_api import all_recalls, held_in_batch, held_of_dose
from mfg.custody.recall_records import DoseRecall, RecalledBag, recall, recalled_bag, recalled_in
from mfg.custody.recall_rules import CLOSE
from mfg.doors import Page
from mfg.facts import judge
from mfg.ledger import now
from mfg.paper.recall_list import recall_list
from mfg.trial.records import recipient

WHEN = "%Y-%m-%d %H:%M UTC"
HEADERS = ["Bag", "Dose", "Dose is", "Where it is", "Held by", "Since", "By"]
DRAWN = {"returned": "PASS", "destroyed": "PASS", "infused": "FAIL", "cannot be found": "FAIL"}


def _row(one: Held) -> list[Any]:
    """One bag; where nobody recorded where it went, that is told by shape and word."""
    where: Any = one.where if one.known else {"verdict": "CANNOT DETERMINE", "text": "unknown", "sub": one.where}
    return [{"text": one.bag, "url": f"/custody/{one.bag}", "code": True, "sub": f"fill {one.attempt}, withdrawn" if
             one.withdrawn else f"fill {one.attempt}"}, {"text": one.dose, "url": f"/doses/{one.dose}", "code": True},
            one.dose_state, where, one.holder or "no person by the records", f"{one.since:{WHEN}}", one.record]


def _stops(rows: list[DoseStop]) -> dict[str, Any]:
    told = [[{"text": row.code, "url": f"/stops/{row.code}", "code": True}, row.dose or "every dose",
             {"verdict": "PASS", "text": "lifted"} if row.lifted_at else {"verdict": "FAIL", "text": "stopped"},
             row.cause, row.why, f"{row.set_at:{WHEN}}"] for row in rows]
    return {"title": "Stops", "headers": ["Stop", "On", "State", "Because of", "Why", "Set"], "rows": told}


def show_list(session: Session, *, batch: str) -> dict[str, Any]:
    """Who holds which bag of a batch now, and what stops them."""
    row, held = batch_of(session, batch), held_in_batch(session, batch)
    unknown = sum(not one.known for one in held)
    return {"code": row.code, "title": f"Who holds the bags of {row.code}",
            "state": f"{len(held)} bags, {unknown} unknown", "verdict": "CANNOT DETERMINE" if unknown else "TODO",
            "pairs": [("Batch", row.code, False), ("Recipient", row.recipient, False)], "drawings": [],
            "sections": [{"title": "Bags", "headers": HEADERS, "rows": [_row(one) for one in held]},
                         _stops(stops_within(session, batch))],
            "back": f"/batches/{batch}", "strip": [{"k": "Batch", "v": row.code, "code": True}],
            "actions": [{"url": f"/batches/{batch}/recall-list.pdf", "label": "As paper", "danger": False,
                         "main": True}]}


def show_holders(session: Session, *, dose: str) -> dict[str, Any]:
    """Who holds which bag of a dose now."""
    held = held_of_dose(session, dose)
    return {"title": f"Who holds the bags of {dose}", "headers": HEADERS, "rows": [_row(one) for one in held],
            "empty": f"{dose} was never filled.", "back": f"/doses/{dose}",
            "actions": [{"url": f"/doses/{dose}/recall-dose", "label": "Recall the dose", "danger": True,
                         "main": False}]}


def recall_list_pdf(session: Session, batch: str, at: datetime | None = None,
                    names: Mapping[str, str] | None = None) -> bytes:
    """The list as paper, to telephone by and to tick off; `names`: printed names of staff by their code."""
    row, moment, named = batch_of(session, batch), at or now(), names or {}
    rows = [(one.bag, f"{one.dose}, fill {one.attempt}{', withdrawn' if one.withdrawn else ''}", one.dose_state,
             one.where if one.known else f"UNKNOWN: {one.where}", named.get(one.holder, one.holder) or "no person",
             f"{one.since:{WHEN}}")
            for one in held_in_batch(session, batch)]
    stops = [(one.code, one.dose or "every dose", f"lifted {one.lifted_at:{WHEN}}" if one.lifted_at else "stopped",
              f"{one.cause}: {one.why}") for one in stops_within(session, batch)]
    coi = coi_text(recipient(session, row.recipient).coi)
    return recall_list(batch=row.code, recipient=row.recipient, coi=coi, at=f"{moment:{WHEN}}", bags=rows, stops=stops)


def list_recalls(session: Session) -> dict[str, Any]:
    """What is not closed first, then the newest."""
    rows = []
    for row in all_recalls(session):
        (found,) = judge(CLOSE, reconciling(session, row))
        rows.append([{"text": row.code, "url": f"/recalls/{row.code}", "code": True},
                     {"verdict": "PASS", "text": "closed"} if row.state == "closed" else
                     {"verdict": "FAIL", "text": f"open, {found.value or '?'} outstanding"},
                     {"text": row.dose, "url": f"/doses/{row.dose}", "code": True}, row.why, f"{row.begun_at:{WHEN}}"])
    return {"title": "Recalls", "rows": rows, "empty": "No dose was recalled.", "actions": [],
            "headers": ["Recall", "State", "Dose", "Why", "Begun"]}


def show_recall(session: Session, *, recall: str) -> dict[str, Any]:
    """One recall: each bag, where it was, what became of it, and what is left."""
    row = _recall(session, recall)
    (found,) = judge(CLOSE, reconciling(session, row))
    pairs = [("Dose", {"text": row.dose, "url": f"/doses/{row.dose}", "code": True}, False), ("Why", row.why, False),
             ("Begun", f"{row.begun_at:{WHEN}} by {row.begun_by}", False), ("Reconciliation", found.why, False),
             ("Closed", f"{row.closed_at:{WHEN}} by {row.closed_by}" if row.closed_at else "not yet", False)]
    bags = {"title": "Bags", "headers": ["Bag", "Answer", "Where it was", "What happened", "When", "Answered", "Next"],
            "rows": [_bag(one) for one in recalled_in(session, row.code)]}
    return {"code": row.code, "title": f"Recall {row.code}", "state": row.state, "drawings": [], "pairs": pairs,
            "verdict": "PASS" if row.state == "closed" else found.verdict.value, "sections": [bags], "back": "/recalls",
            "version": str(row.version), "actions": _next(session, row),
            "strip": [{"k": "Recall", "v": row.code, "code": True}, {"k": "Dose", "v": row.dose, "code": True}]}


def _next(session: Session, row: DoseRecall) -> list[dict[str, Any]]:
    """First the answer for each bag; the recall is closed when none is left."""
    if row.state != "open":
        return []
    asked = next((one for one in recalled_in(session, row.code) if one.answer == "asked"), None)
    url, label = (f"/recalled/{asked.code}/answer-recall", f"Answer for {asked.container}") if asked else \
        (f"/recalls/{row.code}/close-recall", "Close the recall")
    return [{"url": url, "label": label, "danger": False, "main": True}]


def _recall(session: Session, code: str) -> Any:
    return recall(session, code)


def _bag(one: RecalledBag) -> list[Any]:
    answered = f"{one.answered_at:{WHEN}} by {one.answered_by}" if one.answered_at else "not yet"
    return [{"text": one.container, "url": f"/custody/{one.container}", "code": True},
            {"verdict": DRAWN.get(one.answer, "TODO"), "text": one.answer}, one.place, one.words or "",
            f"{one.happened_at:{WHEN}}" if one.happened_at else "", answered,
            {"text": "Answer", "url": f"/recalled/{one.code}/answer-recall"}
            if one.answer in ("asked", "cannot be found") else ""]


def show_recalled(session: Session, *, recalled: str) -> dict[str, Any]:
    """One recalled bag."""
    one = recalled_bag(session, recalled)
    pairs = [("Recall", {"text": one.recall, "url": f"/recalls/{one.recall}", "code": True}, False),
             ("Where it was", one.place, False), ("Answer", one.answer, False),
             ("What happened", one.words or "", False)]
    answer = {"url": f"/recalled/{one.code}/answer-recall", "label": "Answer", "danger": False, "main": True}
    return {"code": one.code, "title": f"Recalled bag {one.container}", "state": one.answer,
            "verdict": DRAWN.get(one.answer, "TODO"), "pairs": pairs, "sections": [], "drawings": [],
            "back": f"/recalls/{one.recall}", "strip": [{"k": "Bag", "v": one.container, "code": True}],
            "version": str(one.version),
            "actions": [answer] if one.answer in ("asked", "cannot be found") else []}


RECALL_PAGES = (
    Page("/recalls", list_recalls, "list.html"),
    Page("/recalls/<recall>", show_recall),
    Page("/recalled/<recalled>", show_recalled),
    Page("/doses/<dose>/holders", show_holders, "list.html"),
    Page("/batches/<batch>/recall-list", show_list),
)
