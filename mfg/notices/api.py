"""The doors of notices and calls, and reading them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.canonical import plain_data
from mfg.doors import Door, Pairs, View
from mfg.facts import judge
from mfg.fields import Body, Choice, Moment, Words
from mfg.ledger import now
from mfg.notices import acts
from mfg.notices.records import Call, Notice, as_waiting, calls_about
from mfg.notices.records import call as call_of
from mfg.notices.records import notice as notice_of
from mfg.notices.rules import IN_TIME, MEANS
from mfg.verbs import GXP_ROLES, ROLES

ONE = "/notices/<notice>"


class LogCall(Body):
    """Who was told, when, and how; a role, never a name."""

    told = Choice("Who was told", tuple(role for role in ROLES if role in GXP_ROLES), hint="A role, never a name.")
    called_at = Moment("When", required=False, hint="Leave it empty for now; else with its zone.")
    means = Choice("By which means", MEANS)
    words = Words("What was said and answered", limit=500, kind="textarea", hint="No name of any person.")


def all_notices(session: Session) -> list[Notice]:
    """All notices: those nobody has acknowledged first, the first to run out first; then the newest."""
    return list(session.scalars(select(Notice).order_by(
        Notice.acknowledged_at.is_not(None), Notice.acknowledge_by, Notice.code)))


def all_calls(session: Session) -> list[Call]:
    """The log of calls, the newest first."""
    return list(session.scalars(select(Call).order_by(Call.code.desc())))


def columns(row: Any) -> dict[str, Any]:
    """One row as plain data."""
    return {attribute.key: plain_data(getattr(row, attribute.key)) for attribute in row.__mapper__.column_attrs}


def notice_data(session: Session, row: Notice) -> dict[str, Any]:
    """One notice with its calls, and whether it is in time now."""
    (found,) = judge(IN_TIME, as_waiting(row, now()))
    return columns(row) | {"in_time": found.verdict.value, "calls": [columns(one) for one in calls_about(session, row)]}


def _shows(session: Session, *, notice: str) -> Pairs:
    row = notice_of(session, notice)
    return [("Notice", row.code), ("To", row.to_role), ("About", row.about), ("What happened", row.what),
            ("What to do", row.todo), ("Acknowledge by", f"{row.acknowledge_by:%Y-%m-%d %H:%M} UTC")]


def _seen(session: Session, *, notice: str) -> str:
    return str(notice_of(session, notice).version)


def _notice_page(code: str) -> str:
    return f"/notices/{code}"


DOORS = (
    Door("acknowledge notice", ONE, acts.acknowledge, "Acknowledge the notice", "Sign: acknowledged", _notice_page,
         shows=_shows, seen=_seen, intro="You state that you know of it and act on it. The time is kept."),
    Door("log call", ONE, acts.log_call, "Log a call", "Log the call", lambda code: f"/calls/{code}", body=LogCall,
         shows=_shows, intro="What was told outside the screen. It acknowledges nothing by itself."),
)

VIEWS = (
    View("/notices", lambda session: [notice_data(session, row) for row in all_notices(session)], "Notices"),
    View(ONE, lambda session, notice: notice_data(session, notice_of(session, notice)), "One notice with its calls"),
    View("/calls", lambda session: [columns(row) for row in all_calls(session)], "The log of calls"),
    View("/calls/<call>", lambda session, call: columns(call_of(session, call)), "One call"),
)
