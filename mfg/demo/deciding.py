"""Harvest, loading, filling, testing, and the decisions over two doses."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from mfg.batches import filling
from mfg.batches.records import bags_of
from mfg.batches.records import dose as load_dose
from mfg.batches.scans import as_scanned
from mfg.db import look
from mfg.demo import figures, laboratory, papers
from mfg.demo.plant import Plant
from mfg.demo.stepping import Work, container, perform, repeat
from mfg.facts import Finding, Refused, Verdict, judge, plain
from mfg.qc import acts as qc
from mfg.release import acts as release
from mfg.release.gather import decide
from mfg.review import acts as reviews
from mfg.review.completeness import COMPLETENESS
from mfg.review.exceptions import exceptions_of
from mfg.review.gather import batch_record
from mfg.review.records import review as load_review
from mfg.trial import acts as trial

BATCH_TESTS = {"b_cells": "<0.1", "monocytes": "0.2", "residual_feeder": "<0.05",
               "sterility_ip": "no growth to date", "mycoplasma": "not detected", "identity": "matches the donor"}
DOSE_TESTS = {"appearance": "slightly turbid, no clumps", "viability": plain(figures.VIABILITY.value),
              "nk_percent": plain(figures.PURITY.value), "cd3_percent": "0.3", "loaded": "92",
              "endotoxin": "<0.5", "gram": "no organisms seen"}


def first_dose(plant: Plant, work: Work) -> str:
    """Dose 1: everything passes, sterility still runs: released on condition."""
    weigh(plant, work, "69.8")
    plant.scene("Day 21: first harvest, loading with the bispecific, dose 1")
    plant.counter = laboratory.counter(plant)
    load(plant, work, 1, cells=Decimal("1.2e9"))
    dose = plant.do(filling.plan_dose, plant.who("production supervisor"), batch=work.batch, infusion=1)
    fill(plant, work, dose, "125")
    sample_step(plant, work, dose, 1)
    batch_results(plant, work)
    dose_results(plant, dose)
    dispose(plant, dose)
    release_on_condition(plant, dose)
    return dose


def second_dose(plant: Plant, work: Work) -> str:
    """Dose 2: the recipient has gained weight, the dose no longer matches: refused, filled again, released."""
    plant.wait(hours=90)
    plant.scene("Day 25: second harvest, dose 2")
    load(plant, work, 2, cells=Decimal("1.7e9"))
    dose = plant.do(filling.plan_dose, plant.who("production supervisor"), batch=work.batch, infusion=2)
    fill(plant, work, dose, "100")
    sample_step(plant, work, dose, 2)
    dose_results(plant, dose)
    dispose(plant, dose)
    plant.scene("Before the release of dose 2 the recipient is weighed again")
    weigh(plant, work, "71.4")
    refuse(plant, dose)
    plant.scene("Dose 2 is filled again, with more volume")
    fill(plant, work, dose, "125")
    dose_results(plant, dose)
    dispose(plant, dose)
    release_on_condition(plant, dose)
    return dose


def weigh(plant: Plant, work: Work, kg: str) -> None:
    """Two people, each reading the scale."""
    code = plant.do(trial.record_weight, plant.who("clinical coordinator"), recipient=work.recipient,
                    kg=Decimal(kg), measured_at=plant.now)
    plant.do(trial.confirm_weight, plant.who("clinical coordinator", 2), weight=code, kg=Decimal(kg))
    plant.say(f"  recipient weighed: {kg} kg at {plant.now:%Y-%m-%d %H:%M} UTC, read by two people ({code})")


def load(plant: Plant, work: Work, stage: int, *, cells: Decimal) -> None:
    """Harvest, contact with the antibody, two washes, controls, formulation."""
    def named(step: str) -> str:
        return step if stage == 1 else f"{step}~{stage}"

    if stage > 1:
        repeat(plant, work, "harvest")
    harvest, loaded = f"harvest {stage}", f"loaded {stage}"
    volume = cells / 10**7
    made = container(plant, work, "harvest", "culture", plain(volume), taken=plain(_drawn(cells)), name=harvest)
    if stage == 1:
        papers.label(plant, made, large=False)
    perform(plant, work, named("harvest"), vessel="culture", bag=harvest, counted_at=plant.now, viable_1="9.9",
            viable_2="10.1", viable_3="10.0", volume=plain(volume), viability=plain(figures.VIABILITY.value))
    perform(plant, work, named("load_prepare"), bag=harvest, cells=plain(cells), volume=plain(volume),
            viability="95", cd16="91")
    started = plant.now
    perform(plant, work, named("load_add"), antibody="bispecific antibody", bag=harvest,
            antibody_ml=plain(cells / 10**6 * 10 / 1000), started=started,
            temperature=plain(figures.TEMPERATURE.value))
    plant.now = stopped = started + timedelta(minutes=int(figures.CONTACT_MINUTES.value))
    perform(plant, work, named("load_stop"), temperature=plain(figures.TEMPERATURE.value), stopped=stopped)
    for wash in ("wash_off_1", "wash_off_2"):
        perform(plant, work, named(wash), buffer="wash buffer", total="250", residual="20")
    made = container(plant, work, "load", harvest, "20", name=loaded)
    if stage == 1:
        papers.label(plant, made, large=False)
    after = cells * Decimal("0.85")
    perform(plant, work, named("loaded_check"), bag=loaded, cells=plain(after), viability="94", loaded="92",
            unloaded="0.9", mfi_loaded="9000", mfi_unloaded="600", mfi_saturated="10500", free="<0.05")
    perform(plant, work, named("formulate"), bag=loaded, formulation="formulation", bag_set="bag or set",
            volume=plain(round(after / Decimal("5.87e6"), 0)), appearance="slightly turbid, no clumps")
    plant.say(f"  {plain(cells)} cells in contact for {figures.CONTACT_MINUTES.value} min with 10 ug antibody per "
              f"million, washed twice; 92 % loaded (unloaded control 0.9 %)")


def _drawn(cells: Decimal) -> Decimal:
    """So many mL of the culture hold these cells, a tenth of which harvest and washes lose."""
    return Decimal(round(cells / Decimal("0.9") * figures.CULTURE_ML / figures.HARVESTED.value))


def fill(plant: Plant, work: Work, dose: str, volume: str) -> None:
    """One bag, filled by one and read by another."""
    stage = dose[-1]
    plant.do(filling.fill_dose, plant.who("operator"), dose=dose, source=as_scanned(work.containers[f"loaded {stage}"]),
             volumes_ml=[Decimal(volume)], residuals_ml=[Decimal(0)], filled_at=plant.now)
    bag = _bag(plant, dose)
    plant.do(filling.check_fill, plant.who("verifier"), dose=dose, bag=as_scanned(bag), volume_ml=Decimal(volume))
    plant.say(f"  {dose}: {volume} mL in bag {bag}, filled by one person and read again by another")


def _bag(plant: Plant, dose: str) -> str:
    with look(plant.engine) as session:
        return bags_of(session, load_dose(session, dose))[0].container


def sample_step(plant: Plant, work: Work, dose: str, stage: int) -> None:
    """The step that draws the QC samples of this stage."""
    work.containers[f"bag {stage}"] = _bag(plant, dose)
    container(plant, work, "sample", f"loaded {stage}", "4", taken="4", name=f"tube {stage}")
    step = "qc_sample" if stage == 1 else f"qc_sample~{stage}"
    perform(plant, work, step, **{"from": f"bag {stage}"}, tube=f"tube {stage}", drawn_at=plant.now, volume="4",
            reserve="yes")


def batch_results(plant: Plant, work: Work) -> None:
    """The tests the specification asks of the batch."""
    sample = plant.do(qc.take_sample, plant.who("operator", 2), container=as_scanned(work.containers["culture"]),
                      purpose="batch tests")
    _results(plant, sample, BATCH_TESTS)
    laboratory.stained_twice(plant, sample)


def dose_results(plant: Plant, dose: str) -> None:
    """The tests of this fill, and the first look at its running sterility test."""
    sample = plant.do(qc.take_sample, plant.who("operator", 2), container=as_scanned(_bag(plant, dose)),
                      purpose="dose tests")
    _results(plant, sample, DOSE_TESTS)
    laboratory.count(plant, plant.counter, sample)
    plant.do(qc.read_sterility, plant.who("qc analyst"), sample=sample, day=0, reading="no growth")
    plant.say(f"  {dose}: {len(DOSE_TESTS) + 1} results recorded and reviewed by a second person; sterility running, "
              "no growth so far")
    papers.label(plant, _bag(plant, dose))


def _results(plant: Plant, sample: str, values: dict[str, str]) -> None:
    for test, value in values.items():
        code = plant.do(qc.record_result, plant.who("qc analyst"), sample=sample, test=test, value=value)
        plant.do(qc.review_result, plant.who("qc reviewer"), result=code)


def _seen(plant: Plant, dose: str) -> str:
    """What a person has on the screen before deciding."""
    with look(plant.engine) as session:
        return decide(session, dose, plant.now).evidence_hash


def review(plant: Plant, dose: str) -> None:
    """The batch record up to this dose, reviewed by exception."""
    who, batch, stage = plant.who("qa"), dose.rpartition("-")[0], int(dose[-1])
    code = plant.do(reviews.begin_review, who, batch=batch, stage=stage)
    with look(plant.engine) as session:
        record, steps = batch_record(session, batch, stage), load_review(session, code).steps_drawn
    found = exceptions_of(record)
    points = [one.rule for one in judge(COMPLETENESS, record) if one.verdict is Verdict.CANNOT_DETERMINE]
    for key in (*(one.key for one in found if one.severity != "minor"), *points):
        plant.do(reviews.assess_exception, who, review=code, exception=key,
                 assessment="Looked into; no effect on the cells of this dose.")
    for step in steps:
        plant.do(reviews.look_at_step, who, review=code, step=step, as_expected=True)
    plant.do(reviews.sign_review, who, review=code, minor_read=True)
    plant.say(f"  {dose}: batch record reviewed by exception ({code}): {len(found)} exceptions, {len(steps)} steps "
              "without exception drawn and looked at")


def dispose(plant: Plant, dose: str) -> None:
    """Quality assurance, who had no hand in the batch."""
    review(plant, dose)
    code = plant.do(release.give_disposition, plant.who("qa"), dose=dose, seen=_seen(plant, dose))
    plant.say(f"  {dose}: quality disposition {code} by QA")


def release_on_condition(plant: Plant, dose: str) -> None:
    """The qualified person, with all findings printed."""
    with look(plant.engine) as session:
        judged = decide(session, dose, plant.now)
    plant.say(f"  Decision over {dose}, evidence {judged.evidence_hash[:12]}:")
    _print(plant, judged.for_condition)
    code = plant.do(release.release_on_condition, plant.who("qualified person"), dose=dose,
                    informed="principal investigator", acknowledged=True, seen=judged.evidence_hash)
    plant.say(f"  RELEASED ON CONDITION: {dose}, decision {code}; final sterility is open")


def refuse(plant: Plant, dose: str) -> None:
    """The same button, the same rules: the new weight takes the dose below tolerance."""
    refused: Refused = plant.refused(
        release.release_on_condition, plant.who("qualified person"), dose=dose,
        informed="principal investigator", acknowledged=True, seen=_seen(plant, dose))
    plant.say(f"  Decision over {dose}:")
    _print(plant, refused.findings)
    if not any(one.rule == "DOSE-01" and one.verdict is Verdict.FAIL for one in refused.findings):
        raise AssertionError("The demonstration expected DOSE-01 to fail.")
    plant.say(f"  REFUSED: {refused.why}")


def _print(plant: Plant, findings: tuple[Finding, ...]) -> None:
    for one in findings:
        plant.say(f"    {one.verdict.value:<16} {one.rule:<8} {one.title}: {one.why}")
