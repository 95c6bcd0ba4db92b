"""What is shown of out-of-specification results and of slots of further testing. It changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from mfg.doors import Page, leads
from mfg.ledger import now
from mfg.paper.shapes import Drawing
from mfg.paper.slots import Place, slots_drawing
from mfg.qc.oos_acts import results_in, test_of
from mfg.qc.oos_api import OOS_DOORS, all_oos, free_slots
from mfg.qc.oos_records import (
    Oos,
    Slot,
    checks_of,
    investigations_of,
    marks_of,
    measurements_of,
    oos_of_result,
    slots_after,
    slots_of,
)
from mfg.qc.oos_records import oos as oos_of
from mfg.qc.oos_records import slot as slot_of
from mfg.qc.oos_rules import AS_REQUIRED, CHECKLIST, ERROR, NOT_AS_REQUIRED, OOS, OPEN
from mfg.qc.outlier import grubbs
from mfg.qc.records import Result, specification_of
from mfg.qc.records import result as result_of
from mfg.qc.rules import limit_text, replicates, shown_value
from mfg.qc.slot_rules import USABLE
from mfg.quality.shown import actions, by_at, choice, days, due, moment, states
from mfg.recipes.specification import Test
from mfg.units import in_words
from mfg.verbs import VERBS

SIGN = {"phase I": "CANNOT DETERMINE", "phase II": "CANNOT DETERMINE", "confirmed": "FAIL", "invalidated": "PASS"}
ANSWER = {AS_REQUIRED: "PASS", NOT_AS_REQUIRED: "FAIL"}


def status(row: Oos) -> dict[str, str]:
    """Only a concluded one is decided; a confirmed one is told as what it is."""
    return {"verdict": SIGN[row.state], "text": row.state}


def _link(url: str, code: str) -> dict[str, Any]:
    return {"text": code, "url": f"/{url}/{code}", "code": True}


def _next_due(row: Oos, at: datetime) -> Any:
    """Phase I to begin, then the conclusion; what is over is told by shape and word."""
    if row.state == "phase I" and row.begun_at is None and row.start_by <= row.conclude_by:
        return due(row.start_by, at)
    return due(row.conclude_by, at, ended=row.state not in OPEN)


def list_oos(session: Session, *, state: str = "", deviation: str = "") -> dict[str, Any]:
    """All OOS, those that go on first, the next due first."""
    at = now()
    rows = [[_link("oos", row.code), status(row), test_of(session, row).title, _link("results", row.result),
             leads(row.dose or row.batch), days((at - row.opened_at).days), _next_due(row, at),
             "begun" if row.begun_at else "not begun" if row.state in OPEN else "", _link("deviations", row.deviation)]
            for row in all_oos(session, state=state) if deviation in ("", row.deviation)]
    return {"title": "Out of specification", "rows": rows, "actions": [],
            "empty": "None is like this." if state or deviation else "Nothing was out of specification.",
            "headers": ["OOS", "State", "Test", "Result", "Of", "Age", "Next due", "Phase I", "Deviation"],
            "filters": [choice("state", "State", states(sorted(OOS.states)), state or "all")]}


def show_oos(session: Session, *, oos: str) -> dict[str, Any]:
    """One OOS: the original result, what was found out, every slot, and what can be done next."""
    row, at = oos_of(session, oos), now()
    test, results = test_of(session, row), results_in(session, row)
    return {"code": row.code, "title": f"OOS {row.code}", "state": row.state, "verdict": status(row)["verdict"],
            "about": f"{test.title} of {row.sample}: {_value(test, results[0])}; {limit_text(test)} was expected.",
            "pairs": _pairs(row, test, results[0], at), "version": str(row.version),
            "drawings": [_drawn(session, row, test)],
            "sections": [_checklist(session, row), _measured(session, row), _timeline(session, row)],
            "actions": _actions(session, row),
            "strip": [{"k": "OOS", "v": row.code, "code": True}, {"k": "Of", "v": row.dose or row.batch, "code": True}]}


def _value(test: Test, row: Result) -> str:
    return f"{shown_value(test, row.value)} {in_words(row.unit)}".strip()


def _pairs(row: Oos, test: Test, result: Result, at: datetime) -> list[tuple[str, Any, bool]]:
    ended = row.state not in OPEN
    outlier = grubbs(replicates(result.value)) if test.kind == "replicates" else None
    told: list[tuple[str, Any]] = [
        ("Original result", _link("results", result.code)),
        ("It stands", "no, invalidated; it stays visible" if result.invalidated_at else "yes"),
        ("Value", _value(test, result)), ("Limit", limit_text(test)), ("Test", test.title),
        ("Sample", _link("samples", row.sample)), ("Of", leads(row.dose or row.batch)),
        ("Fill", str(row.attempt) if row.dose else None),
        ("Tested", by_at(result.tested_by, result.tested_at)), ("Deviation", _link("deviations", row.deviation)),
        ("Age", days((at - row.opened_at).days)), ("Phase I begun", by_at(row.begun_by, row.begun_at)),
        ("Phase I to be begun by", moment(row.start_by) if row.begun_at else due(row.start_by, at, ended=ended)
         or "ended"),
        ("Concluded", by_at(row.concluded_by, row.concluded_at)) if ended else
        ("To be concluded by", due(row.conclude_by, at)),
        ("Outlier test", outlier.told if outlier else None),
        ("Retests, fixed beforehand", None if row.retests is None else f"{row.retests}" + (
            f", by {row.policy}" if row.policy else "")),
        ("Review of manufacturing", row.review or None), ("Plan", row.plan or None), ("Cause", row.cause or None),
        ("Other batches affected", row.others_affected), ("Which were looked at", row.others_looked_at or None)]
    return [(name, value, False) for name, value in told if value is not None]


def oos_drawing(session: Session, oos: str) -> Drawing:
    """The original and every slot as a picture."""
    row = oos_of(session, oos)
    return slots_drawing(_places(session, row, test_of(session, row)))


def _places(session: Session, row: Oos, test: Test) -> list[Place]:
    first = result_of(session, row.result)
    return [Place("original", first.code, f"{first.value} {in_words(first.unit)}".strip(), first.verdict,
                  "invalidated, stays visible" if first.invalidated_at else ""),
            *(_place(session, row, one) for one in slots_of(session, row))]


def _place(session: Session, row: Oos, one: Slot) -> Place:
    if one.result is None:
        return Place(one.title, one.code, mark="" if row.state in USABLE[one.kind] else "closed, was not used")
    found = result_of(session, one.result)
    return Place(one.title, found.code, f"{found.value} {in_words(found.unit)}".strip(), found.verdict,
                 "invalidated, stays visible" if found.invalidated_at else f"{found.code}, {found.state}")


def _drawn(session: Session, row: Oos, test: Test) -> dict[str, Any]:
    places = _places(session, row, test)
    rows = [[one.title, one.code, one.told,
             {"verdict": one.verdict or "TODO", "text": one.verdict or one.told}, one.mark] for one in places]
    return {"title": "Original and slots", "svg_url": f"/oos/{row.code}/slots.svg", "alt": slots_drawing(places).says,
            "headers": ["Place", "Code", "Value", "Verdict", "Stands"], "rows": rows}


def _checklist(session: Session, row: Oos) -> dict[str, Any]:
    found = investigations_of(session, row.code)
    rows = [[CHECKLIST[one.point], {"verdict": ANSWER.get(one.answer, "TODO"), "text": one.answer}, one.found]
            for one in (checks_of(session, found[-1].code) if found else ())]
    if found:
        last = found[-1]
        rows.append(["Outcome", {"verdict": "FAIL" if last.outcome == ERROR else "PASS", "text": last.outcome},
                     last.error])
    return {"title": "Laboratory investigation", "headers": ["Point", "Answer", "Found"], "rows": rows,
            "empty": "The laboratory investigation is not recorded yet."}


def _measured(session: Session, row: Oos) -> dict[str, Any]:
    rows = [[one.code, one.hypothesis, one.value, moment(one.at), one.by] for one in measurements_of(session, row.code)]
    return {"title": "Measured for investigation only", "rows": rows, "empty": "Nothing was measured again.",
            "note": "These are no results: they are never reported and never judged.",
            "headers": ["Measurement", "Hypothesis", "Measured", "When", "By"]}


def _timeline(session: Session, row: Oos) -> dict[str, Any]:
    """What happened, in order."""
    told: list[tuple[datetime, str, str]] = [(row.opened_at, f"{row.result} saved: it fails", row.opened_by)]
    for at, what, by in ((row.begun_at, "Phase I begun", row.begun_by),
                         (row.phase_two_at, f"Phase II opened, {row.retests} retests", row.phase_two_by),
                         (row.concluded_at, f"Concluded: {row.state}", row.concluded_by)):
        if at is not None:
            told.append((at, what, by or ""))
    told += [(one.at, f"Measured for investigation only: {one.value}", one.by)
             for one in measurements_of(session, row.code)]
    told += [(one.at, f"Laboratory investigated: {one.outcome}", one.by)
             for one in investigations_of(session, row.code)]
    for one in slots_of(session, row):
        if one.kind != "retest":
            told.append((one.opened_at, f"{one.title.capitalize()} opened: {one.why}", one.opened_by))
        if one.result is not None:
            found = result_of(session, one.result)
            told.append((found.tested_at, f"{one.title.capitalize()}: {found.code}, {found.value}, {found.verdict}",
                         found.tested_by))
    return {"title": "Timeline", "headers": ["When", "What", "By"],
            "rows": [[moment(at), what, by] for at, what, by in sorted(told)]}


def _next(session: Session, row: Oos) -> str:
    """The verb that comes next."""
    if row.state == "phase II":
        return "conclude OOS"
    found = investigations_of(session, row.code)
    if found:
        return "invalidate result" if found[-1].outcome == ERROR else "open phase two"
    return "record laboratory investigation" if row.begun_at else "begin laboratory investigation"


def _actions(session: Session, row: Oos) -> list[dict[str, Any]]:
    """What is possible now, in the order it is done; the free slots first in phase II."""
    verbs = {move.verb for move in OOS.moves if row.state in move.before}
    if "confirmed" in verbs:
        verbs |= {"conclude OOS"}
    if row.begun_at is not None:
        verbs -= {"begin laboratory investigation"}
    slots = [one for one in slots_of(session, row) if one.result is None and row.state in USABLE[one.kind]]
    if any(one.kind == "resample" for one in slots_of(session, row)):
        verbs -= {"allow resample"}
    return [*slot_actions(slots), *actions(OOS_DOORS, f"/oos/{row.code}", verbs, "" if slots else _next(session, row))]


def slot_actions(slots: list[Slot]) -> list[dict[str, Any]]:
    """A button for the first free slot of each kind."""
    first = {one.kind: one for one in reversed(slots)}
    return [{"url": f"/slots/{one.code}/{verb_of(one).replace(' ', '-')}", "label": f"Record the {one.title}",
             "danger": False, "main": True} for one in first.values()]


def verb_of(one: Slot) -> str:
    """The verb that uses a slot of its kind."""
    return "record retest" if one.kind in ("retest", "resample") else "record repeat"


def show_slot(session: Session, *, slot: str) -> dict[str, Any]:
    """One slot: what it is for, and what was recorded in it."""
    row = slot_of(session, slot)
    first = result_of(session, row.follows)
    test = specification_of(session, first.batch).test(first.test)
    usable = _usable(session, row)
    pairs: list[tuple[str, Any, bool]] = [
        ("For", row.title, False), ("Test", test.title if test else first.test, False),
        ("It follows", _link("results", row.follows), False), ("Opened because", row.why, False),
        ("OOS", _link("oos", row.oos) if row.oos else "none", False),
        ("Opened", by_at(row.opened_by, row.opened_at), False),
        ("Result", _link("results", row.result) if row.result else "none yet", False)]
    return {"code": row.code, "title": f"Slot {row.code}", "pairs": pairs, "sections": [], "drawings": [],
            "state": "used" if row.result else "free" if usable else "closed, was not used",
            "verdict": "PASS" if row.result else "TODO", "actions": slot_actions([row] if usable else []),
            "strip": [{"k": "Slot", "v": row.code, "code": True}, {"k": "Batch", "v": first.batch, "code": True}]}


def waiting_oos(session: Session, roles: frozenset[str], at: datetime) -> list[tuple[str, str, str, str | None]]:
    """What OOS ask of somebody with these roles: (what, on what, where, how urgent); overdue first by the list."""
    found: list[tuple[str, str, str, str | None]] = []
    for row in all_oos(session, state="not ended")[:10]:
        verb = _next(session, row)
        if roles & set(VERBS[verb].roles):
            over = at > (row.conclude_by if row.begun_at else min(row.start_by, row.conclude_by))
            found.append((f"overdue: {verb}" if over else verb, f"{row.code}, {row.test} of {row.dose or row.batch}",
                          f"/oos/{row.code}", "FAIL" if over else None))
    if "qc analyst" in roles:
        found += [(f"test the {one.title}", f"{one.code} after {one.follows}", f"/slots/{one.code}", None)
                  for one in free_slots(session) if _usable(session, one)][:10]
    return found


def _usable(session: Session, one: Slot) -> bool:
    return one.result is None and (oos_of(session, one.oos).state if one.oos else None) in USABLE[one.kind]


def beside(session: Session, row: Result) -> list[tuple[str, Any, bool]]:
    """What a result's page says of its OOS and its slots."""
    mark = marks_of(session, row.batch).get(row.code)
    pairs: list[tuple[str, Any, bool]] = [("It is", mark, False)] if mark else []
    opened = oos_of_result(session, row.code)
    pairs += [("OOS", _link("oos", opened.code), False)] if opened else []
    return pairs + [(f"Followed by the {one.title}", _link("results", one.result) if one.result
                     else _link("slots", one.code), False) for one in slots_after(session, row.code)]


OOS_PAGES = (
    Page("/oos", list_oos, "list.html", asks=("state", "deviation")),
    Page("/oos/<oos>", show_oos),
    Page("/slots/<slot>", show_slot),
)
