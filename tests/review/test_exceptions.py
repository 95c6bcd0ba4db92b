"""Each kind of exception is found when it is there, and only then; nothing is typed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from mfg.review.batch_record import (
    BatchRecord,
    CustodyLine,
    DeviationLine,
    HoldLine,
    LabelLine,
    LotLine,
    MonitoringLine,
    OosLine,
    ReconciliationLine,
    RedlineLine,
    RefusalLine,
)
from mfg.review.exceptions import KINDS, RecordException, exceptions_of
from tests.review.records import a_step, an_entry, at, good

STEP = "NK-26-001/s1"


def hold(**other: Any) -> HoldLine:
    base: dict[str, Any] = {"code": "H-1", "title": "Open time", "state": "stopped", "started_at": at(0),
                            "stopped_at": at(100), "limit_minutes": Decimal(240), "used_minutes": Decimal(100),
                            "severity": "major", "step": STEP}
    return HoldLine(**(base | other))


def deviation(**other: Any) -> DeviationLine:
    base: dict[str, Any] = {"code": "DEV-0001", "on": STEP, "kind": "limit breach", "severity": "minor", "what": "x",
                            "state": "open", "opened_by": "P-1", "opened_at": at(3)}
    return DeviationLine(**(base | other))


def oos(**other: Any) -> OosLine:
    base: dict[str, Any] = {"code": "OOS-0001", "result": "R-0001", "what": "NK cells", "value": "61.5 %",
                            "limit": "80 to 100 %", "state": "phase I", "severity": "major", "by": "P-1", "at": at(9)}
    return OosLine(**(base | other))


def refusal(**other: Any) -> RefusalLine:
    base: dict[str, Any] = {"seq": 9, "at": at(4), "by": "P-1", "verb": "perform step", "on": STEP, "kind": "rule",
                            "why": "Not possible."}
    return RefusalLine(**(base | other))


def with_entry(**other: Any) -> BatchRecord:
    return good(entries=(an_entry(**other),))


def with_step(**other: Any) -> BatchRecord:
    return good(steps=(a_step(1, **other), a_step(2)))


#: what is in the record -> the kind and severity it has to show
CASES: list[tuple[str, BatchRecord, str, str]] = [
    ("a value outside its limits that was kept", with_entry(verdict="FAIL", reason="why"), "limit breach", "major"),
    ("the same where the field says critical", with_entry(verdict="FAIL", severity="critical"), "limit breach",
     "critical"),
    ("a bound that cannot be judged", with_entry(verdict="CANNOT DETERMINE"), "cannot be judged", "major"),
    ("a value in the alert range", with_entry(verdict="ALERT"), "alert", "minor"),
    ("a value read 16 minutes before it was entered", with_entry(read_at=at(-5), late_reason="busy"), "late entry",
     "minor"),
    ("a corrected value", with_entry(corrects="90", reason="misread"), "correction", "minor"),
    ("a value from paper", with_entry(how="transcribed", paper="7"), "written on paper first", "minor"),
    ("a value marked not applicable", with_entry(how="not applicable", value="N/A"), "not applicable", "minor"),
    ("a code that was typed", with_entry(kind="scan lot", how="typed"), "typed instead of scanned", "minor"),
    ("a step entered late", with_step(done_at=at(-30), late_reason="alarm"), "late entry", "minor"),
    ("a step signed without a demanded value", with_step(missing=("Volume",)), "missing value", "major"),
    ("a step that was skipped", with_step(skipped="no need", state="skipped"), "skipped step", "minor"),
    ("a trainee at work", with_step(supervised_by="P-9"), "worked under supervision", "minor"),
    ("a time exceeded", good(holds=(hold(breached_at=at(240), used_minutes=Decimal(241)),)), "hold breach", "major"),
    ("a time exceeded that nobody noted", good(holds=(hold(used_minutes=Decimal("240.1")),)), "hold breach", "major"),
    ("work that went on after", good(holds=(hold(continued_by="P-7", continued_at=at(250)),)),
     "continued after breach", "major"),
    ("a redline", good(redlines=(RedlineLine("RL-1", STEP, "high of volume", "600", "700", "approved", "P-3", at(1),
                                             "P-7", "larger bag"),)), "redline", "major"),
    ("a result out of specification", good(oos=(oos(),)), "out of specification", "major"),
    ("the same where it tells of organisms", good(oos=(oos(severity="critical"),)), "out of specification", "critical"),
    ("a result that its OOS invalidated", good(oos=(oos(state="invalidated"),)), "out of specification", "major"),
    ("a test that was repeated", good(repeats=(oos(state="retest 1 of 3"),)), "test repeated", "minor"),
    ("a deviation as severe as it is", good(deviations=(deviation(severity="critical"),)), "deviation", "critical"),
    ("a lapse of equipment", good(deviations=(deviation(kind="equipment lapse"),)), "equipment or room lapse", "minor"),
    ("a lapse of training", good(deviations=(deviation(kind="training lapse"),)), "training lapse", "minor"),
    ("monitoring at action", good(monitoring=(MonitoringLine("EM-1", "ROOM-0001", "read", "ACTION", at(5)),)),
     "monitoring", "major"),
    ("monitoring at alert", good(monitoring=(MonitoringLine("EM-1", "ROOM-0001", "read", "ALERT", at(5)),)),
     "monitoring", "minor"),
    ("plates nobody read", good(monitoring=(MonitoringLine("EM-1", "ROOM-0001", "incubating", "", at(5)),)),
     "monitoring", "major"),
    ("a lot recalled after use", good(lots=(LotLine("LOT-1", "medium", "m", "X", "recalled", at(9), STEP, at(1)),)),
     "lot no longer good", "major"),
    ("a sum that does not come out", good(reconciliations=(ReconciliationLine("LOT-1", "FAIL", "2 mL missing"),)),
     "reconciliation", "major"),
    ("a sum nobody can make", good(reconciliations=(ReconciliationLine("LOT-1", "CANNOT DETERMINE", "?"),)),
     "reconciliation", "major"),
    ("a label printed again", good(labels=(LabelLine("LBL-1", "C", "P-1", at(1), at(2)),
                                           LabelLine("LBL-2", "C", "P-1", at(2), None, "smeared"))),
     "label printed again", "minor"),
    ("a failed signature", good(refusals=(refusal(kind="not signed"),)), "failed signature", "minor"),
    ("a refused act", good(refusals=(refusal(),)), "refused act", "minor"),
    ("a second reading that differed", good(refusals=(refusal(rules=("STEP-07",)),)), "second reading differed",
     "minor"),
    ("a bag of another recipient", good(refusals=(refusal(kind="stop"),)),
     "wrong chain of identity", "critical"),
    ("a bag that waits to be taken over", good(custody=(CustodyLine("C", "HO-0001", "CANNOT DETERMINE", "not yet",
                                                                    "P-1", at(3)),)), "custody gap", "major"),
    ("a clock set back", good(clock_set_back=(at(7),)), "clock set back", "major"),
]


@pytest.mark.parametrize(("record", "kind", "severity"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_an_exception_is_computed_from(record: BatchRecord, kind: str, severity: str) -> None:
    assert (kind, severity) in {(one.kind, one.severity) for one in exceptions_of(record)}


def test_a_record_in_which_all_is_well_has_no_exception() -> None:
    assert exceptions_of(good()) == ()


def test_every_kind_has_a_case_here() -> None:
    shown = {row[2] for row in CASES}
    assert set(KINDS) == shown


def test_the_most_severe_come_first_then_the_oldest() -> None:
    record = good(deviations=(deviation(code="DEV-1", severity="minor", opened_at=at(1)),
                              deviation(code="DEV-2", severity="critical", opened_at=at(9)),
                              deviation(code="DEV-3", severity="critical", opened_at=at(2))))
    assert [one.what[:5] for one in exceptions_of(record)] == ["DEV-3", "DEV-2", "DEV-1"]


def test_each_says_value_limit_who_and_when() -> None:
    found = exceptions_of(with_entry(verdict="FAIL", value="700", reason="the bag is larger"))[0]
    assert (found.value, found.limit, found.who, found.at) == ("700 mL", "30 to 600 mL", "P-1", at(11))
    assert found.on == STEP and "the bag is larger" in found.what


@pytest.mark.parametrize("minutes", [0, 14, 15])
def test_up_to_a_quarter_of_an_hour_is_not_late(minutes: int) -> None:
    assert not exceptions_of(with_entry(read_at=at(11 - minutes)))


def test_a_corrected_value_is_not_judged_any_more_but_its_correction_shows() -> None:
    wrong = an_entry(verdict="FAIL", stands=False)
    right = an_entry(code="NK-26-001/s1/volume.2", corrects="700", reason="misread")
    assert [one.kind for one in exceptions_of(good(entries=(wrong, right)))] == ["correction"]


def test_what_was_assessed_is_another_once_it_changes() -> None:
    before, after = (exceptions_of(with_entry(verdict="FAIL", value=value))[0].key for value in ("700", "701"))
    assert before != after


def test_the_order_in_which_things_are_read_changes_nothing() -> None:
    lines = tuple(line for _, record, *_ in CASES for line in record.deviations)
    forward, backward = (exceptions_of(good(deviations=one)) for one in (lines, lines[::-1]))
    assert len(forward) >= len(lines) and forward == backward
    assert all(isinstance(one, RecordException) for one in forward)


def test_nothing_that_is_wrong_in_a_record_hides_another() -> None:
    """All cases in one record: every kind is still there."""
    together = good()
    for name in ("holds", "redlines", "deviations", "monitoring", "lots", "reconciliations", "labels", "refusals",
                 "clock_set_back", "custody", "entries", "steps", "oos", "repeats"):
        lines = tuple(line for _, record, *_ in CASES for line in getattr(record, name))
        together = replace(together, **{name: lines})
    assert {row[2] for row in CASES} <= {one.kind for one in exceptions_of(together)}


def test_a_bag_with_its_whole_and_its_partial_label_was_not_printed_again() -> None:
    whole = good().labels[0]
    assert exceptions_of(good(labels=(whole, replace(whole, code="LBL-0002", layout="partial_label")))) == ()
