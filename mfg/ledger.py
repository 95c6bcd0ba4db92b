"""act(): the only way to write. One verb, one person, one transaction, one line of history.

The ledger is an RFC 6962 Merkle log: each entry's canonical JSON is a leaf, appended in the transaction
of the rows it describes. Reading it back and proving it is `verify.py`; sealing is `checkpoints.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, event, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from mfg.canonical import canonical, plain_data
from mfg.checkpoints import Sealer, due, seal
from mfg.db import Base, Moment, turn_of
from mfg.facts import Refused
from mfg.identity import FAILURES_ALLOWED, LOCKED_FOR, Credential, Person, Proof, Signing, prove, roles_of
from mfg.merkle import Frontier, leaf_hash
from mfg.verbs import VERBS, Verb

_clock: ContextVar[Callable[[], datetime] | None] = ContextVar("clock", default=None)


def now() -> datetime:
    """The server's clock, in UTC. Only the demonstration and the tests put another in its place."""
    clock = _clock.get()
    return clock() if clock else datetime.now(UTC)


@contextmanager
def playing_at(clock: Callable[[], datetime]) -> Iterator[None]:
    """For the demonstration and tests: time as they tell it. No door of the product calls this."""
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)


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


class Repeated(Exception):
    """The same form arrived twice: nothing was done again; `result` is what the first one answered."""

    def __init__(self, result: str) -> None:
        super().__init__(result)
        self.result = result


@dataclass(frozen=True)
class Who:
    """How an act is done: by whom, why, signed with what, from where. Doors make it, rooms pass it on."""

    by: str
    reason: str = ""
    signing: Signing | None = None
    nonce: str | None = None
    workstation: str = ""
    zone: str = "UTC"

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


@contextmanager
def act(session: Session, verb: str, *, by: str, on: str, within: str = "", reason: str = "",
        signing: Signing | None = None, nonce: str | None = None, workstation: str = "",
        zone: str = "UTC") -> Iterator[Doing]:
    """Do one thing, whole or not at all, and write the line of history that says so.

    `session` is fresh from `db.desk()`. `on` is the code of the record, `within` its batch, donor or
    recipient. Raises Refused (after recording the attempt) and Repeated (a nonce seen before).
    """
    how = Who(by, reason.strip(), signing, nonce, workstation, zone)
    row, proof = VERBS[verb], None
    engine = session.get_bind().engine
    if session.in_transaction():
        raise Unrecorded(f"“{verb}” was begun inside another transaction.")
    if signing and (row.meaning or row.proof):
        proof = prove(engine, signing.user_id, signing.password, now(), signing=bool(row.meaning))
    with turn_of(engine) if engine.dialect.name == "sqlite" else nullcontext():
        try:
            with _turn(session, row, on, within, how, proof) as doing:
                yield doing
        except (IntegrityError, StaleDataError) as broken:
            session.rollback()
            refusal = _database_refusal(broken)
            _record_refusal(session, row, on, within, how, refusal, proof)
            raise refusal from broken
        except Refused as refusal:
            session.rollback()
            _record_refusal(session, row, on, within, how, refusal, proof)
            raise
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop("doing", None)
    _publish(session)


@contextmanager
def _turn(session: Session, verb: Verb, on: str, within: str, how: Who, proof: Proof | None) -> Iterator[Doing]:
    """The transaction: the writer's turn comes before the first read, so nothing rests on a stale one."""
    session.begin()
    _take_turn(session)
    _refuse_repeat(session, verb, on, how)
    doing = _permitted(session, verb, on, within, how, proof)
    session.info["doing"] = doing
    yield doing
    session.commit()


def _take_turn(session: Session) -> None:
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": turn_key()})


def turn_key() -> int:
    """One turn for the whole facility; the one place to make it narrower (performance.md, lock per batch)."""
    return 683514


def _refuse_repeat(session: Session, verb: Verb, on: str, how: Who) -> None:
    if not how.nonce:
        return
    columns = (Entry.verb, Entry.person, Entry.on_code, Entry.result)
    seen = session.execute(select(*columns).where(Entry.nonce == how.nonce)).first()
    if seen is None:
        return
    if (seen.verb, seen.person) != (verb.name, how.by):
        raise Refused("This form was already used for something else. Open it again.", kind="stale")
    raise Repeated(seen.result)


def _permitted(session: Session, verb: Verb, on: str, within: str, how: Who, proof: Proof | None) -> Doing:
    """Role, reason, signature and segregation of duties, all read inside the turn."""
    if verb.name == INSTALL:
        return _installing(session, verb, on, within, how)
    if verb.meaning or verb.proof:
        _proved(how, proof)
    person = session.get(Person, how.by)
    if person is None or not person.active:
        raise Refused(f"There is no active account “{how.by}”. Sign in with your own.", kind="not allowed")
    if proof and proof.person != person.code:
        raise Refused("The signature is another person's than the one acting. Sign as yourself.",
                      kind="not signed")
    role = _role(session, verb, person)
    if verb.reason and not how.reason:
        raise Refused(f"“{verb.name}” needs a reason. Say in a sentence why.", kind="input",
                      fields={"reason": ["A reason is needed here."]})
    _apart(session, verb, person, on, within)
    return Doing(verb, person, role, now(), on, within, how)


