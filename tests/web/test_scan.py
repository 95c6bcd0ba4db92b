"""A code scanned on the floor: it leads to its place, or is refused by name and kept as an attempt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from mfg.app import create_app
from mfg.codes.own import labelled, with_check
from mfg.labelling import acts
from mfg.labelling.acts import Drawn
from mfg.ledger import Entry
from mfg.paper.readback import Found, Proof
from mfg.settings import Settings
from tests.browsing import sign_in
from tests.office import Office

BAG = "NK-26-001-C07"


@pytest.fixture
def client(sqlite_office: Office, tmp_path: Path) -> Iterator[FlaskClient]:
    office = sqlite_office
    made = create_app(Settings(office.url, office.owner_url, tmp_path / "home", secure_cookie=False))
    client = made.test_client()
    sign_in(client, "operator")
    yield client
    made.extensions["mfg_engine"].dispose()


def entries(office: Office) -> int:
    with office.look() as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


@pytest.mark.parametrize(("code", "why"), [
    ("]C0=A99992699999900", "Nothing in this facility has it"), ("]C0=<DNK017A0", "product code"),
    ("]C0=A9999269999", "needs 15 characters"), ("hello", "no code known here"),
    ("]C0PRN-1", "no code known here"), ("\x00", "no code known here"),
])
def test_a_wrong_code_is_named_and_kept_as_an_attempt(client: FlaskClient, sqlite_office: Office, code: str,
                                                      why: str) -> None:
    before, counts = entries(sqlite_office), sqlite_office.counts()
    answer = client.get("/scan", query_string={"code": code})
    assert answer.status_code == 404 and why in answer.get_data(as_text=True)
    assert "as an attempt" in answer.get_data(as_text=True)
    assert entries(sqlite_office) == before + 1 and sqlite_office.counts() == counts
    entry = sqlite_office.last_entry()
    leaf = json.loads(entry.leaf)
    assert (entry.verb, entry.outcome, entry.person) == (
        "look up code", "refused", sqlite_office.people["operator.1"])
    assert why in leaf["refusal"]["why"]


def test_a_right_code_opens_its_page_and_writes_nothing(client: FlaskClient, sqlite_office: Office) -> None:
    before = entries(sqlite_office)
    answer = client.get("/scan", query_string={"code": "]C0" + with_check("LOT-0001")})
    assert answer.status_code == 303 and answer.headers["Location"].endswith("/lots/LOT-0001")
    assert entries(sqlite_office) == before


def test_a_label_that_is_not_on_its_container_leads_to_its_own_page(client: FlaskClient, sqlite_office: Office) -> None:
    office, text = sqlite_office, labelled(BAG, "LBL-0001")
    proof = Proof(b"%PDF-", 300, (Found("DataMatrix", "]d1", text),))
    office.do(acts.print_label, office.who("operator"),
              drawn=Drawn("LBL-0001", BAG, "NK-26-001", "vessel", {"label": "LBL-0001"}, proof))

    def leads() -> str:
        return client.get("/scan", query_string={"code": f"]d1{text}"}).headers["Location"].rpartition("/")[2]

    assert leads() == "LBL-0001"  # nobody has scanned it back yet
    office.do(acts.verify_label, office.who("operator"), label="LBL-0001", scan=f"]d1{text}")
    assert leads() == BAG
    office.do(acts.spoil_label, office.who("operator", reason="Torn."), label="LBL-0001")
    assert leads() == "LBL-0001"
