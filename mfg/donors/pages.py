"""Donors and collections to look at. Nothing here decides; the findings shown are those of the rules."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from mfg.codes.isbt128 import din_text
from mfg.codes.own import coi_text
from mfg.donors.acts import eligibility_facts
from mfg.donors.api import collections, collections_of, donors
from mfg.donors.collection_acts import receipt_of
from mfg.donors.collection_rules import RECEIPT, gap_hours
from mfg.donors.records import (
    Collection,
    Consent,
    Determination,
    Marker,
    consents_of,
    markers_of,
    newest_determination,
    pairings_of,
)
from mfg.donors.records import collection as load_collection
from mfg.donors.records import donor as load_donor
from mfg.donors.rules import DONOR, PANEL, DonorFacts, of_test
from mfg.doors import Page
from mfg.facts import Refused, judge, plain
from mfg.trial.records import recipient as load_recipient

VERDICTS = {"negative": "PASS", "reactive": "FAIL", "indeterminate": "CANNOT DETERMINE",
            "not tested": "CANNOT DETERMINE"}


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "not recorded"


def _amount(value: Decimal | None, unit: str) -> str:
    return f"{plain(value)} {unit}" if value is not None else "not recorded"


def _yes(value: bool | None) -> str:
    return {True: "yes", False: "no", None: "not recorded"}[value]


def _link(folder: str, code: str) -> dict[str, Any]:
    return {"text": code, "url": f"/{folder}/{code}", "code": True}


def _action(url: str, label: str, *, main: bool = False, danger: bool = False) -> dict[str, Any]:
    return {"url": url, "label": label, "main": main, "danger": danger}


def list_donors(session: Session) -> dict[str, Any]:
    """All donors and what is determined of them."""
    rows = []
    for row in donors(session):
        newest = newest_determination(session, row.code)
        pairs = ", ".join(pair.recipient for pair in pairings_of(session, row.code))
        rows.append([_link("donors", row.code), row.relation, pairs, newest.verdict if newest else "not determined"])
    return {"title": "Donors", "headers": ["donor", "relation", "listed for", "eligibility"], "rows": rows,
            "actions": [_action("/donors/register-donor", "Register donor", main=True),
                        _action("/collections", "Collections")],
            "empty": "No donor is registered. A recipient is enrolled first, then the donor is listed for it."}


def show_donor(session: Session, *, donor: str) -> dict[str, Any]:
    """One donor: consents, panel, determinations, collections, and the findings for the newest collection."""
    row, newest = load_donor(session, donor), newest_determination(session, donor)
    owned = collections_of(session, donor)
    facts = eligibility_facts(session, donor, owned[-1].code if owned else None)
    base = f"/donors/{donor}"
    return {"code": donor, "title": f"Donor {donor}", "state": newest.verdict if newest else "not determined",
            "pairs": [("relation", row.relation, False), ("registered", _when(row.registered_at), False),
                      *(("listed for", _link("recipients", pair.recipient), False)
                        for pair in pairings_of(session, donor))],
            "findings": [finding.as_dict() for finding in judge(DONOR, facts)],
            "sections": [_panel(facts), _markers(session, donor), _consents(session, donor), _owned(owned)],
            "drawings": [], "strip": [{"k": "donor", "v": donor, "code": True}],
            "actions": [_action(f"{base}/record-marker", "Record infection marker", main=True),
                        _action(f"{base}/record-consent", "Record consent"),
                        _action(f"{base}/record-collection", "Record collection"),
                        _action(f"{base}/determine-eligibility", "Determine eligibility")]}


def _panel(facts: DonorFacts) -> dict[str, Any]:
    rows: list[list[Any]] = []
    for test in PANEL:
        found = of_test(facts, test.name)
        result = found[-1].result if found else "not tested"
        verdict = "PASS" if not test.excludes and result == "reactive" else VERDICTS[result]
        means = "excludes the donor" if test.excludes else "the recipient's physician is told"
        rows.append([test.name, {"verdict": verdict if found else "TODO", "text": result},
                     _when(found[-1].specimen_at) if found else "", means])
    return {"title": "Infection marker panel, newest specimen of each test",
            "headers": ["test", "result", "specimen", "if reactive"], "rows": rows}


def _markers(session: Session, donor: str) -> dict[str, Any]:
    rows = [[_link("markers", m.code), m.test, m.result, _when(m.specimen_at), m.laboratory]
            for m in markers_of(session, donor)]
    return {"title": "All markers recorded", "headers": ["marker", "test", "result", "specimen", "laboratory"],
            "rows": rows, "empty": "No infection marker is recorded."}


def _consents(session: Session, donor: str) -> dict[str, Any]:
    rows = [[_link("consents", c.code), c.text_version, _when(c.given_at),
             _when(c.withdrawn_at) if c.withdrawn_at else "no"] for c in consents_of(session, donor)]
    return {"title": "Consent", "headers": ["consent", "text version", "given", "withdrawn"], "rows": rows,
            "empty": "No consent is recorded."}


def _owned(owned: list[Collection]) -> dict[str, Any]:
    rows = [[_link("collections", c.code), din_text(c.din), _when(c.ended_at), c.state] for c in owned]
    return {"title": "Collections", "headers": ["collection", "donation number", "ended", "state"], "rows": rows,
            "empty": "Nothing has been collected from this donor."}


def list_collections(session: Session) -> dict[str, Any]:
    """All collections."""
    rows = [[_link("collections", c.code), din_text(c.din), _link("donors", c.donor),
             _link("recipients", c.recipient), _when(c.ended_at), c.state] for c in collections(session)]
    return {"title": "Collections", "rows": rows, "actions": [_action("/donors", "Donors", main=True)],
            "headers": ["collection", "donation number", "donor", "recipient", "ended", "state"],
            "empty": "Nothing has been collected. A collection is recorded from its donor's page."}


def show_collection(session: Session, *, collection: str) -> dict[str, Any]:
    """One collection: what was collected, what arrived, and the findings of its receipt."""
    row = load_collection(session, collection)
    coi = coi_text(load_recipient(session, row.recipient).coi)
    findings = judge(RECEIPT, receipt_of(session, row)) if row.received_at else ()
    return {"code": row.code, "title": f"Collection {row.code}", "state": row.state,
            "pairs": [(label, value, False) for label, value in _collected(row)],
            "findings": [finding.as_dict() for finding in findings],
            "sections": [{"title": "Receipt", "headers": ["what", "found"], "rows": _received(row)}],
            "drawings": [], "actions": _collection_actions(row),
            "strip": [{"k": "COI", "v": coi, "code": True}, {"k": "DIN", "v": din_text(row.din), "code": True}]}


def _collected(row: Collection) -> list[tuple[str, Any]]:
    return [("donation number (DIN)", din_text(row.din)), ("donor", _link("donors", row.donor)),
            ("recipient", _link("recipients", row.recipient)),
            ("collected", f"{_when(row.started_at)} to {_when(row.ended_at)}"), ("device", row.device),
            ("volume", _amount(row.volume_ml, "mL")),
            ("anticoagulant", f"{row.anticoagulant}, {_amount(row.anticoagulant_ml, 'mL')}"),
            ("total nucleated cells", plain(row.tnc)), ("NK cells", _amount(row.nk_percent, "%"))]


def _received(row: Collection) -> list[list[Any]]:
    if row.received_at is None:
        return []
    low, high = _amount(row.transport_low_c, "Cel"), _amount(row.transport_high_c, "Cel")
    return [["received", _when(row.received_at)],
            ["custody gap", f"{plain(gap_hours(row.ended_at, row.received_at))} h from end of collection to receipt"],
            ["transport ordered", row.transport], ["logger", f"{low} to {high}"],
            ["seal intact", _yes(row.seal_intact)], ["free of leaks", _yes(row.leak_free)],
            ["chain of identity", f"{coi_text(row.coi_scanned) if row.coi_scanned else ''}, {row.identified}"],
            ["inspected", f"{row.inspected_by}, {_when(row.inspected_at)}"],
            ["accepted", f"{row.accepted_by}, {_when(row.accepted_at)}" if row.accepted_by else "no"]]


def _collection_actions(row: Collection) -> list[dict[str, Any]]:
    base = f"/collections/{row.code}"
    return [_action(f"{base}/inspect-receipt", "Inspect receipt", main=row.state == "collected"),
            _action(f"{base}/accept-collection", "Accept", main=row.state == "inspected"),
            _action(f"{base}/reject-collection", "Reject", danger=True)]


def _one(session: Session, kind: type[Consent] | type[Marker] | type[Determination], code: str) -> Any:
    row = session.get(kind, code)
    if row is None:
        raise Refused(f"There is no {kind.__name__.lower()} “{code}”.", kind="not found")
    return row


def _small(row: Any, title: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The page of a record that belongs to a donor."""
    return {"code": row.code, "title": f"{title} {row.code}", "state": "", "drawings": [], "sections": [],
            "pairs": [("donor", _link("donors", row.donor), False), *((k, v, False) for k, v in pairs)],
            "strip": [{"k": "donor", "v": row.donor, "code": True}],
            "actions": [_action(f"/donors/{row.donor}", "Back to the donor", main=True)]}


