"""One step on the screen: what to do, what to enter, what is recorded, who signs. It decides nothing.

The same page serves the operator who enters, the operator who signs and the verifier; the state of the step says
which of them it is for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.bodies import AGAIN
from mfg.batches.book import Book, loading_in
from mfg.batches.entering import Job, working
from mfg.batches.flow import Flow
from mfg.batches.handling_api import blind_pairs, step_pairs
from mfg.batches.reading_again import again
from mfg.batches.records import Batch, Step
from mfg.batches.rules import NOT_NEEDED, SETTLED, branch_leads_here, loops_ended
from mfg.batches.sample_shown import samples_of_step
from mfg.batches.scans import COLLECTION_BAG, CONTAINER, LOT
from mfg.batches.step_recorded import (
    attached,
    calculations,
    instruction,
    limits_told,
    recorded,
    redlines_told,
)
from mfg.codes.own import coi_text
from mfg.facts import Verdict, judge, plain
from mfg.fields import scan_hint
from mfg.recipes.master import FieldSpec, MasterRecord
from mfg.trial.records import recipient as load_recipient
from mfg.units import in_words
from mfg.verbs import VERBS

KINDS = {"number": "number", "reading": "text", "choice": "choice", "text": "text", "time": "date-time",
         "yesno": "yesno", "scan container": "scan", "scan lot": "scan", "scan equipment": "scan",
         "scan room": "scan", "file": "file"}
#: kind of a scan field -> the structures it takes
TAKES = {"scan container": CONTAINER, "scan lot": LOT, "scan equipment": ("equipment",), "scan room": ("room",)}
WORDS = {"todo": "to do", "paused": "paused", "performed": "performed, to be verified", "verified": "verified",
         "skipped": "skipped", NOT_NEEDED: "not needed"}
STATES = {"todo": "TODO", "paused": "CANNOT DETERMINE", "performed": "CANNOT DETERMINE", "verified": "PASS",
          "skipped": "PASS", NOT_NEEDED: "PASS"}


def show_step(session: Session, book: Book, *, now: datetime, given: Mapping[str, str] | None = None,
              errors: Mapping[str, str] | None = None, keep: Collection[str] = ()) -> dict[str, Any]:
    """What the template of a step needs, without the parts that belong to the request (csrf, nonce, problem).

    `keep` are the fields whose refused value may be kept with a reason.
    """
    work, step, stands = book.work, book.work.row.code, book.work.flow.standing(book.work.row)
    page: dict[str, Any] = {
        "title": work.shape.title, "code": step.partition("/")[2], "instruction": instruction(work),
        "source": work.shape.sop or None, "phases": phases(book.record, work.flow, work.row),
        "entries": recorded(book), "findings": [], "problem": None, "seen": work.seen, "second": None,
        "fields": [], "sign": None, "main": None, "action": "", "others": _others(work), "note": _note(work),
        "more": more(work), "redlines": redlines_told(work), "attached": attached(book),
        "samples": samples_of_step(session, work),
        "state": f"{WORDS[stands]}, step {book.place} of {len(book.steps)}",
        "verdict": STATES[stands], "pairs": _calculated(session, book) + calculations(work)}
    page |= _to_do(work, stands, now, given or {}, errors or {}, keep)
    for one in page["fields"]:
        one["value"] = (given or {}).get(one["name"], one.get("value", ""))
        one["error"] = (errors or {}).get(one["name"])
    return page


def _to_do(work: Job, stands: str, now: datetime, given: Mapping[str, str], errors: Mapping[str, str],
           keep: Collection[str]) -> dict[str, Any]:
    """What this page asks for: values, one of the two signatures, to wait, to go on, or nothing any more."""
    if stands in ("todo", "paused") and (findings := _waits(work)):
        return {"findings": findings}
    if stands == "paused":
        return {"second": {"title": "Paused", "text": "Nothing is entered here until somebody resumes the step.",
                           "url": f"/steps/{work.row.code}/resume-step", "label": "Resume the step"}}
    missing = [one for one in work.shape.fields if one.id not in work.entries and one.kind != "calculated"]
    if stands == "todo" and [one for one in missing if not one.optional]:
        return _to_enter(work, missing, given, errors, keep)
    return _to_perform(work, now) if stands == "todo" else _to_verify(work) if stands == "performed" else \
        _over(work, stands)


def _waits(work: Job) -> list[dict[str, Any]]:
    """Why nobody can work here yet: a branch that cannot be told, a loop that has not ended."""
    wrong = judge((branch_leads_here, loops_ended), working(work))
    return [one.as_dict() for one in wrong if one.verdict is not Verdict.PASS]


def _over(work: Job, stands: str) -> dict[str, Any]:
    """Nothing is left to do here: where the work goes on."""
    after = next((one for one in work.flow.steps if work.flow.standing(one) not in SETTLED), None)
    text = f"Here {work.flow.branch(work.row).why}" if stands == NOT_NEEDED else "Nothing is left to do in this step."
    return {"second": {"title": WORDS[stands].capitalize(), "text": text,
                       "url": f"/steps/{after.code}" if after else f"/batches/{work.batch.code}",
                       "label": "Go to the next step" if after else "Go to the batch record"}}


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


def phases(record: MasterRecord, flow: Flow, here: Step | None = None) -> list[dict[str, Any]]:
    """The phases of a batch, each with how many of its steps have nothing left to do, and where to go on."""
    found = []
    for n, phase in enumerate(record.phases, 1):
        own = [one for one in flow.steps if one.phase == phase.id]
        open_ones = [one for one in own if flow.standing(one) not in SETTLED]
        to_verify = sum(one.state == "performed" for one in own)
        found.append({"n": n, "title": phase.title, "verdict": "TODO" if open_ones else "PASS",
                      "note": f"{to_verify} to verify" if to_verify else None, "done": len(own) - len(open_ones),
                      "of": len(own), "here": here is not None and here.phase == phase.id,
                      "url": f"/steps/{(open_ones or own[-1:])[0].code}"})
    return found


def takes_of(spec: FieldSpec) -> tuple[str, ...]:
    """The structures a field of a step takes; none: it is not scanned."""
    return COLLECTION_BAG if spec.container_kind == "collection bag" else TAKES.get(spec.kind, ())


def field_of(work: Job, spec: FieldSpec, value: str = "", error: str | None = None) -> dict[str, Any]:
    """One field as the template draws it."""
    wanted = spec.container_kind or spec.lot_kind or spec.equipment_kind
    takes = takes_of(spec)
    hint = limits_told(work, spec) or (scan_hint(f"Scan the {wanted}." if wanted else "", takes) if takes else "")
    return {"name": spec.id, "label": spec.label, "kind": KINDS[spec.kind], "unit": in_words(spec.unit), "hint": hint,
            "choices": [(word, word) for word in spec.choices], "required": not spec.optional, "readonly": False,
            "typed": False, "value": value, "error": error}


def _to_enter(work: Job, missing: list[FieldSpec], given: Mapping[str, str], errors: Mapping[str, str],
              keep: Collection[str]) -> dict[str, Any]:
    kept = [{"url": f"/steps/{work.row.code}/enter-value?field={id}&unit={_unit(work, id)}", "danger": True,
             "label": f"Keep {work.field(id).label.lower()} with a reason"} for id in errors if id in keep]
    return {"fields": [field_of(work, one, given.get(one.id, ""), errors.get(one.id)) for one in missing],
            "main": "Check and record", "action": f"/steps/{work.row.code}/values",
            "others": kept + _others(work),
            "second": {"title": "Then two people sign", "url": None, "label": "", "text":
                       "When every value is recorded the performer signs; another person verifies, on this screen."}}


def _unit(work: Job, id: str) -> str:
    return work.field(id).unit.replace("%", "%25").replace("{", "%7B").replace("}", "%7D")


def _to_perform(work: Job, now: datetime) -> dict[str, Any]:
    fields = [
        {"name": "done_at", "label": "Done at", "kind": "date-time", "required": True,
         "value": f"{now:%Y-%m-%d %H:%M:%S}Z", "hint": "When the work was done, with its zone; Z is UTC."},
        {"name": "late_reason", "label": "Why it is entered late", "kind": "textarea", "required": False,
         "hint": "Only when it was done more than 15 minutes ago."}]
    return {"fields": fields, "main": "Sign as performer", "action": f"/steps/{work.row.code}/sign",
            "sign": _signature("perform step", step_pairs(work), "performer")}


def _to_verify(work: Job) -> dict[str, Any]:
    asked = [field_of(work, one) | {"name": AGAIN + one.id, "required": True, "hint": (
        scan_hint("", takes_of(one)) if takes_of(one) else ""), "label": (
        f"{one.label}, {'scan' if one.kind.startswith('scan') else 'read'} again")} for one in again(work)]
    text = ("The verifier reads what stands below again without seeing the first reading, and signs here." if asked else
            "The verifier looks at the work and at what is recorded, and signs here.")
    return {"fields": asked, "main": "Sign as verifier", "action": f"/steps/{work.row.code}/sign",
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
    found.append({"url": f"{here}/attach-file", "label": "Attach a file", "danger": False})
    if work.row.state == "todo" and any(one.kind == "scan container" for one in work.shape.fields):
        found.append({"url": f"/batches/{work.batch.code}/make-container", "label": "Make a container",
                      "danger": False})
    return found


def more(work: Job) -> list[dict[str, Any]]:
    """What else can be done with the step, kept out of the way of what is done each time."""
    here, open_, shape = f"/steps/{work.row.code}", work.row.state in ("todo", "paused"), work.shape
    none = [one for one in shape.fields if one.optional and one.id not in work.entries and one.kind != "calculated"]
    wanted = (("pause-step", "Pause the step", work.row.state == "todo"),
              ("resume-step", "Resume the step", work.row.state == "paused"),
              ("hand-over-step", "Take the step over", open_),
              ("enter-value", "Enter a value read earlier or on paper", work.row.state == "todo"),
              ("mark-not-applicable", "Mark a value as not applicable", work.row.state == "todo" and bool(none)),
              ("skip-step", "Skip the step", open_ and shape.optional),
              ("take-up-step", "Do it after all", work.row.state == "skipped"),
              ("propose-redline", "Propose a redline", work.batch.state == "open"))
    return [{"url": f"{here}/{verb}", "label": label} for verb, label, possible in wanted if possible]


def _note(work: Job) -> str | None:
    row, told = work.row, []
    if row.responsible and row.state not in ("verified", "skipped"):
        told.append(f"Responsible: {row.responsible}.")
    if row.done_at is not None:
        told.append(f"Done {row.done_at:%Y-%m-%d %H:%M} UTC.")
    if row.late_reason:
        told.append(f"Entered late: {row.late_reason}")
    if row.skip_reason:
        told.append(f"Skipped by {row.skipped_by}: {row.skip_reason}")
    return " ".join(told) or None


def _calculated(session: Session, book: Book) -> list[tuple[str, Any, bool]]:
    """What the operator needs worked out: the antibody for the cells counted in this stage."""
    if not any(one.role == "loading.antibody_added_ml" for one in book.work.shape.fields):
        return []
    facts = loading_in(session, book)
    target = facts.limits.ug_per_million_cells if facts.limits else None
    if target is None or target.value is None:
        return []
    pairs: list[tuple[str, Any, bool]] = [
        ("Antibody asked for", f"{plain(target.value)} ug per 10^6 cells", target.assumed)]
    strength = facts.antibody.ug_per_ml if facts.antibody else None
    if facts.cells and strength:
        volume = (target.value * facts.cells / 10**6 / strength).quantize(Decimal("0.001"))
        pairs.append((f"For {plain(facts.cells)} cells at {plain(strength)} ug/mL", f"{volume} mL", target.assumed))
    return pairs
