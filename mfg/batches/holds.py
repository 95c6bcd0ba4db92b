"""Hold times as obligations: started and stopped by the steps themselves, watched by the system, held by the gates.

A hold time changes in the very act that enters, performs or corrects one of its events. Where nobody acts, the system
notes the breach when it is due and opens the deviation in the same act (`note_breaches`). Nothing is counted in
memory: every answer follows from the rows and the clock, so a restart loses none of it. A clock that was set back is
not believed: what history has seen counts (`hold_records.latest_known`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Event
from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from mfg.batches.flow import Flow, flow_of, place
from mfg.batches.hold_records import HoldTime, code_of, due, hold_time, holds_of, latest_known
from mfg.batches.hold_rules import HOLD, HOLDS, TIMES, Clock, Holding, Run, state_after, told
from mfg.batches.records import Step
from mfg.batches.records import batch as load_batch
from mfg.db import desk, look
from mfg.facts import Finding, judge, plain, refuse_unless
from mfg.ledger import SYSTEM, Doing, Repeated, Who, act, fresh, now
from mfg.quality.records import draft
from mfg.recipes.master import Hold

#: (step code, when the work was done) of a step about to be signed, whose time is not in its row yet
Proposed = tuple[str, datetime] | None


log = logging.getLogger("mfg")


class _NotDue(Exception):
    """Somebody stopped the clock in the meantime: there is nothing to note."""


# --- which clock, and what is recorded of it ------------------------------------------------------------------


def _named(event: str) -> tuple[str, str]:
    """(step id, field id) of an event; the field is empty where the event is the step itself."""
    id, _, field = event.partition(".")
    return id, field


def touched(flow: Flow, row: Step, field: str = "") -> Iterator[tuple[Hold, int]]:
    """The hold times, with their stage, that this step or this field of it starts or stops."""
    for hold in flow.record.holds:
        if any(_named(event) == (row.step_id, field) for segment in hold.segments for event in segment):
            yield hold, row.stage


def runs(flow: Flow, hold: Hold, stage: int, proposed: Proposed = None) -> tuple[Run, ...]:
    """What is recorded of each segment. A segment within one step runs once for every repeat of it.

    A segment from one step to another runs from the first time of its start to the first time of its stop after it.
    One whose step was skipped has not begun.
    """
    found: list[Run] = []
    for start, stop in hold.segments:
        starts, stops = _times(flow, start, stage, proposed), _times(flow, stop, stage, proposed)
        labels = _label(flow, start), _label(flow, stop)
        if _named(start)[0] == _named(stop)[0]:
            found += [Run(starts[step], stops.get(step), *labels) for step in starts]
        elif starts or stops:
            begun = min((one for one in starts.values() if one), default=None)
            ended = [one for one in stops.values() if one]
            after = [one for one in ended if begun is None or one >= begun]
            found.append(Run(begun, min(after or ended, default=None), *labels))
    return tuple(found)


def _times(flow: Flow, event: str, stage: int, proposed: Proposed) -> dict[str, datetime | None]:
    """Step code -> when the event was, for every repeat of its step in this stage that was not skipped."""
    id, field = _named(event)
    found: dict[str, datetime | None] = {}
    for row in flow.steps:
        if row.step_id != id or row.stage != stage or row.state == "skipped":
            continue
        entry = flow.of(row).get(field)
        said = proposed[1] if proposed and not field and proposed[0] == row.code else row.done_at
        found[row.code] = (entry.moment if entry else None) if field else said
    return found


def _label(flow: Flow, event: str) -> str:
    id, field = _named(event)
    step = flow.record.step(id)
    spec = step.field(field) if step and field else None
    return f"“{spec.label if spec else step.title if step else event}”"


def holding(flow: Flow, hold: Hold, stage: int, row: HoldTime | None, now: datetime,
            proposed: Proposed = None) -> Holding:
    """One hold time as the rules see it."""
    return Holding(hold.id, hold.title, hold.limit_minutes, hold.warn_minutes, runs(flow, hold, stage, proposed), now,
                   row.state if row else "", (row.deviation or "") if row else "")


# --- gates ----------------------------------------------------------------------------------------------------


def governing(flow: Flow, row: Step) -> Iterator[tuple[Hold, int]]:
    """The hold times this step has to keep to: those that stop in it, or in a step before it in the same stage."""
    for hold in flow.record.holds:
        stop_ids = {_named(stop)[0] for _, stop in hold.segments}
        stops = [place(one) for one in flow.steps if one.step_id in stop_ids and one.stage in (0, row.stage)]
        if stops and min(stops) <= place(row):
            yield hold, min(stops)[0]


def perform_findings(session: Session, flow: Flow, row: Step, now: datetime, done_at: datetime) -> tuple[Finding, ...]:
    """Whether a step may be signed as performed, by every hold time it has to keep to."""
    kept = {(one.hold_id, one.stage): one for one, _ in holds_of(session, row.batch)} if flow.record.holds else {}
    moment = latest_known(session, now) if kept else now
    found: list[Finding] = []
    for hold, stage in governing(flow, row):
        facts = holding(flow, hold, stage, kept.get((hold.id, stage)), moment, (row.code, done_at))
        if any(one.started or one.stopped for one in facts.runs):
            found += judge(HOLDS, facts)
    return tuple(found)


# --- what an act leaves behind ----------------------------------------------------------------------------------


def keep_time(session: Session, doing: Doing, flow: Flow, row: Step, field: str = "") -> None:
    """After an event was entered, performed or corrected: every clock it touches stands as the times now say.

    Times that contradict each other are refused. Where they say that a limit was passed, the deviation opens in this
    very act.
    """
    moment = None
    for hold, stage in touched(flow, row, field):
        moment = moment or latest_known(session, doing.at)
        refuse_unless(judge(TIMES, holding(flow, hold, stage, None, moment)))
        _stand(session, doing, flow, hold, stage, moment)


def _stand(session: Session, doing: Doing, flow: Flow, hold: Hold, stage: int, now: datetime) -> HoldTime | None:
    batch = flow.steps[0].batch
    kept = session.get(HoldTime, code_of(batch, hold.id, stage))
    facts = holding(flow, hold, stage, kept, now)
    stands = facts.clock
    if stands.started_at is None:
        return kept
    longer = kept is not None and doing.verb.name == "correct entry" and _longer(kept, stands)
    row = kept or HoldTime(code=code_of(batch, hold.id, stage), batch=batch, hold_id=hold.id, stage=stage)
    row.started_at, row.stopped_at, row.used_seconds = stands.started_at, stands.stopped_at, _seconds(stands.before)
    row.warn_at, row.limit_at = stands.warn_at, stands.limit_at
    state = state_after(kept.state if kept else HOLD.start, stands)
    if longer and state == "continued":
        _breach(session, doing, hold, facts, row, now)
    if state == "breached" and (kept is None or kept.state != "breached"):
        _breach(session, doing, hold, facts, row, now)
    row.state = state
    session.add(row)
    return row


def _longer(kept: HoldTime, stands: Clock) -> bool:
    """A correction makes it longer than what was known when it was last looked at."""
    assert stands.started_at is not None
    return stands.over and ((kept.started_at is not None and stands.started_at < kept.started_at)
                            or _seconds(stands.before) > kept.used_seconds
                            or (kept.stopped_at is not None and stands.running))


def _seconds(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(microseconds=1)).scaleb(-6)


def _breach(session: Session, doing: Doing, hold: Hold, facts: Holding, row: HoldTime, now: datetime) -> None:
    """The deviation of a breach, in the act that found it."""
    where = f" at {hold.temperature}" if hold.temperature else ""
    stands = facts.clock
    assert stands.started_at is not None
    what = (f"{hold.title}{where}: {told(stands.used)} since {stands.started_at:%Y-%m-%d %H:%M} UTC, "
            f"{'still running' if stands.running else 'ended'}; the limit is {plain(hold.limit_minutes)} min.")
    opened = draft(session, within=row.batch, on=row.code, kind="hold breach", severity=hold.severity,
                   by=doing.by.code, at=doing.at, what=what)
    row.breached_at, row.deviation = now, opened.code


# --- the system, where nobody acts ------------------------------------------------------------------------------


def on_time(session: Session) -> None:
    """Before a step is worked on or a dose decided: what has run out is noted first, in acts of the system."""
    info = {name: session.info[name] for name in ("sealer", "fin") if name in session.info}
    note_breaches(session.get_bind().engine, now(), **info)


def watch(engine: Engine, stop: Event, *, every: float = 20.0, **info: Any) -> None:
    """Note what runs out, every so many seconds, until `stop` is set: for a thread beside the web server.

    A database that does not answer now is asked again the next time; the reason goes to the log.
    """
    while not stop.wait(every):
        try:
            note_breaches(engine, now(), **info)
        except Exception:
            log.exception("Hold times could not be looked after; they are tried again.")


def note_breaches(engine: Engine, clock: datetime, **info: Any) -> tuple[str, ...]:
    """Note every hold time that has run out, with its deviation, each in an act of its own. Returns their codes.

    Whoever calls it, however often and from however many places at once, one deviation opens. `info` is what an act
    needs beside the engine (sealer, fin). It writes; nothing that only reads may call it.
    """
    with look(engine) as session:
        over = due(session, latest_known(session, clock))
    return tuple(code for code, limit in over if _noted(engine, code, limit, info))


def _noted(engine: Engine, code: str, limit: datetime, info: dict[str, Any]) -> bool:
    """One breach. The moment of the limit is part of its key: a second attempt at the same one does nothing."""
    who = Who(SYSTEM, nonce=f"over {code} {limit:%y%m%d%H%M%S%f}"[-80:])
    with desk(engine, **info) as session:
        try:
            breach_hold(session, who, hold=code)
        except (Repeated, _NotDue):
            return False
    return True


def breach_hold(session: Session, who: Who, *, hold: str) -> str:
    """The system notes that a hold time is over and opens the deviation. Returns the code of the hold time."""
    with act(session, "breach hold", on=hold, within=hold.partition("/")[0], **who.how) as doing:
        row = hold_time(session, hold)
        flow = flow_of(session, load_batch(session, row.batch))
        shape = next(one for one in flow.record.holds if one.id == row.hold_id)
        now = latest_known(session, doing.at)
        if row.state != "running" or not holding(flow, shape, row.stage, row, now).clock.over:
            raise _NotDue
        _stand(session, doing, flow, shape, row.stage, now)
        doing.result = hold
    return doing.result


def continue_after_breach(session: Session, who: Who, *, hold: str, seen: str | None = None) -> str:
    """Quality assurance lets the work go on under the deviation, signed, with `who.reason`. Returns its code."""
    with act(session, "continue after breach", on=hold, within=hold.partition("/")[0], **who.how) as doing:
        row = hold_time(session, hold)
        fresh(row, seen)
        row.state = HOLD.after("continue after breach", row.state)
        row.continued_by, row.continued_at = doing.by.code, doing.at
        doing.signs({"hold": row.code, "started_at": row.started_at, "stopped_at": row.stopped_at,
                     "limit_at": row.limit_at, "used_seconds": row.used_seconds, "deviation": row.deviation,
                     "reason": who.reason.strip()})
        doing.result = hold
    return doing.result
