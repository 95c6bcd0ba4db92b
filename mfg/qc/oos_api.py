"""The doors of out-of-specification results and of the slots of further testing, and reading them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.fields import Body, Choice, Words, YesNo
from mfg.ledger import Who
from mfg.qc import oos_acts as acts
from mfg.qc import slot_acts
from mfg.qc.oos_records import (
    Oos,
    Slot,
    checks_of,
    investigations_of,
    measurements_of,
    slots_of,
)
from mfg.qc.oos_records import oos as oos_of
from mfg.qc.oos_records import slot as slot_of
from mfg.qc.oos_rules import ANSWERS, CHECKLIST, CONCLUSIONS, OOS, OPEN, OUTCOMES
from mfg.qc.records import Sample, specification_of
from mfg.qc.records import result as result_of
from mfg.qc.records import sample as sample_of
from mfg.qc.report_body import Reporting, reporting_of
from mfg.qc.rules import limit_text, shown_value


def _points() -> dict[str, Any]:
    """A choice and its words for every point of the checklist, in its order."""
    fields: dict[str, Any] = {}
    for point, about in CHECKLIST.items():
        fields[point] = Choice(about, ANSWERS)
        fields[f"{point}_found"] = Words("What was found", limit=500, required=False,
                                         hint="Needed where something is not as required.")
    return fields


RecordLaboratoryInvestigation: type[Body] = type("RecordLaboratoryInvestigation", (Body,), {
    "__doc__": "Every point of the checklist answered one by one, and the outcome.", **_points(),
    "outcome": Choice("Outcome", OUTCOMES),
    "error": Words("Which error it was", required=False, kind="textarea",
                   hint="Only where one is assignable: what happened, and what shows it.")})


class RecordMeasurement(Body):
    """A kept preparation measured again, for investigation only."""

    hypothesis = Words("Hypothesis", kind="textarea", hint="What may have gone wrong, and what this would show.")
    value = Words("What was measured", limit=400, hint="As it was read. It is no result and decides nothing.")


class Impact(Body):
    """Which other batches were looked at."""

    others_affected = YesNo("Are other batches affected?")
    others_looked_at = Words("Which batches were looked at", kind="textarea",
                             hint="Other doses, batches of the same lots, instrument, day or analyst, and why.")


class ConcludeOos(Impact):
    """The conclusion of quality assurance."""

    conclusion = Choice("Conclusion", CONCLUSIONS)
    cause = Words("Root cause", required=False, kind="textarea",
                  hint="Needed to invalidate. Passing retests alone are none.")


class OpenPhaseTwo(Body):
    """Review of manufacturing, and the plan of further testing."""

    review = Words("Review of manufacturing", kind="textarea", hint="What was looked at in the record, and found.")
    plan = Words("Plan", kind="textarea", hint="What is tested again and why. How often is fixed in the specification.")


class TestInSlot(Reporting):
    """What a further test found. One result, as it was reported: nothing is averaged over results."""

    #: pytest would otherwise take it for a test of ours
    __test__ = False

    sample = Words("Sample", limit=80, required=False, hint="Empty: the original sample.")


def _columns(row: Any) -> dict[str, Any]:
    return {attribute.key: plain_data(getattr(row, attribute.key)) for attribute in row.__mapper__.column_attrs}


def slot_data(row: Slot) -> dict[str, Any]:
    """One slot as plain data."""
    return _columns(row) | {"title": row.title}


def oos_data(session: Session, row: Oos) -> dict[str, Any]:
    """One OOS with everything that was found out about it, as plain data."""
    return _columns(row) | {
        "slots": [slot_data(one) for one in slots_of(session, row)],
        "investigations": [_columns(one) | {"checks": [_columns(check) for check in checks_of(session, one.code)]}
                           for one in investigations_of(session, row.code)],
        "measurements": [_columns(one) for one in measurements_of(session, row.code)]}


def all_oos(session: Session, *, state: str = "") -> list[Oos]:
    """Those that go on first, the next due first. `state` may be one, or “not ended”."""
    wanted = select(Oos)
    if state == "not ended":
        wanted = wanted.where(Oos.state.in_(OPEN))
    elif state in OOS.states:
        wanted = wanted.where(Oos.state == state)
    ended = case((Oos.state.in_(OPEN), 0), else_=1)
    return list(session.scalars(wanted.order_by(ended, Oos.conclude_by, Oos.code)))


def free_slots(session: Session) -> list[Slot]:
    """Slots that no result was recorded in, the oldest first."""
    return list(session.scalars(select(Slot).where(Slot.result.is_(None)).order_by(Slot.code)))


def _signs(session: Session, *, oos: str) -> Pairs:
    row = oos_of(session, oos)
    result, test = result_of(session, row.result), acts.test_of(session, row)
    return [("OOS", row.code), ("Result", row.result), ("Test", test.title),
            ("Value", f"{shown_value(test, result.value)} {test.unit}".strip()), ("Limit", limit_text(test)),
            ("Sample", row.sample), ("Of", row.dose or row.batch), ("Deviation", row.deviation), ("State", row.state)]


def _signs_phase_two(session: Session, *, oos: str) -> Pairs:
    test = acts.test_of(session, oos_of(session, oos))
    return [*_signs(session, oos=oos), ("Retests, fixed beforehand", str(test.retests)),
            ("Procedure", test.retest_policy or "none: the specification allows no retest")]


def _signs_slot(session: Session, *, slot: str) -> Pairs:
    row = slot_of(session, slot)
    result = result_of(session, row.follows)
    test = specification_of(session, result.batch).test(result.test)
    return [("Slot", f"{row.code}, {row.title}"), ("It follows", f"{result.code}, sample {result.sample}"),
            ("Test", test.title if test else result.test), ("Limit", limit_text(test) if test else "not known"),
            ("Opened because", row.why), ("Tested first by", result.tested_by)]


def _samples(session: Session, *, slot: str) -> Mapping[str, Mapping[str, Any]]:
    """The samples that may come: the original, and those for the same taken since."""
    row = slot_of(session, slot)
    first = sample_of(session, result_of(session, row.follows).sample)
    newer = session.scalars(select(Sample.code).where(
        Sample.batch == first.batch, Sample.taken_at >= row.opened_at, Sample.code != first.code).order_by(Sample.code))
    told = [(first.code, f"{first.code}, the original"), *((code, f"{code}, taken since") for code in newer)]
    found = told[1:] if row.kind == "resample" else told[:1] if row.kind == "retest" else told
    asked = specification_of(session, first.batch).test(row_test(session, row))
    look = reporting_of([asked] if asked else [])
    return look | ({"sample": {"kind": "choice", "choices": found, "value": found[0][0]}} if found else {})


def row_test(session: Session, row: Slot) -> str:
    """The test a slot repeats."""
    return result_of(session, row.follows).test


def _version(session: Session, *, oos: str) -> str:
    return str(oos_of(session, oos).version)


def _where(code: str) -> str:
    return f"/oos/{code}"


def _result(code: str) -> str:
    return f"/results/{code}"


def _invalidate(session: Session, who: Who, *, others_affected: bool, **more: Any) -> str:
    return acts.invalidate_result(session, who, others_affected="yes" if others_affected else "no", **more)


def _conclude(session: Session, who: Who, *, others_affected: bool, **more: Any) -> str:
    return acts.conclude_oos(session, who, others_affected="yes" if others_affected else "no", **more)


def _door(verb: str, call: Any, title: str, main: str, body: type[Body] = Body, **more: Any) -> Door:
    given: dict[str, Any] = {"shows": _signs, "seen": _version, "body": body} | more
    return Door(verb, "/oos/<oos>", call, title, main, _where, **given)


def _slot_door(verb: str, call: Any, title: str) -> Door:
    return Door(verb, "/slots/<slot>", call, title, "Sign as tester", _result, body=TestInSlot, shows=_signs_slot,
                prepares=_samples, intro="One result in one slot. It counts and stays visible, whatever it says.")


OOS_DOORS = (
    _door("begin laboratory investigation", acts.begin_laboratory_investigation, "Begin the laboratory investigation",
          "Begin it", intro="Keep the preparations and what is left of the sample."),
    Door("record hypothesis measurement", "/oos/<oos>", acts.record_measurement,
         "Measure again, for investigation only", "Sign the measurement", _where, body=RecordMeasurement, shows=_signs,
         intro="It is no result: it is never reported and never judged."),
    _door("record laboratory investigation", acts.record_laboratory_investigation,
          "Record the laboratory investigation", "Sign the investigation", RecordLaboratoryInvestigation),
    _door("invalidate result", _invalidate, "Invalidate the result", "Sign and invalidate", Impact,
          danger=True, intro="Only for a documented laboratory error. The result stays visible; one repeat is opened."),
    _door("open phase two", acts.open_phase_two, "Open phase II", "Sign and open", OpenPhaseTwo,
          shows=_signs_phase_two, intro="The number of retests is fixed in the specification and cannot be changed."),
    _door("allow resample", acts.allow_resample, "The original sample was unrepresentative",
          "Sign, allow one new sample", danger=True,
          intro="Only where something shows it. The reason is kept with the new sample."),
    _door("conclude OOS", _conclude, "Conclude", "Sign the conclusion", ConcludeOos,
          intro="Passing retests alone do not invalidate a result. Without a root cause it is confirmed."),
    _slot_door("record retest", slot_acts.record_retest, "Record a retest"),
    _slot_door("record repeat", slot_acts.record_repeat, "Record a repeat"),
)

OOS_VIEWS = (
    View("/oos", lambda session: [oos_data(session, row) for row in all_oos(session)], "All OOS"),
    View("/oos/<oos>", lambda session, oos: oos_data(session, oos_of(session, oos)), "One OOS"),
    View("/slots", lambda session: [slot_data(row) for row in free_slots(session)], "Slots of further tests, free"),
    View("/slots/<slot>", lambda session, slot: slot_data(slot_of(session, slot)), "One slot of a further test"),
)
