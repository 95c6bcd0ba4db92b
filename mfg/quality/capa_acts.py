"""What is done with CAPA: proposed, approved, done by its owner, and closed when another person saw its effect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from mfg.facts import judge, refuse_unless
from mfg.identity import Person
from mfg.ledger import Doing, Who, act, fresh
from mfg.quality.capa_records import Capa, next_capa
from mfg.quality.capa_records import capa as capa_record
from mfg.quality.capa_rules import (
    BEGIN_CHECK,
    CAPA,
    JUDGE_EFFECT,
    PROPOSE,
    SET_CRITERION,
    START,
    Checking,
    Proposing,
    Starting,
)
from mfg.quality.records import Deviation


@dataclass(frozen=True)
class Plan:
    """What a CAPA is about when it is proposed."""

    kind: str
    source_kind: str
    source: str
    problem: str
    action: str
    owner: str
    due_at: datetime


def propose_capa(session: Session, who: Who, *, kind: str, source_kind: str, source: str, problem: str, action: str,
                 owner: str, due_at: datetime) -> str:
    """Propose a corrective or preventive action. `owner` is a person's code. Returns CAPA-0001."""
    with act(session, "propose CAPA", on=source, **who.how) as doing:
        plan = Plan(kind, source_kind, source, problem, action, owner, due_at)
        doing.on = doing.result = _proposed(session, doing, plan).code
    return doing.result


def _proposed(session: Session, doing: Doing, plan: Plan, follows: str | None = None) -> Capa:
    """A new CAPA; within the batch of its deviation, so that the batch's dossier tells of it."""
    deviation = session.get(Deviation, plan.source) if plan.source_kind == "deviation" else None
    owner = session.get(Person, plan.owner)
    refuse_unless(judge(PROPOSE, Proposing(plan.source, plan.source_kind == "audit" or deviation is not None,
                                           plan.owner, bool(owner and owner.active), plan.due_at, doing.at)))
    row = Capa(code=next_capa(session), follows=follows, proposed_by=doing.by.code, proposed_at=doing.at,
               state=CAPA.start, criterion="", done="", evidence="", **vars(plan))
    session.add(row)
    doing.within = deviation.within if deviation else row.code
    return row


def _begun(session: Session, doing: Doing, code: str, seen: str | None) -> Capa:
    row = capa_record(session, code)
    fresh(row, seen)
    deviation = session.get(Deviation, row.source) if row.source_kind == "deviation" else None
    doing.within = deviation.within if deviation else row.code
    row.state, doing.result = CAPA.after(doing.verb.name, row.state), row.code
    return row


def set_criterion(session: Session, who: Who, *, capa: str, criterion: str, check_at: datetime,
                  seen: str | None = None) -> str:
    """Set what will show that the CAPA worked, and from when on it is looked at. Approval comes after it, anew."""
    with act(session, "set criterion", on=capa, **who.how) as doing:
        row = _begun(session, doing, capa, seen)
        refuse_unless(judge(SET_CRITERION, Starting(row.code, criterion, check_at, row.due_at)))
        row.criterion, row.check_at = criterion, check_at
        row.approved_by = row.approved_at = None
        doing.signs(_signed(row))
    return doing.result


def approve_capa(session: Session, who: Who, *, capa: str, seen: str | None = None) -> str:
    """Approve a CAPA. Returns its code."""
    with act(session, "approve CAPA", on=capa, **who.how) as doing:
        row = _begun(session, doing, capa, seen)
        row.approved_by, row.approved_at = doing.by.code, doing.at
        doing.signs(_signed(row))
    return doing.result


def reject_capa(session: Session, who: Who, *, capa: str, seen: str | None = None) -> str:
    """Reject a CAPA that has not started, with the reason. Returns its code."""
    with act(session, "reject CAPA", on=capa, **who.how) as doing:
        row = _begun(session, doing, capa, seen)
        doing.signs(_signed(row) | {"why": doing.how.reason})
    return doing.result


