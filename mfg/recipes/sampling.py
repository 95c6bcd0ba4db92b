"""What makes a plan of samples unusable: alone, and together with a specification. Pure.

Which samples were drawn is the batches' affair, what came of them that of qc.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mfg.recipes.master import MasterRecord, Sampled

if TYPE_CHECKING:
    from mfg.recipes.specification import Specification

Path = tuple[str | int, ...]
_ID = re.compile(r"[a-z][a-z0-9_]{0,23}\Z")


def sample_faults(record: MasterRecord) -> Iterator[tuple[Path, str]]:
    """Each fault of the plan alone, with its place and its sentence."""
    for at, one in enumerate(record.samples):
        for key, wrong, why in _checks(record, one):
            if wrong:
                yield ("samples", at, key), f"sample “{one.id}”: {why}."


def _checks(record: MasterRecord, one: Sampled) -> tuple[tuple[str, bool, str], ...]:
    limits = one.low_c is not None and one.high_c is not None
    return (
        ("id", not _ID.match(one.id),
         "the id has to be 1 to 24 lower-case letters, digits and underscores, a letter first"),
        ("step", record.step(one.step) is None, f"there is no step “{one.step}”; name the step it is drawn at"),
        ("tests", not one.tests and one.retain_days is None,
         "it has no test and is not kept; name its tests, or for how many days it is kept"),
        ("tests", len(set(one.tests)) < len(one.tests), "a test is listed twice"),
        ("volume_ml", one.volume_ml is not None and one.volume_ml <= 0, "the volume of a tube is more than 0 mL"),
        ("receipt_minutes", one.receipt_minutes <= 0,
         "the time until receipt is more than 0 minutes"),
        ("low_c", limits and one.low_c > one.high_c, "low_c lies above high_c"),  # type: ignore[operator]
    )


def plan_faults(record: MasterRecord, specification: Specification) -> list[str]:
    """What of a plan does not fit a specification, each as a sentence; nothing where there is no plan."""
    if not record.samples:
        return []
    known = {one.id: one for one in specification.tests}
    found = []
    for one in record.samples:
        unknown = [id for id in one.tests if id not in known]
        scopes = {known[id].scope for id in one.tests if id in known}
        if unknown:
            found.append(f"The sample {one.title} asks for {', '.join(unknown)}, which {specification.key} does not "
                         "have.")
        if len(scopes) > 1 or (one.container_kind == "dose bag" and "batch" in scopes):
            found.append(f"The sample {one.title} asks for tests of the batch and of a dose; a sample is of one of "
                         "them.")
    planned = {id for one in record.samples for id in one.tests}
    missing = [one.title for one in specification.tests if one.mandatory and one.id not in planned]
    if missing:
        found.append(f"No sample of the plan is for: {', '.join(missing)}. Without a sample a mandatory test has no "
                     "result, and no dose leaves.")
    return found
