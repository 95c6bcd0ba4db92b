"""What in the tests of a batch is not as planned: out of specification, or tested again. It judges nothing."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mfg.batches.records import Batch
from mfg.qc.oos_records import oos_of_batch, slots_of_batch
from mfg.qc.records import Result, results_of
from mfg.qc.rules import GRAVE_ROLES, limit_text, shown_value
from mfg.recipes.records import specification_in
from mfg.recipes.specification import Specification
from mfg.review.batch_record import OosLine
from mfg.units import in_words


def oos_lines(session: Session, row: Batch) -> tuple[OosLine, ...]:
    """Every OOS of the batch and its doses, oldest first."""
    found = oos_of_batch(session, row.code)
    if not found:
        return ()
    results, asked = _results(session, row.code), specification_in(session, row.specification)
    lines = []
    for one in found:
        test = asked.test(one.test)
        severity = "critical" if test and test.role in GRAVE_ROLES else "major"
        lines.append(OosLine(one.code, one.result, test.title if test else one.test,
                             _value(asked, results[one.result]), limit_text(test) if test else "", one.state, severity,
                             one.opened_by, one.opened_at))
    return tuple(lines)


def repeat_lines(session: Session, row: Batch) -> tuple[OosLine, ...]:
    """Every slot of a further test that was used or may still be, in the order they were opened."""
    found = slots_of_batch(session, row.code)
    if not found:
        return ()
    results, asked = _results(session, row.code), specification_in(session, row.specification)
    return tuple(OosLine(one.code, one.result or one.follows, one.why,
                         _value(asked, results[one.result]) if one.result else "not recorded", "", one.title, "minor",
                         one.opened_by, one.opened_at) for one in found)


def _results(session: Session, batch: str) -> dict[str, Result]:
    return {one.code: one for one in results_of(session, batch)}


def _value(asked: Specification, row: Result) -> str:
    return f"{shown_value(asked.test(row.test), row.value)} {in_words(row.unit)}".strip()
