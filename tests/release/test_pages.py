"""Release as people see it and as programs read it: the decision page, its forms, JSON, pictures and papers."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader

from mfg.app import create_app
from mfg.batches.scans import as_scanned
from mfg.qc import acts as qc
from mfg.settings import Settings
from tests.browsing import hidden, sign_in
from tests.office import PASSWORD, user_id
from tests.release.story import READY, Story, a_story


@pytest.fixture
def story(fresh_database: Any, tmp_path: Path) -> Iterator[Story]:
    with a_story(READY, fresh_database("sqlite", READY.prepare), tmp_path) as told:
        yield told


@pytest.fixture
def client(story: Story, tmp_path: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(story.office.url, story.office.owner_url, tmp_path / "home", secure_cookie=False))
    yield app.test_client()
    app.extensions["mfg_engine"].dispose()


def sign(client: FlaskClient, url: str, role: str, **values: str) -> Any:
    """Fill in the form at that place and sign it."""
    page = client.get(url).get_data(as_text=True)
    kept = {name: hidden(page, name) for name in ("csrf_token", "nonce", "seen") if f'name="{name}"' in page}
    return client.post(url, data={**kept, "sign_user_id": user_id(role), "sign_password": PASSWORD, **values})


def page(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:400]
    return answer.get_data(as_text=True)


def text_of(pdf: bytes) -> str:
    return "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(pdf)).pages)


def test_the_decision_page_shows_the_number_the_findings_and_what_is_possible(
        story: Story, client: FlaskClient) -> None:
    sign_in(client, "qa")
    html = page(client, f"/doses/{story.dose}/decision")
    # 6.5e6 per mL x 92 % x 118 mL / 70 kg
    for words in ("Can be cleared by quality assurance", "1.01 × 10<sup>7</sup>", "92 %", "70 kg", "DOSE-01",
                  "REL-07", "Quality disposition", f"/doses/{story.dose}/give-disposition", "assumed"):
        assert words in html, words
    assert "REL-19 not passed" not in html or "Release on condition: the dose is checked" in html
    assert "the dose is checked" in html


def test_the_gauge_is_a_picture_with_its_words(story: Story, client: FlaskClient) -> None:
    sign_in(client, "qa")
    answer = client.get(f"/doses/{story.dose}/gauge.svg")
    assert answer.content_type.startswith("image/svg+xml") and b"PASS" in answer.data


def test_two_people_take_a_dose_out_through_the_forms(story: Story, client: FlaskClient) -> None:
    sign_in(client, "qa")
    answer = sign(client, f"/doses/{story.dose}/give-disposition", "qa")
    assert answer.status_code == 303 and answer.headers["Location"] == "/decisions/DEC-0001"
    sign_in(client, "qualified person")
    answer = sign(client, f"/doses/{story.dose}/release-dose-on-condition", "qualified person",
                  informed="treating physician", acknowledged="yes")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert story.state() == "released on condition"
    assert "Released on condition" in page(client, f"/doses/{story.dose}/decision")
    shown = page(client, answer.headers["Location"])
    assert "released on condition" in shown and "treating physician" in shown
    assert "DEC-0002" in page(client, "/decisions")


def test_a_refused_decision_answers_409_with_every_finding(story: Story, client: FlaskClient) -> None:
    story.dispose()
    sign_in(client, "qualified person")
    answer = sign(client, f"/doses/{story.dose}/release-dose", "qualified person")
    assert answer.status_code == 409
    assert "REL-18" in answer.get_data(as_text=True)


def test_a_program_reads_the_dossier_and_is_refused_with_problem_json(story: Story, client: FlaskClient) -> None:
    token = client.post("/api/v1/sessions", json={"user_id": user_id("qa"), "password": PASSWORD}).get_json()["token"]
    head = {"Authorization": f"Bearer {token}"}
    told = client.get(f"/api/v1/doses/{story.dose}/decision", headers=head).get_json()
    assert told["verdicts"]["give disposition"] == "PASS"
    assert told["dossier"]["arithmetic"]["weight"]["kg"] == "70"
    assert told["evidence"] == story.judged().evidence_hash
    story.weigh("95")
    url = f"/api/v1/doses/{story.dose}/give-disposition"
    body = {"signature": {"user_id": user_id("qa"), "password": PASSWORD}, "seen": told["evidence"]}
    stale = client.post(url, json=body, headers=head)
    assert stale.status_code == 409 and "changed since you looked" in stale.get_json()["detail"]
    body["seen"] = story.judged().evidence_hash
    refused = client.post(url, json=body, headers=head)
    assert refused.status_code == 409
    assert [one["rule"] for one in refused.get_json()["findings"]] == ["DOSE-01", "REL-11"]


def test_label_certificate_and_batch_record_are_pdfs_that_say_what_was_decided(
        story: Story, client: FlaskClient) -> None:
    story.dispose()
    story.release_on_condition()
    sign_in(client, "qa")
    label = client.get("/labels/LBL-0001.pdf")
    assert label.content_type == "application/pdf" and "Not a label. It is applied." in text_of(label.data)
    certificate = text_of(client.get("/decisions/DEC-0002/certificate.pdf").data)
    for words in ("RELEASED ON CONDITION", story.dose, "DOSE-01", "Released before completion of sterility testing",
                  "Qualified person 1", "ASSUMED"):
        assert words in certificate, words
    record = text_of(client.get(f"/batches/{story.batch}/record.pdf").data)
    for words in (f"Batch record {story.batch}", "Operator 1", "Verifier 1", "LOT-", "R-000001"):
        assert words in record, words


def test_a_certificate_keeps_saying_what_was_decided_then(story: Story, client: FlaskClient) -> None:
    story.dispose()
    story.office.later(hours=1)
    story.weigh("90.0")
    sign_in(client, "qa")
    assert "1.01 × 10⁷ /kg" in text_of(client.get("/decisions/DEC-0001/certificate.pdf").data)
    assert "Cannot be released" in page(client, f"/doses/{story.dose}/decision")


def test_a_print_of_the_record_is_recorded(story: Story, client: FlaskClient) -> None:
    sign_in(client, "qa")
    answer = sign(client, f"/batches/{story.batch}/print-record", "qa")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert "batch record" in page(client, answer.headers["Location"]).lower()


def test_every_page_of_these_rooms_is_drawn(story: Story, client: FlaskClient) -> None:
    office = story.office
    failing = office.do(qc.take_sample, office.who("qc analyst"), container=as_scanned(story.bag()), purpose="again",
                        taken_at=office.now - timedelta(minutes=0))
    result = story.record(failing, "nk_percent", "60", review=False)
    sign_in(client, "qa")
    for url in ("/samples", f"/samples/{failing}", "/results", f"/results/{result}", "/deviations",
                "/deviations/DEV-0001", "/labels", "/labels/LBL-0001", "/decisions", "/samples/take-sample",
                f"/samples/{failing}/record-result", f"/samples/{failing}/read-sterility",
                f"/results/{result}/review-result", "/deviations/open-deviation",
                "/deviations/DEV-0001/close-deviation", f"/containers/{story.bag()}/print-label",
                f"/doses/{story.dose}/reject-dose", f"/doses/{story.dose}/decision", f"/doses/{story.dose}"):
        page(client, url)
    assert "NK cells" in page(client, f"/samples/{failing}/record-result")


def test_what_is_not_there_is_said_and_not_a_fault(story: Story, client: FlaskClient) -> None:
    sign_in(client, "qa")
    for url in ("/doses/NK-26-999-D9/decision", "/doses/x/gauge.svg", "/labels/LBL-9.pdf", "/decisions/DEC-9",
                "/decisions/DEC-9/certificate.pdf", "/samples/S-9", "/results/R-9", "/deviations/DEV-9",
                "/papers/PAP-9", "/containers/NK-26-001-C99/print-label", "/doses/%F0%9F%98%80/release-dose"):
        answer = client.get(url)
        assert answer.status_code == 404, (url, answer.status_code)
    assert client.get("/batches/NK-9/record.pdf").status_code == 404
