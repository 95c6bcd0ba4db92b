"""What is done in a monitoring session: planned, exposed, incubated, read plate by plate, reviewed by another.

A count above its action limit opens the deviation in the act that read it, however late that is. Steps of a batch
say that they were done while a session ran: `link`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from mfg.codes.scan import wanted
from mfg.db import next_code
from mfg.equipment.area_acts import known_batch
from mfg.equipment.area_records import Occupancy
from mfg.equipment.area_records import area as load_area
from mfg.equipment.monitoring_limits import CONDITIONS, GRADES, KINDS, SEVERITY, action_for
from mfg.equipment.monitoring_records import (
    MonitoringLimit,
    MonitoringLink,
    MonitoringSession,
    PersonnelAction,
    Plate,
    PlateReading,
    links_of,
    newest_readings,
    plate_facts,
    plates_of,
)
from mfg.equipment.monitoring_records import monitoring as load_monitoring
from mfg.equipment.monitoring_records import plate as load_plate
from mfg.equipment.monitoring_rules import (
    ACTION,
    COUNTED,
    LIMIT,
    MOVES,
    PLANNED,
    REVIEW,
    TIMES,
    UNKNOWN,
    LimitTold,
    PlateTold,
    Review,
    Times,
    gravest,
    judged,
)
from mfg.facts import Reading, Refused, Verdict, judge, refuse_unless
from mfg.identity import Person
from mfg.ledger import Doing, Who, act, fresh
from mfg.quality.records import Deviation, draft
from mfg.training.renewal import renew

#: the kind of training item a person has to pass again after an action-level glove or gown
REQUALIFIED_BY = "aseptic requalification"


def plan_monitoring(session: Session, who: Who, *, area: str, condition: str, purpose: str, batch: str = "") -> str:
    """Plan a session in an area, at rest or in operation; `batch` is scanned, blank: routine. Returns EM-0001."""
    with act(session, "plan monitoring", on=area, within=area, **who.how) as doing:
        place = load_area(session, area)
        code = wanted(batch, "batch")[0].content if batch else None
        if code and not known_batch(session, code):
            raise Refused(f"“{code}” is not a batch of this facility. Scan the batch.", kind="not found")
        if condition not in CONDITIONS:
            raise Refused(f"“{condition}” is not one of: {', '.join(CONDITIONS)}.", kind="input")
        doing.on = doing.result = next_code(session, MonitoringSession, "EM", 4)
        doing.within = code or doing.on
        session.add(MonitoringSession(code=doing.on, area=place.code, batch=code, condition=condition, purpose=purpose,
                                      planned_by=doing.by.code, planned_at=doing.at, state=MOVES.start))
    return doing.result


def add_plate(session: Session, who: Who, *, monitoring: str, kind: str, grade: str, location: str, plate_id: str,
              media_lot: str = "", operator: str = "", litres: Decimal | None = None) -> str:
    """Add a plate, print or count; in a session that runs it is out from now on. Returns EM-0001-01.

    `operator`: the scanned badge of who wears the glove or gown. `litres`: air drawn, for counts per cubic metre.
    """
    with act(session, "add plate", on=monitoring, within=monitoring, **who.how) as doing:
        row = load_monitoring(session, monitoring)
        if row.state not in ("planned", "exposed"):
            raise Refused(f"{row.code} is {row.state}; no plate can be added any more. Plan a further session.")
        if grade not in GRADES:
            raise Refused(f"“{grade}” is not one of: {', '.join(GRADES)}.", kind="input")
        person = wanted(operator, "person")[0].content if operator else ""
        refuse_unless(judge(PLANNED, PlateTold(kind, person, session.get(Person, person) is not None, litres,
                                               media_lot)))
        there = plates_of(session, row.code)
        _not_twice(there, plate_id)
        made = Plate(code=f"{row.code}-{len(there) + 1:02d}", session=row.code, kind=kind, grade=grade,
                     location=location, plate_id=plate_id, operator=person, media_lot=media_lot, litres=litres,
                     exposed_from=doing.at if row.state == "exposed" else None, added_by=doing.by.code,
                     added_at=doing.at)
        session.add(made)
        doing.on = doing.result = made.code
    return doing.result


def _not_twice(there: Iterable[Plate], plate_id: str) -> None:
    known = next((one.code for one in there if one.plate_id == plate_id), None)
    if known:
        raise Refused(f"“{plate_id}” is {known} of this session already. Read what is written on the plate again.",
                      kind="stale")


def expose_plates(session: Session, who: Who, *, monitoring: str, done_at: datetime, seen: str | None = None) -> str:
    """The plates are out from `done_at` on; from now on the session runs."""
    with act(session, "expose plates", on=monitoring, within=monitoring, **who.how) as doing:
        row = load_monitoring(session, monitoring)
        fresh(row, seen)
        row.state = MOVES.after("expose plates", row.state)
        refuse_unless(judge(TIMES, Times(None, done_at, doing.at)))
        plates = plates_of(session, row.code)
        if not plates:
            raise Refused(f"{row.code} has no plate. Add plates first.")
        row.exposed_from = done_at
        for one in plates:
            one.exposed_from = done_at
        doing.result = row.code
    return doing.result


def remove_plate(session: Session, who: Who, *, plate: str, done_at: datetime, seen: str | None = None) -> str:
    """Take one plate away while the session goes on, such as a settle plate after 4 hours."""
    with act(session, "remove plate", on=plate, **who.how) as doing:
        row = load_plate(session, plate)
        fresh(row, seen)
        doing.within = row.session
        if row.exposed_from is None or row.exposed_until is not None:
            raise Refused(f"{row.code} is not out. Nothing has to be taken away.")
        refuse_unless(judge(TIMES, Times(row.exposed_from, done_at, doing.at)))
        row.exposed_until = done_at
        doing.result = row.code
    return doing.result


def incubate_plates(session: Session, who: Who, *, monitoring: str, exposed_until: datetime, incubation: str,
                    seen: str | None = None) -> str:
    """End the session at `exposed_until`: what is still out is taken away, and all of it is incubated."""
    with act(session, "incubate plates", on=monitoring, within=monitoring, **who.how) as doing:
        row = load_monitoring(session, monitoring)
        fresh(row, seen)
        row.state = MOVES.after("incubate plates", row.state)
        plates = plates_of(session, row.code)
        latest = max((moment for one in plates for moment in (one.exposed_from, one.exposed_until) if moment),
                     default=row.exposed_from)
        refuse_unless(judge(TIMES, Times(latest, exposed_until, doing.at)))
        row.exposed_until, row.incubated_at, row.incubation = exposed_until, doing.at, incubation
        for one in plates:
            one.exposed_until = one.exposed_until or exposed_until
        session.flush()
        _finish(session, row, "read plate")
        doing.result = row.code
    return doing.result


# --- reading


def read_plate(session: Session, who: Who, *, plate: str, count: str = "", lost: str = "") -> str:
    """Read one plate: a whole count as text (or >300), or why it cannot be read. Returns the plate's code."""
    with act(session, "read plate", on=plate, **who.how) as doing:
        row = load_plate(session, plate)
        whole = load_monitoring(session, row.session)
        doing.within = whole.code
        if row.code in newest_readings(session, whole.code):
            raise Refused(f"{row.code} was read already. Correct the reading, with a reason.", kind="stale")
        states = ("exposed", "incubating") if not KINDS[row.kind].incubated else ("incubating",)
        if whole.state not in states:
            raise Refused(f"{whole.code} is {whole.state}; {row.code} is read when it is {' or '.join(states)}.")
        _read(session, whole, row, count, lost, doing, supersedes=None)
        if whole.state == "incubating":
            _finish(session, whole, doing.verb.name)
    return doing.result


