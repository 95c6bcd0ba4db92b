"""What is done with notices: acknowledged by who holds the role, or passed on by the system; and calls logged.

Notices come to be inside the act that causes them: `records.notify()`.
"""

from __future__ import annotations

import logging
from datetime import datetime
from threading import Event
from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from mfg.db import desk, look, next_code
from mfg.facts import judge, refuse_unless
from mfg.identity import roles_of
from mfg.ledger import SYSTEM, Repeated, Who, act, fresh, now
from mfg.notices.records import Call, as_waiting, notify, run_out
from mfg.notices.records import notice as record_of
from mfg.notices.rules import (
    ACKNOWLEDGE,
    CALL,
    NEXT_ROLE,
    Acknowledging,
    Calling,
    acknowledged_in_time,
)
from mfg.verbs import GXP_ROLES

log = logging.getLogger("mfg")


class _NotDue(Exception):
    """Somebody acknowledged it in the meantime: there is nothing to note."""


def acknowledge(session: Session, who: Who, *, notice: str, seen: str | None = None) -> str:
    """Acknowledge a notice to a role one holds. Returns its code."""
    with act(session, "acknowledge notice", on=notice, **who.how) as doing:
        row = record_of(session, notice)
        fresh(row, seen)
        doing.within = row.within
        refuse_unless(judge(ACKNOWLEDGE, Acknowledging(row.code, row.to_role, roles_of(session, doing.by.code),
                                                       row.acknowledged_by)))
        row.acknowledged_by, row.acknowledged_at = doing.by.code, doing.at
        doing.signs({"notice": row.code, "to": row.to_role, "about": row.about, "what": row.what, "todo": row.todo,
                     "acknowledge_by": row.acknowledge_by})
        doing.result = row.code
    return doing.result


def log_call(session: Session, who: Who, *, notice: str, told: str, means: str, words: str,
             called_at: datetime | None = None) -> str:
    """Log that a role was told of a notice outside the screen: when and by which means. Returns the call's code."""
    with act(session, "log call", on=notice, **who.how) as doing:
        row, at = record_of(session, notice), called_at or doing.at
        doing.within = row.within
        refuse_unless(judge(CALL, Calling(told, tuple(sorted(GXP_ROLES)), at, doing.at)))
        code = next_code(session, Call, "CALL", 4)
        session.add(Call(code=code, within=row.within, about=row.about, notice=row.code, told=told, called_at=at,
                         means=means, words=words, logged_by=doing.by.code, logged_at=doing.at))
        doing.result = code
    return doing.result


# --- the system, where nobody acknowledges ------------------------------------------------------------------------


def pass_on(session: Session, who: Who, *, notice: str) -> str:
    """The system notes that a notice ran out, and tells the next role. Returns the code of the notice."""
    with act(session, "pass notice on", on=notice, **who.how) as doing:
        row = record_of(session, notice)
        doing.within = row.within
        late = acknowledged_in_time(as_waiting(row, doing.at))
        if row.acknowledged_at is not None or row.overdue_at is not None or late.verdict.value != "FAIL":
            raise _NotDue
        row.overdue_at = doing.at
        told = NEXT_ROLE.get(row.to_role, "qa")
        if told != row.to_role:
            notify(session, to=[told], about=row.about, within=row.within, at=doing.at, because_of=doing.verb.name,
                   follows=row.code, todo=row.todo,
                   what=f"The {row.to_role} has not acknowledged {row.code}, which ran out "
                        f"{row.acknowledge_by:%Y-%m-%d %H:%M} UTC. {row.what}")
        doing.result = notice
    return doing.result


def pass_overdue_on(engine: Engine, clock: datetime, **info: Any) -> tuple[str, ...]:
    """Pass every notice on that ran out, each in an act of its own, once. Returns their codes.

    `info` is what an act needs beside the engine (sealer, fin). It writes; nothing that only reads may call it.
    """
    with look(engine) as session:
        codes = run_out(session, clock)
    return tuple(code for code in codes if _passed(engine, code, info))


def _passed(engine: Engine, code: str, info: dict[str, Any]) -> bool:
    with desk(engine, **info) as session:
        try:
            pass_on(session, Who(SYSTEM, nonce=f"overdue {code}"), notice=code)
        except (Repeated, _NotDue):
            return False
    return True


def watch(engine: Engine, stop: Event, *, every: float = 20.0, **info: Any) -> None:
    """Pass on what runs out, every so many seconds, until `stop` is set: for a thread beside the web server."""
    while not stop.wait(every):
        try:
            pass_overdue_on(engine, now(), **info)
        except Exception:
            log.exception("Notices could not be looked after; they are tried again.")
