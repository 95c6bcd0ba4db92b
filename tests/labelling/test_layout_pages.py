"""The pages of a label layout: drafted through the form, seen as it prints, beside the version before."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from mfg.app import create_app
from mfg.labelling.layouts import draft_label_layout, shipped_layout
from mfg.settings import Settings
from tests.browsing import hidden, sign_in
from tests.office import PASSWORD, Office, user_id


@pytest.fixture
def client(sqlite_office: Office, tmp_path: Path) -> Iterator[FlaskClient]:
    app: Flask = create_app(Settings(sqlite_office.url, sqlite_office.owner_url, tmp_path / "home",
                                     secure_cookie=False))
    yield app.test_client()
    app.extensions["mfg_engine"].dispose()


def draft(client: FlaskClient, text: str) -> str:
    form = client.get("/documents/draft-label-layout").get_data(as_text=True)
    answer = client.post("/documents/draft-label-layout", data={
        "csrf_token": hidden(form, "csrf_token"), "nonce": hidden(form, "nonce"), "text": text,
        "sign_user_id": user_id("qa"), "sign_password": PASSWORD},
        follow_redirects=True)
    return answer.get_data(as_text=True)


def test_a_layout_is_drafted_seen_and_compared(client: FlaskClient, sqlite_office: Office) -> None:
    sign_in(client, "qa")
    page = draft(client, shipped_layout("cryovial"))
    assert "Cryovial" in page and "/documents/cryovial/1/layout" in page
    seen = client.get("/documents/cryovial/1/layout").get_data(as_text=True)
    assert "33 x 13 mm" in seen and "Nicht zur Infusion" in seen and "de (assumed)" in seen
    assert "The version before" not in seen
    with Image.open(io.BytesIO(client.get("/documents/cryovial/1/layout.png").get_data())) as picture:
        assert picture.size == (264, 104)  # 33 x 13 mm at 8 dots a mm
    assert client.get("/documents/cryovial/1/layout.pdf").get_data().startswith(b"%PDF")
    assert client.get("/documents/cryovial/1/layout.zpl").get_data().startswith(b"^XA")
    sqlite_office.do(draft_label_layout, sqlite_office.who("qa"),
                     text=shipped_layout("cryovial").replace("title: Cryovial", "title: Wrap"))
    again = client.get("/documents/cryovial/2/layout").get_data(as_text=True)
    assert "The version before, cryovial/1" in again and "/documents/cryovial/1/layout.png" in again
    assert "Changed since cryovial/1" in again


def test_a_faulty_layout_comes_back_with_its_lines(client: FlaskClient, sqlite_office: Office) -> None:
    sign_in(client, "qa")
    before = sqlite_office.counts()
    page = draft(client, shipped_layout("cryovial").replace("y: 10.4", "y: 11.4"))
    assert "element label leaves the 33 x 13 mm label" in page and "Line 12" in page
    assert sqlite_office.counts() == before


def test_what_is_no_layout_has_no_picture(client: FlaskClient) -> None:
    sign_in(client, "qa")
    for form in ("layout", "layout.png", "layout.pdf", "layout.zpl"):
        assert client.get(f"/documents/none/1/{form}").status_code == 404
