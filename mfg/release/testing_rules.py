"""The rules about each test of the specification, one finding a test. Pure.

Which rule may be open in a conditional release is data: `CONDITIONAL` differs from `RELEASE` in the one rule about
tests that the signed specification classes as conditional-after.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mfg.facts import Rule, Verdict, need, rule
from mfg.qc.rules import GROWTH
from mfg.recipes.specification import Test
from mfg.release.dossier import Dossier, ReadFacts, ResultFacts
from mfg.release.standing import in_place_of, no_value_yet, standing

FINAL = "no growth, final"


@dataclass(frozen=True)
class OneTest:
    """One test of the specification, and the evidence for it."""

    test: Test
    dossier: Dossier

    @cached_property
    def results(self) -> tuple[ResultFacts, ...]:
        """Every result that counts, never only the best one."""
        return tuple(one for one in self.dossier.results
                     if one.test == self.test.id and one.of_dose == (self.test.scope == "dose"))

    @cached_property
    def standing(self) -> tuple[ResultFacts, ...]:
        """Those that count for a value; the others stay visible and hold the dose where they fail."""
        return standing(self.test, self.results)

    @property
    def orphans(self) -> tuple[ResultFacts, ...]:
        """Results in a slot that follows a result nobody knows."""
        known = {one.code for one in self.results}
        return tuple(one for one in self.results if one.slot and one.repeats not in known)

    def steps_back(self, one: ResultFacts) -> bool:
        """Is another in its place, and where it was invalidated, does the OOS itself say so?"""
        return in_place_of(one, self.test, self.results) is not None and self._said(one)

    def awaited(self, one: ResultFacts) -> str:
        """What is waited for before this failing result steps back; empty where nothing is."""
        return no_value_yet(one, self.test, self.results) if self._said(one) else ""

    def _said(self, one: ResultFacts) -> bool:
        ended = {(oos.code, oos.result) for oos in self.dossier.oos or () if oos.state == "invalidated"}
        return not one.invalidated_by or (one.invalidated_by, one.code) in ended

    @property
    def strange(self) -> tuple[ResultFacts, ...]:
        """Results for the dose whose sample is neither of its bags nor of what they were filled from."""
        bags = {one.container for one in self.dossier.bags}
        fill = bags.union(*(one.parents for one in self.dossier.lineage if one.container in bags))
        return tuple(one for one in self.results if one.of_dose and one.container not in fill)

    @property
    def reads(self) -> tuple[ReadFacts, ...]:
        """The reads of this dose's present fill, or of the batch; those of a test that was set aside decide nothing."""
        return tuple(one for one in self._every_read if not one.invalid)

    @property
    def _every_read(self) -> tuple[ReadFacts, ...]:
        mine = (self.dossier.dose, self.dossier.attempt) if self.test.scope == "dose" else (None, None)
        return tuple(one for one in self.dossier.reads if (one.dose, one.attempt) == mine)

    @property
    def unrepeated(self) -> tuple[str, ...]:
        """Samples whose test was set aside while none that was taken since is read."""
        aside = {one.sample: one.set_aside_at for one in self._every_read if one.invalid}
        return tuple(sorted(sample for sample, at in aside.items() if at is None or not any(
            one.taken_at is not None and one.taken_at > at for one in self.reads)))


@rule("REL-16", "Every test before release is passed and reviewed")
def test_passed(f: OneTest) -> Any:
    """Each mandatory test before release has a result within its limits, reviewed by a second person; a result out
    of specification is not outweighed by a better one, and steps back only when its OOS ended invalidated and its
    repeat passed (21 CFR 211.165, 211.194(a)(8))."""
    codes = tuple(one.code for one in f.results)
    value, limit = "; ".join(map(_told, f.results)), _limit(f.test)
    failing = [one for one in f.results if one.verdict == Verdict.FAIL.value and not f.steps_back(one)]
    awaited = [why for one in failing if (why := f.awaited(one))]
    if failing and len(awaited) < len(failing):
        first = next(one for one in failing if not f.awaited(one))
        return (Verdict.FAIL, f"{_told(first)} in sample {first.sample}; {limit} was expected.", value, limit, codes)
    need(f.results, f"No result for this {f.test.scope} yet. Test it and have it reviewed.")
    open_ = [one for one in f.standing if one.verdict == Verdict.CANNOT_DETERMINE.value]
    unknown = [
        *awaited,
        *(f"{one.value} does not decide against {limit}. Test it with a lower detection limit." for one in open_),
        *(f"{one.code} follows {one.repeats}, which is not known here." for one in f.orphans),
        *([] if f.standing else [f"No result that counts for this {f.test.scope} yet."]),
        *(f"{one.code} was found in {one.container}, which is neither a bag of {f.dossier.dose} nor what it was filled "
          "from. Test a sample of the dose." for one in f.strange),
        *(f"{one.code} waits for its review by a second person." for one in f.results if _waits(one))]
    if unknown or any(one.verdict != Verdict.PASS.value for one in f.standing):
        return Verdict.CANNOT_DETERMINE, (unknown or ["A verdict is not known."])[0], value, limit, codes
    return Verdict.PASS, f"{value}, reviewed.", value, limit, codes


