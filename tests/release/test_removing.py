"""What keeps a dose back is told by more than one record: taking one away, or blanking it, never opens the gate.

Each case is a whole dossier as the acts leave it: a failing result with its OOS and its deviation, growth with its stop
and its deviation, a sample of the plan with its events.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from mfg.batches.stop_rules import StopFact
from mfg.controls.rules import ControlFacts, Controlled, LevelFacts, control_in_order
from mfg.facts import Verdict
from mfg.release.decide import judge_dossier
from mfg.release.dossier import (
    DeviationFacts,
    Disposition,
    Dossier,
    OosFacts,
    ReadFacts,
    ResultFacts,
    hash_of,
)
from tests.qc.test_sampling_rules import WELL as SAMPLED
from tests.release.cases import NOON, TESTED, WELL, ago

NK = next(one for one in WELL.results if one.test == "nk")
BAD = replace(NK, code="R-90", sample="S-90", value="61.5", verdict="FAIL")
PH = ResultFacts("R-95", "S-95", NK.container, "ph", True, "5.0", "[pH]", "FAIL", "reviewed", "P-0021", "P-0022")
GROWN = ReadFacts("SR-9", "S-6", WELL.dose, 1, 3, "growth suspect", taken_at=ago(days=3))


def deviation(on: str, state: str, severity: str = "major") -> DeviationFacts:
    return DeviationFacts(f"DEV-{on}", on, "NK-26-001", severity, state, "P-0012" if state == "closed" else None)


def oos(result: ResultFacts, state: str) -> OosFacts:
    return OosFacts(f"OOS-{result.code}", result.code, result.test, result.test, WELL.dose, state)


def failing(result: ResultFacts, state: str, of: str = "closed", **change: Any) -> Dossier:
    base = replace(WELL, tests=TESTED, sampling=SAMPLED, **change)
    return replace(base, results=(*base.results, result), oos=(oos(result, state),),
                   deviations=(deviation(result.code, of),))


REPEAT = replace(NK, code="R-91", sample="S-90", slot="repeat", repeats="R-90")
#: name -> (a dossier that holds the dose, the parts in which something is taken away)
CLOSED: dict[str, Dossier] = {
    "confirmed, its deviation closed": failing(BAD, "confirmed"),
    "confirmed, a passing retest": replace(failing(BAD, "confirmed"), results=(
        *WELL.results, BAD, replace(REPEAT, slot="retest"))),
    "in phase I": failing(BAD, "phase I", "draft"),
    "for information only, not concluded": failing(PH, "phase II", "draft"),
    "mycoplasma": replace(failing(replace(NK, code="R-96", test="mycoplasma", of_dose=False, value="detected",
                                          verdict="FAIL"), "confirmed"), stops=(StopFact("ST-1", "R-96", "detected"),)),
    "growth": replace(WELL, sampling=SAMPLED, reads=(*WELL.reads, GROWN), stops=(StopFact("ST-1", "S-6", "growth"),),
                      deviations=(deviation("S-6", "draft", "critical"),)),
    "growth, its deviation closed": replace(WELL, sampling=SAMPLED, reads=(*WELL.reads, GROWN), stops=(
        StopFact("ST-1", "S-6", "growth"),), deviations=(deviation("S-6", "closed", "critical"),)),
}
PARTS = ("results", "oos", "reads", "deviations", "stops", "custody", "siblings", "samples")
BLANKS: tuple[Any, ...] = ("", None, (), False)


def may_leave(dossier: Dossier) -> bool:
    """Any of the two releases, with a disposition over this very evidence."""
    given = Disposition("DEC-0001", dossier.attempt, hash_of(dossier), "P-0012", ago(hours=1))
    found = judge_dossier(dossier, NOON, dispositions=(given,)).verdicts
    return Verdict.PASS in (found["release dose"], found["release dose on condition"])


def rows_of(dossier: Dossier, part: str) -> tuple[Any, ...]:
    if part == "samples":
        return tuple(one for slot in (dossier.sampling.slots if dossier.sampling else ()) for one in slot.drawn)
    return getattr(dossier, part) or ()


def with_rows(dossier: Dossier, part: str, change: Any) -> Dossier:
    """The dossier with each row of a part as `change` gives it; None takes it away."""
    def changed(rows: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(new for one in rows if (new := change(one)) is not None)

    if part != "samples":
        return replace(dossier, **{part: changed(getattr(dossier, part) or ())})
    assert dossier.sampling is not None
    return replace(dossier, sampling=replace(dossier.sampling, slots=tuple(
        replace(slot, drawn=changed(slot.drawn)) for slot in dossier.sampling.slots)))


def blanked(row: Any) -> Iterator[Any]:
    """A row with each of its fields blank, in every way a field of its kind can be."""
    assert is_dataclass(row) and not isinstance(row, type)
    for one in fields(row):
        for blank in BLANKS:
            if type(getattr(row, one.name)) is type(blank) or (blank is None and "None" in str(one.type)):
                yield replace(row, **{one.name: blank})


@pytest.mark.parametrize("name", sorted(CLOSED))
def test_taking_any_one_record_away_never_opens_the_gate(name: str) -> None:
    dossier = CLOSED[name]
    assert not may_leave(dossier)
    for part in PARTS:
        for gone in rows_of(dossier, part):
            assert not may_leave(with_rows(dossier, part, lambda one, gone=gone: None if one == gone else one)), gone


@pytest.mark.parametrize("name", sorted(CLOSED))
def test_blanking_any_field_of_any_record_never_opens_the_gate(name: str) -> None:
    dossier = CLOSED[name]
    for part in PARTS:
        for row in rows_of(dossier, part):
            for blank in blanked(row):
                less = with_rows(dossier, part, lambda one, row=row, blank=blank: blank if one == row else one)
                assert not may_leave(less), (part, blank)


@pytest.mark.parametrize("name", ["growth", "mycoplasma", "in phase I"])
def test_taking_any_two_records_of_three_away_does_not_open_it_either(name: str) -> None:
    dossier = CLOSED[name]
    there = [(part, one) for part in ("oos", "reads", "deviations", "stops") for one in rows_of(dossier, part)]
    there += [("results", one) for one in dossier.results if one.verdict == "FAIL"]
    for two in combinations(there, 2):
        less = dossier
        for part, gone in two:
            less = with_rows(less, part, lambda one, gone=gone: None if one == gone else one)
        assert not may_leave(less), two


@pytest.mark.parametrize("part", ["oos", "stops", "siblings", "custody", "sampling"])
def test_what_nobody_looked_for_opens_nothing(part: str) -> None:
    well = replace(WELL, sampling=SAMPLED)
    assert may_leave(well), "the case itself is well"
    assert not may_leave(replace(well, **{part: None}))


RUN = ControlFacts("CR-1", NOON - timedelta(hours=1), "reviewed", "FAIL", ("1-3s",), "DEV-1", False)


@pytest.mark.parametrize("run", [None, replace(RUN, verdict=""), replace(RUN, verdict="CANNOT DETERMINE"),
                                 replace(RUN, state="excluded"), RUN])
def test_a_control_that_is_gone_or_blank_is_never_in_order(run: ControlFacts | None) -> None:
    facts = Controlled("nk_percent", NOON, (LevelFacts("normal", "CC-1", 24, run),))
    assert control_in_order(facts).verdict is not Verdict.PASS
