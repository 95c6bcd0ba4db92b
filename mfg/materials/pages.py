"""Lots, suppliers and articles to look at. Whether a lot may be used is asked at the moment of use, not here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.files import kept_file
from mfg.ledger import now
from mfg.materials.amounts import Reconciled, accounted_for, by_batch, by_step
from mfg.materials.api import (
    articles_listed,
    left_by_lot,
    lots,
    measured,
    origin_of,
    state_at,
    strength_of,
    suppliers_listed,
)
from mfg.materials.records import Consumption, Lot, Reconciliation, consumption_of, counts_of, openings_of
from mfg.materials.records import lot as load_lot
from mfg.materials.records import supplier as load_supplier
from mfg.materials.rules import MOVES, STOPPED, USABLE, usable_until
from mfg.materials.using import last_openings, left, taken

#: state -> the verdict that gives it colour and shape
VERDICTS = {"released": "PASS", "in use": "PASS", "quarantine": "TODO", "depleted": "TODO", "blocked": "FAIL",
            "rejected": "FAIL", "recalled": "FAIL", "expired": "FAIL"}
SUPPLIER_VERDICTS = {"proposed": "TODO", "qualified": "PASS", "conditional": "CANNOT DETERMINE", "disqualified": "FAIL"}
Row = list[Any]


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "not recorded"


def _word(state: str) -> dict[str, str]:
    return {"verdict": VERDICTS[state], "text": state}


def list_lots(session: Session) -> dict[str, Any]:
    """All lots with what is left of them and how long they may be used."""
    at, rows = now(), lots(session)
    rest, opened = left_by_lot(session, rows), last_openings(session, [row.code for row in rows], at)
    found = [[{"text": row.code, "url": f"/lots/{row.code}", "code": True}, row.kind, row.name, row.supplier_lot,
              {"text": _when(usable_until(row.expires_at, opened.get(row.code), row.open_life_hours)),
               "sub": "end of open life" if row.code in opened else ""},
              measured(rest[row.code], row.quantity_unit, "not known"), _word(state_at(row, at))] for row in rows]
    return {"title": "Materials", "rows": found, "empty": "No lot has been received.",
            "headers": ["lot", "kind", "name", "supplier's lot", "usable until", "left", "state"],
            "actions": [_action("/suppliers", "Suppliers"), _action("/articles", "Articles"),
                        _action("/trace", "Trace a lot"), _action("/lots/receive-lot", "Receive lot", main=True)]}


def _action(url: str, label: str, *, main: bool = False, danger: bool = False) -> dict[str, Any]:
    return {"url": url, "label": label, "main": main, "danger": danger}


def show_lot(session: Session, *, lot: str) -> dict[str, Any]:
    """One lot: what it is, what was opened, taken and counted of it, and where it went."""
    row, at = load_lot(session, lot), now()
    state, uses = state_at(row, at), consumption_of(session, lot=lot)
    return {"code": row.code, "title": "Lot", "state": state, "verdict": VERDICTS[state],
            "pairs": [(label, value, False) for label, value in _facts(session, row, at)], "drawings": [],
            "strip": [{"k": "lot", "v": row.code, "code": True}, {"k": "usable until", "v": _usable(session, row, at)}],
            "actions": _actions(row), "sections": [_openings(session, row), _consumption(uses), _sums(uses),
                                                   _counts(session, row)]}


def _usable(session: Session, row: Lot, at: datetime) -> str:
    """The last moment of use, or that there is none."""
    if row.state in STOPPED:
        return f"no use, {row.state}"
    opened = last_openings(session, [row.code], at).get(row.code)
    return _when(usable_until(row.expires_at, opened, row.open_life_hours))


def _facts(session: Session, row: Lot, at: datetime) -> list[tuple[str, Any]]:
    unit = row.quantity_unit
    return [("kind", row.kind), ("name", row.name), ("supplier", row.supplier), ("supplier's lot", row.supplier_lot),
            ("trade item", row.gtin or "not scanned"), ("critical", "yes" if row.critical else "no"),
            ("grade", row.grade or "not stated"), ("origin", origin_of(row)), ("strength", strength_of(row)),
            ("received", f"{row.received_by}, {_when(row.received_at)}"),
            ("quantity", measured(row.quantity, unit, "not recorded")),
            ("left", measured(left(session, row), unit, "not known")),
            ("containers", row.containers), ("open life", measured(row.open_life_hours, "h", "none stated")),
            ("expires", _when(row.expires_at)), ("usable until", _usable(session, row, at)),
            ("certificate", row.certificate or None), ("its file", _file(session, row)),
            ("approved", f"{row.released_by}, {_when(row.released_at)}" if row.released_by else "no")]


def _file(session: Session, row: Lot) -> Any:
    """The kept certificate, to be opened."""
    if row.certificate_file is None:
        return "not attached; needed before release"
    return {"text": kept_file(session, row.certificate_file).name, "url": f"/files/{row.certificate_file}"}


#: verb -> label, in the order of the buttons; what a state allows, MOVES says
LABELS = {"release lot": "Release", "open lot": "Open a container", "unblock lot": "Unblock", "block lot": "Block",
          "reject lot": "Reject", "recall lot": "Recall"}


def _actions(row: Lot) -> list[dict[str, Any]]:
    """What its state allows: the first of them is the main one."""
    possible = {move.verb for move in MOVES.moves if row.state in move.before}
    found = [_action(f"/lots/{row.code}/{verb.replace(' ', '-')}", label, main=verb in ("release lot", "open lot"),
                     danger=verb in ("block lot", "reject lot", "recall lot"))
             for verb, label in LABELS.items() if verb in possible]
    if row.state == MOVES.start:
        found.append(_action(f"/lots/{row.code}/attach-certificate", "Attach certificate"))
    if row.state in (*USABLE, "depleted"):
        found.append(_action(f"/lots/{row.code}/reconcile-lot", "Count what is left"))
    return [*found, _action(f"/lots/{row.code}/trace", "Trace: where it went")]


def _openings(session: Session, row: Lot) -> dict[str, Any]:
    rows = [[one.code, _when(one.opened_at), _when(one.good_until), one.opened_by]
            for one in openings_of(session, row.code)]
    return {"title": "Opened containers", "headers": ["container", "opened", "good until", "by"], "rows": rows,
            "empty": "No container is recorded as opened."}


def _consumption(uses: list[Consumption]) -> dict[str, Any]:
    rows = [[{"text": one.on.partition("/")[2] or one.on, "url": f"/steps/{one.on}"},
             {"text": one.within, "url": f"/batches/{one.within}", "code": True}, one.kind,
             measured(one.amount, one.unit, ""), _when(one.at), one.by, one.reason] for one in uses]
    return {"title": "Amounts taken", "headers": ["step", "batch", "", "amount", "when", "by", "reason"], "rows": rows,
            "empty": "No amount was taken of it. The trace shows where it was scanned."}


def _sums(uses: list[Consumption]) -> dict[str, Any]:
    """Issued against used, wasted, returned; step by step and for each batch."""
    steps = by_step(taken(uses))
    return {"title": "Reconciliation", "headers": ["where", "issued", "used", "wasted", "returned", "verdict"],
            "empty": "Nothing to reconcile yet.",
            "rows": [sums_row(Reconciled(one, accounted_for(one))) for one in (*steps, *by_batch(steps))]}


def sums_row(one: Reconciled) -> Row:
    """One line of a reconciliation, for the lot here and for the batch elsewhere."""
    sums = one.sums
    return [f"step {sums.on.partition('/')[2]} of {sums.within}" if sums.on else f"all of {sums.within}",
            *(measured(getattr(sums, name), sums.unit, "") for name in ("issued", "used", "wasted", "returned")),
            {"verdict": one.finding.verdict.value, "sub": one.finding.why}]


def _counts(session: Session, row: Lot) -> dict[str, Any]:
    rows = [_count_row(one) for one in counts_of(session, row.code)]
    return {"title": "Counted", "headers": ["count", "counted", "should be left", "verdict", "first", "second"],
            "rows": rows, "empty": "What is left has not been counted."}


def _count_row(one: Reconciliation) -> Row:
    """The number stays hidden until the second person has counted without seeing it."""
    first = f"{one.counted_by}, {_when(one.counted_at)}"
    if one.state == "counted":
        waits = {"verdict": "TODO", "text": "waits for the second count"}
        return [one.code, "hidden until confirmed", "", waits, first,
                {"text": "Confirm the count", "url": f"/reconciliations/{one.code}/confirm-reconciliation"}]
    second = f"{one.confirmed_by}, {_when(one.confirmed_at)}" if one.confirmed_by else "replaced by a new count"
    return [one.code, measured(one.counted, one.unit, ""), measured(one.computed, one.unit, ""),
            {"verdict": one.verdict}, first, second]


def list_suppliers(session: Session) -> dict[str, Any]:
    """All suppliers."""
    rows = [[{"text": row.code, "url": f"/suppliers/{row.code}", "code": True}, row.name,
             {"verdict": SUPPLIER_VERDICTS[row.state], "text": row.state}, row.remark,
             f"{row.decided_by}, {_when(row.decided_at)}" if row.decided_by else "not decided"]
            for row in suppliers_listed(session)]
    return {"title": "Suppliers", "headers": ["supplier", "name", "state", "remark", "decided"], "rows": rows,
            "empty": "No supplier is on the list.",
            "actions": [_action("/suppliers/propose-supplier", "Propose a supplier", main=True)]}


def show_supplier(session: Session, *, supplier: str) -> dict[str, Any]:
    """One supplier and the lots received from it."""
    row, at = load_supplier(session, supplier), now()
    rows = [[{"text": one.code, "url": f"/lots/{one.code}", "code": True}, one.kind, one.name, one.supplier_lot,
             _word(state_at(one, at))] for one in lots(session) if one.supplier == row.name]
    urls = (("qualify-supplier", "Qualify", "qualified"),
            ("qualify-supplier-on-condition", "Qualify on condition", "conditional"),
            ("disqualify-supplier", "Disqualify", "disqualified"))
    actions = [_action(f"/suppliers/{row.code}/{slug}", label, main=state == "qualified",
                       danger=state == "disqualified") for slug, label, state in urls if row.state != state]
    return {"code": row.code, "title": row.name, "state": row.state, "verdict": SUPPLIER_VERDICTS[row.state],
            "pairs": [("name", row.name, False), ("remark", row.remark or "none", False)], "drawings": [],
            "strip": [{"k": "supplier", "v": row.code, "code": True}], "actions": actions,
            "sections": [{"title": "Lots", "headers": ["lot", "kind", "name", "supplier's lot", "state"], "rows": rows,
                          "empty": "Nothing was received from it."}]}


def list_articles(session: Session) -> dict[str, Any]:
    """All articles; the newest registration of a number counts."""
    seen: set[str] = set()
    rows = []
    for row in articles_listed(session):
        counts = row.gtin not in seen
        seen.add(row.gtin)
        rows.append([row.gtin, row.kind, row.name, measured(row.open_life_hours, "h", "none stated"), row.unit,
                     f"{row.registered_by}, {_when(row.registered_at)}",
                     {"verdict": "PASS" if counts else "TODO", "text": "counts" if counts else "replaced"}])
    return {"title": "Articles", "rows": rows, "empty": "No article is registered.",
            "headers": ["trade item number", "kind", "name", "open life", "counted in", "registered", "status"],
            "actions": [_action("/articles/register-article", "Register an article", main=True)]}


PAGES: tuple[Page, ...] = (
    Page("/lots", list_lots, "list.html"), Page("/lots/<lot>", show_lot),
    Page("/suppliers", list_suppliers, "list.html"), Page("/suppliers/<supplier>", show_supplier),
    Page("/articles", list_articles, "list.html"),
)
