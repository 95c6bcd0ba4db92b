"""What every test that looks at pages through a client needs: a value hidden in a form, and somebody signed in."""

from __future__ import annotations

import html
import re

from flask.testing import FlaskClient

from tests.office import PASSWORD, user_id


def hidden(page: str, name: str) -> str:
    """The value a form carries under this name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"the form has no {name}"
    return html.unescape(found[1])


def sign_in(client: FlaskClient, role: str, number: int = 1) -> None:
    """Through the page, as people do."""
    page = client.get("/login").get_data(as_text=True)
    answer = client.post("/login", data={"csrf_token": hidden(page, "csrf_token"), "user_id": user_id(role, number),
                                         "password": PASSWORD})
    assert answer.status_code == 303, answer.get_data(as_text=True)
