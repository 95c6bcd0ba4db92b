"""The application over a copy of what the demonstration left, and who signs in to it. It judges nothing."""

from __future__ import annotations

import shutil
import sqlite3
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from mfg.app import create_app
from mfg.demo.plant import PASSWORD
from mfg.equipment.workstation_rules import SQUARE
from mfg.settings import Settings
from tests.conftest import Demonstration

#: name of a code in a path -> the table that holds it
HOLDERS = {name: name for name in ("batch", "collection", "consent", "container", "decision", "determination",
                                   "deviation", "document", "donor", "dose", "lot", "marker", "person", "recipient",
                                   "result", "sample", "step", "weight")}
HOLDERS |= {"equipment": "equipment", "calibration": "calibration", "cleaning": "cleaning", "area": "area",
            "clearance": "line_clearance", "monitoring": "monitoring_session", "plate": "plate"}
HOLDERS |= {"check": "workstation_check"}
HOLDERS |= {"label": "printed_label", "paper": "printed_paper", "answer": "assumption_answer"}
HOLDERS |= {"code": "kept_file", "training": "training", "item": "training_item", "requirement": "curriculum"}
HOLDERS |= {"oos": "oos", "slot": "test_slot", "instrument_file": "instrument_file"}
HOLDERS |= {"capa": "capa", "change": "change", "redline": "redline"}
HOLDERS |= {"issue": "blank_issue", "sheet": "paper_sheet", "hold": "hold", "review": "review"}
HOLDERS |= {"hand_over": "hand_over", "shipment": "shipment", "thing": "container"}
HOLDERS |= {"supplier": "supplier", "reconciliation": "reconciliation", "printer": "printer", "job": "print_job"}
HOLDERS |= {"chart": "control_chart", "run": "control_run", "quality_review": "quality_review"}
HOLDERS |= {"notice": "notice", "call": "logged_call", "stop": "dose_stop", "recall": "dose_recall",
            "recalled": "recalled_bag", "request": "exceptional_request"}
#: a part of a path that no table holds
FIXED = {"day": ["2026-11-20"], "period": ["2026-11-01_2026-11-30"], "picture": [],
         "series": ["viability", "endotoxin", "fold-expansion", "dose-fraction", "loading-recovery"]}


@dataclass
class Served:
    """One application with its data and a token for every person who signed in."""

    app: Flask
    home: Path
    tokens: dict[str, str] = field(default_factory=dict)

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def bearer(self, role: str, number: int = 1) -> dict[str, str]:
        """The header of a program that signed in as this person."""
        login = user_id(role, number)
        if login not in self.tokens:
            answer = self.client().post("/api/v1/sessions", json={"user_id": login, "password": PASSWORD})
            assert answer.status_code == 201, answer.get_data(as_text=True)
            self.tokens[login] = answer.get_json()["token"]
        return {"Authorization": f"Bearer {self.tokens[login]}"}

    def browser(self, role: str, number: int = 1) -> FlaskClient:
        """A browser that signed in as this person."""
        token = self.bearer(role, number)["Authorization"].removeprefix("Bearer ")
        made = self.client()
        with made.session_transaction() as kept:
            kept["token"] = token
        return made

    def post(self, role: str, url: str, /, *, number: int = 1, signed: bool = True, **body: Any) -> Any:
        """One act through the JSON door."""
        more = {"signature": signature(role, number)} if signed else {}
        return self.client().post(f"/api/v1{url}", json=body | more, headers=self.bearer(role, number))

    def codes(self, name: str, most: int = 200) -> list[str]:
        """The codes that a path may carry under this name, read past the program."""
        if name in FIXED:
            return FIXED[name]
        with closing(sqlite3.connect(self.home / "mfg.db")) as connection:
            found = connection.execute(f'SELECT code FROM "{HOLDERS[name]}" ORDER BY code LIMIT {most}')
            return [code for (code,) in found]


def user_id(role: str, number: int = 1) -> str:
    return f"{role.replace(' ', '.')}.{number}"


def signature(role: str, number: int = 1) -> dict[str, str]:
    return {"user_id": user_id(role, number), "password": PASSWORD}


