"""What the flow rules say of a cytometer's measurement, by the tests that its sample is for. It keeps nothing.

The claimed limit and its events are judged with the result (`evidence_rules.claimed`); here only what the file and the
specification tell: the whole path, the approved gates, cells in two gates at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mfg.batches.records import Batch
from mfg.facts import Finding, Verdict
from mfg.instruments.flow_claim import Method, claim_of
from mfg.instruments.flow_fcs import KIND
from mfg.instruments.flow_rules import gates_approved, no_overlap, whole_path
from mfg.instruments.found import InstrumentFile, Measurement
from mfg.qc.records import Sample
from mfg.recipes.records import specification_in
from mfg.recipes.specification import Test


def tests_of_samples(session: Session, samples: Iterable[str]) -> dict[str, tuple[Test, ...]]:
    """Sample -> the tests of the specification its batch pins that are the share of a gate."""
    rows = session.execute(select(Sample.code, Sample.dose, Batch.specification).join(
        Batch, Batch.code == Sample.batch).where(Sample.code.in_(list(samples)))).all()
    texts = {code: specification_in(session, code).tests for code in {row.specification for row in rows}}
    return {code: tuple(one for one in texts[specification] if one.population
                        and (one.scope == "dose") == (dose is not None)) for code, dose, specification in rows}


def flow_findings(file: InstrumentFile, run: Measurement, tests: Iterable[Test], at: datetime | None
                  ) -> tuple[Finding, ...]:
    """Every finding about the shares that this run holds for tests of its sample, each sentence once."""
    asked = tuple(tests)
    here = [one for one in asked if run.value("percent_of_parent", one.population) is not None]
    paths = {one.role: one.population for one in asked}
    found: dict[tuple[str, str], Finding] = {}
    for test in here:
        claim = claim_of(file, run, Method(test.population, paths.get("nk_percent", ""), paths.get("cd3_percent", ""),
                                           approved_gates=test.gates), (), at)
        told = [whole_path(claim)]
        told += [gates_approved(claim)] if file.kind == KIND else []
        # of a program's export nobody can tell what lies in two gates: only what cannot be is said of it
        told += [one for one in (no_overlap(claim),) if one.verdict is Verdict.FAIL]
        found |= {(one.rule, one.why): one for one in told}
    return tuple(found.values())
