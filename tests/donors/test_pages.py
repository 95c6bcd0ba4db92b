"""Every page and every form of documents, trial, donors and materials, drawn as a person at the screen meets it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.materials import acts as materials
from mfg.settings import Settings
from tests.browsing import hidden, sign_in
from tests.donors.collected import eligible_donor
from tests.office import NOON, PASSWORD, Office, user_id
from tests.trial.enrolled import PROTOCOL, enrolled, protocol_in_effect, weighed

PAGES = ("/documents", "/documents/TEST-1/1", "/protocols/TEST-1/1", "/recipients", "/recipients/SUB-0001",
         "/weights/W-000001", "/donors", "/donors/DON-0001", "/consents/CON-000001", "/markers/IDM-000001",
         "/determinations/DET-000001", "/collections", "/collections/COL-000001", "/lots", "/lots/LOT-0001")
VIEWS = ("/documents", "/documents/TEST-1/1", "/protocols/TEST-1/1", "/recipients", "/recipients/SUB-0001",
         "/weights/W-000001", "/donors", "/donors/DON-0001", "/collections", "/collections/COL-000001", "/lots",
         "/lots/LOT-0001")


@pytest.fixture
def client(sqlite_office: Office, tmp_path: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(sqlite_office.url, sqlite_office.owner_url, tmp_path / "home", secure_cookie=False))
    yield app.test_client()
    app.extensions["mfg_engine"].dispose()


@pytest.fixture
def busy(sqlite_office: Office) -> Office:
    """One of everything."""
    recipient = enrolled(sqlite_office)
    weighed(sqlite_office, recipient, "70.0")
    eligible_donor(sqlite_office, recipient)
    sqlite_office.do(materials.receive_lot, sqlite_office.who("warehouse"), kind="feeder cells", name="Feeder",
                     supplier="S", supplier_lot="F-1", certificate="C", containers=1, grade="GMP",
                     animal_origin=False, critical=True, strength=Decimal(100), strength_unit="Gy",
                     expires_at=NOON + timedelta(days=9), received_at=NOON)
    return sqlite_office


def send(client: FlaskClient, role: str, url: str, **told: str) -> tuple[int, str]:
    """Fill in a form, sign it, and follow to the page it leads to."""
    page = client.get(url).get_data(as_text=True)
    kept = {name: hidden(page, name) for name in ("csrf_token", "nonce", "seen") if f'name="{name}"' in page}
    answer = client.post(url, data=kept | told | {"sign_user_id": user_id(role), "sign_password": PASSWORD},
                         follow_redirects=True)
    return answer.status_code, html.unescape(answer.get_data(as_text=True))


def test_every_page_and_every_form_they_lead_to_can_be_drawn(client: FlaskClient, busy: Office) -> None:
    sign_in(client, "inspector")
    forms: set[str] = set()
    for url in PAGES:
        answer = client.get(url)
        assert answer.status_code == 200, url
        own = re.findall(r'class="btn[^"]*" href="(/[^"]+)"', answer.get_data(as_text=True))
        forms |= {one for one in own if re.search(r"/[a-z]+(-[a-z]+)+$", one)}
    assert len(forms) > 15
    for url in sorted(forms - {"/documents/draft-master-record", "/documents/draft-specification"}):
        assert client.get(url).status_code == 200, url


def test_every_view_answers_in_json(client: FlaskClient, busy: Office) -> None:
    opened = client.post("/api/v1/sessions", json={"user_id": user_id("inspector"), "password": PASSWORD})
    bearer = {"Authorization": f"Bearer {opened.json['token']}"}
    for url in VIEWS:
        answer = client.get(f"/api/v1{url}", headers=bearer)
        assert answer.status_code == 200 and answer.is_json, url


def test_a_person_drafts_a_protocol_and_enrols_through_the_forms(client: FlaskClient, sqlite_office: Office) -> None:
    sign_in(client, "principal investigator")
    status, page = send(client, "principal investigator", "/documents/draft-protocol", text=PROTOCOL)
    assert status == 200 and "draft" in page and "cells_per_kg" in page
    protocol_in_effect(sqlite_office, PROTOCOL + "# second\n")
    status, page = send(client, "principal investigator", "/recipients/enrol-recipient", protocol="TEST-1/2",
                        cohort="1")
    assert status == 200 and "SUB-0001" in page and "1e7 cells/kg" in page
    status, page = send(client, "principal investigator", "/recipients/SUB-0001/confirm-eligibility")
    assert status == 200 and "Eligibility confirmed" in page
    status, page = send(client, "principal investigator", "/recipients/SUB-0001/weights/record-weight", kg="71.25",
                        measured_at="2026-11-20T11:00Z")
    assert status == 200 and "waits for its second reading" in page and "71.25" not in page


def test_a_refused_form_says_which_rules_did_not_pass(client: FlaskClient, busy: Office) -> None:
    sign_in(client, "medical director")
    status, page = send(client, "medical director", "/donors/DON-0001/determine-eligibility", verdict="eligible",
                        collection="", screening="None", screened_at="2026-11-20T11:00Z")
    assert status == 409 and "DON-03" in page and "CANNOT DETERMINE" in page
