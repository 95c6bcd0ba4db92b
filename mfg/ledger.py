"""act(): the only way to write. One verb, one person, one transaction, one line of history.

What an act leaves behind is `entries.py`; reading it back and proving it is `verify.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import select, text
from sqlalchemy.exc import DataError, IntegrityError, StatementError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from mfg.db import turn_of
from mfg.entries import Doing as Doing
from mfg.entries import Entry as Entry
from mfg.entries import Signature as Signature
from mfg.entries import Unrecorded as Unrecorded
from mfg.entries import Who as Who
from mfg.entries import publish
from mfg.entries import trail_value as trail_value
from mfg.facts import Refused
from mfg.identity import FAILURES_ALLOWED, LOCKED_FOR, Credential, Person, Proof, Signing, prove, roles_of
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


class Repeated(Exception):
    """The same form arrived twice: nothing was done again; `result` is what the first one answered."""

    def __init__(self, result: str) -> None:
        super().__init__(result)
        self.result = result


@contextmanager
def act(session: Session, verb: str, *, by: str, on: str, within: str = "", reason: str = "",
        signing: Signing | None = None, nonce: str | None = None, workstation: str = "",
        zone: str = "UTC", asked: str = "") -> Iterator[Doing]:
    """Do one thing, whole or not at all, and write the line of history that says so.

    `session` is fresh from `db.desk()`. `on` is the code of the record, `within` its batch, donor or
    recipient. Raises Refused (after recording the attempt) and Repeated (a nonce seen before). User id and
    password are checked whenever they are given, signed verb or not: nobody acts under a name typed unproved.
    """
    how = Who(by, reason.strip(), signing, nonce, workstation, zone, asked)
    row, proof = VERBS[verb], None
    engine = session.get_bind().engine
    if session.in_transaction():
        raise Unrecorded(f"“{verb}” was begun inside another transaction.")
    if signing:
        proof = prove(engine, signing.user_id, signing.password, now(), signing=bool(row.meaning))
    with turn_of(engine) if engine.dialect.name == "sqlite" else nullcontext():
        try:
            with _turn(session, row, on, within, how, proof) as doing:
                yield doing
        except (StatementError, StaleDataError, UnicodeEncodeError) as broken:
            session.rollback()
            refusal = _database_refusal(broken)
            if refusal is None:
                raise
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
    publish(session)


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
    columns = (Entry.verb, Entry.person, Entry.leaf, Entry.result)
    seen = session.execute(select(*columns).where(Entry.nonce == how.nonce)).first()
    if seen is None:
        return
    if (seen.verb, seen.person, orjson.loads(seen.leaf).get("asked", "")) != (verb.name, how.by, how.asked):
        raise Refused("This form was already used for something else. Open it again.", kind="stale")
    raise Repeated(seen.result)


def _permitted(session: Session, verb: Verb, on: str, within: str, how: Who, proof: Proof | None) -> Doing:
    """Role, reason, signature and segregation of duties, all read inside the turn."""
    if verb.name == INSTALL:
        return _installing(session, verb, on, within, how)
    if verb.system:
        return _by_itself(verb, on, within, how)
    if verb.meaning or verb.proof or how.signing:
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


#: who does what the program does by itself, such as noting that a time is over; nobody can sign in as it
SYSTEM = "SYSTEM"


def _by_itself(verb: Verb, on: str, within: str, how: Who) -> Doing:
    """An act of the program, at the moment it is due. No account has this name, and no door opens it."""
    if how.by != SYSTEM or how.signing:
        raise Refused(f"“{verb.name}” is done by the system itself, never by a person.", kind="not allowed")
    itself = Person(code=SYSTEM, printed_name="The system", user_id="system", identity_verified="")
    return Doing(verb, itself, "system", now(), on, within, how)


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


def _database_refusal(broken: Exception) -> Refused | None:
    """What stopped the database as a refusal for people; None when it is a fault that is not theirs."""
    if isinstance(broken, StatementError) and isinstance(broken.orig, Refused):
        return broken.orig
    if isinstance(broken, (DataError, UnicodeEncodeError)):
        return Refused("The database cannot keep a value exactly as it is: it is too long, too large, or holds a "
                       "character that cannot be stored. Nothing was saved.", kind="input")
    if isinstance(broken, StaleDataError):
        return Refused("Somebody changed this record while you worked on it; nothing of yours was saved. "
                       "Look at it again and repeat your entry.", kind="stale")
    if not isinstance(broken, IntegrityError):
        return None
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
    if refusal.leaves:
        refusal.leaves(session, doing)
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
