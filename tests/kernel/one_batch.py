"""A small batch with everything a dossier shows, written through act() so that the ledger tells of it.

It stands on rows, not on the rooms' verbs: what a dossier proves does not depend on who may do what.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from mfg.batches.records import Batch, Container, Descent, Dose, DoseBag, Step, StepEntry
from mfg.documents.records import Document
from mfg.donors.records import Collection, Donor, Pairing
from mfg.ledger import act
from mfg.materials.records import Lot
from mfg.qc.records import Result, Sample
from mfg.quality.records import Deviation
from mfg.release.records import Decision
from mfg.trial.records import Recipient, Weight
from tests.office import Office

BATCH, SUBJECT, DONOR = "NK-26-001", "SUB-0001", "DON-0001"
DOCUMENTS = {"protocol": "P/1", "master record": "M/1", "specification": "S/1"}


def write(office: Office, verb: str, role: str, on: str, within: str, *rows: Any) -> None:
    """One act that adds these rows, in order."""
    with office.desk() as session, act(session, verb, on=on, within=within,
                                       **office.who(role, reason="as planned").how):
        for row in rows:
            session.add(row)
            session.flush()


def change(office: Office, verb: str, role: str, kind: type, code: str, within: str, **values: Any) -> None:
    """One act that changes one row."""
    with office.desk() as session, act(session, verb, on=code, within=within,
                                       **office.who(role, reason="as planned").how):
        row = session.get_one(kind, code)
        for name, value in values.items():
            setattr(row, name, value)


def batch(office: Office) -> str:
    """From the protocol to a released dose; the release seals the ledger."""
    before(office)
    made(office)
    tested(office)
    return BATCH


def before(office: Office) -> None:
    at = office.now
    for kind, code in DOCUMENTS.items():
        write(office, f"draft {kind}", "qa", code, code,
              Document(code=code, kind=kind, key=code[0], number=1, title=kind, state="effective", text="a: 1\nµ: ≥ 2",
                       text_hash="0" * 64, author="P-0001", written_at=at))
    write(office, "enrol recipient", "principal investigator", SUBJECT, SUBJECT,
          Recipient(code=SUBJECT, coi="A999926000001C1", protocol="P/1", cohort="1", slot=1, enrolled_at=at))
    write(office, "register donor", "apheresis nurse", DONOR, DONOR,
          Donor(code=DONOR, relation="sibling", registered_at=at),
          Pairing(donor=DONOR, recipient=SUBJECT, listed_at=at))
    write(office, "record collection", "apheresis nurse", "COL-000001", DONOR,
          Collection(code="COL-000001", din="A999926000001", donor=DONOR, recipient=SUBJECT, device="cell separator",
                     started_at=at - timedelta(hours=4), ended_at=at, volume_ml=Decimal("212.5"),
                     anticoagulant="ACD-A", anticoagulant_ml=Decimal(30), tnc=Decimal("12000000000"),
                     state="accepted"))
    write(office, "receive lot", "warehouse", "LOT-000001", "",
          Lot(code="LOT-000001", kind="medium", name="medium", supplier="a supplier", supplier_lot="1",
              certificate="CoA 1", expires_at=at + timedelta(days=90), received_at=at, received_by="P-0001",
              state="quarantine"))
    write(office, "record weight", "clinical coordinator", "W-000001", SUBJECT,
          Weight(code="W-000001", recipient=SUBJECT, kg=Decimal("70.123456789012345"), measured_at=at,
                 recorded_by="P-0001", recorded_at=at))
    change(office, "confirm weight", "principal investigator", Weight, "W-000001", SUBJECT,
           confirmed_by="P-0002", confirmed_at=at)


def made(office: Office) -> None:
    at = office.later(hours=1)
    write(office, "open batch", "production supervisor", BATCH, BATCH,
          Batch(code=BATCH, recipient=SUBJECT, donor=DONOR, collection="COL-000001", protocol="P/1",
                master_record="M/1", specification="S/1", opened_at=at, opened_by="P-0001", state="open"),
          _container("COL-C01", "collection bag", at), _container(f"{BATCH}-C01", "vessel", at),
          Descent(child=f"{BATCH}-C01", parent="COL-C01", recipient=SUBJECT, donor=DONOR),
          Step(code=f"{BATCH}/thaw", batch=BATCH, phase="start", step_id="thaw", repeat=1, stage=0,
               ordinal=1, state="todo"))
    write(office, "enter value", "operator", f"{BATCH}/thaw", BATCH,
          StepEntry(code="E-000001", step=f"{BATCH}/thaw", field="volume", value="212.50", amount=Decimal("212.50"),
                    unit="mL", how="typed", verdict="PASS", entered_by="P-0001", entered_at=at, reason=""),
          StepEntry(code="E-000002", step=f"{BATCH}/thaw", field="medium", value="LOT-000001", how="scanned",
                    verdict="", entered_by="P-0001", entered_at=at, reason=""))
    change(office, "perform step", "operator", Step, f"{BATCH}/thaw", BATCH, state="performed", done_at=at,
           performed_by="P-0001", performed_at=at)
    change(office, "verify step", "verifier", Step, f"{BATCH}/thaw", BATCH, state="verified", verified_by="P-0002",
           verified_at=at)


def _container(code: str, kind: str, at: Any) -> Container:
    return Container(code=code, kind=kind, recipient=SUBJECT, donor=DONOR, collection="COL-000001",
                     batch=BATCH if code.startswith(BATCH) else None, made_at=at, made_by="P-0001")


def tested(office: Office) -> None:
    at = office.later(hours=1)
    dose, bag = f"{BATCH}-D1", f"{BATCH}-C02"
    write(office, "plan dose", "production supervisor", dose, BATCH,
          Dose(code=dose, batch=BATCH, infusion=1, attempt=1, state="planned"))
    write(office, "fill dose", "operator", dose, BATCH, _container(bag, "dose bag", at),
          DoseBag(container=bag, dose=dose, attempt=1, volume_ml=Decimal(100), residual_ml=Decimal("0.5"),
                  filled_at=at, filled_by="P-0001", expires_at=at + timedelta(hours=24),
                  expiry_governed_by="stability"))
    write(office, "take sample", "qc analyst", "SA-000001", BATCH,
          Sample(code="SA-000001", batch=BATCH, container=bag, dose=dose, attempt=1, purpose="release", taken_at=at,
                 taken_by="P-0001"))
    write(office, "record result", "qc analyst", "R-000001", BATCH,
          Result(code="R-000001", sample="SA-000001", batch=BATCH, test="endotoxin", specification="S/1", value="<0.5",
                 unit="{EU}/mL", verdict="PASS", note="", tested_at=at, tested_by="P-0001", state="recorded"))
    write(office, "open deviation", "operator", dose, BATCH,
          Deviation(code="DEV-0001", within=BATCH, on_code=dose, severity="minor", what="a late entry",
                    by_system=False, opened_by="P-0001", opened_at=at, state="open"))
    write(office, "reject dose", "qualified person", dose, BATCH,
          Decision(code="DEC-000001", dose=dose, attempt=1, kind="rejected", dossier="{}", dossier_hash="0" * 64,
                   findings="[]", decided_at=at, decided_by="P-0001", reason="as planned", condition=""))
