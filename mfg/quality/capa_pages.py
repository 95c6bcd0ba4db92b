"""What is shown of CAPA. It changes nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.ledger import now
from mfg.quality.capa_api import DOORS, all_capa
from mfg.quality.capa_records import Capa
from mfg.quality.capa_records import capa as capa_record
from mfg.quality.capa_rules import CAPA
from mfg.quality.shown import actions, by_at, choice, due, moment, states

NEXT = {"proposed": "approve CAPA", "approved": "start CAPA", "in progress": "implement CAPA",
        "implemented": "begin effectiveness check", "effectiveness check": "find CAPA effective"}


def is_done(row: Capa) -> bool:
    """It goes on no more."""
    return row.state in CAPA.final


def status(row: Capa) -> dict[str, str]:
    """Only what was effective is done well."""
    ended = {"closed effective": "PASS", "ineffective": "FAIL", "rejected": "FAIL"}
    return {"verdict": ended.get(row.state, "CANNOT DETERMINE" if row.started_at else "TODO"), "text": row.state}


def list_capa(session: Session, *, state: str = "") -> dict[str, Any]:
    """All CAPA, those that go on first, the next due first."""
    at = now()
    rows = [[{"text": row.code, "url": f"/capa/{row.code}", "code": True}, status(row), row.kind, row.source,
             row.action, row.owner, due(row.due_at, at, ended=bool(row.implemented_at) or is_done(row)),
             due(row.check_at, at, ended=is_done(row)), "set" if row.criterion else "not set"]
            for row in all_capa(session, state=state)]
    return {"title": "CAPA", "rows": rows,
            "empty": "None is like this." if state in (*CAPA.states, "not ended") else "No CAPA was proposed.",
            "headers": ["CAPA", "State", "Kind", "Comes from", "Action", "Owner", "Due", "Effect looked at",
                        "Criterion"],
            "filters": [choice("state", "State", states(sorted(CAPA.states)), state or "all")],
            "actions": [{"url": "/capa/propose-CAPA", "label": "Propose a CAPA", "danger": False, "main": False}]}


def show_capa(session: Session, *, capa: str) -> dict[str, Any]:
    """One CAPA: what it is against, what will show that it worked, and what came of it."""
    row, at = capa_record(session, capa), now()
    source: Any = {"text": row.source, "url": f"/deviations/{row.source}", "code": True} \
        if row.source_kind == "deviation" else row.source
    follower = session.scalar(select(Capa.code).where(Capa.follows == row.code))
    pairs: list[tuple[str, Any, bool]] = [(name, value, False) for name, value in (
        ("Kind", row.kind), ("Comes from", source), ("The cause it is against", row.problem), ("Action", row.action),
        ("Owner", row.owner), ("Due", due(row.due_at, at, ended=bool(row.implemented_at) or is_done(row)) or
                               moment(row.due_at)),
        ("Criterion of effectiveness", row.criterion or "not set"),
        ("Effect looked at from", moment(row.check_at) if row.check_at else "not set"),
        ("Proposed", by_at(row.proposed_by, row.proposed_at)), ("Approved", by_at(row.approved_by, row.approved_at)),
        ("Started", by_at(row.started_by, row.started_at)), ("Done", by_at(row.implemented_by, row.implemented_at)),
        ("What was done", row.done or None), ("Effect judged", by_at(row.judged_by, row.judged_at)),
        ("What was measured", row.evidence or None),
        ("Takes the place of", _link(row.follows)), ("Followed by", _link(follower)))]
    verbs = [move.verb for move in CAPA.moves if row.state in move.before]
    main = "set criterion" if row.state == "proposed" and not row.criterion else NEXT.get(row.state, "")
    return {"code": row.code, "title": f"CAPA {row.code}", "state": row.state, "verdict": status(row)["verdict"],
            "pairs": pairs, "sections": [], "drawings": [], "version": str(row.version),
            "actions": actions(DOORS, f"/capa/{row.code}", verbs, main),
            "strip": [{"k": "CAPA", "v": row.code, "code": True}, {"k": "Comes from", "v": row.source, "code": True}]}


def _link(code: str | None) -> Any:
    return {"text": code, "url": f"/capa/{code}", "code": True} if code else "none"


PAGES = (
    Page("/capa", list_capa, "list.html", asks=("state",)),
    Page("/capa/<capa>", show_capa),
)
