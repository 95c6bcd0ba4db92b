"""What is recorded in one step, as people read it: values, calculations, files, redlines. It decides nothing.

What the second person has to read again is hidden here while the step waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mfg.batches.book import Book
from mfg.batches.entering import Job
from mfg.batches.reading_again import HIDDEN, hidden
from mfg.batches.records import StepEntry
from mfg.batches.redlines import limits_in_words, redlines_on
from mfg.recipes.expressions import names_in
from mfg.recipes.master import FieldSpec
from mfg.units import in_words

ASKED = ("number", "reading", "calculated")


def recorded(book: Book) -> dict[str, Any] | None:
    """The values that count, with those they replaced; the second person does not see what is to be read blind."""
    work = book.work
    if not work.entries:
        return None
    covered, by_code = hidden(work), {one.code: one for one in book.entries if one.step == work.row.code}
    rows = [_row(work, one, by_code, hide=one.id in covered) for one in work.shape.fields if one.id in work.entries]
    return {"headers": ["value", "as read", "limits", "verdict", "entered"], "rows": rows}


def _row(work: Job, spec: FieldSpec, by_code: Mapping[str, StepEntry], *, hide: bool) -> list[Any]:
    entry = work.entries[spec.id]
    value: dict[str, Any] = {"text": HIDDEN} if hide else {"text": told_value(entry), "sub": _beside(entry, by_code)}
    if entry.how == "attached":
        value |= {"text": "the file", "url": f"/files/{entry.value}"}
    verdict: Any = {"verdict": "ALERT", "text": "ALERT, within limits"} if entry.alert else \
        {"verdict": entry.verdict} if entry.verdict else "no limits"
    if hide:
        verdict = "hidden until it is read again"
    by = f"the system, in an act of {entry.entered_by}" if entry.how == "computed" else entry.entered_by
    return [spec.label, value, limits_told(work, spec), verdict, f"{by}, {_when(entry)}"]


def _beside(entry: StepEntry, by_code: Mapping[str, StepEntry]) -> str:
    """How it came, from where and when, and what stood there before."""
    told = [entry.how + (f" from sheet {entry.paper}" if entry.paper else "")]
    if entry.late_reason:
        told.append(f"late: {entry.late_reason}")
    before = by_code.get(entry.supersedes or "")
    if before is not None:
        told.append(f"was {told_value(before)}; {'recalculated' if entry.how == 'computed' else 'corrected'}: "
                    f"{entry.reason}")
    elif entry.how == "not applicable":
        told.append(entry.reason)
    return "; ".join(told)


def _when(entry: StepEntry) -> str:
    """When it was entered, and when it was read if that is not the same."""
    entered = f"{entry.entered_at:%Y-%m-%d %H:%M} UTC"
    if entry.read_at is None or entry.read_at == entry.entered_at:
        return entered
    return f"{entered}; read {entry.read_at:%Y-%m-%d %H:%M} UTC"


def told_value(entry: StepEntry) -> str:
    """A value as people read it: a number with its unit, a time in UTC."""
    if entry.moment is not None:
        return f"{entry.moment:%Y-%m-%d %H:%M} UTC"
    if entry.amount is None and entry.how in ("computed", "not applicable"):
        return entry.value
    return f"{entry.value} {in_words(entry.unit)}".strip()


def limits_text(spec: FieldSpec) -> str:
    """The limits as people read them, alert limits too; assumed ones say so."""
    words = str(spec.limits) if spec.limits else f"not acceptable: {', '.join(spec.not_good)}" if spec.not_good else ""
    if spec.alerts:
        words += f"{'; ' if words else ''}alert limits {spec.alerts}"
    return f"{words} (assumed: {spec.because})" if words and spec.because else words


def limits_told(work: Job, spec: FieldSpec) -> str:
    """The same; beside redlined limits stands what the master record says."""
    shape = work.flow.pinned.step(work.row.step_id)
    pinned = shape.field(spec.id) if shape else None
    if pinned is None or limits_in_words(pinned) == limits_in_words(spec):
        return limits_text(spec)
    return f"{limits_text(spec)} (redlined; the master record says {limits_text(pinned) or 'no limits'})"


def instruction(work: Job) -> list[str]:
    """What to do; beside a redlined text stands that of the master record."""
    shape = work.flow.pinned.step(work.row.step_id)
    if shape is None:
        return [work.shape.instruction, "Added for this batch by a redline; the master record has no such step."]
    if shape.instruction == work.shape.instruction:
        return [shape.instruction]
    return [work.shape.instruction, f"Redlined for this batch. The master record says: {shape.instruction}"]


def calculations(work: Job) -> list[tuple[str, Any, bool]]:
    """Each calculated value: its formula, what went in and what came out; or why there is nothing yet."""
    covered, known, found = hidden(work), work.flow.known(work.row), list[tuple[str, Any, bool]]()
    for spec in work.shape.fields:
        if spec.kind != "calculated":
            continue
        if spec.id in covered:
            found.append((spec.label, {"text": HIDDEN, "sub": spec.formula}, False))
            continue
        inputs = ", ".join(f"{name} = {known[name] if name in known else 'not known'}"
                           for name in names_in(spec.formula))
        entry, told = work.entries.get(spec.id), f"{spec.formula}, with {inputs}"
        if entry is not None and entry.amount is not None:
            found.append((spec.label, {"text": told_value(entry), "num": True, "sub": told}, bool(spec.because)))
        else:
            why = work.flow.calculate(work.row, spec).why or "It is calculated as soon as this step may begin."
            found.append((spec.label, {"verdict": "CANNOT DETERMINE", "sub": f"{why} {told}"}, False))
    return found


def redlines_told(work: Job) -> list[list[Any]]:
    """What was changed for this batch in this step, and what is proposed."""
    return [[{"text": one.code, "url": f"/redlines/{one.code}", "code": True}, one.state, one.was, one.becomes,
             one.reason] for one in redlines_on(work.flow.redlines, work.row.step_id, work.row.repeat)]


def trail(book: Book, found: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Signatures and history of the step: void where a value they cover was calculated anew since, in the act of
    another step; and without reasons and values while a second reading is due, which they could tell."""
    again = [one for one in book.entries if one.step == book.work.row.code and one.how == "computed" and one.supersedes]
    newest = max((f"{one.entered_at:%Y-%m-%dT%H:%M:%SZ}" for one in again), default="")
    signatures = [one | {"void": True, "why": "a value was calculated anew"} if not one["void"] and one["at"] < newest
                  else one for one in found["signatures"]]
    history = found["history"]
    if hidden(book.work):
        history = [one | {"changes": [], "why": HIDDEN if one["why"] else ""} for one in history]
    return {"signatures": signatures, "history": history}


def attached(book: Book) -> list[dict[str, Any]]:
    """The files of this step: pictures to be seen, others to be fetched."""
    return [{"url": f"/files/{kept.code}", "name": kept.name, "caption": row.caption, "hash": kept.code,
             "picture": kept.media_type.startswith("image/"), "size": f"{kept.size / 1000:.0f} kB",
             "by": f"{row.by}, {row.at:%Y-%m-%d %H:%M} UTC"} for row, kept in book.attached]
