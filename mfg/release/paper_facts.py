"""The facts of batch record and release certificate, as text, from the records. It draws nothing."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.containers import containers_of, parents_of
from mfg.batches.records import Batch, Step, StepEntry, current, entries_of, steps_of
from mfg.batches.records import batch as batch_of
from mfg.batches.records import dose as dose_of
from mfg.batches.told import growth_of, record_of
from mfg.canonical import canonical
from mfg.checkpoints import Checkpoint
from mfg.codes.own import coi_text
from mfg.facts import Refused, Verdict, plain
from mfg.identity import Person
from mfg.ledger import Entry
from mfg.materials.records import Lot
from mfg.qc.records import results_of, specification_of
from mfg.qc.rules import limit_text, shown_value
from mfg.quality.records import deviations_of
from mfg.recipes.master import FieldSpec
from mfg.release import shown
from mfg.release.decide import Judged
from mfg.release.gather import judged_then
from mfg.release.records import Decision, decisions_of
from mfg.release.testing_rules import CONDITIONAL
from mfg.trail import signatures_of
from mfg.trial.acts import protocol_of
from mfg.trial.records import recipient
from mfg.units import in_words

WHEN = "%Y-%m-%d %H:%M UTC"
WORDS = {"disposition": "CLEARED BY QUALITY ASSURANCE", "released on condition": "RELEASED ON CONDITION",
         "certified": "CERTIFIED", "rejected": "REJECTED"}
Table = dict[str, Any]


def _table(header: list[str], rows: list[list[str]]) -> Table:
    return {"header": header, "rows": rows}


def _when(moment: datetime | None) -> str:
    return f"{moment:{WHEN}}" if moment else "not yet"


class Names:
    """Printed names by person code, read once."""

    def __init__(self, session: Session) -> None:
        self.known = {code: name for code, name in session.execute(select(Person.code, Person.printed_name))}

    def __call__(self, code: str | None, at: datetime | None = None) -> str:
        if code is None:
            return ""
        name = self.known.get(code, code)
        return f"{name}, {_when(at)}" if at else name


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
        "number": row.code, "batch": of.batch, "dose": dose, "printed_at": _when(at),
        "decision": _decision(row), "cover": _cover(session, batch_of(session, of.batch), extra=[
            ("Dose", f"{dose}, infusion {of.infusion}, fill {row.attempt}"),
            ("Decided", Names(session)(row.decided_by, row.decided_at)), ("Evidence", row.dossier_hash)]),
        "arithmetic": [" ".join(text for text, _ in line) for line in shown.arithmetic(judged)],
        "gauge": _gauge(judged), "assumed": _assumed(session, of.batch),
        "findings": [_finding(one) for one in findings],
        "condition": _condition(row, judged), "signatures": _signatures(session, (dose,)),
        "checkpoint": _checkpoint(session)})


def _decision(row: Decision) -> dict[str, str]:
    good = row.kind in ("certified", "released on condition", "disposition")
    reason = f" Reason: {row.reason}" if row.reason else ""
    return {"word": WORDS[row.kind], "verdict": (Verdict.PASS if good else Verdict.FAIL).value,
            "sentence": f"{row.dose}, fill {row.attempt}, {_when(row.decided_at)}.{reason}"}


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
    if row.kind != "released on condition":
        return {"statement": "", "open_tests": _table(["Test", "So far", "Ends"], [])}
    rows = [[one.title, one.value or "not read", one.limit or ""] for one in judged.full
            if one.rule == CONDITIONAL["conditional-after"].id]
    return {"statement": f"Released before completion of sterility testing. {row.condition}",
            "open_tests": _table(["Test", "So far", "Ends"], rows)}


# --- batch record -----------------------------------------------------------------------------------------------


def record_facts(session: Session, batch: str, *, at: datetime) -> dict[str, Any]:
    """The whole record of a batch. `at` is the time of printing."""
    row, names, grown = batch_of(session, batch), Names(session), growth_of(session, batch)
    steps, entries = steps_of(session, batch), entries_of(session, batch)
    counted = [one for one in grown.counts if one.at is not None and one.cells]
    return _hashed({
        "batch": batch, "status": f"Batch {row.state}", "printed_at": _when(at), "cover": _cover(session, row, extra=[
            ("Opened", names(row.opened_by, row.opened_at))]),
        "assumed": _assumed(session, batch), "exceptions": _exceptions(session, steps, batch),
        "phases": _phases(session, row, steps, entries, names),
        "growth": [[plain(day), f"{cells:f}"] for day, cells in grown.days],
        "viability": [[plain(day), f"{count.viability:f}"] for (day, _), count in zip(grown.days, counted, strict=True)
                      if count.viability is not None],
        "containers": _containers(session, batch), "materials": _materials(session, row, steps, entries),
        "results": _results(session, batch, names), "ledger": _ledger(session, batch),
        "signatures": _signatures(session, _signed_codes(session, batch)), "checkpoint": _checkpoint(session)})


def _cover(session: Session, row: Batch, extra: list[tuple[str, str]]) -> list[dict[str, str]]:
    who = recipient(session, row.recipient)
    told = [("Chain of identity", coi_text(who.coi)), ("Recipient", f"{who.code}, cohort {who.cohort}"),
            ("Donor", row.donor), ("Collection", row.collection), ("Batch", row.code), ("Protocol", row.protocol),
            ("Master record", row.master_record), ("Specification", row.specification), *extra]
    return [{"label": label, "value": value} for label, value in told]


def _assumed(session: Session, batch: str) -> list[dict[str, str]]:
    protocol = protocol_of(session, batch_of(session, batch).protocol)
    return [{"label": one.key, "value": one.value if one.value is not None else "not known", "because": one.because}
            for one in protocol.assumed]


def _exceptions(session: Session, steps: list[Step], batch: str) -> Table:
    rows = [[one.code, one.severity, one.on_code, one.what, f"{one.state} {_when(one.closed_at)}"
             if one.closed_at else one.state] for one in deviations_of(session, batch)]
    rows += [["late entry", "", one.code, one.late_reason, one.state] for one in steps if one.late_reason]
    return _table(["What", "Severity", "Record", "Told", "State"], rows)


def _phases(session: Session, row: Batch, steps: list[Step], entries: list[StepEntry], names: Names
            ) -> list[dict[str, Any]]:
    record = record_of(session, row)
    by_step: dict[str, list[StepEntry]] = defaultdict(list)
    for entry in entries:
        by_step[entry.step].append(entry)
    phases = []
    for phase in record.phases:
        told = []
        for step in [one for one in steps if one.phase == phase.id]:
            shape = record.step(step.step_id)
            fields = {one.id: one for one in shape.fields} if shape else {}
            told.append({"number": step.code.partition("/")[2], "title": shape.title if shape else step.step_id,
                         "entries": [_entry(one, by_step[step.code], fields.get(one.field), step, names)
                                     for one in current(by_step[step.code])]})
        phases.append({"title": phase.title, "steps": told})
    return phases


def _entry(entry: StepEntry, all_of_step: list[StepEntry], spec: FieldSpec | None, step: Step, names: Names
           ) -> dict[str, Any]:
    """One value that stands, with those it corrected, oldest first."""
    by_code, one = {each.code: each for each in all_of_step}, entry
    before: list[dict[str, str]] = []
    while one.supersedes and one.supersedes in by_code:
        older = by_code[one.supersedes]
        before.insert(0, {"was": f"{older.value} {in_words(older.unit)}".strip(),
                          "reason": one.reason or "no reason kept",
                          "by": names(one.entered_by), "at": _when(one.entered_at)})
        one = older
    return {"field": spec.label if spec else entry.field, "value": entry.value, "unit": in_words(entry.unit),
            "limits": str(spec.limits) if spec and spec.limits else "", "verdict": entry.verdict,
            "performed": names(step.performed_by, step.performed_at) if step.performed_by else "not yet",
            "verified": names(step.verified_by, step.verified_at) if step.verified_by else "not yet",
            "corrections": before}


def _containers(session: Session, batch: str) -> Table:
    parents = parents_of(session, batch)
    return _table(["Container", "Kind", "Volume", "Made from", "Made"], [
        [one.code, one.kind, f"{plain(one.volume_ml)} mL" if one.volume_ml is not None else "",
         ", ".join(parents.get(one.code, [])) or one.collection, _when(one.made_at)]
        for one in containers_of(session, batch)])


def _materials(session: Session, row: Batch, steps: list[Step], entries: list[StepEntry]) -> Table:
    lots = {(step.id, one.id) for _, step in record_of(session, row).steps() for one in step.fields
            if one.kind == "scan lot"}
    by_code, rows = {step.code: step for step in steps}, []
    for entry in current(entries):
        step = by_code[entry.step]
        lot = session.get(Lot, entry.value) if (step.step_id, entry.field) in lots else None
        if lot is not None:
            rows.append([lot.code, lot.kind, lot.name, lot.supplier_lot, _when(lot.expires_at), step.code])
    return _table(["Lot", "Kind", "Name", "Supplier's lot", "Expires", "Used in"], rows)


def _results(session: Session, batch: str, names: Names) -> Table:
    specification, rows = specification_of(session, batch), []
    for one in results_of(session, batch):
        test = specification.test(one.test)
        rows.append([one.code, test.title if test else one.test, one.sample,
                     f"{shown_value(test, one.value)} {in_words(one.unit)}".strip(),
                     limit_text(test) if test else "", one.verdict, names(one.tested_by, one.tested_at),
                     names(one.reviewed_by, one.reviewed_at) or "not yet"])
    return _table(["Result", "Test", "Sample", "Value", "Limit", "Verdict", "Tested", "Reviewed"], rows)


# --- ledger -----------------------------------------------------------------------------------------------------


def _signed_codes(session: Session, batch: str) -> tuple[str, ...]:
    return tuple(session.scalars(select(Entry.on_code).where(Entry.within == batch).distinct()))


def _signatures(session: Session, codes: tuple[str, ...]) -> list[dict[str, str]]:
    """Every signature on these records in order; what was changed after it was signed stands as void."""
    found = sorted(((one["seq"], code, one) for code in codes for one in signatures_of(session, code)),
                   key=lambda row: row[0])
    return [{"name": one["printed_name"], "role": one["role"], "meaning": f"{one['meaning']} ({code})",
             "at": one["at"], "hash": one["hash"],
             "void": f"changed since: {one['why']}" if one["void"] else ""} for _, code, one in found]


def _ledger(session: Session, batch: str) -> Table:
    rows = session.execute(select(Entry.seq, Entry.at, Entry.verb, Entry.on_code, Entry.outcome, Entry.leaf_hash).where(
        Entry.within == batch).order_by(Entry.seq))
    return _table(["Entry", "Time", "What", "On", "Outcome", "Hash"], [
        [str(seq), _when(moment), verb, on, outcome, hashed.hex()] for seq, moment, verb, on, outcome, hashed in rows])


def _checkpoint(session: Session) -> dict[str, str]:
    row = session.scalar(select(Checkpoint).order_by(Checkpoint.size.desc()).limit(1))
    if row is None:
        return {"size": "none sealed yet", "root": "none sealed yet", "text": ""}
    return {"size": str(row.size), "root": row.root.hex(), "text": row.note}
