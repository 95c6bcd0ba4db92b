"""Procedures in effect, and people who were trained in them before the system came: without either no step is signed."""

from __future__ import annotations

from mfg.demo.plant import PAIRS, Plant
from mfg.documents import acts as documents
from mfg.recipes.master import MasterRecord
from mfg.training import acts as training
from mfg.training import curriculum

TEXT = "# Purpose\nAn example of a procedure, for the demonstration only.\n\n# Steps\n1. Do it as the step says.\n"
WORKERS = ("operator", "verifier", "production supervisor")


def teach(plant: Plant, record: MasterRecord) -> None:
    """Every procedure the master record names is approved and in effect; whoever makes cells is qualified for all."""
    steps = [step for _, step in record.steps()]
    procedures = sorted({step.sop for step in steps if step.sop})
    others = sorted({one for step in steps for one in step.qualifications})
    for key in procedures:
        _procedure(plant, key)
    for code in others:
        plant.do(curriculum.define_training_item, plant.who("qa"), item=code, kind="other", title=code.capitalize(),
                 assessed=False, valid_months=12)
    for role in WORKERS:
        for number in (1, 2) if role in PAIRS else (1,):
            plant.do(training.record_earlier_training, plant.who("qa"), person=plant.staff[
                f"{role.replace(' ', '.')}.{number}"], items=[*procedures, *others], trained_at=plant.now,
                     evidence="training files on paper, demonstration")
    plant.say(f"  {len(procedures)} procedures effective; operators, verifiers and the supervisor qualified for them")


def _procedure(plant: Plant, key: str) -> None:
    code = plant.do(curriculum.draft_procedure, plant.who("qc reviewer"), key=key, title=f"Procedure {key}", text=TEXT)
    plant.do(documents.submit, plant.who("qc reviewer"), kind="procedure", document=code)
    plant.do(documents.approve, plant.who("qa"), kind="procedure", document=code)
    plant.do(documents.make_effective, plant.who("qa"), kind="procedure", document=code,
             also=curriculum.tasks_for_version)
