"""A dose of the big batch with everything its release looks at: lots scanned, loaded cells, bags, labels, 120 results.

For measurements and for tests that count statements. Its rows are put in by one act, as those of the batch are; what
the dose is judged to be is no matter here, only that all of it has to be read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bench.big_batch import BATCH, BEGUN, Crew, big_batch, signed_unasked, who
from mfg.batches.container_labels import Physical
from mfg.batches.records import Container, Descent, Dose, DoseBag, Step, StepEntry, dose
from mfg.db import desk, look
from mfg.labelling.records import PrintedLabel
from mfg.ledger import act
from mfg.materials.records import Lot
from mfg.qc.records import Result, Sample, SterilityRead
from mfg.release.gather import label_now
from mfg.review.batch_record import hash_of
from mfg.review.gather import batch_record
from mfg.review.records import Review
from mfg.trial.records import Weight

DOSE = f"{BATCH}-D1"
FILLED = BEGUN + timedelta(days=20)
LOTS = 20
#: test -> what a laboratory would report, and its unit
REPORTED = {"viable_count": ("6.4e6; 6.5e6; 6.6e6", "{cells}/mL"), "nk_percent": ("92.0", "%"),
            "cd3_percent": ("<0.2", "%"), "endotoxin": ("<0.5", "{EU}/mL"), "mycoplasma": ("not detected", "1")}
OF_DOSE = [one for one in REPORTED if one != "mycoplasma"]
LOADING = """
loading:
  ug_per_million_cells: {value: "10", because: ours}
  ug_tolerance_percent: {value: "10", because: ours}
  contact_minutes_low: {value: "54", because: ours}
  contact_minutes_high: {value: "66", because: ours}
  temperature_c_low: {value: "36", because: ours}
  temperature_c_high: {value: "38", because: ours}
  residual_fraction_max: {value: "0.01", because: ours}
  recovery_percent_min: {value: "70", because: ours}
  loaded_percent_min: {value: "80", because: ours}
  mfi_ratio_min: {value: "3", because: ours}
  saturation_percent_min: {value: "70", because: ours}
  free_ug_per_dose_max: {value: "50", because: ours}
  retention_hours: {value: "24", because: ours}
shelf_life_hours: {value: "24", because: ours}
"""
STAGED = """- id: loading
  title: Loading
  staged: 3
  steps:
  - id: load
    title: Load
    instruction: Load the cells as the procedure says.
    fields:
    - {id: antibody, label: Antibody, kind: scan lot, lot_kind: bispecific antibody, role: loading.antibody_lot}
    - {id: bag, label: Loaded cells, kind: scan container, container_kind: loaded cells, role: loading.container}
    - {id: started, label: Started, kind: time, role: loading.started}
    - {id: stopped, label: Stopped, kind: time, role: loading.stopped}
""" + "".join(f"    - {{id: lot_{one}, label: Lot, kind: scan lot, lot_kind: medium}}\n" for one in range(2, LOTS + 1))


def big_dose(engine: Engine, crew: Crew, *, steps: int = 60, fields: int = 10, results: int = 120) -> str:
    """Make batch and dose in an installation that has its people and no batch. Returns the code of the dose.

    The last step is the loading; it scans every lot.
    """
    big_batch(engine, crew, steps=steps - 1, fields=fields, more=(LOADING, STAGED))
    with signed_unasked():
        with desk(engine) as session, act(session, "open batch", on=DOSE, within=BATCH, **who(crew.supervisor).how):
            for rows in (_materials(crew), _cells(crew), _loaded(session, crew), _sampled(crew, results),
                         _tested(crew, results)):
                session.add_all(rows)
                session.flush()
        with look(engine) as session:
            labels = list(_labels(session, crew))
            reviewed = hash_of(batch_record(session, BATCH, 1))
        with desk(engine) as session, act(session, "open batch", on=DOSE, within=BATCH, **who(crew.supervisor).how):
            session.add_all([*labels, _review(crew, reviewed)])
    return DOSE


def _materials(crew: Crew) -> Iterator[object]:
    """Lots, and the recipient's weight."""
    for number in range(1, LOTS + 1):
        yield Lot(code=f"LOT-{number:04d}", kind="bispecific antibody" if number == 1 else "medium", name="A material",
                  supplier="A maker", supplier_lot=f"L{number}", certificate="-", strength=Decimal(10000),
                  strength_unit="ug/mL", expires_at=BEGUN + timedelta(days=300), received_at=BEGUN,
                  received_by=crew.operator, state="released", released_by="P-0001", released_at=BEGUN)
    yield Weight(code="W-000001", recipient="SUB-0001", kg=Decimal("70.0"), measured_at=FILLED - timedelta(days=1),
                 recorded_by="P-0001", recorded_at=FILLED, confirmed_by="P-0002", confirmed_at=FILLED)


