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
from mfg.release.analysis_facts import ROUNDING, bags_table, open_tests, tests_table
from mfg.release.decide import Judged
from mfg.release.dose_limits import HEADERS, figures, limits_of, twice_of, word
from mfg.release.gather import judged_then
from mfg.release.label_facts import product_of
from mfg.release.records import Decision, decisions_of
from mfg.release.testing_rules import RELEASE
from mfg.review.record_facts import assumed_of, checkpoint_now, identity_of
from mfg.review.record_names import Names, signed_at, when
from mfg.trail import signatures_of
from mfg.trial.protocol import Protocol

WORDS = {"disposition": "CLEARED BY QUALITY ASSURANCE", "released on condition": "RELEASED ON CONDITION",
         "certified": "CERTIFIED", "rejected": "REJECTED", "revoked": "RELEASE REVOKED",
         "released exceptionally": "RELEASED EXCEPTIONALLY, OUT OF SPECIFICATION"}
NOT_TO_BE_GIVEN = ("rejected", "released then failed", "revoked")
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
    row, of, every = found[-1], dose_of(session, dose), decisions_of(session, dose)
    judged, findings, told = judged_then(session, row), json.loads(row.findings), json.loads(row.dossier)
    return _hashed({
        "number": row.code, "batch": of.batch, "dose": dose, "printed_at": when(at),
        "decision": _decision(row, of.state), "cover": _cover(session, of.batch, [
            *_of_what(told, judged.dossier.protocol), ("Dose", f"{dose}, infusion {of.infusion}, fill {row.attempt}"),
            ("Issue", _issue(row, every)),
            ("Decided", Names(session)(row.decided_by, row.decided_at, apart=", ")), ("Evidence", row.dossier_hash)]),
        "arithmetic": [" ".join(text for text, _ in line) for line in shown.arithmetic(judged)],
        "gauge": _gauge(judged), "assumed": _assumed(session, of.batch),
        "standing": _standing(row, every, of.state), "tests": tests_table(session, told), "rounding": ROUNDING,
        "limits": _limits(judged), "worksheet": _worksheet(judged), "bags": bags_table(session, told),
        "findings": [_finding(one) for one in findings],
        "condition": _condition(row, judged, open_tests(session, told)), "signatures": _signatures(session, dose),
        "checkpoint": _checkpoint(session)})


def _decision(row: Decision, state: str) -> dict[str, str]:
    """The word that stands large. A good decision over a dose that is not to be given any more says so in the same
    breath, with the octagon: nobody takes a green sign off a printer for a dose that failed since."""
    good = row.kind in ("certified", "released on condition", "disposition")
    word, reason = WORDS.get(row.kind, row.kind.upper()), f" Reason: {row.reason}" if row.reason else ""
    if good and state in NOT_TO_BE_GIVEN:
        good, reason, word = False, f" Decided then: {word.lower()}.{reason}", f"DO NOT GIVE: {state.upper()}"
    return {"word": word, "verdict": (Verdict.PASS if good else Verdict.FAIL).value,
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


def _of_what(told: dict[str, Any], protocol: Protocol | None) -> list[tuple[str, str]]:
    """Product, donation and recipient as the evidence has them."""
    who, origin = told["recipient"] or {}, told["collection"] or {}
    return [("Product", product_of(protocol) if protocol else "not known"),
            ("Place in the cohort", str(who.get("slot", "not known"))),
            ("Donation number", str(origin.get("din", "not known")))]


def _issue(row: Decision, every: list[Decision]) -> str:
    """A later result or decision issues the certificate again: which one this is, and which stood before."""
    place = [one.code for one in every].index(row.code)
    return f"{place + 1} for this dose" + (f"; before it {every[place - 1].code}" if place else "; the first")


def _standing(row: Decision, every: list[Decision], state: str) -> str:
    """What has to be known of a certificate that is printed after more has happened; empty for the newest of a dose
    that stands."""
    later = [f"{one.code}, {one.kind}, {when(one.decided_at)}" for one in every if one.code > row.code]
    told = [f"Issued again since: {'; '.join(later)}. This one tells what was decided then."] if later else []
    told += [f"The dose is {state} now. Do not give it."] if state in NOT_TO_BE_GIVEN else []
    return " ".join(told)


def _limits(judged: Judged) -> Table:
    return _table(list(HEADERS), [one.texts() for one in limits_of(judged)])


def _worksheet(judged: Judged) -> Table:
    return _table(["Figure", "First calculation", "Second calculation", "At most 0.5 % apart"],
                  [[one.what, *figures(one), word(one)] for one in twice_of(judged)])


def _condition(row: Decision, judged: Judged, running: Table) -> dict[str, Any]:
    """What stands beside the findings: the tests left open, or what an exceptional release says of itself."""
    if row.kind == "released exceptionally":
        wrong = [[one.title, one.value or one.why, one.limit or ""] for one in judged.full
                 if one.rule == RELEASE["before"].id and one.verdict is not Verdict.PASS]
        return {"statement": f"Released exceptionally, out of specification, by all its named parties. {row.condition}",
                "open_tests": _table(["Test", "Found", "Expected"], wrong)}
    if row.kind != "released on condition":
        return {"statement": row.condition, "open_tests": _table(running["header"], [])}
    return {"statement": f"Released before completion of sterility testing. {row.condition}", "open_tests": running}


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
