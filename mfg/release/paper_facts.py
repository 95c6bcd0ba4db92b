"""The facts of the release certificate, as text, from the records. It draws nothing."""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.records import batch as batch_of
from mfg.batches.records import dose as dose_of
from mfg.canonical import canonical
from mfg.facts import Refused, Verdict
from mfg.release import shown
from mfg.release.decide import Judged
from mfg.release.gather import judged_then
from mfg.release.records import Decision, decisions_of
from mfg.release.testing_rules import CONDITIONAL, RELEASE
from mfg.review.record_facts import assumed_of, checkpoint_now, identity_of
from mfg.review.record_names import Names, signed_at, when
from mfg.trail import signatures_of

WORDS = {"disposition": "CLEARED BY QUALITY ASSURANCE", "released on condition": "RELEASED ON CONDITION",
         "certified": "CERTIFIED", "rejected": "REJECTED", "revoked": "RELEASE REVOKED",
         "released exceptionally": "RELEASED EXCEPTIONALLY, OUT OF SPECIFICATION"}
Table = dict[str, Any]


def _table(header: list[str], rows: list[list[str]]) -> Table:
    return {"header": header, "rows": rows}


def _hashed(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with the hash of their content, which stands at the foot of every page."""
    return facts | {"hash": sha256(canonical(facts)).hexdigest()}


# --- certificate ------------------------------------------------------------------------------------------------


def certificate_facts(session: Session, dose: str, *, at: datetime, decision: str = "") -> dict[str, Any]:
    """The certificate of the newest decision over a dose, or of the one named. `at` is the time of printing."""
    found = [one for one in decisions_of(session, dose) if decision in ("", one.code)]
    if not found:
        raise Refused(f"Nothing has been decided about {dose} yet; there is nothing to certify.", kind="not found")
    row, of = found[-1], dose_of(session, dose)
    judged, findings = judged_then(session, row), json.loads(row.findings)
    return _hashed({
        "number": row.code, "batch": of.batch, "dose": dose, "printed_at": when(at),
        "decision": _decision(row), "cover": _cover(session, of.batch, [
            ("Dose", f"{dose}, infusion {of.infusion}, fill {row.attempt}"),
            ("Decided", Names(session)(row.decided_by, row.decided_at, apart=", ")), ("Evidence", row.dossier_hash)]),
        "arithmetic": [" ".join(text for text, _ in line) for line in shown.arithmetic(judged)],
        "gauge": _gauge(judged), "assumed": _assumed(session, of.batch),
        "findings": [_finding(one) for one in findings],
        "condition": _condition(row, judged), "signatures": _signatures(session, dose),
        "checkpoint": _checkpoint(session)})


def _decision(row: Decision) -> dict[str, str]:
    good = row.kind in ("certified", "released on condition", "disposition")
    reason = f" Reason: {row.reason}" if row.reason else ""
    return {"word": WORDS[row.kind], "verdict": (Verdict.PASS if good else Verdict.FAIL).value,
            "sentence": f"{row.dose}, fill {row.attempt}, {when(row.decided_at)}.{reason}"}


def _finding(one: dict[str, Any]) -> dict[str, str]:
    return {"rule": one["rule"], "title": one["title"], "verdict": one["verdict"], "why": one["why"],
            "value": one["value"] or "", "limit": one["limit"] or "", "sources": ", ".join(one["sources"])}


def _gauge(judged: Judged) -> dict[str, str]:
    seen = shown.gauge(judged)
    low, high = seen.interval or (None, None)
    told = {"fraction_pct": seen.fraction, "low_pct": seen.low, "high_pct": seen.high, "interval_low_pct": low,
            "interval_high_pct": high}
    return {name: "" if value is None else f"{value:f}" for name, value in told.items()} | {
        "verdict": seen.verdict.value}


def _condition(row: Decision, judged: Judged) -> dict[str, Any]:
    if row.kind == "released exceptionally":
        wrong = [[one.title, one.value or one.why, one.limit or ""] for one in judged.full
                 if one.rule == RELEASE["before"].id and one.verdict is not Verdict.PASS]
        return {"statement": f"Released exceptionally, out of specification, by all its named parties. {row.condition}",
                "open_tests": _table(["Test", "Found", "Expected"], wrong)}
    if row.kind != "released on condition":
        return {"statement": "", "open_tests": _table(["Test", "So far", "Ends"], [])}
    rows = [[one.title, one.value or "not read", one.limit or ""] for one in judged.full
            if one.rule == CONDITIONAL["conditional-after"].id]
    return {"statement": f"Released before completion of sterility testing. {row.condition}",
            "open_tests": _table(["Test", "So far", "Ends"], rows)}


def _cover(session: Session, batch: str, more: list[tuple[str, str]]) -> list[dict[str, str]]:
    told = [*identity_of(session, batch_of(session, batch)), *more]
    return [{"label": label, "value": value} for label, value in told]


def _assumed(session: Session, batch: str) -> list[dict[str, str]]:
    return [{"label": label, "value": value, "because": because}
            for label, value, because in assumed_of(session, batch_of(session, batch))]


def _signatures(session: Session, code: str) -> list[dict[str, str]]:
    """Every signature on the dose; what was changed after it was signed stands as void."""
    return [{"name": one["printed_name"], "role": one["role"], "meaning": one["meaning"], "on": code,
             "at": signed_at(one["at"]), "hash": one["hash"],
             "void": f"changed since: {one['why']}" if one["void"] else ""}
            for one in signatures_of(session, code)]


def _checkpoint(session: Session) -> dict[str, str]:
    told = checkpoint_now(session)
    return {"size": told.size, "root": told.root, "text": told.note}
