"""The doors of quality: deviations from opening to end, and reading them. CAPA and changes have files of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.fields import Body, Choice, Moment, Words
from mfg.quality import acts, capa_api, change_api, investigation_acts
from mfg.quality.capa_records import capas_of
from mfg.quality.cases import standing_affected
from mfg.quality.classes import CLASSES
from mfg.quality.records import (
    SEVERITIES,
    STATES,
    Deviation,
    affected_by,
    investigations_of,
    no_impacts_of,
    recurrence_of,
    standing_investigation,
)
from mfg.quality.records import deviation as record_of
from mfg.quality.rules import GROUNDS

METHODS = ("5 whys", "fishbone", "fault tree", "comparison", "timeline", "not found")
KINDS = {one.name: f"{one.name.capitalize()}: {one.about[0].lower()}{one.about[1:]} ({one.severity})"
         for one in CLASSES.values()}
CODES_HINT = "Codes of other batches, doses or recipients, parted by blanks."


class OpenDeviation(Body):
    """Something went otherwise than the record demands."""

    within = Words("Batch, donor or recipient", limit=80, hint="The code it touches, for instance NK-26-001.")
    on_code = Words("Record", limit=80, hint="The very step, container, dose or lot it happened on.")
    kind = Choice("Class", KINDS, required=False, hint="What kind of thing went wrong. A critical one stays critical.")
    severity = Choice("Severity", SEVERITIES, hint="As it looks now; quality assurance judges it.")
    what = Words("What happened", hint="What was expected, and what was found.", kind="textarea")
    requirement = Words("What was demanded", required=False, hint="The step, limit or procedure, with its version.")
    immediate = Words("What was done at once", required=False, kind="textarea")
    place = Words("Where", required=False, limit=200)
    happened_at = Moment("When it happened", required=False)
    affected = Words("What else it touches", required=False, hint=CODES_HINT)


class ConfirmDeviation(Body):
    """What the system could not know of what it drafted."""

    requirement = Words("What was demanded", hint="The step, limit or procedure, with its version.")
    immediate = Words("What was done at once", kind="textarea")
    place = Words("Where", required=False, limit=200)
    happened_at = Moment("When it happened", required=False)


class ClassifyDeviation(Body):
    """Class and severity, as quality assurance judges them."""

    kind = Choice("Class", KINDS)
    severity = Choice("Severity", SEVERITIES)
    why = Words("Why", hint="What makes it this class and this severity.", kind="textarea")


class InvestigateDeviation(Body):
    """One version of what was found out. What is not known yet may be left blank until it is submitted."""

    findings = Words("What was found", kind="textarea")
    root_cause = Words("Root cause", required=False, kind="textarea")
    method = Choice("Method", METHODS, required=False, hint="What led to the root cause.")
    product_impact = Words("Impact on the product", required=False, kind="textarea")
    patient_impact = Words("Impact on the patient", required=False, kind="textarea")
    others_affected = Choice("Other batches affected?", {"yes": "Yes", "no": "No", "not known": "Not known yet"})
    others = Words("Which", required=False, hint=CODES_HINT)
    others_why = Words("Why they are, or are not", required=False, kind="textarea")


class CloseDeviation(Body):
    """What was found, and what it means for the product."""

    conclusion = Words("Conclusion", hint="What was found, and what it means for the product.", kind="textarea")
    no_capa_why = Words("Why no CAPA", required=False, kind="textarea",
                        hint="Only of a critical deviation without a CAPA: why none is needed.")


class VoidDeviation(Body):
    """Why it never was."""

    ground = Choice("Ground", GROUNDS)
    duplicate_of = Words("The deviation it repeats", required=False, limit=80, hint="For instance DEV-0001.")


class ExtendDeviation(Body):
    """How long it may take instead."""

    until = Moment("Due", hint="Later than the present date, for instance 2026-12-24T12:00Z.")


class NameAffected(Body):
    """Something else that is touched; it is held from now on."""

    record = Words("Batch, dose or recipient", limit=200, hint=CODES_HINT)
    why = Words("Why", kind="textarea")


class LiftAffected(Body):
    """What is not affected after all."""

    affected = Words("Which", limit=80)


class FindNoImpact(Body):
    """The dose that is not touched."""

    dose = Words("Dose", limit=80, hint="Its code, for instance NK-26-014-D2.")
    why = Words("Why it is not touched", kind="textarea")


# --- reading ------------------------------------------------------------------------------------------


def columns(row: Any) -> dict[str, Any]:
    """A row as plain data, every column of it."""
    return {attribute.key: plain_data(getattr(row, attribute.key)) for attribute in row.__mapper__.column_attrs}


def as_data(session: Session, row: Deviation) -> dict[str, Any]:
    """One deviation with all that hangs on it."""
    return columns(row) | {
        "investigations": [columns(one) for one in investigations_of(session, row.code)],
        "affected": [columns(one) for one in affected_by(session, row.code)],
        "no_impact": [columns(one) for one in no_impacts_of(session, row.code)],
        "capa": [one.code for one in capas_of(session, row.code)],
        "recurrence": [one.code for one in recurrence_of(session, row)],
    }


URGENCY = ("QA review", "draft", "open", "reopened", "classified", "investigating", "closed", "void")


def all_deviations(session: Session, *, state: str = "", severity: str = "") -> list[Deviation]:
    """What holds something up first, the gravest first, the oldest first. `state` may be one, or “not ended”."""
    wanted = select(Deviation)
    if state == "not ended":
        wanted = wanted.where(Deviation.state.not_in(("closed", "void")))
    elif state in STATES:
        wanted = wanted.where(Deviation.state == state)
    if severity in SEVERITIES:
        wanted = wanted.where(Deviation.severity == severity)
    ended = case((Deviation.state.in_(("closed", "void")), 1), else_=0)
    grave = case({one: at for at, one in enumerate(reversed(SEVERITIES))}, value=Deviation.severity)
    step = case({one: at for at, one in enumerate(URGENCY)}, value=Deviation.state)
    return list(session.scalars(wanted.order_by(ended, grave, step, Deviation.opened_at, Deviation.code)))


def _signs(session: Session, *, deviation: str) -> Pairs:
    row = record_of(session, deviation)
    return [("Deviation", row.code), ("Touches", row.within), ("Record", row.on_code), ("Class", row.kind),
            ("Severity", row.severity), ("What happened", row.what)]


def _signs_closing(session: Session, *, deviation: str) -> Pairs:
    """What the conclusion rests on."""
    row = record_of(session, deviation)
    found = standing_investigation(session, row)
    pairs = _signs(session, deviation=deviation)
    if found is not None:
        others = ", ".join(one.record for one in standing_affected(session, row.code)) or found.others_affected
        pairs += [("Root cause", f"{found.root_cause} ({found.method})"),
                  ("Impact on the product", found.product_impact),
                  ("Impact on the patient", found.patient_impact), ("Other batches affected", others),
                  ("Because", found.others_why), ("The same in the 12 months before", found.recurrence)]
    return [*pairs, ("CAPA", ", ".join(one.code for one in capas_of(session, row.code)) or "none")]


def _before(session: Session, *, deviation: str) -> Mapping[str, Mapping[str, Any]]:
    """The last version of the investigation to go on from."""
    row = record_of(session, deviation)
    found = investigations_of(session, row.code)
    if not found:
        return {}
    last = found[-1]
    return {name: {"value": getattr(last, name)} for name in (
        "findings", "root_cause", "method", "product_impact", "patient_impact", "others_affected", "others_why")}


def _judged(session: Session, *, deviation: str) -> Mapping[str, Mapping[str, Any]]:
    row = record_of(session, deviation)
    return {"kind": {"value": row.kind}, "severity": {"value": row.severity}}


def _told(session: Session, *, deviation: str) -> Mapping[str, Mapping[str, Any]]:
    row = record_of(session, deviation)
    return {"requirement": {"value": row.requirement}, "immediate": {"value": row.immediate}}


def _liftable(session: Session, *, deviation: str) -> Mapping[str, Mapping[str, Any]]:
    row = record_of(session, deviation)
    return {"affected": {"kind": "choice", "choices": [
        (one.code, f"{one.record}: {one.why}") for one in standing_affected(session, row.code)]}}


def _version(session: Session, *, deviation: str) -> str:
    return str(record_of(session, deviation).version)


def _where(code: str) -> str:
    return f"/deviations/{code}"


def _door(verb: str, call: Any, title: str, main: str, body: type[Body] = Body, **more: Any) -> Door:
    """A door on one deviation."""
    given: dict[str, Any] = {"shows": _signs, "seen": _version, "body": body} | more
    return Door(verb, "/deviations/<deviation>", call, title, main, _where, **given)


DOORS = (
    Door("open deviation", "/deviations", acts.open_deviation, "Open a deviation", "Open the deviation", _where,
         body=OpenDeviation, danger=True,
         intro="It holds every dose it touches until quality assurance closes it."),
    _door("confirm deviation", acts.confirm_deviation, "Confirm the deviation", "Confirm it", ConfirmDeviation,
          prepares=_told, intro="The system found it. Add what the system cannot know."),
    _door("classify deviation", acts.classify_deviation, "Judge the severity", "Sign the severity", ClassifyDeviation,
          prepares=_judged, intro="Judged again, what was investigated and found untouched before no longer stands."),
    _door("investigate deviation", investigation_acts.investigate_deviation, "Investigate the deviation",
          "Sign this version", InvestigateDeviation, prepares=_before,
          intro="Each version stays. A new one withdraws every “no impact on this dose”."),
    _door("name affected", investigation_acts.name_affected, "Name what else it touches", "Name it", NameAffected),
    _door("lift affected", investigation_acts.lift_affected, "Take off what is not affected", "Sign and take it off",
          LiftAffected, prepares=_liftable, danger=True),
    _door("find no impact", investigation_acts.find_no_impact, "No impact on one dose", "Sign for this dose",
          FindNoImpact, danger=True, shows=_signs_closing,
          intro="Only for a minor or major deviation. The next change of the deviation withdraws it."),
    _door("submit deviation", acts.submit_deviation, "Hand it to quality assurance", "Hand it in"),
    _door("return deviation", acts.return_deviation, "Return the deviation", "Return it", danger=True),
    _door("close deviation", acts.close_deviation, "Close the deviation", "Sign and close", CloseDeviation,
          shows=_signs_closing),
    _door("reopen deviation", acts.reopen_deviation, "Reopen the deviation", "Sign and reopen", danger=True,
          intro="It holds every dose it touches again. It is judged and investigated anew."),
    _door("void deviation", acts.void_deviation, "Void the deviation", "Sign and void", VoidDeviation, danger=True,
          intro="Only for what never was: a duplicate, or a record made in error."),
    _door("extend deviation", acts.extend_deviation, "Give more time", "Sign the new date", ExtendDeviation),
    *capa_api.DOORS, *change_api.DOORS,
)

VIEWS = (
    View("/deviations", lambda session: [columns(row) for row in all_deviations(session)], "All deviations"),
    View("/deviations/<deviation>", lambda session, deviation: as_data(session, record_of(session, deviation)),
         "One deviation with its investigation, what it affects, and what came of it"),
    *capa_api.VIEWS, *change_api.VIEWS,
)


def age_in_days(row: Deviation, at: datetime) -> int:
    """Whole days from opening to its end, or to now."""
    return ((row.closed_at or at) - row.opened_at).days