def _role(session: Session, verb: Verb, person: Person) -> str:
    held = roles_of(session, person.code)
    fitting = [role for role in verb.roles if role in held]
    if not fitting:
        allowed = ", ".join(verb.roles) or "nobody"
        raise Refused(f"{person.printed_name} may not “{verb.name}”; it takes one of these roles: {allowed}.",
                      kind="not allowed")
    return fitting[0]


def _proved(how: Who, proof: Proof | None) -> None:
    """Both components, typed at this very act (21 CFR 11.200(a)); being logged in signs nothing."""
    if how.signing is None or proof is None:
        raise Refused("This needs your signature: type your user id and your password.", kind="not signed")
    if proof.person is None or proof.wrong_password:
        raise Refused(proof.why, kind="not signed")


INSTALL = "install"


def _installing(session: Session, verb: Verb, on: str, within: str, how: Who) -> Doing:
    """The one act without a person before it: opening the first administrator's account."""
    if session.scalar(select(Person.code).limit(1)):
        raise Refused("This installation already has accounts. An administrator opens further ones.",
                      kind="not allowed")
    nobody = Person(code="INSTALL", printed_name="Installation", user_id="install", identity_verified="")
    return Doing(verb, nobody, "installation", now(), on, within, how)


def _apart(session: Session, verb: Verb, person: Person, on: str, within: str) -> None:
    """No person does both halves: what they did before is read from the ledger itself."""
    for verbs, column, code in ((verb.not_who, Entry.on_code, on), (verb.not_within, Entry.within, within)):
        if not verbs or not code:
            continue
        done = session.scalar(select(Entry.verb).where(
            Entry.person == person.code, Entry.outcome == "done", column == code, Entry.verb.in_(verbs)).limit(1))
        if done:
            raise Refused(f"{person.printed_name} may not “{verb.name}” for {code}: the same person did "
                          f"“{done}”. Another person has to do this.", kind="not allowed")


def _database_refusal(broken: Exception) -> Refused:
    if isinstance(broken, StaleDataError):
        return Refused("Somebody changed this record while you worked on it; nothing of yours was saved. "
                       "Look at it again and repeat your entry.", kind="stale")
    return Refused("The database refused this: it contradicts a record that is already there, for instance "
                   "a code used twice. Nothing was saved.", kind="stale")


def _record_refusal(session: Session, verb: Verb, on: str, within: str, how: Who, refusal: Refused,
                    proof: Proof | None) -> None:
    """The attempt, in its own small transaction: a failed signature must be seen by somebody."""
    session.expunge_all()
    session.begin()
    _take_turn(session)
    person = session.get(Person, how.by) or Person(code=how.by[:20], printed_name="unknown")
    doing = Doing(verb, person, "", now(), on[:80], within[:80], how, outcome="refused")
    doing.refusal = {"why": refusal.why, "kind": refusal.kind, "findings": [f.rule for f in refusal.findings]}
    session.info["doing"] = doing
    if proof and proof.wrong_password and proof.person:
        count_failure(session, proof.person, doing.at)
    session.commit()
    session.info.pop("doing", None)


def count_failure(session: Session, person: str, at: datetime) -> None:
    """A wrong password more; at the fifth the account is locked for a quarter of an hour."""
    secret = session.get_one(Credential, person)
    secret.failures += 1
    if secret.failures >= FAILURES_ALLOWED:
        secret.locked_until, secret.failures = at + LOCKED_FOR, 0


def fresh(row: Any, seen: int | str | None) -> None:
    """Refuse when the person saw another version of the row than the one that is there now."""
    if seen is not None and str(seen) != str(row.version):
        raise Refused(f"You saw version {seen} of this record; it is now at version {row.version}. "
                      "Nothing was saved. Look at it again.", kind="stale")


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


def _created(row: Any) -> list[Any]:
    state = row.__mapper__
    values = {attr.key: [None, trail_value(attr.columns[0], getattr(row, attr.key))]
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
            values[attr.key] = [trail_value(column, history.deleted[0]), trail_value(column, history.added[0])]
    counter = row.__mapper__.version_id_col
    if values and counter is not None:  # SQLAlchemy counts it up at the flush and keeps no history of that
        values[counter.key] = [getattr(row, counter.key) - 1, getattr(row, counter.key)]
    return [row.__tablename__, key_of(row), values]


def key_of(row: Any) -> str:
    """The primary key as one text, as the trail names it."""
    return "|".join(str(value) for value in row.__mapper__.primary_key_from_instance(row))


def trail_value(column: Any, value: Any) -> Any:
    """A column's value as plain data; a secret leaves only its hash."""
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


def _publish(session: Session) -> None:
    """A sealed checkpoint leaves the database once it is committed."""
    sealed = session.info.pop("sealed", None)
    if sealed:
        session.info["sealer"].publish(*sealed)
