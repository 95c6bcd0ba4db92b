"""What is shown of notices and calls: those for the roles of who looks come first. It changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from flask import g, has_request_context
from sqlalchemy.orm import Session

from mfg.doors import Page, leads
from mfg.facts import judge
from mfg.ledger import now
from mfg.notices.api import all_calls, all_notices
from mfg.notices.records import Call, Notice, as_waiting, calls_about
from mfg.notices.records import call as call_of
from mfg.notices.records import notice as notice_of
from mfg.notices.rules import IN_TIME

WHEN = "%Y-%m-%d %H:%M UTC"


def my_roles() -> frozenset[str]:
    """The roles of who looks; none where nobody does."""
    person = g.get("person") if has_request_context() else None
    return frozenset(person.roles) if person else frozenset()


def state_of(row: Notice, at: datetime) -> dict[str, str]:
    """Overdue is told by shape and word, never by colour alone; late stays late when it is acknowledged."""
    (found,) = judge(IN_TIME, as_waiting(row, at))
    if row.acknowledged_at is not None:
        word = "acknowledged late" if found.verdict.value == "FAIL" else "acknowledged"
    else:
        word = f"overdue {_span(at - row.acknowledge_by)}" if found.verdict.value == "FAIL" else \
            f"waits, {_span(row.acknowledge_by - at)} left"
    return {"verdict": found.verdict.value, "text": word}


def _span(span: timedelta) -> str:
    minutes = max(0, span // timedelta(minutes=1))
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def list_notices(session: Session, *, roles: Iterable[str] | None = None) -> dict[str, Any]:
    """Mine first, what is overdue first among them; then those of others; then what was acknowledged."""
    at, mine = now(), my_roles() if roles is None else frozenset(roles)
    found = sorted(all_notices(session), key=lambda one: (one.acknowledged_at is not None, one.to_role not in mine))
    rows = [[{"text": row.code, "url": f"/notices/{row.code}", "code": True}, state_of(row, at),
             {"text": row.to_role, "tag": "yours"} if row.to_role in mine else row.to_role,
             {"text": row.what, "sub": row.todo}, leads(row.about), leads(row.within), f"{row.sent_at:{WHEN}}",
             f"{row.acknowledge_by:{WHEN}}"] for row in found]
    late = sum(row.acknowledged_at is None and row.acknowledge_by < at for row in found)
    return {"title": "Notices", "rows": rows, "empty": "No notice was sent.",
            "about": f"{late} overdue." if late else "None is overdue.",
            "headers": ["Notice", "State", "To", "What", "About", "Within", "Sent", "Acknowledge by"],
            "actions": [{"url": "/calls", "label": "Log of calls", "danger": False, "main": False}]}


def show_notice(session: Session, *, notice: str) -> dict[str, Any]:
    """One notice: what happened, what to do, who knows of it, and the calls about it."""
    row, at = notice_of(session, notice), now()
    state = state_of(row, at)
    pairs: list[tuple[str, Any, bool]] = [(label, value, False) for label, value in (
        ("To", row.to_role), ("What happened", row.what), ("What to do", row.todo), ("About", leads(row.about)),
        ("Within", leads(row.within)), ("Sent", f"{row.sent_at:{WHEN}}, with “{row.because_of}”"),
        ("Acknowledge by", f"{row.acknowledge_by:{WHEN}}"),
        ("Acknowledged", f"{row.acknowledged_at:{WHEN}} by {row.acknowledged_by}" if row.acknowledged_at else
         "not yet"),
        ("Passed on", f"{row.overdue_at:{WHEN}}: nobody had acknowledged it" if row.overdue_at else "no"),
        ("Passed on from", _link(row.follows)))]
    calls = {"title": "Calls about it", "rows": [_call_row(one) for one in calls_about(session, row)],
             "headers": ["Call", "Told", "When", "By", "What was said", "Logged by"]}
    actions = [{"url": f"/notices/{notice}/log-call", "label": "Log a call", "danger": False, "main": False}]
    if row.acknowledged_at is None:
        actions.insert(0, {"url": f"/notices/{notice}/acknowledge-notice", "label": "Acknowledge", "danger": False,
                           "main": True})
    return {"code": row.code, "title": f"Notice {row.code}", "state": state["text"], "verdict": state["verdict"],
            "pairs": pairs, "sections": [calls], "drawings": [], "actions": actions, "version": str(row.version),
            "back": "/notices", "strip": [{"k": "Notice", "v": row.code, "code": True},
                                          {"k": "To", "v": row.to_role}]}


def _link(code: str | None) -> Any:
    return {"text": code, "url": f"/notices/{code}", "code": True} if code else "none"


def _call_row(row: Call) -> list[Any]:
    return [{"text": row.code, "url": f"/calls/{row.code}", "code": True}, row.told, f"{row.called_at:{WHEN}}",
            row.means, row.words, f"{row.logged_by}, {row.logged_at:{WHEN}}"]


def list_calls(session: Session) -> dict[str, Any]:
    """The log of calls, the newest first."""
    rows = [[*_call_row(row), _link(row.notice), row.within] for row in all_calls(session)]
    return {"title": "Log of calls", "rows": rows, "actions": [], "empty": "No call was logged.",
            "headers": ["Call", "Told", "When", "By", "What was said", "Logged by", "Notice", "Within"]}


def show_call(session: Session, *, call: str) -> dict[str, Any]:
    """One call."""
    row = call_of(session, call)
    pairs: list[tuple[str, Any, bool]] = [(label, value, False) for label, value in (
        ("Told", row.told), ("When", f"{row.called_at:{WHEN}}"), ("By which means", row.means),
        ("What was said", row.words), ("Notice", _link(row.notice)), ("Within", leads(row.within)),
        ("Logged", f"{row.logged_at:{WHEN}} by {row.logged_by}"))]
    return {"code": row.code, "title": f"Call {row.code}", "state": "logged", "pairs": pairs, "sections": [],
            "drawings": [], "actions": [], "back": "/calls", "strip": [{"k": "Call", "v": row.code, "code": True}]}


PAGES = (
    Page("/notices", list_notices, "list.html"),
    Page("/notices/<notice>", show_notice),
    Page("/calls", list_calls, "list.html"),
    Page("/calls/<call>", show_call),
)
