"""A judged dose as people read it: the word, the number with its arithmetic written out, findings, assumptions.

Plain data for screen and paper. It rounds for the eye only and judges nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from mfg.facts import Finding, Missing, Verdict, plain, verdict_of
from mfg.paper.drawing import Drawing, dose_gauge, scientific
from mfg.release.decide import Judged
from mfg.trial.dose import (
    DoseFacts,
    bags_of,
    cells_per_ml,
    dosing_kg,
    given_ml,
    interval,
    nk_per_ml,
    per_kg,
    target_of,
    viable_nk,
)
from mfg.trial.protocol import PER_KG, WORDS, setting
from mfg.trial.shown import apart, decimal

Line = list[tuple[str, bool]]


@dataclass(frozen=True)
class Gauge:
    """Where the dose lies, in percent of its target; None where that is not known."""

    fraction: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    interval: tuple[Decimal, Decimal] | None = None
    verdict: Verdict = Verdict.CANNOT_DETERMINE

    def drawing(self) -> Drawing:
        """The same picture for screen and paper."""
        return dose_gauge(self.fraction, self.low, self.high, self.interval, self.verdict.value)


def facts_of(judged: Judged) -> DoseFacts:
    """The arithmetic's facts as they were judged."""
    return replace(judged.dossier.arithmetic or DoseFacts(), protocol=judged.dossier.protocol, decided_at=judged.at)


def gauge(judged: Judged) -> Gauge:
    """Fraction of target and its bounds."""
    facts = facts_of(judged)
    verdict = next((one.verdict for one in judged.full if one.rule == "DOSE-01"), Verdict.CANNOT_DETERMINE)
    try:
        asked, cells = target_of(facts), viable_nk(facts)
        if not asked.cells:
            return Gauge(verdict=verdict)
        whole, spread = asked.cells, interval(facts)
    except Missing:
        return Gauge(verdict=verdict)

    def percent(value: Fraction | None) -> Decimal | None:
        return None if value is None else decimal(100 * value / whole)

    ends = None if spread is None else (decimal(100 * Fraction(spread[0]) / whole),
                                        decimal(100 * Fraction(spread[1]) / whole))
    return Gauge(percent(cells), percent(asked.low), percent(asked.high), ends, verdict)


def number(judged: Judged) -> dict[str, Any] | None:
    """The number that decides: per kg, or cells where the protocol gives a flat dose."""
    facts = facts_of(judged)
    try:
        asked = target_of(facts)
        flat = asked.basis != PER_KG
        unit = Fraction(1) if flat else dosing_kg(facts)
        limits = tuple(one / unit for one in (asked.low, asked.high) if one is not None)
        told = apart(viable_nk(facts) / unit, limits)
    except Missing:
        return None
    mantissa, e, exponent = told.partition("e")
    return {"label": "Viable NK cells" if flat else "Viable NK cells per kg", "mantissa": mantissa,
            "exponent": exponent if e else None, "unit": "cells" if flat else "/kg"}


def under(judged: Judged) -> str | None:
    """What the number is of its target, and its interval."""
    seen = gauge(judged)
    if seen.fraction is None:
        return None
    spread = f" · 95 % interval {seen.interval[0]:.1f} to {seen.interval[1]:.1f} %" if seen.interval else ""
    target = target_of(facts_of(judged))
    stated = f" {scientific(target.stated)} {target.basis.removeprefix('cells') or 'cells'}" if target.stated else ""
    limits = tuple(Fraction(one) for one in (seen.low, seen.high) if one is not None)
    return f"{apart(Fraction(seen.fraction), limits)} % of the cohort's target{stated}{spread}"


