"""A workstation's scanner is tried, and what was found is kept with who, when and where; its page shows the symbol."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.equipment.workstation_acts import calibrate_workstation
from mfg.equipment.workstation_pages import standing_at
from mfg.equipment.workstation_records import WorkstationCheck, newest_checks
from mfg.equipment.workstation_rules import BARS, SQUARE
from mfg.facts import Refused
from mfg.ledger import Who
from mfg.paper.calibration import sheet
from mfg.settings import Settings
from tests.browsing import hidden, sign_in
from tests.office import Office

GOOD = "]d1" + SQUARE


@pytest.fixture
def client(sqlite_office: Office, tmp_path: Path) -> Iterator[FlaskClient]:
    office = sqlite_office
    made = create_app(Settings(office.url, office.owner_url, tmp_path / "home", secure_cookie=False))
    client = made.test_client()
    sign_in(client, "warehouse")
    yield client
    made.extensions["mfg_engine"].dispose()


def rows(office: Office) -> list[WorkstationCheck]:
    with office.look() as session:
        return newest_checks(session)


def test_what_was_found_is_kept_with_who_when_and_where(office: Office) -> None:
    assert office.do(calibrate_workstation, office.who("operator"), read=GOOD, suffix="Enter") == "WKC-000001"
    row, = rows(office)
    assert (row.workstation, row.verdict, row.layout, row.symbol) == ("test bench", "PASS", "", "square")
    assert (row.checked_by, row.checked_at, row.arrived) == (office.people["operator.1"], office.now, GOOD)
    entry = office.last_entry()
    assert (entry.verb, entry.on_code, entry.outcome) == ("calibrate workstation", "WKC-000001", "done")


def test_a_scanner_that_is_not_fit_is_kept_too_and_the_newest_check_counts(sqlite_office: Office) -> None:
    office = sqlite_office
    for read, suffix in ((GOOD, "Enter"), (GOOD.swapcase(), "Tab")):
        office.do(calibrate_workstation, office.who("operator"), read=read, suffix=suffix)
        office.later(minutes=1)
    row, = rows(office)
    assert (row.code, row.verdict, row.layout) == ("WKC-000002", "FAIL", "Caps Lock")
    with office.look() as session:
        assert standing_at(session, "test bench")["text"] == "scanner not fit for use"
        assert standing_at(session, "elsewhere")["text"] == "scanner never calibrated"


@pytest.mark.parametrize("who", ["inspector", "administrator"])
def test_who_has_no_work_there_calibrates_nothing(sqlite_office: Office, who: str) -> None:
    before = sqlite_office.counts()
    with pytest.raises(Refused, match="may not"):
        sqlite_office.do(calibrate_workstation, sqlite_office.who(who), read=GOOD, suffix="Enter")
    assert sqlite_office.counts() == before


def test_another_scan_than_the_symbol_is_refused_and_kept_as_an_attempt(sqlite_office: Office) -> None:
    before = sqlite_office.counts()
    with pytest.raises(Refused, match="not the test symbol"):
        sqlite_office.do(calibrate_workstation, sqlite_office.who("operator"), read="]C0=A99992600012300", suffix="Tab")
    assert sqlite_office.counts() == before and sqlite_office.last_entry().outcome == "refused"


def test_a_workstation_without_a_name_is_not_calibrated(sqlite_office: Office) -> None:
    before = sqlite_office.counts()
    with pytest.raises(Refused, match="not known which workstation"):
        sqlite_office.do(calibrate_workstation, Who(sqlite_office.people["operator.1"]), read=GOOD, suffix="Enter")
    assert sqlite_office.counts() == before


def test_the_same_form_sent_twice_is_kept_once(client: FlaskClient, sqlite_office: Office) -> None:
    page = client.get("/workstations/calibrate").get_data(as_text=True)
    assert "scanner never calibrated" in page and "/workstations/square.svg" in page
    form = {name: hidden(page, name) for name in ("csrf_token", "nonce")}
    for _ in range(2):
        answer = client.post("/workstations/calibrate-workstation", data=form | {"read": GOOD, "suffix": "Tab"})
        assert answer.headers["Location"] == "/workstations/checks/WKC-000001"
    assert [row.workstation for row in rows(sqlite_office)] == ["127.0.0.1"]
    told = client.get("/workstations/checks/WKC-000001").get_data(as_text=True)
    assert "scanner calibrated" in told and "&lt;GS&gt;" in told and "WKS-01" in told
    assert "scanner calibrated" in client.get("/workstations/calibrate").get_data(as_text=True)
    assert "scanner calibrated" in client.get("/workstations").get_data(as_text=True)


def test_the_page_of_a_check_that_failed_says_which_signs_changed(client: FlaskClient) -> None:
    page = client.get("/workstations/calibrate").get_data(as_text=True)
    form = {name: hidden(page, name) for name in ("csrf_token", "nonce")}
    read = GOOD.replace("y", "#").replace("Y", "§")
    client.post("/workstations/calibrate-workstation", data=form | {"read": read, "suffix": "none"})
    told = client.get("/workstations/checks/WKC-000001").get_data(as_text=True)
    assert "Y as §, y as #" in told and "scanner not fit for use" in told and "Scan again" in told


def test_both_symbols_on_paper_are_read_back_whole() -> None:
    document = pypdfium2.PdfDocument(io.BytesIO(sheet(SQUARE, BARS, "Cell-processing unit")))
    image = document[0].render(scale=300 / 72, grayscale=True).to_pil()
    found = zxingcpp.read_barcodes(image, text_mode=zxingcpp.TextMode.Plain)
    assert {one.symbology_identifier + one.text for one in found} == {GOOD, "]C0" + BARS}
    document.close()
