"""Lists, records and forms of deviations, CAPA and changes, as a person at the screen meets them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.quality import acts, capa_acts, change_acts, investigation_acts, pages
from mfg.quality.api import DOORS
from mfg.quality.capa_rules import CAPA
from mfg.quality.change_rules import CHANGE
from mfg.quality.rules import DEVIATION
from mfg.quality.shown import due
from mfg.settings import Settings
from tests.browsing import hidden, sign_in
from tests.office import NOON, PASSWORD, Office, user_id
from tests.quality import test_capa, test_change, walked
from tests.quality.test_acts import judged_with_a_dose, opened
from tests.quality.walked import drafted


@pytest.fixture
def client(sqlite_office: Office, tmp_path: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(sqlite_office.url, sqlite_office.owner_url, tmp_path / "home", secure_cookie=False))
    yield app.test_client()
    app.extensions["mfg_engine"].dispose()


def read(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return html.unescape(answer.get_data(as_text=True))


def listed(office: Any, **asked: str) -> list[str]:
    with office.look() as session:
        return [row[0]["text"] for row in pages.list_deviations(session, **asked)["rows"]]


# --- deviations ---------------------------------------------------------------------------------------


def test_the_list_shows_what_holds_first_the_gravest_and_oldest_first(sqlite_office: Any) -> None:
    office = sqlite_office
    minor, critical, major = (opened(office, severity=one) for one in ("minor", "critical", "major"))
    ended = walked.closed(office, opened(office, severity="critical"))
    older = opened(office, severity="major")
    assert listed(office) == [critical, major, older, minor, ended]


def test_the_list_is_narrowed_by_state_and_severity(sqlite_office: Any) -> None:
    office = sqlite_office
    minor, critical = opened(office, severity="minor"), opened(office, severity="critical")
    ended = walked.closed(office, opened(office, severity="minor"))
    assert listed(office, state="not ended") == [critical, minor]
    assert listed(office, state="closed") == [ended]
    assert listed(office, severity="minor") == [minor, ended]
    assert listed(office, state="open", severity="critical") == [critical]
    assert listed(office, state="nonsense", severity="grave") == listed(office, state="all") == [critical, minor, ended]


def test_the_list_is_narrowed_from_the_address(client: FlaskClient, sqlite_office: Office) -> None:
    first, second = opened(sqlite_office, severity="minor"), opened(sqlite_office, severity="critical")
    sign_in(client, "qa")
    page = read(client, "/deviations?severity=critical&state=")
    assert second in page and first not in page
    assert "None is like this." in read(client, "/deviations?state=void")


def test_age_and_due_date_are_told_and_overdue_in_shape_and_word(sqlite_office: Any) -> None:
    code = opened(sqlite_office)
    for days, age, verdict, said in ((0, "0 days", None, "in 30 days"), (22, "22 days", None, "in 8 days"),
                                     (24, "24 days", "CANNOT DETERMINE", "in 6 days"),
                                     (30, "30 days", "CANNOT DETERMINE", "in 0 days"),
                                     (33, "33 days", "FAIL", "overdue 3 days")):
        sqlite_office.as_of(NOON + timedelta(days=days))
        with sqlite_office.look() as session:
            (row,) = pages.list_deviations(session)["rows"]
        assert (row[0]["text"], row[4], row[5].get("verdict"), row[5]["text"]) == (code, age, verdict, said)


def test_what_is_over_by_an_hour_is_overdue_one_day() -> None:
    assert due(NOON, NOON + timedelta(hours=1))["text"] == "overdue 1 day"
    assert due(NOON, NOON + timedelta(hours=1), ended=True) == ""
    assert due(None, NOON) == "no date"


def test_a_closed_deviation_ages_no_more_and_is_not_due(sqlite_office: Any) -> None:
    code = opened(sqlite_office)
    sqlite_office.later(days=5)
    walked.closed(sqlite_office, code)
    sqlite_office.later(days=100)
    with sqlite_office.look() as session:
        (row,) = pages.list_deviations(session)["rows"]
    assert (row[4], row[5]) == ("5 days", "")


def test_the_page_of_a_deviation_tells_everything_that_hangs_on_it(client: FlaskClient, sqlite_office: Office) -> None:
    office = sqlite_office
    before = opened(office, kind="late entry", what="Also late.")
    code, dose = judged_with_a_dose(office)
    walked.classified(office, code, "major", kind="late entry")
    walked.investigated(office, code, others_affected="yes", others="P-0006", others_why="The same incubator.")
    office.do(investigation_acts.find_no_impact, office.who("qa"), deviation=code, dose=dose, why="The other bag.")
    capa = test_capa.proposed(office, code)
    sign_in(client, "qa")
    page = read(client, f"/deviations/{code}")
    for said in (walked.FOUND["root_cause"], "5 whys", walked.FOUND["product_impact"], "The same incubator.", dose,
                 "The other bag.", "quality assurance" if "quality assurance" in page else "qa", capa, before,
                 "The same class in the 12 months before: 1", "Also late.", "Timeline", "No impact found on",
                 "stands", "Investigated", "Severity judged"):
        assert said in page, said
    office.later(minutes=1)
    walked.investigated(office, code, others_affected="yes", others_why="The same incubator.")
    page = read(client, f"/deviations/{code}")
    assert "withdrawn" in page and "“investigate deviation” changed" in page and "does not stand" in page


@pytest.mark.parametrize(("walk", "state", "main"), [
    (lambda office: drafted(office), "draft", "Confirm the deviation"),
    (lambda office: opened(office), "open", "Judge the severity"),
    (lambda office: walked.classified(office, opened(office)), "classified", "Investigate the deviation"),
    (lambda office: walked.investigated(office, walked.classified(office, opened(office))), "investigating",
     "Hand it to quality assurance"),
    (lambda office: walked.submitted(office, opened(office)), "QA review", "Close the deviation"),
    (lambda office: office.do(acts.reopen_deviation, office.who("qa", reason="Again."), deviation=walked.closed(
        office, opened(office))), "reopened", "Judge the severity"),
], ids=["draft", "open", "classified", "investigating", "QA review", "reopened"])
def test_one_main_button_says_what_comes_next(sqlite_office: Any, walk: Any, state: str, main: str) -> None:
    code = walk(sqlite_office)
    with sqlite_office.look() as session:
        shown = pages.show_deviation(session, deviation=code)
    assert shown["state"] == state
    assert [one["label"] for one in shown["actions"] if one["main"]] == [main]
    slugs = {one["url"].rsplit("/", 1)[-1] for one in shown["actions"]}
    possible = {move.verb.replace(" ", "-") for move in DEVIATION.moves if state in move.before} - {"open-deviation"}
    assert possible <= slugs


def test_of_a_closed_deviation_only_the_reopening_is_offered(sqlite_office: Any) -> None:
    code = walked.closed(sqlite_office, opened(sqlite_office))
    with sqlite_office.look() as session:
        shown = pages.show_deviation(session, deviation=code)
    assert shown["verdict"] == "PASS"
    assert [one["label"] for one in shown["actions"]] == ["Reopen the deviation", "Propose a CAPA"]


def test_of_a_critical_deviation_no_impact_is_not_offered(sqlite_office: Any) -> None:
    for severity, there in (("critical", False), ("major", True)):
        code = walked.classified(sqlite_office, opened(sqlite_office, severity=severity))
        with sqlite_office.look() as session:
            labels = [one["label"] for one in pages.show_deviation(session, deviation=code)["actions"]]
        assert ("No impact on one dose" in labels) is there


# --- CAPA and changes ---------------------------------------------------------------------------------


def test_capa_are_listed_with_what_is_due_and_shown_with_what_follows(client: FlaskClient, sqlite_office: Any) -> None:
    office = sqlite_office
    first = test_capa.checked(office, test_capa.proposed(office, opened(office)))
    second = office.do(capa_acts.find_ineffective, office.who("qa", 2), capa=first, evidence=test_capa.EVIDENCE,
                       next_action="Replace the clocks.", next_due_at=office.now + timedelta(days=10))
    office.later(days=12)
    sign_in(client, "qa")
    page = read(client, "/capa")
    assert page.index(second) < page.index(first) and "overdue 2 days" in page and "not set" in page
    assert first not in read(client, "/capa?state=not+ended") and second not in read(client, "/capa?state=ineffective")
    shown = read(client, f"/capa/{first}")
    assert second in shown and test_capa.EVIDENCE in shown and test_capa.CRITERION in shown
    assert first in read(client, f"/capa/{second}")


def test_changes_are_listed_with_the_overdue_review_on_top(client: FlaskClient, sqlite_office: Any) -> None:
    planned, late = test_change.requested(sqlite_office), test_change.emergency(sqlite_office)
    sqlite_office.later(days=14)
    sign_in(client, "qa")
    page = read(client, "/changes")
    assert page.index(late) < page.index(planned) and "overdue" in page
    assert f"Overdue review of an emergency: {late}" in page
    shown = read(client, f"/changes/{late}")
    assert "Not assessed yet" in shown and test_change.DOCUMENT in shown
    sqlite_office.do(change_acts.review_emergency_change, sqlite_office.who("qa", 2), change=late, **test_change.NO)
    shown = read(client, f"/changes/{late}")
    assert "Nothing of ethics depends on it." in shown and "reviewed" in shown
    assert "Overdue" not in read(client, "/changes")


def test_every_form_of_quality_is_drawn(client: FlaskClient, sqlite_office: Any) -> None:
    codes = {"deviation": opened(sqlite_office, affected="P-0005"), "change": test_change.requested(sqlite_office)}
    codes["capa"] = test_capa.proposed(sqlite_office, codes["deviation"])
    sign_in(client, "qa")
    assert len(DOORS) == 33
    for door in DOORS:
        url = re.sub(r"<(\w+)>", lambda found: codes[found[1]], door.path)
        page = read(client, f"{url}/{door.slug}")
        assert door.title in page and door.main in page


def test_every_move_has_a_door() -> None:
    verbs = {door.verb for door in DOORS}
    for moves in (DEVIATION, CAPA, CHANGE):
        assert {move.verb for move in moves.moves} <= verbs


def test_a_deviation_is_opened_judged_and_read_at_the_screen(client: FlaskClient, sqlite_office: Office) -> None:
    sign_in(client, "qa")
    form = read(client, "/deviations/open-deviation?within=P-0003&on_code=P-0003")
    answer = client.post("/deviations/open-deviation", data={
        "csrf_token": hidden(form, "csrf_token"), "nonce": hidden(form, "nonce"), "within": "P-0003",
        "on_code": "P-0003", "kind": "label mismatch", "severity": "minor", "what": "Two labels on one bag.",
        "affected": "P-0005"})
    assert answer.status_code == 303 and answer.headers["Location"] == "/deviations/DEV-0001"
    form = read(client, "/deviations/DEV-0001/classify-deviation")
    told = {"csrf_token": hidden(form, "csrf_token"), "nonce": hidden(form, "nonce"), "seen": hidden(form, "seen"),
            "kind": "label mismatch", "severity": "minor", "why": "It looks small.", "sign_user_id": user_id("qa"),
            "sign_password": PASSWORD}
    answer = client.post("/deviations/DEV-0001/classify-deviation", data=told)
    assert answer.status_code == 409 and "critical" in answer.get_data(as_text=True)
    assert "It looks small." in answer.get_data(as_text=True)
    answer = client.post("/deviations/DEV-0001/classify-deviation", data=told | {"severity": "critical"})
    assert answer.status_code == 303
    page = read(client, "/deviations/DEV-0001")
    assert "classified" in page and "P-0005" in page


def test_an_assessment_at_the_screen_does_not_take_blank_for_no(client: FlaskClient, sqlite_office: Office) -> None:
    code = test_change.requested(sqlite_office)
    sign_in(client, "qa")
    form = read(client, f"/changes/{code}/assess-change")
    told = {"csrf_token": hidden(form, "csrf_token"), "nonce": hidden(form, "nonce"), "seen": hidden(form, "seen"),
            "sign_user_id": user_id("qa"), "sign_password": PASSWORD}
    for area in ("validation", "regulatory", "training", "documents", "ethics"):
        told |= {area: "no", f"{area}_why": "Nothing depends on it."}
    answer = client.post(f"/changes/{code}/assess-change", data={one: told[one] for one in told if one != "ethics"})
    assert answer.status_code == 422 and "blank" in answer.get_data(as_text=True)
    assert client.post(f"/changes/{code}/assess-change", data=told).status_code == 303
    with sqlite_office.look() as session:
        assert test_change.impacts_of(session, code)[-1].area == "ethics"


# --- JSON ---------------------------------------------------------------------------------------------


def test_deviations_capa_and_changes_are_read_as_json(client: FlaskClient, sqlite_office: Any) -> None:
    code = walked.closed(sqlite_office, opened(sqlite_office, affected=""))
    capa, change = test_capa.proposed(sqlite_office, code), test_change.approved(
        sqlite_office, test_change.requested(sqlite_office))
    answer = client.post("/api/v1/sessions", json={"user_id": user_id("qa"), "password": PASSWORD})
    bearer = {"Authorization": f"Bearer {answer.get_json()['token']}"}

    def get(url: str) -> Any:
        return client.get(f"/api/v1{url}", headers=bearer).get_json()

    one = get(f"/deviations/{code}")
    assert (one["state"], one["investigations"][0]["number"]) == ("closed", 1)
    assert (one["capa"], one["recurrence"]) == ([capa], [])
    assert [row["code"] for row in get("/deviations")] == [code]
    assert get(f"/capa/{capa}")["source"] == code and get("/capa")[0]["state"] == "proposed"
    told = get(f"/changes/{change}")
    assert told["documents"] == [test_change.DOCUMENT, "SOP-1/2"] and len(told["impacts"]) == 5
    assert get("/changes")[0]["emergency"] is False
