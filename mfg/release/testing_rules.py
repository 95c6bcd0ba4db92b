"""The rules about each test of the specification, one finding a test. Pure.

Which rule may be open in a conditional release is data: `CONDITIONAL` differs from `RELEASE` in the one rule about
tests that the signed specification classes as conditional-after.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mfg.facts import Rule, Verdict, need, rule
from mfg.qc.rules import GROWTH
from mfg.recipes.specification import Test
from mfg.release.dossier import Dossier, ReadFacts, ResultFacts

FINAL = "no growth, final"


@dataclass(frozen=True)
class OneTest:
    """One test of the specification, and the evidence for it."""

    test: Test
    dossier: Dossier

    @property
    def results(self) -> tuple[ResultFacts, ...]:
        """Every result that counts, never only the best one."""
        return tuple(one for one in self.dossier.results
                     if one.test == self.test.id and one.of_dose == (self.test.scope == "dose"))

    @property
    def strange(self) -> tuple[ResultFacts, ...]:
        """Results for the dose whose sample is neither of its bags nor of what they were filled from."""
        bags = {one.container for one in self.dossier.bags}
        fill = bags.union(*(one.parents for one in self.dossier.lineage if one.container in bags))
        return tuple(one for one in self.results if one.of_dose and one.container not in fill)

    @property
    def reads(self) -> tuple[ReadFacts, ...]:
        """The reads of this dose's present fill, or of the batch; those of a test that was set aside decide nothing."""
        mine = (self.dossier.dose, self.dossier.attempt) if self.test.scope == "dose" else (None, None)
        return tuple(one for one in self.dossier.reads if (one.dose, one.attempt) == mine and not one.invalid)


@rule("REL-16", "Every test before release is passed and reviewed")
def test_passed(f: OneTest) -> Any:
    """Each mandatory test before release has a result within its limits, reviewed by a second person; a result out
    of specification is not outweighed by a better one (21 CFR 211.165, 211.194(a)(8))."""
    codes = tuple(one.code for one in f.results)
    value, limit = "; ".join(_told(one) for one in f.results), _limit(f.test)
    failing = [one for one in f.results if one.verdict == Verdict.FAIL.value]
    if failing:
        return (Verdict.FAIL, f"{_told(failing[0])} in sample {failing[0].sample}; "
                f"{limit} was expected.", value, limit, codes)
    need(f.results, f"No result for this {f.test.scope} yet. Test it and have it reviewed.")
    open_ = [one for one in f.results if one.verdict != Verdict.PASS.value]
    if open_:
        return (Verdict.CANNOT_DETERMINE, f"{open_[0].value} does not decide against {limit}. Test it "
                "with a lower detection limit.", value, limit, codes)
    if f.strange:
        return (Verdict.CANNOT_DETERMINE, f"{f.strange[0].code} was found in {f.strange[0].container}, which is "
                f"neither a bag of {f.dossier.dose} nor what it was filled from. Test a sample of the dose.", value,
                limit, codes)
    waiting = [one for one in f.results if one.state != "reviewed" or not one.reviewed_by
               or one.reviewed_by == one.tested_by]
    if waiting:
        return (Verdict.CANNOT_DETERMINE, f"{waiting[0].code} waits for its review by a second "
                "person.", value, limit, codes)
    return Verdict.PASS, f"{value}, reviewed.", value, limit, codes


def _told(result: ResultFacts) -> str:
    """A value with its unit; words and plain counts have none."""
    return result.value if result.unit in ("", "1") else f"{result.value} {result.unit}"


def _limit(test: Test) -> str:
    return (test.equals or str(test.limits or "no limit")) + (" (assumed)" if test.assumed else "")


def _latest(f: OneTest) -> dict[str, ReadFacts]:
    """The newest read of each sample."""
    return {one.sample: one for one in sorted(f.reads, key=lambda one: one.day)}


def _grown(f: OneTest) -> list[ReadFacts]:
    return [one for one in f.reads if one.reading in GROWTH]


@rule("REL-17", "Every test still running is clean so far")
def clean_so_far(f: OneTest) -> Any:
    """A test classed as conditional-after may still run, and each of its reads so far shows no growth; before the
    first read nothing is known (21 CFR 610.12; FDA 2008 on cell therapy CMC)."""
    if grown := _grown(f):
        return Verdict.FAIL, f"{grown[0].reading.capitalize()} on day {grown[0].day}."
    need(f.reads, "No read yet. Inoculate the sample and read it at least once.")
    last = max(f.reads, key=lambda one: one.day)
    return Verdict.PASS, f"{last.reading.capitalize()}, day {last.day} of {f.test.days}.", \
        f"day {last.day}", f"day {f.test.days}", tuple(one.code for one in f.reads)


@rule("REL-18", "Every test that ends after release is final")
def final_negative(f: OneTest) -> Any:
    """For certification every sterility test has run to its last day without growth, in each of its samples
    (USP <71>; Ph. Eur. 2.6.27)."""
    if grown := _grown(f):
        return Verdict.FAIL, f"{grown[0].reading.capitalize()} on day {grown[0].day}."
    need(f.reads, "No read yet. Inoculate the sample and read it.")
    running = [one for one in _latest(f).values() if one.reading != FINAL]
    codes = tuple(one.code for one in f.reads)
    if running:
        return (Verdict.CANNOT_DETERMINE, f"{running[0].reading.capitalize()} to day {running[0].day}; final on day "
                f"{f.test.days}.", f"day {running[0].day}", f"day {f.test.days}", codes)
    return Verdict.PASS, "No growth, final.", f"day {f.test.days}", f"day {f.test.days}", codes


#: timing class and kind of a mandatory test -> its rule. This row is all that a conditional release leaves open.
RELEASE: dict[str, Rule[OneTest]] = {"before": test_passed, "conditional-after": final_negative}
CONDITIONAL: dict[str, Rule[OneTest]] = {"before": test_passed, "conditional-after": clean_so_far}
