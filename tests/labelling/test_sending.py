"""A label sent to a printer from its page: the bytes that arrive, and every reason why it is not sent."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from mfg.app import create_app
from mfg.facts import Refused
from mfg.files import KeptFile
from mfg.labelling import acts
from mfg.labelling.acts import Drawn
from mfg.labelling.layouts import draft_label_layout, shipped_layout
from mfg.labelling.records import PrintedLabel
from mfg.labelling.sending import send_to_printer
from mfg.ledger import SYSTEM, Repeated, Who
from mfg.paper.labels import load_layout
from mfg.paper.readback import prove
from mfg.printing import acts as printing
from mfg.printing.rules import Outcome
from mfg.printing.stand_in import IppStandIn, RawStandIn
from mfg.settings import Settings
from tests.browsing import hidden, sign_in
from tests.office import PASSWORD, Office, user_id
from tests.paper.reading import codes_on, picture_of_zpl
from tests.printing.outbox import job, printer, worked

EXAMPLE = json.loads((Path(__file__).parents[2] / "labels/examples/dose_bag.json").read_text("utf-8"))
SIZE = {"wide_mm": Decimal(100), "tall_mm": Decimal(100)}


def label(office: Office, number: str = "LBL-0001", dpi: int = 300, **more: str) -> str:
    """A dose bag's label, drawn and proved as it is for a real bag."""
    facts = {**EXAMPLE, "label": number, "datamatrix": EXAMPLE["datamatrix"].replace(
        "LBL0042", number.replace("-", ""))} | more
    drawn = Drawn(number, f"NK-26-014-C0{number[-1]}", "NK-26-014", "dose_bag", facts,
                  prove(load_layout("dose_bag"), facts, dpi))
    return office.do(acts.print_label, office.who("operator"), drawn=drawn)


def send(office: Office, at: str = "PRN-01", number: str = "LBL-0001", who: Who | None = None) -> str:
    return office.do(send_to_printer, who or office.who("operator"), label=number, printer=at)


def test_what_arrives_at_the_printer_is_what_was_kept_and_reads_as_the_label_was_proved(sqlite_office: Office) -> None:
    office = sqlite_office
    document = office.do(draft_label_layout, office.who("production supervisor"), text=shipped_layout("dose_bag"))
    label(office, layout=document)
    with RawStandIn() as device:
        printer(office, device.port, **SIZE)
        assert send(office) == "JOB-000001"
        assert office.last_entry().within == "NK-26-014" and device.connections == 0, "a request prints nothing"
        worked(office)
        arrived, = (bytes(one) for one in device.jobs)
    with office.look() as session:
        assert session.scalars(select(KeptFile.content).where(KeptFile.code == job(office).content)).one() == arrived
        proved = session.scalars(select(PrintedLabel.read_back)).one().split("\n")
    assert job(office).state == "sent"
    read = [text for _, text in codes_on(picture_of_zpl(arrived, 300, (100, 100)))]
    assert sorted(read) == sorted(proved) and any("LBL0001" in text for text in read)


def test_a_printer_that_speaks_ipp_gets_the_very_pdf_that_was_proved(sqlite_office: Office) -> None:
    office = sqlite_office
    label(office)
    with IppStandIn() as device:
        printer(office, device.port, kind="ipp", path="/printers/labels")
        send(office)
        worked(office)
        with office.look() as session:
            row = session.scalars(select(PrintedLabel)).one()
            assert job(office).content == row.pdf_hash
            kept = session.scalars(select(KeptFile.content).where(KeptFile.code == row.pdf_hash)).one()
            assert kept == device.jobs[0]


@pytest.mark.parametrize(("device", "match"), [
    ({"dpi": 203}, "LBL-0001 was proved at 300 dpi, and PRN-01 prints 203 dpi. Choose a printer of 300 dpi."),
    ({"wide_mm": Decimal(51), "tall_mm": Decimal(25)},
     "LBL-0001 is 100 x 100 mm, and PRN-01 holds labels of 51 x 25 mm"),
])
def test_a_printer_of_other_dots_or_labels_is_refused(sqlite_office: Office, device: dict[str, Any],
                                                       match: str) -> None:
    label(sqlite_office)
    printer(sqlite_office, **device)
    before = sqlite_office.counts()
    with pytest.raises(Refused, match=match):
        send(sqlite_office)
    assert sqlite_office.counts() == before and sqlite_office.last_entry().outcome == "refused"


def test_a_label_is_sent_once_by_somebody_who_may(sqlite_office: Office) -> None:
    office = sqlite_office
    label(office)
    printer(office)
    for who, at, match in ((office.who("clinical coordinator"), "PRN-01", "may not “send to printer”"),
                           (office.who("operator"), "PRN-08", "There is no printer “PRN-08”")):
        before = office.counts()
        with pytest.raises(Refused, match=match):
            send(office, at, who=who)
        assert office.counts() == before
    tapped = office.who("operator", nonce="the form")
    send(office, who=tapped)
    with pytest.raises(Repeated):
        send(office, who=tapped)
    with pytest.raises(Refused, match="LBL-0001 waits for a printer already, as JOB-000001. Wait for it, or"):
        send(office)