def arithmetic(judged: Judged) -> list[Line]:
    """The dose written out with its numbers, bag by bag, then the sum and the division by the weight."""
    facts = facts_of(judged)
    lines: list[Line] = []
    try:
        for name, bag in bags_of(facts):
            lines.append([
                (f"{name}:", False), (scientific(decimal(cells_per_ml(name, bag))), True), ("viable/mL ×", False),
                (f"{bag.nk_percent} %", True), ("NK × (", False), (f"{bag.volume_ml} mL", True), ("−", False),
                (f"{bag.residual_ml} mL", True),
                (f") = {scientific(decimal(nk_per_ml(name, bag) * given_ml(name, bag)))} NK", False)])
        lines.append([(f"{scientific(decimal(viable_nk(facts)))} NK ÷", False),
                      (f"{plain(decimal(dosing_kg(facts)))} kg", True),
                      (f"= {scientific(decimal(per_kg(facts)))} /kg", False)])
    except Missing as missing:
        lines.append([(str(missing), False)])
    return lines


def sources(judged: Judged) -> str:
    """The records the number comes from."""
    facts = judged.dossier.arithmetic
    weight = getattr(facts.weight, "code", "") if facts else ""
    roles = {one.id: one.role for one in judged.dossier.tests}
    results = [f"{COUNTED[roles[one.test]]} {one.code}" for one in judged.dossier.results
               if roles.get(one.test) in COUNTED]
    told = [*results, f"fill {judged.dossier.attempt}",
            f"weight {weight}, two people" if weight else "no confirmed weight"]
    return f"From {', '.join(told)}."


COUNTED = {"viable_per_ml": "count", "nk_percent": "NK percentage"}


def assumed(judged: Judged) -> list[str]:
    """The readings of what the protocol does not state that bear on a dose; paper lists every one."""
    protocol = judged.dossier.protocol
    if protocol is None:
        return []
    told = [(setting(protocol, one.key), one) for one in protocol.assumed if one.key in WORDS]
    return [f"{str(found)[:1].upper()}{str(found)[1:]}: {one.because}." for found, one in told if found is not None]


def counts(findings: Sequence[Finding]) -> str:
    """`1 rule fails, 1 cannot be determined, 22 pass.`"""
    many = {verdict: sum(one.verdict is verdict for one in findings) for verdict in Verdict}
    fails, unknown, passing = many[Verdict.FAIL], many[Verdict.CANNOT_DETERMINE], many[Verdict.PASS]
    told = [f"{fails} rule{'s fail' if fails != 1 else ' fails'}"] if fails else []
    told += [f"{unknown} cannot be determined"] if unknown else []
    return ", ".join([*told, f"{passing} pass"]) + "."


def headline(state: str, judged: Judged) -> tuple[Verdict, str, tuple[Finding, ...]]:
    """The verdict, its words and its findings for the next decision this dose waits for."""
    if state == "released then failed":
        return Verdict.FAIL, "Released, then failed", judged.full
    if state == "revoked":
        return Verdict.FAIL, "Release revoked", judged.full
    if state == "released exceptionally":
        return Verdict.FAIL, "Released exceptionally, out of specification", judged.full
    if state == "rejected":
        return Verdict.FAIL, "Rejected", judged.full
    if state == "certified":
        return verdict_of(judged.for_release), "Certified", judged.for_release
    if state == "released on condition":
        found = judged.for_release
        return _said(found, "Can be certified", "Cannot be certified", "Released on condition; not to be certified yet")
    if state == "cleared":
        if verdict_of(judged.for_release) is Verdict.PASS:
            return Verdict.PASS, "Can be released", judged.for_release
        found = judged.for_condition
        return _said(found, "Can be released on condition", "Cannot be released", "Cannot be released yet")
    found = judged.conditional
    return _said(found, "Can be cleared by quality assurance", "Cannot be released", "Cannot be released yet")


def _said(found: tuple[Finding, ...], yes: str, no: str, unknown: str
          ) -> tuple[Verdict, str, tuple[Finding, ...]]:
    verdict = verdict_of(found)
    return verdict, {Verdict.PASS: yes, Verdict.FAIL: no, Verdict.CANNOT_DETERMINE: unknown}[verdict], found