def correct_plate_reading(session: Session, who: Who, *, plate: str, count: str = "", lost: str = "") -> str:
    """Read a plate again, with the reason; the earlier reading stays. Not after the review. Returns its code."""
    with act(session, "correct plate reading", on=plate, **who.how) as doing:
        row = load_plate(session, plate)
        whole = load_monitoring(session, row.session)
        doing.within = whole.code
        before = newest_readings(session, whole.code).get(row.code)
        if before is None or whole.state == "reviewed":
            raise Refused(f"{row.code} was not read yet. Read it." if before is None else
                          f"{whole.code} is reviewed; its readings stand. Open a deviation.")
        _read(session, whole, row, count, lost, doing, supersedes=before.code)
        if whole.state == "read":
            whole.verdict = gravest(one.word for one in newest_readings(session, whole.code).values())
    return doing.result


def _read(session: Session, whole: MonitoringSession, row: Plate, count: str, lost: str, doing: Doing, *,
          supersedes: str | None) -> None:
    reading = Reading.parse(count, what="the count") if count else None
    refuse_unless(judge(COUNTED, PlateTold(row.kind, row.operator, True, row.litres, row.media_lot, reading, lost)))
    facts = plate_facts(session, row, whole.condition, doing.at, reading=reading, lost=lost)
    word, findings = judged(facts)
    why = " ".join(one.why for one in findings if one.verdict is not Verdict.PASS) or findings[0].why
    made = PlateReading(
        code=next_code(session, PlateReading, "PR"), plate=row.code, count=str(reading) if reading else "", lost=lost,
        word=word, why=why[:2000], action=facts.action, alert=facts.alert, read_by=doing.by.code, read_at=doing.at,
        reason=doing.how.reason if supersedes else "", supersedes=supersedes)
    session.add(made)
    session.flush()
    _breach(session, whole, row, made, doing)
    doing.signs({"plate": row.code, "count": made.count, "lost": lost, "word": word, "action": facts.action,
                 "alert": facts.alert})
    doing.result = row.code


def _finish(session: Session, whole: MonitoringSession, verb: str) -> None:
    """With its last plate a session is read, and its word is that of the gravest plate."""
    readings = newest_readings(session, whole.code)
    if readings and all(one.code in readings for one in plates_of(session, whole.code)):
        whole.state = MOVES.after(verb, whole.state)
        whole.verdict = gravest(one.word for one in readings.values())


