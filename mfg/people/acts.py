"""What is done with accounts: opening, closing, roles, passwords, signing in and out."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mfg.facts import Refused, Verdict, judge
from mfg.identity import Credential, LoginSession, Person, RoleGrant, hash_password, roles_of, token_hash
from mfg.ledger import Doing, Who, act, now
from mfg.people.rules import GRANT, Granting, weakness


@dataclass(frozen=True)
class Newcomer:
    """Who gets an account: user id, printed name, how identity was verified, first password, first role."""

    user_id: str
    printed_name: str
    identity_verified: str
    password: str
    role: str = ""


def install(session: Session, *, first: Newcomer, second: Newcomer) -> str:
    """Open the accounts of the two administrators of an empty installation. Returns the first one's code.

    Two, because nobody confirms alone that an account is its owner's (21 CFR 11.200(a)(3)).
    """
    if first.user_id.strip().lower() == second.user_id.strip().lower():
        raise Refused("The two administrators have the same user id; two different people are needed.", kind="input")
    hashes = [_good_password(one.password, one.user_id) for one in (first, second)]
    with act(session, "install", on="installation", **Who("INSTALL").how) as doing:
        for one, phc in zip((first, second), hashes, strict=True):
            code = _add(session, doing, one, phc)
            secret = session.get_one(Credential, code)
            secret.must_change, secret.confirmed_by, secret.confirmed_at = False, doing.by.code, doing.at
            doing.result = doing.result or code
    return doing.result


def open_account(session: Session, who: Who, *, user_id: str, printed_name: str, identity_verified: str,
                 password: str, role: str = "") -> str:
    """Open an account with a first password its owner has to change. Returns the person's code.

    Nothing can be signed with it before somebody else has confirmed the owner (`confirm_account`).
    """
    one = Newcomer(user_id, printed_name, identity_verified, password, role)
    phc = _good_password(password, user_id)
    with act(session, "open account", on=f"user {user_id.strip().lower()}"[:80], **who.how) as doing:
        doing.on = doing.result = _add(session, doing, one, phc)
    return doing.result


def _good_password(password: str, user_id: str) -> str:
    """The hash of a password that is good enough, made before the act because it is slow."""
    if why := weakness(password, user_id.strip().lower()):
        raise Refused(why, kind="input", fields={"password": [why]})
    return hash_password(password)


def _add(session: Session, doing: Doing, one: Newcomer, phc: str) -> str:
    user_id = one.user_id.strip().lower()
    _free_user_id(session, user_id)
    code = f"P-{_count(session, Person) + 1:04d}"
    session.add(Person(code=code, user_id=user_id, printed_name=one.printed_name,
                       identity_verified=one.identity_verified))
    session.flush()
    session.add(Credential(person=code, phc=phc, must_change=True, failures=0))
    if one.role:
        _grant(session, code, one.role, doing.at, doing.by.code)
    session.flush()
    return code


def confirm_account(session: Session, who: Who, *, person: str) -> str:
    """Confirm, signed, that the owner was seen and has chosen the password; never by who opened or reset it."""
    with act(session, "confirm account", on=person, **who.how) as doing:
        row, secret = _person(session, person), session.get_one(Credential, person)
        if person == doing.by.code:
            raise Refused("Nobody confirms their own account. Another person has to.", kind="not allowed")
        if secret.must_change:
            raise Refused(f"{row.printed_name} has not chosen a password yet. Let them sign in and choose one first.")
        secret.confirmed_by, secret.confirmed_at = doing.by.code, doing.at
        doing.signs({"person": person, "user_id": row.user_id, "printed_name": row.printed_name})
        doing.result = person
    return person


def _free_user_id(session: Session, user_id: str) -> None:
    if session.scalar(select(Person.code).where(Person.user_id == user_id)):
        raise Refused(f"The user id “{user_id}” is or was another person's; user ids are never given twice. "
                      "Choose another.", kind="input", fields={"user_id": ["Already used."]})


def _count(session: Session, kind: type) -> int:
    return session.scalar(select(func.count()).select_from(kind)) or 0


def grant_role(session: Session, who: Who, *, person: str, role: str) -> str:
    """Give a role to a person; refused where roles exclude each other."""
    with act(session, "grant role", on=person, **who.how) as doing:
        _person(session, person)
        doing.result = _grant(session, person, role, doing.at, doing.by.code)
    return doing.result


def _grant(session: Session, person: str, role: str, at: object, by: str) -> str:
    findings = judge(GRANT, Granting(role, roles_of(session, person)))
    wrong = [finding for finding in findings if finding.verdict is not Verdict.PASS]
    if wrong:
        raise Refused(" ".join(finding.why for finding in wrong), findings=wrong)
    code = f"RG-{_count(session, RoleGrant) + 1:05d}"
    session.add(RoleGrant(code=code, person=person, role=role, granted_at=at, granted_by=by))
    return code


def remove_role(session: Session, who: Who, *, person: str, role: str) -> str:
    """Take a role from a person from now on; what was done under it stays."""
    with act(session, "remove role", on=person, **who.how) as doing:
        held = session.scalar(select(RoleGrant).where(
            RoleGrant.person == person, RoleGrant.role == role, RoleGrant.removed_at.is_(None)))
        if held is None:
            raise Refused(f"{person} does not hold the role “{role}”.", kind="not found")
        held.removed_at, held.removed_by = doing.at, doing.by.code
        doing.result = held.code
    return doing.result


def close_account(session: Session, who: Who, *, person: str) -> str:
    """Close an account for good. It is never deleted and its user id never given again."""
    with act(session, "close account", on=person, **who.how) as doing:
        _person(session, person).active = False
        doing.result = person
    return person


def reset_password(session: Session, who: Who, *, person: str, password: str) -> str:
    """Set a one-time password; nothing can be signed with it (21 CFR 11.200(a)(3))."""
    return _new_password(session, who, "reset password", person, password, must_change=True)


def choose_password(session: Session, who: Who, *, person: str, password: str) -> str:
    """Choose one's own password; `who.signing` carries the present one."""
    if who.by != person:
        raise Refused("A password is chosen by its owner alone.", kind="not allowed")
    return _new_password(session, who, "choose password", person, password, must_change=False)


