"""One step on the screen: what to do, what to enter, what is recorded, who signs. It decides nothing.

The same page serves the operator who enters, the operator who signs and the verifier; the state of the step says
which of them it is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.api import blind_pairs, step_pairs
from mfg.batches.bodies import AGAIN
from mfg.batches.book import Book, loading_in
from mfg.batches.entering import Job
from mfg.batches.records import Batch, Step, StepEntry
from mfg.codes.own import coi_text
from mfg.facts import plain
from mfg.recipes.master import FieldSpec, MasterRecord
from mfg.trial.records import recipient as load_recipient
from mfg.units import in_words
from mfg.verbs import VERBS

KINDS = {"number": "number", "reading": "text", "choice": "choice", "text": "text", "time": "date-time",
         "yesno": "yesno", "scan container": "scan", "scan lot": "scan"}
WORDS = {"todo": "to do", "performed": "performed, to be verified", "verified": "verified"}
STATES = {"todo": "TODO", "performed": "CANNOT DETERMINE", "verified": "PASS"}


def show_step(session: Session, book: Book, *, now: datetime, given: Mapping[str, str] | None = None,
              errors: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the template of a step needs, without the parts that belong to the request (csrf, nonce, problem)."""
    work, steps, step = book.work, book.steps, book.work.row.code
    missing = [one for one in work.shape.fields if one.id not in work.entries]
    page = {
        "title": work.shape.title, "code": step.partition("/")[2], "instruction": [work.shape.instruction],
        "source": work.shape.sop or None, "phases": phases(book.record, steps, work.row),
        "entries": recorded(work), "findings": [], "problem": None, "seen": work.seen, "second": None,
        "fields": [], "sign": None, "main": None, "action": "", "others": _others(work), "note": _note(work),
        "state": f"{WORDS[work.row.state]}, step {book.place} of {len(steps)}",
        "verdict": STATES[work.row.state], "pairs": _calculated(session, book)}
    if work.row.state == "todo" and [one for one in missing if not one.optional]:
        return page | _to_enter(work, missing, given or {}, errors or {})
    if work.row.state == "verified":
        return page
    signing = _to_perform(work, now) if work.row.state == "todo" else _to_verify(work)
    for one in signing["fields"]:
        one["value"] = (given or {}).get(one["name"], one.get("value", ""))
        one["error"] = (errors or {}).get(one["name"])
    return page | signing


def strip(book: Book) -> list[dict[str, Any]]:
    """What stands on top of every step: chain of identity, batch, place."""
    phase = book.record.phase_of(book.work.row.step_id)
    return [*_identity(book.coi, book.work.batch), {"k": phase.title if phase else "", "code": False, "grow": True,
                                                    "v": f"Step {book.place} of {len(book.steps)}"}]


def batch_strip(session: Session, row: Batch) -> list[dict[str, Any]]:
    """Chain of identity, batch, recipient."""
    return _identity(coi_text(load_recipient(session, row.recipient).coi), row)


def _identity(coi: str, row: Batch) -> list[dict[str, Any]]:
    return [{"k": "Chain of identity", "v": coi, "code": True},
            {"k": "Batch", "v": row.code, "code": True}, {"k": "Recipient", "v": row.recipient, "code": True}]


def phases(record: MasterRecord, steps: list[Step], here: Step | None = None) -> list[dict[str, Any]]:
    """The phases of a batch, each with how many of its steps are verified and where to go on."""
    found = []
    for n, phase in enumerate(record.phases, 1):
        own = [one for one in steps if one.phase == phase.id]
        done = sum(one.state == "verified" for one in own)
        waiting = next((one for one in own if one.state != "verified"), own[-1])
        open_ones = sum(one.state == "performed" for one in own)
        found.append({"n": n, "title": phase.title, "verdict": "PASS" if done == len(own) else "TODO",
                      "note": f"{open_ones} to verify" if open_ones else None, "done": done, "of": len(own),
                      "here": here is not None and here.phase == phase.id, "url": f"/steps/{waiting.code}"})
    return found


def recorded(work: Job) -> dict[str, Any] | None:
    """The values that count; the second person does not see what has to be read blind."""
    if not work.entries:
        return None
    rows = [_row(one, work.entries[one.id], hide=one.blind and work.row.state == "performed")
            for one in work.shape.fields if one.id in work.entries]
    return {"headers": ["value", "as read", "limits", "verdict", "entered"], "rows": rows}


def _row(spec: FieldSpec, entry: StepEntry, *, hide: bool) -> list[Any]:
    value = "read it again" if hide else told_value(entry)
    corrected = f"; corrected: {entry.reason}" if entry.supersedes else ""
    verdict = {"verdict": entry.verdict} if entry.verdict else "no limits"
    return [spec.label, {"text": value, "sub": f"{entry.how}{corrected}"}, limits_text(spec), verdict,
            f"{entry.entered_by}, {entry.entered_at:%Y-%m-%d %H:%M} UTC"]


def told_value(entry: StepEntry) -> str:
    """A value as people read it: a number with its unit, a time in UTC."""
    if entry.moment is not None:
        return f"{entry.moment:%Y-%m-%d %H:%M} UTC"
    return f"{entry.value} {in_words(entry.unit)}".strip()


