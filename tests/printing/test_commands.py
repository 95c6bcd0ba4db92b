"""The outbox and the stand-in printer from the command line, for people and for scripts."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mfg.cli import main
from mfg.printing.delivery import Parcel, deliver
from mfg.printing.stand_in import RawStandIn
from tests.office import Office
from tests.printing.outbox import QUICK, ZPL, job, printer, queued

ROOT = Path(__file__).resolve().parents[2]
MFG = [sys.executable, "-m", "mfg.cli"]


def test_the_worker_sends_what_waits_and_says_what_became_of_it(
        sqlite_office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:
    office = sqlite_office
    monkeypatch.setenv("MFG_DATABASE_URL", office.url)
    monkeypatch.setenv("MFG_HOME", str(tmp_path))
    with RawStandIn() as device:
        printer(office, device.port)
        queued(office)
        assert main(["print-worker", "--once", "--json"]) == 0
        told, = json.loads(capsys.readouterr().out)["jobs"]
        assert (told["job"], told["state"], job(office).state) == ("JOB-000001", "sent", "sent")
        assert [bytes(one) for one in device.jobs] == [ZPL]
    assert main(["print-worker", "--once"]) == 0 and capsys.readouterr().out == "Nothing waits for a printer.\n"
    queued(office, "LBL-0002")
    assert main(["print-worker", "--once"]) == 1, "what was not sent is no yes"
    assert capsys.readouterr().out.startswith("JOB-000002: failed. The printer refuses the connection")


def test_a_stand_in_printer_prints_into_a_folder(tmp_path: Path) -> None:
    command = [*MFG, "stand-in-printer", "--port", "0", "--to", str(tmp_path / "out")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            port = int(said.split("port ")[1].split()[0])
            assert deliver(Parcel("raw", "127.0.0.1", port, "", "x", ZPL), QUICK).state == "sent"
            assert process.stdout.readline().startswith(f"Printed {len(ZPL)} bytes")
        finally:
            process.send_signal(signal.SIGTERM)
    assert (tmp_path / "out" / "printed-000001.zpl").read_bytes() == ZPL
