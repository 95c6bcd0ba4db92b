"""What a file is, is told by its content; what is kept is kept byte for byte, once."""

from __future__ import annotations

import io
from base64 import b64encode
from hashlib import sha256

import pytest
from marshmallow import ValidationError
from PIL import Image
from sqlalchemy import text

from mfg.canonical import plain_data
from mfg.facts import Refused
from mfg.fields import Attached, Body
from mfg.files import KeptFile, keep_file, kept_file
from mfg.ledger import act
from mfg.tables import METADATA
from mfg.uploads import LARGEST, read_upload
from mfg.verify import verify
from tests.office import Office


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 6)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "white").save(made, kind)
    return made.getvalue()


PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
GOOD = [("label.png", picture(), "image/png"), ("label.JPG", picture("JPEG"), "image/jpeg"),
        ("CoA 7.pdf", PDF, "application/pdf"), ("run.csv", b"a,b\n1,2\n", "text/csv"),
        ("run.log", "37,0 °C\n".encode(), "text/plain")]


@pytest.mark.parametrize(("name", "content", "kind"), GOOD, ids=[name for name, _, _ in GOOD])
def test_a_file_is_what_its_content_says(name: str, content: bytes, kind: str) -> None:
    read = read_upload(name, content)
    assert (read.media_type, read.content, read.code) == (kind, content, sha256(content).hexdigest())


BAD = [
    ("nothing in it", "a.png", b"", "is empty"),
    ("a program with the name of a picture", "a.png", b"\x7fELF\x02\x01\x01" + bytes(60), "none of"),
    ("a picture cut short", "a.png", picture(size=(200, 200))[:60], "none of"),
    ("a PDF cut short", "a.pdf", PDF[:20], "none of"),
    ("a page that would run something", "a.svg", b"<svg onload='x()'/>", "its name ends in"),
    ("a page with the name of text", "a.html", b"<script>1</script>", "its name ends in"),
    ("a picture with the name of a certificate", "a.pdf", picture(), "image/png by its content"),
    ("text with control characters", "a.txt", b"a\x00b", "none of"),
    ("a GIF, which is not kept", "a.gif", b"GIF89a" + bytes(20), "none of"),
    ("too large", "a.txt", b"a" * (LARGEST + 1), "at most 10 MB"),
]


@pytest.mark.parametrize(("name", "content", "why"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_file_that_is_something_else_is_refused(name: str, content: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        read_upload(name, content)
    assert refused.value.kind == "input"


def test_an_image_of_too_many_pixels_is_not_unpacked() -> None:
    made = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(made, "PNG")
    assert len(made.getvalue()) < 100_000
    with pytest.raises(Refused, match="none of"):
        read_upload("bomb.png", made.getvalue())


@pytest.mark.parametrize(("given", "kept"), [("../../etc/x.txt", "x.txt"), ("C:\\Users\\x\\y.txt", "y.txt"),
                                             ("a\r\nb.txt", "ab.txt"), ("n" * 300 + ".txt", "n" * 110 + ".txt")])
def test_a_name_has_no_folders_and_no_control_characters(given: str, kept: str) -> None:
    assert read_upload(given, b"x").name == kept


class WithFile(Body):
    photo = Attached("Photograph")


def test_json_brings_a_file_in_base64() -> None:
    read = WithFile().load({"photo": {"name": "a.png", "content": b64encode(picture()).decode()}})
    assert read["photo"].content == picture()


@pytest.mark.parametrize("given", ["", None, "a.png", 7, ["a"], {"name": "a.png"},
                                   {"name": "a.png", "content": "no base64!"},
                                   {"name": "a.png", "content": "", "more": 1}])
def test_what_is_no_file_is_refused_with_a_sentence(given: object) -> None:
    with pytest.raises(ValidationError):
        WithFile().load({"photo": given})


def kept(office: Office, name: str, content: bytes) -> str:
    """Kept inside some act; which one does not matter here."""
    with office.desk() as session, act(session, "sign out", on="test", **office.who("operator").how) as doing:
        return keep_file(session, read_upload(name, content), by=doing.by.code, at=doing.at).code


def test_the_same_bytes_are_kept_once_and_come_back_whole(office: Office) -> None:
    first, again = kept(office, "a.png", picture()), kept(office, "b.png", picture())
    assert first == again and office.counts()["kept_file"] == 1
    with office.look() as session:
        row = kept_file(session, first)
        assert (row.name, row.size, bytes(row.content)) == ("a.png", len(picture()), picture())


def test_the_trail_holds_the_hash_of_a_file_and_not_its_bytes(office: Office) -> None:
    code = kept(office, "a.png", picture())
    leaf = office.last_entry().leaf.decode()
    assert f"sha256:{code}" in leaf and picture().hex() not in leaf
    assert plain_data(code) == code


def test_bytes_changed_behind_the_ledger_are_named(sqlite_office: Office) -> None:
    code = kept(sqlite_office, "a.txt", b"all is well")
    with sqlite_office.owner_engine.execution_options(mfg_begin="write").begin() as connection:
        connection.execute(text("UPDATE kept_file SET content = :new WHERE code = :code"),
                           {"new": b"all is bad!", "code": code})
    report = verify(sqlite_office.engine, METADATA)
    assert any(problem.startswith(f"kept_file {code}") for problem in report.problems)


def test_a_file_nobody_kept_is_not_found(office: Office) -> None:
    with office.look() as session, pytest.raises(Refused, match="There is no file"):
        kept_file(session, "0" * 64)
    assert KeptFile.__tablename__ == "kept_file"
