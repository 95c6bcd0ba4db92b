"""What must be true of accounts and roles. Pure; it opens no account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import passed, rule
from mfg.verbs import ADMINISTRATOR, GXP_ROLES, ROLES

WEAK = 12


@dataclass(frozen=True)
class Granting:
    """One role about to be granted to somebody who already holds others."""

    role: str
    held: frozenset[str]


@rule("PPL-01", "Administrator holds no GxP role")
def administrator_apart(f: Granting) -> Any:
    """An administrator holds no GxP role, and whoever holds one is no administrator (EU Annex 11 12.1)."""
    together = f.held | {f.role}
    ok = not (ADMINISTRATOR in together and together & GXP_ROLES)
    return passed(ok), ("The roles do not mix administration with GxP content." if ok else
                        f"“{f.role}” cannot be held together with {', '.join(sorted(f.held))}: an administrator "
                        "holds no GxP role. Open a separate account for the other person.")


@rule("PPL-02", "The role exists and is new to the person")
def role_known(f: Granting) -> Any:
    """A role is one of the table, and is granted once."""
    if f.role not in ROLES:
        return passed(False), f"There is no role “{f.role}”. Choose one of: {', '.join(ROLES)}."
    ok = f.role not in f.held
    return passed(ok), f"The role “{f.role}” is {'new to' if ok else 'already held by'} this person."


GRANT = (administrator_apart, role_known)


def weakness(password: str, user_id: str) -> str | None:
    """Why a password is not good enough, as a sentence; None when it is (NIST SP 800-63B: length first)."""
    if len(password) < WEAK:
        return f"The password has {len(password)} characters; at least {WEAK} are needed."
    if user_id.lower() in password.lower() or len(set(password)) < 5:
        return "The password is too easy to guess: leave out your user id and repeated characters."
    return None