def _new_password(session: Session, who: Who, verb: str, person: str, password: str, *,
                  must_change: bool) -> str:
    phc = hash_password(password)
    with act(session, verb, on=person, **who.how) as doing:
        if why := weakness(password, _person(session, person).user_id):
            raise Refused(why, kind="input", fields={"password": [why]})
        secret = session.get_one(Credential, person)
        secret.phc, secret.must_change, secret.failures, secret.locked_until = phc, must_change, 0, None
        if must_change:
            secret.confirmed_by = secret.confirmed_at = None
            _end_sessions(session, person, doing.at)
        doing.result = person
    return person


def _end_sessions(session: Session, person: str, at: datetime) -> None:
    """Whoever sits at a screen under this account is signed out: the password was taken from under it."""
    for row in session.scalars(select(LoginSession).where(
            LoginSession.person == person, LoginSession.ended_at.is_(None))):
        row.ended_at = at


def unlock_account(session: Session, who: Who, *, person: str) -> str:
    """Open a locked account again, after a check of who asks (Annex 11 draft 11.7)."""
    with act(session, "unlock account", on=person, **who.how) as doing:
        secret = session.get(Credential, person)
        if secret is None or secret.locked_until is None:
            raise Refused(f"The account {person} is not locked.")
        secret.locked_until, secret.failures = None, 0
        doing.result = person
    return person


def _person(session: Session, code: str) -> Person:
    person = session.get(Person, code)
    if person is None:
        raise Refused(f"There is no person “{code}”.", kind="not found")
    return person


def sign_in(session: Session, who: Who, *, hours: int = 12) -> str:
    """Sign in with user id and password; returns the token of the new session, which is kept hashed only."""
    assert who.signing is not None
    token = secrets.token_urlsafe(32)
    user_id = who.signing.user_id.strip().lower()
    with act(session, "sign in", on=f"user {user_id}"[:80], **who.how) as doing:
        secret = session.get_one(Credential, doing.by.code)
        secret.failures, secret.locked_until = 0, None
        session.add(LoginSession(token_hash=token_hash(token), person=doing.by.code, started_at=doing.at,
                                 seen_at=doing.at))
        doing.result = doing.by.code
    return token


def sign_out(session: Session, who: Who, *, token: str) -> str:
    """End a session on the server."""
    with act(session, "sign out", on=who.by, **who.how) as doing:
        row = session.get(LoginSession, token_hash(token))
        if row is not None:
            row.ended_at = doing.at
        doing.result = who.by
    return who.by


def alive(row: LoginSession, idle: timedelta, whole: timedelta) -> bool:
    """Is this session neither ended, idle too long nor too old?"""
    moment = now()
    return row.ended_at is None and moment - row.seen_at <= idle and moment - row.started_at <= whole
