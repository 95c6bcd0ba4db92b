"""How the demonstration's people work through steps: enter, perform, verify, each by the right person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mfg.batches import runner, transforming
from mfg.batches.records import batch as load_batch
from mfg.batches.records import step as load_step
from mfg.batches.scans import as_scanned
from mfg.db import look
from mfg.demo.plant import Plant
from mfg.recipes.master import FieldSpec
from mfg.recipes.records import master_record_in


@dataclass
class Work:
    """A batch under way: its containers by the name the story gives them, its lots by kind, as scanned."""

    batch: str
    recipient: str
    containers: dict[str, str]
    lots: dict[str, str]


def perform(plant: Plant, work: Work, step: str, **values: str | datetime) -> None:
    """Enter every value, sign as performer, and let a second person verify, reading blind what is to be read blind."""
    code = step if "/" in step else f"{work.batch}/{step}"
    fields = _fields(plant, work, code)
    for name, value in values.items():
        plant.do(runner.enter_value, plant.present("operator"), step=code, field=name,
                 value=_told(work, fields[name], value), unit=fields[name].unit or "")
    plant.do(runner.perform_step, plant.who("operator"), step=code, done_at=plant.now)
    blind = {name: _told(work, fields[name], value) for name, value in values.items() if fields[name].blind}
    plant.do(runner.verify_step, plant.who("verifier"), step=code, readings=blind)


def _fields(plant: Plant, work: Work, code: str) -> dict[str, FieldSpec]:
    with look(plant.engine) as session:
        record = master_record_in(session, load_batch(session, work.batch).master_record)
        wanted = load_step(session, code).step_id
    return {one.id: one for _, step in record.steps() if step.id == wanted for one in step.fields}


def _told(work: Work, field: FieldSpec, value: str | datetime) -> str:
    """As it reaches the system: times with their zone, containers and lots as the scanner sends them."""
    if isinstance(value, datetime):
        return value.isoformat()
    if field.kind == "scan lot":
        return work.lots[value]
    if field.kind == "scan container" and value in work.containers:
        return as_scanned(work.containers[value])
    return value


def container(plant: Plant, work: Work, transformation: str, parent: str, volume: str, *, name: str,
              taken: str | None = None) -> str:
    """Make a container from another one of this batch and remember it by its name in the story; mL.

    Without `taken` all that is in the parent goes into it.
    """
    work.containers[name] = plant.do(
        transforming.make_container, plant.present("operator"), batch=work.batch, transformation=transformation,
        parents=[as_scanned(work.containers[parent])], volume_ml=Decimal(volume),
        taken_ml=[] if taken is None else [Decimal(taken)])
    return work.containers[name]


def repeat(plant: Plant, work: Work, step: str) -> str:
    """Once more the same step, or the next stage of the staged part."""
    return plant.do(runner.repeat_step, plant.present("operator"), step=f"{work.batch}/{step}")