def serve(demonstration: Demonstration, folder: Path) -> Served:
    """The application over a copy, with one deviation and one answer more, so that every kind of record is there."""
    home = Path(shutil.copytree(demonstration.folder, folder / "home"))
    url = f"sqlite:///{home / 'mfg.db'}"
    served = Served(create_app(Settings(url, url, home, secure_cookie=False, idle_minutes=600)), home)
    opened = served.post("operator", "/deviations/open-deviation", signed=False, within="NK-26-001",
                         on_code="NK-26-001-C03", severity="minor", what="Drops on the floor.", reason="Seen.")
    assert opened.status_code == 200, opened.get_data(as_text=True)
    answered = served.post("principal investigator", "/protocols/NCT06835140/1/answer-assumption", reason="Answered.",
                           key="tolerance_pct", answer="20", source="trial file, letter 3")
    assert answered.status_code == 200, answered.get_data(as_text=True)
    _learns(served)
    _changes(served)
    _redlines(served)
    tried = served.post("operator", "/workstations/calibrate-workstation", signed=False, read=f"]d1{SQUARE}",
                        suffix="Tab")
    assert tried.status_code == 200, tried.get_data(as_text=True)
    blank = served.post("qa", "/documents/NK-CD123-CD16/1/print-blank-record", reason="The network is down.")
    assert blank.status_code == 200, blank.get_data(as_text=True)
    _recalls(served)
    return served


def _recalls(served: Served) -> None:
    """A dose recalled, which stops it and tells everybody, and a call about it."""
    asked = served.post("qa", "/doses/NK-26-001-D1/recall-dose", reason="The label names the wrong ward.")
    assert asked.status_code == 200, asked.get_data(as_text=True)
    called = served.post("qa", "/notices/NTC-0001/log-call", signed=False, told="treating physician",
                         means="telephone", words="Told; keeps the bag back.")
    assert called.status_code == 200, called.get_data(as_text=True)


def _changes(served: Served) -> None:
    """A CAPA from the deviation, and a change."""
    (owner, *_) = served.codes("person")
    made = served.post("qa", "/capa/propose-CAPA", kind="preventive", source_kind="deviation", source="DEV-0001",
                       problem="The floor is wet.", action="Dry it.", owner=owner, due_at="2030-01-01T08:00Z")
    assert made.status_code == 200, made.get_data(as_text=True)
    asked = served.post("qa", "/changes/request-change", title="Another floor", why="The floor is wet.",
                        emergency="no", documents="NK-CD123-CD16/9")
    assert asked.status_code == 200, asked.get_data(as_text=True)


def _redlines(served: Served) -> None:
    """A redline on the first step of the next harvest."""
    begun = served.post("operator", "/steps/NK-26-001/harvest/repeat-step", signed=False)
    assert begun.status_code == 200, begun.get_data(as_text=True)
    asked = served.post("production supervisor", f"/steps/{begun.get_json()['code']}/propose-redline",
                        kind="instruction", instruction="Harvest slowly.", reason="Foam was seen.")
    assert asked.status_code == 200, asked.get_data(as_text=True)


def _learns(served: Served) -> None:
    """An item, a role that needs it, and a task with the record of the training."""
    made = served.post("qa", "/training/items/define-training-item", item="GOWNING", kind="gowning", title="Gowning",
                       assessed="no")
    assert made.status_code == 200, made.get_data(as_text=True)
    needed = served.post("qa", "/training/items/GOWNING/require-training", role="operator")
    assert needed.status_code == 200, needed.get_data(as_text=True)
    with closing(sqlite3.connect(served.home / "mfg.db")) as connection:
        ((task,),) = connection.execute("SELECT t.code FROM training t JOIN person p ON p.code = t.person "
                                        "WHERE t.item = 'GOWNING' AND p.user_id = 'operator.1'")
    done = served.post("operator", f"/training/{task}/complete-training", trained_at="2026-11-20T08:00Z")
    assert done.status_code == 200, done.get_data(as_text=True)
    file = {"name": "answers.csv", "content": b64encode(b"question,answer\n1,right\n").decode()}
    confirmed = served.post("qa", f"/training/{task}/confirm-training", file=file)
    assert confirmed.status_code == 200, confirmed.get_data(as_text=True)
