"""The floor: what is being made, what waits for me. A reading of many rooms; it decides nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask, g
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mfg.batches.flow import flow_of
from mfg.batches.hold_pages import batch_lines
from mfg.batches.hold_pages import facts as hold_facts
from mfg.batches.hold_records import HoldTime
from mfg.batches.records import Batch, Dose, DoseBag, Redline, Step
from mfg.batches.rules import SETTLED
from mfg.custody.records import HandOver
from mfg.custody.shipment_records import Shipment
from mfg.db import look
from mfg.equipment.workstation_pages import standing_at
from mfg.labelling.pages import WAITS
from mfg.labelling.records import PrintedLabel
from mfg.ledger import Entry, now
from mfg.materials.records import Lot
from mfg.notices.records import waiting_for
from mfg.printing.records import jobs_in
from mfg.qc.oos_pages import waiting_oos
from mfg.qc.records import Result
from mfg.qc.sampling_api import expected
from mfg.quality.records import Deviation, deviations_of, is_done
from mfg.review.records import Review
from mfg.trial.records import Recipient, Weight
from mfg.verbs import HOLDERS, INVESTIGATORS, PRODUCTION, WITNESSES
from mfg.web.pages import draw
from mfg.web.session import engine, workstation

Waiting = dict[str, Any]


def floor() -> Any:
    """GET /: the first page after signing in."""
    with look(engine()) as session:
        moment = now()
        newest = session.scalars(select(Batch).order_by(Batch.code.desc()).limit(30))
        batches = [card(session, row, moment) for row in newest]
        scanner = standing_at(session, workstation())
        mine = [*noticed(session, g.person.roles, moment), *in_custody(session, g.person.code, g.person.roles),
                *waiting(session, g.person.roles)]
    board = {"title": f"Floor today, {moment.day} {moment:%B %Y}", "scan_url": "/scan",
             "refreshed": f"{moment:%H:%M:%S} UTC", "problem": None, "waiting": mine, "batches": batches,
             "scanner": scanner, "links": [{"url": "/scan/picture", "label": "Read a label with the camera"}]}
    return draw("board.html", {"title": "Floor", "strip": [
        {"k": "Cell-processing unit", "v": "Floor today", "code": False, "grow": True, "timer_until": None}],
        "back": None}, board=board)


def card(session: Session, row: Batch, at: datetime) -> dict[str, Any]:
    """One batch in a glance, with the clocks that run in it."""
    flow = flow_of(session, row)
    steps, done = flow.steps, [step for step in flow.steps if flow.standing(step) in SETTLED]
    current = next((step for step in steps if flow.standing(step) not in SETTLED), None)
    open_deviations = sum(not is_done(one) for one in deviations_of(session, row.code))
    who = session.get_one(Recipient, row.recipient)
    word = f"{open_deviations} deviation{'s' if open_deviations != 1 else ''} open" if open_deviations else \
        ("running" if row.state == "open" else row.state)
    return {"code": row.code, "url": f"/batches/{row.code}",
            "verdict": "OPEN" if open_deviations else ("TODO" if row.state == "open" else "PASS"), "word": word,
            "about": f"Cohort {who.cohort} · recipient {row.recipient} · donor {row.donor}",
            "done": len(done), "of": len(steps),
            "phase": f"Phase {current.phase}, step {current.step_id}" if current else "All steps done",
            "facts": [*hold_facts(batch_lines(session, row, at)),
                      *((dose.code, dose.state) for dose in _doses(session, row.code))],
            "drawing": {"svg_url": f"/batches/{row.code}/growth.svg", "alt": f"Viable cells of {row.code} by day"},
            "left": None, "right": None}


def _doses(session: Session, batch: str) -> list[Dose]:
    return list(session.scalars(select(Dose).where(Dose.batch == batch).order_by(Dose.infusion)))


def waiting(session: Session, roles: frozenset[str]) -> list[Waiting]:
    """What somebody with these roles can do next, most urgent first."""
    found: list[Waiting] = []
    if roles & {"verifier", "production supervisor"}:
        found += [_wait("verify step", step.code, f"/steps/{step.code}") for step in session.scalars(
            select(Step).where(Step.state == "performed").order_by(Step.performed_at).limit(10))]
        found += [_wait("check fill", bag.container, f"/doses/{bag.dose}") for bag in session.scalars(
            select(DoseBag).where(DoseBag.checked_at.is_(None), DoseBag.withdrawn_at.is_(None)).limit(10))]
    if roles & set(PRODUCTION):
        found += [_wait("tell what came out", f"{row.of}, {row.code}", f"/jobs/{row.code}", "FAIL")
                  for row in jobs_in(session, "unknown")[:10]]
        found += [_wait(f"label {WAITS[row.state]}", f"{row.code} of {row.container}", f"/labels/{row.code}")
                  for row in session.scalars(select(PrintedLabel).where(PrintedLabel.state.in_(WAITS)).order_by(
                      PrintedLabel.code).limit(10))]
    if roles & {"clinical coordinator", "principal investigator"}:
        found += [_wait("confirm weight", row.code, f"/weights/{row.code}/confirm-weight") for row in
                  session.scalars(select(Weight).where(Weight.confirmed_at.is_(None)).limit(10))]
    if "qc analyst" in roles:
        found += [_wait("receive sample", f"{one.row.code} of {one.row.batch}", f"/samples/{one.row.code}",
                        "FAIL" if one.due_at is not None and one.due_at < now() else None)
                  for one in expected(session)[:10]]
    if "qc reviewer" in roles:
        found += [_wait("review result", f"{row.code}, {row.test} of {row.batch}", f"/results/{row.code}") for row in
                  session.scalars(select(Result).where(Result.state == "recorded").limit(10))]
    found += [_wait(*one) for one in waiting_oos(session, roles, now())]
    if roles & set(WITNESSES):
        found += [_wait("confirm deviation", f"{row.code} ({row.severity})", f"/deviations/{row.code}") for row in
                  session.scalars(select(Deviation).where(Deviation.state == "draft").limit(10))]
    if roles & FIND_OUT:
        found += [_wait("investigate deviation", f"{row.code} ({row.severity})", f"/deviations/{row.code}") for row in
                  session.scalars(select(Deviation).where(Deviation.state.in_(("classified", "investigating")))
                                  .limit(10))]
    if "qa" in roles:
        found += _for_quality(session)
    if "qualified person" in roles:
        found += [_wait("decide", dose.code, f"/doses/{dose.code}/decision") for dose in session.scalars(
            select(Dose).where(Dose.state.in_(("cleared", "released on condition"))).limit(10))]
    return sorted(found, key=lambda one: one["verdict"] != "FAIL")


def noticed(session: Session, roles: frozenset[str], at: datetime) -> list[Waiting]:
    """Notices to a role of who looks that nobody has acknowledged; they come before everything else."""
    return [_wait("acknowledge notice", f"{row.code} of {row.within}: {row.what[:120]}", f"/notices/{row.code}", "FAIL")
            | {"due": f"overdue since {row.acknowledge_by:%H:%M} UTC" if row.acknowledge_by < at else
               f"by {row.acknowledge_by:%H:%M} UTC"} for row in waiting_for(session, roles)[:10]]


def in_custody(session: Session, person: str, roles: frozenset[str]) -> list[Waiting]:
    """What somebody else gave and this person may take over; what is on its way or waits for a judgement."""
    found: list[Waiting] = []
    if roles & set(HOLDERS):
        found += [_wait("take over", f"{row.code} of {row.within}", f"/handovers/{row.code}") for row in
                  session.scalars(select(HandOver).where(HandOver.state == "given", HandOver.given_by != person)
                                  .order_by(HandOver.code).limit(10))]
        found += [_wait(ON_THE_WAY[row.state], f"{row.code} of {row.within}", f"/shipments/{row.code}") for row in
                  session.scalars(select(Shipment).where(Shipment.state.in_(ON_THE_WAY)).order_by(Shipment.code)
                                  .limit(10))]
    if "qa" in roles:
        found += [_wait("accept shipment", f"{row.code} of {row.within}", f"/shipments/{row.code}") for row in
                  session.scalars(select(Shipment).where(Shipment.state == "logger read").order_by(Shipment.code)
                                  .limit(10))]
    return found


#: state of a shipment -> what is done next with it
ON_THE_WAY = {"sealed": "give to the courier", "in transit": "receive shipment", "delivered": "read logger"}
#: who is asked to investigate: quality assurance may, but whoever does cannot close it
FIND_OUT = frozenset(INVESTIGATORS) - {"qa"}
#: what quality assurance does next with a deviation in this state
NEXT = {"open": "classify deviation", "QA review": "close deviation", "reopened": "classify deviation"}


def _for_quality(session: Session) -> list[Waiting]:
    over = session.scalars(select(HoldTime).where(HoldTime.state == "breached").order_by(
        HoldTime.breached_at).limit(10))
    held = [_wait("decide on a breached hold time", row.code, f"/holds/{row.code}", "FAIL") for row in over]
    held += [_wait("approve redline", f"{row.code} for {row.step}", f"/redlines/{row.code}") for row in
             session.scalars(select(Redline).where(Redline.state == "proposed").order_by(Redline.code).limit(10))]
    found = [_wait(NEXT[row.state], f"{row.code} ({row.severity})", f"/deviations/{row.code}",
                   "FAIL" if row.severity == "critical" else None)
             for row in session.scalars(select(Deviation).where(Deviation.state.in_(NEXT)).order_by(
                 Deviation.severity != "critical", Deviation.code).limit(10))]
    completed = select(func.max(Entry.at)).where(Entry.on_code == Review.batch, Entry.verb == "complete batch",
                                                 Entry.outcome == "done").scalar_subquery()
    reviewed = select(Review.batch).where(Review.state == "signed", Review.ended_at > completed)
    found += [_wait("review batch record", row.code, f"/batches/{row.code}/exceptions") for row in
              session.scalars(select(Batch).where(Batch.state == "complete", Batch.code.not_in(reviewed)).limit(10))]
    found += [_wait("release lot", row.code, f"/lots/{row.code}") for row in
              session.scalars(select(Lot).where(Lot.state == "quarantine").limit(10))]
    found += [_wait("give disposition", dose.code, f"/doses/{dose.code}/decision") for dose in
              session.scalars(select(Dose).where(Dose.state == "checked").limit(10))]
    return held + found


def _wait(verb: str, what: str, url: str, verdict: str | None = None) -> Waiting:
    return {"verb": verb[:1].upper() + verb[1:], "what": what, "url": url, "due": "now", "verdict": verdict}


def start(app: Flask) -> None:
    """One page."""
    app.add_url_rule("/", "floor", floor, methods=["GET"])
