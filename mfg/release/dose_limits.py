"""The limits that belong to one dose and not to its batch, each with its arithmetic written out, for screen and paper.

It judges nothing: the verdict of each line is that of the rule which asked it. What cannot be worked out says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mfg.facts import Missing, Verdict, plain
from mfg.qc.rules import limit_text
from mfg.release.decide import Judged
from mfg.release.shown import facts_of
from mfg.trial.agreement import Twice, both
from mfg.trial.dose import (
    DoseFacts,
    bags_of,
    cd3_per_kg,
    cd3_together,
    dosing_kg,
    endotoxin_limit,
    endotoxin_per_kg,
    given_total_ml,
    have,
    per_kg,
    protocol_of,
    target_of,
    viable_nk,
    volume_ml,
)
from mfg.trial.protocol import PER_KG, Setting, exact, setting
from mfg.trial.protocol import cohort as cohort_named
from mfg.trial.shown import apart, short

HEADERS = ("Limit", "How it comes about", "Limit of this dose", "Found", "Verdict", "From")


@dataclass(frozen=True, slots=True)
class Line:
    """One limit of this dose."""

    name: str
    #: the formula with its numbers
    arithmetic: str
    limit: str
    found: str
    verdict: Verdict
    source: str

    def row(self) -> list[Any]:
        """For a table on the screen."""
        return [self.name, self.arithmetic, self.limit, self.found,
                {"verdict": self.verdict.value, "text": self.verdict.value}, self.source]

    def texts(self) -> list[str]:
        """For paper."""
        return [self.name, self.arithmetic, self.limit, self.found, self.verdict.value, self.source]


def limits_of(judged: Judged) -> list[Line]:
    """Every limit of the dose that the protocol sets."""
    facts = facts_of(judged)
    told = [_line(one, facts, judged) for one in (_dose, _volume, _cd3, _cd3_all, _endotoxin, _endotoxin_kg)]
    return [one for one in told if one is not None]


def twice_of(judged: Judged) -> tuple[Twice, ...]:
    """The worksheet by both calculations."""
    return both(facts_of(judged))


#: name, rule, and the maker of (arithmetic, limit, found)
Told = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a line is made from."""

    facts: DoseFacts
    judged: Judged

    def setting(self, key: str) -> Setting | None:
        """The protocol's value; None where the trial has no such rule."""
        protocol, name = protocol_of(self.facts), self.facts.cohort
        known = isinstance(name, str) and any(one.name == name for one in protocol.cohorts)
        return setting(protocol, key, cohort_named(protocol, str(name)) if known else None)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of limit: what it is called, the rule that judges it, and the setting it rests on."""

    name: str
    rule: str
    key: str
    make: Callable[[Ask, Setting | None], Iterator[str]]


def _line(kind: Kind, facts: DoseFacts, judged: Judged) -> Line | None:
    verdict = next((one.verdict for one in judged.full if one.rule == kind.rule), Verdict.CANNOT_DETERMINE)
    ask = Ask(facts, judged)
    try:
        rests_on = ask.setting(kind.key)
        if rests_on is None:
            return None
        if rests_on.value is None:
            raise Missing(f"{protocol_of(facts).name} does not say it.")
        arithmetic, limit, found = kind.make(ask, rests_on)
        source = f"{protocol_of(facts).name}{', assumed' if rests_on.assumed else ''}"
        return Line(kind.name, arithmetic, limit, found, verdict, source)
    except Missing as missing:
        return Line(kind.name, str(missing), "not known", "not known", Verdict.CANNOT_DETERMINE, "")


def _kg(facts: DoseFacts) -> str:
    return f"{short(dosing_kg(facts), 6)} kg"


def _dose_told(ask: Ask, _rests_on: Setting | None) -> Iterator[str]:
    """D x W, and the window around it."""
    facts, asked = ask.facts, target_of(ask.facts)
    if asked.low is None or asked.high is None:
        raise Missing(asked.unknown)
    per = f"{plain(asked.stated)} /kg x {_kg(facts)} = " if asked.stated and asked.basis == PER_KG else ""
    cells = "" if asked.cells is None else f"{per}{short(asked.cells, 4)} cells; "
    yield f"{cells}{asked.window} = {short(asked.low, 4)} to {short(asked.high, 4)} cells"
    unit = dosing_kg(facts) if asked.basis == PER_KG else Fraction(1)
    name = "/kg" if asked.basis == PER_KG else "cells"
    yield f"{short(asked.low / unit, 4)} to {short(asked.high / unit, 4)} {name}"
    found = per_kg(facts) if asked.basis == PER_KG else viable_nk(facts)
    yield f"{apart(found, (asked.low / unit, asked.high / unit))} {name}"


def _volume_told(ask: Ask, rests_on: Setting | None) -> Iterator[str]:
    assert rests_on is not None
    bags = bags_of(ask.facts)
    volumes = " + ".join(plain(have(bag.volume_ml, f"The volume of {name}")) for name, bag in bags)
    yield f"{volumes} mL as filled; {short(given_total_ml(ask.facts), 6)} mL of it are given"
    yield str(rests_on.value)
    yield f"{short(volume_ml(ask.facts), 6)} mL"


def _cd3_told(ask: Ask, rests_on: Setting | None) -> Iterator[str]:
    """C_v x t x V / W."""
    assert rests_on is not None
    facts = ask.facts
    for name, bag in bags_of(facts):  # a mean of no counts is none, and not the end of the page
        have(bag.viable_cells_per_ml, f"The viable cell count of {name}")
    parts = [f"{short(bag.mean, 4)} /mL x {plain(have(bag.cd3_percent, f'The CD3+ percentage of {name}'))} % x "
             f"{plain(have(bag.volume_ml, f'The volume of {name}'))} mL" for name, bag in bags_of(facts)]
    limit, found = exact(rests_on.value), cd3_per_kg(facts)
    yield f"({' + '.join(parts)}) / {_kg(facts)} = {short(found, 4)} /kg"
    yield f"at most {plain(rests_on.value)} /kg"
    yield f"{apart(found, (limit,))} /kg"


def _cd3_all_told(ask: Ask, rests_on: Setting | None) -> Iterator[str]:
    assert rests_on is not None
    facts = ask.facts
    before = have(facts.cd3_before, "What the earlier doses held of CD3+ cells per kg")
    total = cd3_together(facts)
    yield (f"{short(before, 4)} /kg in the doses released before + {short(cd3_per_kg(facts), 4)} /kg = "
           f"{short(total, 4)} /kg")
    yield f"at most {plain(rests_on.value)} /kg"
    yield f"{apart(total, (exact(rests_on.value),))} /kg"


def _endotoxin_told(ask: Ask, rests_on: Setting | None) -> Iterator[str]:
    """K x W / V; the fixed limit of the specification holds too, and the lower of the two counts."""
    assert rests_on is not None
    facts = ask.facts
    limit = endotoxin_limit(facts, rests_on.value)
    fixed = next((one for one in ask.judged.dossier.tests if one.role == "endotoxin"), None)
    high = None if fixed is None or fixed.high is None else exact(fixed.high)
    lower = limit if high is None else min(limit, high)
    beside = "" if fixed is None or high is None else (
        f"; the specification has {limit_text(fixed)}, and the lower counts")
    yield (f"{plain(rests_on.value)} EU/kg x {_kg(facts)} / {short(volume_ml(facts), 6)} mL = {short(limit)} EU/mL"
           f"{beside}")
    yield f"at most {short(lower)} EU/mL"
    yield ", ".join(f"{have(bag.endotoxin, f'The endotoxin result of {name}')} EU/mL" for name, bag in bags_of(facts))


def _endotoxin_kg_told(ask: Ask, rests_on: Setting | None) -> Iterator[str]:
    """E x V / W."""
    assert rests_on is not None
    facts, parts = ask.facts, []
    bound = ""
    for name, bag in bags_of(facts):
        reading = have(bag.endotoxin, f"The endotoxin result of {name}")
        bound = bound or reading.op
        parts.append(f"{reading} EU/mL x {plain(have(bag.volume_ml, f'The volume of {name}'))} mL")
    found = f"{bound}{short(endotoxin_per_kg(facts))} EU/kg"
    yield f"({' + '.join(parts)}) / {_kg(facts)} = {found}"
    yield f"at most {plain(rests_on.value)} EU/kg"
    yield found


_dose = Kind("Viable NK cells", "DOSE-01", "cell_basis", _dose_told)
_volume = Kind("Volume of the infusion", "DOSE-02", "per_infusion_ml", _volume_told)
_cd3 = Kind("CD3+ cells per kg", "DOSE-04", "cd3_per_kg_max", _cd3_told)
_cd3_all = Kind("CD3+ cells per kg, all infusions", "DOSE-10", "cd3_per_kg_cumulative_max", _cd3_all_told)
_endotoxin = Kind("Endotoxin per mL", "DOSE-05", "endotoxin_eu_per_kg", _endotoxin_told)
_endotoxin_kg = Kind("Endotoxin per kg", "DOSE-05", "endotoxin_eu_per_kg", _endotoxin_kg_told)


def section(judged: Judged) -> dict[str, Any]:
    """The table of a page."""
    return {"title": "Limits of this dose", "headers": list(HEADERS), "wide": True,
            "rows": [one.row() for one in limits_of(judged)]}


def worksheet(judged: Judged) -> dict[str, Any]:
    """Both calculations side by side, as a table of a page."""
    rows = [[one.what, *figures(one), {"verdict": verdict(one).value, "text": word(one)}] for one in twice_of(judged)]
    return {"title": "The worksheet by two calculations", "rows": rows, "wide": True,
            "headers": ["Figure", "First calculation", "Second calculation", "At most 0.5 % apart"]}


def figures(one: Twice) -> tuple[str, str]:
    """Both values as text."""
    second = None if one.second is None else Fraction(one.second)
    first_, second_ = ("not known" if value is None else f"{short(value, 6)} {one.unit}".rstrip()
                       for value in (one.first, second))
    return first_, second_


def verdict(one: Twice) -> Verdict:
    """Of one figure."""
    if one.agrees is None and not one.needed:
        return Verdict.PASS
    return {True: Verdict.PASS, False: Verdict.FAIL, None: Verdict.CANNOT_DETERMINE}[one.agrees]


def word(one: Twice) -> str:
    """The verdict as the table says it."""
    return "not asked for" if one.agrees is None and not one.needed else verdict(one).value

