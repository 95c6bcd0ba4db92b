"""Signatures and history of one record, as plain data for screen, JSON and paper. It reads the ledger only."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.ledger import Entry, Signature
from mfg.verbs import VERBS

VOIDING = frozenset(name for name, verb in VERBS.items() if verb.voids)


def signatures_of(session: Session, code: str) -> list[dict[str, Any]]:
    """Printed name, role, meaning, UTC time; void, visibly, where the content changed afterwards (11.70)."""
    return _signatures(session, [code])


def signatures_within(session: Session, within: str) -> list[dict[str, Any]]:
    """The same for every record that was acted on within a batch, donor or recipient, in the order they were given."""
    return _signatures(session, select(Entry.on_code).where(Entry.within == within).distinct())


def _signatures(session: Session, codes: Any) -> list[dict[str, Any]]:
    """Two statements, however many records there are."""
    rows = session.scalars(select(Signature).where(Signature.on_code.in_(codes)).order_by(Signature.seq)).all()
    changed: dict[str, list[tuple[int, str]]] = {}
    for code, seq, verb in session.execute(select(Entry.on_code, Entry.seq, Entry.verb).where(
            Entry.on_code.in_(codes), Entry.outcome == "done", Entry.verb.in_(VOIDING)).order_by(Entry.seq)):
        changed.setdefault(code, []).append((seq, verb))
    return [_signature(row, [one for one in changed.get(row.on_code, []) if one[0] > row.seq]) for row in rows]


def trail_of(session: Session, code: str, limit: int = 200) -> dict[str, list[dict[str, Any]]]:
    """Signatures and history of one record, under these names, in one statement."""
    columns = (Entry.seq, Entry.verb, Entry.outcome, Entry.leaf, Signature)
    rows = session.execute(
        select(*columns).outerjoin(Signature, Signature.seq == Entry.seq)
        .where(Entry.on_code == code).order_by(Entry.seq.desc())).all()
    changed = [(row.seq, row.verb) for row in reversed(rows) if row.outcome == "done" and row.verb in VOIDING]
    signed = [row[4] for row in reversed(rows) if row[4] is not None]
    return {"signatures": [_signature(one, [pair for pair in changed if pair[0] > one.seq]) for one in signed],
            "history": [_line(orjson.loads(row.leaf)) for row in rows[:limit]]}


def _signature(row: Signature, later: list[tuple[int, str]]) -> dict[str, Any]:
    why = f"“{later[0][1]}” in entry {later[0][0]}" if later else row.reason
    return {"printed_name": row.printed_name, "role": row.role, "meaning": row.meaning,
            "at": f"{row.at:%Y-%m-%dT%H:%M:%SZ}", "hash": row.content_hash, "void": bool(later), "why": why,
            "seq": row.seq, "on": row.on_code}


def history_of(session: Session, code: str, limit: int = 200) -> list[dict[str, Any]]:
    """The newest lines of history of one record, refused attempts among them."""
    rows = session.scalars(select(Entry.leaf).where(Entry.on_code == code).order_by(Entry.seq.desc()).limit(limit))
    return [_line(orjson.loads(leaf)) for leaf in rows]


def _line(leaf: dict[str, Any]) -> dict[str, Any]:
    changes = [change for table, key, values in leaf["changes"] for change in _changes(f"{table} {key}", values)]
    refused = leaf["outcome"] == "refused"
    return {"seq": leaf["seq"], "who": leaf["name"], "role": leaf["role"] or "no role", "verb": leaf["verb"],
            "at": leaf["at"][:19] + "Z", "refused": refused,
            "why": leaf["refusal"]["why"] if refused else leaf["why"], "changes": changes}


def _changes(what: str, values: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """What became what, for a record that was there before. Its version counter says nothing to a reader."""
    if all(old is None for old, _new in values.values()):
        return []
    return [{"what": f"{what}: {column}", "old": old, "new": new} for column, (old, new) in values.items()
            if column != "version"]
