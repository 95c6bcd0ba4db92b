"""What is shown of samples after they were drawn: their chain, what the laboratory waits for, what is kept.

It changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from mfg.batches.records import batch as batch_of
from mfg.doors import Page
from mfg.facts import Verdict, plain
from mfg.ledger import now
from mfg.paper.sample_chain import Happened, sample_chain
from mfg.paper.shapes import Drawing
from mfg.qc.sampling_answers import Answering, all_answered, arrival
from mfg.qc.sampling_api import DOORS, expected, limits_told, retains
from mfg.qc.sampling_facts import DrawnFacts, SlotFacts
from mfg.qc.sampling_gather import Tube, sampling_of, tubes
from mfg.qc.sampling_rules import SAMPLE

WHEN = "%Y-%m-%d %H:%M UTC"
#: what is done next with a sample in this state
NEXT = {"taken": "receive sample", "in transit": "receive sample", "to be witnessed": "witness disposal"}
#: state -> how it is shown
LOOKS = {"reported": "PASS", "retained": "PASS", "disposed": "PASS", "refused": "FAIL",
         "to be witnessed": "CANNOT DETERMINE", "in transit": "CANNOT DETERMINE"}


def look_of_state(held: Tube) -> dict[str, str]:
    """The state of a sample in its life, as a status."""
    return {"verdict": LOOKS.get(held.state, "TODO"), "text": held.state}


def chain(held: Tube) -> dict[str, Any]:
    """Where it was and when, how warm, in whose hands, and how its label was read."""
    answer = held.answer
    drawn = f"drawn from {held.row.container}" + (
        f", {answer.tubes} tube{'s' if answer.tubes != 1 else ''}" if answer and answer.tubes else "") + (
        f" of {plain(answer.volume_ml)} mL" if answer and answer.volume_ml is not None else "")
    rows = [[f"{held.row.taken_at:{WHEN}}", drawn, "", "", "", held.row.taken_by]]
    for one in held.events:
        told = "; ".join(part for part in (
            one.condition and f"{one.condition}, seal {one.seal}", one.keep and f"kept {one.keep}",
            one.until and f"until {one.until:%Y-%m-%d}", one.note) if part)
        rows.append([f"{one.at:{WHEN}}", one.kind + (f": {told}" if told else ""), one.place,
                     f"{plain(one.temperature_c)} °C" if one.temperature_c is not None else "", one.how, one.by])
    return {"title": "Where it was", "rows": rows,
            "headers": ["When", "What", "Where", "Temperature", "Label", "Who"]}


def drawing_of(held: Tube) -> dict[str, Any]:
    """The picture of the chain with the table under it."""
    table = chain(held)
    return {"title": table["title"], "svg_url": f"/samples/{held.row.code}/chain.svg", "rows": table["rows"],
            "headers": table["headers"],
            "alt": f"{len(table['rows'])} events of {held.row.code}, in the table below."}


def chain_drawing(held: Tube) -> Drawing:
    """The same as a picture, the newest on top; a shape and a word say how the label was read."""
    return sample_chain([Happened(at, " · ".join(part for part in (what, where) if part), warm, by, read)
                         for at, what, where, warm, read, by in reversed(chain(held)["rows"])])


def plan_pairs(held: Tube) -> list[tuple[str, Any, bool]]:
    """What the plan says of it, and what of its arrival is not as it should be."""
    found: list[tuple[str, Any, bool]] = [("State", look_of_state(held), False)]
    if held.answer and held.spec:
        found.append(("Of the plan", {"text": f"{held.spec.title} of {held.answer.step}",
                                      "url": f"/steps/{held.answer.step}"}, bool(held.spec.because)))
    found += [(label, value, False) for label, value in limits_told(held)]
    if held.received and held.answer and held.spec:
        wrong = [one.why for one in arrival(_slot(held), _facts(held)) if one.verdict is not Verdict.PASS]
        found += [("Arrival", {"verdict": "FAIL", "text": said}, False) for said in wrong] or [
            ("Arrival", {"verdict": "PASS", "text": "in order"}, False)]
    return found


def _slot(held: Tube) -> SlotFacts:
    assert held.spec is not None and held.answer is not None
    return SlotFacts(held.answer.step, 0, held.spec, held.row.dose is not None)


def _facts(held: Tube) -> DrawnFacts:
    told, received = held.row, held.received
    assert received is not None
    return DrawnFacts(told.code, held.state, told.dose, told.attempt, False, told.taken_at, received.at, received.how,
                      received.temperature_c, received.condition, received.seal, False, held.tests)


def event_actions(held: Tube) -> list[dict[str, Any]]:
    """What can be done with it now, the next thing first."""
    verbs = [move.verb for move in SAMPLE.moves if held.state in move.before]
    doors = {door.verb: door for door in DOORS if door.path == "/samples/<sample>"}
    main = NEXT.get(held.state) if held.receipt_needed or held.state == "to be witnessed" else None
    if held.state in ("received", "reported") and held.spec and held.spec.retain_days and not held.open_tests:
        main = "store retain"
    return [{"url": f"/samples/{held.row.code}/{doors[verb].slug}", "label": doors[verb].title,
             "danger": doors[verb].danger, "main": verb == main} for verb in dict.fromkeys(verbs) if verb in doors]


def time_left(due: datetime | None, at: datetime, taken: datetime) -> dict[str, str]:
    """How long until it is due: over is told in shape, colour and word."""
    if due is None:
        return {"verdict": "TODO", "text": "no time set"}
    left = int((due - at) / timedelta(minutes=1))
    if at > due:
        return {"verdict": "FAIL", "text": f"overdue by {-left} min"}
    soon = due - at < (due - taken) / 5
    return {"verdict": "CANNOT DETERMINE" if soon else "TODO", "text": f"{left} min left"}


def list_expected(session: Session) -> dict[str, Any]:
    """What the laboratory waits for, the one due first on top."""
    at = now()
    rows = [[{"text": one.row.code, "url": f"/samples/{one.row.code}", "code": True},
             time_left(one.due_at, at, one.row.taken_at), one.spec.title if one.spec else one.row.purpose,
             one.row.dose or one.row.batch, look_of_state(one), f"{one.row.taken_at:{WHEN}}",
             f"{one.due_at:{WHEN}}" if one.due_at else "", str(one.spec.temperature or "") if one.spec else "",
             {"text": "Receive", "url": f"/samples/{one.row.code}/receive-sample"}] for one in expected(session)]
    return {"title": "Samples to receive", "rows": rows, "empty": "The laboratory waits for no sample.",
            "headers": ["Sample", "Time left", "For", "Of", "State", "Drawn", "Due", "Temperature", "Next"],
            "actions": [{"url": "/samples", "label": "All samples", "danger": False, "main": False}]}


def list_retains(session: Session) -> dict[str, Any]:
    """What is kept, where and until when; what may be disposed of first."""
    at = now()
    rows = []
    for one in retains(session):
        stored, last = one.last("stored"), one.events[-1] if one.events else None
        looked = one.last("inspected")
        rows.append([{"text": one.row.code, "url": f"/samples/{one.row.code}", "code": True}, _kept(one, at),
                     one.spec.title if one.spec else one.row.purpose, one.row.dose or one.row.batch,
                     last.place if last else "", stored.keep if stored else "",
                     f"{stored.at:{WHEN}}" if stored else "", f"{looked.at:{WHEN}}" if looked else "never"])
    return {"title": "Retains", "rows": rows, "empty": "No sample is kept.",
            "headers": ["Sample", "Kept until", "For", "Of", "Where", "Kept", "Stored", "Looked at"],
            "actions": [{"url": "/samples", "label": "All samples", "danger": False, "main": False}]}


def _kept(one: Tube, at: datetime) -> dict[str, str]:
    assert one.kept_until is not None
    until = f"{one.kept_until:%Y-%m-%d}"
    if one.last("stored") is None:
        return {"verdict": "CANNOT DETERMINE", "text": f"not stored yet; until {until}"}
    if at >= one.kept_until:
        return {"verdict": "TODO", "text": f"{until}: due for disposal"}
    return {"verdict": "PASS" if one.state == "retained" else "CANNOT DETERMINE",
            "text": until if one.state == "retained" else f"{one.state}; until {until}"}


def show_plan(session: Session, *, batch: str) -> dict[str, Any]:
    """The plan of samples of one batch: what is to be drawn at which step, and what became of it."""
    row = batch_of(session, batch)
    facts = sampling_of(session, row)
    answer = all_answered(Answering(batch, facts))
    held = {one.row.code: one for one in tubes(session, row)}
    rows = [cells for slot in facts.slots for cells in _slot_rows(held, slot)]
    return {"code": batch, "title": f"Samples of {batch}", "state": answer.verdict.value,
            "verdict": answer.verdict.value, "pairs": [("Every sample is answered", answer.why, False)],
            "sections": [{"title": "The plan, step by step", "rows": rows,
                          "headers": ["Step", "Sample", "From", "For", "Drawn", "State"]}],
            "drawings": [], "actions": [], "strip": [{"k": "Batch", "v": batch, "code": True}]}


def _slot_rows(held: Mapping[str, Tube], slot: SlotFacts) -> list[list[Any]]:
    first: list[Any] = [{"text": slot.step, "url": f"/steps/{slot.step}", "code": True}, slot.spec.title,
                        slot.spec.container_kind, slot.spec.purpose]
    rows = [[*first, {"text": one.sample, "url": f"/samples/{one.sample}", "code": True},
             look_of_state(held[one.sample])] for one in slot.drawn]
    if slot.explained:
        rows.append([*first, f"not taken: {slot.explained}", {"verdict": "CANNOT DETERMINE", "text": "explained"}])
    return rows or [[*first, "", {"verdict": "TODO", "text": "not taken"}]]


PAGES = (
    Page("/samples/expected", list_expected, "list.html"),
    Page("/retains", list_retains, "list.html"),
    Page("/batches/<batch>/samples", show_plan),
)
