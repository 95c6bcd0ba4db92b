"""What is shown of deviations. It changes nothing. CAPA and changes have files of their own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from mfg.doors import Page, leads
from mfg.ledger import now
from mfg.quality import capa_pages, change_pages
from mfg.quality.api import DOORS, age_in_days, all_deviations
from mfg.quality.capa_records import capas_of
from mfg.quality.cases import standing_affected
from mfg.quality.classes import CLASSES
from mfg.quality.records import (
    SEVERITIES,
    STATES,
    Deviation,
    affected_by,
    investigations_of,
    is_done,
    no_impacts_of,
    recurrence_of,
    standing_investigation,
)
from mfg.quality.records import deviation as record_of
from mfg.quality.rules import DEVIATION
from mfg.quality.shown import actions, by_at, choice, days, due, moment, states
from mfg.trail import signatures_of

EMPTY = "No deviation was opened."
#: the verb that comes next in each state
NEXT = {"draft": "confirm deviation", "open": "classify deviation", "classified": "investigate deviation",
        "investigating": "submit deviation", "QA review": "close deviation", "reopened": "classify deviation"}
ADDING = ("name affected", "extend deviation")


def list_deviations(session: Session, *, state: str = "", severity: str = "") -> dict[str, Any]:
    """All deviations, those that hold something first, the gravest and oldest first."""
    at = now()
    rows = [[{"text": row.code, "url": f"/deviations/{row.code}", "code": True}, status(row), row.severity, row.kind,
             days(age_in_days(row, at)), due(row.due_at, at, ended=is_done(row)), leads(row.within), leads(row.on_code),
             row.what]
            for row in all_deviations(session, state=state, severity=severity)]
    narrowed = state in (*STATES, "not ended") or severity in SEVERITIES
    return {"title": "Deviations", "rows": rows, "empty": "None is like this." if narrowed else EMPTY,
            "headers": ["Deviation", "State", "Severity", "Class", "Age", "Due", "Touches", "Record", "What"],
            "filters": [choice("state", "State", states(STATES), state or "all"),
                        choice("severity", "Severity", [("all", "All"), *((one, one.capitalize())
                                                                          for one in reversed(SEVERITIES))],
                               severity or "all")],
            "actions": [{"url": "/deviations/open-deviation", "label": "Open a deviation", "danger": True,
                         "main": False}]}


def show_deviation(session: Session, *, deviation: str) -> dict[str, Any]:
    """One deviation: its record, its timeline, what it affects, and what came of it."""
    row, at = record_of(session, deviation), now()
    return {"code": row.code, "title": f"Deviation {row.code}", "state": row.state, "verdict": status(row)["verdict"],
            "about": row.what, "pairs": _pairs(session, row, at), "drawings": [], "version": str(row.version),
            "sections": [_investigations(session, row), _affected(session, row), _no_impact(session, row),
                         _capa(session, row), _recurrence(session, row), _timeline(session, row)],
            "actions": _actions(session, row),
            "strip": [{"k": "Deviation", "v": row.code, "code": True}, {"k": "Touches", "v": row.within, "code": True}]}


def _pairs(session: Session, row: Deviation, at: datetime) -> list[tuple[str, Any, bool]]:
    by = "the system, at the breach itself, in the act of" if row.by_system else "a person,"
    told: list[tuple[str, Any]] = [
        ("Severity", row.severity + ("" if row.classified_by else ", not judged yet")),
        ("Class", f"{row.kind.capitalize()}: {CLASSES[row.kind].about.lower()}"),
        ("Touches", leads(row.within)), ("Record", leads(row.on_code)), ("What happened", row.what),
        ("What was demanded", row.requirement or None), ("What was done at once", row.immediate or None),
        ("Where", row.place or None), ("When it happened", moment(row.happened_at) if row.happened_at else None),
        ("Opened", f"{moment(row.opened_at)} by {by} {row.opened_by}"), ("Age", days(age_in_days(row, at))),
        ("Due", due(row.due_at, at, ended=is_done(row)) or "ended")]
    found = standing_investigation(session, row)
    if found is not None:
        told += [("Root cause", found.root_cause or None), ("Method", found.method or None),
                 ("Impact on the product", found.product_impact or None),
                 ("Impact on the patient", found.patient_impact or None),
                 ("Other batches affected?", f"{found.others_affected}: {found.others_why}")]
    if row.closed_at:
        told += [("Conclusion", row.conclusion), ("Closed", by_at(row.closed_by, row.closed_at))]
        told += [("Why no CAPA", row.no_capa_why)] if row.no_capa_why else []
    if row.void_ground:
        told += [("Void", row.void_ground + (f" of {row.duplicate_of}" if row.duplicate_of else ""))]
    return [(name, value, False) for name, value in told]


def _investigations(session: Session, row: Deviation) -> dict[str, Any]:
    rows = [[str(one.number), {"verdict": "PASS" if one.number == row.stands else "TODO",
                               "text": "stands" if one.number == row.stands else "does not stand"},
             one.findings, one.root_cause, one.method, one.others_affected, by_at(one.by, one.at)]
            for one in reversed(investigations_of(session, row.code))]
    return {"title": "Investigation", "rows": rows, "empty": "Nobody has investigated it yet.",
            "headers": ["Version", "Standing", "Findings", "Root cause", "Method", "Others affected", "Signed"]}


def _affected(session: Session, row: Deviation) -> dict[str, Any]:
    rows = [[leads(one.record),
             {"verdict": "CANNOT DETERMINE" if one.lifted_at is None and not is_done(row) else "PASS",
              "text": "affected" if one.lifted_at is None else "taken off"}, one.why,
             by_at(one.named_by, one.named_at),
             f"{by_at(one.lifted_by, one.lifted_at)}: {one.lifted_why}" if one.lifted_at else ""]
            for one in affected_by(session, row.code)]
    return {"title": "What else it affects", "rows": rows, "empty": f"Nothing but {row.within} was named.",
            "headers": ["Record", "Standing", "Why", "Named", "Taken off"]}


def _no_impact(session: Session, row: Deviation) -> dict[str, Any]:
    rows = []
    for one in no_impacts_of(session, row.code):
        signed = signatures_of(session, one.code)
        rows.append([{"text": one.dose, "url": f"/doses/{one.dose}", "code": True},
                     {"verdict": "PASS" if one.withdrawn_at is None else "FAIL",
                      "text": "stands" if one.withdrawn_at is None else "withdrawn"}, one.severity, one.why,
                     f"{by_at(one.found_by, one.found_at)}, {signed[0]['role'] if signed else 'unsigned'}",
                     f"{by_at(one.withdrawn_by, one.withdrawn_at)}: {one.withdrawn_why}" if one.withdrawn_at else ""])
    return {"title": "No impact on a dose, while the investigation goes on", "rows": rows,
            "empty": "No dose was set apart; every dose it touches is held.",
            "headers": ["Dose", "Standing", "Severity then", "Why", "Signed", "Withdrawn"]}


def _capa(session: Session, row: Deviation) -> dict[str, Any]:
    rows = [[{"text": one.code, "url": f"/capa/{one.code}", "code": True}, capa_pages.status(one), one.kind, one.action,
             one.owner, due(one.due_at, now(), ended=capa_pages.is_done(one))]
            for one in capas_of(session, row.code)]
    return {"title": "CAPA", "rows": rows, "headers": ["CAPA", "State", "Kind", "Action", "Owner", "Due"],
            "empty": "None was proposed."}


def _recurrence(session: Session, row: Deviation) -> dict[str, Any]:
    rows = [[{"text": one.code, "url": f"/deviations/{one.code}", "code": True}, status(one), one.severity, one.within,
             one.what, moment(one.opened_at)] for one in recurrence_of(session, row)]
    return {"title": f"The same class in the 12 months before: {len(rows)}", "rows": rows,
            "headers": ["Deviation", "State", "Severity", "Touches", "What", "Opened"],
            "empty": f"No other of class “{row.kind}” was opened in the 12 months before."}


def _timeline(session: Session, row: Deviation) -> dict[str, Any]:
    """What happened in the order it happened, from all that hangs on it."""
    told = [(row.happened_at, "It happened", ""), (row.opened_at, "Opened", row.opened_by),
            (row.confirmed_at, "Confirmed", row.confirmed_by), (row.classified_at, f"Judged {row.severity}",
                                                                row.classified_by),
            (row.submitted_at, "Handed to quality assurance", row.submitted_by),
            (row.closed_at, "Closed", row.closed_by)]
    told += [(one.at, f"Investigation, version {one.number}", one.by) for one in investigations_of(session, row.code)]
    for seen in affected_by(session, row.code):
        told += [(seen.named_at, f"{seen.record} named as affected", seen.named_by),
                 (seen.lifted_at, f"{seen.record} taken off", seen.lifted_by)]
    for word in no_impacts_of(session, row.code):
        told += [(word.found_at, f"No impact found on {word.dose}", word.found_by),
                 (word.withdrawn_at, f"No impact on {word.dose} withdrawn", word.withdrawn_by)]
    told += [(one.proposed_at, f"{one.code} proposed", one.proposed_by) for one in capas_of(session, row.code)]
    happened = [(when, what, by or "") for when, what, by in told if when is not None]
    rows = [[moment(when), what, by] for when, what, by in sorted(happened, key=lambda one: one[0])]
    return {"title": "Timeline", "rows": rows, "headers": ["When", "What", "Who"]}


def _actions(session: Session, row: Deviation) -> list[dict[str, Any]]:
    verbs = [move.verb for move in DEVIATION.moves if row.state in move.before]
    if not is_done(row):
        verbs += ADDING + (("lift affected",) if standing_affected(session, row.code) else ())
        verbs += ["find no impact"] if row.classified_by and row.severity != "critical" else []
    main = NEXT.get(row.state, "")
    if row.state == "reopened" and row.classified_by:
        main = "investigate deviation"
    if row.state == "investigating" and row.stands is None:
        main = "investigate deviation"
    url = f"/deviations/{row.code}"
    found = actions(DOORS, url, [one for one in verbs if one != "open deviation"], main)
    return [*found, {"url": f"/capa/propose-CAPA?source_kind=deviation&source={row.code}", "label": "Propose a CAPA",
                     "danger": False, "main": False}]


def status(row: Deviation) -> dict[str, str]:
    """Closed and void are done; a critical one stops, any other holds."""
    verdict = "PASS" if is_done(row) else "FAIL" if row.severity == "critical" else "CANNOT DETERMINE"
    return {"verdict": verdict, "text": row.state}


PAGES = (
    Page("/deviations", list_deviations, "list.html", asks=("state", "severity")),
    Page("/deviations/<deviation>", show_deviation),
    *capa_pages.PAGES, *change_pages.PAGES,
)