def limits_text(spec: FieldSpec) -> str:
    """The limits as people read them; assumed ones say so."""
    words = str(spec.limits) if spec.limits else f"not: {', '.join(spec.not_good)}" if spec.not_good else ""
    return f"{words} (assumed: {spec.because})" if words and spec.because else words


def field_of(spec: FieldSpec, value: str = "", error: str | None = None) -> dict[str, Any]:
    """One field as the template draws it."""
    wanted = spec.container_kind or spec.lot_kind
    hint = limits_text(spec) or (f"Scan the {wanted}." if wanted else "")
    return {"name": spec.id, "label": spec.label, "kind": KINDS[spec.kind], "unit": in_words(spec.unit), "hint": hint,
            "choices": [(word, word) for word in spec.choices], "required": not spec.optional, "readonly": False,
            "typed": False, "value": value, "error": error}


def _to_enter(work: Job, missing: list[FieldSpec], given: Mapping[str, str],
              errors: Mapping[str, str]) -> dict[str, Any]:
    keep = [{"url": f"/steps/{work.row.code}/enter-value?field={id}&unit={_unit(work, id)}", "danger": True,
             "label": f"Keep {work.field(id).label.lower()} with a reason"}
            for id in errors if (one := work.shape.field(id)) and (one.limits or one.not_good)]
    return {"fields": [field_of(one, given.get(one.id, ""), errors.get(one.id)) for one in missing],
            "main": "Check and record", "action": f"/steps/{work.row.code}/values",
            "others": keep + _others(work),
            "second": {"title": "Then two people sign", "url": None, "label": "", "text":
                       "When every value is recorded the performer signs; another person verifies, on this screen."}}


def _unit(work: Job, id: str) -> str:
    return work.field(id).unit.replace("%", "%25").replace("{", "%7B").replace("}", "%7D")


def _to_perform(work: Job, now: datetime) -> dict[str, Any]:
    fields = [
        {"name": "done_at", "label": "Done at", "kind": "date-time", "required": True,
         "value": f"{now:%Y-%m-%d %H:%M}Z", "hint": "When the work was done, with its zone; Z is UTC."},
        {"name": "late_reason", "label": "Why it is entered late", "kind": "textarea", "required": False,
         "hint": "Only when it was done more than 15 minutes ago."}]
    return {"fields": fields, "main": "Sign as performer", "action": f"/steps/{work.row.code}/sign",
            "sign": _signature("perform step", step_pairs(work), "performer")}


def _to_verify(work: Job) -> dict[str, Any]:
    again = [field_of(one) | {"name": AGAIN + one.id, "label": f"{one.label}, read again", "hint": "",
                              "required": True} for one in work.shape.fields if one.blind and one.id in work.entries]
    text = ("The verifier reads the numbers below again without seeing the first reading, and signs here." if again else
            "The verifier looks at the work and at what is recorded, and signs here.")
    return {"fields": again, "main": "Sign as verifier", "action": f"/steps/{work.row.code}/sign",
            "second": {"title": "Second person", "text": text, "url": None, "label": ""},
            "sign": _signature("verify step", blind_pairs(work), "second person")}


def _signature(verb: str, shows: list[tuple[str, str]], who: str) -> dict[str, Any]:
    return {"meaning": VERBS[verb].meaning, "verb": verb, "user_id": "", "shows": shows, "hash": None,
            "reason_needed": False, "error": None, "who": who}


def _others(work: Job) -> list[dict[str, Any]]:
    here = f"/steps/{work.row.code}"
    found = [{"url": f"/deviations/open-deviation?within={work.batch.code}&on_code={work.row.code}",
              "label": "Report a deviation", "danger": False}]
    if work.entries:
        found.append({"url": f"{here}/correct-entry", "label": "Correct an entry", "danger": False})
    if work.shape.repeat and work.row.state != "todo":
        found.append({"url": f"{here}/repeat-step", "label": "Do this once more", "danger": False})
    if work.row.state == "todo" and any(one.kind == "scan container" for one in work.shape.fields):
        found.append({"url": f"/batches/{work.batch.code}/make-container", "label": "Make a container",
                      "danger": False})
    return found


def _note(work: Job) -> str | None:
    row = work.row
    if row.done_at is None:
        return None
    late = f" Entered late: {row.late_reason}" if row.late_reason else ""
    return f"Done {row.done_at:%Y-%m-%d %H:%M} UTC.{late}"


def _calculated(session: Session, book: Book) -> list[tuple[str, str, bool]]:
    """What the operator needs worked out: the antibody for the cells counted in this stage."""
    if not any(one.role == "loading.antibody_added_ml" for one in book.work.shape.fields):
        return []
    facts = loading_in(session, book)
    target = facts.limits.ug_per_million_cells if facts.limits else None
    if target is None or target.value is None:
        return []
    pairs = [("Antibody asked for", f"{plain(target.value)} ug per 10^6 cells", target.assumed)]
    strength = facts.antibody.ug_per_ml if facts.antibody else None
    if facts.cells and strength:
        volume = (target.value * facts.cells / 10**6 / strength).quantize(Decimal("0.001"))
        pairs.append((f"For {plain(facts.cells)} cells at {plain(strength)} ug/mL", f"{volume} mL", target.assumed))
    return pairs
