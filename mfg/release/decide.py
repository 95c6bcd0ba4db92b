"""One decision, judged: the single function that button, gate, API, paper and command line ask.

Pure. It asks the rules of trial, donors and loading again, as they stand, and those of release; every answer is
kept. It writes nothing and moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mfg.batches.loading import LOADING
from mfg.batches.stop_rules import STOPS, Stopped
from mfg.donors.collection_rules import RECEIPT
from mfg.donors.rules import DONOR
from mfg.facts import Finding, Rule, Verdict, judge, verdict_of
from mfg.qc.sampling_answers import SAMPLED, ForDose
from mfg.release.custody_rules import CUSTODY
from mfg.release.dossier import Deciding, Disposition, Dossier, hash_of
from mfg.release.oos_rules import OOS
from mfg.release.record_rules import RECORD
from mfg.release.rules import AUTHORITY, BATCH, FILL, TESTING
from mfg.release.testing_rules import CONDITIONAL, RELEASE, OneTest, final_negative
from mfg.trial.dose import DoseFacts
from mfg.trial.dose_rules import DOSE


@dataclass(frozen=True)
class Judged:
    """A dossier with all its findings at one moment.

    `conditional` and `full` are the answers on the evidence; `authority` asks whether quality assurance has
    disposed of it, which is for the qualified person's decision and not for the disposition itself.
    """

    dossier: Dossier
    evidence_hash: str
    at: datetime
    conditional: tuple[Finding, ...]
    full: tuple[Finding, ...]
    authority: tuple[Finding, ...]

    @property
    def for_condition(self) -> tuple[Finding, ...]:
        """What stands between this dose and a conditional release."""
        return (*self.conditional, *self.authority)

    @property
    def for_release(self) -> tuple[Finding, ...]:
        """What stands between this dose and its certification."""
        return (*self.full, *self.authority)

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdict of each decision that could be taken now."""
        return {"give disposition": verdict_of(self.conditional),
                "release dose on condition": verdict_of(self.for_condition),
                "release dose": verdict_of(self.for_release)}

    @property
    def open_tests(self) -> tuple[Finding, ...]:
        """The tests a conditional release would leave open: clean so far, not final."""
        return tuple(full for clean, full in zip(self.conditional, self.full, strict=True)
                     if clean.verdict is Verdict.PASS and full.verdict is not Verdict.PASS)


def judge_dossier(dossier: Dossier, at: datetime, *, dispositions: tuple[Disposition, ...] = (),
                  left_at: datetime | None = None) -> Judged:
    """Ask every rule about this evidence at this moment; `left_at` is when the dose was released on condition."""
    hashed = hash_of(dossier)
    deciding = Deciding(dossier, left_at or at, hashed, dispositions, left_at is not None)
    common = tuple(_common(deciding))
    return Judged(dossier, hashed, at, (*common, *_tests(dossier, CONDITIONAL)), (*common, *_tests(dossier, RELEASE)),
                  judge(AUTHORITY, deciding))


def _common(f: Deciding) -> Iterator[Finding]:
    """The rules that both kinds of release ask."""
    dossier = f.dossier
    arithmetic = replace(dossier.arithmetic or DoseFacts(), protocol=dossier.protocol, decided_at=f.at)
    yield from judge(DOSE, arithmetic)
    yield from judge(FILL, f)
    yield from judge(BATCH, f)
    yield from judge(RECORD, f)
    yield from judge(CUSTODY, f)
    yield from judge(SAMPLED, ForDose(dossier.dose, dossier.attempt, dossier.sampling, max(
        (bag.filled_at for bag in dossier.bags), default=None)))
    yield from judge(STOPS, Stopped(dossier.dose, "", dossier.stops))
    yield from _asked(DONOR, dossier.donor, "Nothing is known of the donor.")
    yield from _asked(RECEIPT, dossier.receipt, "Nothing is known of the collection's receipt.")
    if dossier.loadings is not None:
        for loading in dossier.loadings or (None,):
            yield from _asked(LOADING, loading and replace(loading, at=f.at), "The loading is not recorded.")
    yield from judge(TESTING, f)
    yield from judge(OOS, f)


def _asked(rules: tuple[Rule[Any], ...], facts: Any, why: str) -> tuple[Finding, ...]:
    """Rules of another room; without facts none of them can be determined."""
    if facts is not None:
        return judge(rules, facts)
    return tuple(Finding(one.id, Verdict.CANNOT_DETERMINE, why, title=one.title) for one in rules)


def _tests(dossier: Dossier, rules: dict[str, Rule[OneTest]]) -> Iterator[Finding]:
    """One finding for each mandatory test; characterisation decides nothing."""
    for test in dossier.tests:
        if test.mandatory and test.timing in rules:
            # a sterility test that has to end before release is final or it is not there
            asked = final_negative if test.kind == "sterility" and test.timing == "before" else rules[test.timing]
            yield replace(asked(OneTest(test, dossier)), title=test.title)