def _waits(one: ResultFacts) -> bool:
    return one.state != "reviewed" or not one.reviewed_by or one.reviewed_by == one.tested_by


def _told(result: ResultFacts) -> str:
    """A value with its unit, and what stands beside it; words and plain counts have no unit."""
    value = result.value if result.unit in ("", "1") else f"{result.value} {result.unit}"
    marks = [*([result.slot] if result.slot else []),
             *([f"invalidated by {result.invalidated_by}"] if result.invalidated_by else [])]
    return f"{value} ({', '.join(marks)})" if marks else value


def _limit(test: Test) -> str:
    return (test.equals or str(test.limits or "no limit")) + (" (assumed)" if test.assumed else "")


def _latest(f: OneTest) -> dict[str, ReadFacts]:
    """The newest read of each sample."""
    return {one.sample: one for one in sorted(f.reads, key=lambda one: one.day)}


def _grown(f: OneTest) -> list[ReadFacts]:
    return [one for one in f.reads if one.reading in GROWTH]


def _repeat(f: OneTest) -> str:
    return (f"The test of {', '.join(f.unrepeated)} was set aside and is not repeated yet. Take a further sample, and "
            "read it.")


@rule("REL-17", "Every test still running is clean so far")
def clean_so_far(f: OneTest) -> Any:
    """A test classed as conditional-after may still run, and each of its reads so far shows no growth; before the
    first read nothing is known. What was set aside is repeated first (21 CFR 610.12; FDA 2008 on cell therapy CMC)."""
    if grown := _grown(f):
        return Verdict.FAIL, f"{grown[0].reading.capitalize()} on day {grown[0].day}."
    need(f.reads, "No read yet. Inoculate the sample and read it at least once.")
    if f.unrepeated:
        return Verdict.CANNOT_DETERMINE, _repeat(f)
    last = max(f.reads, key=lambda one: one.day)
    return Verdict.PASS, f"{last.reading.capitalize()}, day {last.day} of {f.test.days}.", \
        f"day {last.day}", f"day {f.test.days}", tuple(one.code for one in f.reads)


@rule("REL-18", "Every test that ends after release is final")
def final_negative(f: OneTest) -> Any:
    """For certification every sterility test has run to its last day without growth, in each of its samples, and one
    that was set aside is repeated with a sample taken since (USP <71>; Ph. Eur. 2.6.27)."""
    if grown := _grown(f):
        return Verdict.FAIL, f"{grown[0].reading.capitalize()} on day {grown[0].day}."
    need(f.reads, "No read yet. Inoculate the sample and read it.")
    if f.unrepeated:
        return Verdict.CANNOT_DETERMINE, _repeat(f)
    running = [one for one in _latest(f).values() if one.reading != FINAL]
    codes = tuple(one.code for one in f.reads)
    if running:
        return (Verdict.CANNOT_DETERMINE, f"{running[0].reading.capitalize()} to day {running[0].day}; final on day "
                f"{f.test.days}.", f"day {running[0].day}", f"day {f.test.days}", codes)
    return Verdict.PASS, "No growth, final.", f"day {f.test.days}", f"day {f.test.days}", codes


#: timing class and kind of a mandatory test -> its rule. This row is all that a conditional release leaves open.
RELEASE: dict[str, Rule[OneTest]] = {"before": test_passed, "conditional-after": final_negative}
CONDITIONAL: dict[str, Rule[OneTest]] = {"before": test_passed, "conditional-after": clean_so_far}
