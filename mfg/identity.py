"""Who people are and how they prove it: persons, credentials, roles held, login sessions.

Kernel tables, because a signature needs them. Opening accounts and granting roles are acts and live in
`people/`. Passwords are Argon2id (RFC 9106); the hash never leaves this module.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from sqlalchemy import CheckConstraint, ForeignKey, String, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Mapped, Session, mapped_column

from mfg.db import UNRECORDED, Base, Moment, look

ARGON2: dict[str, Any] = {"length": 32, "iterations": 2, "lanes": 1, "memory_cost": 19456}  # OWASP's floor, 2024
FAILURES_ALLOWED = 5
LOCKED_FOR = timedelta(minutes=15)


class Person(Base):
    """One natural person, for ever: never deleted, and neither code nor user id is given to another."""

    __tablename__ = "person"
    #: P-0001; the id every record keeps
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    #: what is typed at login and at each signature; lower case, never reused (21 CFR 11.100(a))
    user_id: Mapped[str] = mapped_column(String(40), unique=True)
    #: the name printed beside a signature (21 CFR 11.50)
    printed_name: Mapped[str] = mapped_column(String(80))
    #: how identity was verified before an e-signature was issued (21 CFR 11.100(b))
    identity_verified: Mapped[str] = mapped_column(String(200))
    #: False once the account is closed
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (CheckConstraint("user_id = lower(user_id)", name="user_id_lower"),)


class Credential(Base):
    """The password of one person, hashed, with its failures; the hash itself is not put into the trail."""

    __tablename__ = "credential"
    person: Mapped[str] = mapped_column(ForeignKey("person.code"), primary_key=True)
    phc: Mapped[str] = mapped_column(String(200), info={"secret": True})
    #: set by somebody else: must be changed before anything can be signed (21 CFR 11.200(a)(3))
    must_change: Mapped[bool] = mapped_column(default=True)
    #: wrong passwords since the last right one (21 CFR 11.300(d))
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)
    #: who saw the owner and confirmed that the account is theirs; empty after opening and after a reset, so that
    #: whoever set a password cannot sign with it alone (21 CFR 11.200(a)(3): two people would have to collude)
    confirmed_by: Mapped[str | None] = mapped_column(String(20))
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    __table_args__ = (
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed_pair"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> person", name="two_people"),
    )


class RoleGrant(Base):
    """A role held by a person from granted_at until removed_at."""

    __tablename__ = "role_grant"
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.code"), index=True)
    role: Mapped[str] = mapped_column(String(40))
    granted_at: Mapped[datetime] = mapped_column(Moment)
    granted_by: Mapped[str] = mapped_column(String(20))
    removed_at: Mapped[datetime | None] = mapped_column(Moment)
    removed_by: Mapped[str | None] = mapped_column(String(20))
    __table_args__ = (
        CheckConstraint("(removed_at IS NULL) = (removed_by IS NULL)", name="removed_pair"),
    )


class LoginSession(Base):
    """A browser's session: only the hash of its token is kept, and the server decides when it ends."""

    __tablename__ = "login_session"
    __table_args__ = {"info": UNRECORDED}
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.code"))
    started_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True)
class Signing:
    """Both components of an electronic signature, as typed at this signature (21 CFR 11.200(a)(1))."""

    user_id: str
    password: str


@dataclass(frozen=True)
class Proof:
    """What a check of both components found: who it is, or why not. Made before the writer's turn."""

    person: str | None
    why: str = ""
    wrong_password: bool = False


def hash_password(password: str) -> str:
    """Argon2id in PHC string form. Slow on purpose: never call it inside an act."""
    return Argon2id(salt=secrets.token_bytes(16), **ARGON2).derive_phc_encoded(password.encode())


_NOBODY = hash_password(secrets.token_hex(8))


def _matches(password: str, phc: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(password.encode("utf-8", "surrogatepass"), phc)
    except InvalidKey:
        return False
    return True


def prove(engine: Engine, user_id: str, password: str, now: datetime, *, signing: bool = True) -> Proof:
    """Check both components now. An unknown user costs the same time and gets the same sentence.

    A wrong password is reported to the caller, who records it; this function writes nothing.
    """
    sentence = "User id and password do not belong together, or the account is closed."
    with look(engine) as session:
        person = session.scalar(select(Person).where(Person.user_id == user_id.strip().lower()))
        secret = session.get(Credential, person.code) if person else None
    if person is None or secret is None:
        _matches(password, _NOBODY)
        return Proof(None, sentence)
    right = _matches(password, secret.phc)
    if secret.locked_until and secret.locked_until > now:  # the same answer to right and wrong: a lock hides both
        return Proof(None, f"The account is locked until {secret.locked_until:%H:%M} UTC after "
                           f"{FAILURES_ALLOWED} wrong passwords. Wait, or ask an administrator.")
    if not right:
        return Proof(person.code, sentence, wrong_password=True)
    if not person.active:
        return Proof(None, sentence)
    if signing and secret.must_change:
        return Proof(None, "This password was set by somebody else. Choose your own before you sign.")
    if signing and secret.confirmed_at is None:
        return Proof(None, "Nobody has confirmed yet that this account is yours. Show yourself to QA, or to an "
                           "administrator who did not open it, and have it confirmed; then sign.")
    return Proof(person.code)


def roles_of(session: Session, person: str) -> frozenset[str]:
    """The roles a person holds now."""
    held = select(RoleGrant.role).where(RoleGrant.person == person, RoleGrant.removed_at.is_(None))
    return frozenset(session.scalars(held))


def token_hash(token: str) -> str:
    """What is kept of a session token."""
    return sha256(token.encode()).hexdigest()