def _cells(crew: Crew) -> list[object]:
    """From the collection over vessels to two bags of one dose."""
    kinds = ("vessel", "vessel", "harvest", "loaded cells", "dose bag", "dose bag")
    made: list[object] = [Container(
        code=f"{BATCH}-C{number:02d}", kind=kind, recipient="SUB-0001", donor="DON-0001", collection="COL-0001",
        batch=BATCH, volume_ml=Decimal(100), made_at=FILLED, made_by=crew.operator)
        for number, kind in enumerate(kinds, 2)]
    return [*made, Dose(code=DOSE, batch=BATCH, infusion=1, attempt=1, state="checked")]


def _loaded(session: Session, crew: Crew) -> Iterator[object]:
    """The step of the loading with its entries, what came from what, the bags, and the lots scanned on the way."""
    for child, parent in ((2, 1), (3, 1), (4, 2), (4, 3), (5, 4), (6, 5), (7, 5)):
        yield Descent(child=f"{BATCH}-C{child:02d}", parent=f"{BATCH}-C{parent:02d}", recipient="SUB-0001",
                      donor="DON-0001")
    for bag in (6, 7):
        yield DoseBag(container=f"{BATCH}-C{bag:02d}", dose=DOSE, attempt=1, volume_ml=Decimal(60),
                      residual_ml=Decimal(0), filled_at=FILLED, filled_by=crew.operator,
                      expires_at=FILLED + timedelta(hours=24), expiry_governed_by="shelf life",
                      checked_by=crew.verifier, checked_at=FILLED)
    step = session.get_one(Step, f"{BATCH}/load")
    step.state, step.done_at, step.performed_by, step.performed_at = "verified", FILLED, crew.operator, FILLED
    step.verified_by, step.verified_at = crew.verifier, FILLED
    told = {"antibody": "LOT-0001", "bag": f"{BATCH}-C05", "started": FILLED - timedelta(hours=2),
            "stopped": FILLED - timedelta(hours=1),
            **{f"lot_{number}": f"LOT-{number:04d}" for number in range(2, LOTS + 1)}}
    for field, value in told.items():
        moment = None if isinstance(value, str) else value
        yield StepEntry(code=f"{step.code}/{field}.1", step=step.code, field=field, how="scanned", verdict="",
                        value=f"{value:%Y-%m-%dT%H:%M:%SZ}" if moment else str(value), moment=moment, unit="",
                        entered_by=crew.operator, entered_at=FILLED, reason="")


def _sampled(crew: Crew, many: int) -> Iterator[Sample]:
    """A sample for every result: of either bag, and as many of the batch as it takes."""
    for number in range(1, many + 1):
        of_dose = number <= 2 * len(OF_DOSE)
        yield Sample(code=f"S-{number:04d}", batch=BATCH, purpose="release", taken_at=FILLED, taken_by=crew.operator,
                     container=f"{BATCH}-C{6 + number % 2:02d}" if of_dose else f"{BATCH}-C05",
                     dose=DOSE if of_dose else None, attempt=1 if of_dose else None)


def _tested(crew: Crew, many: int) -> Iterator[object]:
    """What was found in each, and one sterility test that runs."""
    for number in range(1, many + 1):
        test = OF_DOSE[(number - 1) // 2] if number <= 2 * len(OF_DOSE) else "mycoplasma"
        value, unit = REPORTED[test]
        yield Result(code=f"R-{number:06d}", sample=f"S-{number:04d}", batch=BATCH, test=test, unit=unit,
                     specification="NK-RELEASE/1", value=value, verdict="PASS", note="",
                     tested_at=FILLED, tested_by=crew.operator, state="reviewed", reviewed_by=crew.verifier,
                     reviewed_at=FILLED)
    yield SterilityRead(code="SR-000001", sample="S-0001", day=1, reading="no growth",
                        read_at=FILLED + timedelta(days=1), read_by=crew.operator)


def _labels(session: Session, crew: Crew) -> Iterator[PrintedLabel]:
    """The label of each bag, saying what the records say."""
    of = dose(session, DOSE)
    for number, bag in enumerate(session.query(DoseBag).order_by(DoseBag.container), 1):
        code = f"LBL-{number:06d}"
        yield PrintedLabel(code=code, container=bag.container, layout="dose_bag", copy=1, pdf_hash="-", within=BATCH,
                           facts=json.dumps(label_now(session, of, bag, Physical(code))), printed_at=FILLED,
                           printed_by=crew.operator, reason="", state="applied", applied_by=crew.operator,
                           applied_at=FILLED)


def _review(crew: Crew, reviewed: str) -> Review:
    return Review(code=f"{BATCH}-R1", batch=BATCH, stage=1, record_hash=reviewed, seed="-", drawn="",
                  begun_by=crew.supervisor, begun_at=FILLED, state="signed", statement="Reviewed.",
                  ended_by=crew.supervisor, ended_at=FILLED)