def show_consent(session: Session, *, consent: str) -> dict[str, Any]:
    """One consent, or the withdrawal of one."""
    row = _one(session, Consent, consent)
    return _small(row, "Consent", [("text version", row.text_version), ("given", _when(row.given_at)),
                                   ("withdrawn", _when(row.withdrawn_at) if row.withdrawn_at else "no")])


def show_marker(session: Session, *, marker: str) -> dict[str, Any]:
    """One infection marker."""
    row = _one(session, Marker, marker)
    return _small(row, "Infection marker", [
        ("test", row.test), ("result", row.result), ("specimen taken", _when(row.specimen_at)),
        ("assay", row.assay), ("kit lot", row.kit_lot), ("laboratory", row.laboratory),
        ("recorded", f"{row.recorded_by}, {_when(row.recorded_at)}")])


def show_determination(session: Session, *, determination: str) -> dict[str, Any]:
    """One determination of eligibility."""
    row = _one(session, Determination, determination)
    return _small(row, "Determination", [
        ("determination", row.verdict), ("screening", row.screening), ("screened", _when(row.screened_at)),
        ("determined", f"{row.determined_by}, {_when(row.determined_at)}")])


PAGES: tuple[Page, ...] = (
    Page("/donors", list_donors, "list.html"),
    Page("/donors/<donor>", show_donor),
    Page("/consents/<consent>", show_consent),
    Page("/markers/<marker>", show_marker),
    Page("/determinations/<determination>", show_determination),
    Page("/collections", list_collections, "list.html"),
    Page("/collections/<collection>", show_collection),
)
