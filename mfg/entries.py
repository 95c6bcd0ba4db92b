"""The lines of history: their tables, the nets that collect what changed, and the append to the Merkle log.

The ledger is an RFC 6962 Merkle log: each entry's canonical JSON is a leaf, appended in the transaction of the
rows it describes. Doing things is `ledger.py`, proving them `verify.py`, sealing `checkpoints.py`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, event, insert, select
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column

from mfg.canonical import canonical, plain_data
from mfg.checkpoints import Sealer, due, seal
from mfg.db import Base, Moment
from mfg.facts import Refused
from mfg.identity import Person, Signing
from mfg.merkle import Frontier, leaf_hash
from mfg.verbs import Verb

log = logging.getLogger("mfg")


class Entry(Base):
    """One line of history. Names are text: history outlives what it tells of."""

    __tablename__ = "entry"
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment)
    person: Mapped[str] = mapped_column(String(20), index=True)
    verb: Mapped[str] = mapped_column(String(60))
    #: the code of the record acted on
    on_code: Mapped[str] = mapped_column(String(80), index=True)
    #: the batch, donor or recipient it lies within
    within: Mapped[str] = mapped_column(String(80), index=True)
    #: "done" or "refused"
    outcome: Mapped[str] = mapped_column(String(10))
    #: the code the act answered with, given again to a double tap
    result: Mapped[str] = mapped_column(String(200))
    nonce: Mapped[str | None] = mapped_column(String(80), unique=True)
    #: canonical JSON, the bytes that were hashed
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary)
    #: full subtrees of the log after this entry, 32 bytes each
    frontier: Mapped[bytes] = mapped_column(LargeBinary)
    #: PostgreSQL's own transaction number, set by its default, for the deferred guard; empty on SQLite
    txid: Mapped[int | None] = mapped_column(BigInteger)


class Signature(Base):
    """The signature of one entry: who, as what, when, meaning what, over which content (21 CFR 11.50, 11.70)."""

    __tablename__ = "signature"
    seq: Mapped[int] = mapped_column(ForeignKey("entry.seq"), primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment)
    person: Mapped[str] = mapped_column(String(20))
    printed_name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(40))
    meaning: Mapped[str] = mapped_column(String(80))
    on_code: Mapped[str] = mapped_column(String(80), index=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(2000))
    factors: Mapped[str] = mapped_column(String(60))
    workstation: Mapped[str] = mapped_column(String(80))
    zone: Mapped[str] = mapped_column(String(60))


class Unrecorded(RuntimeError):
    """Something tried to write a record outside an act: a fault of the program, never of a person."""


@dataclass(frozen=True)
class Who:
    """How an act is done: by whom, why, signed with what, from where. Doors make it, rooms pass it on."""

    by: str
    reason: str = ""
    signing: Signing | None = None
    nonce: str | None = None
    workstation: str = ""
    zone: str = "UTC"
    #: digest of what was asked for, so that the same nonce with another content is told apart from a double tap
    asked: str = ""

    @property
    def how(self) -> dict[str, Any]:
        """Keyword arguments for act()."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass
class Doing:
    """The act under way. Rooms read `at` for every timestamp and may set `result` and what is signed."""

    verb: Verb
    by: Person
    role: str
    at: datetime
    on: str
    within: str
    how: Who
    result: str = ""
    signed_content: Any = None
    outcome: str = "done"
    refusal: dict[str, Any] | None = None
    changes: list[Any] = field(default_factory=list)

    def signs(self, content: Any) -> None:
        """Say what the signature covers; without it, it covers the changes of this act."""
        self.signed_content = content


# --- the nets: what SQLAlchemy tells us while the act runs -------------------------------------------


@event.listens_for(Session, "before_flush")
def _no_write_outside_an_act(session: Session, _context: Any, _instances: Any) -> None:
    changed = [*session.new, *session.dirty, *session.deleted]
    recorded = [row for row in changed if _is_recorded(row)]
    if recorded and "doing" not in session.info:
        raise Unrecorded(f"{type(recorded[0]).__name__} was written outside an act.")
    if any(_is_recorded(row) for row in session.deleted):
        raise Unrecorded("No record is ever deleted.")