def start_capa(session: Session, who: Who, *, capa: str, seen: str | None = None) -> str:
    """Start a CAPA whose criterion of effectiveness is set. Returns its code."""
    with act(session, "start CAPA", on=capa, **who.how) as doing:
        row = _begun(session, doing, capa, seen)
        refuse_unless(judge(START, Starting(row.code, row.criterion, row.check_at, row.due_at)))
        row.started_by, row.started_at = doing.by.code, doing.at
    return doing.result


def implement_capa(session: Session, who: Who, *, capa: str, done: str, seen: str | None = None) -> str:
    """Say what was done. Returns the CAPA's code."""
    with act(session, "implement CAPA", on=capa, **who.how) as doing:
        row = _begun(session, doing, capa, seen)
        row.done, row.implemented_by, row.implemented_at = done, doing.by.code, doing.at
        doing.signs(_signed(row) | {"done": done})
    return doing.result


def begin_check(session: Session, who: Who, *, capa: str, seen: str | None = None) -> str:
    """Begin the effectiveness check, on its date or later. Returns the CAPA's code."""
    with act(session, "begin effectiveness check", on=capa, **who.how) as doing:
        row = _begun(session, doing, capa, seen)
        refuse_unless(judge(BEGIN_CHECK, _checking(row, doing, "")))
    return doing.result


def find_effective(session: Session, who: Who, *, capa: str, evidence: str, seen: str | None = None) -> str:
    """Close a CAPA whose effect was seen by another person than its owner. Returns its code."""
    with act(session, "find CAPA effective", on=capa, **who.how) as doing:
        row = _begun(session, doing, capa, seen)
        _judged(row, doing, evidence)
    return doing.result


def find_ineffective(session: Session, who: Who, *, capa: str, evidence: str, next_action: str, next_due_at: datetime,
                     seen: str | None = None) -> str:
    """End a CAPA that had no effect, and propose the next one in the same act. Returns the new CAPA's code."""
    with act(session, "find CAPA ineffective", on=capa, **who.how) as doing:
        row = _begun(session, doing, capa, seen)
        _judged(row, doing, evidence)
        plan = Plan(row.kind, row.source_kind, row.source, row.problem, next_action, row.owner, next_due_at)
        doing.result = _proposed(session, doing, plan, follows=row.code).code
    return doing.result


def _judged(row: Capa, doing: Doing, evidence: str) -> None:
    refuse_unless(judge(JUDGE_EFFECT, _checking(row, doing, evidence)))
    row.evidence, row.judged_by, row.judged_at = evidence, doing.by.code, doing.at
    doing.signs(_signed(row) | {"evidence": evidence, "outcome": row.state})


def _checking(row: Capa, doing: Doing, evidence: str) -> Checking:
    return Checking(row.code, row.owner, row.implemented_by, doing.by.code, row.check_at, doing.at, evidence)


def hand_over_capa(session: Session, who: Who, *, capa: str, owner: str, due_at: datetime,
                   seen: str | None = None) -> str:
    """Give a CAPA that is not done another owner or more time, with the reason. Returns its code."""
    with act(session, "hand over CAPA", on=capa, **who.how) as doing:
        row = _begun(session, doing, capa, seen)
        person = session.get(Person, owner)
        refuse_unless(judge(PROPOSE, Proposing(row.source, True, owner, bool(person and person.active), due_at,
                                               doing.at)))
        if row.check_at is not None:
            refuse_unless(judge(START, Starting(row.code, row.criterion, row.check_at, due_at)))
        row.owner, row.due_at = owner, due_at
        doing.signs(_signed(row) | {"why": doing.how.reason})
    return doing.result


def _signed(row: Capa) -> dict[str, Any]:
    """What every signature on a CAPA covers."""
    return {"capa": row.code, "kind": row.kind, "source": row.source, "problem": row.problem, "action": row.action,
            "owner": row.owner, "due_at": row.due_at, "criterion": row.criterion, "check_at": row.check_at}
