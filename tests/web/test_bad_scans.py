"""Bad scans through /scan and through a scan field of a form: each a sentence, a record, nothing changed.

Another recipient's bag stops in tests/custody/test_handing_over.py, an expired one in tests/custody/test_shipping.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from mfg.app import create_app
from mfg.codes.own import labelled, with_check
from mfg.labelling import acts
from mfg.labelling.acts import Drawn
from mfg.ledger import Entry
from mfg.paper.readback import Found, Proof
from mfg.settings import Settings
from tests.browsing import sign_in
from tests.office import PASSWORD, Office, user_id

BAG, LABEL = "NK-26-001-C07", labelled("NK-26-001-C07", "LBL-0001")


@pytest.fixture
def client(sqlite_office: Office, tmp_path: Path) -> Iterator[FlaskClient]:
    """An operator at a browser; one label is printed and was not scanned back yet."""
    office = sqlite_office
    proof = Proof(b"%PDF-", 300, (Found("DataMatrix", "]d1", LABEL),))
    office.do(acts.print_label, office.who("operator"),
              drawn=Drawn("LBL-0001", BAG, "NK-26-001", "vessel", {"label": "LBL-0001"}, proof))
    made = create_app(Settings(office.url, office.owner_url, tmp_path / "home", secure_cookie=False))
    client = made.test_client()
    sign_in(client, "operator")
    token = client.post("/api/v1/sessions", json={"user_id": user_id("operator"), "password": PASSWORD}).get_json()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token['token']}"
    yield client
    made.extensions["mfg_engine"].dispose()


def newest(office: Office) -> Entry:
    return office.last_entry()


def into_field(client: FlaskClient, text: str) -> Any:
    """Scanned into the field of the label that is scanned back."""
    return client.post("/api/v1/labels/LBL-0001/verify-label", json={"scan": text})


def refused_and_kept(client: FlaskClient, office: Office, texts: list[str], ask: Any) -> list[str]:
    """Ask with each text: a sentence, one refused attempt more, nothing else changed. Returns the sentences."""
    counts, before, told = office.counts(), newest(office).seq, []
    for text in texts:
        answer = ask(client, text)
        assert answer.status_code in (404, 409, 422), (text, answer.status_code)
        said = answer.get_json(silent=True) or {}
        told.append(" ".join([said.get("detail", ""), *(one for all_ in said.get("errors", {}).values()
                                                        for one in all_)]))
    with office.look() as session:
        kept = session.scalars(select(Entry.outcome).where(Entry.seq > before)).all()
    assert list(kept) == ["refused"] * len(texts) and office.counts() == counts
    return told


def on_the_floor(client: FlaskClient, text: str) -> Any:
    answer = client.get("/scan", query_string={"code": text.encode("utf-8", "replace")})
    assert "<script>alert" not in answer.get_data(as_text=True)
    return answer


@pytest.fixture(scope="module")
def hostile(shared: Path) -> list[str]:
    lines = (shared / "inputs/hostile/blns.txt").read_text("utf-8").split("\n")
    return [line for line in lines if line.strip()]


def test_every_hostile_line_scanned_on_the_floor_is_refused_and_kept(client: FlaskClient, sqlite_office: Office,
                                                                    hostile: list[str]) -> None:
    assert len(hostile) > 500
    refused_and_kept(client, sqlite_office, hostile, on_the_floor)


def test_every_hostile_line_scanned_into_a_field_is_refused_and_kept(client: FlaskClient, sqlite_office: Office,
                                                                    hostile: list[str]) -> None:
    told = refused_and_kept(client, sqlite_office, hostile, into_field)
    assert all(one.endswith(".") and len(one) > 20 for one in told)


def test_a_scan_no_bar_code_can_have_sent_is_kept_too(client: FlaskClient, sqlite_office: Office) -> None:
    texts = ["]d1" + "A" * 200, "]C0\x00=A99992600012300", "\x07\x07"]
    told = refused_and_kept(client, sqlite_office, texts, into_field)
    assert all("nothing was saved" in one for one in told)
    entry = newest(sqlite_office)
    assert entry.verb == "look up code" and "u+0007" in str(entry.leaf).lower()


def test_a_label_cut_short_at_every_length_is_refused_and_kept(client: FlaskClient, sqlite_office: Office) -> None:
    whole = f"]d1{LABEL}"
    refused_and_kept(client, sqlite_office, [whole[:size] for size in range(3, len(whole))], into_field)


def test_a_scan_that_came_twice_is_refused_and_kept(client: FlaskClient, sqlite_office: Office) -> None:
    texts = [f"]d1{LABEL}" * 2, f"]d1{LABEL}{LABEL}", "]C0" + with_check(BAG) * 2]
    for ask in (into_field, on_the_floor):
        refused_and_kept(client, sqlite_office, texts, ask)


@pytest.mark.parametrize("text", ["+d1NKß26ß001ßC07-{c}`LBLß0001-{k}", "$d&NK)é-)àà&)Càè!{c}+LBL)ààà&!{k}",
                                  "]D1nk-26-001-c07/{c}+lbl-0001/{k}"], ids=["German", "French", "Caps Lock"])
def test_a_scan_a_keyboard_changed_is_refused_kept_and_said_to_be_one(client: FlaskClient, sqlite_office: Office,
                                                                     text: str) -> None:
    check, last = with_check(BAG)[-1], LABEL[-1]
    if text.startswith("$"):  # digits lie under other signs there
        keys = dict(zip("1234567890", "&é\"'(-è_çà", strict=True))
        check, last = keys.get(check, check), keys.get(last, last)
    if text.startswith("]"):
        check, last = check.lower(), last.lower()
    text = text.format(c=check, k=last)
    for ask in (into_field, on_the_floor):
        refused_and_kept(client, sqlite_office, [text], ask)
        assert "calibrate" in str(newest(sqlite_office).leaf)


def test_a_label_that_is_void_opens_nothing_wherever_it_is_scanned(client: FlaskClient, sqlite_office: Office) -> None:
    office = sqlite_office
    office.do(acts.verify_label, office.who("operator"), label="LBL-0001", scan=f"]d1{LABEL}")
    proof = Proof(b"%PDF-", 300, (Found("DataMatrix", "]d1", labelled(BAG, "LBL-0002")),))
    office.do(acts.request_reprint, office.who("operator", reason="Torn."), label="LBL-0001")
    office.do(acts.approve_reprint, office.who("qa"), label="LBL-0001",
              drawn=Drawn("LBL-0002", BAG, "NK-26-001", "vessel", {"label": "LBL-0002"}, proof))
    told = refused_and_kept(client, office, [f"]d1{LABEL}"], into_field)
    assert "void" in told[0]
    assert on_the_floor(client, f"]d1{LABEL}").headers["Location"] == "/labels/LBL-0001"
    sample = client.post("/api/v1/samples/take-sample", json={
        "container": f"]d1{LABEL}", "purpose": "release tests",
        "signature": {"user_id": user_id("operator"), "password": PASSWORD}})
    assert sample.status_code in (404, 409) and newest(office).outcome == "refused"
