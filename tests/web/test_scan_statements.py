"""A scan on the floor asks the database little before it says what it means: counted, statement by statement.

The verdict is the answer to /scan itself: the place the code leads to, or the page that says why it leads nowhere. The
statements of the login session are counted apart, and so is the act that keeps a wrong scan.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from mfg.app import create_app
from mfg.batches.records import Dose
from mfg.batches.scans import as_scanned
from mfg.donors.records import Collection
from mfg.labelling.records import PrintedLabel
from mfg.labelling.standing import scan_of
from mfg.settings import Settings
from mfg.trial.records import Recipient
from tests.browsing import sign_in
from tests.databases import Databases
from tests.release.story import READY, Story, a_story
from tests.statements import asked_of

MOST = 4


@pytest.fixture(scope="module")
def story(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A dose that is filled, tested and labelled; nothing here changes it."""
    with a_story(READY, databases.fresh("sqlite", READY.prepare), tmp_path_factory.mktemp("scans")) as told:
        yield told


@pytest.fixture(scope="module")
def client(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    made = create_app(Settings(story.office.url, story.office.owner_url, tmp_path_factory.mktemp("home"),
                               secure_cookie=False))
    client = made.test_client()
    sign_in(client, "operator")
    yield client
    made.extensions["mfg_engine"].dispose()


@pytest.fixture(scope="module")
def scans(story: Story) -> dict[str, str]:
    """What a scanner sends for one of each, as it is printed."""
    with story.office.look() as session:
        label = session.scalars(select(PrintedLabel).where(PrintedLabel.state == "applied")).first()
        assert label is not None
        found: dict[str, Any] = {
            "label of the dose bag": scan_of(label), "bag": as_scanned(label.container),
            "donation": f"]C0={session.scalars(select(Collection.din)).first()}00",
            "chain of identity": f"]d1&/{session.scalars(select(Recipient.coi)).first()}",
            "batch": as_scanned(story.batch), "dose": as_scanned(session.scalars(select(Dose.code)).first() or "")}
    return found


WHERE = {"label of the dose bag": "/containers/", "bag": "/containers/", "donation": "/collections/",
         "chain of identity": "/recipients/", "batch": "/batches/", "dose": "/doses/"}


def asked(client: FlaskClient, code: str) -> tuple[list[str], Any]:
    """What /scan itself asked, without what every signed-in request asks first; and its answer."""
    engine = client.application.extensions["mfg_engine"]
    with asked_of(engine) as session:
        client.get("/healthz")
    with asked_of(engine) as said:
        answer = client.get("/scan", query_string={"code": code})
    assert said[:len(session)] == session and len(session) >= 2
    return said[len(session):], answer


@pytest.mark.parametrize("what", WHERE)
def test_a_scan_leads_to_its_place_with_at_most_four_statements(client: FlaskClient, scans: dict[str, str],
                                                               what: str) -> None:
    said, answer = asked(client, scans[what])
    assert answer.status_code == 303 and answer.headers["Location"].startswith(WHERE[what]), what
    assert len(said) <= MOST, f"{len(said)}:\n" + "\n\n".join(said)


WRONG = ["hello", "]C0=A99992699999900", "]C0=<DNK017A0", "]d1=+02000=A99992699999900=<DNK017A0"]


@pytest.mark.parametrize("code", WRONG)
def test_a_wrong_scan_is_judged_with_at_most_four_statements_and_kept_with_the_act_every_attempt_takes(
        client: FlaskClient, code: str) -> None:
    said, answer = asked(client, code)
    kept = next(place for place, one in enumerate(said) if one.startswith("SELECT person"))  # who keeps it: the act
    assert answer.status_code == 404
    assert kept <= MOST, f"{kept}:\n" + "\n\n".join(said)
    assert len(said) - kept <= 5 and said[-1].startswith("INSERT INTO entry")
