"""What the second person reads or scans again without seeing the first: which values, and whether both are the same.

It tells nobody the first value. What it finds goes to the rules; a refusal of STEP-07 is a mismatch.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.entering import Job, container_scanned, telling
from mfg.batches.flow import NOT_APPLICABLE
from mfg.batches.records import StepEntry
from mfg.batches.rules import Verifying
from mfg.facts import Reading, number
from mfg.materials.scanning import lot_scanned
from mfg.recipes.master import FieldSpec

NUMBERS = ("number", "reading")
HIDDEN = "read it again"


def again(work: Job) -> list[FieldSpec]:
    """The fields whose values are read again: those marked blind, and every number that came from paper."""
    return [one for one in work.shape.fields if (entry := work.entries.get(one.id)) is not None
            and read_again(one, entry)]


def read_again(spec: FieldSpec, entry: StepEntry) -> bool:
    """Is this value read again by the second person?"""
    return entry.how != NOT_APPLICABLE and (spec.blind or (entry.how == "transcribed" and spec.kind in NUMBERS))


def hidden(work: Job) -> frozenset[str]:
    """The ids of fields not to be shown while a second reading is due: those, and what is calculated from them."""
    if work.row.state != "performed":
        return frozenset()
    return telling(work.shape, (one.id for one in again(work)))


def verifying(session: Session, work: Job, verifier: str, readings: Mapping[str, str],
              undetermined: tuple[str, ...]) -> Verifying:
    """What the rules need to know of a verification. `readings`: field id -> as read or scanned again."""
    asked = again(work)
    told = tuple((one.label, _first(one, work.entries[one.id]), _second(session, work, one, readings.get(one.id, "")))
                 for one in asked)
    unknown = tuple(sorted(set(readings) - {one.id for one in asked}))
    entered_by = frozenset(session.scalars(select(StepEntry.entered_by).where(  # what was corrected since, too
        StepEntry.step == work.row.code, StepEntry.how != "computed")))
    return Verifying(work.row.code, verifier, entered_by, told, unknown, undetermined)


def _first(spec: FieldSpec, entry: StepEntry) -> str:
    return str(Reading.parse(entry.value)) if spec.kind in NUMBERS else entry.value


def _second(session: Session, work: Job, spec: FieldSpec, text: str) -> str | None:
    """The second reading as it would be kept; None when there is none."""
    typed = text.strip()
    if not typed:
        return None
    if spec.kind == "scan container":
        donation = spec.container_kind == "collection bag"
        return container_scanned(session, work.batch, typed, donation=donation)[0].code
    if spec.kind == "scan lot":
        return lot_scanned(session, typed)[0].code
    if spec.kind in NUMBERS:
        reading = Reading.parse(typed, what=spec.label) if spec.kind == "reading" else \
            Reading(number(typed, what=spec.label))
        return str(reading)
    return typed
