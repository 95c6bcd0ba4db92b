"""What in the tests of a batch is not as planned: out of specification, or tested again. It judges nothing."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mfg.batches.records import Batch
from mfg.qc.oos_records import Tested
from mfg.qc.records import Result
from mfg.qc.rules import GRAVE_ROLES, limit_text, shown_value
from mfg.recipes.records import specification_in
from mfg.recipes.specification import Specification
from mfg.review.batch_record import OosLine
from mfg.units import in_words


def oos_lines(session: Session, row: Batch, tested: Tested) -> tuple[OosLine, ...]:
    """Every OOS of the batch and its doses, oldest first."""
    if not tested.oos:
        return ()
    results, asked = {one.code: one for one in tested.results}, specification_in(session, row.specification)
    lines = []
    for one in tested.oos:
        test = asked.test(one.test)
        severity = "critical" if test and test.role in GRAVE_ROLES else "major"
        lines.append(OosLine(one.code, one.result, test.title if test else one.test,
                             _value(asked, results[one.result]), limit_text(test) if test else "", one.state, severity,
                             one.opened_by, one.opened_at))
    return tuple(lines)


def repeat_lines(session: Session, row: Batch, tested: Tested) -> tuple[OosLine, ...]:
    """Every slot of a further test that was used or may still be, in the order they were opened."""
    if not tested.slots:
        return ()
    results, asked = {one.code: one for one in tested.results}, specification_in(session, row.specification)
    return tuple(OosLine(one.code, one.result or one.follows, one.why,
                         _value(asked, results[one.result]) if one.result else "not recorded", "", one.title, "minor",
                         one.opened_by, one.opened_at) for one in tested.slots)


def _value(asked: Specification, row: Result) -> str:
    return f"{shown_value(asked.test(row.test), row.value)} {in_words(row.unit)}".strip()
