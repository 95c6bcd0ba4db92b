"""Doors and views of accounts and roles."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.doors import Door, View
from mfg.facts import Refused
from mfg.fields import Body, Choice, Secret, Words
from mfg.identity import Credential, Person, RoleGrant, roles_of
from mfg.people import acts
from mfg.verbs import ROLES


class OpenAccount(Body):
    user_id = Words("User id", limit=40, hint="Never given to another person later.")
    printed_name = Words("Printed name", limit=80, hint="As it stands beside a signature.")
    identity_verified = Words("How was the person's identity verified?", limit=200,
                              hint="For instance: staff badge and passport seen.")
    role = Choice("First role", ROLES, required=False)
    password = Secret("First password", hint="At least 12 characters; the person changes it before signing.")


class Role(Body):
    role = Choice("Role", ROLES)


class NewPassword(Body):
    password = Secret("New password", hint="At least 12 characters.")


def _page(code: str) -> str:
    return f"/people/{code}" if code.startswith("P-") else "/people"


def _who(session: Session, person: str) -> list[tuple[str, str]]:
    row = session.get(Person, person)
    return [("Account", f"{row.printed_name} ({row.user_id})" if row else person)]


DOORS = (
    Door("open account", "/people", acts.open_account, "Open an account", "Open the account", _page, OpenAccount),
    Door("grant role", "/people/<person>", acts.grant_role, "Grant a role", "Grant the role",
         lambda code: "/people", Role, shows=_who),
    Door("remove role", "/people/<person>", acts.remove_role, "Remove a role", "Remove the role",
         lambda code: "/people", Role, danger=True, shows=_who),
    Door("close account", "/people/<person>", acts.close_account, "Close the account", "Close the account for good",
         _page, danger=True, shows=_who),
    Door("reset password", "/people/<person>", acts.reset_password, "Set a one-time password",
         "Set the one-time password", _page, NewPassword, shows=_who),
    Door("confirm account", "/people/<person>", acts.confirm_account, "Confirm the owner of the account",
         "Sign: I have seen the owner", _page, shows=_who,
         intro="Only with the owner standing before you, after they have chosen their own password."),
    Door("unlock account", "/people/<person>", acts.unlock_account, "Unlock the account", "Unlock the account", _page,
         shows=_who),
    Door("choose password", "/people/<person>", acts.choose_password, "Choose your password",
         "Change my password", _page, NewPassword, shows=_who,
         intro="Type your present password at the bottom and the new one here."),
)


def people(session: Session) -> list[dict[str, Any]]:
    """All accounts with the roles they hold now."""
    return [person(session, row.code) for row in session.scalars(select(Person).order_by(Person.code))]


def person(session: Session, person: str) -> dict[str, Any]:
    """One account; its password is nowhere in it."""
    row = session.get(Person, person)
    if row is None:
        raise Refused(f"There is no person “{person}”.", kind="not found")
    grants = session.scalars(select(RoleGrant).where(RoleGrant.person == person).order_by(RoleGrant.code))
    secret = session.get_one(Credential, person)
    confirmed = f"{secret.confirmed_at:%Y-%m-%d %H:%M} UTC by {secret.confirmed_by}" if secret.confirmed_at else \
        "not yet: nothing can be signed with this account"
    return {"code": row.code, "confirmed": confirmed, "user_id": row.user_id, "printed_name": row.printed_name,
            "active": row.active, "identity_verified": row.identity_verified,
            "roles": sorted(roles_of(session, person)),
            "grants": [{"role": g.role, "granted_at": g.granted_at, "granted_by": g.granted_by,
                        "removed_at": g.removed_at, "removed_by": g.removed_by} for g in grants]}


VIEWS = (View("/people", people, "All accounts"), View("/people/<person>", person, "One account"))
