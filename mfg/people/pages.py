"""Pages of accounts and roles."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mfg.doors import Page
from mfg.people.api import people, person
from mfg.verbs import ROLES


def list_people(session: Session) -> dict[str, Any]:
    """Everybody with an account, closed ones too."""
    rows = [[{"text": one["code"], "url": f"/people/{one['code']}"}, one["printed_name"], one["user_id"],
             ", ".join(one["roles"]) or "none", "open" if one["active"] else "closed"] for one in people(session)]
    return {"code": "", "title": "People", "sections": [
        {"title": "Accounts", "headers": ["Code", "Printed name", "User id", "Roles", "Account"], "rows": rows},
        {"title": "Roles", "headers": ["Role", "What it may do"], "rows": [list(pair) for pair in ROLES.items()]}],
        "actions": [{"url": "/people/open-account", "label": "Open an account", "danger": False, "main": True}]}


def show_person(session: Session, person_code: str) -> dict[str, Any]:
    """One account with its roles over time."""
    one = person(session, person_code)
    at = f"/people/{person_code}"
    grants = [[g["role"], f"{g['granted_at']:%Y-%m-%d %H:%M} UTC", g["granted_by"],
               f"{g['removed_at']:%Y-%m-%d %H:%M} UTC" if g["removed_at"] else "", g["removed_by"] or ""]
              for g in one["grants"]]
    actions = [("confirm-account", "Confirm the owner", False), ("grant-role", "Grant a role", False),
               ("remove-role", "Remove a role", True),
               ("choose-password", "Choose your password", False), ("reset-password", "Set a one-time password", False),
               ("unlock-account", "Unlock", False), ("close-account", "Close the account", True)]
    return {
        "code": person_code, "title": one["printed_name"], "state": "open" if one["active"] else "closed",
        "pairs": [("Owner confirmed", one["confirmed"], False), ("User id", one["user_id"], False),
                  ("Roles", ", ".join(one["roles"]) or "none", False),
                  ("Identity verified", one["identity_verified"], False)],
        "sections": [{"title": "Roles over time", "headers": ["Role", "Granted", "By", "Removed", "By"],
                      "rows": grants}],
        "actions": [{"url": f"{at}/{slug}", "label": label, "danger": danger, "main": slug == "grant-role"}
                    for slug, label, danger in actions],
        "back": "/people",
    }


PAGES = (Page("/people", list_people), Page("/people/<person>", lambda session, person: show_person(session, person)))
