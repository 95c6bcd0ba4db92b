"""Protocols, recipients and weights to look at. What the public listing does not state is shown as assumed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from mfg.codes.own import coi_text
from mfg.doors import Page
from mfg.facts import Refused, plain
from mfg.trial.acts import protocol_document, protocol_of, weight_of
from mfg.trial.api import recipients
from mfg.trial.protocol import WORDS, Band, Cohort, Protocol, setting
from mfg.trial.records import (
    AssumptionAnswer,
    Recipient,
    Weight,
    answers_of,
    newest_weight,
    weights_of,
)
from mfg.trial.records import recipient as load_recipient
from mfg.trial.rules import settled


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "not recorded"


def _link(folder: str, code: str) -> dict[str, Any]:
    return {"text": code, "url": f"/{folder}/{code}", "code": True}


def _action(url: str, label: str, *, main: bool = False) -> dict[str, Any]:
    return {"url": url, "label": label, "main": main, "danger": False}


def list_recipients(session: Session) -> dict[str, Any]:
    """All recipients."""
    rows = [[_link("recipients", row.code), coi_text(row.coi), _link("protocols", row.protocol), row.cohort,
             str(row.slot), _state(row)] for row in recipients(session)]
    return {"title": "Recipients", "rows": rows,
            "headers": ["recipient", "chain of identity", "protocol", "cohort", "place", "eligibility"],
            "actions": [_action("/recipients/enrol-recipient", "Enrol recipient", main=True)],
            "empty": "Nobody is enrolled. A protocol has to be effective first."}


def _state(row: Recipient) -> str:
    return "eligible" if row.eligible_at else "eligibility not confirmed"


def show_recipient(session: Session, *, recipient: str) -> dict[str, Any]:
    """One recipient: identity, the dose of its cohort, its weights."""
    row = load_recipient(session, recipient)
    protocol = protocol_of(session, row.protocol)
    base, coi = f"/recipients/{recipient}", coi_text(row.coi)
    return {"code": recipient, "title": f"Recipient {recipient}", "state": _state(row), "drawings": [],
            "pairs": [*_identity(row), *_dose(protocol, row.cohort), *_newest(session, recipient)],
            "sections": [_weights(weights_of(session, recipient)), _work()],
            "strip": [{"k": "COI", "v": coi, "code": True}, {"k": "recipient", "v": recipient, "code": True},
                      {"k": "cohort", "v": row.cohort, "code": False}],
            "actions": [_action(f"{base}/weights/record-weight", "Record weight", main=row.eligible_at is not None),
                        _action(f"{base}/confirm-eligibility", "Confirm eligibility", main=row.eligible_at is None)]}


def _identity(row: Recipient) -> list[tuple[str, Any, bool]]:
    return [("chain of identity (COI)", coi_text(row.coi), False),
            ("protocol", _link("protocols", row.protocol), False),
            ("cohort", f"{row.cohort}, place {row.slot}", False), ("enrolled", _when(row.enrolled_at), False),
            ("eligibility confirmed", _when(row.eligible_at) if row.eligible_at else "not yet", False)]


def _dose(protocol: Protocol, name: str) -> list[tuple[str, Any, bool]]:
    """The dose of the cohort, and the settings a dose is judged by, each marked where it is only assumed."""
    one = next((cohort for cohort in protocol.cohorts if cohort.name == name), None)
    if one is None:
        return [("target dose", f"{protocol.name} has no cohort {name}", False)]
    pairs: list[tuple[str, Any, bool]] = [("target dose", dose_text(one), False)]
    for key in ("tolerance_pct", "weight_max_age_days"):
        found = setting(protocol, key, one)
        if found is not None:
            before, unit = WORDS[key]
            pairs.append((before, _value(found.value, unit), found.assumed))
    return pairs


def _value(value: Any, unit: str) -> str:
    if value is None:
        return "unknown"
    return f"{plain(value)}{unit}" if isinstance(value, Decimal) else str(value)


def dose_text(cohort: Cohort) -> str:
    """The dose of a cohort as the protocol states it, weight bands one after the other."""
    return "; ".join(_band_text(band) for band in cohort.bands)


def _band_text(band: Band) -> str:
    if band.target is None and band.low is None:
        dose = "not stated"
    elif band.low is not None and band.high is not None:
        dose = f"{plain(band.low)} to {plain(band.high)} {band.unit}"
    else:
        dose = f"{plain(band.target)} {band.unit}" if band.target is not None else "not stated"
    return f"up to {plain(band.up_to_kg)} kg: {dose}" if band.up_to_kg is not None else dose


def _newest(session: Session, recipient: str) -> list[tuple[str, Any, bool]]:
    newest = newest_weight(session, recipient)
    if newest is None:
        return [("newest weight", "none confirmed", False)]
    return [("newest weight", f"{plain(newest.kg)} kg, measured {_when(newest.measured_at)}", False)]


def _weights(rows: list[Weight]) -> dict[str, Any]:
    return {"title": "Weights", "headers": ["weight", "kg", "measured", "recorded by", "confirmed"],
            "rows": [[_link("weights", row.code), _kg(row), _when(row.measured_at), row.recorded_by,
                      f"{row.confirmed_by}, {_when(row.confirmed_at)}" if row.confirmed_by else "not yet"]
                     for row in rows],
            "empty": "No weight is recorded. A dose per kg cannot be planned without one."}


def _kg(row: Weight) -> str:
    return plain(row.kg) if row.confirmed_at else "hidden until the second reading"


def _work() -> dict[str, Any]:
    return {"title": "Batches and doses", "headers": ["where"],
            "rows": [[{"text": "All batches", "url": "/batches"}], [{"text": "Donors", "url": "/donors"}]]}


def show_weight(session: Session, *, weight: str) -> dict[str, Any]:
    """One weight; how much it is stays hidden until the second person has read it too."""
    row = weight_of(session, weight)
    return {"code": row.code, "title": f"Weight {row.code}", "drawings": [], "sections": [],
            "state": "confirmed" if row.confirmed_at else "waits for its second reading",
            "pairs": [("recipient", _link("recipients", row.recipient), False), ("kg", _kg(row), False),
                      ("measured", _when(row.measured_at), False),
                      ("recorded", f"{row.recorded_by}, {_when(row.recorded_at)}", False)],
            "strip": [{"k": "recipient", "v": row.recipient, "code": True}],
            "actions": [_action(f"/weights/{row.code}/confirm-weight", "Confirm weight", main=not row.confirmed_at),
                        _action(f"/recipients/{row.recipient}", "Back to the recipient", main=bool(row.confirmed_at))]}


def show_protocol(session: Session, *, document: str) -> dict[str, Any]:
    """One protocol version: cohorts and targets, what is assumed and why, what nobody knows."""
    row, protocol = protocol_document(session, document), protocol_of(session, document)
    return {"code": row.code, "title": f"Protocol {row.code}", "state": row.state, "about": protocol.title,
            "pairs": [("document", _link("documents", row.code), False),
                      *((f"source {number}", source, False) for number, source in enumerate(protocol.sources, 1))],
            "sections": [_cohorts(protocol), _assumptions(session, protocol, document), _unknown(protocol)],
            "drawings": [], "strip": [{"k": "protocol", "v": row.code, "code": True}],
            "actions": [_action(f"/protocols/{document}/answer-assumption", "Record the sponsor's answer", main=True),
                        _action(f"/documents/{document}", "Text, approval, changes")]}


def _cohorts(protocol: Protocol) -> dict[str, Any]:
    rows = [[one.name, one.arm or "", dose_text(one),
             "not stated" if one.participants is None else str(one.participants)] for one in protocol.cohorts]
    return {"title": "Cohorts", "headers": ["cohort", "arm", "target of one dose", "places"], "rows": rows}


def _assumptions(session: Session, protocol: Protocol, document: str) -> dict[str, Any]:
    answers = answers_of(session, document)
    rows = [[one.key, {"text": one.value or "unknown", "tag": "" if _is_settled(one.value, answers.get(one.key))
                       else "assumed"}, one.because, _answered(one.value, answers.get(one.key))]
            for one in protocol.assumed]
    return {"title": "Assumed until the sponsor answers", "headers": ["what", "value", "because", "sponsor's answer"],
            "rows": rows, "empty": "Nothing is assumed."}


def _is_settled(value: str | None, answer: AssumptionAnswer | None) -> bool:
    return answer is not None and settled(value, answer.answer)


def _answered(value: str | None, answer: AssumptionAnswer | None) -> Any:
    if answer is None:
        return "none yet"
    differs = "" if _is_settled(value, answer) else "Differs from the value in use: draft a new version."
    return {"text": answer.answer, "url": f"/answers/{answer.code}", "sub": differs}


def _unknown(protocol: Protocol) -> dict[str, Any]:
    return {"title": "Unknown", "headers": ["what", "verdict"], "empty": "Nothing is marked unknown.",
            "rows": [[key, {"verdict": "CANNOT DETERMINE", "text": "CANNOT DETERMINE"}] for key in protocol.unknown]}


def show_answer(session: Session, *, answer: str) -> dict[str, Any]:
    """One answer of the sponsor."""
    row = session.get(AssumptionAnswer, answer)
    if row is None:
        raise Refused(f"There is no answer “{answer}”.", kind="not found")
    return {"code": row.code, "title": f"Answer {row.code}", "state": "", "drawings": [], "sections": [],
            "pairs": [("protocol", _link("protocols", row.protocol), False), ("assumed value", row.key, False),
                      ("answer", row.answer, False), ("filed", row.source, False),
                      ("answered", f"{row.answered_by}, {_when(row.answered_at)}", False)],
            "strip": [{"k": "protocol", "v": row.protocol, "code": True}],
            "actions": [_action(f"/protocols/{row.protocol}", "Back to the protocol", main=True)]}


PAGES: tuple[Page, ...] = (
    Page("/recipients", list_recipients, "list.html"),
    Page("/recipients/<recipient>", show_recipient),
    Page("/weights/<weight>", show_weight),
    Page("/protocols/<document>", show_protocol),
    Page("/answers/<answer>", show_answer),
)
