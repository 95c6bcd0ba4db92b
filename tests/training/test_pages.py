"""Training on screen and as JSON: tasks, the matrix of a day, one person, one item; and through the doors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.settings import Settings
from mfg.training import acts, curriculum
from mfg.training.api import DOORS
from mfg.training.pages import list_items, list_matrix, list_tasks, show_item, show_person, show_training
from tests.documents.changed import approved_change
from tests.office import PASSWORD, Office, user_id
from tests.training.trained import TEXT, item, person, procedure, qualified


@pytest.fixture
def app(sqlite_office: Office, tmp_path: Path) -> Iterator[Flask]:
    made = create_app(Settings(sqlite_office.url, sqlite_office.owner_url, tmp_path / "home", secure_cookie=False))
    yield made
    made.extensions["mfg_engine"].dispose()


def token(client: FlaskClient, role: str, number: int = 1) -> dict[str, str]:
    answer = client.post("/api/v1/sessions", json={"user_id": user_id(role, number), "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.get_json()['token']}"}


def post(app: Flask, url: str, role: str, number: int = 1, **body: Any) -> Any:
    client = app.test_client()
    signed = {"signature": {"user_id": user_id(role, number), "password": PASSWORD}}
    return client.post(f"/api/v1{url}", json=body | signed, headers=token(client, role, number))


def done(answer: Any) -> str:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return str(answer.get_json()["code"])


def browser(app: Flask, role: str) -> FlaskClient:
    client = app.test_client()
    kept_token = token(client, role)["Authorization"].removeprefix("Bearer ")
    with client.session_transaction() as kept:
        kept["token"] = kept_token
    return client


def test_a_procedure_travels_through_the_doors_to_the_tasks_it_makes(app: Flask, sqlite_office: Office) -> None:
    procedure(sqlite_office)
    qualified(sqlite_office, "operator", 1, ["SOP-101"])
    code = done(post(app, "/documents/draft-procedure", "qc reviewer", key="SOP-101", title="Gowning",
                     text=TEXT + "3. Shoes.\n"))
    assert code == "SOP-101/2"
    done(post(app, f"/documents/{code}/submit-procedure", "qc reviewer"))
    done(post(app, f"/documents/{code}/approve-procedure", "qa"))
    form = browser(app, "qa").get(f"/documents/{code}/make-procedure-effective").get_data(as_text=True)
    assert "cannot work by it until they are trained" in form and "Operator 1 (" in form
    change = approved_change(sqlite_office, code)
    done(post(app, f"/documents/{code}/make-procedure-effective", "qa", change=change))
    with sqlite_office.look() as session:
        tasks = list_tasks(session)
    assert [[row[1]["text"], row[2]["text"]] for row in tasks["rows"]] == [[person(sqlite_office, "operator"), code]]


def test_training_travels_through_the_doors(app: Flask, sqlite_office: Office) -> None:
    done(post(app, "/training/items/define-training-item", "qa", item="gowning", kind="gowning", title="Gowning",
              valid_months="12", assessed="yes"))
    code = done(post(app, "/training/assign-training", "production supervisor", item="GOWNING",
                     person=person(sqlite_office, "operator"), due_at="2026-12-01T08:00Z"))
    done(post(app, f"/training/{code}/complete-training", "operator", trained_at="2026-11-20T08:00Z"))
    answer = post(app, f"/training/{code}/confirm-training", "qa")
    assert answer.status_code == 409 and [one["rule"] for one in answer.get_json()["findings"]] == ["TRN-07"]
    done(post(app, f"/training/{code}/confirm-training", "qa", result="20 of 20"))
    done(post(app, f"/training/people/{person(sqlite_office, 'operator', 2)}/record-earlier-training", "qa",
              items=["GOWNING"], trained_at="2026-01-10T08:00Z", evidence="file 2"))
    seen = app.test_client().get("/api/v1/training/on/2026-11-20", headers=token(app.test_client(), "inspector"))
    assert [(line["person"], line["cells"][0]["verdict"]) for line in seen.get_json()["lines"]] == [
        (person(sqlite_office, "operator"), "PASS"), (person(sqlite_office, "operator", 2), "PASS")]


@pytest.mark.parametrize(("field", "value"), [
    ("valid_months", "0"), ("valid_months", "1.5"), ("valid_months", "999"), ("assessed", "maybe"),
    ("kind", "procedure"), ("title", " "),
])
def test_an_item_with_a_field_that_cannot_be_is_not_defined(app: Flask, field: str, value: str) -> None:
    body = {"item": "GOWNING", "kind": "gowning", "title": "Gowning", "valid_months": "12", "assessed": "yes"}
    answer = post(app, "/training/items/define-training-item", "qa", **body | {field: value})
    assert answer.status_code == 422 and list(answer.get_json()["fields"]) == [field]


def test_tasks_of_whoever_looks_come_first_and_overdue_shows(app: Flask, sqlite_office: Office) -> None:
    item(sqlite_office)
    sqlite_office.do(curriculum.require_training, sqlite_office.who("qa"), item="GOWNING", role="operator")
    sqlite_office.do(curriculum.require_training, sqlite_office.who("qa"), item="GOWNING", role="verifier")
    sqlite_office.later(days=1)
    page = browser(app, "verifier").get("/training").get_data(as_text=True)
    assert "1 of 4 wait for you." in page
    first = re.search(r"<tbody>\s*<tr>(.*?)</tr>", page, re.S)
    assert first and person(sqlite_office, "verifier") in first[1]
    with sqlite_office.look() as session:
        states = [row[3] for row in list_tasks(session)["rows"]]
    assert states == [{"verdict": "FAIL", "text": "assigned, due 2026-11-20"}] * 4


def test_the_inspector_asks_who_was_qualified_on_a_day(app: Flask, sqlite_office: Office) -> None:
    procedure(sqlite_office)
    item(sqlite_office)
    qualified(sqlite_office, "operator", 1, ["SOP-101", "GOWNING"])
    inspector = browser(app, "inspector")
    then = inspector.get("/training/matrix?on=2026-11-20").get_data(as_text=True)
    assert 'value="2026-11-20"' in then and "As it stood at 2026-11-20 23:59 UTC" in then and "until 2027-10-21" in then
    before = inspector.get("/training/matrix?on=2026-11-19").get_data(as_text=True)
    assert "Nobody needs or has learned anything yet." in before
    assert inspector.get("/training/matrix").status_code == 200


@pytest.mark.parametrize("asked", ["yesterday", "2026-13-01", "1899-01-01", "<marquee>"])
def test_what_is_no_day_is_told_so(app: Flask, asked: str) -> None:
    page = browser(app, "inspector").get("/training/matrix", query_string={"on": asked}).get_data(as_text=True)
    assert "is not a date" in page and "<marquee>" not in page
    answer = app.test_client().get(f"/api/v1/training/on/{asked}", headers=token(app.test_client(), "inspector"))
    assert answer.status_code == 404


def test_pages_of_an_item_a_person_and_a_record_say_what_is_kept(sqlite_office: Office) -> None:
    procedure(sqlite_office, title="Gowning")
    qualified(sqlite_office, "operator", 1, ["SOP-101"])
    procedure(sqlite_office, text="# New\nOtherwise.\n", title="Gowning, revised")
    operator = person(sqlite_office, "operator")
    with sqlite_office.look() as session:
        one = show_item(session, item="SOP-101")
        listed = list_items(session)
        someone = show_person(session, person=operator)
        record = show_training(session, training="TRN-0001")
        matrix = list_matrix(session)
    assert one["title"] == "Gowning, revised" and len(listed["rows"]) == 1
    assert [row[0]["text"] for row in one["sections"][0]["rows"]] == ["SOP-101/2", "SOP-101/1"]
    assert [row[0]["text"] for row in someone["sections"][0]["rows"]] == ["TRN-0001", "TRN-0002"]
    assert someone["sections"][0]["rows"][0][6] == "from paper"
    assert ("trainee signed", "recorded from paper", False) in record["pairs"]
    assert matrix["rows"][0][1]["verdict"] == "TODO"


def test_a_record_offers_what_is_possible_next(sqlite_office: Office) -> None:
    item(sqlite_office)
    code = sqlite_office.do(acts.assign_training, sqlite_office.who("qa"), item="GOWNING",
                            person=person(sqlite_office, "operator"))

    def offered() -> list[str]:
        with sqlite_office.look() as session:
            return [one["url"].rpartition("/")[2] for one in show_training(session, training=code)["actions"]]

    assert offered() == ["complete-training", "withdraw-qualification"]
    sqlite_office.do(acts.complete_training, sqlite_office.who("operator"), training=code, trained_at=sqlite_office.now)
    assert offered() == ["confirm-training", "fail-training", "withdraw-qualification"]
    sqlite_office.do(acts.confirm_training, sqlite_office.who("qa"), training=code)
    assert offered() == ["withdraw-qualification"]
    sqlite_office.do(acts.withdraw_qualification, sqlite_office.who("qa", reason="Left."), training=code)
    assert offered() == []


def test_every_form_of_the_room_is_drawn(app: Flask, sqlite_office: Office) -> None:
    procedure(sqlite_office)
    sqlite_office.do(curriculum.require_training, sqlite_office.who("qa"), item="SOP-101", role="operator")
    codes = {"<training>": "TRN-0001", "<item>": "SOP-101", "<requirement>": "CUR-0001", "<document>": "SOP-101/1",
             "<person>": person(sqlite_office, "operator"), "<step>": "NK-26-001/receive"}
    qa, seen = browser(app, "qa"), 0
    for door in DOORS:
        url = f"{door.path}/{door.slug}"
        for name, code in codes.items():
            url = url.replace(name, code)
        assert qa.get(url).status_code == 200, url
        seen += 1
    assert seen == 16