def _breach(session: Session, whole: MonitoringSession, row: Plate, reading: PlateReading, doing: Doing) -> None:
    """Above the action limit, or nobody can tell: a deviation on every batch it touches, or on the area alone."""
    if reading.word not in (ACTION, UNKNOWN):
        return
    for batch in affected_batches(session, whole) or [whole.area]:
        _opens(session, whole, row, reading, batch, by=doing.by.code, at=doing.at)
    if reading.word == ACTION and KINDS[row.kind].personal:
        session.add(PersonnelAction(code=next_code(session, PersonnelAction, "PA", 4), person=row.operator,
                                    plate=row.code, at=doing.at, why=reading.why))
        renew(session, doing, row.operator, REQUALIFIED_BY)


def _opens(session: Session, whole: MonitoringSession, row: Plate, reading: PlateReading, within: str, *, by: str,
           at: datetime) -> None:
    draft(session, within=within, on=row.code, kind="monitoring action", by=by, at=at,
          severity=SEVERITY[row.grade] if reading.word == ACTION else "major",
          requirement="EU GMP Annex 1: within the action limits while product is open",
          what=f"Monitoring {whole.code} in {whole.area}: {reading.word}. {reading.why}"[:1900])
    session.flush()


def affected_batches(session: Session, whole: MonitoringSession) -> list[str]:
    """The batches a session speaks for: planned for, linked by a step, or in the area while plates were out."""
    found = [whole.batch] if whole.batch else []
    found += [one.batch for one in links_of(session, whole.code)]
    if whole.exposed_from is not None:
        inside = select(Occupancy.batch).where(
            Occupancy.area == whole.area, or_(Occupancy.left_at.is_(None), Occupancy.left_at >= whole.exposed_from))
        if whole.exposed_until is not None:
            inside = inside.where(Occupancy.entered_at <= whole.exposed_until)
        found += session.scalars(inside.order_by(Occupancy.entered_at))
    return list(dict.fromkeys(found))


def link(session: Session, *, monitoring: str, batch: str, step: str, by: str, at: datetime) -> MonitoringLink:
    """Say inside the act of a step that it was done while this session ran; once a step.

    What the session found already counts for the batch from now on: its deviations are opened here.
    """
    row = session.scalar(select(MonitoringLink).where(MonitoringLink.session == monitoring,
                                                      MonitoringLink.step == step))
    if row is not None:
        return row
    whole = load_monitoring(session, monitoring)
    row = MonitoringLink(code=next_code(session, MonitoringLink, "EMS"), session=monitoring, batch=batch, step=step,
                         by=by, at=at)
    session.add(row)
    session.flush()
    for code, reading in newest_readings(session, monitoring).items():
        if reading.word in (ACTION, UNKNOWN) and not _opened(session, batch, code):
            _opens(session, whole, load_plate(session, code), reading, batch, by=by, at=at)
    return row


def _opened(session: Session, batch: str, plate: str) -> bool:
    return bool(session.scalar(select(Deviation.code).where(
        Deviation.within == batch, Deviation.on_code == plate).limit(1)))


def review_monitoring(session: Session, who: Who, *, monitoring: str, seen: str | None = None) -> str:
    """Somebody who read none of its plates reviews a session. Returns its code."""
    with act(session, "review monitoring", on=monitoring, within=monitoring, **who.how) as doing:
        row = load_monitoring(session, monitoring)
        fresh(row, seen)
        state = MOVES.after("review monitoring", row.state)
        plates, readings = plates_of(session, row.code), newest_readings(session, row.code)
        refuse_unless(judge(REVIEW, Review(row.code, tuple(one.code for one in plates if one.code not in readings),
                                           len(plates))))
        row.state, row.reviewed_by, row.reviewed_at = state, doing.by.code, doing.at
        doing.signs({"session": row.code, "area": row.area, "verdict": row.verdict,
                     "readings": [[one.plate, one.count, one.lost, one.word] for one in readings.values()]})
        doing.result = row.code
    return doing.result


def set_monitoring_limit(session: Session, who: Who, *, kind: str, grade: str, condition: str,
                         alert: Decimal | None = None, action: Decimal | None = None) -> str:
    """QA sets stricter limits of the site, with the reason, for what is read from now on. Returns EML-0001."""
    with act(session, "set monitoring limit", on=f"{kind}, grade {grade}"[:80], **who.how) as doing:
        if kind not in KINDS or grade not in GRADES or condition not in CONDITIONS:
            raise Refused(f"“{kind}” in grade “{grade}” {condition} has no limit. Choose from the lists.", kind="input")
        refuse_unless(judge(LIMIT, LimitTold(kind, grade, alert, action, action_for(kind, grade, condition).limit)))
        doing.on = doing.result = next_code(session, MonitoringLimit, "EML", 4)
        session.add(MonitoringLimit(code=doing.on, kind=kind, grade=grade, condition=condition, alert=alert,
                                    action=action, set_by=doing.by.code, set_at=doing.at, why=doing.how.reason))
        doing.signs({"kind": kind, "grade": grade, "condition": condition, "alert": alert, "action": action,
                     "why": doing.how.reason})
    return doing.result

