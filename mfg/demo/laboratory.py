"""The laboratory of the demonstration: a counter whose file is read and confirmed, and one result out of specification.

The format of the file is the one the counter writes; its numbers are the demonstration's own.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from mfg.batches.scans import as_scanned
from mfg.db import look
from mfg.demo.plant import Plant
from mfg.equipment import acts as equipment
from mfg.qc import acts as qc
from mfg.qc import instrument_acts, oos_acts, slot_acts
from mfg.qc.instrument_preview import preview_of
from mfg.qc.instrument_records import InstrumentFileRow, readings_of_file
from mfg.qc.oos_records import oos_of_result, slots_of
from mfg.qc.oos_rules import AS_REQUIRED, CHECKLIST, ERROR, NOT_AS_REQUIRED
from mfg.quality import acts as quality
from mfg.quality import investigation_acts
from mfg.quality.records import deviation
from mfg.uploads import raw_upload

HEAD = ("Sample ID", "Cell count", "Viable cells", "Total (x10^6) cells/mL", "Viable (x10^6) cells/mL", "Viability (%)",
        "Average diameter (μm)", "Analysis date/time", "Analysis by", "Dilution")
#: viable and total, 10^6 cells per mL: three independent dilutions of the formulated product
COUNTED = (("5.91", "6.19"), ("5.83", "6.11"), ("5.87", "6.16"))
#: what is reported of a test whose tube was stained twice, and of its repeat
STAINED_TWICE, REPEATED = "61", "91"


def counter(plant: Plant) -> str:
    """An automated cell counter: registered, calibrated by one and confirmed by another, maintained, qualified."""
    code = plant.do(equipment.register_equipment, plant.who("production supervisor"), kind="cell counter",
                    name="Cell counter", serial="BLU-DEMO-1", room="ROOM-0001", needs_calibration=True,
                    calibration_days=365, needs_maintenance=True, maintenance_days=180, cleaning_rule="not needed",
                    cleaning_hours=None)
    made = plant.do(equipment.record_calibration, plant.who("operator"), equipment=code, point="concentration beads",
                    reference=Decimal("1.00"), tolerance=Decimal("0.10"), as_found=Decimal("1.02"),
                    as_left=Decimal("1.02"), unit="10*6/mL", certificate="C-DEMO-1", calibrated_at=plant.now)
    plant.do(equipment.confirm_calibration, plant.who("verifier"), calibration=made)
    plant.do(equipment.record_maintenance, plant.who("operator"), equipment=code, what="Flow cell cleaned",
             done_at=plant.now)
    plant.do(equipment.qualify_equipment, plant.who("qa"), equipment=code, report="PQ-DEMO-1")
    plant.say(f"  cell counter {code} registered, calibrated (beads 1.02 of 1.00 x 10^6/mL), qualified")
    return code


def count(plant: Plant, device: str, sample: str) -> str:
    """Three dilutions: the counter writes a file, a person confirms what was read, the result rests on it."""
    plant.wait(minutes=6)
    rows = [",".join((sample, "1000", str(round(1000 * Decimal(viable) / Decimal(total))), total, viable,
                      f"{100 * Decimal(viable) / Decimal(total):.1f}", "11.8",
                      f"{plant.now - timedelta(minutes=5 - number):%Y-%m-%d %H:%M:%S}", "qc.analyst.1", "1"))
            for number, (viable, total) in enumerate(COUNTED, 1)]
    content = "\n".join((",".join(HEAD), *rows, "")).encode()
    file = plant.do(instrument_acts.read_instrument_file, plant.who("qc analyst"), zone="UTC",
                    equipment=as_scanned(device), file=raw_upload(f"{sample}.csv", content))
    with look(plant.engine) as session:
        seen = preview_of(session, session.get_one(InstrumentFileRow, file)).hash
    plant.do(instrument_acts.confirm_instrument_file, plant.who("qc analyst"), instrument_file=file, seen=seen)
    with look(plant.engine) as session:
        readings = [one.code for one in readings_of_file(session, file)]
    result = plant.do(qc.record_result, plant.who("qc analyst"), sample=sample, test="viable_count", readings=readings)
    plant.do(qc.review_result, plant.who("qc reviewer"), result=result)
    plant.say(f"  counts of {sample}: file {file} of the counter read, {len(readings)} readings confirmed by a person, "
              f"result {result} rests on them")
    return result


def stained_twice(plant: Plant, sample: str) -> None:
    """A result out of specification: an error of the laboratory is shown, it is invalidated and stays visible, and the
    one repeat takes its place."""
    first = plant.do(qc.record_result, plant.who("qc analyst"), sample=sample, test="cd16", value=STAINED_TWICE)
    with look(plant.engine) as session:
        opened = oos_of_result(session, first)
    assert opened is not None, "a failing result opens its OOS in the same act"
    plant.do(qc.review_result, plant.who("qc reviewer"), result=first)
    plant.do(oos_acts.begin_laboratory_investigation, plant.who("qc reviewer"), oos=opened.code)
    answers = dict.fromkeys(CHECKLIST, AS_REQUIRED) | {"method": NOT_AS_REQUIRED}
    plant.do(oos_acts.record_laboratory_investigation, plant.who("qc reviewer"), oos=opened.code, outcome=ERROR,
             error="method error", method_found="The tube was stained twice; the worksheet shows it.", **answers)
    plant.do(oos_acts.invalidate_result, plant.who("qa", 2, reason="The worksheet shows the error."), oos=opened.code,
             others_affected="no", others_looked_at="The other tubes of the day: each stained once.")
    with look(plant.engine) as session:
        (slot,) = slots_of(session, opened)
    second = plant.do(slot_acts.record_repeat, plant.who("qc analyst"), slot=slot.code, value=REPEATED)
    plant.do(qc.review_result, plant.who("qc reviewer"), result=second)
    _closed(plant, opened.deviation)
    plant.say(f"  OUT OF SPECIFICATION: {first} of {sample}, CD16+ {STAINED_TWICE} %; 70 to 100 % was expected. "
              f"{opened.code}: stained twice; invalidated by QA, it stays visible; its one repeat {second} is "
              f"{REPEATED} %")


def _closed(plant: Plant, code: str) -> None:
    """Its deviation: confirmed, judged, investigated, closed by another person of quality assurance."""
    with look(plant.engine) as session:
        row = deviation(session, code)
    plant.do(quality.confirm_deviation, plant.who("qc analyst"), deviation=code, requirement="One staining a tube.",
             immediate="The tube was set apart.")
    plant.do(quality.classify_deviation, plant.who("qa", 2), deviation=code, kind=row.kind, severity=row.severity,
             why="It is what the table says of its class.")
    plant.do(investigation_acts.investigate_deviation, plant.who("qc reviewer"), deviation=code,
             findings="The worksheet has the antibody twice for this tube.", root_cause="Interrupted work.",
             method="5 whys", product_impact="None: the repeat of the kept sample is within its limits.",
             patient_impact="None: the product is as meant.", others_affected="no",
             others_why="The other tubes of the day were stained once.")
    plant.do(quality.submit_deviation, plant.who("qc reviewer"), deviation=code)
    plant.do(quality.close_deviation, plant.who("qa", 2), deviation=code, conclusion="A fault of the laboratory; the "
             "product is not touched by it.", no_capa_why="Seen once; it is counted if it comes again.")
