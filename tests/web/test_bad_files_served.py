"""Bad instrument files through the door of a server that really serves: each is answered in words, the server stays
small, and it answers others meanwhile."""

from __future__ import annotations

import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy.engine import make_url

from tests.browsing import hidden
from tests.conftest import FreshDatabase
from tests.instruments.inputs import BLU, sheet_xml, workbook
from tests.office import PASSWORD, prepare, user_id

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
MOST_MB, SOON = 500, 2.0
DOOR = "/instrument-files/read-instrument-file"


def bomb() -> bytes:
    """A workbook of a few kilobytes that unpacks to a gigabyte."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as book:
        for name, content in (("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>")):
            book.writestr(name, content)
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(256):
                sheet.write(b" " * 2**22)
    return packed.getvalue()


HEAD, ROW = BLU.splitlines()[:2]
FORMULA = ROW.replace("S-1", "=HYPERLINK(\"http://x\")", 1)
#: what is handed in: name, bytes, and a piece of the sentence that answers it
BAD: dict[str, tuple[str, bytes, str]] = {
    "truncated": ("cut.csv", BLU.encode()[:90], "of no kind known here"),
    "UTF-16": ("wide.csv", BLU.encode("utf-16"), "Scan the instrument"),
    "UTF-16 without its mark": ("wide.csv", BLU.encode("utf-16-le"), "of no kind known here"),
    "of no instrument": ("letter.txt", b"Dear colleague, the counts are fine.", "of no kind known here"),
    "locked": ("locked.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096, "is not read"),
    "zip bomb": ("bomb.xlsx", bomb(), "it was not unpacked"),
    "a million rows": ("many.csv", (HEAD + "\n" + "S,1\n" * 1_000_000).encode(), "more than 200,000 rows"),
    "formula": ("formula.csv", f"{HEAD}\n{FORMULA}\n".encode(), "Scan the instrument"),
    "a workbook": ("book.xlsx", workbook(sheet_xml([["=1+1", "2"]])), "does not begin with"),
    "10 MB": ("large.csv", (HEAD + "\n" + (ROW + "\n") * 110_000).encode(), "at most 20,000 are read"),
    "more than 10 MB": ("larger.csv", (HEAD + "\n" + (ROW + "\n") * 180_000).encode(), "at most 10 MB are"),
    "empty": ("empty.csv", b"", "is empty"),
}


class Served:
    """The server as one process, and somebody signed in to it."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port, self.process, self.cookie = port, process, ""

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "", token: str = "") -> tuple[int, str]:
        line = HTTPConnection("127.0.0.1", self.port, timeout=90)
        head = {"Authorization": f"Bearer {token}"} if token else {"Cookie": self.cookie}
        head |= {"Content-Type": kind} if kind else {}
        line.request(method, path, body, head)
        answer = line.getresponse()
        for told in answer.headers.get_all("Set-Cookie") or ():
            self.cookie = "; ".join(f"{name}={one.value}" for name, one in SimpleCookie(told).items())
        text = answer.read().decode("utf-8", "replace")
        line.close()
        return answer.status, text

    def sign_in(self, role: str) -> None:
        token = hidden(self.ask("GET", "/login")[1], "csrf_token")
        form = urlencode({"csrf_token": token, "user_id": user_id(role), "password": PASSWORD}).encode()
        status, text = self.ask("POST", "/login", form, "application/x-www-form-urlencoded")
        assert status == 303, text

    def megabytes(self) -> float:
        told = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in told.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024

    def hand_in(self, name: str, content: bytes) -> tuple[int, str]:
        page = self.ask("GET", DOOR)[1]
        parts = [f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode() for key, value in (
            ("csrf_token", hidden(page, "csrf_token")), ("nonce", hidden(page, "nonce")), ("zone", "UTC"))]
        parts.append(f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
                     "Content-Type: text/csv\r\n\r\n".encode() + content + b"\r\n--x--\r\n")
        return self.ask("POST", DOOR, b"".join(parts), "multipart/form-data; boundary=x")


    def as_json(self, name: str, content: bytes) -> tuple[int, str]:
        told = {"user_id": user_id("qc analyst"), "password": PASSWORD}
        _, text = self.ask("POST", "/api/v1/sessions", json.dumps(told).encode(), "application/json")
        token = json.loads(text)["token"]
        file = {"name": name, "content": b64encode(content).decode()}
        return self.ask("POST", f"/api/v1{DOOR}", json.dumps({"file": file}).encode(), "application/json", token)


@contextmanager
def serving(url: str, home: Path) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {name: os.environ[name] for name in ("PATH",)} | {
        "MFG_DATABASE_URL": url, "MFG_HOME": str(home), "PYTHONPATH": str(Path.cwd()), "TMPDIR": str(home)}
    process = subprocess.Popen([sys.executable, "-m", "mfg.cli", "serve", "--port", str(port)], env=env,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert process.stdout and b"Serving" in process.stdout.readline()
        for _ in range(100):
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield Served(port, process)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def test_every_bad_file_is_answered_and_the_server_stays_small_and_awake(
        fresh_database: FreshDatabase, tmp_path: Path) -> None:
    url = fresh_database("sqlite", prepare)
    assert make_url(url).drivername.startswith("sqlite")
    with serving(url, tmp_path) as server:
        server.sign_in("qc analyst")
        answers: dict[str, tuple[int, str]] = {}
        worst = 0.0
        for name, (file, content, _) in BAD.items():
            one: Any = threading.Thread(target=lambda name=name, file=file, content=content: answers.update(
                {name: server.hand_in(file, content)}))
            one.start()
            while one.is_alive():
                begun = time.monotonic()
                other = HTTPConnection("127.0.0.1", server.port, timeout=30)
                other.request("GET", "/healthz")
                assert other.getresponse().status == 200
                other.close()
                worst = max(worst, time.monotonic() - begun)
                one.join(0.1)
        packed = server.as_json("bomb.xlsx", BAD["zip bomb"][1])
        grown = server.megabytes()
        page = server.ask("GET", "/instrument-files")[1]
    assert answers.keys() == BAD.keys()
    for name, (status, text) in answers.items():
        assert status in (413, 422, 409), (name, status, text[:2000])
        assert BAD[name][2] in re.sub(r"\s+", " ", text) and "Traceback" not in text, (name, text[:3000])
    assert packed[0] == 422 and "it was not unpacked" in packed[1]
    assert "No file has been read in." in page, "nothing was recorded"
    assert grown < MOST_MB, f"the server took {grown:.0f} MB"
    assert worst < SOON, f"others waited {worst:.1f} s"
    print(f"at most {grown:.0f} MB; others waited at most {worst:.2f} s")
