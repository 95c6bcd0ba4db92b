"""A label read with the camera: one symbol goes on as a scan, several are chosen from, two things are refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select

from mfg.app import create_app
from mfg.codes.own import labelled, with_check
from mfg.codes.pictured import together
from mfg.facts import Refused
from mfg.ledger import Entry
from mfg.paper.photograph import codes_in
from mfg.settings import Settings
from tests.browsing import hidden, sign_in
from tests.office import Office

SQUARE, BARS, QR = zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode
LOT, BAG, OTHER = with_check("LOT-0001"), labelled("NK-26-001-C07", "LBL-0001"), with_check("NK-26-001-C08")
DIN, PRODUCT = "=A99992600012300", "=<DNK017A0"


def photograph(*symbols: tuple[zxingcpp.BarcodeFormat, str], turned: int = 4, **more: bool) -> bytes:
    """Symbols below each other on a grey table, held a little askew."""
    table = Image.new("L", (1000, 240 + 480 * max(1, len(symbols))), 205)
    for place, (format_, text) in enumerate(symbols):
        made = zxingcpp.create_barcode(text, format_, **more).to_image(scale=4)
        tall, wide = memoryview(made).shape
        label = Image.new("L", (wide + 80, tall + 80), 255)
        label.paste(Image.frombytes("L", (wide, tall), memoryview(made).tobytes()), (40, 40))
        table.paste(label.rotate(turned, expand=True, fillcolor=205), (60, 60 + 480 * place))
    out = io.BytesIO()
    table.convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(scope="module")
def bag() -> bytes:
    return photograph((SQUARE, BAG))


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


def send(client: FlaskClient, picture: bytes, name: str = "image.jpg", **more: str) -> tuple[int, str, str]:
    """Status, where it leads, and the page."""
    page = client.get("/scan/picture").get_data(as_text=True)
    answer = client.post("/scan/picture", data={"csrf_token": hidden(page, "csrf_token"), **more,
                                                "picture": (io.BytesIO(picture), name)})
    return answer.status_code, answer.headers.get("Location", ""), answer.get_data(as_text=True)


@pytest.mark.parametrize(("format_", "text", "code"), [
    (SQUARE, BAG, f"]d1{BAG}"), (BARS, DIN, f"]C0{DIN}"), (QR, LOT, f"]Q1{LOT}")])
def test_a_symbol_on_a_photograph_is_what_a_scanner_would_send(format_: zxingcpp.BarcodeFormat, text: str,
                                                              code: str) -> None:
    for turned in (0, 8 if format_ is BARS else 33, 90):  # bars are short here; a hand holds them straighter
        assert codes_in(photograph((format_, text), turned=turned)) == (code,)


def test_a_gs1_symbol_on_a_photograph_keeps_its_separator() -> None:
    picture = photograph((SQUARE, "(01)09521234543213(10)AB12(17)261120"), gs1=True)
    assert codes_in(picture) == ("]d2010952123454321310AB12\x1d17261120",)


def test_one_symbol_opens_its_place_as_a_scan_does_and_nothing_is_recorded(client: FlaskClient, bag: bytes,
                                                                          sqlite_office: Office) -> None:
    before = entries(sqlite_office)
    assert send(client, bag)[:2] == (303, "/scan?code=%5Dd1NK-26-001-C07%2F2%2BLBL-0001%2F5".replace("%2F2", "%2F"
                                     + with_check("NK-26-001-C07")[-1]).replace("%2F5", "%2F" + BAG[-1]))
    assert entries(sqlite_office) == before


def test_the_code_goes_into_the_field_it_was_asked_for(client: FlaskClient, bag: bytes) -> None:
    status, where, _ = send(client, bag, field="scan", into="/labels/LBL-0001/verify-label?scan=old&a=b")
    assert status == 303
    assert where.startswith("/labels/LBL-0001/verify-label?a=b&scan=%5Dd1NK-26-001-C07")


def test_a_form_remembers_where_the_camera_was_asked_for(client: FlaskClient) -> None:
    page = client.get("/scan/picture?field=din", headers={
        "Referer": "http://localhost/collections/COL-0001/inspect-receipt?a=b"}).get_data(as_text=True)
    assert hidden(page, "into") == "/collections/COL-0001/inspect-receipt?a=b" and hidden(page, "field") == "din"
    page = client.get("/scan/picture?field=din", headers={
        "Referer": "http://localhost/steps/NK-26-001/receive/values"}).get_data(as_text=True)
    assert hidden(page, "into") == "/steps/NK-26-001/receive/values"  # a step's own part may hold a slash
    page = client.get("/scan/picture?field=din&into=//elsewhere.example/x").get_data(as_text=True)
    assert hidden(page, "into") == ""


def test_a_form_opened_with_a_code_shows_it_in_its_field(client: FlaskClient) -> None:
    page = client.get("/lots/receive-lot?barcode=%5Dd20109521234543213").get_data(as_text=True)
    assert 'value="]d20109521234543213"' in page
    assert '/scan/picture?field=barcode"' in page
    assert "Read Manufacturer&#39;s bar code with the camera" in page


def test_several_symbols_of_one_label_are_shown_by_their_names_to_choose_from(client: FlaskClient,
                                                                            sqlite_office: Office) -> None:
    before = entries(sqlite_office)
    status, _, page = send(client, photograph((BARS, DIN), (BARS, PRODUCT)))
    assert status == 200 and "donation number A999926000123" in page and "product code DNK017A0" in page
    assert "/scan?code=%5DC0%3DA99992600012300" in page and entries(sqlite_office) == before


def test_a_code_of_somebody_else_beside_ours_is_named_and_cannot_be_chosen(client: FlaskClient) -> None:
    status, _, page = send(client, photograph((SQUARE, BAG), (QR, "https://example.org/")))
    assert (status, "Not a code that is known here" in page) in {(200, True), (303, False)}


@pytest.mark.parametrize("other", [(BARS, OTHER), (SQUARE, labelled("NK-26-001-C07", "LBL-0002"))],
                         ids=["container", "label"])
def test_a_picture_of_two_things_is_refused_and_kept_as_an_attempt(
        client: FlaskClient, sqlite_office: Office, other: tuple[zxingcpp.BarcodeFormat, str]) -> None:
    before, counts = entries(sqlite_office), sqlite_office.counts()
    status, _, page = send(client, photograph((SQUARE, BAG), other))
    assert status == 422 and "The picture shows two things" in page and "one label at a time" in page
    assert entries(sqlite_office) == before + 1 and sqlite_office.counts() == counts
    assert sqlite_office.last_entry().verb == "look up code" and sqlite_office.last_entry().outcome == "refused"


def test_two_donations_in_one_picture_are_two_things_and_two_copies_of_one_are_not() -> None:
    with pytest.raises(Refused, match="two things: donation number"):
        together((f"]C0{DIN}", "]C0=A99992600012400"))
    assert [one.wrong for one in together((f"]C0{DIN}", "]C0=A99992600012307"))] == ["", ""]


def test_a_picture_without_our_codes_is_refused_and_kept(client: FlaskClient, sqlite_office: Office) -> None:
    before = entries(sqlite_office)
    status, _, page = send(client, photograph((QR, "https://example.org/")))
    assert status == 422 and "no code known here" in page and entries(sqlite_office) == before + 1


def test_a_picture_without_a_symbol_says_how_to_take_it(client: FlaskClient, sqlite_office: Office) -> None:
    before = entries(sqlite_office)
    status, _, page = send(client, photograph())
    assert status == 422 and "No code was found in the picture; nothing was recorded" in page
    assert entries(sqlite_office) == before


@pytest.mark.parametrize(("content", "name", "why"), [
    (b"", "image.jpg", "No file was chosen|is empty"), (b"%PDF-1.4 %%EOF", "label.pdf", "That is no picture"),
    (b"\xff\xd8\xff\xe0 broken", "image.jpg", "none of"), (b"a;b\n", "a.csv", "That is no picture"),
    (b"\x00" * 100, "image.heic", "none of"),
], ids=["empty", "pdf", "broken", "csv", "heic"])
def test_what_is_no_picture_is_refused_in_words(client: FlaskClient, sqlite_office: Office, content: bytes, name: str,
                                                why: str) -> None:
    before = entries(sqlite_office)
    status, _, page = send(client, content, name)
    assert status == 422 and any(one in page for one in why.split("|"))
    assert entries(sqlite_office) == before


def test_nobody_sends_pictures_without_signing_in_or_from_another_site(client: FlaskClient, bag: bytes) -> None:
    assert client.post("/scan/picture", data={"picture": (io.BytesIO(bag), "image.jpg")}).status_code == 400
    client.delete_cookie("mfg")
    assert client.get("/scan/picture").status_code == 303
