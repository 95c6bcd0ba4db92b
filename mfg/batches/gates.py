"""What has to be in order around a step when it is done: hold times, people, equipment, rooms, material.

One place asks them all, so that a person is told everything at once. What cannot be determined does not pass. The
rules stay in the rooms they belong to; here they are only asked, of the moment the work was done.

What is done now, up to 15 minutes ago, can still be done otherwise: a gate that does not pass refuses it. What is
told later has been done: refusing it would only keep it out of the record, so it is kept and the lapse opens a
deviation in the same act, which holds the dose (21 CFR 211.100(b)). Two gates never bend: a hold time that is over,
and the material of another recipient in the area.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from mfg.batches.entering import Job
from mfg.batches.flow import NOT_APPLICABLE
from mfg.batches.gate_rules import PLACE, Surroundings
from mfg.batches.holds import perform_findings
from mfg.batches.records import StepEntry
from mfg.batches.rules import LATE
from mfg.equipment.area_records import area as load_area
from mfg.equipment.area_records import area_use_facts, occupy
from mfg.equipment.area_rules import AREA_USE, AreaUse, one_recipient
from mfg.equipment.monitoring_acts import link
from mfg.equipment.records import log_use, use_facts
from mfg.equipment.rules import EQUIPMENT_USE
from mfg.facts import Finding, Refused, Verdict, judge, refuse_unless
from mfg.ledger import Doing
from mfg.materials.using import consume, replace_consumption
from mfg.quality.records import draft
from mfg.recipes.master import FieldSpec
from mfg.training.records import qualification_facts
from mfg.training.rules import QUALIFIED

#: kinds of deviation that lapses open, by what lapsed
TRAINING, THINGS = "training lapse", "equipment lapse"


@dataclass(frozen=True)
class Gates:
    """Every answer about one piece of work. `firm` never bends; the others are refused, or told as a deviation."""

    firm: tuple[Finding, ...]
    people: tuple[Finding, ...]
    things: tuple[Finding, ...]
    late: bool

    @property
    def holding(self) -> tuple[Finding, ...]:
        """What has to pass for the work to be recorded at all."""
        return self.firm if self.late else (*self.firm, *self.people, *self.things)

    @property
    def lapses(self) -> tuple[tuple[str, str], ...]:
        """(kind of deviation, sentence) of what was not in order when the work was done."""
        told = ((TRAINING, _wrong(self.people)), (THINGS, _wrong(self.things)))
        return tuple((kind, why) for kind, why in told if why)


def _wrong(findings: Iterable[Finding]) -> str:
    return " ".join(one.why for one in findings if one.verdict is not Verdict.PASS)


def is_late(at: datetime, now: datetime) -> bool:
    """Told so long after it was done that it cannot be undone."""
    return now - at > LATE


def note_lapses(session: Session, doing: Doing, work: Job, gates: Gates, at: datetime) -> None:
    """The deviations of work that was done although something was not in order, in the act that tells of it."""
    for kind, why in gates.lapses:
        draft(session, within=work.batch.code, on=work.row.code, kind=kind, by=doing.by.code, at=doing.at,
              what=f"{work.shape.title}, done {at:%Y-%m-%d %H:%M} UTC and told later: {why}"[:2000])


# --- signing a step ---------------------------------------------------------------------------------------------


def perform_gates(session: Session, work: Job, *, person: str, done_at: datetime, now: datetime) -> Gates:
    """Whether a step may be signed as performed by this person, as done at that time."""
    places = _places(session, work, done_at)
    surroundings = Surroundings(work.row.code, work.shape.open, work.shape.clearance,
                                tuple(one.area for one in places))
    firm = (*perform_findings(session, work.flow, work.row, now, done_at),
            *(one_recipient(one) for one in places))
    things = (*judge(PLACE, surroundings),
              *(finding for one in places for finding in judge(AREA_USE, one) if finding.rule != one_recipient.id),
              *_equipment(session, work, done_at))
    return Gates(firm, qualified(session, work, person, done_at), things, is_late(done_at, now))


def qualified(session: Session, work: Job, person: str, at: datetime) -> tuple[Finding, ...]:
    """Whether a person was qualified for this step at a moment: its procedure, and whatever else it asks for.

    Whoever performed the step vouches for nobody in it: a trainee under their eyes is no second person.
    """
    names = ((work.shape.sop,) if work.shape.sop else ()) + work.shape.qualifications
    if not names:
        return ()
    facts = qualification_facts(session, person, names, at, on=work.row.code)
    apart = tuple(replace(one, trainers=tuple(by for by in one.trainers if by.person != work.row.performed_by))
                  for one in facts.items)
    return judge(QUALIFIED, replace(facts, items=apart))


def watched_by(session: Session, doing: Doing, work: Job, done_at: datetime) -> None:
    """After a step with open product was signed: the monitoring that ran meanwhile belongs to it."""
    for one in _places(session, work, done_at):
        if one.open_step and one.monitoring:
            link(session, monitoring=one.monitoring, batch=work.batch.code, step=work.row.code, by=doing.by.code,
                 at=doing.at)


def _scanned(work: Job, kind: str) -> list[tuple[FieldSpec, StepEntry]]:
    """What was scanned in fields of a kind; nothing was where a field does not apply."""
    return [(one, entry) for one in work.shape.fields if one.kind == kind
            and (entry := work.entries.get(one.id)) is not None and entry.how != NOT_APPLICABLE]


def _places(session: Session, work: Job, at: datetime) -> list[AreaUse]:
    """The areas scanned in a step, as they were at a moment."""
    return [_place(session, work, code, at) for code in dict.fromkeys(
        entry.value for _, entry in _scanned(work, "scan room"))]


def _place(session: Session, work: Job, code: str, at: datetime) -> AreaUse:
    """Open product is in the cabinet or isolator where one is scanned, and not in the room around it."""
    around = load_area(session, code).kind == "room" and any(
        load_area(session, entry.value).kind != "room" for _, entry in _scanned(work, "scan room"))
    return area_use_facts(session, code, at, batch=work.batch.code, recipient=work.batch.recipient,
                          open_step=work.shape.open and not around,
                          clearance_needed=work.shape.clearance and not around)


def _equipment(session: Session, work: Job, at: datetime) -> tuple[Finding, ...]:
    return tuple(finding for spec, entry in _scanned(work, "scan equipment") for finding in judge(
        EQUIPMENT_USE, use_facts(session, entry.value, at, spec.equipment_kind, work.batch.code)))


# --- entering what was used ---------------------------------------------------------------------------------------


def used(session: Session, doing: Doing, work: Job, spec: FieldSpec, entry: StepEntry) -> None:
    """What follows from an entry that says what was used: judged at its time, written into the log, taken off.

    Raises Refused with everything that is not in order; where it is told late, a deviation opens instead.
    """
    at = entry.read_at or doing.at
    if spec.kind == "scan equipment":
        things = judge(EQUIPMENT_USE, use_facts(session, entry.value, at, spec.equipment_kind, work.batch.code))
        _let(session, doing, work, Gates((), (), things, is_late(at, doing.at)), at)
        log_use(session, equipment=entry.value, within=work.batch.code, on=work.row.code, by=doing.by.code, at=at)
    elif spec.kind == "scan room":
        _entered(session, doing, work, entry, at)
    elif spec.kind == "number" and spec.of:
        _taken(session, doing, work, spec, entry, at)
    elif spec.kind == "scan lot" and entry.supersedes:
        _of_another(session, doing, work, spec, entry, at)


def _let(session: Session, doing: Doing, work: Job, gates: Gates, at: datetime) -> None:
    refuse_unless(gates.holding)
    note_lapses(session, doing, work, gates, at)


def _entered(session: Session, doing: Doing, work: Job, entry: StepEntry, at: datetime) -> None:
    """An area is judged when it is scanned; where product is open in it, the batch is in it from then on."""
    facts = _place(session, work, entry.value, at)
    found = judge(AREA_USE, facts)
    firm = tuple(one for one in found if one.rule == one_recipient.id)
    _let(session, doing, work, Gates(firm, (), tuple(one for one in found if one not in firm),
                                     is_late(at, doing.at)), at)
    if facts.open_step:
        occupy(session, area=entry.value, within=work.batch.code, recipient=work.batch.recipient, on=work.row.code,
               by=doing.by.code, at=at)


def _taken(session: Session, doing: Doing, work: Job, spec: FieldSpec, entry: StepEntry, at: datetime) -> None:
    """An amount of a lot that was scanned in this step; a correction puts the right amount in its place."""
    lot = work.entries.get(spec.of)
    if lot is None:
        raise Refused(f"{spec.label} is taken of {work.field(spec.of).label.lower()}, which is not scanned yet. Scan "
                      "it first.")
    which = {"within": work.batch.code, "on": work.row.code, "field": spec.id}
    before = session.get_one(StepEntry, entry.supersedes) if entry.supersedes else None
    if before is not None and before.how != NOT_APPLICABLE:
        replace_consumption(session, **which, amount=entry.amount, unit=entry.unit or "", by=doing.by.code, at=at,
                            reason=doing.how.reason)
    else:
        consume(session, **which, lot=lot.value, amount=entry.amount, unit=entry.unit or "", by=doing.by.code, at=at)


def _of_another(session: Session, doing: Doing, work: Job, spec: FieldSpec, entry: StepEntry, at: datetime) -> None:
    """The lot was corrected: what was taken of the wrong one goes back to it and is taken of this one."""
    for one in work.shape.fields:
        amount = work.entries.get(one.id)
        if one.of == spec.id and amount is not None and amount.amount is not None:
            replace_consumption(session, within=work.batch.code, on=work.row.code, field=one.id, lot=entry.value,
                                amount=amount.amount, unit=amount.unit or "", by=doing.by.code, at=at,
                                reason=doing.how.reason)
