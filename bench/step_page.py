"""What a step page costs: one step of a batch with 60 steps and 600 entries, against a bare Flask page of that size.

Both are asked through Flask's test client in this process. The bare page is the very same text, already made, so the
ratio is what reading, judging and drawing cost on top of answering at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine

from bench.big_batch import Crew, big_batch
from bench.measure import Arms, Comparison, cpu, milliseconds
from mfg import identity
from mfg.app import create_app
from mfg.db import desk, open_engine
from mfg.guards import install
from mfg.identity import Signing
from mfg.ledger import Who
from mfg.people import acts as people
from mfg.settings import Settings
from mfg.tables import METADATA

PAGES = 20
PASSWORD = "a long bench password"
STEP = "/steps/NK-26-001/step_59"
ROLES = ("production supervisor", "operator", "verifier")


def staffed(engine: Engine) -> Crew:
    """Tables, guards, and one person for each role the batch needs."""
    return Crew(*staffed_with(engine, ROLES))


def staffed_with(engine: Engine, roles: tuple[str, ...]) -> list[str]:
    """Tables, guards, and one person for each role; returns their codes."""
    with engine.execution_options(mfg_begin="write").begin() as connection:
        METADATA.create_all(connection)
        install(connection, METADATA)
    with desk(engine) as session:
        admin = people.install(session, first=_administrator(1), second=_administrator(2))
    return [_employ(engine, admin, role) for role in roles]


def _administrator(number: int) -> people.Newcomer:
    return people.Newcomer(f"admin.{number}", f"Administrator {number}", "-", PASSWORD, "administrator")


def _employ(engine: Engine, admin: str, role: str) -> str:
    login = role.replace(" ", ".")
    with desk(engine) as session:
        code = people.open_account(session, Who(admin), user_id=login, printed_name=role.capitalize(), role=role,
                                   identity_verified="-", password=PASSWORD + "!")
    with desk(engine) as session:
        people.choose_password(session, Who(code, signing=Signing(login, PASSWORD + "!")), person=code,
                               password=PASSWORD)
    return code


def signed_in(url: str, home: Path) -> FlaskClient:
    """Somebody in front of the application."""
    client = create_app(Settings(url, url, home, secure_cookie=False)).test_client()
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    assert found
    client.post("/login", data={"csrf_token": found[1], "user_id": "operator", "password": PASSWORD})
    return client


def bare(text: str) -> FlaskClient:
    """Flask with nothing in it but that text."""
    app = Flask("bare")
    app.add_url_rule("/", "page", lambda: text)
    return app.test_client()


def asks(client: FlaskClient, url: str) -> None:
    for _ in range(PAGES):
        assert client.get(url).status_code == 200


@contextmanager
def arms() -> Iterator[Arms]:
    with TemporaryDirectory() as folder, patch.dict(identity.ARGON2, iterations=1, memory_cost=8):
        url = f"sqlite:///{folder}/bench.db"
        engine = open_engine(url)
        big_batch(engine, staffed(engine))
        client = signed_in(url, Path(folder))
        blank = bare(client.get(STEP).text)
        yield Arms(cpu(lambda: asks(client, STEP), PAGES), cpu(lambda: asks(blank, "/"), PAGES))
        client.application.extensions["mfg_engine"].dispose()
        engine.dispose()


COMPARISONS = (
    Comparison("step page of 60 steps, 600 entries", "bare Flask page", arms, milliseconds,
               promise="under 100 ms", kept=lambda _ratio, cost: cost < 0.1),
)