@event.listens_for(Session, "do_orm_execute")
def _no_bulk_write(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        table = state.bind_mapper.local_table if state.bind_mapper else None
        if table is None or not getattr(table, "info", {}).get("unrecorded"):
            raise Unrecorded("Records are not written in bulk: the trail would not see each of them.")


def _is_recorded(row: Any) -> bool:
    table = getattr(type(row), "__table__", None)
    return table is not None and not table.info.get("unrecorded")


@event.listens_for(Session, "after_flush")
def _collect(session: Session, _context: Any) -> None:
    """Old and new of every changed column, taken by itself: nobody writes audit lines, nobody forgets one."""
    doing: Doing | None = session.info.get("doing")
    if doing is None:
        return
    for row in session.new:
        if _is_recorded(row):
            doing.changes.append(_created(row))
    for row in session.dirty:
        if _is_recorded(row) and session.is_modified(row, include_collections=False):
            doing.changes.append(_changed(row))
    if any(isinstance(new, str) and "\0" in new for _, _, values in doing.changes for _, new in values.values()):
        # SQLite would keep it and PostgreSQL would not: one answer on both
        raise Refused("A text holds the character NUL, which cannot be kept. Type it again.", kind="input")


def _created(row: Any) -> list[Any]:
    state = row.__mapper__
    values = {attr.columns[0].name: [None, trail_value(attr.columns[0], getattr(row, attr.key))]
              for attr in state.column_attrs if getattr(row, attr.key) is not None}
    return [row.__tablename__, key_of(row), values]


def _changed(row: Any) -> list[Any]:
    values = {}
    for attr in row.__mapper__.column_attrs:
        history = row._sa_instance_state.get_history(attr.key, 0)
        if history.has_changes():
            if not history.deleted:
                raise Unrecorded(f"The old value of {row.__tablename__}.{attr.key} was not read before it changed.")
            column = attr.columns[0]
            values[column.name] = [trail_value(column, history.deleted[0]), trail_value(column, history.added[0])]
    counter = row.__mapper__.version_id_col
    if values and counter is not None:  # SQLAlchemy counts it up at the flush and keeps no history of that
        values[counter.key] = [getattr(row, counter.key) - 1, getattr(row, counter.key)]
    return [row.__tablename__, key_of(row), values]


def key_of(row: Any) -> str:
    """The primary key as one text, as the trail names it."""
    return "|".join(str(value) for value in row.__mapper__.primary_key_from_instance(row))


def trail_value(column: Any, value: Any) -> Any:
    """A column's value as plain data; a secret and the bytes of a file leave only their hash."""
    if isinstance(value, (bytes, memoryview)):
        return "sha256:" + sha256(value).hexdigest()
    if value is not None and column.info.get("secret"):
        return "sha256:" + sha256(str(value).encode()).hexdigest()
    return plain_data(value)


# --- writing the entry ------------------------------------------------------------------------------


@event.listens_for(Session, "before_commit")
def _append(session: Session) -> None:
    """Append in before_commit, not at flush: at flush the head is held while row locks are still taken."""
    doing: Doing | None = session.info.get("doing")
    if doing is None:
        return
    session.flush()
    connection = session.connection()
    head = connection.execute(_HEAD).first()
    seq = head.seq + 1 if head else 0
    frontier = Frontier.from_bytes(seq, head.frontier) if head else Frontier()
    leaf = canonical(_leaf(doing, seq, clock_back=bool(head and doing.at < head.at)))
    hashed = leaf_hash(leaf)
    frontier.append(hashed)
    connection.execute(_ENTRY, {
        "seq": seq, "at": doing.at, "person": doing.by.code, "verb": doing.verb.name, "on_code": doing.on,
        "within": doing.within, "outcome": doing.outcome, "result": doing.result,
        "nonce": doing.how.nonce if doing.outcome == "done" else None,
        "leaf": leaf, "leaf_hash": hashed, "frontier": frontier.packed,
    })
    if doing.verb.meaning and doing.outcome == "done":
        connection.execute(insert(Signature.__table__), _signature(doing, seq))  # type: ignore[arg-type]
    _seal_when_due(session, doing, frontier, head.at if head else None)


_HEAD = select(Entry.seq, Entry.at, Entry.frontier).order_by(Entry.seq.desc()).limit(1)
_ENTRY = insert(Entry.__table__)  # type: ignore[arg-type]


def _leaf(doing: Doing, seq: int, *, clock_back: bool) -> dict[str, Any]:
    """The content of one entry: who, as what, what, on what, when, why, what changed."""
    how = doing.how
    leaf: dict[str, Any] = {
        "v": 1, "seq": seq, "at": doing.at, "zone": how.zone, "verb": doing.verb.name, "on": doing.on,
        "within": doing.within, "by": doing.by.code, "name": doing.by.printed_name, "role": doing.role,
        "why": how.reason, "workstation": how.workstation, "outcome": doing.outcome, "result": doing.result,
        "changes": doing.changes,
    }
    if doing.outcome == "refused":
        leaf["refusal"] = doing.refusal
        leaf["claimed"] = how.signing.user_id[:40] if how.signing else ""
    elif doing.verb.meaning:
        leaf |= {"meaning": doing.verb.meaning, "factors": FACTORS, "content": content_hash(doing)}
    if how.asked:
        leaf["asked"] = how.asked
    if clock_back:
        leaf["clock_back"] = True
    return leaf


FACTORS = "user id and password"


def content_hash(doing: Doing) -> str:
    """What the signature covers, as SHA-256 of its canonical JSON."""
    content = doing.changes if doing.signed_content is None else doing.signed_content
    return sha256(canonical(content)).hexdigest()


def _signature(doing: Doing, seq: int) -> dict[str, Any]:
    return {
        "seq": seq, "at": doing.at, "person": doing.by.code, "printed_name": doing.by.printed_name,
        "role": doing.role, "meaning": doing.verb.meaning, "on_code": doing.on,
        "content_hash": content_hash(doing), "reason": doing.how.reason, "factors": FACTORS,
        "workstation": doing.how.workstation, "zone": doing.how.zone,
    }


def _seal_when_due(session: Session, doing: Doing, frontier: Frontier, last_at: datetime | None) -> None:
    sealer: Sealer | None = session.info.get("sealer")
    if sealer is None or doing.outcome != "done":
        return
    if doing.verb.seals or due(session.connection(), frontier.size, doing.at):
        note = seal(session.connection(), sealer, frontier.size, frontier.root, doing.at)
        session.info["sealed"] = (frontier.size, note)


def publish(session: Session) -> None:
    """A sealed checkpoint leaves the database once it is committed.

    The act is done by then: a full disk is for support to see, and never makes the person believe it was not.
    """
    sealed = session.info.pop("sealed", None)
    if sealed:
        try:
            session.info["sealer"].publish(*sealed)
        except OSError:
            log.exception("checkpoint %s stands in the database and could not be left as a file", sealed[0])
