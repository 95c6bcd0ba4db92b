"""Many batches with results, counts, loadings and decisions, written straight into tables without guards: for counting
statements and for looking at pictures. It is no evidence of anything else; records in other tests are made by acts."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import Engine

from mfg.canonical import canonical
from mfg.facts import Reading
from mfg.places import PACKAGE
from mfg.recipes.reading import example
from mfg.tables import METADATA
from mfg.trial.dose import Bag, DoseFacts, Weight
from tests.office import NOON

PROTOCOL = (PACKAGE / "trial/protocols/nct06835140.yaml").read_text("utf-8")


class Many:
    """Rows by table."""

    def __init__(self, seed: int = 3) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.chance = random.Random(seed)  # noqa: S311
        for code, kind, text in (("T/1", "protocol", PROTOCOL), ("M/1", "master record", example("master record")),
                                 ("S/1", "specification", example("specification"))):
            self.add("document", code=code, kind=kind, key=code[0], number=1, title=code, state="effective", text=text,
                     text_hash="h", author="P-0001", version=1)

    def add(self, table: str, **row: Any) -> None:
        self.rows.setdefault(table, []).append(row)

    def number(self, middle: float, spread: float, places: int = 1) -> D:
        return D(str(round(self.chance.gauss(middle, spread), places)))

    def batch(self, number: int) -> None:
        code, at = f"NK-{20 + number // 900:02d}-{number % 900 + 1:03d}", NOON - timedelta(days=7 * (600 - number))
        self.add("batch", code=code, recipient="SUB-0001", donor="DON-0001", collection="COL-0001", protocol="T/1",
                 master_record="M/1", specification="S/1", opened_at=at, opened_by="P-0001", state="complete",
                 version=1)
        self._culture(code, at)
        self._tested(code, at + timedelta(days=16), number)

    def _culture(self, code: str, at: datetime) -> None:
        fold = self.number(60, 12)
        for place, (step, day, many) in enumerate((("count", 3, D(1)), ("count", 14, fold)), 1):
            self._step(code, f"{step}~{place}", step, 0, at + timedelta(days=day), counted_at=at + timedelta(days=day),
                       viable=D("0.5") * many, volume=D(1000))
        self._step(code, "load_prepare", "load_prepare", 1, at + timedelta(days=15), cells=D("6e8"))
        self._step(code, "loaded_check", "loaded_check", 1, at + timedelta(days=15),
                   cells=D("6e6") * self.number(84, 3))

    def _step(self, batch: str, name: str, step: str, stage: int, at: datetime, **fields: Any) -> None:
        code = f"{batch}/{name}"
        self.add("step", code=code, batch=batch, phase="p", step_id=step, repeat=int(name.partition("~")[2] or 1),
                 stage=stage, ordinal=1, state="verified", done_at=at, late_reason="", skip_reason="", version=1)
        for field, value in fields.items():
            told = {"moment": value, "amount": None} if isinstance(value, datetime) else \
                {"amount": value, "moment": None}
            self.add("step_entry", code=f"{code}/{field}.1", step=code, field=field, value=str(value), how="typed",
                     verdict="PASS", alert=False, late_reason="", entered_by="P-0001", entered_at=at, reason="", **told)

    def _tested(self, code: str, at: datetime, number: int) -> None:
        dose, place = f"{code}-D1", len(self.rows.get("result", ()))
        self.add("dose", code=dose, batch=code, infusion=1, attempt=1, state="certified", version=1)
        self.add("sample", code=f"S-{number + 1:04d}", batch=code, container=f"{code}-C01", dose=dose, attempt=1,
                 purpose="release", taken_at=at, taken_by="P-0001")
        nk = self.number(92, 1.4) if number % 37 != 30 else D("78.5")
        for test, value in (("viability", self.number(94, 1.1)), ("nk_percent", nk), ("endotoxin", "<0.5"),
                            ("cd3_percent", "<0.2"), ("viable_count", "6.1e6; 6.2e6; 6.3e6")):
            place += 1
            self.add("result", code=f"R-{place:06d}", sample=f"S-{number + 1:04d}", batch=code, test=test,
                     specification="S/1", value=str(value), unit="%", note="", tested_at=at, tested_by="P-0001",
                     verdict="FAIL" if test == "nk_percent" and nk < 80 else "PASS",
                     state="recorded" if number % 41 == 17 else "reviewed", version=1)
        bag = Bag("B", D(120), D(0), (D("6.1e6"), D("6.2e6")), nk, D("0.1"), Reading(D("0.5"), "<"))
        facts = DoseFacts(cohort="1", infusion=1, weight=Weight(self.number(68, 3), at, True, "W-1"), bags=(bag,))
        self.add("decision", code=f"DEC-{number + 1:04d}", dose=dose, attempt=1, kind="certified",
                 dossier=canonical({"arithmetic": facts}).decode(), dossier_hash="h", findings="[]",
                 decided_at=at + timedelta(days=1), decided_by="P-0001", reason="", condition="")

    def into(self, file: Path) -> Engine:
        engine = create_engine(f"sqlite:///{file}")
        METADATA.create_all(engine)
        with engine.begin() as connection:
            for table, rows in self.rows.items():
                connection.execute(METADATA.tables[table].insert(), rows)
        return engine


def many_batches(file: Path, many: int) -> Engine:
    """A database with so many batches."""
    made = Many()
    for number in range(many):
        made.batch(number)
    return made.into(file)