def test_a_label_that_is_on_paper_already_is_not_sent(sqlite_office: Office) -> None:
    office = sqlite_office
    label(office)
    printer(office)
    office.do(acts.spoil_label, office.who("operator", reason="Smeared."), label="LBL-0001")
    with pytest.raises(Refused, match="LBL-0001 is spoiled, .* Ask for a reprint"):
        send(office)


def test_a_label_that_is_used_or_void_by_the_time_of_its_turn_does_not_come_out(sqlite_office: Office) -> None:
    office = sqlite_office
    label(office)
    with RawStandIn() as device:
        printer(office, device.port)
        send(office)
        office.do(acts.spoil_label, office.who("operator", reason="Not needed."), label="LBL-0001")
        worked(office)
        assert device.connections == 0
    assert (job(office).state, job(office).told) == (
        "failed", "LBL-0001 is spoiled by now, and is not printed. Nothing was sent.")


@pytest.fixture
def client(sqlite_office: Office, tmp_path: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(sqlite_office.url, sqlite_office.owner_url, tmp_path / "home", secure_cookie=False))
    yield app.test_client()
    app.extensions["mfg_engine"].dispose()


def shown(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return html.unescape(answer.text)


def carried(form: str) -> dict[str, str]:
    """What a form carries for itself."""
    return {name: hidden(form, name) for name in ("csrf_token", "nonce", "seen") if f'name="{name}"' in form}


def test_a_label_goes_to_the_printer_from_its_page_and_somebody_tells_what_came_out(sqlite_office: Office,
                                                                                   client: FlaskClient) -> None:
    office = sqlite_office
    label(office)
    sign_in(client, "operator")
    assert "Send it to a printer" not in shown(client, "/labels/LBL-0001"), "no printer is in use"
    printer(office, **SIZE)
    printer(office, 9101, name="Coarse printer", dpi=203)
    assert "Send it to a printer" in shown(client, "/labels/LBL-0001")
    form = shown(client, "/labels/LBL-0001/send-to-printer")
    assert "Label printer, Room 2 (300 dpi)" in form and "Coarse printer" not in form
    answer = client.post("/labels/LBL-0001/send-to-printer", data={**carried(form), "printer": "PRN-01"})
    assert answer.status_code == 303 and answer.location.endswith("/jobs/JOB-000001")
    with office.desk() as session:
        printing.begin_print_job(session, Who(SYSTEM), job="JOB-000001")
    office.do(printing.record_print_outcome, Who(SYSTEM), job="JOB-000001",
              outcome=Outcome("unknown", "The printer broke the connection.", "ready", 30))
    assert "Tell what came out" in shown(client, "/") and "LBL-0001, JOB-000001" in shown(client, "/")
    page = shown(client, "/jobs/JOB-000001")
    assert "unknown: tell what came out" in page and "The printer broke the connection." in page
    page = shown(client, "/labels/LBL-0001")
    assert "Sent to printers" in page and "unknown: tell what came out" in page and "/jobs/JOB-000001" in page
    form = shown(client, "/jobs/JOB-000001/settle-print-job")
    answer = client.post("/jobs/JOB-000001/settle-print-job", data={
        **carried(form), "result": "did not come out", "reason": "The tray is empty and its memory cleared."})
    assert answer.status_code == 303 and job(office).state == "did not come out"
    assert "Send it to a printer" in shown(client, "/labels/LBL-0001"), "another person may send it again now"


def test_every_page_and_view_of_printing(sqlite_office: Office, client: FlaskClient) -> None:
    office = sqlite_office
    sign_in(client, "production supervisor")
    assert "No printer is registered. Labels can always be printed from their PDF." in shown(client, "/printers")
    form = shown(client, "/printers/add-printer")
    answer = client.post("/printers/add-printer", data={
        **carried(form), "name": "Labels", "place": "Room 2", "kind": "raw", "host": "127.0.0.1", "port": "1",
        "dpi": "300", "path": "", "wide_mm": "100", "tall_mm": "100"})
    assert answer.status_code == 303 and answer.location.endswith("/printers/PRN-01")
    assert "never asked" in shown(client, "/printers") and "300 dpi, labels 100 x 100 mm" in shown(client, "/printers")
    label(office)
    send(office)
    worked(office)
    page = shown(client, "/printers/PRN-01")
    assert "The printer refuses the connection" in page and "failed: nothing was sent" in page
    assert "Go to LBL-0001" in shown(client, "/jobs/JOB-000001") and "JOB-000001" in shown(client, "/jobs")
    assert 'value="127.0.0.1"' in shown(client, "/printers/PRN-01/change-printer")
    answer = client.post("/api/v1/sessions", json={"user_id": user_id("qa"), "password": PASSWORD})
    bearer = {"Authorization": f"Bearer {answer.get_json()['token']}"}
    for path in ("printers", "printers/PRN-01", "jobs", "jobs/JOB-000001"):
        assert client.get(f"/api/v1/{path}", headers=bearer).status_code == 200
    assert client.get("/api/v1/jobs/JOB-000001", headers=bearer).get_json()["state"] == "failed"
    assert client.get("/scan?code=PRN-01").location.endswith("/printers/PRN-01")
    assert client.get("/scan?code=JOB-000001").location.endswith("/jobs/JOB-000001")
    for lost in ("printers/PRN-09", "jobs/JOB-000009"):
        assert client.get(f"/{lost}").status_code == 404
